"""How a guest pays on our pages: one form and one template per gateway.

A gateway that brings a component of its own (hosted fields, a wallet button) adds a form whose
fields receive the component's token, and a template that loads the component. The pages know
neither: they show the template and pass :meth:`PaymentForm.method` to the service.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.gateways import sandbox
from payments.gateways.registry import is_usable
from reservations.selectors.houses import House


class PaymentForm(forms.Form):
    """What the gateway needs of the guest."""

    template: ClassVar[str]
    """Shows the fields; gets ``payment`` (this form), ``deposit`` (text) and ``held``."""

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


PAYMENT_FORMS: dict[str, type[PaymentForm]] = {"sandbox": SandboxForm}
"""Gateway's name → its form."""


def takes_payments(house: House) -> bool:
    """Whether this restaurant can take money on our pages at all."""
    return house.gateway in PAYMENT_FORMS and is_usable(house.account_id)


def payment_form(house: House, **given: Any) -> PaymentForm:
    """The form of the gateway this restaurant's guests pay through."""
    return PAYMENT_FORMS[house.gateway](**given)
