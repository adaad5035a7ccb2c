"""What follows from the rows of a night: tables with their states, figures, pacing, servers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from reservations.engine import stand
from reservations.engine.calendar import services_on
from reservations.engine.lifecycle import Status
from reservations.engine.stand import Owner, TableState
from reservations.engine.types import CELL_MINUTES, Cell, DiningService, Minute
from reservations.engine.walltime import boundary_to_minute, datetime_to_minute, minute_to_datetime
from reservations.selectors.houses import House
from reservations.selectors.night.rows import (
    Block,
    Figures,
    PartyRow,
    Server,
    TableRow,
    WaitRow,
)
from reservations.selectors.today import date_at
from restaurants.models import DiningTable

_NEVER_CAME = frozenset({Status.CANCELLED, Status.NO_SHOW, Status.DECLINED, Status.EXPIRED})
_STAYS_OPEN = dt.timedelta(hours=3)
"""How long after the last seating a night's pacing and timeline go on where no turn says more."""

_AROUND = 3 * 60
"""Minutes before the doors open, and after all have left, that still are of the night."""


def with_alerts(
    parties: tuple[PartyRow, ...], alerts: Iterable[stand.Alert]
) -> tuple[PartyRow, ...]:
    by_party: dict[int, list[stand.Alert]] = {}
    for alert in alerts:
        by_party.setdefault(alert.party_id, []).append(alert)
    return tuple(
        replace(party, alerts=tuple(by_party[party.id])) if party.id in by_party else party
        for party in parties
    )


