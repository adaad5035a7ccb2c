"""Square's words in ours: statuses, errors, cards. Pure; amounts are in the smallest unit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.gateways.base import (
    ChargeOutcome,
    ChargeResult,
    RefundOutcome,
    RefundResult,
)
from payments.gateways.redaction import MONEY, Shape, kept
from payments.gateways.reports import Dispute, Movement

CHARGE_OUTCOMES: Final = {
    "COMPLETED": ChargeOutcome.SUCCEEDED,
    "APPROVED": ChargeOutcome.AUTHORIZED,
    "PENDING": ChargeOutcome.UNKNOWN,
    "CANCELED": ChargeOutcome.VOIDED,
    "FAILED": ChargeOutcome.DECLINED,
}
REFUND_OUTCOMES: Final = {
    "COMPLETED": RefundOutcome.SUCCEEDED,
    "PENDING": RefundOutcome.PENDING,
    "APPROVED": RefundOutcome.PENDING,
    "REJECTED": RefundOutcome.FAILED,
    "FAILED": RefundOutcome.FAILED,
}
DISPUTE_STATUSES: Final = {
    "INQUIRY_EVIDENCE_REQUIRED": "needs_response",
    "EVIDENCE_REQUIRED": "needs_response",
    "INQUIRY_PROCESSING": "under_review",
    "PROCESSING": "under_review",
    "INQUIRY_CLOSED": "won",
    "WON": "won",
    "LOST": "lost",
    "ACCEPTED": "lost",
}
_BRANDS: Final = {
    "VISA": "Visa",
    "MASTERCARD": "Mastercard",
    "AMERICAN_EXPRESS": "American Express",
    "DISCOVER": "Discover",
    "DISCOVER_DINERS": "Diners Club",
    "JCB": "JCB",
    "CHINA_UNIONPAY": "UnionPay",
    "INTERAC": "Interac",
    "EFTPOS": "eftpos",
}

_DECLINED = _("Your card was declined. Please try another card.")
_ENTER_AGAIN = _("These card details cannot be used any more. Please enter your card again.")
_EXPIRED = _("The card has expired, or its expiry date is not right.")
_NUMBER = _("The card number is not right. Please check it and try again.")
_SECURITY_CODE = _("The security code of the card is not right. Please check it and try again.")
_POSTCODE = _("The postcode does not match the card. Please check it and try again.")
_TOO_HIGH = _("The amount is above what your card allows. Please try another card.")
_KIND = _("This kind of card is not accepted here. Please try another card.")
DECLINES: Final = {
    "INSUFFICIENT_FUNDS": _("Your card has insufficient funds."),
    "CARD_DECLINED_CALL_ISSUER": _(
        "Your bank declined the card. Please call your bank, or try another card."
    ),
    "CARD_DECLINED_VERIFICATION_REQUIRED": _(
        "Your bank wants to know that it is you. Please enter your card again."
    ),
    "CARD_EXPIRED": _EXPIRED,
    "BAD_EXPIRATION": _EXPIRED,
    "EXPIRATION_FAILURE": _EXPIRED,
    "INVALID_EXPIRATION": _EXPIRED,
    "INVALID_EXPIRATION_DATE": _EXPIRED,
    "INVALID_EXPIRATION_YEAR": _EXPIRED,
    "CVV_FAILURE": _SECURITY_CODE,
    "VERIFY_CVV_FAILURE": _SECURITY_CODE,
    "ADDRESS_VERIFICATION_FAILURE": _POSTCODE,
    "VERIFY_AVS_FAILURE": _POSTCODE,
    "INVALID_POSTAL_CODE": _POSTCODE,
    "INVALID_ACCOUNT": _NUMBER,
    "INVALID_CARD": _NUMBER,
    "PAN_FAILURE": _NUMBER,
    "TRANSACTION_LIMIT": _TOO_HIGH,
    "AMOUNT_TOO_HIGH": _TOO_HIGH,
    "CARD_NOT_SUPPORTED": _KIND,
    "UNSUPPORTED_CARD_BRAND": _KIND,
    "UNSUPPORTED_INSTRUMENT_TYPE": _KIND,
    "CARD_TOKEN_EXPIRED": _ENTER_AGAIN,
    "CARD_TOKEN_USED": _ENTER_AGAIN,
    "INVALID_CARD_DATA": _ENTER_AGAIN,
    "INVALID_ENCRYPTED_CARD": _ENTER_AGAIN,
    "SOURCE_EXPIRED": _ENTER_AGAIN,
    "SOURCE_USED": _ENTER_AGAIN,
    "NOT_FOUND": _ENTER_AGAIN,
}
"""Square's error code → a sentence for the guest; any other refusal of a card is ``_DECLINED``."""

_SPENT_TOKENS: Final = frozenset(code for code, text in DECLINES.items() if text is _ENTER_AGAIN)
"""Codes that come as mistakes of the caller, but tell of a token that is old or used."""

