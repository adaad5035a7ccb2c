"""What a change of the set-up would mean, before it is made: by the engine that takes holds.

The change is really made, everything is read again, and then it is all taken back. So what is shown
is what saving would give, and no rule is written twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from core import clock
from reservations.engine import availability
from reservations.engine import types as e
from reservations.engine.calendar import slots_of
from reservations.engine.lifecycle import UPCOMING
from reservations.engine.walltime import datetime_to_minute
from reservations.models import Reservation
from reservations.selectors.days import Day, read_draft_day
from restaurants.models import Restaurant


@dataclass(frozen=True, slots=True)
class Asked:
    """The party for which the slots are shown."""

    date: dt.date
    party_size: int = 2
    channel: e.Channel = e.Channel.ONLINE


@dataclass(frozen=True, slots=True)
class ShownSlot:
    """One slot as it would be, and as it is."""

    offer: e.Offer
    was: bool | None
    """Whether it can be had today; None for a slot that is new."""
    is_gone: bool = False
    """There would be no such slot any more."""

    @property
    def is_open(self) -> bool:
        """Whether the party could have it."""
        return self.offer.available and not self.is_gone

    @property
    def differs(self) -> bool:
        """Whether the change opens or closes it."""
        return self.is_gone or self.was is None or self.was != self.offer.available


@dataclass(frozen=True, slots=True)
class Affected:
    """A booking that stays, though guests could no longer make it."""

    public_id: str
    name: str
    party_size: int
    starts_at: dt.datetime
    service_date: dt.date


@dataclass(frozen=True, slots=True)
class Preview:
    """The slots of a date, and the bookings that a change would leave behind."""

    asked: Asked
    slots: tuple[ShownSlot, ...]
    affected: tuple[Affected, ...] = ()


class _TakeBack(Exception):
    """Ends the transaction without keeping anything of it."""


def preview(
    restaurant: Restaurant, asked: Asked, change: Callable[[], object] | None = None
) -> Preview:
    """The slots of a date for a party, after ``change`` if there is one. Keeps nothing.

    Whatever ``change`` raises passes through. What it writes is seen by nobody else.
    """
    now = clock.now()
    before = read_draft_day(restaurant.public_id, asked.date, now=now)
    query = e.Query(
        service_date=asked.date,
        party_size=asked.party_size,
        now=datetime_to_minute(now),
        channel=asked.channel,
    )
    old = _offers(before, query)
    if change is None:
        shown = tuple(ShownSlot(offer, offer.available) for offer in old.values())
        return Preview(asked, shown)
    found: list[Preview] = []
    try:
        with transaction.atomic():
            change()
            after = read_draft_day(restaurant.public_id, asked.date, now=now)
            new = _offers(after, query)
            affected = _affected(restaurant, before.house.plan, after.house.plan, now)
            found.append(Preview(asked, _shown(old, new), affected))
            raise _TakeBack
    except _TakeBack:
        return found[0]


_Key = tuple[int, e.WallMinute]


def _offers(day: Day, query: e.Query) -> dict[_Key, e.Offer]:
    found = availability.day(day.house.plan, day.ledger, query)
    return {(offer.slot.service.id, offer.slot.wall): offer for offer in found}


def _shown(old: dict[_Key, e.Offer], new: dict[_Key, e.Offer]) -> tuple[ShownSlot, ...]:
    slots = [
        ShownSlot(offer, old[key].available if key in old else None) for key, offer in new.items()
    ]
    slots += [
        ShownSlot(offer, offer.available, is_gone=True)
        for key, offer in old.items()
        if key not in new
    ]
    return tuple(sorted(slots, key=lambda each: (each.offer.slot.starts, each.is_gone)))


def _affected(
    restaurant: Restaurant, before: e.Plan, after: e.Plan, now: dt.datetime
) -> tuple[Affected, ...]:
    """Who is expected at a time that was open and would be closed, or where a closure is new."""
    rows = (
        Reservation.objects.filter(
            restaurant=restaurant, status__in=UPCOMING, starts_at__gt=now, is_test=False
        )
        .prefetch_related("claims__table")
        .order_by("starts_at", "pk")
    )
    known = set(before.closures)
    fresh = [closure for closure in after.closures if closure not in known]
    return tuple(
        Affected(row.public_id, row.guest_name, row.party_size, row.starts_at, row.service_date)
        for row in rows
        if (_is_open(before, row) and not _is_open(after, row))
        or any(_meets(closure, row) for closure in fresh)
    )


def _is_open(plan: e.Plan, row: Reservation) -> bool:
    starts = datetime_to_minute(row.starts_at)
    return any(
        slot.starts == starts
        and slot.service.id == row.service_id
        and (slot.closed_by is None or slot.online_closed)
        for slot in slots_of(plan, row.service_date)
    )


def _meets(closure: e.Closure, row: Reservation) -> bool:
    """Whether the party sits in the room, or at the table, that is closed."""
    starts, ends = datetime_to_minute(row.starts_at), datetime_to_minute(row.ends_at)
    tables = [claim.table for claim in row.claims.all() if claim.released_at is None]
    if closure.table_id is not None:
        is_there = any(table.pk == closure.table_id for table in tables)
        return is_there and closure.starts < ends and starts < closure.ends
    is_there = any(table.room_id == closure.room_id for table in tables)
    return is_there and not closure.online_only and closure.starts <= starts < closure.ends
