"""Providers that fail at one request: the stateful stand-ins, told at which one, and in what way.

A fault is done to exactly one request, the n-th since :meth:`Side.arm`; libraries that would repeat
a request by themselves must be told not to. ``books`` is what moved, in the provider's own words.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.request import urlopen

import pytest
from django.db import connections
from django.db.models import F, Sum

from payments.gateways.base import AnswerLost, ChargeResult, RefundResult
from payments.gateways.sandbox import SandboxGateway, notices
from payments.models import SandboxCharge
from payments.services import events
from restaurants.models import Restaurant
from tests.payments.gateways import paypals_books, squares_books, stripe_account
from tests.payments.gateways.contract import Delivery
from tests.payments.gateways.judge import CutOff, Judge, Reply, Request, Reset
from tests.payments.gateways.paypals_books import PayPalsBooks
from tests.payments.gateways.squares_books import SquaresBooks
from tests.payments.gateways.stripe_account import StripeAccount
from tests.payments.gateways.test_stripe_contract import signed

REFUSALS = {"409": 409, "429": 429, "500": 500}
CONNECTION = ("unreachable", "lost")
MESSAGES = ("told_twice", "told_first")
LATE = "late"
FAULTS = (*CONNECTION, "reset", *REFUSALS, *MESSAGES, LATE)
"""Nothing arrived; it was done and nobody heard; the connection was reset in the middle of the
answer; the provider refuses for a reason of its own; its message comes twice, or before the answer;
it is done, and told of, when nobody waits for it any more.
"""
TIMEOUTS = ("too_slow", "too_slow_to_answer")
"""The same as ``CONNECTION``, by a server that lets its client wait for too long."""
PATIENCE = 1.0
"""Seconds until a client gives up, in tests of that."""


@dataclass(frozen=True)
class Books:
    """What a provider has of somebody's money, in the smallest unit."""

    charges: int = 0
    """Of which something is left."""
    taken: int = 0
    """Less what went back."""
    held: int = 0
    cards: int = 0

    def since(self, before: Books) -> Books:
        """The difference."""
        return Books(
            self.charges - before.charges,
            self.taken - before.taken,
            self.held - before.held,
            self.cards - before.cards,
        )


class Side:
    """One provider, and the fault it is about to make."""

    name: ClassVar[str]
    faults: ClassVar[tuple[str, ...]] = FAULTS
    keeps_cards: ClassVar[bool] = True
    method: ClassVar[Mapping[str, Any]]

    def __init__(self) -> None:
        self.account = ""
        self.is_news: list[bool] = []
        """Of each request while nothing is armed: whether there is a message about it."""
        self._fault, self._point, self._asked = "", 0, 0
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._told: list[Delivery] = []
        self._late: Callable[[], Delivery | None] | None = None
        self.has_struck = False
        """Whether the fault was made, so that there was such a request at all."""
        self.at_moment: Callable[[], None] = lambda: None
        """Called when a request has arrived, and again when it is done and not answered yet."""

    def open_account(self, house: Restaurant) -> None:
        """The house is paid through this provider from now on, whose books are empty."""

    def books(self) -> Books:
        """All that the provider has."""
        raise NotImplementedError

    def approve(self, url: str) -> None:
        """The guest does what is asked of them there."""
        raise AssertionError("it asks nobody")

    def arm(self, fault: str, point: int) -> None:
        """The ``point``-th request from now on meets ``fault``; none if that is 0."""
        self._fault, self._point, self._asked = fault, point, 0
        self.has_struck = False
        self.is_news.clear()

    def tell(self) -> None:
        """Messages that are told twice are."""
        told, self._told = self._told, []
        for delivery in told:
            self._deliver(delivery)
            self._deliver(delivery)

    def arrive(self) -> bool:
        """What was late is done now, and told of; whether there was anything."""
        late, self._late = self._late, None
        delivery = late() if late else None
        if delivery:
            self._deliver(delivery)
        return late is not None

    def _strike(self) -> str:
        """The fault of the request that begins, if it is the one."""
        with self._lock:
            self._asked += 1
            is_it = self._asked == self._point
            self.has_struck |= is_it and self._fault not in MESSAGES
            return self._fault if is_it else ""

    def _say(self, fault: str, delivery: Delivery | None) -> None:
        self.is_news.append(delivery is not None)
        if delivery is None or fault not in MESSAGES:
            return
        self.has_struck = True
        if fault == "told_first":
            self._deliver(delivery)
        else:
            self._told.append(delivery)

    def _deliver(self, delivery: Delivery) -> None:
        body, headers, url = delivery
        events.receive(self.name, self.account, body, headers, url=url)
        events.process_events()

    def _event_id(self) -> str:
        return f"evt_{self.name}_{next(self._numbers)}"


