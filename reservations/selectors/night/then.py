"""An evening of the past, deed by deed: what was done, and the night as it stood after each.

Six queries for the whole evening, another when the rules are not at hand, and one for holds of
before their state was written down; then any instant of it without another. Where parties sat
comes from the audit trail (``engine.film``); who they are is read from their rows as they are now,
so a guest who was erased is nobody in the past as well. Rooms and tables are drawn as the floor is
arranged now; payments of then are not shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from customers.selectors import EVERY_TAG, TagSight
from reservations.engine import film, stand
from reservations.engine.calendar import services_on
from reservations.engine.floors import on_date
from reservations.engine.lifecycle import HOLDS_TABLE
from reservations.engine.stand import Owner
from reservations.engine.walltime import minute_to_datetime
from reservations.models import QueueEntry
from reservations.selectors.houses import House
from reservations.selectors.night.deeds import Line, begins, lines_of
from reservations.selectors.night.reading import (
    closed,
    guest_of,
    house_of,
    read_extras,
    read_named,
    read_tables,
)
from reservations.selectors.night.rows import Block, Night, PartyRow, Room, natural
from reservations.selectors.night.shaping import (
    figures_of,
    loads_of,
    server_rows,
    span_of,
    table_rows,
    with_alerts,
)
from restaurants.models import DiningTable


@dataclass(frozen=True)
class Film:
    """One evening of one house; nothing here is read again."""

    house: House
    service_date: dt.date
    lines: tuple[Line, ...]
    """In the order in which they were written."""
    parties: tuple[PartyRow, ...]
    """Everybody who was ever of the evening, as they are now."""
    tables: tuple[DiningTable, ...]
    rooms: tuple[Room, ...]
    servers: Sequence[Any]
    queued: Mapping[str, str]
    """Who waited at the door: names by public id."""

    @cached_property
    def opens_at(self) -> int:
        """The line with which the evening begins: bookings made before are to the left of it."""
        opens, _ = span_of(self.house, self.service_date)
        begins = opens * 60
        found = (n for n, line in enumerate(self.lines) if line.event.at >= begins)
        return next(found, max(len(self.lines) - 1, 0))

    @cached_property
    def held(self) -> dict[str, Mapping[str, Any]]:
        """What was last told of every hold while it lived, by public id."""
        states = (item for line in self.lines for item in line.event.states.items())
        return {key: state for key, state in states if state is not None and "expires" in state}

    @cached_property
    def by_key(self) -> dict[str, PartyRow]:
        """Parties by public id."""
        return {party.public_id: party for party in self.parties}

    def evening(self, number: int) -> film.Evening:
        """What was written down up to the line with this number, that one included."""
        done = [line.event for line in self.lines[: number + 1]]
        return film.state_after(done, done[-1].at if done else 0)

    def night(self, number: int) -> Night:
        """The night as it stood after the line with this number, at that instant."""
        at = self.lines[number].event.at if self.lines else 0
        return _night(self, self.evening(number), at)


def film_of(restaurant_id: int, service_date: dt.date, sight: TagSight = EVERY_TAG) -> Film:
    """The evening of a restaurant, with the tags that ``sight`` tells.

    Raises RestaurantNotFound; takes no lock.
    """
    seen = house_of(restaurant_id)
    found = replace(seen, plan=on_date(seen.plan, service_date))
    lines = lines_of(found, service_date)
    used = {
        table
        for line in lines
        for state in line.event.states.values()
        if state is not None
        for table in _tables_in(state)
    }
    tables, rooms = read_tables(found, used)
    named = {line.event.target for line in lines if line.event.target.startswith("res_")}
    servers, *_ = read_extras(found, service_date, begins(found, service_date))
    return Film(
        house=found,
        service_date=service_date,
        lines=lines,
        parties=read_named(found, named, sight),
        tables=tuple(tables),
        rooms=rooms,
        servers=servers,
        queued=dict(_queued(lines)),
    )


def _tables_in(state: Mapping[str, Any]) -> Iterable[int]:
    """The tables a state speaks of."""
    alone = [state["table"]] if "table" in state else ()
    return (*state.get("tables", ()), *state.get("section", ()), *alone)


def _queued(lines: Iterable[Line]) -> Iterator[tuple[str, str]]:
    """The names of parties of the queue that a table was kept for."""
    states = (state for line in lines for state in line.event.states.values())
    wanted = {state["queue"] for state in states if state is not None and "queue" in state}
    rows = QueueEntry.objects.filter(public_id__in=[*wanted, ""])
    return iter(rows.values_list("public_id", "name"))


def _night(of: Film, then: film.Evening, at: film.Seconds) -> Night:
    found, zone = of.house, of.house.zone
    now = dt.datetime.fromtimestamp(at, tz=zone)
    labels = {table.pk: table.label for table in of.tables}
    parties = tuple(_parties(of, then, labels))
    blocks = tuple(_blocks(then, of))
    guests = tuple(guest_of(party) for party in parties)
    uses = (*_uses(of, then), *closed(found.plan))
    present = [guest for guest in guests if guest.status in HOLDS_TABLE]
    floor = stand.floor_of(found.plan, uses, present, at // 60, found.reset_minutes)
    alerts = stand.alerts_of(floor, guests)
    parties = with_alerts(parties, alerts)
    opens, closes = span_of(found, of.service_date)
    servers, sections = _on_shift(of, then), _sections(then)
    loads = loads_of(servers, parties, at // 60)
    return Night(
        house=found,
        service_date=of.service_date,
        now=now,
        is_tonight=True,
        opens=minute_to_datetime(zone, opens),
        closes=minute_to_datetime(zone, closes),
        services=services_on(found.plan, of.service_date),
        rooms=of.rooms,
        tables=table_rows(of.tables, floor, parties, blocks, sections, alerts, zone),
        parties=parties,
        waiting=(),
        figures=figures_of(parties, ()),
        pacing=(),
        alerts=alerts,
        servers=server_rows(servers, sections, loads, zone),
        rotation=(),
        notes=(),
        brakes=(),
        uses=uses,
        blocks=blocks,
        floor=floor,
        guests=guests,
    )


def _parties(of: Film, then: film.Evening, labels: dict[int, str]) -> Iterator[PartyRow]:
    zone, date = of.house.zone, of.service_date.isoformat()

    def instant(seconds: film.Seconds | None) -> dt.datetime | None:
        return None if seconds is None else dt.datetime.fromtimestamp(seconds, tz=zone)

    found = []
    for key, was in then.parties.items():
        row = of.by_key.get(key)
        if row is None or was.date != date:
            continue
        tables = sorted(was.table_ids, key=lambda pk: natural(labels.get(pk, "")))
        found.append(
            replace(
                row,
                status=was.status,
                party_size=was.party_size,
                starts_at=dt.datetime.fromtimestamp(was.starts, tz=zone),
                ends_at=dt.datetime.fromtimestamp(was.ends, tz=zone),
                table_ids=tuple(tables),
                table_labels=tuple(labels[pk] for pk in tables if pk in labels),
                arrived_at=instant(was.arrived),
                seated_at=instant(was.seated),
                expected_end=instant(was.expected_end),
                server_id=was.server_id,
                check_at=None,
                paid_at=None,
                left_at=None,
                marked_late_at=None,
                ready_at=None,
                late_minutes=None,
                owes=False,
            )
        )
    return iter(sorted(found, key=lambda party: (party.starts_at, party.id)))


def _blocks(then: film.Evening, of: Film) -> Iterator[Block]:
    zone = of.house.zone
    for number, (key, was) in enumerate(then.blocks.items(), start=1):
        start = dt.datetime.fromtimestamp(was.starts, tz=zone)
        end = dt.datetime.fromtimestamp(was.ends, tz=zone)
        name = of.queued.get(was.queued, "")
        place = (number, key, was.table_id, was.kind, start, end)
        yield Block(*place, note=name, made_by="", queued=was.queued, queued_name=name)


def _uses(of: Film, then: film.Evening) -> Iterator[stand.Use]:
    """Who had which table from when until when; parties of another date by then are not of it."""
    date = of.service_date.isoformat()
    for key, was in then.parties.items():
        row = of.by_key.get(key)
        if row is not None and was.date == date:
            for table, start, end in _claims(was):
                yield stand.Use(table, start, end, Owner.PARTY, row.id, row.name)
    for number, held in enumerate(then.holds.values(), start=1):
        for table, start, end in _claims(held):
            yield stand.Use(table, start, end, Owner.HOLD, number, str(held.party_size))
    for number, block in enumerate(then.blocks.values(), start=1):
        start, end = block.starts // 60, -(-block.claimed_until // 60)
        yield stand.Use(block.table_id, start, end, Owner(block.kind), number)


def _claims(was: film.PartyThen | film.HoldThen) -> Iterator[tuple[int, int, int]]:
    """Its tables with the minutes they were spoken for."""
    start, end = was.claimed_from // 60, -(-was.claimed_until // 60)
    return ((table, start, end) for table in was.table_ids)


def _sections(then: film.Evening) -> dict[int, int]:
    """Whose section each table was."""
    return {
        table: server.server_id for server in then.servers.values() for table in server.table_ids
    }


def _on_shift(of: Film, then: film.Evening) -> list[list[Any]]:
    """The evening's servers in the order of now, so that their colours stay; cut as they were."""
    was = {server.server_id: server.is_cut for server in then.servers.values()}
    return [[*row[:4], was.get(row[0], False)] for row in of.servers]
