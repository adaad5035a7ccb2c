"""Reading what sources told: of one booking, of the same visit, and lists of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from reservations.engine.sources import SAME_VISIT_MINUTES
from reservations.errors import ReservationNotFound
from reservations.models.reservation import IS_LIVE
from reservations.selectors.bookings import Booking, bookings_with


@dataclass(frozen=True, slots=True)
class View:
    """Whose bookings somebody may see: a restaurant's, of one source or of all."""

    restaurant: str
    """Public id; empty is every restaurant."""
    source: str = ""
    """Only what this source told of, whether its data won or not; empty is every source."""
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What one source told of a booking."""

    source: str
    external_id: str
    is_primary: bool
    is_live: bool
    name: str
    email: str
    phone: str
    special_requests: str
    metadata: dict[str, Any]
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ToldBooking:
    """A reservation with everything that its sources told, the primary one first."""

    booking: Booking
    external_id: str
    updated_at: dt.datetime
    told: tuple[Told, ...]

    def by(self, source: str) -> Told | None:
        """What this source told, if it did."""
        return next((each for each in self.told if each.source == source), None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which bookings of a view to list; None and empty leave it open."""

    source: str = ""
    """Told of by this source, whoever counts."""
    statuses: tuple[str, ...] | None = None
    first: dt.date | None = None
    last: dt.date | None = None


@dataclass(frozen=True, slots=True)
class ToldPage:
    """A stretch of a list, and whether it goes on."""

    bookings: list[ToldBooking]
    has_more: bool


def _told_by(name: str) -> str:
    """What this source told of, also where another source's word counts."""
    return (
        f"(b.source = %({name})s OR EXISTS (SELECT FROM reservations_sourcerecord s"
        f" WHERE s.reservation_id = b.id AND s.source = %({name})s))"
    )


_TOLD_BY = _told_by("source")
_IN_VIEW = f"""
WHERE (%(restaurant)s = '' OR r.public_id = %(restaurant)s) AND b.is_test = %(is_test)s
  AND b.merged_into_id IS NULL
  AND (%(seen_by)s = '' OR {_told_by("seen_by")})
"""


_GAVE_WAY_TO = """
  SELECT w.public_id FROM reservations_reservation l
  JOIN reservations_reservation w ON w.id = l.merged_into_id WHERE l.public_id = %(id)s
"""


def _view(view: View) -> dict[str, Any]:
    return {"restaurant": view.restaurant, "seen_by": view.source, "is_test": view.is_test}


def told_booking(identifier: str, view: View) -> ToldBooking:
    """The reservation with this id, or the one it gave way to, if the view has it.

    Raises ReservationNotFound.
    """
    found = _told_where(
        f"{_IN_VIEW} AND b.public_id = coalesce(({_GAVE_WAY_TO}), %(id)s)",
        {**_view(view), "id": identifier},
    )
    if not found:
        raise ReservationNotFound
    return found[0]


def told_bookings(view: View, wanted: Wanted, *, limit: int, after: str | None = None) -> ToldPage:
    """The view's bookings: a period's in the order they come, otherwise the latest date first.

    ``after`` is the public id of the last one the caller has. One query, however long the page.
    Raises ReservationNotFound if ``after`` is not in the view.
    """
    is_period = wanted.first is not None or wanted.last is not None
    order, beyond = ("ASC", ">") if is_period else ("DESC", "<")
    where, parameters = _IN_VIEW, _view(view) | {"limit": limit + 1}
    for condition, name, value in (
        (_TOLD_BY, "source", wanted.source or None),
        ("b.status = ANY(%(statuses)s)", "statuses", _listed(wanted.statuses)),
        ("b.service_date >= %(first)s", "first", wanted.first),
        ("b.service_date <= %(last)s", "last", wanted.last),
    ):
        if value is not None:
            where += f" AND {condition}"
            parameters[name] = value
    if after is not None:
        last = told_booking(after, view).booking
        where += (
            f" AND (b.service_date, b.starts_at, b.id) {beyond} (%(date)s, %(at)s, %(last_id)s)"
        )
        parameters |= {"date": last.service_date, "at": last.starts_at, "last_id": last.id}
    columns = ", ".join(f"b.{name} {order}" for name in ("service_date", "starts_at", "id"))
    found = _told_where(f"{where} ORDER BY {columns} LIMIT %(limit)s", parameters)
    return ToldPage(found[:limit], has_more=len(found) > limit)


def _listed(statuses: tuple[str, ...] | None) -> list[str] | None:
    return None if statuses is None else list(statuses)


_RECORDS = """
b.external_id, b.updated_at, (
  SELECT jsonb_agg(jsonb_build_array(
    s.source, s.external_id, s.is_primary, s.status = 'live', s.guest_name, s.guest_email,
    s.guest_phone, s.special_requests, s.metadata, s.created_at
  ) ORDER BY s.is_primary DESC, s.id)
  FROM reservations_sourcerecord s WHERE s.reservation_id = b.id
)
"""


def _told_where(where: str, parameters: dict[str, Any]) -> list[ToldBooking]:
    told = []
    for found, (external_id, updated_at, records) in bookings_with(_RECORDS, where, parameters):
        sources = tuple(_told(*record) for record in orjson.loads(records or "[]"))
        told.append(ToldBooking(found, external_id, updated_at, sources))
    return told


def _told(*values: Any) -> Told:
    facts = [*values[:-1], dt.datetime.fromisoformat(values[-1])]
    return Told(*facts)


