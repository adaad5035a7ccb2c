"""A webhook endpoint: where to, what about, and whom to tell when it fails."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.models import ApiKey
from core.outbound import URL_LIMIT
from staff import wording
from webhooks.models import Delivery

EVERYTHING = "*"


class ChangeEndpointForm(forms.Form):
    """What can be changed later."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=URL_LIMIT,
        help_text=gettext_lazy("Where messages are sent, such as https://partner.example/couvert."),
        error_messages={"required": gettext_lazy("Enter the address of the receiver.")},
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("What it hears of"),
        choices=[
            (
                gettext_lazy("Everything"),
                [(EVERYTHING, gettext_lazy("All events its key may see"))],
            ),
            *((group, list(types.items())) for group, types in wording.EVENTS.items()),
        ],
        error_messages={"required": gettext_lazy("Choose at least one kind of event.")},
        widget=forms.CheckboxSelectMultiple,
    )
    contact_email = forms.EmailField(
        label=gettext_lazy("Tell this address when it fails"),
        max_length=254,
        error_messages={"required": gettext_lazy("Enter an e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    description = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_events(self) -> list[str]:
        """All of them is one word."""
        events: list[str] = self.cleaned_data["events"]
        return [EVERYTHING] if EVERYTHING in events else events


class NewEndpointForm(ChangeEndpointForm):
    """Also whose it is: that is decided once."""

    key = forms.ModelChoiceField(
        label=gettext_lazy("Key"),
        queryset=ApiKey.objects.none(),
        to_field_name="public_id",
        empty_label=None,
        help_text=gettext_lazy("The endpoint hears of what this key may see."),
        error_messages={"required": gettext_lazy("Choose a key.")},
        widget=forms.Select(attrs={"class": "input"}),
    )
    field_order = ["key", "url", "events", "contact_email", "description"]

    def __init__(self, *args: Any, keys: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].queryset = keys  # type: ignore[attr-defined]


class LogForm(forms.Form):
    """Which part of the log is wanted."""

    status = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", gettext_lazy("All")),
            (Delivery.Status.DEAD, gettext_lazy("Dead letters")),
            (Delivery.Status.QUEUED, gettext_lazy("Waiting")),
            (Delivery.Status.SENDING, gettext_lazy("Being sent")),
            (Delivery.Status.DELIVERED, gettext_lazy("Delivered")),
        ],
        widget=forms.Select(attrs={"class": "input"}),
    )
    event = forms.ChoiceField(
        label=gettext_lazy("Event"),
        required=False,
        choices=[
            ("", gettext_lazy("All")),
            *((name, name) for types in wording.EVENTS.values() for name in types),
            ("webhook.test", "webhook.test"),
        ],
        widget=forms.Select(attrs={"class": "input"}),
    )
    before = forms.SlugField(required=False, max_length=40, widget=forms.HiddenInput)
