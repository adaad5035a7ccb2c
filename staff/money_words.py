"""The words of money for staff: kinds, states, providers, amounts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core import money
from notifications.wording import amount
from payments.models import Payment, PaymentDispute, PaymentKind, Refund
from payments.models.provider import ProviderAccount
from reservations.models import PaymentRequest

KINDS: Mapping[str, Any] = {
    PaymentKind.DEPOSIT: gettext_lazy("Deposit"),
    PaymentKind.PREPAYMENT: gettext_lazy("Prepayment"),
    PaymentKind.HOLD: gettext_lazy("Hold on a card"),
    PaymentKind.CARD: gettext_lazy("Card on file"),
    PaymentKind.NO_SHOW_FEE: gettext_lazy("No-show fee"),
    PaymentKind.LATE_CANCEL_FEE: gettext_lazy("Late cancellation fee"),
}

STATES: Mapping[str, tuple[str, Any]] = {
    Payment.Status.REQUESTED: ("off", gettext_lazy("Being asked")),
    Payment.Status.ACTION_REQUIRED: ("warning", gettext_lazy("Waits for the guest’s bank")),
    Payment.Status.UNKNOWN: ("danger", gettext_lazy("Not known yet")),
    Payment.Status.AUTHORIZED: ("ok", gettext_lazy("Set aside")),
    Payment.Status.SAVED: ("ok", gettext_lazy("Card on file")),
    Payment.Status.SUCCEEDED: ("ok", pgettext_lazy("payment", "Taken")),
    Payment.Status.FAILED: ("danger", pgettext_lazy("payment", "Declined")),
    Payment.Status.VOIDED: ("off", pgettext_lazy("payment", "Let go")),
}
"""Of a payment: a colour and a word."""

REFUND_STATES: Mapping[str, tuple[str, Any]] = {
    Refund.Status.REQUESTED: ("off", gettext_lazy("On its way")),
    Refund.Status.SUCCEEDED: ("ok", gettext_lazy("Given back")),
    Refund.Status.FAILED: ("danger", gettext_lazy("Refused")),
}

REQUEST_STATES: Mapping[str, tuple[str, Any]] = {
    PaymentRequest.Status.OPEN: ("warning", gettext_lazy("Waits for the guest")),
    PaymentRequest.Status.PAID: ("ok", pgettext_lazy("payment", "Paid")),
    PaymentRequest.Status.EXPIRED: ("off", pgettext_lazy("payment", "Expired")),
    PaymentRequest.Status.WITHDRAWN: ("off", pgettext_lazy("payment", "Withdrawn")),
}

DISPUTE_STATES: Mapping[str, tuple[str, Any]] = {
    PaymentDispute.Status.NEEDS_RESPONSE: ("danger", gettext_lazy("Needs an answer")),
    PaymentDispute.Status.UNDER_REVIEW: ("warning", gettext_lazy("Under review")),
    PaymentDispute.Status.WON: ("ok", pgettext_lazy("dispute", "Won")),
    PaymentDispute.Status.LOST: ("danger", pgettext_lazy("dispute", "Lost")),
}

PROVIDERS: Mapping[str, Any] = {
    "sandbox": gettext_lazy("Sandbox"),
    **dict(ProviderAccount.Provider.choices),
}


def provider(payment: Payment) -> str:
    """``Stripe``, ``Stripe (test)``, ``Sandbox (test)``."""
    name = str(PROVIDERS.get(payment.gateway, payment.gateway))
    return _("%(provider)s (test)") % {"provider": name} if is_test(payment) else name


def is_test(payment: Payment) -> bool:
    """Whether no real money moved."""
    return payment.account is None or payment.account.is_test


def card(payment: Payment) -> str:
    """``Visa …4242``; empty without a card."""
    if not payment.card_last4:
        return payment.card_brand
    return f"{payment.card_brand} …{payment.card_last4}".strip()


def left_of(payment: Payment) -> Decimal:
    """What can still go back, or come off a bill."""
    return payment.captured - payment.refunded - payment.redeemed


def money_text(value: Decimal, currency: str) -> str:
    """``$25.00``; what is below zero has a real minus sign."""
    text = amount(abs(value), currency)
    return f"\N{MINUS SIGN}{text}" if value < 0 else text


def plain(value: Decimal, currency: str) -> str:
    """``25.00``: for forms and tables to save."""
    return str(money.quantize(value, currency))
