"""PayPal's words in ours: statuses, refusals, amounts, references. Pure.

PayPal has an id for the order a payer approves, one for what is set aside, and one for what was
taken, and only the last can be refunded. Our reference says which one it is:

    order:5O190127TN364715T    approved or not, nothing taken yet
    auth:0AW2184448108334S     set aside
    3C679366HH908993F          taken: as PayPal and its web pages show it
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import money
from payments.gateways import units
from payments.gateways.base import (
    NEVER_ARRIVED,
    Action,
    ChargeOutcome,
    ChargeResult,
    RefundOutcome,
    RefundResult,
    Taking,
)
from payments.gateways.redaction import Shape, kept
from payments.gateways.reports import Dispute, Movement

Row = Mapping[str, Any]

ORDER = "order:"
AUTHORIZATION = "auth:"

CAPTURE_OUTCOMES: Final = {
    "COMPLETED": ChargeOutcome.SUCCEEDED,
    "PARTIALLY_REFUNDED": ChargeOutcome.SUCCEEDED,
    "REFUNDED": ChargeOutcome.SUCCEEDED,
    "PENDING": ChargeOutcome.UNKNOWN,
    "DECLINED": ChargeOutcome.DECLINED,
    "FAILED": ChargeOutcome.DECLINED,
}
AUTHORIZATION_OUTCOMES: Final = {
    "CREATED": ChargeOutcome.AUTHORIZED,
    "PENDING": ChargeOutcome.UNKNOWN,
    "CAPTURED": ChargeOutcome.UNKNOWN,
    "PARTIALLY_CAPTURED": ChargeOutcome.UNKNOWN,
    "DENIED": ChargeOutcome.DECLINED,
    "VOIDED": ChargeOutcome.VOIDED,
    "EXPIRED": ChargeOutcome.VOIDED,
}
"""Of what was captured, the capture is the answer; until that is found, it is not known."""
REFUND_OUTCOMES: Final = {
    "COMPLETED": RefundOutcome.SUCCEEDED,
    "PENDING": RefundOutcome.PENDING,
    "FAILED": RefundOutcome.FAILED,
    "CANCELLED": RefundOutcome.FAILED,
}
_DISPUTE_STATUSES: Final = {
    "OPEN": "needs_response",
    "WAITING_FOR_SELLER_RESPONSE": "needs_response",
    "WAITING_FOR_BUYER_RESPONSE": "under_review",
    "UNDER_REVIEW": "under_review",
}
_WON: Final = frozenset({"RESOLVED_SELLER_FAVOUR", "RESOLVED_WITH_PAYOUT", "CANCELED_BY_BUYER"})

_ANOTHER_WAY = _("PayPal could not take the payment. Please choose another way to pay there.")
_LIMIT = _("PayPal could not take the payment: it is above a limit. Please pay another way.")
_ACCOUNT = _("PayPal does not accept payments from this account. Please ask PayPal why.")
_TOO_LATE = _("The payment was not approved in time. You were not charged.")
DECLINES: Final = {
    "AGREEMENT_ALREADY_CANCELLED": _ANOTHER_WAY,
    "CARD_EXPIRED": _ANOTHER_WAY,
    "COMPLIANCE_VIOLATION": _ACCOUNT,
    "DECLINED_DUE_TO_RELATED_TXN": _ANOTHER_WAY,
    "DOMESTIC_TRANSACTION_REQUIRED": _ANOTHER_WAY,
    "INSTRUMENT_DECLINED": _ANOTHER_WAY,
    "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED": _ANOTHER_WAY,
    "ORDER_COMPLETED_OR_VOIDED": _TOO_LATE,
    "ORDER_EXPIRED": _TOO_LATE,
    "PAYEE_BLOCKED_TRANSACTION": _ANOTHER_WAY,
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED": _ACCOUNT,
    "PAYER_ACCOUNT_RESTRICTED": _ACCOUNT,
    "PAYER_CANNOT_PAY": _ANOTHER_WAY,
    "PAYMENT_SOURCE_CANNOT_BE_USED": _ANOTHER_WAY,
    "PAYMENT_SOURCE_DECLINED_BY_PROCESSOR": _ANOTHER_WAY,
    "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING": _ANOTHER_WAY,
    "RESOURCE_NOT_FOUND": _TOO_LATE,
    "INVALID_RESOURCE_ID": _TOO_LATE,
    "TRANSACTION_BLOCKED_BY_PAYEE": _ANOTHER_WAY,
    "TRANSACTION_LIMIT_EXCEEDED": _LIMIT,
    "TRANSACTION_RECEIVING_LIMIT_EXCEEDED": _LIMIT,
    "TRANSACTION_REFUSED": _ANOTHER_WAY,
}
"""PayPal's code → a sentence for the guest. Other codes are mistakes, not the guest's money."""

_AMOUNT: Shape = {"currency_code": True, "value": True}
_STEP: Shape = {
    "id": True,
    "status": True,
    "status_details": {"reason": True},
    "amount": _AMOUNT,
    "final_capture": True,
    "invoice_id": True,
    "custom_id": True,
    "create_time": True,
    "update_time": True,
    "expiration_time": True,
}
_ORDER: Shape = {
    "id": True,
    "intent": True,
    "status": True,
    "create_time": True,
    "update_time": True,
    "purchase_units": {
        "reference_id": True,
        "custom_id": True,
        "invoice_id": True,
        "amount": _AMOUNT,
        "payments": {"captures": _STEP, "authorizations": _STEP},
    },
}


def amount_of(minor: int, currency: str) -> dict[str, str]:
    """An amount as PayPal writes it; ValueError for one it cannot move."""
    amount = money.from_minor(minor, currency)
    if not units.takes("paypal", currency) or not units.is_whole(amount, "paypal", currency):
        raise ValueError(f"{amount} {currency} is not an amount that PayPal can move")
    text = str(amount.to_integral_value()) if currency in units.PAYPAL_WHOLE else str(amount)
    return {"currency_code": currency, "value": text}


def minor_of(amount: Row | None) -> tuple[int, str]:
    """The inverse, without the sign: PayPal's books write what went back as less than nothing."""
    currency = str((amount or {}).get("currency_code") or "")
    return money.to_minor(abs(Decimal(str((amount or {}).get("value") or 0))), currency), currency


