"""One service date as the team reads it before and after: parties in order, with all they need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F

from customers.models import Customer, GuestNote
from reservations.models import NightNote, TableBlock
from reservations.selectors.guest_profile import Signals, signals_of
from reservations.selectors.visit_facts import (
    BILL,
    COUNTS,
    IS_LATE_CANCEL,
    IS_TIMED,
    PAID,
    SERVER,
    TABLES,
)
from restaurants.models import Closure, Restaurant


@dataclass(frozen=True, slots=True)
class Party:
    """One booking of the date."""

    public_id: str
    customer_id: int | None
    service: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    name: str
    diner: str
    """Who comes, when somebody else booked."""
    party_size: int
    status: str
    channel: str
    source: str
    requests: str
    occasion: str
    celebration: str
    tags: tuple[str, ...]
    allergens: tuple[str, ...]
    allergy_note: str
    dietary: tuple[str, ...]
    high_chairs: int
    access: str
    step_free: bool
    offer: str
    currency: str
    deposit: Decimal
    """Asked for in advance."""
    tables: tuple[str, ...]
    room: str
    server: str
    bill: Decimal | None
    unused: Decimal | None
    """Paid in advance and not used for a bill yet."""
    has_hold: bool
    has_card: bool
    late_minutes: int | None
    is_late_cancel: bool
    arrived_at: dt.datetime | None
    seated_at: dt.datetime | None
    left_at: dt.datetime | None
    stayed: float | None
    """Minutes at table, where both ends are known."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the group knows of a party's guest."""

    guest: Customer
    signals: Signals
    notes: tuple[GuestNote, ...]
    """The pinned ones."""


@dataclass(frozen=True, slots=True)
class Evening:
    """A service date of a house."""

    parties: list[Party]
    known: dict[int, Known]
    """By primary key of the guest."""
    closures: list[Closure]
    """What is shut for a while on that date."""
    blocks: list[TableBlock]
    """Tables out of use, those that are being cleared left out."""
    notes: list[NightNote]
    """What the team should read: of the day, then of its services."""


_READ = f"""
SELECT b.public_id, b.customer_id, s.name, b.starts_at, b.ends_at, b.guest_name,
  b.diner_name, b.party_size, b.status, b.channel, b.source, b.special_requests, b.occasion,
  b.celebration, b.tags, b.allergens, b.allergy_note, b.dietary, b.high_chairs,
  b.accessibility_needs, b.step_free, b.offer_name, b.currency, b.deposit_amount,
  coalesce(seated.labels, '{{}}'),
  coalesce(room.name, own.name, ''), coalesce({SERVER}, ''), bill.total, paid.unused,
  coalesce(paid.has_hold, false), coalesce(paid.has_card, false), b.late_minutes,
  {IS_LATE_CANCEL}, b.arrived_at, b.seated_at, b.left_at,
  CASE WHEN {IS_TIMED} THEN extract(epoch FROM b.left_at - b.seated_at)::float / 60 END
FROM reservations_reservation b
JOIN restaurants_diningservice s ON s.id = b.service_id
{BILL} {TABLES} {PAID}
LEFT JOIN restaurants_diningroom room ON room.id = seated.room_id
LEFT JOIN restaurants_diningroom own ON own.id = b.room_id
WHERE b.restaurant_id = %(house)s AND b.service_date = %(first)s AND {COUNTS}
ORDER BY b.starts_at, b.guest_name, b.id
"""


def evening_of(venue: Restaurant, date: dt.date, *, now: dt.datetime) -> Evening:
    """All bookings of the date, whatever became of them, and who they are. Seven queries."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"house": venue.pk, "first": date, "last": date})
        parties = [_party(row) for row in cursor.fetchall()]
    guests = {party.customer_id for party in parties if party.customer_id is not None}
    return Evening(parties, _known(guests, now), _closures(venue, date), *_frame(venue, date))


def _party(row: tuple[Any, ...]) -> Party:
    values = list(row)
    for place in (14, 15, 17, 24):
        values[place] = tuple(values[place])
    return Party(*values)


def _known(guests: Iterable[int], now: dt.datetime) -> dict[int, Known]:
    rows = Customer.objects.filter(pk__in=list(guests), erased_at=None)
    found = {row.pk: row for row in rows}
    signals = signals_of(found, now=now)
    notes: dict[int, list[GuestNote]] = {}
    pinned = GuestNote.objects.filter(customer__in=found, withdrawn_at=None)
    for note in pinned.exclude(pinned_at=None).order_by("-pinned_at"):
        notes.setdefault(note.customer_id, []).append(note)
    return {
        pk: Known(row, signals.get(pk, Signals()), tuple(notes.get(pk, ())))
        for pk, row in found.items()
    }


def _frame(venue: Restaurant, date: dt.date) -> tuple[list[TableBlock], list[NightNote]]:
    blocks = TableBlock.objects.filter(
        restaurant=venue, service_date=date, kind=TableBlock.Kind.BLOCK, ended_at=None
    )
    notes = NightNote.objects.filter(restaurant=venue, service_date=date).exclude(text="")
    return (
        list(blocks.select_related("table").order_by("starts_at", "table__label")),
        list(notes.select_related("service").order_by(F("service").asc(nulls_first=True))),
    )


def _closures(venue: Restaurant, date: dt.date) -> list[Closure]:
    noon = dt.datetime.combine(date, dt.time(5), tzinfo=venue.tz)
    rows = Closure.objects.filter(
        restaurant=venue, starts_at__lt=noon + dt.timedelta(days=1), ends_at__gt=noon
    )
    return list(rows.select_related("room", "service").order_by("starts_at", "pk"))
