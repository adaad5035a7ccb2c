"""Taking or letting go of what is set aside: asked for in a row, done by a worker."""

from __future__ import annotations

import datetime as dt
import logging
import time
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from core import audit, clock, jobs
from core.actors import SYSTEM, Actor
from payments.errors import NothingSetAside
from payments.gateways.base import ChargeOutcome, ChargeResult, exact_minor
from payments.gateways.registry import gateway_of
from payments.models import Errand, Payment, Refund
from payments.services.charges import keep_answer, order_of
from payments.services.refunds import request_refund
from payments.services.timing import SWEEP_SECONDS, later
from payments.signals import hold_taken

logger = logging.getLogger(__name__)

_DONE = (ChargeOutcome.SUCCEEDED, ChargeOutcome.DECLINED, ChargeOutcome.VOIDED)
"""Any other answer says that the errand is still to be done, or that nobody knows."""

SECURED_STATUSES = (Payment.Status.AUTHORIZED, Payment.Status.SAVED)
LET_GO_THERE = "at_the_provider"
"""Failure code of what was let go without our asking: it ran out, or somebody did so there."""
_LEASE = dt.timedelta(minutes=2)
_STEPS = [dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)]
_FIELDS = [
    "status",
    "captured",
    "errand",
    "errand_amount",
    "next_check_at",
    "last_error",
    "failure_code",
    "failure_message",
    "settled_at",
    "provider_reference",
]


def give_back(payment_id: int, *, reason: str, key: str, at: dt.datetime) -> Refund | None:
    """Whatever the house has of a payment goes back, in the caller's transaction; workers do it.

    Money as a refund (returned), what is set aside and a saved card by letting go. Locks the
    payment's row; may be repeated. A payment that has nothing, or is not decided yet, is left.
    """
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if payment.status == Payment.Status.SUCCEEDED:
        left = payment.captured - payment.refunded - payment.redeemed
        return request_refund(payment_id, left, reason=reason, key=key, at=at)
    if payment.status in SECURED_STATUSES and payment.errand != Errand.CAPTURE:
        _ask(payment, Errand.RELEASE, Decimal(0), at)
    return None


def let_go(payment_id: int, *, at: dt.datetime) -> bool:
    """Release what is set aside or forget a saved card, in the caller's transaction.

    Locks the payment's row; a worker tells the provider. May be repeated. False when there is
    nothing to let go of, or when it is about to be taken; money that was taken stays.
    """
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if payment.status not in SECURED_STATUSES or payment.errand:
        return False
    _ask(payment, Errand.RELEASE, Decimal(0), at)
    return True


def request_capture(payment_id: int, amount: Decimal, *, by: Actor, at: dt.datetime) -> Payment:
    """Take ``amount`` of what is set aside, in the caller's transaction; a worker does it.

    The rest goes back to the guest. Locks the payment's row; repeating it with the same amount
    changes nothing. Raises NothingSetAside when it was taken, let go or has run out, and
    ValueError for an amount the currency cannot express or that is more than was set aside.
    """
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    exact_minor(amount, payment.currency)
    if amount > payment.amount:
        raise ValueError("more than was set aside")
    if payment.errand == Errand.CAPTURE and payment.errand_amount == amount:
        return payment
    if payment.status != Payment.Status.AUTHORIZED or payment.errand:
        raise NothingSetAside
    _ask(payment, Errand.CAPTURE, amount, at)
    audit.record(
        "payment.capture_requested",
        payment.public_id,
        by=by,
        restaurant_id=payment.restaurant_id,
        amount=str(amount),
        currency=payment.currency,
    )
    return payment


def _ask(payment: Payment, errand: Errand, amount: Decimal, at: dt.datetime) -> None:
    if payment.errand == errand:
        return
    payment.errand, payment.errand_amount = errand, amount
    payment.attempts, payment.next_check_at = 0, at
    payment.save(update_fields=["errand", "errand_amount", "attempts", "next_check_at"])
    jobs.wake("payments.process_errands")


def look_again(payment: Payment) -> bool:
    """Ask about what is set aside after the provider spoke of it; False if it did not answer.

    An errand that waits is due at once. What the provider let go of (it ran out, or somebody did
    so there) is written down; a capture made there is left to the daily comparison, which knows
    the amount. Outside of any transaction; may be repeated.
    """
    now = clock.now()
    waiting = Payment.objects.filter(pk=payment.pk).exclude(errand="")
    if waiting.update(next_check_at=now):
        jobs.wake("payments.process_errands")
        return True
    result = gateway_of(payment.account_id, payment.gateway).find_charge(order_of(payment))
    if result is None or result.outcome is ChargeOutcome.UNKNOWN:
        return False
    if result.outcome is ChargeOutcome.VOIDED:
        keep_answer(payment.pk, "find", result)
        _record_let_go(payment.pk, at=now)
    return True


