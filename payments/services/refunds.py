"""Giving money back: a row first, the provider later, as often as it takes.

Locks: a payment's row before its refunds' rows, never the other way round.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from core import audit, clock, jobs, money
from core.actors import SYSTEM, Actor
from payments.errors import RefundDone, RefundTooLarge
from payments.gateways.base import RefundOutcome, RefundResult, exact_minor
from payments.gateways.registry import gateway_of
from payments.models import Payment, Refund
from payments.selectors import ASKED_AGAIN
from payments.services.charges import keep_answer
from payments.services.timing import SWEEP_SECONDS, later

logger = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=2)
"""Longer than any provider's time-out: only a worker that died loses its row to another."""
MAX_REFUND_ATTEMPTS = 8

_REFUND_FIELDS = ["status", "provider_reference", "last_error", "next_attempt_at", "settled_at"]

_REFUND_STEPS = [
    dt.timedelta(seconds=30),
    dt.timedelta(minutes=2),
    dt.timedelta(minutes=10),
    dt.timedelta(hours=1),
    dt.timedelta(hours=6),
]


def request_refund(
    payment_id: int, amount: Decimal, *, reason: str, key: str, at: dt.datetime
) -> Refund | None:
    """Owe ``amount`` of a payment to the guest, in the caller's transaction; a worker sends it.

    Locks the payment's row. May be repeated: the same key is the same refund, whatever became
    of it (make keys from what is refunded, up to 45 characters). Nothing to give back is None.
    Raises RefundTooLarge when more would go back than was taken, and ValueError for an amount
    the currency cannot express.
    """
    if amount == 0:
        return None
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    return _add_refund(payment, amount, reason=reason, key=key, at=at)


def _add_refund(
    payment: Payment, amount: Decimal, *, reason: str, key: str, at: dt.datetime
) -> Refund:
    """The refund with this key, made now if it is not there; the payment's row is locked."""
    exact_minor(amount, payment.currency)
    earlier = Refund.objects.filter(idempotency_key=key).first()
    if earlier is not None:
        if earlier.payment_id != payment.pk:
            raise ValueError("this refund key belongs to another payment")
        return earlier
    left = payment.captured - payment.refunded - payment.redeemed
    if amount > left:
        left = money.quantize(left, payment.currency)
        raise RefundTooLarge(left=str(left), currency=payment.currency)
    refund = Refund.objects.create(
        payment=payment,
        idempotency_key=key,
        amount=amount,
        reason=reason,
        next_attempt_at=at,
        created_at=at,
    )
    # Added by the database, not here: even without the lock its constraint would hold.
    Payment.objects.filter(pk=payment.pk).update(refunded=F("refunded") + amount)
    jobs.wake("payments.process_refunds")
    return refund


def retry_refund(refund_id: int, *, by: Actor, at: dt.datetime) -> Refund:
    """Try a refund again at the wish of a member of staff; opens its own transaction.

    One that is waiting or stuck is due at once, under its old key. One the provider refused is
    asked for anew under a key made from the old refund, so a double click asks once; the new
    refund is returned. Raises RefundDone, or RefundTooLarge when the money went back otherwise.
    """
    with transaction.atomic():
        payment_id = Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id)
        payment = Payment.objects.select_for_update().get(pk=payment_id)
        refund = Refund.objects.select_for_update().get(pk=refund_id)
        if refund.status == Refund.Status.SUCCEEDED:
            raise RefundDone
        audit.record("refund.retried", refund.public_id, by=by, restaurant_id=payment.restaurant_id)
        if refund.status == Refund.Status.FAILED:
            key = f"{ASKED_AGAIN}{refund.public_id}"
            return _add_refund(payment, refund.amount, reason=refund.reason, key=key, at=at)
        refund.attempts = 0
        refund.next_attempt_at = at
        refund.save(update_fields=["attempts", "next_attempt_at"])
        jobs.wake("payments.process_refunds")
        return refund


def look_again(refund_id: int, *, at: dt.datetime) -> None:
    """Ask about a refund after the provider spoke of it; may be repeated.

    One that waits is due at once. One that succeeded is asked about here, by its key: a bank can
    send money back to the house days later, and then the guest still has to be paid. Outside of
    any transaction.
    """
    due = Refund.objects.filter(pk=refund_id, status=Refund.Status.REQUESTED)
    if due.update(next_attempt_at=at):
        jobs.wake("payments.process_refunds")
        return
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.status != Refund.Status.SUCCEEDED:
        return
    result = _send_refund(refund)
    if result.outcome is RefundOutcome.FAILED:
        _record_returned(refund, result, at=at)


