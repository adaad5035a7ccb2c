"""An evening of the past, deed by deed: what was done, and the night as it stood after each.

Six queries for the whole evening, seven when the rules are not at hand; then any instant of it
without another. Where parties sat comes from the audit trail (``engine.film``); who they are is
read from their rows as they are now, so a guest who was erased is nobody in the past as well.
Rooms and tables are drawn as the floor is arranged now; sections, holds and payments of then are
not shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import orjson
from django.db import connection

from reservations.engine import film, stand
from reservations.engine.calendar import services_on
from reservations.engine.floors import on_date
from reservations.engine.lifecycle import HOLDS_TABLE
from reservations.engine.stand import Owner
from reservations.engine.walltime import boundary_to_minute, minute_to_datetime
from reservations.models import QueueEntry
from reservations.selectors.houses import House
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

_DAYS_AROUND = 1
_LINES = """
WITH about AS (
  SELECT public_id FROM reservations_reservation
  WHERE restaurant_id = %(id)s AND service_date = %(date)s AND NOT is_test
  UNION
  SELECT b.public_id FROM reservations_seatingdecision d
  JOIN reservations_reservation b ON b.public_id = d.subject AND NOT b.is_test
  WHERE d.restaurant_id = %(id)s AND d.service_date = %(date)s AND d.accepted
  UNION
  SELECT b.public_id FROM reservations_seatingdecision d
  JOIN reservations_hold h ON h.public_id = d.subject
  JOIN reservations_reservation b ON b.hold_id = h.id AND NOT b.is_test
  WHERE d.restaurant_id = %(id)s AND d.service_date = %(date)s AND d.accepted
  UNION
  SELECT public_id FROM reservations_tableblock
  WHERE restaurant_id = %(id)s AND service_date = %(date)s
)
SELECT id, at, verb, target, actor_kind, actor_label, data FROM core_auditentry
WHERE restaurant_id = %(id)s AND target = ANY(ARRAY(SELECT public_id FROM about))
  AND verb ~ '^(reservation|table|stand)[.]'
UNION
SELECT id, at, verb, target, actor_kind, actor_label, data FROM core_auditentry
WHERE restaurant_id = %(id)s AND at >= %(begins)s AND at < %(ends)s
  AND data ->> 'service_date' = %(iso)s AND target NOT LIKE 'res\\_%%'
  AND verb ~ '^(table|stand|server|house|queue)[.]'
ORDER BY id
"""
"""An array, so that the lines are found by target and not all of the house's are looked at. The
second part is of the house itself: read by its time, since that is what the index is by."""

UNSEEN = frozenset(
    {
        *("reservation.contact_changed", "reservation.link_revoked", "reservation.house_messaged"),
        *("reservation.no_show_fee", "reservation.late_cancel", "reservation.fee_charged"),
        *("reservation.fee_refused", "reservation.hold_placed", "reservation.hold_refused"),
        *("reservation.source_linked", "reservation.source_promoted"),
        "reservation.source_updated",
    }
)
"""What happens to a booking and not on the floor: money, links, other books."""


@dataclass(frozen=True, slots=True)
class Line:
    """One deed of the evening, with who did it."""

    event: film.Event
    at: dt.datetime
    """In the house's zone."""
    actor_kind: str
    actor: str
    data: Mapping[str, Any]


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


def film_of(restaurant_id: int, service_date: dt.date) -> Film:
    """The evening of a restaurant. Raises RestaurantNotFound; takes no lock."""
    seen = house_of(restaurant_id)
    found = replace(seen, plan=on_date(seen.plan, service_date))
    lines = tuple(_of_date(_read(found, service_date), service_date.isoformat()))
    used = {
        table
        for line in lines
        for state in line.event.states.values()
        if state is not None
        for table in (*state.get("tables", ()), *([state["table"]] if "table" in state else ()))
    }
    tables, rooms = read_tables(found, used)
    named = {line.event.target for line in lines if line.event.target.startswith("res_")}
    servers, *_ = read_extras(found, service_date, _begins(found, service_date))
    return Film(
        house=found,
        service_date=service_date,
        lines=lines,
        parties=read_named(found, named),
        tables=tuple(tables),
        rooms=rooms,
        servers=servers,
        queued=dict(_queued(lines)),
    )


