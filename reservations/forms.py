"""What guests type on the pages, checked before a service sees it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from core.errors import Invalid
from core.phone import to_e164
from notifications.wording import one_line
from payments.gateways import sandbox

TEST_CARDS = (
    ("tok_visa_4242", "Visa ending in 4242: is accepted"),
    ("tok_mastercard_4444", "Mastercard ending in 4444: is accepted"),
    ("tok_visa_0002", "Visa ending in 0002: is declined"),
    ("tok_visa_9995", "Visa ending in 9995: has insufficient funds"),
    (sandbox.LOST_ANSWER, "Visa ending in 4242: is charged, but the bank’s answer gets lost"),
)
"""The sandbox's cards. A real gateway brings a component of its own for this."""


def takes_payments() -> bool:
    """Whether this installation can take a deposit at all."""
    return bool(getattr(settings, "SANDBOX_ENABLED", False))


class DetailsForm(forms.Form):
    """Who is coming, and which card pays the deposit if there is one."""

    required_css_class = "is-required"

    name = forms.CharField(
        label="Your name",
        max_length=120,
        error_messages={"required": "Please enter your name."},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        help_text="Your confirmation and a calendar entry go here.",
        error_messages={
            "required": "Please enter your e-mail address.",
            "invalid": "Please enter an e-mail address like name@example.com.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    phone = forms.CharField(
        label="Telephone",
        max_length=40,
        required=False,
        help_text="Only if something changes on the day.",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    special_requests = forms.CharField(
        label="Anything the restaurant should know?",
        max_length=500,
        required=False,
        help_text="Allergies, a high chair, an occasion, a step-free table…",
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )
    card = forms.ChoiceField(
        label="Test card",
        choices=TEST_CARDS,
        widget=forms.RadioSelect,
        error_messages={"required": "Please choose a card."},
    )

    def __init__(self, *args: Any, country: str, needs_card: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        if not needs_card:
            del self.fields["card"]

    def clean_name(self) -> str:
        """The name on one line; nothing but invisible characters is no name."""
        name = one_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError("Please enter your name.")
        return name

    def clean_phone(self) -> str:
        """The number as E.164, read as somebody at the restaurant would dial it."""
        typed = self.cleaned_data["phone"]
        try:
            return to_e164(typed, self.country) if typed else ""
        except Invalid as error:
            raise forms.ValidationError(error.details["phone"]) from error
