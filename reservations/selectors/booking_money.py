"""Which payments belong to a booking, however they came to be."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection

from payments.models import Payment

_PAYMENTS = """
WITH own AS (
  SELECT id FROM payments_payment
  WHERE id = (SELECT payment_id FROM reservations_reservation WHERE id = %(booking)s)
  UNION
  SELECT p.id FROM reservations_reservation b
  JOIN payments_payment p ON p.purpose = b.public_id WHERE b.id = %(booking)s
  UNION
  SELECT p.id FROM reservations_reservation b
  JOIN reservations_hold h ON h.id = b.hold_id
  JOIN payments_payment p ON p.purpose = h.public_id WHERE b.id = %(booking)s
  UNION
  SELECT p.id FROM reservations_paymentrequest q
  JOIN payments_payment p ON p.purpose = q.public_id WHERE q.reservation_id = %(booking)s
)
SELECT id FROM own
UNION SELECT parent_id FROM payments_payment WHERE id IN (SELECT id FROM own)
  AND parent_id IS NOT NULL
ORDER BY id
"""


def payments_of(reservation_id: int) -> list[int]:
    """Primary keys of every attempt to take or secure money for a booking, oldest first.

    The booking's own payment and those that failed before it, what was paid by links, fees, and
    the cards that later charges rest on. One query.
    """
    parameters: dict[str, Any] = {"booking": reservation_id}
    with connection.cursor() as cursor:
        cursor.execute(_PAYMENTS, parameters)
        return [row[0] for row in cursor.fetchall()]


def money_of(reservation_id: int) -> list[Payment]:
    """The same payments with their refunds and redemptions, oldest first. Four queries."""
    rows = Payment.objects.filter(pk__in=payments_of(reservation_id)).order_by("id")
    return list(rows.prefetch_related("refunds", "redemptions"))


_TO_LET_GO = """
SELECT b.id FROM reservations_reservation b
JOIN restaurants_restaurant r ON r.id = b.restaurant_id
WHERE EXISTS (
    SELECT FROM payments_payment p
    WHERE p.status IN ('authorized', 'saved') AND p.errand = ''
      AND (p.id = b.payment_id OR p.purpose = b.public_id
        OR p.id = (SELECT parent_id FROM payments_payment WHERE id = b.payment_id)
        OR p.id IN (SELECT payment_id FROM reservations_paymentrequest WHERE reservation_id = b.id))
  )
  AND (b.status = 'completed' AND b.status_changed_at <= %(now)s - interval '10 seconds'
    OR b.ends_at <= %(now)s - make_interval(days => r.keep_cards_days)
    OR (b.status IN ('no_show', 'cancelled', 'declined', 'expired')
      AND b.status_changed_at <= %(now)s - make_interval(days => r.keep_cards_days)))
ORDER BY b.id LIMIT %(limit)s
"""


def bookings_to_let_go(now: dt.datetime, *, limit: int) -> list[int]:
    """Bookings whose visit is over and whose cards or holds nobody needs any more."""
    with connection.cursor() as cursor:
        cursor.execute(_TO_LET_GO, {"now": now, "limit": limit})
        return [row[0] for row in cursor.fetchall()]
