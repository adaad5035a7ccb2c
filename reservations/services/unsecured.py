"""What a guest is told when their payment did not go through at once."""

from __future__ import annotations

from django.utils.translation import gettext

from core.errors import DomainError
from payments.gateways.base import Action, ChargeOutcome, ChargeResult
from payments.services.charges import UNAVAILABLE
from reservations.errors import (
    PaymentActionRequired,
    PaymentDeclined,
    PaymentPending,
    PaymentsUnavailable,
)


def refusal_of(result: ChargeResult) -> DomainError:
    """The error for an answer that secures nothing: approve first, another card, ask again, or
    call the restaurant."""
    if result.outcome is ChargeOutcome.ACTION_REQUIRED:
        action = result.action or Action()
        return PaymentActionRequired(redirect_url=action.url, client_secret=action.client_secret)
    if result.failure_code == UNAVAILABLE:
        return PaymentsUnavailable()
    if result.outcome in (ChargeOutcome.DECLINED, ChargeOutcome.VOIDED):
        return declined(result.failure_message, result.failure_code)
    return PaymentPending()


def declined(why: str, code: str) -> PaymentDeclined:
    """The provider's sentence, in the guest's language if we know it."""
    text = gettext("Payment failed: %(why)s") % {"why": gettext(why) if why else ""}
    return PaymentDeclined(text.strip(), decline_code=code)
