"""Finding out about payments whose answer was lost or whose owner went to their bank."""

from __future__ import annotations

import datetime as dt
import logging
import time

from django.db import transaction
from django.db.models import F, Q

from core import audit, clock
from core.actors import SYSTEM
from payments.gateways.base import (
    NEVER_ARRIVED,
    OPEN_OUTCOMES,
    SECURED,
    AnswerLost,
    ChargeOutcome,
    ChargeResult,
)
from payments.gateways.registry import gateway_of
from payments.models import Payment
from payments.services.charges import FIRST_CHECK, OPEN, keep_answer, order_of, record_charge
from payments.services.errands import give_back
from payments.services.timing import SWEEP_SECONDS, later
from payments.signals import payment_settled

logger = logging.getLogger(__name__)

GIVE_UP_AFTER = dt.timedelta(minutes=15)
"""A charge the provider has not heard of until then is not on its way any more."""
ACTION_WITHIN = dt.timedelta(minutes=30)
"""So long a guest may take at their bank; then the payment is called off."""

_CHECK_STEPS = [dt.timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 30, 60)]


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
        settled += look_up(payment)
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
            payment.next_check_at = later(now, payment.attempts - 1, _CHECK_STEPS)
            payment.save(update_fields=["attempts", "next_check_at"])
    return payment


def look_up(payment: Payment) -> bool:
    """Ask the provider about an open payment and tell whoever it is for; whether it is decided.

    Outside of any transaction; may be repeated and run twice at once.
    """
    result = _ask_about(payment)
    if result is None or result.outcome in OPEN_OUTCOMES:
        _write_open(payment, result)
        return False
    return announce(payment.pk, result)


def look_back(payment: Payment) -> bool:
    """Ask once more about a payment that failed or was let go: was it taken after all? Whether so.

    Its owner may have gone on at the provider after we had given up, or our request was on its way
    for longer than anybody waits. What was taken, set aside or saved then serves what it was meant
    for, or goes back. Raises AnswerLost; may be repeated.
    """
    gateway = gateway_of(payment.account_id, payment.gateway)
    result = gateway.find_charge(order_of(payment))
    never_arrived = payment.failure_code == NEVER_ARRIVED
    wanted = SECURED if never_arrived else {ChargeOutcome.SUCCEEDED}
    if result is None or result.outcome not in wanted:
        if result is not None and result.outcome is ChargeOutcome.UNKNOWN:
            raise AnswerLost
        return False
    keep_answer(payment.pk, "find", result)
    return announce(payment.pk, result)


def call_off(payment: Payment) -> bool:
    """Give up a payment its owner has not approved, at their own wish; whether it is decided.

    If it was approved after all, that counts. Outside of any transaction; may be repeated.
    """
    if payment.status not in OPEN:
        return True
    try:
        result = gateway_of(payment.account_id, payment.gateway).abandon(order_of(payment))
    except Exception:
        # A guest can do nothing about our key being wrong; the sweep goes on asking.
        logger.exception("payment cannot be called off", extra={"payment": payment.public_id})
        return False
    keep_answer(payment.pk, "abandon", result)
    return result.outcome not in OPEN_OUTCOMES and announce(payment.pk, result)


def announce(payment_id: int, result: ChargeResult) -> bool:
    """Tell whoever the payment was for what became of it, and record it if nobody does.

    False when they could not decide now: then it stays open, and the sweep tries again. Outside
    of any transaction; may be repeated and run twice at once.
    """
    answers = payment_settled.send_robust(sender=Payment, payment_id=payment_id, result=result)
    if any(isinstance(answer, Exception) for _, answer in answers):
        # Whoever this money was for could not decide now; it would be wrong to decide for them.
        return False
    _record_unclaimed(payment_id, result, at=clock.now())
    return True


def _write_open(payment: Payment, result: ChargeResult | None) -> None:
    """Not decided: what is known goes on the row, its next check was set when it was claimed."""
    still = Payment.objects.filter(pk=payment.pk, status__in=OPEN)
    if result is not None and result.outcome is ChargeOutcome.ACTION_REQUIRED:
        still.update(
            status=Payment.Status.ACTION_REQUIRED,
            last_error="",
            provider_reference=result.reference[:80] or payment.provider_reference,
            action=result.action.as_json() if result.action else payment.action,
        )
        return
    reason = "The provider does not answer." if result else "Not at the provider yet."
    still.update(status=Payment.Status.UNKNOWN, last_error=reason)


def _ask_about(payment: Payment) -> ChargeResult | None:
    try:
        gateway = gateway_of(payment.account_id, payment.gateway)
        order = order_of(payment)
        result = gateway.resume(order)
        age = clock.now() - payment.created_at
        is_waiting = result is not None and result.outcome is ChargeOutcome.ACTION_REQUIRED
        if (result is None and age >= GIVE_UP_AFTER) or (is_waiting and age >= ACTION_WITHIN):
            result = gateway.abandon(order)
    except Exception:
        # One row that cannot be asked about must not keep the others from being settled.
        logger.exception("payment could not be looked up", extra={"payment": payment.public_id})
        return ChargeResult(ChargeOutcome.UNKNOWN)
    if result is not None:
        keep_answer(payment.pk, "find", result)
    return result


def _record_unclaimed(payment_id: int, result: ChargeResult, *, at: dt.datetime) -> None:
    with transaction.atomic(durable=True):
        payment = Payment.objects.select_for_update().get(pk=payment_id)
        before = payment.status
        payment = record_charge(payment_id, result, at=at)
        if payment.status == before:
            return
        give_back(
            payment_id,
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