_BEFORE = """
SELECT b.public_id FROM reservations_sourcerecord s
JOIN reservations_reservation b ON b.id = s.reservation_id
JOIN restaurants_restaurant r ON r.id = s.restaurant_id
WHERE r.public_id = %(restaurant)s AND s.is_test = %(is_test)s AND s.source = %(source)s
  AND ((%(external_id)s <> '' AND s.external_id = %(external_id)s)
    OR (%(request_key)s <> '' AND s.request_key = %(request_key)s))
ORDER BY s.id LIMIT 1
"""


def told_before(view: View, *, external_id: str = "", request_key: str = "") -> str | None:
    """Public id of the reservation the view's source told of by this id or in this request."""
    if not (external_id or request_key):
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            _BEFORE,
            {
                "restaurant": view.restaurant,
                "is_test": view.is_test,
                "source": view.source,
                "external_id": external_id,
                "request_key": request_key,
            },
        )
        row = cursor.fetchone()
    return row[0] if row else None


_SAME_VISIT = f"""
SELECT b.public_id FROM reservations_reservation b
WHERE b.restaurant_id = %(restaurant_id)s AND b.service_date = %(date)s
  AND b.{IS_LIVE} AND b.is_test = %(is_test)s
  AND b.starts_at BETWEEN %(earliest)s AND %(latest)s
  -- What one source tells twice under two ids are two bookings.
  AND b.source <> %(source)s
  AND NOT EXISTS (SELECT FROM reservations_sourcerecord s
    WHERE s.reservation_id = b.id AND s.source = %(source)s AND s.status = 'live')
  AND (b.customer_id = %(customer_id)s::bigint
    OR (%(email)s <> '' AND lower(b.guest_email) = %(email)s)
    OR (%(phone)s <> '' AND b.guest_phone = %(phone)s)
    OR EXISTS (SELECT FROM reservations_sourcerecord s
      WHERE s.reservation_id = b.id
        AND ((%(email)s <> '' AND s.guest_email = %(email)s)
          OR (%(phone)s <> '' AND s.guest_phone = %(phone)s))))
ORDER BY abs(extract(epoch FROM b.starts_at - %(at)s)), b.id
LIMIT 1
"""


def same_visit(
    restaurant_id: int,
    *,
    service_date: dt.date,
    at: dt.datetime,
    source: str,
    is_test: bool,
    email: str,
    phone: str,
    customer_id: int | None,
) -> str | None:
    """Public id of the live booking another source made for the same guest and visit.

    The same guest by customer record, lower-case e-mail address or E.164 number; the same date
    and at most an hour apart. The caller holds the day's lock.
    """
    if not (email or phone or customer_id):
        return None
    near = dt.timedelta(minutes=SAME_VISIT_MINUTES)
    parameters: dict[str, Any] = {
        "restaurant_id": restaurant_id,
        "date": service_date,
        "at": at,
        "earliest": at - near,
        "latest": at + near,
        "source": source,
        "is_test": is_test,
        "email": email,
        "phone": phone,
        "customer_id": customer_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SAME_VISIT, parameters)
        row = cursor.fetchone()
    return row[0] if row else None


_TOLD_TWICE = f"""
SELECT w.public_id, l.public_id
FROM reservations_sourcerecord s
JOIN reservations_reservation l ON l.id = s.reservation_id
JOIN reservations_reservation w ON w.restaurant_id = l.restaurant_id
  AND w.service_date = l.service_date AND w.id > l.id AND w.source <> l.source
WHERE s.is_primary AND s.status = 'live' AND NOT s.is_test AND s.service_date >= %(since)s
  AND l.{IS_LIVE} AND l.payment_id IS NULL
  AND w.{IS_LIVE} AND NOT w.is_test AND w.hold_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM reservations_sourcerecord t WHERE t.reservation_id = w.id)
  AND abs(extract(epoch FROM w.starts_at - l.starts_at)) <= {SAME_VISIT_MINUTES * 60}
  AND (w.customer_id = l.customer_id
    OR (w.guest_email <> '' AND lower(w.guest_email) = lower(l.guest_email))
    OR (w.guest_phone <> '' AND w.guest_phone = l.guest_phone))
ORDER BY w.id, l.id
LIMIT %(limit)s
"""


def told_twice(since: dt.date, *, limit: int) -> list[tuple[str, str]]:
    """Bookings that guests made themselves after a partner had told of the same visit.

    From service date ``since`` on: the guest's and the partner's, by public id. A partner's
    booking with a payment is left for people to look at.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TOLD_TWICE, {"since": since, "limit": limit})
        return [(guests, partners) for guests, partners in cursor.fetchall()]


_IN_THE_WAY = f"""
SELECT b.public_id FROM reservations_reservation b
JOIN restaurants_restaurant r ON r.id = b.restaurant_id
{_IN_VIEW} AND b.{IS_LIVE} AND b.service_date = %(date)s
  AND (b.starts_at AT TIME ZONE r.zone) < %(date)s::date + %(time)s::time + interval '90 minutes'
  AND (b.ends_at AT TIME ZONE r.zone) > %(date)s::date + %(time)s::time
ORDER BY (lower(b.guest_email) = lower(%(email)s) AND b.guest_email <> '') DESC, b.starts_at, b.id
LIMIT 1
"""


def in_the_way(view: View, service_date: dt.date, time: str, *, email: str = "") -> str | None:
    """A booking of the view that sits at that time, the guest's own before any other, or None."""
    parameters = _view(view) | {"date": service_date, "time": time, "email": email}
    with connection.cursor() as cursor:
        cursor.execute(_IN_THE_WAY, parameters)
        row = cursor.fetchone()
    return row[0] if row else None
