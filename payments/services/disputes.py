"""Charges their owners contest at the bank: what the provider says of them, written down."""

from __future__ import annotations

from django.db import transaction

from core import audit, clock, money
from core.actors import SYSTEM
from payments.gateways.registry import gateway_of
from payments.gateways.reports import Dispute
from payments.models import Payment, PaymentDispute

_DECIDED = (PaymentDispute.Status.WON, PaymentDispute.Status.LOST)


def look_up(account_id: int | None, gateway: str, reference: str) -> bool | None:
    """Ask the provider about a dispute and write down where it stands; None if it is not ours.

    Outside of any transaction; may be repeated. Raises AnswerLost.
    """
    told = gateway_of(account_id, gateway).find_dispute(reference)
    if told is None:
        return None
    payment = Payment.objects.filter(
        account_id=account_id, gateway=gateway, provider_reference=told.charge_reference
    ).first()
    if payment is None:
        return None
    record(payment.pk, told)
    return True


def record(payment_id: int, told: Dispute) -> PaymentDispute:
    """Write down what the provider says of a dispute, under a lock on the payment's row.

    Only forward: one that is won or lost stays so. Every change goes into the audit trail.
    """
    now = clock.now()
    with transaction.atomic():
        payment = Payment.objects.select_for_update().get(pk=payment_id)
        dispute = PaymentDispute.objects.filter(payment=payment, reference=told.reference).first()
        if dispute is not None and (dispute.status == told.status or dispute.status in _DECIDED):
            return dispute
        if dispute is None:
            dispute = PaymentDispute(payment=payment, reference=told.reference[:80], opened_at=now)
        dispute.status = told.status
        dispute.amount = money.from_minor(told.minor, told.currency)
        dispute.reason = told.reason[:60]
        dispute.due_by = told.due_by
        dispute.updated_at = now
        dispute.save()
        audit.record(
            f"payment.dispute_{told.status}",
            payment.public_id,
            by=SYSTEM,
            restaurant_id=payment.restaurant_id,
            amount=str(dispute.amount),
            currency=told.currency,
        )
    return dispute
