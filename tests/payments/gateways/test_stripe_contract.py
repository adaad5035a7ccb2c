"""Stripe keeps what every gateway promises, in each of the ways a guest can pay."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import Any

import pytest
import stripe

from core import clock
from payments.gateways.base import (
    ChargeResult,
    Gateway,
    Order,
)
from tests.payments.gateways.contract import Delivery, GatewayContract, Methods, Provider
from tests.payments.gateways.stripe_account import (
    WEBHOOK_SECRET,
    StripeAccount,
    make_gateway,
)

NUMBER = "4242424242424242"


class StripeSide(Provider):
    """Strings of the pretended account."""

    def __init__(self, account: StripeAccount) -> None:
        self.account = account

    def losing_answers(self) -> AbstractContextManager[None]:
        return self.account.judge.losing_answers()

    def unreachable(self) -> AbstractContextManager[None]:
        return self.account.judge.unreachable()

    def approve(self, order: Order, result: ChargeResult) -> None:
        if result.reference.startswith("cs_"):
            self.account.finish_page(result.reference)
        else:
            self.account.succeed(result.reference)

    def refuse(self, order: Order, result: ChargeResult) -> None:
        self.account.refuse(result.reference)

    def notice(self, reference: str) -> Delivery:
        thing = {"id": reference, "object": "payment_intent"}
        event = {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": thing}}
        return signed(json.dumps(event).encode())

    def contest(self, reference: str) -> str:
        return self.account.contest(reference)

    def let_run_out(self, reference: str) -> None:
        self.account.things[reference]["status"] = "canceled"

    def violations(self) -> list[Any]:
        return self.account.judge.violations


def signed(body: bytes, *, secret: str = WEBHOOK_SECRET, at: int | None = None) -> Delivery:
    """A delivery as Stripe makes one."""
    header = stripe.WebhookSignature.generate_signature_header(
        body.decode(), secret, timestamp=at or int(clock.now().timestamp())
    )
    return body, {"Stripe-Signature": header}, "https://couvert.test/webhooks/stripe"


class _Stripe(GatewayContract):
    @pytest.fixture
    def gateway(self, stripe_account: StripeAccount) -> Gateway:
        return make_gateway()

    @pytest.fixture
    def provider(self, stripe_account: StripeAccount) -> Provider:
        return StripeSide(stripe_account)


class TestStripeElement(_Stripe):
    """The guest pays on our page: a token of the browser's, confirmed at once."""

    @pytest.fixture
    def methods(self) -> Methods:
        return Methods(
            accepted={"type": "credit-card", "token": "ctoken_visa"},
            declined={"token": "ctoken_declined"},
            asks={"token": "ctoken_3ds"},
            malformed=MALFORMED,
        )


class TestStripeMethod(_Stripe):
    """A program pays for the guest, with a payment method its own page made."""

    @pytest.fixture
    def methods(self) -> Methods:
        return Methods(
            accepted={"token": "pm_card_visa"},
            declined={"token": "pm_card_visa_chargeDeclined"},
            asks={"token": "pm_card_authenticationRequired"},
            malformed=MALFORMED,
        )


class TestStripePage(_Stripe):
    """The guest pays on Stripe's page."""

    @pytest.fixture
    def methods(self) -> Methods:
        # A decline stays on that page: the guest tries another card, or another method here.
        return Methods(
            accepted={"type": "checkout"},
            declined={"token": "ctoken_declined"},
            malformed=MALFORMED,
        )


class TestStripeSecret(_Stripe):
    """A program's page confirms in the browser, with the client secret."""

    @pytest.fixture
    def methods(self) -> Methods:
        return Methods(
            accepted={"type": "client-secret"},
            declined={"token": "ctoken_declined"},
            malformed=MALFORMED,
        )


MALFORMED: tuple[Any, ...] = (
    None,
    [NUMBER],
    {"number": NUMBER},
    {"number": NUMBER, "token": "pm_card_visa"},
    {"type": "credit-card", "last4": "4242", "cardBrand": "Visa"},
    {"token": NUMBER},
    {"token": f"tok_{NUMBER}"},
    {"token": "pm_x; DROP"},
    {"token": {"$ne": None}},
    {"payment_method": "pm_1", "customer": "cus_1"},
    {"type": "checkout", "number": NUMBER},
)
