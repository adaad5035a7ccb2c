"""What a guest is told of a declined card: by Stripe's code, in their language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

DECLINED: Final = "card_declined"
UNUSABLE: Final = "payment_method_unusable"
"""Ours: the browser's token is none of this account, was used before or is too old."""
GONE: Final = "not_set_aside"
"""Ours: what was to be captured went back meanwhile."""

_LIMIT = _("Your card has reached its limit.")
_EXPIRY = _("The expiry date of your card is not right.")
_CODE = _("The security code of your card is not right.")
_NUMBER = _("The number of your card is not right.")
_NOT_CONFIRMED = _("Your bank could not confirm that it is you.")

_SENTENCES: Final = {
    DECLINED: _("Your card was declined."),
    UNUSABLE: _("Your card details did not reach the payment provider. Please enter them again."),
    GONE: _("The money is no longer set aside on the card."),
    "insufficient_funds": _("Your card has insufficient funds."),
    "expired_card": _("Your card has expired."),
    "incorrect_cvc": _CODE,
    "invalid_cvc": _CODE,
    "incorrect_number": _NUMBER,
    "invalid_number": _NUMBER,
    "invalid_expiry_month": _EXPIRY,
    "invalid_expiry_year": _EXPIRY,
    "incorrect_zip": _("The postal code does not belong to your card."),
    "authentication_required": _("Your bank wants you to approve this payment yourself."),
    "payment_intent_authentication_failure": _NOT_CONFIRMED,
    "setup_intent_authentication_failure": _NOT_CONFIRMED,
    "processing_error": _("Your bank could not be reached. Please try again in a moment."),
    "currency_not_supported": _("Your card does not support this currency."),
    "card_velocity_exceeded": _LIMIT,
    "withdrawal_count_limit_exceeded": _LIMIT,
}


def code_of(error: Mapping[str, Any]) -> str:
    """The code of a decline.

    The bank's reason where a guest may know it; «stolen» and «fraudulent» are for staff, who
    find them in the answer that is kept.
    """
    code = str(error.get("code") or error.get("type") or DECLINED)
    reason = str(error.get("decline_code") or "")
    return reason if code == DECLINED and reason in _SENTENCES else code[:40]


def sentence_of(code: str) -> str:
    """A whole sentence for the guest, in the language of the moment."""
    return str(_SENTENCES.get(code) or gettext("Your card was declined."))
