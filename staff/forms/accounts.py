"""An account with a payment provider. Secrets go in and never out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from payments.services.accounts import NEEDS

LABELS = {
    "publishable_key": gettext_lazy("Publishable key"),
    "secret_key": gettext_lazy("Secret key"),
    "webhook_secrets": gettext_lazy("Signing secret of the webhook"),
    "application_id": gettext_lazy("Application ID"),
    "location_id": gettext_lazy("Location ID"),
    "access_token": gettext_lazy("Access token"),
    "signature_keys": gettext_lazy("Signature key of the webhook"),
    "client_id": gettext_lazy("Client ID"),
    "client_secret": gettext_lazy("Client secret"),
    "webhook_id": gettext_lazy("Webhook ID"),
}
"""As the providers call them."""


class AccountForm(forms.Form):
    """The fields of one provider; a secret that is stored may be left empty."""

    money = forms.ChoiceField(
        label=gettext_lazy("Money"),
        choices=[
            ("test", gettext_lazy("Test: no real money moves")),
            ("live", gettext_lazy("Real money")),
        ],
        widget=forms.Select(attrs={"class": "input"}),
    )

    def __init__(
        self, data: Any = None, *, provider: str, stored: frozenset[str], initial: dict[str, Any]
    ) -> None:
        super().__init__(data, initial=initial)
        self._needs = NEEDS[provider]
        for name in self._needs.public:
            self.fields[name] = forms.CharField(label=LABELS[name], max_length=200, required=False)
        for name in self._needs.secret:
            self.fields[name] = forms.CharField(
                label=LABELS[name],
                max_length=400,
                required=False,
                help_text=(
                    gettext_lazy("Stored. Leave it empty to keep it.") if name in stored else ""
                ),
                # Never filled in by the page, and by no browser that remembers passwords.
                widget=forms.PasswordInput(
                    render_value=False, attrs={"autocomplete": "new-password"}
                ),
            )

    @property
    def is_test(self) -> bool:
        """Which mode was chosen."""
        return bool(self.cleaned_data["money"] == "test")

    def public(self) -> dict[str, str]:
        """What may be seen."""
        return {name: self.cleaned_data[name] for name in self._needs.public}

    def secrets(self) -> dict[str, str]:
        """What was typed of the secrets; empty: keep."""
        return {name: self.cleaned_data[name] for name in self._needs.secret}
