"""Rows for tests: plain functions that make one thing and take what matters as arguments."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

from accounts.models import Organization, User
from payments.models import Policy
from restaurants.models import (
    DiningRoom,
    DiningService,
    DiningTable,
    Restaurant,
    TableCombination,
    TurnTime,
)

_numbers = itertools.count(1)

EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]


def make_user(email: str = "", **fields: Any) -> User:
    """A guest's account."""
    number = next(_numbers)
    fields.setdefault("full_name", f"Guest {number}")
    return User.objects.create_user(email or f"guest{number}@example.com", **fields)


def make_restaurant(**fields: Any) -> Restaurant:
    """A listed restaurant in New York without tables or services."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "organization": fields.pop("organization", None)
        or Organization.objects.create(name=f"House {number}"),
        "slug": f"house-{number}",
        "name": f"House {number}",
        "zone": "America/New_York",
        "currency": "USD",
        "email": "book@house.example",
    }
    return Restaurant.objects.create(**(defaults | fields))


def make_service(restaurant: Restaurant, **fields: Any) -> DiningService:
    """Dinner every day, 17:00 to 22:00 every half hour."""
    defaults: dict[str, Any] = {
        "name": "Dinner",
        "weekdays": [] if "date" in fields else EVERY_DAY,
        "first_seating": dt.time(17),
        "last_seating": dt.time(22),
        "slot_minutes": 30,
    }
    return DiningService.objects.create(restaurant=restaurant, **(defaults | fields))


def make_tables(restaurant: Restaurant, *sizes: int, **fields: Any) -> list[DiningTable]:
    """One table per size, labelled 1, 2, 3 …; each takes parties from one guest up."""
    room = (
        fields.pop("room", None)
        or DiningRoom.objects.get_or_create(restaurant=restaurant, name="Main room")[0]
    )
    have = restaurant.tables.count()
    return [
        DiningTable.objects.create(
            restaurant=restaurant,
            room=room,
            label=str(have + index),
            max_seats=size,
            **fields,
        )
        for index, size in enumerate(sizes, start=1)
    ]


def make_combination(*tables: DiningTable, low: int, high: int) -> TableCombination:
    """Tables that may be pushed together."""
    combination = TableCombination.objects.create(
        restaurant=tables[0].restaurant, min_seats=low, max_seats=high
    )
    combination.tables.set(tables)
    return combination


def make_bella(tables: int = 10, deposit: str | None = "25", **fields: Any) -> Restaurant:
    """Contract 2's: ten tables, 11:00 to 22:00 every half hour, $25 a head, two hours each."""
    restaurant = make_restaurant(**({"min_party": 2, "max_party": 12, "window_days": 365} | fields))
    make_service(restaurant, name="All day", first_seating=dt.time(11))
    make_tables(restaurant, *[4] * tables)
    TurnTime.objects.create(restaurant=restaurant, up_to=99, minutes=120)
    if deposit is not None:
        Policy.objects.create(restaurant=restaurant, name="Deposit", amount=Decimal(deposit))
    return restaurant


def make_one_seating(*sizes: int) -> Restaurant:
    """Tables of these sizes and one seating, at seven, of two hours: who comes late waits."""
    found = make_restaurant(min_party=1, max_party=12)
    make_service(found, first_seating=dt.time(19), last_seating=dt.time(19))
    make_tables(found, *sizes)
    found.turn_times.create(up_to=99, minutes=120)
    return found
