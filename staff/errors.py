"""Conditions at the staff area's doors."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from accounts.errors import NotSignedIn


class PinWrong(NotSignedIn):
    """The PIN is not this person's."""

    code = "PIN_WRONG"
    message = gettext_noop("This PIN is wrong.")