def _queued(lines: Iterable[Line]) -> Iterator[tuple[str, str]]:
    """The names of parties of the queue that a table was kept for."""
    states = (state for line in lines for state in line.event.states.values())
    wanted = {state["queue"] for state in states if state is not None and "queue" in state}
    rows = QueueEntry.objects.filter(public_id__in=[*wanted, ""])
    return iter(rows.values_list("public_id", "name"))


def _begins(found: House, service_date: dt.date) -> dt.datetime:
    return minute_to_datetime(found.zone, boundary_to_minute(found.zone, service_date, 0))


def _read(found: House, service_date: dt.date) -> Iterator[Line]:
    begins = _begins(found, service_date)
    parameters: dict[str, Any] = {
        "id": found.id,
        "date": service_date,
        "iso": service_date.isoformat(),
        "begins": begins - dt.timedelta(days=_DAYS_AROUND),
        "ends": begins + dt.timedelta(days=1 + _DAYS_AROUND),
    }
    with connection.cursor() as cursor:
        cursor.execute(_LINES, parameters)
        rows = cursor.fetchall()
    latest = 0
    for key, at, verb, target, kind, label, text in rows:
        if verb in UNSEEN:
            continue
        data = orjson.loads(text)
        # Two that wrote at once may have looked at the clock in another order: time goes on.
        latest = max(latest, int(at.timestamp()))
        event = film.Event(key, latest, verb, target, data.pop("state", None) or {})
        yield Line(event, at.astimezone(found.zone), kind, label, data)


def _of_date(lines: Iterator[Line], date: str) -> Iterator[Line]:
    """Without what was done to a party while it was booked for another date."""
    dates: dict[str, str] = {}
    for line in lines:
        target = line.event.target
        before = dates.get(target)
        for key, state in line.event.states.items():
            if state is not None and "date" in state:
                dates[key] = state["date"]
        if date in (before, dates.get(target, date)):
            yield line


def _night(of: Film, then: film.Evening, at: film.Seconds) -> Night:
    found, zone = of.house, of.house.zone
    now = dt.datetime.fromtimestamp(at, tz=zone)
    labels = {table.pk: table.label for table in of.tables}
    parties = tuple(_parties(of, then, labels))
    blocks = tuple(_blocks(then, of))
    guests = tuple(guest_of(party) for party in parties)
    uses = (*_uses(then, of.by_key), *closed(found.plan))
    present = [guest for guest in guests if guest.status in HOLDS_TABLE]
    floor = stand.floor_of(found.plan, uses, present, at // 60, found.reset_minutes)
    alerts = stand.alerts_of(floor, guests)
    parties = with_alerts(parties, alerts)
    opens, closes = span_of(found, of.service_date)
    loads = loads_of(of.servers, parties, at // 60)
    return Night(
        house=found,
        service_date=of.service_date,
        now=now,
        is_tonight=True,
        opens=minute_to_datetime(zone, opens),
        closes=minute_to_datetime(zone, closes),
        services=services_on(found.plan, of.service_date),
        rooms=of.rooms,
        tables=table_rows(of.tables, floor, parties, blocks, {}, alerts, zone),
        parties=parties,
        waiting=(),
        figures=figures_of(parties, ()),
        pacing=(),
        alerts=alerts,
        servers=server_rows(of.servers, {}, loads, zone),
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


def _uses(then: film.Evening, by_key: Mapping[str, PartyRow]) -> Iterator[stand.Use]:
    for key, was in then.parties.items():
        row = by_key.get(key)
        if row is None:
            continue
        start, end = was.claimed_from // 60, -(-was.claimed_until // 60)
        for table in was.table_ids:
            yield stand.Use(table, start, end, Owner.PARTY, row.id, row.name)
    for number, block in enumerate(then.blocks.values(), start=1):
        start, end = block.starts // 60, -(-block.claimed_until // 60)
        yield stand.Use(block.table_id, start, end, Owner(block.kind), number)
