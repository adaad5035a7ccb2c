"""The queue at the door as the stand and its guests see it: who waits, how long, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.cache import cache
from django.db import connection
from django.db.models import OuterRef

from reservations.engine import queueing
from reservations.engine.stand import Quote
from reservations.engine.types import DiningService, Minute
from reservations.engine.walltime import boundary_to_minute
from reservations.models import QueueEntry, TableBlock
from reservations.models.queue import LIVE_QUEUE
from reservations.selectors.night import Night

_LOOKS_BACK = 180
"""Days of visits that say how long a turn really takes."""
_KEPT = 900
"""Seconds for which that is not worked out anew."""

_TURNS = """
SELECT service_id, width_bucket(party_size, %(edges)s::int[]),
       percentile_cont(0.5) WITHIN GROUP (
         ORDER BY extract(epoch FROM left_at - seated_at) / 60),
       count(*)
FROM reservations_reservation
WHERE restaurant_id = %(id)s AND status = 'completed' AND NOT is_test
  AND service_date > %(date)s::date - %(days)s::int AND left_at > seated_at
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One party of the queue. Instants are in the house's zone."""

    id: int
    public_id: str
    version: int
    """What an action must expect."""
    name: str
    party_size: int
    status: str
    phone: str
    email: str
    room_id: int | None
    step_free: bool
    note: str
    quoted_minutes: int | None
    promised_at: dt.datetime | None
    joined_at: dt.datetime
    called_at: dt.datetime | None
    keep_until: dt.datetime | None
    answered_at: dt.datetime | None
    kept: tuple[int, ...]
    """Tables that are kept for it."""
    wait: queueing.Wait
    """How it stands at this moment."""


@dataclass(frozen=True)
class Queue:
    """The queue of a night."""

    night: Night
    rows: tuple[QueueRow, ...]
    turns: queueing.Turns
    played: queueing.Line
    """The evening with all of them in it."""

    def waits(self, sizes: Iterable[int]) -> dict[int, queueing.Wait]:
        """What a party of each of these sizes is told that joins now."""
        return {size: self.played.next(queueing.Waiting(0, size)) for size in sizes}

    def seat_now(self, party_size: int) -> Quote:
        """ "Can I seat a party of n now, until when?"; where not, from when on, as it is told who
        joins now. No time: nothing comes free before the last seating."""
        found = self.night.quote(party_size)
        if found.is_yes:
            return found
        return replace(found, free_at=self.waits([party_size])[party_size].at)

    def row(self, public_id: str) -> QueueRow | None:
        """The party with this public id, if it still waits."""
        return next((row for row in self.rows if row.public_id == public_id), None)

    @cached_property
    def line(self) -> tuple[queueing.Waiting, ...]:
        """The queue as the engine knows it."""
        return tuple(_waiting(row) for row in self.rows)

    def quote(
        self,
        party_size: int,
        *,
        room_id: int | None = None,
        step_free: bool = False,
        place: int | None = None,
    ) -> queueing.Wait:
        """What a party is told that joins now, or one that is in the queue at ``place`` (its id)
        and is counted anew."""
        night = self.night
        ids = [each.id for each in self.line]
        party = queueing.Waiting(0, party_size, room_id, step_free)
        if place not in ids:
            return self.played.next(party)
        return queueing.quote_for(
            night.floor,
            night.guests,
            self.line[: ids.index(place)],
            party,
            service=night.service_now,
            turns=self.turns,
            last=last_seating(night),
        )


def queue_of(night: Night) -> Queue:
    """The queue of a night that was just read: one query, two when turns are worked out anew."""
    kept = TableBlock.objects.filter(
        queue_entry=OuterRef("pk"), ended_at=None, ends_at__gt=night.now
    )
    entries = QueueEntry.objects.filter(
        restaurant_id=night.house.id, service_date=night.service_date, status__in=LIVE_QUEUE
    ).annotate(kept=ArraySubquery(kept.order_by("id").values("table_id")))
    found = list(entries.order_by("joined_at", "id"))
    turns = turns_of(night.house.id, night.service_date)
    line = [
        queueing.Waiting(each.pk, each.party_size, each.room_id, each.step_free, tuple(each.kept))
        for each in found
    ]
    played = queueing.played(
        night.floor,
        night.guests,
        line,
        service=night.service_now,
        turns=turns,
        last=last_seating(night),
    )
    both = zip(found, played.waits, strict=True)
    rows = tuple(_row(each, wait, night) for each, wait in both)
    return Queue(night, rows, turns, played)


def last_seating(night: Night) -> Minute | None:
    """The last minute at which the night seats anybody; None where it has no service."""
    ends = [
        boundary_to_minute(night.zone, night.service_date, each.last_seating)
        for each in _open(night.services)
    ]
    return max(ends, default=None)


def _open(services: Sequence[DiningService]) -> list[DiningService]:
    return [each for each in services if not each.is_private]


def turns_of(restaurant_id: int, date: dt.date) -> queueing.Turns:
    """What visits of the last half year really took, by service and size. Kept a quarter hour."""
    key = f"turns:{restaurant_id}"
    rows = cache.get(key)
    if rows is None:
        edges = [top + 1 for top in queueing.SIZES]
        with connection.cursor() as cursor:
            asked: dict[str, Any] = {
                "id": restaurant_id,
                "date": date,
                "days": _LOOKS_BACK,
                "edges": edges,
            }
            cursor.execute(_TURNS, asked)
            rows = [(row[0], row[1], round(row[2]), row[3]) for row in cursor.fetchall()]
        cache.set(key, rows, _KEPT)
    return {
        (service, size): queueing.Turn(minutes, visits) for service, size, minutes, visits in rows
    }


def _waiting(row: QueueRow) -> queueing.Waiting:
    return queueing.Waiting(row.id, row.party_size, row.room_id, row.step_free, row.kept)


def _row(entry: QueueEntry, wait: queueing.Wait, night: Night) -> QueueRow:
    def local(instant: dt.datetime | None) -> dt.datetime | None:
        return None if instant is None else instant.astimezone(night.zone)

    return QueueRow(
        id=entry.pk,
        public_id=entry.public_id,
        version=entry.version,
        name=entry.name,
        party_size=entry.party_size,
        status=entry.status,
        phone=entry.phone,
        email=entry.email,
        room_id=entry.room_id,
        step_free=entry.step_free,
        note=entry.note,
        quoted_minutes=entry.quoted_minutes,
        promised_at=local(entry.promised_at),
        joined_at=entry.joined_at.astimezone(night.zone),
        called_at=local(entry.called_at),
        keep_until=local(entry.keep_until),
        answered_at=local(entry.answered_at),
        kept=tuple(entry.kept),  # type: ignore[attr-defined]  # annotated
        wait=wait,
    )