def intent_of(taking: Taking) -> str:
    """What an order of this kind is made for."""
    return "AUTHORIZE" if taking is Taking.HOLD else "CAPTURE"


def is_given_up(order: Row, taking: Taking) -> bool:
    """Whether :meth:`PayPalGateway.abandon` made sure that this order takes nothing."""
    return order.get("intent") not in (None, intent_of(taking))


def order_of(order: Row) -> ChargeResult:
    """What an order is to us: what was taken or set aside, or that its payer must approve it."""
    reference = f"{ORDER}{order.get('id')}"
    raw = kept(order, _ORDER)
    status = order.get("status")
    payments = ((order.get("purchase_units") or [{}])[0]).get("payments") or {}
    if payments.get("captures"):
        return capture_of(payments["captures"][-1], open_reference=reference, raw=raw)
    if payments.get("authorizations"):
        return authorization_of(payments["authorizations"][-1], raw=raw)
    if status == "VOIDED":
        return ChargeResult(ChargeOutcome.VOIDED, reference, raw=raw)
    if status == "COMPLETED":
        return ChargeResult(ChargeOutcome.UNKNOWN, reference, raw=raw)
    return ChargeResult(
        ChargeOutcome.ACTION_REQUIRED, reference, action=Action(url=_approval(order)), raw=raw
    )


def capture_of(
    capture: Row, *, open_reference: str = "", raw: Mapping[str, Any] | None = None
) -> ChargeResult:
    """What a capture is to us. One that is not decided keeps ``open_reference``."""
    status = str(capture.get("status"))
    outcome = CAPTURE_OUTCOMES.get(status, ChargeOutcome.UNKNOWN)
    kept_raw = kept(capture, _STEP) if raw is None else raw
    if outcome is ChargeOutcome.DECLINED:
        return declined("INSTRUMENT_DECLINED", open_reference, kept_raw)
    reference = str(capture.get("id"))
    if outcome is ChargeOutcome.UNKNOWN:
        return ChargeResult(outcome, open_reference or reference, raw=kept_raw)
    return ChargeResult(outcome, reference, brand="PayPal", raw=kept_raw)


