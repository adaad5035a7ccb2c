"""Square: cards typed into Square's own fields on our page, by their library ``squareup``.

Facts this is built on: keys have at most 45 characters and are remembered; asked for one payment
twice with different contents Square answers ``IDEMPOTENCY_KEY_REUSED``; lists lag behind by some
seconds; a payment that is not completed is cancelled after ``delay_duration`` (seven days for
cards that were not there); refunds begin as ``PENDING`` and may end ``REJECTED``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext
from square import Square
from square.core.request_options import RequestOptions
from square.environment import SquareEnvironment

from core import clock, http
from core.errors import Invalid
from payments.gateways.base import (
    OPEN_OUTCOMES,
    AnswerLost,
    ChargeOutcome,
    ChargeResult,
    Gateway,
    Order,
    ProviderRefused,
    RefundOutcome,
    RefundResult,
    Taking,
    given_up,
)
from payments.gateways.reports import Dispute, Movement, Notice
from payments.gateways.square import answers
from payments.gateways.square.client import Refused, Row, asked, part
from payments.gateways.square.notices import read

_ONCE: Final[RequestOptions] = {"max_retries": 0}
"""The library's own retries wait for as long as the answer tells them to; the sweep retries."""
_TOKEN = re.compile(r"[a-z]{4}:[A-Za-z0-9_-]{1,190}")
_CARD_ON_FILE = "ccof:"
_EARLIER = dt.timedelta(minutes=5)
"""Square's clock may be behind ours by this much."""
_LATER = dt.timedelta(days=2)
"""So long after it was begun a payment is repeated at most."""


