"""Writing the rows of a floor that was checked. Only ``setup.floor`` calls this, under its lock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Model, ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import Invalid
from core.ids import public_id
from restaurants import floor as f
from restaurants.models import (
    DiningRoom,
    DiningTable,
    FloorFixture,
    FloorPlan,
    Restaurant,
    TableCombination,
    TablePlacement,
)
from restaurants.selectors import services_of_these_rooms_alone

TABLE_FIELDS = (
    *("label", "min_seats", "max_seats", "access", "step_free", "priority", "shape"),
    *("width", "height", "x", "y", "rotation"),
)
FIXTURE_FIELDS = ("kind", "label", "x", "y", "width", "height", "rotation")


def write_floor(restaurant: Restaurant, before: f.Floor, wanted: f.Floor) -> list[str]:
    """Make the rows what ``wanted`` says; the labels of tables that could only be put out of use.

    Raises Invalid for a room that tables of past bookings belong to, or a service alone.
    """
    _check_services(restaurant, before, wanted)
    rooms = _rooms(restaurant, before, wanted)
    tables = _tables(restaurant, before, wanted, rooms)
    _combinations(restaurant, before, wanted, tables)
    _fixtures(before, wanted, rooms)
    _plans(restaurant, before, wanted, tables)
    kept = _without_tables(restaurant, before, wanted)
    _without_rooms(restaurant, before, wanted)
    return kept


def _id(key: str, prefix: str) -> str:
    return public_id(prefix) if key.startswith(f.NEW) else key


def _rooms(restaurant: Restaurant, before: f.Floor, wanted: f.Floor) -> dict[str, DiningRoom]:
    rows = {row.public_id: row for row in DiningRoom.objects.filter(restaurant=restaurant)}
    names = {room.id: room.name for room in before.rooms}
    _free_names(
        [
            rows[room.id]
            for room in wanted.rooms
            if room.id in names and names[room.id] != room.name
        ],
        "name",
    )
    found = {}
    for position, room in enumerate(wanted.rooms):
        row = rows.get(room.id)
        if row is None:
            row = DiningRoom(restaurant=restaurant, public_id=_id(room.id, "room"))
        if row.pk is None or (row.name, row.position) != (room.name, position):
            row.name, row.position = room.name, position
            row.save()
        found[room.id] = row
    return found


def _free_names(rows: Iterable[Any], field: str) -> None:
    """Let go of names first, so that two things can swap theirs."""
    for row in rows:
        type(row).objects.filter(pk=row.pk).update(**{field: f"~{row.pk}"})
        setattr(row, field, f"~{row.pk}")


def _tables(
    restaurant: Restaurant, before: f.Floor, wanted: f.Floor, rooms: dict[str, DiningRoom]
) -> dict[str, DiningTable]:
    rows = {row.public_id: row for row in DiningTable.objects.filter(restaurant=restaurant)}
    had = {table.id: table for table in before.tables}
    wanted_ids = {table.id for table in wanted.tables}
    _free_names(
        [
            rows[table.id]
            for table in before.tables
            if table.id not in wanted_ids
            or any(t.id == table.id and t.label != table.label for t in wanted.tables)
        ],
        "label",
    )
    found = {}
    for table in wanted.tables:
        row = rows.get(table.id)
        if row is None:
            row = DiningTable(restaurant=restaurant, public_id=_id(table.id, "tbl"))
        if row.pk is None or had.get(table.id) != table:
            for name in TABLE_FIELDS:
                setattr(row, name, getattr(table, name))
            row.room, row.is_active = rooms[table.room], table.in_use
            row.save()
        found[table.id] = row
    return found


def _combinations(
    restaurant: Restaurant, before: f.Floor, wanted: f.Floor, tables: dict[str, DiningTable]
) -> None:
    rows = {str(row.pk): row for row in TableCombination.objects.filter(restaurant=restaurant)}
    had = {each.id: each for each in before.combinations}
    _remove(rows[key] for key in had.keys() - {each.id for each in wanted.combinations})
    for each in wanted.combinations:
        if had.get(each.id) == each:
            continue
        row = rows.get(each.id) or TableCombination(restaurant=restaurant)
        row.min_seats, row.max_seats = each.min_seats, each.max_seats
        row.priority, row.is_active = each.priority, each.is_active
        row.save()
        row.tables.set([tables[key] for key in each.tables])


def _fixtures(before: f.Floor, wanted: f.Floor, rooms: dict[str, DiningRoom]) -> None:
    had = {each.id: each for each in before.fixtures}
    rows = {str(row.pk): row for row in FloorFixture.objects.filter(pk__in=list(had))}
    _remove(rows[key] for key in had.keys() - {each.id for each in wanted.fixtures})
    for each in wanted.fixtures:
        if had.get(each.id) == each:
            continue
        row = rows.get(each.id) or FloorFixture()
        for name in FIXTURE_FIELDS:
            setattr(row, name, getattr(each, name))
        row.room = rooms[each.room]
        row.save()


def _plans(
    restaurant: Restaurant, before: f.Floor, wanted: f.Floor, tables: dict[str, DiningTable]
) -> None:
    rows = {row.public_id: row for row in FloorPlan.objects.filter(restaurant=restaurant)}
    had = {plan.id: plan for plan in before.plans}
    order = {plan.id: position for position, plan in enumerate(before.plans)}
    _remove(rows[key] for key in had.keys() - {plan.id for plan in wanted.plans})
    names = {plan.id: plan.name for plan in before.plans}
    _free_names(
        [
            rows[plan.id]
            for plan in wanted.plans
            if plan.id in names and names[plan.id] != plan.name
        ],
        "name",
    )
    for position, plan in enumerate(wanted.plans):
        if had.get(plan.id) == plan and order.get(plan.id) == position:
            continue
        row = rows.get(plan.id) or FloorPlan(restaurant=restaurant, public_id=_id(plan.id, "floor"))
        row.name, row.weekdays, row.position = plan.name, list(plan.weekdays), position
        row.valid_from, row.valid_until = plan.valid_from, plan.valid_until
        row.is_active = plan.is_active
        row.save()
        _spots(row, plan, tables)


def _spots(row: FloorPlan, plan: f.Plan, tables: dict[str, DiningTable]) -> None:
    wanted = {tables[spot.table].pk: spot for spot in plan.spots}
    TablePlacement.objects.filter(plan=row).exclude(table_id__in=list(wanted)).delete()
    TablePlacement.objects.bulk_create(
        [
            TablePlacement(
                plan=row,
                table_id=table_id,
                in_use=spot.in_use,
                x=spot.x,
                y=spot.y,
                rotation=spot.rotation,
            )
            for table_id, spot in wanted.items()
        ],
        update_conflicts=True,
        unique_fields=["plan", "table"],
        update_fields=["in_use", "x", "y", "rotation"],
    )


def _remove(rows: Iterable[Model]) -> None:
    for row in rows:
        row.delete()


def _without_tables(restaurant: Restaurant, before: f.Floor, wanted: f.Floor) -> list[str]:
    """Remove what is not wanted; a table of past bookings stays, used on no day."""
    kept = []
    labels = {table.label for table in wanted.tables}
    for table in before.tables:
        if any(each.id == table.id for each in wanted.tables):
            continue
        row = DiningTable.objects.get(restaurant=restaurant, public_id=table.id)
        try:
            with transaction.atomic():
                row.delete()
        except ProtectedError:
            row.refresh_from_db()
            row.is_active = False
            # Its number may be another table's by now.
            row.label = table.label if table.label not in labels else f"†{row.pk}"[:10]
            row.save()
            TableCombination.objects.filter(tables=row).delete()
            row.placements.all().delete()
            kept.append(table.label)
    return kept


def _check_services(restaurant: Restaurant, before: f.Floor, wanted: f.Floor) -> None:
    """Refuse to take the last room of a service: one without any is open in all of them."""
    stay = {room.id for room in wanted.rooms}
    names = {room.id: room.name for room in before.rooms if room.id not in stay}
    gone = DiningRoom.objects.filter(restaurant=restaurant, public_id__in=list(names))
    services: dict[str, list[str]] = {}
    for service in services_of_these_rooms_alone(gone):
        for room in service.rooms.all():
            services.setdefault(room.public_id, []).append(_("“%(name)s”") % {"name": service.name})
    if not services:
        return
    problems = {}
    for key, found in services.items():
        text = ngettext(
            "“%(room)s” cannot go: without it the service %(services)s would have no room left, and"
            " so be open in all of them. Choose other rooms for it first; to switch it off is not"
            " enough.",
            "“%(room)s” cannot go: without it the services %(services)s would have no room left,"
            " and so be open in all of them. Choose other rooms for them first; to switch them off"
            " is not enough.",
            len(found),
        )
        problems[f"rooms.{key}"] = text % {"room": names[key], "services": ", ".join(found)}
    raise Invalid(_("Something on the floor is not right yet."), **problems)


def _without_rooms(restaurant: Restaurant, before: f.Floor, wanted: f.Floor) -> None:
    ids = {room.id for room in wanted.rooms}
    for room in before.rooms:
        if room.id in ids:
            continue
        row = DiningRoom.objects.get(restaurant=restaurant, public_id=room.id)
        try:
            with transaction.atomic():
                row.delete()
        except ProtectedError as error:
            text = _("“%(name)s” cannot go: bookings or tables of past bookings belong to it.")
            raise Invalid(**{f"rooms.{room.id}": text % {"name": room.name}}) from error
