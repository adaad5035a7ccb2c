"""Taking money and giving it back: rows first, the provider outside of any transaction.

Locks: a payment's row before its refunds' rows, never the other way round.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import time
from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q

from core import audit, clock, jobs, money
from core.actors import SYSTEM, Actor
from payments.errors import RefundDone, RefundTooLarge
from payments.gateways.base import (
    NEVER_ARRIVED,
    ChargeOutcome,
    ChargeResult,
    RefundOutcome,
    RefundResult,
    exact_minor,
)
from payments.gateways.registry import gateway_named
from payments.models import Payment, Refund
from payments.signals import payment_settled

logger = logging.getLogger(__name__)

OPEN = (Payment.Status.REQUESTED, Payment.Status.UNKNOWN)

FIRST_CHECK = dt.timedelta(seconds=30)
"""An answer that is not there after this long is looked for."""
GIVE_UP_AFTER = dt.timedelta(minutes=15)
"""A charge the provider has not heard of until then is not on its way any more."""
LEASE = dt.timedelta(minutes=2)
"""Longer than any provider's time-out: only a worker that died loses its row to another."""
MAX_REFUND_ATTEMPTS = 8
SWEEP_SECONDS = 60.0
"""A sweep ends after this long whatever is left: the next one goes on, on any worker."""

_CHARGE_FIELDS = [
    "status",
    "card_brand",
    "card_last4",
    "provider_reference",
    "failure_code",
    "failure_message",
    "last_error",
    "next_check_at",
    "settled_at",
]
_REFUND_FIELDS = ["status", "provider_reference", "last_error", "next_attempt_at", "settled_at"]

_CHECK_STEPS = [dt.timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 30, 60)]
_REFUND_STEPS = [
    dt.timedelta(seconds=30),
    dt.timedelta(minutes=2),
    dt.timedelta(minutes=10),
    dt.timedelta(hours=1),
    dt.timedelta(hours=6),
]


def charge(payment: Payment) -> ChargeResult:
    """Ask the payment's gateway to take the money. Writes nothing and opens no transaction.

    May be repeated: the row's key makes it one charge. A lost answer is the result
    ``unknown``, never an exception. Raises RuntimeError inside a transaction. ``payment`` need
    not be read from the database: gateway, key, amount, currency, method and purpose are used.
    """
    return gateway_named(payment.gateway).charge(
        key=payment.idempotency_key,
        amount=payment.amount,
        currency=payment.currency,
        method=payment.method,
        description=f"Deposit for {payment.purpose}",
    )


def record_charge(payment_id: int, result: ChargeResult, *, at: dt.datetime) -> Payment:
    """Write what became of a charge, in the caller's transaction, under a lock on the row.

    Only forward, so it may be repeated and come late: ``requested`` → ``unknown`` →
    ``succeeded`` or ``failed``, which stay. One exception: a payment that was given up as never
    arrived is our assumption, and a charge that arrived after all is a fact; it becomes
    ``succeeded``, so look at the returned row. What is final goes into the audit trail. Raises
    Payment.DoesNotExist.
    """
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if not _may_become(payment, result):
        return payment
    payment.last_error = ""
    payment.next_check_at = None
    payment.settled_at = at
    payment.card_brand = result.brand[:20]
    payment.card_last4 = result.last4[:4]
    payment.provider_reference = result.reference[:80]
    payment.failure_code = result.failure_code[:40]
    payment.failure_message = result.failure_message[:200]
    if result.outcome is ChargeOutcome.SUCCEEDED:
        payment.status = Payment.Status.SUCCEEDED
    elif result.outcome is ChargeOutcome.DECLINED:
        payment.status = Payment.Status.FAILED
    else:
        payment.status = Payment.Status.UNKNOWN
        payment.settled_at = None
        payment.next_check_at = at + FIRST_CHECK
        payment.last_error = "The provider's answer was lost."
    payment.save(update_fields=_CHARGE_FIELDS)
    if payment.status != Payment.Status.UNKNOWN:
        audit.record(
            f"payment.{payment.status}",
            payment.public_id,
            by=SYSTEM,
            restaurant_id=payment.restaurant_id,
            purpose=payment.purpose,
            code=payment.failure_code,
        )
    return payment


def _may_become(payment: Payment, result: ChargeResult) -> bool:
    if payment.status in OPEN:
        return True
    return (
        payment.status == Payment.Status.FAILED
        and payment.failure_code == NEVER_ARRIVED
        and result.outcome is ChargeOutcome.SUCCEEDED
    )


# --- Refunds --------------------------------------------------------------------------------------


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
    captured = payment.amount if payment.status == Payment.Status.SUCCEEDED else Decimal(0)
    if payment.refunded + amount > captured:
        left = money.quantize(captured - payment.refunded, payment.currency)
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


