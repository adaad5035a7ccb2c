"""Writing a blueprint into the database: what exists is brought in line, nothing is removed."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import Organization
from core import clock
from restaurants.demo.anchor import ANCHOR
from restaurants.demo.bella_notte import BELLA_NOTTE
from restaurants.demo.blueprint import HouseSpec, ServiceSpec, clock_time
from restaurants.demo.maison import MAISON
from restaurants.demo.new_york import NEW_YORK
from restaurants.models import (
    DiningRoom,
    DiningService,
    DiningTable,
    HappyHour,
    Menu,
    MenuItem,
    Offer,
    OpeningHours,
    Restaurant,
    SeasonalHours,
    SpecialDay,
    TableCombination,
    TurnTime,
)

HOUSES: tuple[HouseSpec, ...] = (BELLA_NOTTE, ANCHOR, MAISON, *NEW_YORK)


def build_house(spec: HouseSpec) -> Restaurant:
    """The restaurant of a blueprint with everything that belongs to it. Repeatable."""
    with transaction.atomic():
        restaurant = _restaurant(spec)
        rooms = _rooms(spec, restaurant)
        tables = _tables(spec, restaurant, rooms)
        _combinations(spec, restaurant, tables)
        services = {one.key: _service(spec, one, restaurant, rooms) for one in spec.services}
        _turns(restaurant, None, spec.turns)
        _hours(spec, restaurant)
        _special_days(spec, restaurant)
        _bar_and_seasons(spec, restaurant)
        _offers(spec, restaurant, services)
        _menus(spec, restaurant)
    return restaurant


def service_id(spec: HouseSpec, key: str) -> str:
    """The public id of a demo service, such as ``serv_maison_dinner``."""
    return f"serv_{spec.key}_{key}"


def _restaurant(spec: HouseSpec) -> Restaurant:
    organization, _ = Organization.objects.get_or_create(name=spec.organization)
    facts = {**spec.facts, "organization": organization}
    restaurant, _ = Restaurant.objects.update_or_create(
        public_id=facts.pop("public_id"), defaults=facts
    )
    if spec.is_default and not Restaurant.objects.filter(is_default=True).exists():
        restaurant.is_default = True
        restaurant.save(update_fields=["is_default"])
    return restaurant


def _rooms(spec: HouseSpec, restaurant: Restaurant) -> dict[str, DiningRoom]:
    return {
        room.key: DiningRoom.objects.update_or_create(
            public_id=f"room_{spec.key}_{room.key}",
            defaults={
                "restaurant": restaurant,
                "name": room.name,
                "description": room.description,
                "private_hire": room.private_hire,
                "position": position,
            },
        )[0]
        for position, room in enumerate(spec.rooms)
    }


def _tables(
    spec: HouseSpec, restaurant: Restaurant, rooms: dict[str, DiningRoom]
) -> dict[str, DiningTable]:
    return {
        table.label: DiningTable.objects.update_or_create(
            public_id=f"tbl_{spec.key}_{table.label}",
            defaults={
                "restaurant": restaurant,
                "room": rooms[table.room],
                "label": table.label,
                "min_seats": table.least,
                "max_seats": table.seats,
                "access": table.access,
                "step_free": table.step_free,
                "priority": table.priority,
                "shape": table.shape,
                "x": table.at[0],
                "y": table.at[1],
                "width": table.size[0],
                "height": table.size[1],
            },
        )[0]
        for table in spec.tables
    }


def _combinations(spec: HouseSpec, restaurant: Restaurant, tables: dict[str, DiningTable]) -> None:
    existing = {
        frozenset(table.label for table in combination.tables.all()): combination
        for combination in restaurant.combinations.prefetch_related("tables")
    }
    for one in spec.combinations:
        values = {"min_seats": one.least, "max_seats": one.most, "priority": one.priority}
        found = existing.get(frozenset(one.labels))
        if found is None:
            made = TableCombination.objects.create(restaurant=restaurant, **values)
            made.tables.set([tables[label] for label in one.labels])
        else:
            TableCombination.objects.filter(pk=found.pk).update(**values)


def _service(
    spec: HouseSpec, one: ServiceSpec, restaurant: Restaurant, rooms: dict[str, DiningRoom]
) -> DiningService:
    values: dict[str, Any] = {
        "restaurant": restaurant,
        "name": one.name,
        "weekdays": list(one.weekdays),
        "first_seating": clock_time(one.first),
        "last_seating": clock_time(one.last),
        **one.rules,
    }
    service, _ = DiningService.objects.update_or_create(
        public_id=service_id(spec, one.key), defaults=values
    )
    service.rooms.set([rooms[key] for key in one.rooms])
    _turns(restaurant, service, one.turns)
    return service


def _turns(
    restaurant: Restaurant, service: DiningService | None, turns: tuple[tuple[int, int], ...]
) -> None:
    for up_to, minutes in turns:
        TurnTime.objects.update_or_create(
            restaurant=restaurant, service=service, up_to=up_to, defaults={"minutes": minutes}
        )


def _hours(spec: HouseSpec, restaurant: Restaurant) -> None:
    for stretch in spec.hours:
        for weekday in stretch.weekdays:
            OpeningHours.objects.update_or_create(
                restaurant=restaurant,
                part=stretch.part,
                weekday=weekday,
                opens=clock_time(stretch.opens),
                defaults={"closes": clock_time(stretch.closes)},
            )


def _special_days(spec: HouseSpec, restaurant: Restaurant) -> None:
    """This year's and next year's, so that the coming one is always there."""
    this_year = clock.now().astimezone(restaurant.tz).year
    for day in spec.special_days:
        for year in (this_year, this_year + 1):
            SpecialDay.objects.update_or_create(
                restaurant=restaurant,
                date=f"{year}-{day.month:02d}-{day.day:02d}",
                defaults={
                    "is_closed": day.is_closed,
                    "opens": clock_time(day.opens) if day.opens else None,
                    "closes": clock_time(day.closes) if day.closes else None,
                    "kitchen_opens": clock_time(day.kitchen[0]) if day.kitchen else None,
                    "kitchen_closes": clock_time(day.kitchen[1]) if day.kitchen else None,
                    "note": day.note,
                },
            )


def _bar_and_seasons(spec: HouseSpec, restaurant: Restaurant) -> None:
    for happy in spec.happy_hours:
        HappyHour.objects.update_or_create(
            restaurant=restaurant,
            starts=clock_time(happy.starts),
            defaults={"weekdays": list(happy.weekdays), "ends": clock_time(happy.ends)},
        )
    for season in spec.seasons:
        first, last = season.months
        SeasonalHours.objects.update_or_create(
            restaurant=restaurant,
            name=season.name,
            defaults={"first_month": first, "last_month": last, "changes": season.changes},
        )


def _offers(spec: HouseSpec, restaurant: Restaurant, services: dict[str, DiningService]) -> None:
    for one in spec.offers:
        offer, _ = Offer.objects.update_or_create(
            public_id=f"offer_{spec.key}_{one.key}",
            defaults={
                "restaurant": restaurant,
                "name": one.name,
                "description": one.description,
                "price": one.price,
            },
        )
        offer.services.set([services[key] for key in one.services])


def _menus(spec: HouseSpec, restaurant: Restaurant) -> None:
    for place, one in enumerate(spec.menus):
        menu, _ = Menu.objects.update_or_create(
            public_id=f"menu_{spec.key}_{one.key}",
            defaults={
                "restaurant": restaurant,
                "name": one.name,
                "description": one.description,
                "position": place,
            },
        )
        dishes = [(section, dish) for section, dishes in one.sections for dish in dishes]
        for position, (section, dish) in enumerate(dishes):
            MenuItem.objects.update_or_create(
                public_id=f"item_{spec.key}_{one.key}_{position}",
                defaults={
                    "menu": menu,
                    "section": section,
                    "name": dish.name,
                    "description": dish.description,
                    "price": dish.price,
                    "dietary": list(dish.dietary),
                    "allergens": list(dish.allergens),
                    "position": position,
                },
            )
