"""Signing in: with a password, a code, a PIN; and setting passwords and PINs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


def _password(label: Any, autocomplete: str, required: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=256,
        strip=False,
        error_messages={"required": required},
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


def _pin(label: Any, autocomplete: str = "off", **options: Any) -> forms.CharField:
    attributes = {
        "inputmode": "numeric",
        "pattern": "[0-9]*",
        "autocomplete": autocomplete,
        "maxlength": "6",
    }
    return forms.CharField(
        label=label,
        max_length=6,
        error_messages={"required": _("Enter a PIN.")},
        widget=forms.PasswordInput(attrs=attributes),
        **options,
    )


class SignInForm(forms.Form):
    """Who it is."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        error_messages={"required": _("Enter your e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = _password(_("Password"), "current-password", _("Enter your password."))


class CodeForm(forms.Form):
    """The second factor: six digits of an application, or a code from paper."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        error_messages={"required": _("Enter the code.")},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )


class NewPasswordForm(forms.Form):
    """A password, chosen by who has the link."""

    password = _password(_("New password"), "new-password", _("Enter a password."))


class ConfirmForm(forms.Form):
    """The password again, with a code where there is a second factor."""

    password = _password(_("Password"), "current-password", _("Enter your password."))
    code = CodeForm.base_fields["code"]

    def __init__(self, *args: Any, with_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_code:
            del self.fields["code"]


class ChangePasswordForm(ConfirmForm):
    """Another password, by who knows the one of now."""

    new_password = _password(_("New password"), "new-password", _("Enter a password."))
    field_order = ("password", "code", "new_password")


class PinForm(forms.Form):
    """The PIN of who picked a name."""

    pin = _pin(_("PIN"))


class NewPinForm(forms.Form):
    """A PIN of one's own, twice, since nobody sees what was typed."""

    pin = _pin(_("New PIN"), help_text=_("Four to six digits."))
    again = _pin(_("The same again"))

    def clean(self) -> dict[str, Any]:
        """Both must be the same."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("pin") and cleaned.get("again") and cleaned["pin"] != cleaned["again"]:
            self.add_error("again", _("The two are not the same."))
        return cleaned
