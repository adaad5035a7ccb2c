"""Taking, setting aside and securing money: asking the provider, and writing what it said.

Locks: a payment's row before its refunds' rows, never the other way round.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable

from core import audit, clock
from core.actors import SYSTEM
from payments.gateways.base import (
    NEVER_ARRIVED,
    SECURED,
    ChargeOutcome,
    ChargeResult,
    Order,
    RefundResult,
    Taking,
    refuse_open_transaction,
)
from payments.gateways.registry import gateway_of
from payments.models import Payment, PaymentKind, ProviderAnswer, Refund

logger = logging.getLogger(__name__)

OPEN = (Payment.Status.REQUESTED, Payment.Status.ACTION_REQUIRED, Payment.Status.UNKNOWN)
"""Not decided yet."""

FIRST_CHECK = dt.timedelta(seconds=30)
"""An answer that is not there after this long is looked for."""
ACTION_CHECK = dt.timedelta(minutes=3)
"""After this long somebody who was sent to their bank is looked for."""

UNAVAILABLE = "unavailable"
"""Failure code of a charge that was refused because of us, not because of the card."""

_CHARGE_FIELDS = [
    "status",
    "captured",
    "action",
    "saved",
    "capture_before",
    "card_brand",
    "card_last4",
    "provider_reference",
    "failure_code",
    "failure_message",
    "last_error",
    "next_check_at",
    "settled_at",
]

_TAKING = {PaymentKind.HOLD: Taking.HOLD, PaymentKind.CARD: Taking.CARD}

_STATUS = {
    ChargeOutcome.SUCCEEDED: Payment.Status.SUCCEEDED,
    ChargeOutcome.AUTHORIZED: Payment.Status.AUTHORIZED,
    ChargeOutcome.SAVED: Payment.Status.SAVED,
    ChargeOutcome.ACTION_REQUIRED: Payment.Status.ACTION_REQUIRED,
    ChargeOutcome.DECLINED: Payment.Status.FAILED,
    ChargeOutcome.VOIDED: Payment.Status.VOIDED,
    ChargeOutcome.UNKNOWN: Payment.Status.UNKNOWN,
}


def order_of(payment: Payment, *, description: str = "", return_url: str = "") -> Order:
    """What the provider is asked for a payment; the same on every repetition.

    ``payment`` need not be read from the database: gateway, key, amount, currency, kind, method,
    purpose, reference and parent (whose saved card is the method) are used.
    """
    kind = PaymentKind(payment.kind)
    return Order(
        key=payment.idempotency_key,
        amount=payment.amount,
        currency=payment.currency,
        method=payment.method,
        description=description or f"{kind.label} for {payment.purpose}",
        taking=_TAKING.get(kind, Taking.CHARGE),
        purpose=payment.purpose,
        return_url=return_url,
        reference=payment.provider_reference,
        off_session=payment.parent_id is not None,
        begun_at=payment.created_at,
    )


def charge(payment: Payment, *, description: str = "", return_url: str = "") -> ChargeResult:
    """Ask the payment's gateway. Opens no transaction; keeps the answer, decides nothing.

    May be repeated: the row's key makes it one charge. A lost answer is the result
    ``unknown``, never an exception. Raises RuntimeError inside a transaction.
    """
    order = order_of(payment, description=description, return_url=return_url)
    result = gateway_of(payment.account_id, payment.gateway).charge(order)
    keep_answer(payment.pk, "charge", result)
    return result


def secure(
    payment: Payment, *, is_new: bool, description: str = "", return_url: str = ""
) -> ChargeResult:
    """The provider's answer to a guest who waits for it; keeps it, decides nothing.

    Of a payment that was begun before (``is_new`` unset), first what the provider knows already:
    what the guest approved meanwhile is taken. A provider that refuses us, rather than the card
    (a revoked key, an amount it cannot move), is the result ``declined`` with the code
    ``UNAVAILABLE``, or ``unknown`` when an earlier request may have got further. Never raises for
    what goes wrong there. Raises RuntimeError inside a transaction.
    """
    refuse_open_transaction()
    order = order_of(payment, description=description, return_url=return_url)
    try:
        gateway = gateway_of(payment.account_id, payment.gateway)
        result = None if is_new else gateway.resume(order)
        if result is None:
            result = gateway.charge(order)
    except Exception:
        # A guest can do nothing about our key being wrong; the log and the row tell who can.
        logger.exception("provider cannot be asked", extra={"payment": payment.idempotency_key})
        if not is_new:
            return ChargeResult(ChargeOutcome.UNKNOWN)
        return ChargeResult(
            ChargeOutcome.DECLINED,
            failure_code=UNAVAILABLE,
            failure_message="The payment provider refused the restaurant's account.",
        )
    keep_answer(payment.pk, "charge", result)
    return result


def keep_answer(
    payment_id: int, call: str, result: ChargeResult | RefundResult, *, refund: Refund | None = None
) -> None:
    """Keep a provider's answer as it was, if it gave one worth keeping. One statement or none."""
    if not result.raw:
        return
    ProviderAnswer.objects.create(
        payment_id=payment_id,
        refund=refund,
        call=call,
        outcome=result.outcome.value,
        reference=result.reference[:80],
        body=dict(result.raw),
        at=clock.now(),
    )