_CARD: Shape = {"id": True, "card_brand": True, "last_4": True, "card_type": True, "enabled": True}
_ERRORS: Shape = {"category": True, "code": True}
_PAYMENT: Shape = {
    "id": True,
    "status": True,
    "created_at": True,
    "updated_at": True,
    "amount_money": MONEY,
    "total_money": MONEY,
    "approved_money": MONEY,
    "refunded_money": MONEY,
    "delay_duration": True,
    "delay_action": True,
    "delayed_until": True,
    "source_type": True,
    "location_id": True,
    "order_id": True,
    "reference_id": True,
    "receipt_number": True,
    "version_token": True,
    "card_details": {
        "status": True,
        "card": _CARD,
        "entry_method": True,
        "cvv_status": True,
        "avs_status": True,
        "auth_result_code": True,
        "errors": _ERRORS,
    },
}
_REFUND: Shape = {
    "id": True,
    "status": True,
    "created_at": True,
    "updated_at": True,
    "amount_money": MONEY,
    "payment_id": True,
    "order_id": True,
    "location_id": True,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error answer of Square's; ``status`` is that of HTTP."""

    status: int
    category: str
    code: str
    payment: Mapping[str, Any]
    """The payment that failed, where one was made."""

    @property
    def is_answer_lost(self) -> bool:
        """Whether Square may have acted, or will if it is asked again with the same key."""
        again = self.status in (408, 409, 429) or self.status >= 500 or self.status < 400
        return again or self.code == "TEMPORARY_ERROR"

    @property
    def is_about_card(self) -> bool:
        """Whether another card might do."""
        is_card = self.category == "PAYMENT_METHOD_ERROR" or self.status == 402
        return is_card or self.code in _SPENT_TOKENS

    def __str__(self) -> str:
        return f"{self.status} {self.category} {self.code}"


def charge_of(payment: Mapping[str, Any]) -> ChargeResult:
    """What a payment of Square's is to us; a status nobody knows is ``unknown``."""
    outcome = CHARGE_OUTCOMES.get(str(payment.get("status")), ChargeOutcome.UNKNOWN)
    details = payment.get("card_details") or {}
    brand, last4 = _face(details.get("card") or {})
    code = ""
    if outcome is ChargeOutcome.DECLINED:
        code = next(
            (str(error["code"]) for error in details.get("errors") or ()), "GENERIC_DECLINE"
        )
    return ChargeResult(
        outcome,
        str(payment.get("id") or ""),
        brand=brand,
        last4=last4,
        failure_code=code.lower(),
        failure_message=sentence(code) if code else "",
        capture_before=(
            instant(payment.get("delayed_until")) if outcome is ChargeOutcome.AUTHORIZED else None
        ),
        raw=kept(payment, _PAYMENT),
    )


def saved_of(card: Mapping[str, Any]) -> ChargeResult:
    """What a card on file is to us; one that was disabled is let go."""
    brand, last4 = _face(card)
    is_usable = card.get("enabled") is not False
    return ChargeResult(
        ChargeOutcome.SAVED if is_usable else ChargeOutcome.VOIDED,
        str(card.get("id") or ""),
        brand=brand,
        last4=last4,
        saved={"card": card.get("id"), "customer": card.get("customer_id")} if is_usable else {},
        raw=kept(card, {**_CARD, "created_at": True, "disabled_at": True}),
    )


def declined(refusal: Refusal) -> ChargeResult:
    """A card that was refused."""
    if refusal.payment.get("id"):
        return charge_of({**refusal.payment, "status": "FAILED"})
    return ChargeResult(
        ChargeOutcome.DECLINED,
        failure_code=refusal.code.lower(),
        failure_message=sentence(refusal.code),
        raw={"errors": [{"category": refusal.category, "code": refusal.code}]},
    )


def hold_gone(payment: Mapping[str, Any]) -> ChargeResult:
    """What was set aside is not there any more."""
    return ChargeResult(
        ChargeOutcome.DECLINED,
        str(payment.get("id") or ""),
        failure_code="hold_gone",
        failure_message=gettext("The amount is not set aside on the card any more."),
        raw=kept(payment, _PAYMENT),
    )


def refund_of(refund: Mapping[str, Any]) -> RefundResult:
    """What a refund of Square's is to us."""
    status = str(refund.get("status"))
    outcome = REFUND_OUTCOMES.get(status, RefundOutcome.UNKNOWN)
    message = f"Square: {status}" if outcome is RefundOutcome.FAILED else ""
    return RefundResult(
        outcome, str(refund.get("id") or ""), message=message, raw=kept(refund, _REFUND)
    )


def dispute_of(dispute: Mapping[str, Any]) -> Dispute:
    """What a dispute of Square's is to us; a state nobody knows needs somebody to look."""
    money = dispute.get("amount_money") or {}
    return Dispute(
        reference=str(dispute.get("id") or dispute.get("dispute_id")),
        charge_reference=str((dispute.get("disputed_payment") or {}).get("payment_id") or ""),
        status=DISPUTE_STATUSES.get(str(dispute.get("state")), "needs_response"),
        minor=int(money.get("amount") or 0),
        currency=str(money.get("currency") or ""),
        reason=str(dispute.get("reason") or "").lower(),
        due_by=instant(dispute.get("due_at")),
    )


def movement_of(kind: str, row: Mapping[str, Any]) -> Movement | None:
    """A line of Square's books; None for what moved no money."""
    at = instant(row.get("created_at"))
    if row.get("status") != "COMPLETED" or at is None:
        return None
    money = row.get("amount_money") or {}
    return Movement(
        kind=kind,
        reference=str(row.get("id")),
        minor=int(money.get("amount") or 0),
        currency=str(money.get("currency") or ""),
        at=at,
        purpose=str(row.get("reference_id") or ""),
    )


def sentence(code: str) -> str:
    """What a guest is told about a refused card."""
    return str(DECLINES.get(code, _DECLINED))


def instant(text: object) -> dt.datetime | None:
    """An RFC 3339 time; None for anything else."""
    try:
        at = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def _face(card: Mapping[str, Any]) -> tuple[str, str]:
    """Brand and last four digits."""
    brand = str(card.get("card_brand") or "")
    return _BRANDS.get(brand, "Card" if brand else ""), str(card.get("last_4") or "")