def _record_returned(told: Refund, result: RefundResult, *, at: dt.datetime) -> None:
    with transaction.atomic(durable=True):
        payment = Payment.objects.select_for_update().get(pk=told.payment_id)
        refund = Refund.objects.select_for_update().get(pk=told.pk)
        if refund.status != Refund.Status.SUCCEEDED:
            return
        refund.last_error = result.message[:200]
        _close_refund(refund, payment, result, at)
        refund.save(update_fields=_REFUND_FIELDS)


def process_refunds(limit: int = 50) -> int:
    """Send up to ``limit`` due refunds to their providers and say how many were asked about.

    Each is claimed with a lease, sent outside of any transaction and recorded in a second one,
    so a crash at any line means that it is sent again under the same key. Safe to run twice
    and at once. A refund without an answer is tried again for about a day; then it stays
    ``requested`` with an empty ``next_attempt_at`` and the reason, for a person to look at.
    """
    asked = 0
    deadline = time.monotonic() + SWEEP_SECONDS
    while asked < limit and time.monotonic() < deadline:
        refund = _claim_refund(clock.now())
        if refund is None:
            break
        _record_refund(refund, _send_refund(refund), at=clock.now())
        asked += 1
    return asked


def _claim_refund(now: dt.datetime) -> Refund | None:
    with transaction.atomic(durable=True):
        refund = (
            Refund.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("payment")
            .filter(status=Refund.Status.REQUESTED, next_attempt_at__lte=now)
            .order_by("next_attempt_at", "id")
            .first()
        )
        if refund is not None:
            refund.attempts += 1
            refund.next_attempt_at = now + LEASE
            refund.save(update_fields=["attempts", "next_attempt_at"])
    return refund


def _send_refund(refund: Refund) -> RefundResult:
    try:
        result = gateway_of(refund.payment.account_id, refund.payment.gateway).refund(
            key=refund.idempotency_key,
            charge_reference=refund.payment.provider_reference,
            amount=refund.amount,
            currency=refund.payment.currency,
            reference=refund.provider_reference,
        )
        keep_answer(refund.payment_id, "refund", result, refund=refund)
        return result
    except Exception as error:
        # One row that cannot be sent must not keep the others from their money.
        logger.exception("refund could not be sent", extra={"refund": refund.public_id})
        return RefundResult(RefundOutcome.UNKNOWN, message=f"Not sent: {type(error).__name__}")


def _record_refund(claimed: Refund, result: RefundResult, *, at: dt.datetime) -> None:
    with transaction.atomic(durable=True):
        payment = Payment.objects.select_for_update().get(pk=claimed.payment_id)
        refund = Refund.objects.select_for_update().get(pk=claimed.pk)
        if refund.status != Refund.Status.REQUESTED:
            return
        refund.last_error = result.message[:200]
        refund.provider_reference = result.reference[:80] or refund.provider_reference
        if result.outcome in (RefundOutcome.SUCCEEDED, RefundOutcome.FAILED):
            _close_refund(refund, payment, result, at)
        else:
            _schedule_refund(refund, result, at)
        refund.save(update_fields=_REFUND_FIELDS)


def _close_refund(refund: Refund, payment: Payment, result: RefundResult, at: dt.datetime) -> None:
    refund.next_attempt_at = None
    refund.settled_at = at
    refund.status = Refund.Status.SUCCEEDED
    if result.outcome is RefundOutcome.FAILED:
        refund.status = Refund.Status.FAILED
        Payment.objects.filter(pk=payment.pk).update(refunded=F("refunded") - refund.amount)
        logger.error("refund refused by the provider", extra={"refund": refund.public_id})
    audit.record(
        f"refund.{refund.status}",
        refund.public_id,
        by=SYSTEM,
        restaurant_id=payment.restaurant_id,
        payment=payment.public_id,
        amount=str(money.quantize(refund.amount, payment.currency)),
        currency=payment.currency,
    )


def _schedule_refund(refund: Refund, result: RefundResult, at: dt.datetime) -> None:
    if result.outcome is RefundOutcome.PENDING:
        # The provider has it; looking now and then is enough, for as long as it takes.
        refund.next_attempt_at = later(at, len(_REFUND_STEPS), _REFUND_STEPS)
    elif refund.attempts < MAX_REFUND_ATTEMPTS:
        refund.next_attempt_at = later(at, refund.attempts, _REFUND_STEPS)
    else:
        refund.next_attempt_at = None
        refund.last_error = f"Given up after {refund.attempts} attempts. {result.message}"[:200]
        logger.error("refund is stuck", extra={"refund": refund.public_id})
