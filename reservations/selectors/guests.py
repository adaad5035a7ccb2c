"""What the book knows about the guest who asks: account, live hold, bookings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from reservations.guests import Guest
from reservations.models.reservation import IS_LIVE, LIVE_STATUSES, Reservation


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

    @classmethod
    def of(cls, row: Sequence[Any]) -> GuestState:
        """From the columns of ``STATE``."""
        user_id, hold_id, hold, expires_at, starts, ids = row
        return cls(
            user_id, hold_id, hold, expires_at, dict(zip(starts or (), ids or (), strict=True))
        )


STATE = f"""
SELECT u.id AS user_id, h.id AS hold_id, h.public_id AS hold, h.expires_at, b.starts, b.ids
FROM (VALUES (1)) one(x)
LEFT JOIN accounts_user u ON u.public_id = %(user)s AND u.is_active
LEFT JOIN reservations_hold h ON h.guest_key = %(key)s AND h.status = 'live'
LEFT JOIN LATERAL (
  SELECT array_agg(starts_at) AS starts, array_agg(public_id) AS ids
  FROM reservations_reservation
  WHERE user_id = u.id AND restaurant_id = r.id AND service_date = %(date)s
    AND {IS_LIVE}
) b ON true
"""
"""The columns of a :class:`GuestState` beside a restaurant ``r``; one row, whoever asks."""


def state_parameters(guest: Guest) -> dict[str, Any]:
    """What ``STATE`` asks for besides the date."""
    return {"user": guest.user_public_id, "key": guest.key}


_BOOKED = f"""
SELECT public_id FROM reservations_reservation
WHERE user_id = %(user_id)s AND restaurant_id = %(restaurant_id)s AND starts_at = %(starts_at)s
  AND {IS_LIVE}
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
            },
        )
        row = cursor.fetchone()
    return row[0] if row else None


def has_booked_again(row: Reservation) -> bool:
    """Whether whoever made this booking, which is over, has another one at its instant by now."""
    who = Who(row.user_id, row.customer_id, row.guest_phone, row.guest_email)
    return _bookings_of(who, row.restaurant_id, row.starts_at).exclude(pk=row.pk).exists()


@dataclass(frozen=True, slots=True)
class Who:
    """A guest, by all that is known: account, the house's card of them, phone, e-mail."""

    user_id: int | None
    customer_id: int | None
    guest_phone: str
    guest_email: str


def has_booked(who: Who, restaurant_id: int, starts_at: dt.datetime) -> bool:
    """Whether a guest has a booking that is still on at this restaurant and instant."""
    return _bookings_of(who, restaurant_id, starts_at).exists()


def _bookings_of(who: Who, restaurant_id: int, starts_at: dt.datetime) -> QuerySet[Reservation]:
    same = Q(pk=None)
    for name in ("user_id", "customer_id", "guest_phone", "guest_email"):
        if value := getattr(who, name):
            match = f"{name}__iexact" if name == "guest_email" else name
            same |= Q(**{match: value})
    return Reservation.objects.filter(
        same, restaurant_id=restaurant_id, starts_at=starts_at, status__in=LIVE_STATUSES
    )
