"""What was done of an evening, line by line, as the audit trail has it.

Lines of before a state was written beside them are completed from what else was kept: of a hold
the decision has its tables and its row the times, neither of which ever changes. Nothing else is
put together afterwards; what is missing is missing (``engine.film.Evening.unknown``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.db import connection

from reservations.engine import film
from reservations.engine.walltime import boundary_to_minute, minute_to_datetime
from reservations.selectors.houses import House

_DAYS_AROUND = 1
_LINES = """
WITH decided AS (
  SELECT DISTINCT subject FROM reservations_seatingdecision
  WHERE restaurant_id = %(id)s AND service_date = %(date)s AND accepted
), about AS (
  SELECT public_id FROM reservations_reservation
  WHERE restaurant_id = %(id)s AND service_date = %(date)s AND NOT is_test
  UNION
  SELECT b.public_id FROM decided d
  JOIN reservations_reservation b ON b.public_id = d.subject AND NOT b.is_test
  UNION
  SELECT b.public_id FROM decided d JOIN reservations_hold h ON h.public_id = d.subject
  JOIN reservations_reservation b ON b.hold_id = h.id AND NOT b.is_test
  UNION
  SELECT subject FROM decided WHERE subject LIKE 'hold\\_%%'
  UNION
  SELECT public_id FROM reservations_tableblock
  WHERE restaurant_id = %(id)s AND service_date = %(date)s
  UNION
  SELECT public_id FROM reservations_shiftserver
  WHERE restaurant_id = %(id)s AND service_date = %(date)s
)
SELECT id, floor(extract(epoch FROM at))::bigint, verb, target, actor_kind, actor_label, data
FROM core_auditentry
WHERE restaurant_id = %(id)s AND target = ANY(ARRAY(SELECT public_id FROM about))
  AND verb ~ '^(reservation|table|stand|hold|server)[.]'
UNION ALL
SELECT id, floor(extract(epoch FROM at))::bigint, verb, target, actor_kind, actor_label, data
FROM core_auditentry
WHERE restaurant_id = %(id)s AND at >= %(begins)s AND at < %(ends)s
  AND data ->> 'service_date' = %(iso)s AND target NOT LIKE 'res\\_%%'
  AND verb ~ '^(table|stand|server|house|queue)[.]'
  AND target NOT IN (SELECT public_id FROM about)
ORDER BY id
"""
"""An array, so that the lines are found by target and not all of the house's are looked at. The
second part is of the house itself: read by its time, since that is what the index is by, and
without an array, which would be gone through for each line."""

_OLD_HOLDS = """
SELECT h.public_id, jsonb_build_object(
  'date', h.service_date, 'size', h.party_size, 'tables', d.tables,
  'expires', ceil(extract(epoch FROM h.expires_at))::bigint,
  'from', extract(epoch FROM h.starts_at)::bigint,
  'until', ceil(extract(epoch FROM coalesce(
    (SELECT max(upper(c.during)) FROM reservations_tableclaim c WHERE c.hold_id = h.id),
    h.ends_at)))::bigint)
FROM reservations_hold h
JOIN (
  SELECT DISTINCT ON (subject) subject, tables FROM reservations_seatingdecision
  WHERE restaurant_id = %(id)s AND service_date = %(date)s AND accepted
  ORDER BY subject, id DESC
) d ON d.subject = h.public_id
WHERE h.public_id = ANY(%(holds)s)
"""
"""A hold keeps its table as long as it lives, and is only ever made longer while it does: the end
that stands in its row is when it was over, if nothing ended it before."""

_PLACED, _ENDED = "hold.placed", frozenset({"hold.released", "hold.expired"})

UNSEEN = frozenset(
    {
        *("reservation.contact_changed", "reservation.link_revoked", "reservation.house_messaged"),
        *("reservation.no_show_fee", "reservation.late_cancel", "reservation.fee_charged"),
        *("reservation.fee_refused", "reservation.hold_placed", "reservation.hold_refused"),
        *("reservation.source_linked", "reservation.source_promoted"),
        *("reservation.source_updated", "hold.handed_over"),
    }
)
"""What happens to a booking and not on the floor: money, links, other books."""


@dataclass(frozen=True, slots=True)
class Line:
    """One deed of the evening, with who did it."""

    event: film.Event
    written: film.Seconds
    """When, by the clock of whoever wrote it."""
    zone: ZoneInfo
    actor_kind: str
    actor: str
    data: Mapping[str, Any]

    @property
    def at(self) -> dt.datetime:
        """When, in the house's zone. Worked out where it is shown: an evening has thousands."""
        return dt.datetime.fromtimestamp(self.written, tz=self.zone)


def lines_of(found: House, service_date: dt.date) -> tuple[Line, ...]:
    """Everything that was done of this evening, in the order of writing.

    One query, and another where holds are of before their state was written down.
    """
    lines = _with_holds(list(_read(found, service_date)), found, service_date)
    return tuple(_of_date(lines, service_date.isoformat()))


def begins(found: House, service_date: dt.date) -> dt.datetime:
    """When the date begins on the house's clocks."""
    return minute_to_datetime(found.zone, boundary_to_minute(found.zone, service_date, 0))


def _read(found: House, service_date: dt.date) -> Iterator[Line]:
    first = begins(found, service_date)
    parameters: dict[str, Any] = {
        "id": found.id,
        "date": service_date,
        "iso": service_date.isoformat(),
        "begins": first - dt.timedelta(days=_DAYS_AROUND),
        "ends": first + dt.timedelta(days=1 + _DAYS_AROUND),
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
        latest = max(latest, at)
        event = film.Event(key, latest, verb, target, data.pop("state", None) or {})
        yield Line(event, at, found.zone, kind, label, data)


def _with_holds(lines: Sequence[Line], found: House, service_date: dt.date) -> list[Line]:
    """The same, with what lines about holds say that had no state yet."""
    bare = [line.event for line in lines if not line.event.states]
    placed = [event.target for event in bare if event.verb == _PLACED]
    states: dict[str, Any] = {}
    if placed:
        where: dict[str, Any] = {"id": found.id, "date": service_date, "holds": placed}
        with connection.cursor() as cursor:
            cursor.execute(_OLD_HOLDS, where)
            states = {key: orjson.loads(text) for key, text in cursor.fetchall()}
    return [_completed(line, states) for line in lines]


def _completed(line: Line, holds: Mapping[str, Any]) -> Line:
    event = line.event
    told: dict[str, Any] = {}
    if event.target.startswith("hold_"):
        if not event.states and event.verb in _ENDED:
            told[event.target] = None
        elif not event.states and event.target in holds:
            told[event.target] = holds[event.target]
    elif event.verb.startswith("reservation.") and "hold" in line.data:
        # Older lines told how the party stood, and not that the hold was over.
        told[line.data["hold"]] = None
    if told.keys() <= event.states.keys():
        return line
    return replace(line, event=replace(event, states={**told, **event.states}))


def _of_date(lines: Iterable[Line], date: str) -> Iterator[Line]:
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
