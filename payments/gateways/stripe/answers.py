"""Stripe's objects, as plain dictionaries, read as the results of our interface."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from payments.gateways.base import (
    Action,
    ChargeOutcome,
    ChargeResult,
    RefundOutcome,
    RefundResult,
    given_up,
)
from payments.gateways.reports import Dispute, Movement
from payments.gateways.stripe import sentences
from payments.gateways.stripe.amounts import from_stripe

Answer = Mapping[str, Any]

SESSION: Final = "checkout.session"
SETUP: Final = "setup_intent"
GIVEN_UP: Final = "given_up"
"""Metadata of an intent that only takes up a key, so that nothing else can be made under it."""
CANCELABLE: Final = frozenset(
    {"requires_payment_method", "requires_confirmation", "requires_action"}
)
_PAID_OR_BEING_PAID = frozenset({"succeeded", "requires_capture", "processing"})

_BRANDS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "discover": "Discover",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}

_KEPT = frozenset(
    {"id", "object", "status", "currency", "created", "livemode", "brand", "last4", "type"}
    | {"amount", "amount_received", "amount_capturable", "amount_captured", "amount_refunded"}
    | {"amount_total", "capture_before", "capture_method", "cancellation_reason", "mode", "usage"}
    | {"code", "decline_code", "network_status", "reason", "failure_reason", "pending_reason"}
    | {"failure_code", "payment_status", "expires_at", "network_transaction_id"}
)
"""What is worth keeping of an answer and says nothing about a person: all else is dropped."""
_ENTERED = frozenset(
    {"latest_charge", "payment_intent", "setup_intent", "payment_method_details", "card"}
    | {"last_payment_error", "last_setup_error", "outcome", "payment_method"}
)


def redacted(answer: Answer) -> dict[str, Any]:
    """The parts of an answer that are kept for disputes; our own metadata among them."""
    kept: dict[str, Any] = {}
    for name, value in answer.items():
        if name in _ENTERED and isinstance(value, Mapping):
            kept[name] = redacted(value)
        elif (name in _KEPT or name in _ENTERED) and isinstance(value, str | int | bool):
            kept[name] = value
    metadata = answer.get("metadata") or {}
    ours = {name: metadata[name] for name in ("key", "purpose", GIVEN_UP) if name in metadata}
    return {**kept, "metadata": ours} if ours else kept


def read(answer: Answer, *, method: Mapping[str, Any] | None = None) -> ChargeResult:
    """What an intent or a hosted page says became of a charge.

    ``method``: of the order. Without one the owner confirms in the browser, and may try another
    card there after a decline, so that is no outcome yet.
    """
    if answer["object"] == SESSION:
        return _of_session(answer)
    is_setup = answer["object"] == SETUP
    status = answer["status"]
    error = answer.get("last_setup_error" if is_setup else "last_payment_error") or {}
    is_off_session = bool(method and "customer" in method)
    result = _result(answer, ChargeOutcome.UNKNOWN)
    if (answer.get("metadata") or {}).get(GIVEN_UP):
        return replace(given_up(), raw=redacted(answer))
    if status == "succeeded":
        return _saved(answer) if is_setup else _result(answer, ChargeOutcome.SUCCEEDED)
    if status == "requires_capture":
        return _result(answer, ChargeOutcome.AUTHORIZED, capture_before=_capture_before(answer))
    if status == "canceled":
        return declined(error, answer) if error else _result(answer, ChargeOutcome.VOIDED)
    if is_off_session and status in CANCELABLE:
        return declined(error or {"code": "authentication_required"}, answer)
    if status == "requires_payment_method" and error and method:
        return declined(error, answer)
    if status in CANCELABLE:
        return _result(answer, ChargeOutcome.ACTION_REQUIRED, action=_action(answer))
    return result


def follow(session: Answer) -> Answer:
    """The intent behind a hosted page once something came of it, else the page itself."""
    intent = session.get("payment_intent") or session.get("setup_intent")
    if not isinstance(intent, Mapping):
        return session
    is_done = session["status"] == "complete" or intent["status"] in _PAID_OR_BEING_PAID
    return intent if is_done else session


def declined(error: Answer, answer: Answer | None = None) -> ChargeResult:
    """A decline, by Stripe's error object; ``answer`` is the intent it is about, if any."""
    code = sentences.code_of(error)
    raw = redacted(answer) if answer else {}
    card = (error.get("payment_method") or {}).get("card") or {}
    return ChargeResult(
        ChargeOutcome.DECLINED,
        str(answer["id"]) if answer else "",
        brand=_brand(card),
        last4=str(card.get("last4") or ""),
        failure_code=code,
        failure_message=sentences.sentence_of(code),
        raw={**raw, "error": redacted(error)},
    )


