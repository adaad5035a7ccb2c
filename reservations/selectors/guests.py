"""What the book knows about the guest who asks: account, live hold, bookings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from reservations.guests import Guest
from reservations.models.reservation import LIVE_STATUSES


@dataclass(frozen=True, slots=True)
class GuestState:
    """The guest's account and what they hold, as of one snapshot."""

    user_id: int | None
    """None for a visitor, and for an account that is gone or locked."""
    hold_id: int | None
    hold_public_id: str | None
    hold_expires_at: dt.datetime | None


_STATE = """
SELECT (SELECT id FROM accounts_user WHERE public_id = %(user)s AND is_active),
       h.id, h.public_id, h.expires_at
FROM (VALUES (1)) one(x)
LEFT JOIN reservations_hold h ON h.guest_key = %(key)s AND h.status = 'live'
"""


def state_of(guest: Guest) -> GuestState:
    """One query: the account behind the guest and their live hold, lapsed or not."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, {"user": guest.user_public_id, "key": guest.key})
        return GuestState(*cursor.fetchone())


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


@dataclass(frozen=True, slots=True)
class Account:
    """The contact an account gives, and the group's guest behind it if it is known."""

    id: int | None = None
    email: str = ""
    name: str = ""
    phone: str = ""
    customer_id: int | None = None
    customer_phone: str = ""


_ACCOUNT = """
SELECT u.id, u.email, u.full_name, u.phone, c.id, coalesce(c.phone, '')
FROM accounts_user u
LEFT JOIN customers_customer c ON c.user_id = u.id AND c.organization_id = %(organization)s
WHERE u.public_id = %(user)s AND u.is_active
"""


def account_of(guest: Guest, organization_id: int) -> Account | None:
    """The guest's account and the guest record of this group; None if it is gone or locked."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNT, {"user": guest.user_public_id, "organization": organization_id})
        row = cursor.fetchone()
    return Account(*row) if row else None