class SquareGateway(Gateway):
    """One restaurant's account with Square.

    A method is the token of the Web Payments SDK (``cnon:…``, with the buyer's verification
    inside). References are ids of payments, or of cards on file (``ccof:…``).
    """

    name = "square"
    hold_window = dt.timedelta(days=6)

    def __init__(
        self,
        *,
        application_id: str = "",
        location_id: str = "",
        access_token: str = "",
        signature_keys: Sequence[str] = (),
        is_test: bool = True,
    ) -> None:
        self._application_id = application_id
        self._location_id = location_id
        self._signature_keys = [key for key in signature_keys if key]
        self._is_test = is_test
        self._has_token = bool(access_token)
        environment = SquareEnvironment.SANDBOX if is_test else SquareEnvironment.PRODUCTION
        self._square = Square(
            token=access_token,
            base_url=settings.SQUARE_API_BASE or environment.value,
            httpx_client=http.connection(),
        )

    def refuse_unless_usable(self) -> None:
        """Raise ImproperlyConfigured for an account that is not filled in."""
        if not (self._has_token and self._location_id and self._application_id):
            raise ImproperlyConfigured(
                "A Square account needs an application, a location and an access token."
            )

    def guest_config(self) -> dict[str, str]:
        """What ``static/js/pay-square.js`` needs."""
        host = "sandbox.web.squarecdn.com" if self._is_test else "web.squarecdn.com"
        return {
            "application_id": self._application_id,
            "location_id": self._location_id,
            "script": f"https://{host}/v1/square.js",
        }

    def _check_method(self, method: Mapping[str, Any]) -> dict[str, Any]:
        token = method.get("token") if isinstance(method, Mapping) else None
        if (
            not isinstance(token, str)
            or not _TOKEN.fullmatch(token)
            or token.startswith(_CARD_ON_FILE)
        ):
            sentence = gettext("Please enter your card again: its details did not arrive.")
            raise Invalid(sentence, token=sentence)
        return {"token": token}

    # --- charges --------------------------------------------------------------------------------

    def _charge(self, order: Order, minor: int) -> ChargeResult:
        try:
            if order.taking is Taking.CARD:
                return self._save_card(order)
            return answers.charge_of(self._pay(order, minor))
        except Refused as refused:
            refusal = refused.refusal
        if refusal.code == "IDEMPOTENCY_KEY_REUSED":
            # It was asked for before, with another card: the first outcome is the one that counts.
            found = self._find_charge(order)
            if found is None:
                raise AnswerLost
            return found
        if refusal.is_about_card:
            return answers.declined(refusal)
        raise ProviderRefused(f"Square: {refusal}")

    def _pay(self, order: Order, minor: int) -> Row:
        more: dict[str, Any] = {}
        source = order.method["card"] if order.off_session else order.method["token"]
        if order.taking is Taking.HOLD:
            more |= {"autocomplete": False, "delay_duration": "P7D", "delay_action": "CANCEL"}
        if order.off_session:
            more["customer_id"] = order.method["customer"]
            more["customer_details"] = {"customer_initiated": False, "seller_keyed_in": False}
        if order.purpose:
            more["reference_id"] = order.purpose[:40]
        answer = self._ask(
            lambda: self._square.payments.create(
                source_id=str(source),
                idempotency_key=order.key,
                amount_money={"amount": minor, "currency": order.currency},
                location_id=self._location_id,
                note=_note(order),
                request_options=_ONCE,
                **more,
            )
        )
        return part(answer, "payment")

    def _save_card(self, order: Order) -> ChargeResult:
        """A customer without a name for each card: Square keeps no cards without a customer."""
        customer = self._ask(
            lambda: self._square.customers.create(
                idempotency_key=_derived("customer", order.key),
                company_name=f"Booking {order.purpose}",
                reference_id=order.purpose,
                note=order.key,
                request_options=_ONCE,
            )
        )
        answer = self._ask(
            lambda: self._square.cards.create(
                idempotency_key=order.key,
                source_id=str(order.method["token"]),
                card={
                    "customer_id": str(part(customer, "customer")["id"]),
                    "reference_id": order.key,
                },
                request_options=_ONCE,
            )
        )
        return answers.saved_of(part(answer, "card"))

    def _find_charge(self, order: Order) -> ChargeResult | None:
        if order.taking is Taking.CARD:
            return self._find_card(order)
        if order.reference:
            payment = self._payment(order.reference)
            return answers.charge_of(payment) if payment else None
        begun = order.begun_at or clock.now()
        found = [
            answers.charge_of(payment)
            for payment in self._listed_payments(begun - _EARLIER, begun + _LATER)
            if str(payment.get("note") or "").endswith(f"[{order.key}]")
        ]
        # At most one, unless a key was cancelled and used again: then what moved money counts.
        secured = [result for result in found if result.is_secured]
        return next(iter(secured or found), None)

    def _find_card(self, order: Order) -> ChargeResult | None:
        cards = self._rows(
            lambda: self._square.cards.list(
                reference_id=order.key, include_disabled=True, request_options=_ONCE
            )
        )
        return next((answers.saved_of(card) for card in cards), None)

    def _abandon(self, order: Order) -> ChargeResult:
        """Square cancels by key; what was completed before stays, and is found."""
        found = self._find_charge(order)
        if order.taking is Taking.CARD or (found and found.outcome not in OPEN_OUTCOMES):
            return found or given_up()
        try:
            self._ask(
                lambda: self._square.payments.cancel_by_idempotency_key(
                    idempotency_key=order.key, request_options=_ONCE
                )
            )
        except Refused as refused:
            # It cannot be cancelled any more, so it is there, and the list will soon say so.
            if self._find_charge(order) is None:
                raise AnswerLost from refused
        return self._find_charge(order) or given_up()

    # --- what is set aside ----------------------------------------------------------------------

    def _capture(self, key: str, reference: str, minor: int, currency: str) -> ChargeResult:
        payment = self._payment(reference)
        if payment and payment.get("status") == "APPROVED":
            try:
                payment = self._complete(key, payment, minor, currency)
            except Refused as refused:
                payment = self._payment(reference)
                if payment and payment.get("status") == "APPROVED":
                    raise ProviderRefused(f"Square: {refused.refusal}") from None
        result = answers.charge_of(payment or {})
        if payment is None or result.outcome in (ChargeOutcome.VOIDED, ChargeOutcome.DECLINED):
            return answers.hold_gone(payment or {"id": reference})
        return result

    def _complete(self, key: str, payment: Row, minor: int, currency: str) -> Row:
        """Take it, after bringing the amount down to what is to be taken."""
        if (payment.get("amount_money") or {}).get("amount") != minor:
            self._ask(
                lambda: self._square.payments.update(
                    str(payment["id"]),
                    idempotency_key=key,
                    payment={"amount_money": {"amount": minor, "currency": currency}},
                    request_options=_ONCE,
                )
            )
        answer = self._ask(
            lambda: self._square.payments.complete(str(payment["id"]), request_options=_ONCE)
        )
        return part(answer, "payment")

    def _void(self, key: str, reference: str) -> ChargeResult:
        if reference.startswith(_CARD_ON_FILE):
            return self._forget_card(reference)
        payment: Row | None
        try:
            answer = self._ask(
                lambda: self._square.payments.cancel(reference, request_options=_ONCE)
            )
            payment = part(answer, "payment")
        except Refused as refused:
            payment = self._payment(reference)
            if payment and payment.get("status") == "APPROVED":
                raise ProviderRefused(f"Square: {refused.refusal}") from None
        result = answers.charge_of(payment or {})
        if payment is None or result.outcome is ChargeOutcome.DECLINED:
            return ChargeResult(ChargeOutcome.VOIDED, reference, raw=result.raw)
        return result

    def _forget_card(self, reference: str) -> ChargeResult:
        """The card, and the customer that was made for it."""
        try:
            answer = self._ask(lambda: self._square.cards.disable(reference, request_options=_ONCE))
            customer = str(part(answer, "card").get("customer_id") or "")
            if customer:
                self._ask(lambda: self._square.customers.delete(customer, request_options=_ONCE))
        except Refused as refused:
            if refused.refusal.status != 404:
                raise ProviderRefused(f"Square: {refused.refusal}") from None
        return ChargeResult(ChargeOutcome.VOIDED, reference)

    # --- refunds, books, disputes ---------------------------------------------------------------

    def _refund(self, key: str, charge_reference: str, minor: int, currency: str) -> RefundResult:
        try:
            answer = self._ask(
                lambda: self._square.refunds.refund_payment(
                    idempotency_key=key,
                    amount_money={"amount": minor, "currency": currency},
                    payment_id=charge_reference,
                    request_options=_ONCE,
                )
            )
            first = answers.refund_of(part(answer, "refund"))
            if first.outcome is not RefundOutcome.PENDING:
                return first
            # An answer to a repeated key is the first one; its present state is asked for.
            return self._find_refund(first.reference) or first
        except Refused as refused:
            if refused.refusal.code == "REFUND_ALREADY_PENDING":
                raise AnswerLost from None
            return RefundResult(
                RefundOutcome.FAILED,
                message=f"Square: {refused.refusal}",
                raw={"errors": [{"code": refused.refusal.code}]},
            )

    def _find_refund(self, reference: str) -> RefundResult | None:
        try:
            found = self._ask(lambda: self._square.refunds.get(reference, request_options=_ONCE))
        except Refused as refused:
            if refused.refusal.status == 404:
                return None
            raise ProviderRefused(f"Square: {refused.refusal}") from None
        return answers.refund_of(part(found, "refund"))

    def _movements(self, since: dt.datetime, until: dt.datetime) -> Iterator[Movement]:
        for payment in self._listed_payments(since, until):
            line = answers.movement_of("charge", payment)
            if line:
                yield line
        refunds = self._rows(
            lambda: self._square.refunds.list(
                begin_time=since.isoformat(),
                end_time=until.isoformat(),
                sort_order="ASC",
                location_id=self._location_id,
                request_options=_ONCE,
            )
        )
        for refund in refunds:
            line = answers.movement_of("refund", refund)
            if line:
                yield line

    def _find_dispute(self, reference: str) -> Dispute | None:
        try:
            answer = self._ask(lambda: self._square.disputes.get(reference, request_options=_ONCE))
        except Refused as refused:
            if refused.refusal.status == 404:
                return None
            raise ProviderRefused(f"Square: {refused.refusal}") from None
        return answers.dispute_of(part(answer, "dispute"))

    def _read_notice(self, body: bytes, headers: Mapping[str, str], url: str) -> Notice:
        return read(body, headers, url=url, keys=self._signature_keys)

    # --- asking ---------------------------------------------------------------------------------

    def _payment(self, reference: str) -> Row | None:
        try:
            answer = self._ask(lambda: self._square.payments.get(reference, request_options=_ONCE))
        except Refused as refused:
            if refused.refusal.status == 404:
                return None
            raise ProviderRefused(f"Square: {refused.refusal}") from None
        return part(answer, "payment")

    def _listed_payments(self, since: dt.datetime, until: dt.datetime) -> list[Row]:
        return self._rows(
            lambda: self._square.payments.list(
                begin_time=since.isoformat(),
                end_time=until.isoformat(),
                sort_order="ASC",
                location_id=self._location_id,
                request_options=_ONCE,
            )
        )

    def _rows(self, call: Callable[[], Iterable[Any]]) -> list[Row]:
        """All pages of a list."""
        try:
            return asked(lambda: [row.dict() for row in call()])
        except Refused as refused:
            raise ProviderRefused(f"Square: {refused.refusal}") from None

    def _ask(self, call: Callable[[], Any]) -> Row:
        answer: Row = asked(lambda: call().dict())
        return answer


def _note(order: Order) -> str:
    """Kept with the payment: by its end it is found again, whatever became of the answer."""
    end = f" [{order.key}]"
    return order.description[: 500 - len(end)] + end


def _derived(purpose: str, key: str) -> str:
    """Another key, as unique as ``key`` and not too long."""
    return hashlib.sha256(f"{purpose}:{key}".encode()).hexdigest()[:45]
