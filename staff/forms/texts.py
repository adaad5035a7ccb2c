"""An account with Twilio, and how a house uses it. Secrets go in and never out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from notifications.services.sms_accounts import MOST_A_DAY, SECRETS, SmsSetup

LABELS = {
    "account_sid": gettext_lazy("Account SID"),
    "messaging_service_sid": gettext_lazy("Messaging service SID"),
    "sender": gettext_lazy("Sender"),
    "api_key_sid": gettext_lazy("API key SID"),
    "auth_token": gettext_lazy("Auth token"),
    "api_key_secret": gettext_lazy("API key secret"),
    "shared_key": gettext_lazy("Shared key of the webhooks"),
}
"""As Twilio calls them."""

_HINTS = {
    "messaging_service_sid": gettext_lazy(
        "Recommended: it chooses the sender and knows who answered STOP."
    ),
    "sender": gettext_lazy("Without a messaging service: a number such as +447700900123."),
    "api_key_sid": gettext_lazy("Optional: texts are then sent with the key instead of the token."),
    "shared_key": gettext_lazy("Optional: only if Twilio signs its messages with one."),
}


def _time(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )


class TextsForm(forms.Form):
    """A secret that is stored may be left empty."""

    mode = forms.ChoiceField(
        label=gettext_lazy("Texts"),
        choices=[
            ("test", gettext_lazy("Test credentials: nobody gets a text")),
            ("live", gettext_lazy("Real texts")),
        ],
        widget=forms.Select(attrs={"class": "input"}),
    )
    account_sid = forms.CharField(max_length=34)
    auth_token = forms.CharField(max_length=200, required=False)
    messaging_service_sid = forms.CharField(max_length=34, required=False)
    sender = forms.CharField(max_length=20, required=False)
    api_key_sid = forms.CharField(max_length=34, required=False)
    api_key_secret = forms.CharField(max_length=200, required=False)
    shared_key = forms.CharField(max_length=200, required=False)
    quiet_from = _time(gettext_lazy("Quiet from"))
    quiet_until = _time(gettext_lazy("Quiet until"))
    daily_limit = forms.IntegerField(
        label=gettext_lazy("Most texts in 24 hours"), min_value=1, max_value=MOST_A_DAY
    )

    def __init__(
        self, data: Any = None, *, stored: frozenset[str], initial: dict[str, Any]
    ) -> None:
        super().__init__(data, initial=initial)
        for name, label in LABELS.items():
            self.fields[name].label = label
            self.fields[name].help_text = _HINTS.get(name, "")
        for name in SECRETS:
            # Never filled in by the page, and by no browser that remembers passwords.
            self.fields[name].widget = forms.PasswordInput(
                render_value=False, attrs={"autocomplete": "new-password"}
            )
            if name in stored:
                self.fields[name].help_text = gettext_lazy("Stored. Leave it empty to keep it.")

    def setup(self) -> SmsSetup:
        """What is public; call it when the form is valid."""
        said = self.cleaned_data
        return SmsSetup(
            is_test=said["mode"] == "test",
            account_sid=said["account_sid"],
            messaging_service_sid=said["messaging_service_sid"],
            sender=said["sender"],
            api_key_sid=said["api_key_sid"],
            quiet_from=said["quiet_from"],
            quiet_until=said["quiet_until"],
            daily_limit=said["daily_limit"],
        )

    def secrets(self) -> dict[str, str]:
        """What was typed of the secrets; empty: keep."""
        return {name: self.cleaned_data[name] for name in SECRETS}
