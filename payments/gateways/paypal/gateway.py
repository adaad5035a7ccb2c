"""PayPal: the guest approves an order on PayPal's own pages; back here, it is captured.

Facts this is built on: an order takes nothing until *we* capture or authorize it, however often it
was approved; a request with the same ``PayPal-Request-Id`` is answered like the first (orders 6
hours, payments 45 days); what is set aside is honoured for three days and can be asked for again
from the fourth to the twenty-ninth; amounts are decimal strings. An order cannot be called off,
but it can be turned into one for the other purpose, and then PayPal refuses to take it.

References are explained in :mod:`payments.gateways.paypal.answers`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext

from core import clock
from core.errors import Invalid
from payments.gateways.base import (
    AnswerLost,
    ChargeOutcome,
    ChargeResult,
    Gateway,
    Order,
    ProviderRefused,
    RefundOutcome,
    RefundResult,
    Taking,
    exact_minor,
    given_up,
)
from payments.gateways.paypal import answers
from payments.gateways.paypal.answers import AUTHORIZATION, ORDER
from payments.gateways.paypal.client import LIVE, SANDBOX, PayPalClient, Refused
from payments.gateways.paypal.notices import Verifier
from payments.gateways.reports import Dispute, Movement, Notice

Row = Mapping[str, Any]

HONOURED: Final = dt.timedelta(days=3)
"""So long PayPal vouches for what is set aside; later it has to be asked for again."""
_BOOKS: Final = dt.timedelta(days=31)
"""PayPal's books are read in pieces of at most this, and go back for three years."""
_BOOKS_BEGIN: Final = dt.timedelta(days=3 * 365)
_PAGE: Final = 500

_WAITING: Final = frozenset({"ORDER_NOT_APPROVED", "PAYER_ACTION_REQUIRED"})
_DONE_BEFORE: Final = frozenset(
    {"ORDER_ALREADY_CAPTURED", "ORDER_ALREADY_AUTHORIZED", "ORDER_ALREADY_COMPLETED"}
)
_CALLED_OFF: Final = "ACTION_DOES_NOT_MATCH_INTENT"
_HOLD_GONE: Final = frozenset(
    {"AUTHORIZATION_VOIDED", "AUTHORIZATION_EXPIRED", "AUTHORIZATION_DENIED"}
    | {"INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND"}
)