class SandboxSide(Side):
    """No connection, so only an answer can be lost: before or after."""

    name = "sandbox"
    faults = (*CONNECTION, *MESSAGES, LATE)
    method: ClassVar[Mapping[str, Any]] = {"token": "tok_visa_4242"}

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        for name in ("_charge", "_find_charge", "_abandon", "_capture", "_void", "_refund"):
            monkeypatch.setattr(
                SandboxGateway, name, self._failing(getattr(SandboxGateway, name), name)
            )

    def _failing(self, real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def ask(*given: Any, **more: Any) -> ChargeResult | RefundResult | None:
            fault = self._strike()
            if fault == LATE:
                self._late = lambda: self._message(real(*given, **more))
            if fault in ("unreachable", LATE):
                raise AnswerLost
            self.at_moment()
            result: ChargeResult | RefundResult | None = real(*given, **more)
            self.at_moment()
            if fault == "lost":
                raise AnswerLost
            self._say(fault, None if name == "_find_charge" else self._message(result))
            return result

        return ask

    def _message(self, result: ChargeResult | RefundResult | None) -> Delivery:
        return (*notices.make("charge.updated", result.reference if result else ""), "")

    def books(self) -> Books:
        charges = SandboxCharge.objects.filter(kind="charge")
        taken = charges.filter(outcome="succeeded")
        back = SandboxCharge.objects.filter(kind="refund")
        returned = dict(
            back.values_list("charge_reference").annotate(Sum("minor_amount")).order_by()
        )
        left = [
            minor - returned.get(reference, 0)
            for reference, minor in taken.values_list("reference", "captured_minor")
        ]
        held = charges.filter(outcome="authorized").aggregate(all=Sum(F("minor_amount")))
        cards = charges.filter(outcome="saved").count()
        return Books(sum(1 for minor in left if minor), sum(left), held["all"] or 0, cards)


class _OverHttp(Side):
    """Behind a judge; ``told`` says what the provider would tell of an answer."""

    def __init__(self, judge: Judge) -> None:
        super().__init__()
        self._real, judge.answer = judge.answer, self._answer

    def _answer(self, request: Request) -> Reply:
        fault = self._strike()
        if fault in REFUSALS:
            return REFUSALS[fault], self.refusal()
        if fault == LATE:
            self._late = lambda: self._message(request, self._real(request))
        if fault in ("unreachable", "too_slow", LATE):
            self._wait(fault)
            raise CutOff
        self.at_moment()
        reply = self._real(request)
        self.at_moment()
        if fault in ("lost", "too_slow_to_answer"):
            self._wait(fault)
            raise CutOff
        if fault == "reset":
            raise Reset
        try:
            self._say(fault, self._message(request, reply))
        finally:
            connections.close_all()
        return reply

    def _message(self, request: Request, reply: Reply) -> Delivery | None:
        return self.told(reply[1]) if request.method != "GET" and reply[0] < 300 else None

    def _wait(self, fault: str) -> None:
        if fault in TIMEOUTS:
            time.sleep(PATIENCE * 1.5)

    def refusal(self) -> dict[str, Any]:
        """The body of an error, as the provider words one."""
        raise NotImplementedError

    def told(self, body: dict[str, Any]) -> Delivery | None:
        """The message about what an answer tells."""
        raise NotImplementedError


class StripeSide(_OverHttp):
    """Payment intents and refunds."""

    name = "stripe"
    method: ClassVar[Mapping[str, Any]] = {"token": "ctoken_visa"}

    def __init__(self, stripe: StripeAccount) -> None:
        super().__init__(stripe.judge)
        self.stripe = stripe

    def open_account(self, house: Restaurant) -> None:
        self.account = stripe_account.make_account(house).public_id
        self.stripe.things.clear()
        self.stripe.kept.clear()

    def refusal(self) -> dict[str, Any]:
        return {"error": {"type": "api_error", "message": "Something went wrong."}}

    def told(self, body: dict[str, Any]) -> Delivery | None:
        kind = f"{body['object']}.updated"
        event = {"id": self._event_id(), "type": kind, "data": {"object": body}}
        return signed(json.dumps(event).encode(), secret="whsec_1")

    def books(self) -> Books:
        things = list(self.stripe.things.values())
        charges = [one for one in things if one["object"] == "charge" and one["captured"]]
        left = [one["amount_captured"] - one["amount_refunded"] for one in charges]
        held = [
            one["amount_capturable"]
            for one in things
            if one["object"] == "payment_intent" and one["status"] == "requires_capture"
        ]
        cards = [one for one in things if one["object"] == "payment_method" and one["customer"]]
        return Books(sum(1 for minor in left if minor), sum(left), sum(held), len(cards))


class SquareSide(_OverHttp):
    """Payments, cards and refunds."""

    name = "square"
    method: ClassVar[Mapping[str, Any]] = {"token": squares_books.GOOD}

    def __init__(self, square: SquaresBooks) -> None:
        super().__init__(square.judge)
        self.square = square

    def open_account(self, house: Restaurant) -> None:
        self.account = squares_books.make_account(house).public_id
        for rows in (self.square.payments, self.square.refunds, self.square.cards):
            rows.clear()

    def refusal(self) -> dict[str, Any]:
        return {"errors": [{"category": "API_ERROR", "code": "GATEWAY_TIMEOUT"}]}

    def told(self, body: dict[str, Any]) -> Delivery | None:
        noun = next((noun for noun in ("payment", "refund", "card") if noun in body), "")
        if not noun:
            return None
        data = {"type": noun, "id": body[noun]["id"], "object": {noun: body[noun]}}
        event = {"event_id": self._event_id(), "type": f"{noun}.updated", "data": data}
        return self.square.signed(event)

    def books(self) -> Books:
        payments = self.square.payments.values()
        left = [
            one["amount_money"]["amount"]
            - sum(
                row["amount_money"]["amount"]
                for row in self.square.refunds.values()
                if row["payment_id"] == one["id"]
            )
            for one in payments
            if one["status"] == "COMPLETED"
        ]
        held = [one["amount_money"]["amount"] for one in payments if one["status"] == "APPROVED"]
        cards = [card for card in self.square.cards.values() if card["enabled"]]
        return Books(sum(1 for minor in left if minor), sum(left), sum(held), len(cards))


class PayPalSide(_OverHttp):
    """Orders, which their payer approves; no cards."""

    name = "paypal"
    keeps_cards = False
    method: ClassVar[Mapping[str, Any]] = {"type": "paypal"}

    def __init__(self, paypal: PayPalsBooks) -> None:
        super().__init__(paypal.judge)
        self.paypal = paypal
        # The certificates of the tests may have been made on another day.
        paypal.verdict = "SUCCESS"

    def open_account(self, house: Restaurant) -> None:
        self.account = paypals_books.make_account(house).public_id
        books = self.paypal
        for rows in (books.orders, books.authorizations, books.captures, books.refunds):
            rows.clear()

    def approve(self, url: str) -> None:
        # Over the wire as well, because who approves may be another process than who has the books.
        place = f"{self.paypal.judge.url}{paypals_books.CHECKOUT}{url.partition('token=')[2]}"
        with urlopen(place):
            pass

    def refusal(self) -> dict[str, Any]:
        return {"name": "INTERNAL_SERVER_ERROR", "details": []}

    def told(self, body: dict[str, Any]) -> Delivery | None:
        payments = (body.get("purchase_units") or [{}])[0].get("payments") or {}
        if payments:
            [[body]] = payments.values()
        number = str(body.get("id", ""))
        kinds = {
            "5O": "CHECKOUT.ORDER.APPROVED",
            "0A": "PAYMENT.AUTHORIZATION.CREATED",
            "3C": "PAYMENT.CAPTURE.COMPLETED",
            "1J": "PAYMENT.CAPTURE.REFUNDED",
        }
        kind = kinds.get(number[:2])
        if kind is None:
            return None
        return self.paypal.signed({"id": self._event_id(), "event_type": kind, "resource": body})

    def books(self) -> Books:
        left = [
            _minor(one)
            - sum(
                _minor(row) for row in self.paypal.refunds.values() if row["capture"] == one["id"]
            )
            for one in self.paypal.captures.values()
        ]
        rows = self.paypal.authorizations.values()
        held = [_minor(row) for row in rows if row["status"] == "CREATED"]
        return Books(sum(1 for minor in left if minor), sum(left), sum(held), 0)


Sides = Callable[[str], Side]
"""A provider by its name, on the loopback."""


def _minor(row: dict[str, Any]) -> int:
    return round(float(row["amount"]["value"]) * 100)