def _record_let_go(payment_id: int, *, at: dt.datetime) -> None:
    with transaction.atomic(durable=True):
        payment = Payment.objects.select_for_update().get(pk=payment_id)
        if payment.status not in SECURED_STATUSES or payment.errand:
            return
        payment.status, payment.settled_at = Payment.Status.VOIDED, at
        payment.failure_code = LET_GO_THERE
        payment.save(update_fields=["status", "settled_at", "failure_code"])
        audit.record(
            "payment.voided",
            payment.public_id,
            by=SYSTEM,
            restaurant_id=payment.restaurant_id,
            purpose=payment.purpose,
            code=LET_GO_THERE,
        )


def process_errands(limit: int = 50) -> int:
    """Do up to ``limit`` due errands and say how many were asked about.

    Each is claimed with a lease, done outside of any transaction under a key made from the row,
    and recorded in a second transaction: a crash at any line means that the provider is asked
    again. Safe to run twice and at once. Repeated for as long as the provider gives no answer.
    """
    asked = 0
    deadline = time.monotonic() + SWEEP_SECONDS
    while asked < limit and time.monotonic() < deadline:
        payment = _claim(clock.now())
        if payment is None:
            break
        _record(payment, _send(payment), at=clock.now())
        asked += 1
    return asked


def _claim(now: dt.datetime) -> Payment | None:
    with transaction.atomic(durable=True):
        payment = (
            Payment.objects.select_for_update(skip_locked=True)
            .exclude(errand="")
            .filter(next_check_at__lte=now)
            .order_by(F("next_check_at").asc(), "id")
            .first()
        )
        if payment is not None:
            payment.attempts += 1
            payment.next_check_at = now + _LEASE
            payment.save(update_fields=["attempts", "next_check_at"])
    return payment


def _send(payment: Payment) -> ChargeResult:
    try:
        gateway = gateway_of(payment.account_id, payment.gateway)
        key = f"{payment.errand}:{payment.public_id}"
        if payment.errand == Errand.RELEASE:
            result = gateway.void(key=key, reference=payment.provider_reference)
        else:
            result = gateway.capture(
                key=key,
                reference=payment.provider_reference,
                amount=payment.errand_amount,
                currency=payment.currency,
            )
    except Exception:
        # One row that cannot be sent must not keep the others waiting.
        logger.exception("errand could not be done", extra={"payment": payment.public_id})
        return ChargeResult(ChargeOutcome.UNKNOWN)
    keep_answer(payment.pk, payment.errand, result)
    return result


def _record(claimed: Payment, result: ChargeResult, *, at: dt.datetime) -> None:
    with transaction.atomic(durable=True):
        payment = Payment.objects.select_for_update().get(pk=claimed.pk)
        if payment.errand != claimed.errand:
            return
        if result.outcome not in _DONE:
            payment.next_check_at = later(at, payment.attempts, _STEPS)
            payment.last_error = "The provider's answer was lost."
            payment.save(update_fields=["next_check_at", "last_error"])
            return
        _finish(payment, result, at)
        payment.save(update_fields=_FIELDS)
        audit.record(
            f"payment.{payment.status}",
            payment.public_id,
            by=SYSTEM,
            restaurant_id=payment.restaurant_id,
            purpose=payment.purpose,
            code=payment.failure_code,
        )
        if payment.status != Payment.Status.SUCCEEDED:
            return
        if claimed.errand == Errand.CAPTURE:
            hold_taken.send(sender=Payment, payment_id=payment.pk)
        else:
            # It was taken by other means before we could let it go.
            key = f"release:{payment.public_id}"
            request_refund(payment.pk, payment.captured, reason="let go too late", key=key, at=at)


def _finish(payment: Payment, result: ChargeResult, at: dt.datetime) -> None:
    taken = payment.errand_amount or payment.amount
    payment.errand, payment.errand_amount = "", Decimal(0)
    payment.next_check_at, payment.last_error, payment.settled_at = None, "", at
    payment.provider_reference = result.reference[:80] or payment.provider_reference
    if result.outcome is ChargeOutcome.SUCCEEDED:
        payment.status, payment.captured = Payment.Status.SUCCEEDED, taken
    elif result.outcome is ChargeOutcome.DECLINED:
        payment.status = Payment.Status.FAILED
        payment.failure_code = result.failure_code[:40]
        payment.failure_message = result.failure_message[:200]
    else:
        payment.status = Payment.Status.VOIDED
