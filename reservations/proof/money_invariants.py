"""What must be true of money: every cent has a reason, every reason its cent, nothing twice.

A deposit or prepayment is taken; a hold is set aside or, far ahead, rests on a saved card; a card
is only saved. Fees are taken from holds and cards; links take any of these.
"""

from __future__ import annotations

from reservations.proof.checks import Check
from reservations.proof.checks import make_check as _check

_FEES = "('no_show_fee', 'late_cancel')"

_BY_STAFF = """(r.idempotency_key LIKE 'staff:%%' OR EXISTS (
          SELECT FROM payments_refund f
          WHERE r.idempotency_key = 'again:' || f.public_id
            AND f.idempotency_key LIKE 'staff:%%'))""".replace("%%", "%")
"""Refunds that no rule of the book asked for, and those that try one of them again."""

PAID_FOR_NOTHING = _check(
    "paid_for_nothing",
    "Every payment taken has a reservation, a paid request or a fee behind it, or goes back in"
    " full; so does what is set aside or on file",
    f"""
    WITH kept AS (
      SELECT * FROM payments_payment
      WHERE status = 'succeeded' AND refunded + redeemed < captured
         OR status IN ('authorized', 'saved') AND errand = ''
    )
    SELECT p.public_id, p.purpose, p.amount, p.refunded FROM kept p
    WHERE NOT EXISTS (SELECT FROM reservations_reservation WHERE payment_id = p.id)
      AND NOT EXISTS (SELECT FROM reservations_paymentrequest
                      WHERE payment_id = p.id AND status = 'paid')
      AND NOT EXISTS (SELECT FROM payments_payment WHERE parent_id = p.id)
      AND NOT (p.kind IN {_FEES} AND EXISTS (
        SELECT FROM reservations_reservation WHERE public_id = p.purpose))
    """,  # noqa: S608 - put together from constants
)

UNPAID = _check(
    "unpaid",
    "Every reservation that owed money in advance is secured as agreed, by just that amount",
    """
    SELECT b.public_id, b.deposit_amount, b.currency, p.amount, p.currency, p.status
    FROM reservations_reservation b LEFT JOIN payments_payment p ON p.id = b.payment_id
    WHERE b.deposit_amount > 0
      AND (b.hold_id IS NOT NULL OR b.payment_id IS NOT NULL)
      AND ((p.amount, p.currency) IS DISTINCT FROM (b.deposit_amount, b.currency)
        OR p.status IN ('requested', 'action', 'unknown')
        OR b.payment_kind IN ('deposit', 'prepayment') AND p.status <> 'succeeded'
        OR b.payment_kind IN ('hold', 'card') AND p.kind NOT IN ('hold', 'card')
        -- Until the visit a card or hold is there, unless staff let it go.
        OR b.payment_kind IN ('hold', 'card')
          AND b.status IN ('pending', 'confirmed', 'reconfirmed')
          AND (p.status = 'failed' OR p.status = 'voided' AND p.settled_at < b.starts_at
            -- What was set aside for an earlier date runs out there.
            AND NOT (p.failure_code = 'at_the_provider' AND p.capture_before < b.starts_at))
          AND NOT EXISTS (SELECT FROM core_auditentry
                          WHERE target = p.public_id AND verb = 'payment.release_requested'))
    """,
)

WAITS_FOR_NOTHING = _check(
    "waits_for_nothing",
    "Every reservation that waits for money has an open request for it",
    """
    SELECT b.public_id FROM reservations_reservation b
    WHERE b.status = 'pending_payment' AND NOT EXISTS (
      SELECT FROM reservations_paymentrequest q
      WHERE q.reservation_id = b.id AND q.status = 'open' AND q.becomes <> '')
    """,
)

PAID_TWICE = _check(
    "paid_twice",
    "Nobody's second payment for one hold or request is kept, and no booking pays two fees",
    f"""
    SELECT purpose, count(*), sum(amount - refunded) FROM payments_payment
    WHERE status = 'succeeded' AND refunded + redeemed < captured
       OR status IN ('authorized', 'saved') AND errand = ''
    GROUP BY purpose HAVING count(*) > 1
    UNION ALL
    SELECT b.public_id, count(*), sum(p.captured)
    FROM reservations_reservation b JOIN payments_payment p
      ON p.status = 'succeeded' AND p.refunded < p.captured
     AND (p.purpose = b.public_id AND p.kind IN {_FEES}
       OR p.id = b.payment_id AND p.kind = 'hold'
       OR EXISTS (SELECT FROM reservations_paymentrequest q
                  WHERE q.payment_id = p.id AND q.reservation_id = b.id AND q.kind IN {_FEES}))
    GROUP BY b.public_id HAVING count(*) > 1
    """,  # noqa: S608 - put together from constants
)