def record_charge(payment_id: int, result: ChargeResult, *, at: dt.datetime) -> Payment:
    """Write what became of a charge, in the caller's transaction, under a lock on the row.

    Only forward, so it may be repeated and come late: ``requested`` → ``action`` or ``unknown`` →
    ``succeeded``, ``authorized``, ``saved``, ``voided`` or ``failed``, which stay. One exception:
    money that was taken after all is a fact, whatever we were told or assumed before; so look at
    the returned row. What is set aside moves on by
    ``record_capture`` only. What is final goes into the audit trail. Raises Payment.DoesNotExist.
    """
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if not _may_become(payment, result):
        return payment
    _write(payment, result, at)
    payment.save(update_fields=_CHARGE_FIELDS)
    if payment.status not in OPEN:
        audit.record(
            f"payment.{payment.status}",
            payment.public_id,
            by=SYSTEM,
            restaurant_id=payment.restaurant_id,
            purpose=payment.purpose,
            code=payment.failure_code,
        )
    return payment


def _write(payment: Payment, result: ChargeResult, at: dt.datetime) -> None:
    payment.status = _STATUS[result.outcome]
    payment.captured = payment.amount if result.outcome is ChargeOutcome.SUCCEEDED else 0
    payment.last_error = ""
    payment.next_check_at = None
    payment.settled_at = at
    payment.action = result.action.as_json() if result.action else {}
    payment.saved = dict(result.saved)
    payment.capture_before = result.capture_before
    payment.card_brand = result.brand[:20]
    payment.card_last4 = result.last4[:4]
    # A lost answer must not make us forget what the provider called it before.
    payment.provider_reference = result.reference[:80] or payment.provider_reference
    payment.failure_code = result.failure_code[:40]
    payment.failure_message = result.failure_message[:200]
    if result.outcome is ChargeOutcome.UNKNOWN:
        payment.settled_at = None
        payment.next_check_at = at + FIRST_CHECK
        payment.last_error = "The provider's answer was lost."
    elif result.outcome is ChargeOutcome.ACTION_REQUIRED:
        payment.settled_at = None
        payment.next_check_at = at + ACTION_CHECK


def _may_become(payment: Payment, result: ChargeResult) -> bool:
    if payment.status in OPEN:
        return True
    if payment.status not in (Payment.Status.FAILED, Payment.Status.VOIDED):
        return False
    if result.outcome is ChargeOutcome.SUCCEEDED:
        return True
    return payment.failure_code == NEVER_ARRIVED and result.outcome in SECURED


def forget_cards(payment_ids: Iterable[int]) -> int:
    """Blank what is kept of the cards of settled payments, in the caller's transaction; how many.

    Amounts, dates and the provider's references stay: the books, and refunds, need nothing else.
    A card on file can still be charged, or let go, until its visit is over: it stays till then.
    """
    settled = Payment.objects.filter(
        pk__in=list(payment_ids),
        status__in=[Payment.Status.SUCCEEDED, Payment.Status.FAILED, Payment.Status.VOIDED],
    )
    return settled.update(
        method={}, saved={}, card_brand="", card_last4="", failure_message="", agreed_text=""
    )
