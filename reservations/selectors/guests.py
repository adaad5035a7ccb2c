"""What the book knows about the guest who asks: account, live hold, bookings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection

from reservations.guests import Guest
from reservations.models.reservation import LIVE_STATUSES


@dataclass(frozen=True, slots=True)
class GuestState:
    """The guest's account, what they hold and what they have booked, as of one snapshot."""

    user_id: int | None
    """None for a visitor, and for an account that is gone or locked."""
    hold_id: int | None
    hold_public_id: str | None
    hold_expires_at: dt.datetime | None
    booked: dict[dt.datetime, str]
    """Their reservations at the restaurant on the date that are still on: start to public id."""


_STATE = """
SELECT u.id, h.id, h.public_id, h.expires_at, b.starts, b.ids
FROM (VALUES (1)) one(x)
LEFT JOIN accounts_user u ON u.public_id = %(user)s AND u.is_active
LEFT JOIN reservations_hold h ON h.guest_key = %(key)s AND h.status = 'live'
LEFT JOIN LATERAL (
  SELECT array_agg(starts_at) AS starts, array_agg(public_id) AS ids
  FROM reservations_reservation
  WHERE user_id = u.id AND restaurant_id = %(restaurant_id)s AND service_date = %(date)s
    AND status = ANY(%(live)s::text[])
) b ON true
"""


def state_of(guest: Guest, restaurant_id: int, service_date: dt.date) -> GuestState:
    """One query: the account behind the guest, their live hold (lapsed or not), their bookings."""
    parameters: dict[str, Any] = {
        "user": guest.user_public_id,
        "key": guest.key,
        "restaurant_id": restaurant_id,
        "date": service_date,
        "live": LIVE_STATUSES,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATE, parameters)
        user_id, hold_id, hold, expires_at, starts, ids = cursor.fetchone()
    booked = dict(zip(starts or (), ids or (), strict=True))
    return GuestState(user_id, hold_id, hold, expires_at, booked)


_BOOKED = """
SELECT public_id FROM reservations_reservation
WHERE user_id = %(user_id)s AND restaurant_id = %(restaurant_id)s AND starts_at = %(starts_at)s
  AND status = ANY(%(live)s::text[])
"""


def booking_at(user_id: int, restaurant_id: int, starts_at: dt.datetime) -> str | None:
    """Public id of the guest's own reservation at this restaurant and instant, if any."""
    with connection.cursor() as cursor:
        cursor.execute(
            _BOOKED,
            {
                "user_id": user_id,
                "restaurant_id": restaurant_id,
                "starts_at": starts_at,
                "live": LIVE_STATUSES,
            },
        )
        row = cursor.fetchone()
    return row[0] if row else None
