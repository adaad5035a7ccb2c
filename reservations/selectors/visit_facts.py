"""What is known of visits, as pieces of SQL: who came, when they sat, where, who served, the bill.

Reports, guests' profiles and the sheet of an evening all read visits through these pieces, so that
one number means the same everywhere. A statement that uses them calls its reservations ``b``.
"""

from __future__ import annotations

NEVER_CAME = "('cancelled', 'no_show', 'declined', 'expired')"

CAME = f"b.status NOT IN {NEVER_CAME}"
"""Whoever was not cancelled, missed or turned away: also parties that nobody marked as seated."""

IS_UNDONE = "(b.status = 'cancelled' AND b.seated_at IS NOT NULL)"
"""A walk-in that was taken back at once: who has sat cannot be cancelled otherwise."""

COUNTS = f"NOT b.is_test AND b.merged_into_id IS NULL AND NOT {IS_UNDONE}"
"""Real bookings, each visit once, and none that was undone: that never happened."""

LATE_NOTICE = "interval '24 hours'"
IS_LATE_CANCEL = f"(b.status = 'cancelled' AND b.cancelled_at > b.starts_at - {LATE_NOTICE})"

SAT_FROM = "coalesce(b.seated_at, b.starts_at)"
LONGEST_STAY = "interval '8 hours'"
IS_TIMED = f"""(
  b.seated_at IS NOT NULL AND b.left_at > b.seated_at + interval '10 minutes'
  AND b.left_at < b.seated_at + {LONGEST_STAY}
)"""
"""Both ends are known and believable: some parties are marked as gone the morning after."""
SAT_UNTIL = f"CASE WHEN {IS_TIMED} THEN b.left_at ELSE {SAT_FROM} + (b.ends_at - b.starts_at) END"

TABLES = """
LEFT JOIN LATERAL (
  -- Live claims, else those that were given back last: a party may have moved.
  SELECT array_agg(d.id ORDER BY d.label) AS ids, array_agg(d.label ORDER BY d.label) AS labels,
    min(d.room_id) AS room_id, sum(d.max_seats) AS seats
  FROM reservations_tableclaim k JOIN restaurants_diningtable d ON d.id = k.table_id
  WHERE k.reservation_id = b.id AND coalesce(k.released_at, 'infinity') = (
    SELECT max(coalesce(released_at, 'infinity')) FROM reservations_tableclaim
    WHERE reservation_id = b.id)
) seated ON true
"""
"""Where the party sits or sat last."""

BILL = "LEFT JOIN reservations_visitbill bill ON bill.reservation_id = b.id"
"""What the visit came to, where it is known."""

SERVER = "(SELECT v.name FROM reservations_shiftserver v WHERE v.id = b.server_id)"
"""Who served the party, by name."""

PAID = """
LEFT JOIN LATERAL (
  SELECT sum(p.captured - p.refunded) FILTER (WHERE p.status = 'succeeded') AS kept,
    sum(p.captured - p.refunded - p.redeemed) FILTER (
      WHERE p.status = 'succeeded' AND p.kind IN ('deposit', 'prepayment')) AS unused,
    sum(p.captured - p.refunded) FILTER (
      WHERE p.status = 'succeeded' AND NOT coalesce(a.is_test, true)) AS earned,
    bool_or(p.status = 'authorized') AS has_hold, bool_or(p.status = 'saved') AS has_card
  FROM payments_payment p LEFT JOIN payments_provideraccount a ON a.id = p.account_id
  WHERE p.id IN (
    SELECT b.payment_id
    UNION SELECT h.payment_id FROM reservations_hold h WHERE h.id = b.hold_id
    UNION SELECT o.id FROM payments_payment o WHERE o.purpose = b.public_id
    UNION SELECT o.id FROM reservations_paymentrequest q
      JOIN payments_payment o ON o.purpose = q.public_id WHERE q.reservation_id = b.id)
) paid ON true
"""
"""What was taken for the visit and not given back, and what of it no bill has used yet."""
