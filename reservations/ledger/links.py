"""The live link of a reservation: found or made in one statement."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection

from reservations.errors import ReservationNotFound

_ENSURE = """
WITH booking AS (
  SELECT id FROM reservations_reservation WHERE public_id = %(reservation)s
), live AS (
  SELECT l.id, l.nonce, l.digest
  FROM booking JOIN reservations_bookinglink l
    ON l.reservation_id = booking.id AND l.revoked_at IS NULL
), made AS (
  INSERT INTO reservations_bookinglink (reservation_id, nonce, digest, created_at)
  SELECT id, %(nonce)s, %(digest)s, %(now)s FROM booking WHERE NOT EXISTS (SELECT FROM live)
  ON CONFLICT DO NOTHING
  RETURNING id, nonce, digest
)
SELECT booking.id, coalesce(live.id, made.id), coalesce(live.nonce, made.nonce),
       coalesce(live.digest, made.digest)
FROM booking LEFT JOIN live ON true LEFT JOIN made ON true
"""


@dataclass(frozen=True, slots=True)
class LiveLink:
    """What a token is made and recognised by."""

    id: int
    nonce: str
    digest: str


def ensure_link(reservation: str, *, nonce: str, digest: str, now: dt.datetime) -> LiveLink | None:
    """The reservation's live link; a new one with this nonce and digest when there was none.

    None when somebody else made one in this very moment: ask again. Raises ReservationNotFound.
    """
    parameters: dict[str, Any] = {
        "reservation": reservation,
        "nonce": nonce,
        "digest": digest,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENSURE, parameters)
        row = cursor.fetchone()
    if row is None:
        raise ReservationNotFound
    return None if row[1] is None else LiveLink(*row[1:])
