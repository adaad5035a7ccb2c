"""What the book says of guests: signals with their reasons, visits, what they spent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.db import connection

from customers.models import Customer
from reservations.selectors.visit_facts import (
    BILL,
    CAME,
    COUNTS,
    IS_LATE_CANCEL,
    NEVER_CAME,
    PAID,
    SERVER,
    TABLES,
)

REGULAR_FROM = 4
"""Visits within a year."""
STRIKES_FROM = 2
"""Strikes within a year at which a guest counts as a risk: a no-show is one, a late
cancellation by the guest half of one."""
STRIKE_LASTS = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Strike:
    """A visit that did not happen, and the day on which nobody counts it any more."""

    date: dt.date
    status: str
    booking: str

    @property
    def until(self) -> dt.date:
        """The first day without it."""
        return self.date + STRIKE_LASTS


@dataclass(frozen=True, slots=True)
class Signals:
    """What a guest did so far, of all houses of the group, and what that makes of them."""

    bookings: int = 0
    visits: int = 0
    year_visits: int = 0
    year_bookings: int = 0
    """Those whose time is over."""
    no_shows: int = 0
    year_no_shows: int = 0
    year_late: int = 0
    """Cancelled by the guest less than 24 hours before."""
    cancelled: int = 0
    last_visit: dt.date | None = None
    next_visit: dt.date | None = None
    strikes: tuple[Strike, ...] = field(default=())
    is_new: bool = False
    """Comes for the first time: has a booking and was never here."""
    is_regular: bool = False
    is_risk: bool = False


_SIGNALS = f"""
WITH mine AS (
  SELECT coalesce(c.merged_into_id, c.id) AS guest, b.public_id, b.status, b.service_date,
    b.starts_at, b.ends_at <= %(now)s AS is_over, {CAME} AS came,
    b.starts_at > %(now)s - interval '365 days' AS of_year,
    {IS_LATE_CANCEL} AND EXISTS (
      SELECT FROM core_auditentry e WHERE e.target = b.public_id
        AND e.verb = 'reservation.cancelled' AND e.actor_kind IN ('guest', 'partner')
    ) AS is_late
  FROM customers_customer c JOIN reservations_reservation b ON b.customer_id = c.id
  WHERE (c.id = ANY(%(guests)s) OR c.merged_into_id = ANY(%(guests)s)) AND {COUNTS}
), counted AS (
  SELECT guest, count(*)::int AS bookings,
    count(*) FILTER (WHERE is_over AND came)::int AS visits,
    count(*) FILTER (WHERE is_over AND came AND of_year)::int AS year_visits,
    count(*) FILTER (WHERE is_over AND of_year)::int AS year_bookings,
    count(*) FILTER (WHERE status = 'no_show')::int AS no_shows,
    count(*) FILTER (WHERE status = 'no_show' AND of_year)::int AS year_no_shows,
    count(*) FILTER (WHERE is_late AND of_year)::int AS year_late,
    count(*) FILTER (WHERE status = 'cancelled')::int AS cancelled,
    max(service_date) FILTER (WHERE is_over AND came) AS last_visit,
    min(service_date) FILTER (WHERE NOT is_over AND status NOT IN {NEVER_CAME}
      AND status <> 'completed') AS next_visit,
    coalesce(jsonb_agg(jsonb_build_array(service_date, status, public_id) ORDER BY starts_at DESC)
      FILTER (WHERE (status = 'no_show' OR is_late) AND of_year), '[]') AS strikes
  FROM mine GROUP BY guest
)
SELECT guest, bookings, visits, year_visits, year_bookings, no_shows, year_no_shows, year_late,
  cancelled, last_visit, next_visit, strikes,
  visits = 0 AND next_visit IS NOT NULL, year_visits >= %(regular)s,
  2 * year_no_shows + year_late >= 2 * %(strikes)s