OWED_REFUND = _check(
    "owed_refund",
    "Whoever cancels gets back what was agreed, to the cent; who is turned away, or cancelled by"
    " the house, everything; who is expected or had their evening, nothing but what staff gave;"
    " cards and holds of who cancelled in time are let go",
    f"""
    WITH due AS (
      SELECT b.public_id, b.status, p.id AS payment, p.status AS state, p.errand, p.captured,
        p.redeemed, UNIT AS unit,
        CASE
          WHEN b.merged_into_id IS NOT NULL OR b.status IN ('declined', 'expired')
            OR b.status = 'cancelled' AND EXISTS (
            SELECT FROM core_auditentry a
            WHERE a.target = b.public_id AND a.verb = 'reservation.cancelled'
              AND a.actor_kind NOT IN ('guest', 'partner')
              AND a.data ->> 'by_ladder' IS DISTINCT FROM 'true')
          THEN 100
          WHEN b.status = 'cancelled'
          THEN least(b.refund_cap, coalesce((
            SELECT max((step ->> 1)::int) FROM jsonb_array_elements(b.refund_ladder) AS step
            WHERE date_trunc('second', b.cancelled_at)
                  <= b.starts_at - make_interval(hours => (step ->> 0)::int)), 0))
          ELSE 0
        END AS percent
      FROM reservations_reservation b JOIN payments_payment p
        ON p.id = b.payment_id OR p.id IN (
          SELECT payment_id FROM reservations_paymentrequest
          WHERE reservation_id = b.id AND status = 'paid' AND kind NOT IN {_FEES})
      WHERE p.status IN ('succeeded', 'authorized', 'saved')
    ), given AS (
      SELECT due.*,
        coalesce(sum(r.amount) FILTER (WHERE {_BY_STAFF}), 0) AS by_staff,
        coalesce(sum(r.amount) FILTER (WHERE NOT {_BY_STAFF}), 0) AS by_rule
      FROM due LEFT JOIN payments_refund r ON r.payment_id = due.payment AND r.status <> 'failed'
      GROUP BY due.public_id, due.status, due.payment, due.state, due.errand, due.captured,
        due.redeemed, due.unit, due.percent
    )
    SELECT public_id, status, captured, percent, by_rule FROM given
    WHERE state = 'succeeded'
      AND by_rule <> least(
        CASE percent WHEN 100 THEN captured ELSE round(captured * percent / 100 / unit) * unit END,
        captured - by_staff - redeemed)
      OR state <> 'succeeded' AND percent = 100 AND errand <> 'release'
    """,  # noqa: S608 - put together from constants
)

REFUND_SUM = _check(
    "refund_sum",
    "Every payment knows the sums of its refunds and of what came off bills, and together they are"
    " no more than was taken",
    """
    SELECT p.public_id, p.captured, p.refunded, p.redeemed
    FROM payments_payment p
    WHERE p.refunded <> coalesce((SELECT sum(amount) FROM payments_refund
                                  WHERE payment_id = p.id AND status <> 'failed'), 0)
       OR p.redeemed <> coalesce((SELECT sum(amount) FROM payments_redemption
                                  WHERE payment_id = p.id), 0)
       OR p.refunded + p.redeemed > p.captured
    """,
)

CHARGE_UNACCOUNTED = _check(
    "charge_unaccounted",
    "What the provider took, set aside or remembers is what our books say, charge for charge",
    """
    SELECT coalesce(s.key, p.idempotency_key), s.outcome, p.status
    FROM (SELECT * FROM payments_sandboxcharge
          WHERE kind = 'charge' AND outcome IN ('succeeded', 'authorized', 'saved')) s
    FULL JOIN (SELECT * FROM payments_payment
               WHERE gateway = 'sandbox'
                 AND status IN ('succeeded', 'authorized', 'saved')) p
      ON p.idempotency_key = s.key AND p.status = s.outcome
    WHERE s.key IS NULL OR p.id IS NULL
       OR s.captured_minor <> round(p.captured * power(10, DIGITS))
    """,
)

REFUND_UNACCOUNTED = _check(
    "refund_unaccounted",
    "What the provider gave back is what our books say, once each",
    """
    SELECT coalesce(s.key, r.idempotency_key), s.minor_amount, r.amount, r.status
    FROM (SELECT * FROM payments_sandboxcharge WHERE kind = 'refund') s
    FULL JOIN (SELECT r.*, p.amount AS paid, p.provider_reference AS charge
               FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
               WHERE p.gateway = 'sandbox' AND r.status <> 'failed') r
      ON r.idempotency_key = s.key AND r.charge = s.charge_reference
    LEFT JOIN payments_sandboxcharge c ON c.reference = s.charge_reference AND c.kind = 'charge'
    WHERE s.key IS NULL OR r.id IS NULL OR r.status <> 'succeeded'
       OR s.minor_amount * r.paid <> r.amount * c.minor_amount
    """,
)

MONEY_IN_THE_AIR = _check(
    "money_in_the_air",
    "No payment is without an answer, and none waits to be taken or let go",
    """
    SELECT public_id, status, last_error FROM payments_payment
    WHERE status IN ('requested', 'action', 'unknown') OR errand <> ''
    """,
)

PAY_LINK_LEFT = _check(
    "pay_link_left",
    "No payment link outlives its time",
    "SELECT public_id, expires_at FROM reservations_paymentrequest WHERE status = 'open'",
)

ALWAYS: tuple[Check, ...] = (
    PAID_FOR_NOTHING,
    UNPAID,
    WAITS_FOR_NOTHING,
    PAID_TWICE,
    OWED_REFUND,
    REFUND_SUM,
)
"""True at every committed instant, whatever runs and whoever died."""

AT_REST: tuple[Check, ...] = (
    CHARGE_UNACCOUNTED,
    REFUND_UNACCOUNTED,
    MONEY_IN_THE_AIR,
    PAY_LINK_LEFT,
)
"""True besides when every sweep has run late enough to find everything due."""
