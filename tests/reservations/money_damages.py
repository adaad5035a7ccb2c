"""What can be wrong with money, as SQL, and which checks find it."""

from __future__ import annotations

HELD = """(SELECT payment_id FROM reservations_reservation
  WHERE payment_kind = 'hold' AND status = 'confirmed')"""
CARD = """(SELECT payment_id FROM reservations_reservation
  WHERE payment_kind = 'card' AND status = 'no_show')"""
ASKED = "(SELECT payment_id FROM reservations_paymentrequest WHERE becomes <> '')"

MONEY_DAMAGES = {
    "hold that became something else": (
        f"UPDATE payments_payment SET kind = 'deposit' WHERE id = {HELD}",
        {"unpaid"},
    ),
    "hold that was let go before the visit": (
        f"""UPDATE payments_payment SET status = 'voided' WHERE id = {HELD};
        UPDATE payments_sandboxcharge SET outcome = 'voided' WHERE outcome = 'authorized'""",
        {"unpaid"},
    ),
    "hold the provider does not know of": (
        "UPDATE payments_sandboxcharge SET outcome = 'voided' WHERE outcome = 'authorized'",
        {"charge_unaccounted"},
    ),
    "hold that is never let go": (
        f"""UPDATE reservations_reservation SET payment_id = NULL, deposit_amount = 0
        WHERE payment_id = {HELD}""",
        {"paid_for_nothing"},
    ),
    "hold of a party that was turned away": (
        f"""UPDATE reservations_tableclaim SET released_at = now() WHERE reservation_id =
          (SELECT id FROM reservations_reservation WHERE payment_id = {HELD});
        UPDATE reservations_reservation SET status = 'declined' WHERE payment_id = {HELD}""",
        {"owed_refund", "message_lost"},
    ),
    "release that nobody carries out": (
        f"UPDATE payments_payment SET errand = 'release' WHERE id = {HELD}",
        {"money_in_the_air"},
    ),
    "payment whose owner is still at the bank": (
        f"UPDATE payments_payment SET status = 'action' WHERE id = {HELD}",
        {"money_in_the_air", "unpaid", "charge_unaccounted"},
    ),
    "more taken than the books say": (
        f"UPDATE payments_payment SET captured = captured - 1 WHERE id = {ASKED}",
        {"charge_unaccounted"},
    ),
    "two fees for one party": (
        f"""INSERT INTO payments_payment SELECT (p).* FROM (SELECT jsonb_populate_record(x,
          '{{"id": 0, "public_id": "pay_fee2", "idempotency_key": "fee2"}}') AS p
          FROM payments_payment x WHERE kind = 'no_show_fee') y;
        INSERT INTO payments_sandboxcharge SELECT (s).* FROM (SELECT jsonb_populate_record(x,
          '{{"id": 0, "key": "fee2"}}') AS s FROM payments_sandboxcharge x
          WHERE key IN (SELECT idempotency_key FROM payments_payment
                        WHERE kind = 'no_show_fee' AND id <> {CARD})) y""",
        {"paid_twice"},
    ),
    "fee for a party nobody knows": (
        "UPDATE payments_payment SET purpose = 'res_nobody' WHERE kind = 'no_show_fee'",
        {"paid_for_nothing"},
    ),
    "request that was paid and is called unpaid": (
        """UPDATE reservations_paymentrequest SET status = 'expired' WHERE becomes = ''
        AND kind = 'deposit'""",
        {"paid_for_nothing"},
    ),
    "bill that is not added up": (
        "UPDATE payments_payment SET redeemed = redeemed - 1 WHERE redeemed > 0",
        {"refund_sum"},
    ),
    "refund of what came off a bill": (
        """ALTER TABLE payments_payment DROP CONSTRAINT payment_refunds_within_captured;
        UPDATE payments_payment SET redeemed = captured + 1 WHERE redeemed > 0;
        UPDATE payments_redemption SET amount = (SELECT redeemed FROM payments_payment
          WHERE id = payment_id)""",
        {"refund_sum", "owed_refund"},
    ),
    "link that outlives its time": (
        """UPDATE reservations_paymentrequest SET status = 'open', closed_at = NULL
        WHERE status = 'expired'""",
        {"pay_link_left"},
    ),
    "booking that waits for nothing": (
        """UPDATE reservations_paymentrequest SET status = 'withdrawn', closed_at = now()
        WHERE status = 'open'""",
        {"waits_for_nothing"},
    ),
}