def read_refund(refund: Answer) -> RefundResult:
    """What became of a refund. One that waits for the bank or the guest is pending."""
    outcome = {
        "succeeded": RefundOutcome.SUCCEEDED,
        "failed": RefundOutcome.FAILED,
        "canceled": RefundOutcome.FAILED,
    }.get(str(refund["status"]), RefundOutcome.PENDING)
    reason = refund.get("failure_reason") or refund.get("pending_reason") or ""
    return RefundResult(outcome, str(refund["id"]), str(reason), raw=redacted(refund))


def read_dispute(dispute: Answer) -> Dispute:
    """A contested charge. An inquiry counts as one: it wants an answer just the same."""
    status = str(dispute["status"]).removeprefix("warning_")
    currency = str(dispute["currency"]).upper()
    due_by = (dispute.get("evidence_details") or {}).get("due_by")
    return Dispute(
        reference=str(dispute["id"]),
        charge_reference=str(dispute.get("payment_intent") or dispute["charge"]),
        status=status if status in ("needs_response", "under_review", "lost") else "won",
        minor=from_stripe(int(dispute["amount"]), currency),
        currency=currency,
        reason=str(dispute.get("reason") or ""),
        due_by=_instant(due_by) if due_by else None,
    )


def read_movement(line: Answer) -> Movement | None:
    """A line of the balance with its expanded source; None for fees, payouts and the like.

    The source has the amount that was charged; the line's own is converted to the currency of
    the bank account.
    """
    source = line.get("source")
    if not isinstance(source, Mapping) or source.get("object") not in ("charge", "refund"):
        return None
    is_charge = source["object"] == "charge"
    if line["type"] not in (("charge", "payment") if is_charge else ("refund", "payment_refund")):
        return None
    if not is_charge and source["status"] in ("failed", "canceled"):
        return None
    currency = str(source["currency"]).upper()
    return Movement(
        kind=str(source["object"]),
        reference=str((is_charge and source.get("payment_intent")) or source["id"]),
        minor=from_stripe(int(source["amount_captured" if is_charge else "amount"]), currency),
        currency=currency,
        at=_instant(int(line["created"])),
        purpose=str((source.get("metadata") or {}).get("purpose") or ""),
    )


def _of_session(session: Answer) -> ChargeResult:
    if session["status"] == "open":
        action = Action(url=str(session["url"]))
        return _result(session, ChargeOutcome.ACTION_REQUIRED, action=action)
    expired = session["status"] == "expired"
    return _result(session, ChargeOutcome.VOIDED if expired else ChargeOutcome.UNKNOWN)


def _result(answer: Answer, outcome: ChargeOutcome, **more: Any) -> ChargeResult:
    card = _card(answer)
    return ChargeResult(
        outcome,
        str(answer["id"]),
        brand=_brand(card),
        last4=str(card.get("last4") or ""),
        raw=redacted(answer),
        **more,
    )


def _saved(answer: Answer) -> ChargeResult:
    method = answer["payment_method"]
    method_id = method["id"] if isinstance(method, Mapping) else method
    saved = {"payment_method": str(method_id), "customer": str(answer["customer"])}
    return _result(answer, ChargeOutcome.SAVED, saved=saved)


def _card(answer: Answer) -> Answer:
    """Brand and last four digits: of the charge, or of the saved method."""
    charge, method = answer.get("latest_charge"), answer.get("payment_method")
    if isinstance(charge, Mapping):
        return _details(charge.get("payment_method_details") or {})
    return _details(method) if isinstance(method, Mapping) else {}


def _details(method: Answer) -> Answer:
    kind = str(method.get("type") or "card")
    found = method.get(kind)
    details: Answer = found if isinstance(found, Mapping) else {}
    return details if kind == "card" else {"brand": kind, "last4": details.get("last4")}


def _brand(card: Answer) -> str:
    name = str(card.get("brand") or "")
    return _BRANDS.get(name, name.replace("_", " ").title())[:20]


def _action(intent: Answer) -> Action:
    elsewhere = (intent.get("next_action") or {}).get("redirect_to_url") or {}
    return Action(
        url=str(elsewhere.get("url") or ""), client_secret=str(intent.get("client_secret") or "")
    )


def _capture_before(intent: Answer) -> dt.datetime | None:
    charge = intent.get("latest_charge")
    if not isinstance(charge, Mapping):
        return None
    instant = ((charge.get("payment_method_details") or {}).get("card") or {}).get("capture_before")
    return _instant(int(instant)) if instant else None


def _instant(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
