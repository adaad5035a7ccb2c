"""How a guest pays on our pages: one form and one template per gateway.

A gateway that brings a component of its own (hosted fields, a wallet button) adds a form whose
fields receive the component's token, and a template that loads the component. The pages know
neither: they show the template and pass :meth:`PaymentForm.method` to the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from core import clock
from core.money import quantize, to_minor
from payments.gateways import sandbox
from payments.gateways.registry import gateway_of, is_usable
from reservations.selectors.holds import HeldPlace
from reservations.selectors.houses import House
from reservations.services.taking import taken_kind


@dataclass(frozen=True, slots=True)
class ToPay:
    """What a component on the page has to know of a payment: of a hold, or of a link."""

    house: House
    deposit: Decimal
    currency: str
    payment_kind: str
    """What is done with the card: deposit, prepayment, hold or card."""


class PaymentForm(forms.Form):
    """What the gateway needs of the guest."""

    template: ClassVar[str]
    """Shows the fields; gets ``payment`` (this form), ``component``, ``deposit``, ``held``."""
    approval: ClassVar[str] = ""
    """Lets the gateway's component finish a payment its owner has to approve; gets ``action``."""
    sources: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """What the page's security policy has to allow besides, where a component comes from
    elsewhere: directive → hosts. Only pages with this form get it."""

    button: ClassVar[Any] = ""
    """What the button that pays says; empty: the amount, and that the table is booked."""

    def component(self, held: ToPay) -> dict[str, str]:
        """What the component on the page has to know of this payment; public values only."""
        return {}

    def method(self) -> dict[str, Any]:
        """The payment method as the gateway's ``check_method`` takes it; when valid."""
        raise NotImplementedError


class SandboxForm(PaymentForm):
    """Test cards: no money moves."""

    template = "reservations/payment/sandbox.html"

    CARDS = (
        ("tok_visa_4242", _("Visa ending in 4242: is accepted")),
        ("tok_mastercard_4444", _("Mastercard ending in 4444: is accepted")),
        ("tok_visa_0002", _("Visa ending in 0002: is declined")),
        ("tok_visa_9995", _("Visa ending in 9995: has insufficient funds")),
        (sandbox.THREE_D_SECURE, _("Visa ending in 4242: the bank asks you to approve it")),
        (
            sandbox.LOST_ANSWER,
            _("Visa ending in 4242: is charged, but the bank’s answer gets lost"),
        ),
    )

    card = forms.ChoiceField(
        label=_("Test card"),
        choices=CARDS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose a card.")},
    )

    def method(self) -> dict[str, Any]:
        """The card's token."""
        return {"token": self.cleaned_data["card"]}


class StripeForm(PaymentForm):
    """Stripe's Payment Element, which sends the card to Stripe and leaves a token in the field.

    Without scripts, or where Stripe's does not load, the field stays empty and the guest pays on
    Stripe's own page.
    """

    template = "reservations/payment/stripe.html"
    approval = "reservations/payment/stripe_approval.html"
    # Stripe's script must come from Stripe (docs/adr/0033). Browsers hold the target of a redirect
    # after a form against form-action, too.
    sources = {
        "script-src": ("https://js.stripe.com", "https://*.js.stripe.com"),
        "frame-src": (
            "https://js.stripe.com",
            "https://*.js.stripe.com",
            "https://hooks.stripe.com",
        ),
        "connect-src": ("'self'", "https://api.stripe.com"),
        "form-action": (
            "https://checkout.stripe.com",
            "https://hooks.stripe.com",
            "https://pm-redirects.stripe.com",
        ),
    }

    token = forms.CharField(required=False, max_length=110)

    def method(self) -> dict[str, Any]:
        """The token, or Stripe's own page."""
        token = self.cleaned_data["token"]
        return {"token": token} if token else {"type": "checkout"}

    def component(self, held: ToPay) -> dict[str, str]:
        """Its options: mode, amount, currency and capture, as the intent will have them."""
        # Not at the top: it takes Stripe's library along, which most installations never need.
        from payments.gateways.stripe.amounts import to_stripe

        public = gateway_of(held.house.account_id, held.house.gateway).guest_config()
        try:
            amount = to_stripe(to_minor(held.deposit, held.currency), held.currency)
        except ValueError:
            return {}
        return {
            "key": public["publishable_key"],
            "mode": "setup" if held.payment_kind == "card" else "payment",
            "amount": str(amount),
            "currency": held.currency.lower(),
            "capture": "manual" if held.payment_kind == "hold" else "automatic",
        }


class SquareForm(PaymentForm):
    """Square's card fields, which send the card to Square and leave a token in the field.

    They need JavaScript: Square has no page of its own that a guest could be sent to instead.
    """

    template = "reservations/payment/square.html"
    # Square's script must come from Square (docs/adr/0034). It styles its fields inline, and a bank
    # that wants to know its customer asks in a frame of its own: banks cannot be listed.
    sources = {
        "script-src": ("https://web.squarecdn.com", "https://sandbox.web.squarecdn.com"),
        "style-src": (
            "https://web.squarecdn.com",
            "https://sandbox.web.squarecdn.com",
            "'unsafe-inline'",
        ),
        "font-src": (
            "'self'",
            "https://square-fonts-production-f.squarecdn.com",
            "https://d1g145x70srn7h.cloudfront.net",
        ),
        "connect-src": (
            "'self'",
            "https://pci-connect.squareup.com",
            "https://pci-connect.squareupsandbox.com",
        ),
        "frame-src": ("https:",),
    }

    token = forms.CharField(
        max_length=200,
        widget=forms.HiddenInput,
        error_messages={"required": _("Please enter your card.")},
    )

    def method(self) -> dict[str, Any]:
        """The token."""
        return {"token": self.cleaned_data["token"]}

    def component(self, held: ToPay) -> dict[str, str]:
        """Whose account it is, and what the bank is asked to approve."""
        public = gateway_of(held.house.account_id, held.house.gateway).guest_config()
        return {
            **public,
            "amount": str(quantize(held.deposit, held.currency)),
            "currency": held.currency,
            "intent": "STORE" if held.payment_kind == "card" else "CHARGE",
            "country": held.house.country,
        }


class PayPalForm(PaymentForm):
    """Nothing to fill in: the guest approves on PayPal's own page."""

    template = "reservations/payment/paypal.html"
    button = _("Pay with PayPal")
    # Browsers hold the target of a redirect after a form against form-action, too.
    sources = {"form-action": ("https://www.paypal.com", "https://www.sandbox.paypal.com")}

    def method(self) -> dict[str, Any]:
        """That it is PayPal; who pays, and from what, PayPal knows."""
        return {"type": "paypal"}


PAYMENT_FORMS: dict[str, type[PaymentForm]] = {
    "sandbox": SandboxForm,
    "stripe": StripeForm,
    "square": SquareForm,
    "paypal": PayPalForm,
}
"""Gateway's name → its form."""


def to_pay_of(held: HeldPlace) -> ToPay:
    """What a component on the page of a hold is to collect now."""
    kind = taken_kind(held.payment_kind, held.house, held.starts_at, clock.now())
    return ToPay(held.house, held.deposit, held.currency, kind)


def takes_payments(house: House) -> bool:
    """Whether this restaurant can take money on our pages at all."""
    return house.gateway in PAYMENT_FORMS and is_usable(house.account_id)


def payment_form(house: House, **given: Any) -> PaymentForm:
    """The form of the gateway this restaurant's guests pay through."""
    return PAYMENT_FORMS[house.gateway](**given)