def authorization_of(row: Row, *, raw: Mapping[str, Any] | None = None) -> ChargeResult:
    """What something set aside is to us."""
    outcome = AUTHORIZATION_OUTCOMES.get(str(row.get("status")), ChargeOutcome.UNKNOWN)
    reference = f"{AUTHORIZATION}{row.get('id')}"
    kept_raw = kept(row, _STEP) if raw is None else raw
    if outcome is ChargeOutcome.DECLINED:
        return declined("INSTRUMENT_DECLINED", reference, kept_raw)
    is_held = outcome is ChargeOutcome.AUTHORIZED
    return ChargeResult(
        outcome,
        reference,
        brand="PayPal" if is_held else "",
        capture_before=instant(row.get("expiration_time")) if is_held else None,
        raw=kept_raw,
    )


def declined(issue: str, reference: str, raw: Mapping[str, Any] | None = None) -> ChargeResult:
    """A payment that PayPal, or the payer's bank, refused."""
    return ChargeResult(
        ChargeOutcome.DECLINED,
        reference,
        failure_code=issue.lower(),
        failure_message=str(DECLINES.get(issue, _ANOTHER_WAY)),
        raw={"issue": issue} if raw is None else raw,
    )


def not_offered() -> ChargeResult:
    """A card on file was asked for; PayPal was not."""
    return ChargeResult(
        ChargeOutcome.DECLINED,
        failure_code="not_offered",
        failure_message=gettext(
            "This restaurant wants to keep a card, which PayPal does not do."
            " Please call the restaurant."
        ),
    )


def called_off(reference: str) -> ChargeResult:
    """An order nobody approved. Should one have been captured in that very moment after all,
    that fact may still be written over our assumption: hence the code."""
    return ChargeResult(
        ChargeOutcome.DECLINED,
        reference,
        failure_code=NEVER_ARRIVED,
        failure_message=str(_TOO_LATE),
        raw={"called_off": True},
    )


def hold_gone(reference: str, issue: str) -> ChargeResult:
    """What was set aside is not there any more."""
    return ChargeResult(
        ChargeOutcome.DECLINED,
        reference,
        failure_code=issue.lower() or "hold_gone",
        failure_message=gettext("The amount is not set aside with PayPal any more."),
        raw={"issue": issue},
    )


def refund_of(refund: Row) -> RefundResult:
    """What a refund is to us."""
    status = str(refund.get("status"))
    outcome = REFUND_OUTCOMES.get(status, RefundOutcome.UNKNOWN)
    message = f"PayPal: {status}" if outcome is RefundOutcome.FAILED else ""
    return RefundResult(
        outcome, str(refund.get("id") or ""), message=message, raw=kept(refund, _STEP)
    )


def movement_of(row: Row) -> Movement | None:
    """A line of PayPal's books; None for what is neither a payment to us nor one going back."""
    info = row.get("transaction_info") or {}
    code = str(info.get("transaction_event_code"))
    kind = "charge" if code.startswith("T00") else "refund" if code == "T1107" else ""
    at = instant(info.get("transaction_initiation_date"))
    is_ours = str((info.get("transaction_amount") or {}).get("value") or "").startswith("-") is (
        kind == "refund"
    )
    if not kind or not is_ours or at is None or info.get("transaction_status") not in ("S", "V"):
        return None
    minor, currency = minor_of(info.get("transaction_amount"))
    return Movement(
        kind=kind,
        reference=str(info.get("transaction_id")),
        minor=minor,
        currency=currency,
        at=at,
        purpose=str(info.get("custom_field") or ""),
    )


def dispute_of(row: Row) -> Dispute:
    """What a dispute is to us; a status nobody knows needs somebody to look."""
    status = _DISPUTE_STATUSES.get(str(row.get("status")), "needs_response")
    if row.get("status") == "RESOLVED":
        outcome = str((row.get("dispute_outcome") or {}).get("outcome_code"))
        status = "won" if outcome in _WON else "lost"
    minor, currency = minor_of(row.get("dispute_amount"))
    about = (row.get("disputed_transactions") or [{}])[0]
    return Dispute(
        reference=str(row.get("dispute_id")),
        charge_reference=str(about.get("seller_transaction_id") or ""),
        status=status,
        minor=minor,
        currency=currency,
        reason=str(row.get("reason") or "").lower(),
        due_by=instant(row.get("seller_response_due_date")),
    )


def instant(text: object) -> dt.datetime | None:
    """An RFC 3339 time; None for anything else."""
    try:
        at = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def _approval(order: Row) -> str:
    """Where the payer approves it."""
    links = {link.get("rel"): str(link.get("href")) for link in order.get("links") or ()}
    return links.get("payer-action") or links.get("approve") or ""