FROM counted
"""


def signals_of(guests: Iterable[int], *, now: dt.datetime) -> dict[int, Signals]:
    """By guest (primary key); who never booked has none. Merged records count along. One query."""
    keys = list(guests)
    if not keys:
        return {}
    values: dict[str, Any] = {
        "guests": keys,
        "now": now,
        "regular": REGULAR_FROM,
        "strikes": STRIKES_FROM,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SIGNALS, values)
        return {row[0]: _signals(row[1:]) for row in cursor.fetchall()}


def _signals(row: tuple[Any, ...]) -> Signals:
    values: list[Any] = list(row)
    # Django leaves jsonb undecoded on raw cursors.
    found = orjson.loads(row[_STRIKES])
    values[_STRIKES] = tuple(
        Strike(dt.date.fromisoformat(day), what, booking) for day, what, booking in found
    )
    return Signals(*values)


_STRIKES = 10
"""The place of the strikes among the columns."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One booking of a guest, as their profile shows it."""

    public_id: str
    code: str
    restaurant_id: int
    restaurant: str
    slug: str
    zone: ZoneInfo
    service: str
    date: dt.date
    starts_at: dt.datetime
    party_size: int
    status: str
    source: str
    special_requests: str
    currency: str
    tables: tuple[str, ...]
    server: str
    bill: Decimal | None
    """What the visit came to, if the house knows."""
    paid: Decimal | None
    """What was taken by card for it and kept; real money only."""
    is_over: bool

    @property
    def spent(self) -> Decimal | None:
        """The bill, else what was kept of what was paid; None where nothing is known."""
        return self.bill if self.bill is not None else self.paid


_MINE = """
FROM customers_customer c JOIN reservations_reservation b ON b.customer_id = c.id
"""
_WHERE = f"WHERE (c.id = %(guest)s OR c.merged_into_id = %(guest)s) AND {COUNTS}"

_VISITS = f"""
SELECT b.public_id, b.code, b.restaurant_id, r.name, r.slug, r.zone, s.name, b.service_date,
  b.starts_at, b.party_size, b.status, b.source, b.special_requests, b.currency,
  coalesce(seated.labels, '{{}}'), coalesce({SERVER}, ''), bill.total, paid.earned,
  b.ends_at <= %(now)s OR b.status IN ('completed', 'cancelled', 'no_show', 'declined', 'expired')
{_MINE}
JOIN restaurants_restaurant r ON r.id = b.restaurant_id
JOIN restaurants_diningservice s ON s.id = b.service_id
{BILL} {TABLES} {PAID}
{_WHERE}
ORDER BY b.starts_at DESC, b.id DESC LIMIT %(limit)s
"""

_SPENT = f"""
SELECT b.currency, sum(coalesce(bill.total, paid.earned)), count(*)::int,
  sum(b.party_size)::int
{_MINE} {BILL} {PAID} {_WHERE} AND coalesce(bill.total, paid.earned) IS NOT NULL
  AND coalesce(bill.total, paid.earned) <> 0
GROUP BY b.currency ORDER BY 2 DESC
"""

_FAVOURITES = f"""
SELECT d.public_id, d.label, room.name, r.name, count(*)::int
{_MINE} JOIN restaurants_restaurant r ON r.id = b.restaurant_id
{TABLES} CROSS JOIN LATERAL unnest(seated.ids) table_id
JOIN restaurants_diningtable d ON d.id = table_id
JOIN restaurants_diningroom room ON room.id = d.room_id
{_WHERE} AND {CAME} AND b.ends_at <= %(now)s
GROUP BY d.id, room.name, r.name ORDER BY 5 DESC, d.label LIMIT 5
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a guest spent in one currency, where it is known."""

    currency: str
    total: Decimal
    visits: int
    """Visits of which it is known."""
    covers: int

    @property
    def per_visit(self) -> Decimal:
        """On average."""
        return self.total / self.visits


@dataclass(frozen=True, slots=True)
class OftenAt:
    """A table at which the guest has sat."""

    table: str
    label: str
    room: str
    restaurant: str
    times: int


def visits_of(guest: Customer, *, now: dt.datetime, limit: int = 200) -> list[Visit]:
    """The guest's bookings at all houses of the group, latest first. One query."""
    return [_visit(list(row)) for row in _read(_VISITS, guest=guest.pk, now=now, limit=limit)]


def _visit(values: list[Any]) -> Visit:
    values[_ZONE] = ZoneInfo(values[_ZONE])
    values[_TABLES] = tuple(values[_TABLES])
    return Visit(*values)


_ZONE, _TABLES = 5, 14


def spent_by(guest: Customer) -> list[Spent]:
    """What is known of the guest's spending, by currency. One query."""
    return [Spent(*row) for row in _read(_SPENT, guest=guest.pk)]


def often_at(guest: Customer, *, now: dt.datetime) -> list[OftenAt]:
    """Where the guest has sat most often, at most five. One query."""
    return [OftenAt(*row) for row in _read(_FAVOURITES, guest=guest.pk, now=now)]


def _read(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