def forget_cards(payment_ids: Iterable[int]) -> int:
    """Blank what is kept of the cards of settled payments, in the caller's transaction; how many.

    Amounts, dates and the provider's references stay: the books, and refunds, need nothing else.
    """
    settled = Payment.objects.filter(
        pk__in=list(payment_ids), status__in=[Payment.Status.SUCCEEDED, Payment.Status.FAILED]
    )
    return settled.update(method={}, card_brand="", card_last4="", failure_message="")


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
            key = f"again:{refund.public_id}"
            return _add_refund(payment, refund.amount, reason=refund.reason, key=key, at=at)
        refund.attempts = 0
        refund.next_attempt_at = at
        refund.save(update_fields=["attempts", "next_attempt_at"])
        jobs.wake("payments.process_refunds")
        return refund


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
        return gateway_named(refund.payment.gateway).refund(
            key=refund.idempotency_key,
            charge_reference=refund.payment.provider_reference,
            amount=refund.amount,
            currency=refund.payment.currency,
        )
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
        refund.next_attempt_at = _later(at, len(_REFUND_STEPS), _REFUND_STEPS)
    elif refund.attempts < MAX_REFUND_ATTEMPTS:
        refund.next_attempt_at = _later(at, refund.attempts, _REFUND_STEPS)
    else:
        refund.next_attempt_at = None
        refund.last_error = f"Given up after {refund.attempts} attempts. {result.message}"[:200]
        logger.error("refund is stuck", extra={"refund": refund.public_id})


# --- Lost answers ---------------------------------------------------------------------------------


def settle_unknown(limit: int = 50) -> int:
    """Find out about up to ``limit`` payments without an answer and say how many were settled.

    Asks the provider by key. What it knows goes out as ``payment_settled``; if nobody records
    it then, it is recorded here and the money goes back in full. A charge the provider has not
    heard of after a quarter of an hour is given up. Everything else is asked again, later and
    later. Safe to run twice and at once.
    """
    settled = 0
    deadline = time.monotonic() + SWEEP_SECONDS
    for _ in range(limit):
        payment = _claim_open(clock.now()) if time.monotonic() < deadline else None
        if payment is None:
            break
        settled += _settle(payment)
    return settled


def _claim_open(now: dt.datetime) -> Payment | None:
    """The next payment to ask about. Its next check is set, so a crash costs one interval."""
    with transaction.atomic(durable=True):
        payment = (
            Payment.objects.select_for_update(skip_locked=True)
            .filter(status__in=OPEN)
            .filter(
                Q(next_check_at__lte=now) | Q(next_check_at=None, created_at__lte=now - FIRST_CHECK)
            )
            .order_by(F("next_check_at").asc(nulls_first=True), "id")
            .first()
        )
        if payment is not None:
            payment.attempts += 1
            payment.next_check_at = _later(now, payment.attempts - 1, _CHECK_STEPS)
            payment.save(update_fields=["attempts", "next_check_at"])
    return payment


def _settle(payment: Payment) -> bool:
    try:
        result = _ask_about(payment)
    except Exception:
        # One row that cannot be asked about must not keep the others from being settled.
        logger.exception("payment could not be looked up", extra={"payment": payment.public_id})
        result = ChargeResult(ChargeOutcome.UNKNOWN)
    if result is None or result.outcome is ChargeOutcome.UNKNOWN:
        reason = "The provider does not answer." if result else "Not at the provider yet."
        Payment.objects.filter(pk=payment.pk, status__in=OPEN).update(
            status=Payment.Status.UNKNOWN, last_error=reason
        )
        return False
    answers = payment_settled.send_robust(sender=Payment, payment_id=payment.pk, result=result)
    if any(isinstance(answer, Exception) for _, answer in answers):
        # Whoever this money was for could not decide now; it would be wrong to decide for them.
        return False
    _record_unclaimed(payment.pk, result, at=clock.now())
    return True


def _ask_about(payment: Payment) -> ChargeResult | None:
    gateway = gateway_named(payment.gateway)
    result = gateway.find_charge(payment.idempotency_key)
    if result is None and clock.now() - payment.created_at >= GIVE_UP_AFTER:
        return gateway.abandon(payment.idempotency_key)
    return result


def _record_unclaimed(payment_id: int, result: ChargeResult, *, at: dt.datetime) -> None:
    with transaction.atomic(durable=True):
        payment = Payment.objects.select_for_update().get(pk=payment_id)
        if payment.status not in OPEN:
            return
        payment = record_charge(payment_id, result, at=at)
        if payment.status == Payment.Status.SUCCEEDED:
            request_refund(
                payment_id,
                payment.amount,
                reason="Nothing left to pay for",
                key=f"unclaimed:{payment.public_id}",
                at=at,
            )
        audit.record(
            "payment.settled_unclaimed",
            payment.public_id,
            by=SYSTEM,
            restaurant_id=payment.restaurant_id,
            status=payment.status,
        )


def _later(at: dt.datetime, attempts: int, steps: list[dt.timedelta]) -> dt.datetime:
    """The back-off after ``attempts`` tries, a fifth more or less so that rows spread out."""
    step = steps[min(max(attempts, 1), len(steps)) - 1]
    return at + step * random.uniform(0.8, 1.2)  # noqa: S311 - nothing here is secret
