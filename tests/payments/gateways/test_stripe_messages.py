"""Amounts as Stripe writes them, and messages that claim to come from Stripe."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
import stripe

from core import clock
from payments.gateways.base import BadSignature, Order
from payments.gateways.stripe import StripeGateway, amounts, notices
from tests.payments.gateways import webhook_vectors
from tests.payments.gateways.judge import sample
from tests.payments.gateways.stripe_account import StripeAccount

SECRET = "whsec_new"


@pytest.fixture
def gateway(db: None) -> StripeGateway:
    return StripeGateway(secret_key="sk_test_1", webhook_secrets=["whsec_old", SECRET])


# --- amounts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minor", "currency", "there"),
    [
        (5000, "GBP", 5000),
        (500, "JPY", 500),
        (5120, "KWD", 5120),
        (5, "ISK", 500),
        (5000, "UGX", 500000),
        (500, "MGA", 5),
    ],
)
def test_amounts_are_written_as_stripe_writes_them(minor: int, currency: str, there: int) -> None:
    assert amounts.to_stripe(minor, currency) == there
    assert amounts.from_stripe(there, currency) == minor


@pytest.mark.parametrize(("minor", "currency"), [(5125, "KWD"), (550, "MGA")])
def test_an_amount_is_refused_rather_than_rounded(minor: int, currency: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        amounts.to_stripe(minor, currency)


def test_fils_that_stripe_does_not_take_never_leave_the_house(
    gateway: StripeGateway, stripe_account: StripeAccount
) -> None:
    order = Order("k1", Decimal("5.125"), "KWD", {"token": "ctoken_visa"}, "Deposit")
    with pytest.raises(ValueError, match="not an amount"):
        gateway.charge(order)
    assert stripe_account.judge.calls == []


# --- messages -------------------------------------------------------------------------------------


def at(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    monkeypatch.setattr(clock, "now", lambda: dt.datetime.fromtimestamp(seconds, dt.UTC))


def signature(text: str) -> dict[str, str]:
    now = int(clock.now().timestamp())
    header = stripe.WebhookSignature.generate_signature_header(text, SECRET, timestamp=now)
    return {"Stripe-Signature": header}


def vector(header: str = webhook_vectors.STRIPE_HEADER, body: bytes = b"", **changes: Any) -> Any:
    secrets = changes.get("secrets", [webhook_vectors.STRIPE_SECRET])
    return notices.read_notice(
        body or webhook_vectors.STRIPE_BODY, {"stripe-signature": header}, secrets
    )


def test_the_known_signature_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, webhook_vectors.STRIPE_AT)
    notice = vector(secrets=["whsec_other", "", webhook_vectors.STRIPE_SECRET])
    assert (notice.event_id, notice.type) == ("evt_test_webhook", "payment_intent.succeeded")
    assert notice.references == ("pi_1",)


def test_the_known_signature_is_the_vendors() -> None:
    (theirs,) = [one for one in sample("webhook-vectors.json") if one["provider"] == "stripe"]
    assert theirs["body"].encode() == webhook_vectors.STRIPE_BODY
    assert (theirs["header"], theirs["secret"]) == (
        webhook_vectors.STRIPE_HEADER,
        webhook_vectors.STRIPE_SECRET,
    )


def test_any_bit_that_is_changed_makes_it_a_forgery(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, webhook_vectors.STRIPE_AT)
    body, header = webhook_vectors.STRIPE_BODY, webhook_vectors.STRIPE_HEADER
    for bit in range(len(body) * 8):
        forged = bytearray(body)
        forged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadSignature):
            vector(body=bytes(forged))
    for place in range(2, len(header)):
        if header[place] not in ",v=1" or place > 15:
            flipped = header[:place] + chr(ord(header[place]) ^ 1) + header[place + 1 :]
            with pytest.raises(BadSignature):
                vector(flipped)


@pytest.mark.parametrize(("seconds", "counts"), [(300, True), (301, False)])
@pytest.mark.parametrize("direction", [1, -1])
def test_a_message_counts_for_five_minutes_before_and_after(
    monkeypatch: pytest.MonkeyPatch, seconds: int, counts: bool, direction: int
) -> None:
    at(monkeypatch, webhook_vectors.STRIPE_AT + direction * seconds)
    if counts:
        assert vector().event_id == "evt_test_webhook"
    else:
        with pytest.raises(BadSignature, match="too old"):
            vector()


@pytest.mark.parametrize(
    "header", ["", "t=,v1=", "v1=abc", "t=1700000000", "t=x,v1=1", "t=1700000000,v0=abc", "t=1,v1"]
)
def test_a_header_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    at(monkeypatch, webhook_vectors.STRIPE_AT)
    with pytest.raises(BadSignature):
        vector(header)


@pytest.mark.parametrize("secrets", [[], [""], ["whsec_other"]])
def test_without_the_secret_nothing_is_believed(
    monkeypatch: pytest.MonkeyPatch, secrets: list[str]
) -> None:
    at(monkeypatch, webhook_vectors.STRIPE_AT)
    with pytest.raises(BadSignature):
        vector(secrets=secrets)


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"{}", b'{"id":"e","type":"t","data":{"object":[]}}', b"{", b"\xff"]
)
def test_a_signed_message_that_cannot_be_read_is_refused(
    gateway: StripeGateway, body: bytes
) -> None:
    headers = signature(body.decode("utf-8", "replace"))
    with pytest.raises(BadSignature):
        gateway.read_notice(body, headers, url="")


@pytest.mark.parametrize(
    ("thing", "references"),
    [
        ({"id": "re_1", "payment_intent": "pi_1", "charge": "ch_1"}, ("re_1", "pi_1", "ch_1")),
        ({"id": "cs_1", "payment_intent": None, "setup_intent": "seti_1"}, ("cs_1", "seti_1")),
        (
            {"id": "du_1", "charge": {"id": "ch_1"}, "payment_intent": "pi_1"},
            ("du_1", "pi_1", "ch_1"),
        ),
        ({"id": "pi_1", "charge": 7, "payment_intent": "x" * 200}, ("pi_1",)),
    ],
)
def test_a_message_names_every_object_it_is_about(
    gateway: StripeGateway, thing: dict[str, Any], references: tuple[str, ...]
) -> None:
    event = {"id": "evt_1", "type": "t", "created": 1700000000, "data": {"object": thing}}
    body = json.dumps(event)
    notice = gateway.read_notice(body.encode(), signature(body), url="")
    assert notice.references == references
    assert notice.occurred_at == dt.datetime.fromtimestamp(1700000000, dt.UTC)