class PayPalGateway(Gateway):
    """One restaurant's account with PayPal.

    A method says nothing but that it is PayPal: who pays, and from what, is between the guest and
    PayPal. Every charge therefore answers ``ACTION_REQUIRED`` first; :meth:`resume` takes what was
    approved. Keeps no cards, so a house with PayPal cannot ask for cards on file.

    Without ``order.reference`` it finds nothing, and that is the truth: an order whose answer
    was lost has no payer, since nobody knows where to approve it. :meth:`resume` and
    :meth:`charge` with the same key bring it back.
    """

    name = "paypal"
    takes = frozenset({Taking.CHARGE, Taking.HOLD})
    hold_window = dt.timedelta(days=2)

    def __init__(
        self,
        *,
        client_id: str = "",
        client_secret: str = "",
        webhook_id: str = "",
        is_test: bool = True,
    ) -> None:
        self._is_complete = bool(client_id and client_secret)
        base = settings.PAYPAL_API_BASE or (SANDBOX if is_test else LIVE)
        self._client = PayPalClient(base, client_id=client_id, client_secret=client_secret)
        self._notices = Verifier(webhook_id, is_test=is_test, ask=self._ask_about_notice)

    def refuse_unless_usable(self) -> None:
        """Raise ImproperlyConfigured for an account that is not filled in."""
        if not self._is_complete:
            raise ImproperlyConfigured("A PayPal account needs a client id and its secret.")

    def _check_method(self, method: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(method, Mapping) or method.get("type") != "paypal":
            sentence = gettext("This restaurant is paid through PayPal. Please choose PayPal.")
            raise Invalid(sentence, type=sentence)
        return {"type": "paypal"}

    # --- charges --------------------------------------------------------------------------------

    def _charge(self, order: Order, minor: int) -> ChargeResult:
        if order.taking not in self.takes:
            return answers.not_offered()
        unit: dict[str, Any] = {
            "amount": answers.amount_of(minor, order.currency),
            "invoice_id": order.key,
            "description": order.description[:127],
        }
        if order.purpose:
            unit["custom_id"] = order.purpose
        if order.reference:
            found = self._find_charge(order)
            if found is not None:
                return found
        experience = {
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
            "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",
        }
        if order.return_url:
            experience |= {"return_url": order.return_url, "cancel_url": order.return_url}
        try:
            made = self._client.post(
                "/v2/checkout/orders",
                {
                    "intent": answers.intent_of(order.taking),
                    "purchase_units": [unit],
                    "payment_source": {"paypal": {"experience_context": experience}},
                },
                key=order.key,
            )
        except Refused as refused:
            return self._not_taken(refused, "")
        return answers.order_of(made)

    def _find_charge(self, order: Order) -> ChargeResult | None:
        if not order.reference:
            return None
        if order.reference.startswith(ORDER):
            found = self._order(order.reference)
            return self._result(order, found) if found else None
        return self._settled(order.reference)

    def _resume(self, order: Order) -> ChargeResult | None:
        if not order.reference:
            # The same key brings back the same order, and with it where it can be approved.
            return (
                self._charge(order, exact_minor(order.amount, order.currency))
                if order.return_url
                else None
            )
        if not order.reference.startswith(ORDER):
            return self._settled(order.reference)
        found = self._order(order.reference)
        if found is None:
            return answers.declined("RESOURCE_NOT_FOUND", order.reference)
        if found.get("status") == "APPROVED" and not answers.is_given_up(found, order.taking):
            return self._take(order)
        return self._result(order, found)

    def _abandon(self, order: Order) -> ChargeResult:
        if not order.reference:
            return given_up()
        found = self._find_charge(order) or answers.called_off(order.reference)
        if found.outcome is not ChargeOutcome.ACTION_REQUIRED:
            return found
        self._call_off(order)
        # Between our look and our calling it off, it may have been taken.
        found = self._find_charge(order) or answers.called_off(order.reference)
        is_open = found.outcome is ChargeOutcome.ACTION_REQUIRED
        return answers.called_off(order.reference) if is_open else found

    def _take(self, order: Order) -> ChargeResult:
        """Capture or authorize an approved order. The key makes it happen once."""
        verb = "authorize" if order.taking is Taking.HOLD else "capture"
        path = f"/v2/checkout/orders/{_id(order.reference)}/{verb}"
        try:
            return answers.order_of(self._client.post(path, {}, key=_derived(verb, order.key)))
        except Refused as refused:
            if refused.issue in answers.DECLINES:
                # Its payer could approve it once more; we have told them that it failed.
                self._call_off(order)
            elif refused.issue in _WAITING | _DONE_BEFORE:
                found = self._order(order.reference)
                return self._result(order, found) if found else _unknown(order.reference)
            return self._not_taken(refused, order.reference)

    def _call_off(self, order: Order) -> None:
        """Turn the order into one that PayPal will not take for us; if it still can be."""
        other = Taking.CHARGE if order.taking is Taking.HOLD else Taking.HOLD
        change = {"op": "replace", "path": "/intent", "value": answers.intent_of(other)}
        try:
            self._client.ask("PATCH", f"/v2/checkout/orders/{_id(order.reference)}", body=[change])
        except Refused:
            return

    def _result(self, order: Order, found: Row) -> ChargeResult:
        result = answers.order_of(found)
        is_open = result.outcome is ChargeOutcome.ACTION_REQUIRED
        if is_open and answers.is_given_up(found, order.taking):
            return answers.called_off(order.reference)
        return result

    def _not_taken(self, refused: Refused, reference: str) -> ChargeResult:
        if refused.issue == _CALLED_OFF:
            return answers.called_off(reference)
        if refused.issue in answers.DECLINES:
            return answers.declined(refused.issue, reference)
        raise ProviderRefused(f"PayPal: {refused}")

    def _settled(self, reference: str) -> ChargeResult | None:
        """What is set aside or was taken, by its reference."""
        if not reference.startswith(AUTHORIZATION):
            capture = self._read(f"/v2/payments/captures/{_id(reference)}")
            return answers.capture_of(capture) if capture else None
        row = self._read(f"/v2/payments/authorizations/{_id(reference)}")
        if row is None:
            return None
        result = answers.authorization_of(row)
        if row.get("status") in ("CAPTURED", "PARTIALLY_CAPTURED"):
            related = (row.get("supplementary_data") or {}).get("related_ids") or {}
            order = self._order(f"{ORDER}{related.get('order_id')}")
            return answers.order_of(order) if order else result
        return result

    # --- what is set aside ----------------------------------------------------------------------

    def _capture(self, key: str, reference: str, minor: int, currency: str) -> ChargeResult:
        if not reference.startswith(AUTHORIZATION):
            return self._settled(reference) or answers.hold_gone(reference, "RESOURCE_NOT_FOUND")
        amount = answers.amount_of(minor, currency)
        try:
            held = self._renewed(key, _id(reference), amount)
            capture = self._client.post(
                f"/v2/payments/authorizations/{held}/capture",
                {"amount": amount, "final_capture": True},
                key=key,
            )
            return answers.capture_of(capture, open_reference=reference)
        except Refused as refused:
            if refused.issue == "AUTHORIZATION_ALREADY_CAPTURED":
                return self._settled(reference) or _unknown(reference)
            if refused.issue in _HOLD_GONE or refused.issue in answers.DECLINES:
                return answers.hold_gone(reference, refused.issue)
            raise ProviderRefused(f"PayPal: {refused}") from None

    def _renewed(self, key: str, held: str, amount: Row) -> str:
        """The id to capture: a new one when PayPal does not vouch for the old one any more.

        Refused, the old one is tried as it is: it may well be good, only without PayPal's word.
        """
        row = self._read(f"/v2/payments/authorizations/{held}") or {}
        since = answers.instant(row.get("create_time"))
        if row.get("status") != "CREATED" or since is None or clock.now() < since + HONOURED:
            return held
        try:
            renewed = self._client.post(
                f"/v2/payments/authorizations/{held}/reauthorize",
                {"amount": amount},
                key=_derived("renew", key),
            )
        except Refused:
            return held
        return str(renewed.get("id") or held)

    def _void(self, key: str, reference: str) -> ChargeResult:
        gone = ChargeResult(ChargeOutcome.VOIDED, reference)
        if reference.startswith(ORDER):
            return gone
        if not reference.startswith(AUTHORIZATION):
            return self._settled(reference) or gone
        try:
            self._client.post(f"/v2/payments/authorizations/{_id(reference)}/void", b"", key=key)
        except Refused as refused:
            if refused.issue == "PREVIOUSLY_CAPTURED":
                return self._settled(reference) or _unknown(reference)
            if refused.issue not in _HOLD_GONE | {"PREVIOUSLY_VOIDED", "CANNOT_BE_VOIDED"}:
                raise ProviderRefused(f"PayPal: {refused}") from None
        return gone

    # --- refunds, books, disputes, messages -----------------------------------------------------

    def _refund(self, key: str, charge_reference: str, minor: int, currency: str) -> RefundResult:
        if charge_reference.startswith((ORDER, AUTHORIZATION)):
            return RefundResult(RefundOutcome.FAILED, message="PayPal: nothing was taken.")
        amount = answers.amount_of(minor, currency)
        path = f"/v2/payments/captures/{_id(charge_reference)}/refund"
        try:
            first = answers.refund_of(self._client.post(path, {"amount": amount}, key=key))
        except Refused as refused:
            if refused.issue == "PENDING_CAPTURE":
                raise AnswerLost from None
            return RefundResult(
                RefundOutcome.FAILED, message=f"PayPal: {refused}", raw={"issue": refused.issue}
            )
        if first.outcome is not RefundOutcome.PENDING:
            return first
        # An answer to a repeated key may be the first one; its present state is asked for.
        return self._find_refund(first.reference) or first

    def _find_refund(self, reference: str) -> RefundResult | None:
        row = self._read(f"/v2/payments/refunds/{_id(reference)}")
        return answers.refund_of(row) if row else None

    def _movements(self, since: dt.datetime, until: dt.datetime) -> Iterator[Movement]:
        now = clock.now()
        begin, end = max(since, now - _BOOKS_BEGIN), min(until, now + dt.timedelta(days=1))
        while begin < end:
            piece = min(begin + _BOOKS, end)
            yield from self._book(begin, piece)
            begin = piece

    def _book(self, since: dt.datetime, until: dt.datetime) -> Iterator[Movement]:
        page, pages = 1, 1
        while page <= pages:
            query = {
                "start_date": since.isoformat(timespec="seconds"),
                "end_date": until.isoformat(timespec="seconds"),
                "fields": "transaction_info",
                "page_size": str(_PAGE),
                "page": str(page),
            }
            try:
                found = self._client.get("/v1/reporting/transactions", query)
            except Refused as refused:
                raise ProviderRefused(f"PayPal: {refused}") from None
            for row in found.get("transaction_details") or ():
                line = answers.movement_of(row)
                if line is not None and since <= line.at < until:
                    yield line
            pages = int(found.get("total_pages") or 0)
            page += 1

    def _find_dispute(self, reference: str) -> Dispute | None:
        row = self._read(f"/v1/customer/disputes/{_id(reference)}")
        return answers.dispute_of(row) if row else None

    def _read_notice(self, body: bytes, headers: Mapping[str, str], url: str) -> Notice:
        return self._notices.read(body, headers)

    def _ask_about_notice(self, question: bytes) -> str:
        try:
            answer = self._client.ask(
                "POST", "/v1/notifications/verify-webhook-signature", body=question
            )
        except Refused:
            return "FAILURE"
        return str(answer.get("verification_status"))

    # --- asking ---------------------------------------------------------------------------------

    def _order(self, reference: str) -> Row | None:
        return self._read(f"/v2/checkout/orders/{_id(reference)}")

    def _read(self, path: str) -> Row | None:
        """None for what PayPal does not know (any more)."""
        try:
            return self._client.get(path)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise ProviderRefused(f"PayPal: {refused}") from None


def _unknown(reference: str) -> ChargeResult:
    """It is there, and cannot be seen."""
    return ChargeResult(ChargeOutcome.UNKNOWN, reference)


def _id(reference: str) -> str:
    """PayPal's id, safe in a path."""
    plain = reference.removeprefix(ORDER).removeprefix(AUTHORIZATION)
    return "".join(sign for sign in plain if sign.isascii() and (sign.isalnum() or sign in "-_"))


def _derived(purpose: str, key: str) -> str:
    """Another key, as unique as ``key`` and not too long."""
    return hashlib.sha256(f"{purpose}:{key}".encode()).hexdigest()[:45]
