"""A payment provider that needs nobody: deterministic, offline, for trying out and for tests.

Its books are ``SandboxCharge`` rows. They stand for a system that is not ours, so they are
written in transactions of their own, remember keys as providers do, and are read only here.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Sum

from core import clock
from core.errors import Invalid
from payments.gateways.base import (
    AnswerLost,
    ChargeOutcome,
    ChargeResult,
    Gateway,
    Movement,
    Notice,
    Order,
    RefundOutcome,
    RefundResult,
    given_up,
)
from payments.models import SandboxCharge

SUCCEEDED: Final = "succeeded"
ABANDONED: Final = "abandoned"
DECLINES: Final = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
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
_SCRIPTED = frozenset({LOST_ANSWER, NEVER_ARRIVES, SLOW, REFUND_FAILS})

# A reference is one of these and the key: keys are indexed, references need not be.
_CHARGE = "ch_sandbox_"
_CLOSED_CARD = "ch_closed_"
_REFUND = "re_sandbox_"

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

# The no-op update makes the row of an earlier request come back from the same statement, also
# when that request is still in flight; DO NOTHING would return no row, and a second read in the
# statement would not see it either.
_WRITE = """
INSERT INTO payments_sandboxcharge
  (key, reference, kind, charge_reference, minor_amount, currency, outcome, brand, last4, at)
VALUES (%s, %s, 'charge', '', %s, %s, %s, %s, %s, %s)
ON CONFLICT (key) DO UPDATE SET key = excluded.key
RETURNING minor_amount, currency, outcome, reference, brand, last4
"""
_COLUMNS = ("minor_amount", "currency", "outcome", "reference", "brand", "last4")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One charge in the books: ``_COLUMNS``."""

    minor: int
    currency: str
    outcome: str
    reference: str
    brand: str
    last4: str


class SandboxGateway(Gateway):
    """Test cards and magic tokens, for every caller the same.

    4242 4242 4242 4242 and any other valid number succeeds, a card that ends in 0002 is
    declined, one that ends in 9995 has insufficient funds. The tokens above script failures.
    Moves no money, so it refuses to work unless the setting ``SANDBOX_ENABLED`` allows it.
    """

    name = "sandbox"

    def refuse_unless_usable(self) -> None:
        """Raise ImproperlyConfigured where guests would believe that they paid."""
        if not getattr(settings, "SANDBOX_ENABLED", False):
            raise ImproperlyConfigured(
                "The sandbox gateway takes no real money and is switched off here"
                " (setting SANDBOX_ENABLED)."
            )

    def _check_method(self, method: Mapping[str, Any]) -> dict[str, Any]:
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

    def _charge(self, order: Order, minor: int) -> ChargeResult:
        key, currency = order.key, order.currency
        token = str(order.method.get("token", ""))
        if token == NEVER_ARRIVES:
            raise AnswerLost
        if token == SLOW:
            time.sleep(getattr(settings, "SANDBOX_DELAY", 3))
        brand, last4 = _card_of(token)
        outcome = _DECLINED_CARDS.get(last4, SUCCEEDED)
        reference = f"{_CLOSED_CARD if token == REFUND_FAILS else _CHARGE}{key}"
        entry = _write(key, reference, minor, currency, outcome, brand, last4)
        if entry.outcome != ABANDONED and (entry.minor, entry.currency) != (minor, currency):
            raise ValueError("this key was used before, for another amount")
        if token == LOST_ANSWER:
            raise AnswerLost
        return _result(entry)

    def _find_charge(self, order: Order) -> ChargeResult | None:
        with _books():
            charges = SandboxCharge.objects.filter(key=order.key, kind="charge")
            row = charges.values_list(*_COLUMNS).first()
        return _result(_Entry(*row)) if row else None

    def _abandon(self, order: Order) -> ChargeResult:
        """Take the key, so that a request which is still on its way finds it used."""
        return _result(_write(order.key, "", 0, "", ABANDONED, "", ""))

    def _capture(self, key: str, reference: str, minor: int, currency: str) -> ChargeResult:
        raise NotImplementedError

    def _void(self, key: str, reference: str) -> ChargeResult:
        raise NotImplementedError

    def _movements(self, since: dt.datetime, until: dt.datetime) -> Iterator[Movement]:
        raise NotImplementedError

    def _read_notice(self, body: bytes, headers: Mapping[str, str], url: str) -> Notice:
        raise NotImplementedError

    def _refund(self, key: str, charge_reference: str, minor: int, currency: str) -> RefundResult:
        """Under a lock on the charge: providers, too, never return more than they took."""
        with _books(), transaction.atomic():
            charge = (
                SandboxCharge.objects.select_for_update()
                .filter(key=_key_of(charge_reference), reference=charge_reference)
                .filter(outcome=SUCCEEDED)
                .first()
            )
            if charge is None:
                return RefundResult(RefundOutcome.FAILED, message="There is no such charge.")
            earlier = SandboxCharge.objects.filter(key=key, kind="refund").first()
            if earlier is None:
                problem = _problem_with_refund(charge, minor, currency)
                if problem:
                    return RefundResult(RefundOutcome.FAILED, message=problem)
                earlier = _book_refund(key, charge, minor)
        return RefundResult(RefundOutcome.SUCCEEDED, reference=earlier.reference)


@contextmanager
def _books() -> Iterator[None]:
    """A database that goes away is, here, a provider whose answer is lost."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise AnswerLost from error


def _write(
    key: str, reference: str, minor: int, currency: str, outcome: str, brand: str, last4: str
) -> _Entry:
    """Book a charge in one round trip; the first entry under a key is the one that counts."""
    with _books(), connection.cursor() as cursor:
        cursor.execute(
            _WRITE, [key, reference, minor, currency, outcome, brand, last4, clock.now()]
        )
        return _Entry(*cursor.fetchone())


def _result(entry: _Entry) -> ChargeResult:
    if entry.outcome == ABANDONED:
        return given_up()
    if entry.outcome == SUCCEEDED:
        return ChargeResult(
            ChargeOutcome.SUCCEEDED, entry.reference, brand=entry.brand, last4=entry.last4
        )
    return ChargeResult(
        ChargeOutcome.DECLINED,
        entry.reference,
        brand=entry.brand,
        last4=entry.last4,
        failure_code=entry.outcome,
        failure_message=DECLINES[entry.outcome],
    )


def _key_of(reference: str) -> str:
    return reference.split("_", 2)[-1]


def _problem_with_refund(charge: SandboxCharge, minor: int, currency: str) -> str:
    if charge.reference.startswith(_CLOSED_CARD):
        return "The card was closed."
    if charge.currency != currency:
        return "The refund is in another currency than the charge."
    returned = SandboxCharge.objects.filter(
        kind="refund", charge_reference=charge.reference
    ).aggregate(total=Sum("minor_amount"))["total"]
    if (returned or 0) + minor > charge.minor_amount:
        return "The refund is larger than what is left of the charge."
    return ""


def _book_refund(key: str, charge: SandboxCharge, minor: int) -> SandboxCharge:
    return SandboxCharge.objects.create(
        key=key,
        reference=f"{_REFUND}{key}",
        kind="refund",
        charge_reference=charge.reference,
        minor_amount=minor,
        currency=charge.currency,
        outcome=SUCCEEDED,
        at=clock.now(),
    )


def _card_of(token: str) -> tuple[str, str]:
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
