"""Where the tables stand: the floor as its editor knows it, and as it is on one date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from django.db.models import F, Func, Q
from django.db.models.functions import Length

from reservations.models import TableClaim
from restaurants import floor as f
from restaurants.models import (
    DiningRoom,
    DiningTable,
    FloorFixture,
    FloorPlan,
    TableCombination,
    TablePlacement,
)


def read_floor(restaurant_id: int) -> f.Floor:
    """The whole floor of a house, every plan included. Six queries."""
    rooms = DiningRoom.objects.filter(restaurant_id=restaurant_id).order_by("position", "name")
    tables = list(
        DiningTable.objects.filter(restaurant_id=restaurant_id)
        .select_related("room")
        .order_by(Length("label"), "label", "pk")
    )
    combinations = TableCombination.objects.filter(restaurant_id=restaurant_id).prefetch_related(
        "tables"
    )
    fixtures = FloorFixture.objects.filter(room__restaurant_id=restaurant_id)
    return f.Floor(
        rooms=tuple(f.Room(row.public_id, row.name) for row in rooms),
        tables=tuple(_table(row) for row in tables),
        combinations=tuple(
            f.Combination(
                id=str(row.pk),
                tables=tuple(sorted(table.public_id for table in row.tables.all())),
                min_seats=row.min_seats,
                max_seats=row.max_seats,
                priority=row.priority,
                is_active=row.is_active,
            )
            for row in combinations.order_by("pk")
        ),
        fixtures=tuple(_fixture(row) for row in fixtures.select_related("room").order_by("pk")),
        plans=_plans(restaurant_id),
    )


def _table(row: DiningTable) -> f.Table:
    return f.Table(
        id=row.public_id,
        label=row.label,
        room=row.room.public_id,
        min_seats=row.min_seats,
        max_seats=row.max_seats,
        access=row.access,
        step_free=row.step_free,
        priority=row.priority,
        shape=row.shape,
        width=row.width,
        height=row.height,
        x=row.x,
        y=row.y,
        rotation=row.rotation,
        in_use=row.is_active,
    )


def _fixture(row: FloorFixture) -> f.Fixture:
    return f.Fixture(
        id=str(row.pk),
        room=row.room.public_id,
        kind=row.kind,
        label=row.label,
        x=row.x,
        y=row.y,
        width=row.width,
        height=row.height,
        rotation=row.rotation,
    )


def _plans(restaurant_id: int) -> tuple[f.Plan, ...]:
    rows = FloorPlan.objects.filter(restaurant_id=restaurant_id).order_by("position", "pk")
    spots: dict[int, list[f.Spot]] = {}
    placements = TablePlacement.objects.filter(plan__restaurant_id=restaurant_id)
    for row in placements.select_related("table").order_by("table__public_id"):
        spot = f.Spot(row.table.public_id, row.x, row.y, row.rotation, row.in_use)
        spots.setdefault(row.plan_id, []).append(spot)
    return tuple(
        f.Plan(
            id=row.public_id,
            name=row.name,
            weekdays=tuple(sorted(row.weekdays)),
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            is_active=row.is_active,
            spots=tuple(spots.get(row.pk, ())),
        )
        for row in rows
    )


def floor_on(restaurant_id: int, date: dt.date) -> f.Floor:
    """The floor of one date: only its tables, each where it stands then. Six queries.

    Combinations are those whose tables are all in use; there are no plans left in it.
    """
    floor = read_floor(restaurant_id)
    plan = floor.plan_on(date)
    used = floor.in_use_on(date)
    spots = {spot.table: spot for spot in floor.placed(plan.id if plan else f.STANDARD)}
    tables = tuple(
        replace(t, x=at.x, y=at.y, rotation=at.rotation, in_use=True)
        for t in floor.tables
        for at in [spots[t.id]]
        if t.id in used
    )
    together = tuple(c for c in floor.combinations if c.is_active and used.issuperset(c.tables))
    return replace(floor, tables=tables, combinations=together, plans=())


@dataclass(frozen=True, slots=True)
class Expected:
    """A party that is expected at a table, or a hold on it."""

    date: dt.date
    table: str
    label: str
    starts_at: dt.datetime
    party_size: int
    name: str
    """Empty for a guest who is booking right now."""
    public_id: str


def expected_at_tables(restaurant_id: int, now: dt.datetime) -> list[Expected]:
    """Every table that is spoken for from now on, with whoever has it. One query."""
    ends = Func(F("during"), function="upper")
    rows = (
        TableClaim.objects.filter(restaurant_id=restaurant_id, released_at=None, block=None)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .annotate(until=ends)
        .filter(until__gt=now)
        .select_related("table", "reservation", "hold")
        .order_by("service_date", "during", "pk")
    )
    return [
        Expected(
            date=row.service_date,
            table=row.table.public_id,
            label=row.table.label,
            starts_at=row.during.lower,
            party_size=owner.party_size if owner else 0,
            name=row.reservation.guest_name if row.reservation else "",
            public_id=owner.public_id if owner else "",
        )
        for row in rows
        for owner in [row.reservation or row.hold]
    ]
