"""Who stands behind a hold: contacts, addresses, and handing a hold from one key to another."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection

from core.actors import Actor
from reservations.ledger.guard import AUDIT, actor_parameters, guarded


@dataclass(frozen=True, slots=True)
class OtherHold:
    """A hold that counts as live, of a contact that asks for another one."""

    id: int
    public_id: str
    guest_key: str
    expires_at: dt.datetime


_HELD_BY = """
SELECT id, public_id, guest_key, expires_at FROM reservations_hold
WHERE status = 'live' AND email_key = nullif(%(email)s::text, '') AND id <> %(except)s
UNION
SELECT id, public_id, guest_key, expires_at FROM reservations_hold
WHERE status = 'live' AND phone_key = nullif(%(phone)s::text, '') AND id <> %(except)s
"""


def holds_of_contact(email_key: str, phone_key: str, *, other_than: int) -> list[OtherHold]:
    """The holds with this address or number that are not ended, lapsed or not; at most two."""
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {"email": email_key, "phone": phone_key, "except": other_than}
        cursor.execute(_HELD_BY, parameters)
        return [OtherHold(*row) for row in cursor.fetchall()]


_CLAIM = """
UPDATE reservations_hold SET email_key = %(email)s, phone_key = %(phone)s
WHERE id = %(id)s AND status = 'live' AND (email_key, phone_key) <> (%(email)s, %(phone)s)
"""


def claim_contact(hold_id: int, email_key: str, phone_key: str) -> None:
    """Say whose hold it is. Raises ContactHolds where another live hold says the same.

    Two unique indexes decide, so it needs no lock; may be repeated.
    """
    with guarded() as cursor:
        cursor.execute(_CLAIM, {"id": hold_id, "email": email_key, "phone": phone_key})


_NAME = """
UPDATE reservations_hold
SET guest_name = %(name)s, guest_email = %(email)s, guest_phone = %(phone)s,
    special_requests = %(special_requests)s
WHERE id = %(id)s AND status = 'live' AND payment_id IS NULL
"""


def name_guest(hold_id: int, **said: str) -> None:
    """Keep what a guest has said, for the page on which they go on; may be repeated."""
    with connection.cursor() as cursor:
        cursor.execute(_NAME, {"id": hold_id, **said})


_OF_ADDRESS = """
SELECT count(*), min(expires_at) FROM reservations_hold
WHERE restaurant_id = %(restaurant_id)s AND address_key = %(address)s AND status = 'live'
  AND expires_at > %(now)s
"""


def live_holds_of_address(
    restaurant_id: int, address: str, now: dt.datetime
) -> tuple[int, dt.datetime | None]:
    """How many tables of the restaurant one address holds, and when the first comes free."""
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {
            "restaurant_id": restaurant_id,
            "address": address,
            "now": now,
        }
        cursor.execute(_OF_ADDRESS, parameters)
        count, first = cursor.fetchone()
    return int(count), first


_HAND_OVER = f"""
WITH hold AS (
  UPDATE reservations_hold SET guest_key = %(new)s, user_id = %(user_id)s
  WHERE public_id = %(public_id)s AND guest_key = %(old)s AND status = 'live'
    AND expires_at > %(now)s
  RETURNING id, public_id, restaurant_id
), audit AS ({AUDIT}
  SELECT %(now)s, 'hold.handed_over', public_id, restaurant_id, %(actor_kind)s, %(actor_id)s,
         %(actor_label)s, '{{}}'::jsonb, %(correlation_id)s, %(origin)s FROM hold
)
SELECT count(*) FROM hold
"""


def hand_over(
    public_id: str, *, old: str, new: str, user_id: int | None, by: Actor, now: dt.datetime
) -> bool:
    """Give a live hold another key; False when the old one does not open it (any more).

    Raises ActiveHoldExists when the new key has a hold already.
    """
    parameters: dict[str, Any] = {
        "public_id": public_id,
        "old": old,
        "new": new,
        "user_id": user_id,
        "now": now,
    }
    with guarded() as cursor:
        cursor.execute(_HAND_OVER, {**actor_parameters(by), **parameters})
        return bool(cursor.fetchone()[0])