def span_of(found: House, service_date: dt.date) -> tuple[Minute, Minute]:
    """The minutes the stand shows: whole hours around the services, or the whole day."""
    plan = found.plan
    services = services_on(plan, service_date)
    if not services:
        midnight = boundary_to_minute(plan.zone, service_date, 0)
        return midnight, boundary_to_minute(plan.zone, service_date, 24 * 60)
    opens = min(boundary_to_minute(plan.zone, service_date, s.first_seating) for s in services)
    stays = max(
        (step.minutes for s in services for step in s.turn_times or plan.turn_times),
        default=int(_STAYS_OPEN.total_seconds()) // 60,
    )
    last = max(boundary_to_minute(plan.zone, service_date, s.last_seating) for s in services)
    closes = last + stays + plan.buffer_minutes
    return opens - opens % 60, -(-closes // 60) * 60


def bounds_of(
    span: tuple[Minute, Minute],
    guests: Iterable[stand.Guest],
    blocks: Iterable[Block],
    now: Minute | None,
) -> tuple[Minute, Minute]:
    """From when until when a table's uses are this night's: its services, and all that is its own.

    ``now``, when it is that night, belongs to it: who still sits there since the night before
    counts.
    """
    starts = [guest.starts for guest in guests]
    starts += [datetime_to_minute(block.starts_at) for block in blocks]
    starts += [] if now is None else [now]
    return min([span[0], *starts]), max([span[1], *(start + 1 for start in starts)])


def is_tonight(found: House, service_date: dt.date, now: dt.datetime) -> bool:
    """Whether it is the evening of that date now: who comes, sits and leaves is of its list.

    It is on the day itself until four in the morning, and as long as its services run, with three
    hours before and after. Two nights may overlap so: one that ends late and one that begins early.
    """
    if date_at(found.zone, now) == service_date:
        return True
    if not services_on(found.plan, service_date):
        return False
    opens, closes = span_of(found, service_date)
    return opens - _AROUND <= datetime_to_minute(now) < closes + _AROUND


def pacing_of(
    found: House,
    service_date: dt.date,
    guests: Iterable[stand.Guest],
    opens: Minute,
    closes: Minute,
) -> tuple[stand.Cell15, ...]:
    plan = found.plan
    running: dict[Cell, list[DiningService]] = {}
    for service in services_on(plan, service_date):
        first = boundary_to_minute(plan.zone, service_date, service.first_seating)
        last = boundary_to_minute(plan.zone, service_date, service.last_seating)
        for cell in range(first // CELL_MINUTES, last // CELL_MINUTES + 1):
            running.setdefault(cell, []).append(service)
    counted = (guest for guest in guests if guest.status not in _NEVER_CAME)
    return stand.with_limits(stand.pacing(counted, opens, closes), plan, service_date, running)


def table_rows(
    tables: Iterable[DiningTable],
    floor: stand.Floor,
    parties: Iterable[PartyRow],
    blocks: Iterable[Block],
    sections: dict[int, int],
    alerts: Iterable[stand.Alert],
    zone: ZoneInfo,
) -> tuple[TableRow, ...]:
    sitting: dict[int, list[PartyRow]] = {}
    for party in parties:
        for table_id in party.table_ids if party.sits else ():
            sitting.setdefault(table_id, []).append(party)
    blocked = {block.table_id: block for block in blocks if _is_now(block, floor)}
    conflicts = {
        table_id
        for alert in alerts
        if alert.kind is stand.AlertKind.CONFLICT
        for table_id in alert.table_ids
    }
    return tuple(
        _table_row(
            table,
            floor,
            sitting.get(table.pk, []),
            blocked.get(table.pk),
            sections.get(table.pk),
            table.pk in conflicts,
            zone,
        )
        for table in tables
    )


def _is_now(block: Block, floor: stand.Floor) -> bool:
    return datetime_to_minute(block.starts_at) <= floor.now


def _kept_and_coming(
    floor: stand.Floor, table_id: int, sitting: Collection[int]
) -> tuple[stand.Use | None, stand.Use | None]:
    """Which other party a table is kept for now, and which one has it next."""
    kept = coming = None
    for use in floor.of_night(table_id):
        if use.owner is not Owner.PARTY or use.owner_id in sitting:
            continue
        if use.start > floor.now:
            coming = coming or use
        elif use.end > floor.now:
            kept = kept or use
    return kept, coming


def _table_row(
    table: DiningTable,
    floor: stand.Floor,
    sitting: list[PartyRow],
    block: Block | None,
    server_id: int | None,
    has_conflict: bool,
    zone: ZoneInfo,
) -> TableRow:
    ids = tuple(party.id for party in sitting)
    state = stand.state_of(floor, table.pk, ids)
    kept, coming = _kept_and_coming(floor, table.pk, ids)
    if sitting:
        since, until = sitting[0].seated_at, sitting[0].until
    elif state in (TableState.BLOCKED, TableState.BUSSING) and block is not None:
        since, until = block.starts_at, block.ends_at
    else:
        since = until = None
    following = kept if kept is not None and sitting else coming
    return TableRow(
        id=table.pk,
        public_id=table.public_id,
        label=table.label,
        room_id=table.room_id,
        min_seats=table.min_seats,
        max_seats=table.max_seats,
        access=table.access,
        step_free=table.step_free,
        shape=table.shape,
        x=table.x,
        y=table.y,
        width=table.width,
        height=table.height,
        rotation=table.rotation,
        state=state,
        sitting=ids,
        waiting_id=kept.owner_id if kept is not None else None,
        since=since,
        until=until,
        next_at=minute_to_datetime(zone, following.start) if following else None,
        next_id=following.owner_id if following else None,
        server_id=server_id,
        block=block,
        has_conflict=has_conflict,
    )


def figures_of(parties: Iterable[PartyRow], waiting: Iterable[WaitRow]) -> Figures:
    covers: dict[str, int] = {}
    number = 0
    for party in parties:
        on = party.status not in _NEVER_CAME
        number += on
        size = party.party_size
        for name, counts in (
            ("covers", on),
            ("in_house", party.tab in ("arrived", "seated")),
            ("seated", party.sits),
            ("to_come", party.tab == "upcoming" and party.status is not Status.REQUESTED),
            ("walk_ins", on and party.is_walk_in),
            ("left", party.status is Status.COMPLETED),
            ("no_shows", party.status is Status.NO_SHOW),
            # Who has sat cannot be cancelled: a walk-in that was undone.
            ("cancelled", party.status is Status.CANCELLED and party.seated_at is None),
        ):
            covers[name] = covers.get(name, 0) + size * counts
    return Figures(parties=number, waiting=sum(each.party_size for each in waiting), **covers)


def loads_of(
    servers: Iterable[list[Any]], parties: Iterable[PartyRow], now: Minute
) -> tuple[stand.ServerLoad, ...]:
    with_them: dict[int, list[PartyRow]] = {}
    for party in parties:
        if party.server_id is not None and party.seated_at is not None:
            with_them.setdefault(party.server_id, []).append(party)
    found = []
    for pk, _, _, position, is_cut in servers:
        mine = with_them.get(pk, [])
        sat = [datetime_to_minute(party.seated_at) for party in mine if party.seated_at]
        found.append(
            stand.ServerLoad(
                id=pk,
                position=position,
                is_cut=is_cut,
                open_parties=sum(party.sits for party in mine),
                open_covers=sum(party.party_size for party in mine if party.sits),
                last_seated=max(sat, default=None),
                recent=sum(now - at < stand.SECOND_TABLE_WITHIN for at in sat),
            )
        )
    return tuple(found)


def server_rows(
    servers: Iterable[list[Any]],
    sections: dict[int, int],
    loads: Iterable[stand.ServerLoad],
    zone: ZoneInfo,
) -> tuple[Server, ...]:
    tables: dict[int, list[int]] = {}
    for table_id, server_id in sections.items():
        tables.setdefault(server_id, []).append(table_id)
    by_id = {load.id: load for load in loads}
    rows = []
    for pk, public_id, name, position, is_cut in servers:
        load = by_id[pk]
        last = load.last_seated
        rows.append(
            Server(
                pk,
                public_id,
                name,
                position,
                is_cut,
                tuple(sorted(tables.get(pk, []))),
                load.open_parties,
                load.open_covers,
                None if last is None else minute_to_datetime(zone, last),
                stand.pressure_of(load),
            )
        )
    return tuple(rows)
