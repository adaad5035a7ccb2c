"""Test cards and magic tokens: what the sandbox takes as a payment method, and what it does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_noop

from core.errors import Invalid

DECLINES: Final = {
    "card_declined": gettext_noop("Your card was declined."),
    "insufficient_funds": gettext_noop("Your card has insufficient funds."),
    "authentication_failed": gettext_noop("Your bank did not approve the payment."),
    "authentication_required": gettext_noop("Your bank asks you to approve this payment yourself."),
}
_DECLINED_CARDS = {"0002": "card_declined", "9995": "insufficient_funds"}

LOST_ANSWER: Final = "tok_sandbox_lost_answer"
"""The card is charged, but the answer never comes back."""
NEVER_ARRIVES: Final = "tok_sandbox_never_arrives"
"""The request is lost on its way: no answer, and no charge."""
SLOW: Final = "tok_sandbox_slow"
"""Succeeds after ``SANDBOX_DELAY`` seconds."""
REFUND_FAILS: Final = "tok_sandbox_refund_fails"
"""The card is charged, and later cannot be refunded."""
REFUND_PENDING: Final = "tok_sandbox_refund_pending"
"""A refund is pending the first time it is asked about, and done the second time."""
THREE_D_SECURE: Final = "tok_sandbox_3ds"
"""The owner has to approve it on the bank's page first."""
CAPTURE_FAILS: Final = "tok_sandbox_capture_fails"
"""Money can be set aside, but is not there any more when it is to be taken."""
FEE_DECLINED: Final = "tok_sandbox_fee_declined"
"""The card can be saved, and has insufficient funds when it is charged later."""
FEE_NEEDS_OWNER: Final = "tok_sandbox_fee_3ds"
"""The card can be saved; when it is charged later, the bank wants its owner."""
FORGOTTEN: Final = "tok_visa_0002"
"""What a saved card becomes once it was let go."""
_SCRIPTED = frozenset(
    {
        LOST_ANSWER,
        NEVER_ARRIVES,
        SLOW,
        REFUND_FAILS,
        REFUND_PENDING,
        THREE_D_SECURE,
        CAPTURE_FAILS,
        FEE_DECLINED,
        FEE_NEEDS_OWNER,
    }
)
_LATER = {FEE_DECLINED: "insufficient_funds", FEE_NEEDS_OWNER: "authentication_required"}

_BRANDS = {
    "visa": "Visa",
    "mastercard": "Mastercard",
    "amex": "American Express",
    "americanexpress": "American Express",
    "discover": "Discover",
    "dinersclub": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
    "card": "Card",
}
_BRAND_BY_NUMBER = [
    (re.compile(r"4"), "visa"),
    (re.compile(r"5[1-5]|2[2-7]"), "mastercard"),
    (re.compile(r"3[47]"), "amex"),
    (re.compile(r"6011|65"), "discover"),
]
_NUMBER = re.compile(r"[0-9]{12,19}")
_LAST4 = re.compile(r"[0-9]{4}")
_BRAND = re.compile(r"[A-Za-z][A-Za-z ]{0,19}")
_TOKEN = re.compile(r"tok_([a-z]{1,20})_([0-9]{4})")


def stored_method(method: object) -> dict[str, Any]:
    """What is kept of a payment method: its type and a token. Raises Invalid with a sentence."""
    if not isinstance(method, Mapping):
        raise _invalid("method", "Describe the payment method as an object.")
    kind = method.get("type", "credit-card")
    if not isinstance(kind, str) or not re.fullmatch(r"[a-zA-Z][a-zA-Z_-]{0,29}", kind):
        raise _invalid("type", "The type of the payment method is not one we know.")
    if "number" in method:
        token = _token_of_number(method["number"])
    elif "token" in method:
        token = _known_token(method["token"])
    else:
        token = _token_of_last4(method.get("last4"), method.get("cardBrand"))
    return {"type": kind, "token": token}


def decline_of(token: str, *, off_session: bool) -> str:
    """Why this card is declined, or an empty text."""
    if off_session and token in _LATER:
        return _LATER[token]
    return _DECLINED_CARDS.get(card_of(token)[1], "")


def card_of(token: str) -> tuple[str, str]:
    """Brand and last four digits; scripted tokens are the Visa that succeeds."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        return "Visa", "4242"
    return _BRANDS.get(match[1], match[1].title()), match[2]


def _known_token(token: object) -> str:
    if isinstance(token, str) and (token in _SCRIPTED or _TOKEN.fullmatch(token)):
        return token
    raise _invalid("token", "The sandbox does not know this card token. Try tok_visa_4242.")


def _token_of_number(number: object) -> str:
    """The token that stands for a test card from here on; the number itself goes no further."""
    digits = re.sub(r"[ -]", "", number) if isinstance(number, str) else ""
    if not _NUMBER.fullmatch(digits) or not _passes_luhn(digits):
        raise _invalid("number", "This card number is not valid. Please check the digits.")
    brand = next((name for start, name in _BRAND_BY_NUMBER if start.match(digits)), "card")
    return f"tok_{brand}_{digits[-4:]}"


def _token_of_last4(last4: object, brand: object) -> str:
    if not isinstance(last4, str) or not _LAST4.fullmatch(last4):
        raise _invalid("last4", "Give a card token, or the last four digits of the card.")
    if not isinstance(brand, str) or not _BRAND.fullmatch(brand.strip()):
        raise _invalid("cardBrand", "Give the brand of the card, such as Visa.")
    return f"tok_{brand.replace(' ', '').lower()}_{last4}"


def _passes_luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _invalid(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, **{field: sentence})
