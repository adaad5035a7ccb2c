from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from core.errors import Invalid
from payments.gateways import sandbox
from payments.gateways.base import (
    NEVER_ARRIVED,
    BadSignature,
    ChargeOutcome,
    ChargeResult,
    Gateway,
    Order,
    RefundOutcome,
    Taking,
)
from payments.gateways.registry import gateway_of
from payments.gateways.sandbox import notices
from payments.models import SandboxCharge
from tests.fixtures.domain import Clock
from tests.payments.gateways.contract import Delivery, GatewayContract, Methods, Provider
from tests.payments.rows import at_once

NUMBER = "4242424242424242"
TOKEN = "tok_visa_4242"


class SandboxProvider(Provider):
    """Its pages and its clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def approve(self, order: Order, result: ChargeResult) -> None:
        assert sandbox.decide(result.reference, approve=True)

    def refuse(self, order: Order, result: ChargeResult) -> None:
        assert sandbox.decide(result.reference, approve=False)

    def notice(self, reference: str) -> Delivery:
        return *notices.make("charge.updated", reference), ""

    def let_run_out(self, reference: str) -> None:
        self.clock.advance(days=7)


class TestSandboxGateway(GatewayContract):
    @pytest.fixture
    def gateway(self) -> Gateway:
        return sandbox.SandboxGateway()

    @pytest.fixture
    def methods(self) -> Methods:
        return Methods(
            accepted={"type": "credit-card", "number": "4242 4242 4242 4242"},
            declined={"type": "credit-card", "number": "4000000000000002"},
            asks={"token": sandbox.THREE_D_SECURE},
            lost_answer={"token": sandbox.LOST_ANSWER},
            never_arrives={"token": sandbox.NEVER_ARRIVES},
            malformed=(
                {},
                None,
                [NUMBER],
                {"type": "credit-card", "number": "4242424242424241"},
                {"number": 4242424242424242},
                {"number": "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"},
                {"type": "credit-card", "last4": NUMBER, "cardBrand": "Visa"},
                {"type": "credit-card", "last4": "424", "cardBrand": "Visa"},
                {"type": "credit-card", "last4": 4242, "cardBrand": "Visa"},
                {"type": "credit-card", "last4": "4242"},
                {"type": "credit-card", "last4": "4242", "cardBrand": NUMBER},
                {"type": NUMBER, "last4": "4242", "cardBrand": "Visa"},
                {"type": ["credit-card"], "last4": "4242", "cardBrand": "Visa"},
                {"token": f"tok_{NUMBER}"},
                {"token": f"tok_visa_{NUMBER}"},
                {"token": "tok_sandbox_unheard_of"},
                {"token": {"$ne": None}},
            ),
        )

    @pytest.fixture
    def provider(self, clock: Clock) -> Provider:
        return SandboxProvider(clock)

    @pytest.mark.django_db(transaction=True)
    def test_giving_up_and_charging_at_once_agree_on_one_outcome(
        self, gateway: Gateway, methods: Methods
    ) -> None:
        order = self.order(gateway, methods.accepted)
        results: list[ChargeResult] = at_once(
            16, lambda number: gateway.abandon(order) if number % 2 else gateway.charge(order)
        )
        assert set(results) == {gateway.find_charge(order)}


@pytest.fixture
def gateway(db: None) -> Gateway:
    return gateway_of(None)


def asked(**facts: Any) -> Order:
    """Fifty dollars."""
    defaults: dict[str, Any] = {
        "key": "k1",
        "amount": Decimal("50.00"),
        "currency": "USD",
        "method": {"token": TOKEN},
        "description": "Deposit",
    }
    return Order(**(defaults | facts))


def charge(gateway: Gateway, method: dict[str, Any], **changes: Any) -> ChargeResult:
    return gateway.charge(replace(asked(method=gateway.check_method(method)), **changes))


@pytest.mark.parametrize(
    ("method", "outcome", "brand", "last4"),
    [
        ({"number": NUMBER}, "succeeded", "Visa", "4242"),
        ({"number": "4000-0000-0000-0002"}, "card_declined", "Visa", "0002"),
        ({"number": "4000 0000 0000 9995"}, "insufficient_funds", "Visa", "9995"),
        ({"number": "5555555555554444"}, "succeeded", "Mastercard", "4444"),
        ({"number": "378282246310005"}, "succeeded", "American Express", "0005"),
        ({"number": "6011111111111117"}, "succeeded", "Discover", "1117"),
        ({"number": "3530111333300000"}, "succeeded", "Card", "0000"),
        ({"last4": "4242", "cardBrand": "Visa"}, "succeeded", "Visa", "4242"),
        ({"last4": "0002", "cardBrand": "Visa"}, "card_declined", "Visa", "0002"),
        ({"last4": "9995", "cardBrand": "Visa"}, "insufficient_funds", "Visa", "9995"),
        (
            {"last4": "1234", "cardBrand": "American Express"},
            "succeeded",
            "American Express",
            "1234",
        ),
        ({"last4": "1234", "cardBrand": " mastercard "}, "succeeded", "Mastercard", "1234"),
        ({"token": "tok_visa_4242"}, "succeeded", "Visa", "4242"),
        ({"token": "tok_visa_0002"}, "card_declined", "Visa", "0002"),
        ({"type": "apple-pay", "token": "tok_jcb_1234"}, "succeeded", "JCB", "1234"),
    ],
)
def test_each_test_card_has_its_outcome(
    gateway: Gateway, method: dict[str, Any], outcome: str, brand: str, last4: str
) -> None:
    result = charge(gateway, method)
    assert (result.failure_code or str(result.outcome), result.brand, result.last4) == (
        outcome,
        brand,
        last4,
    )


def test_the_declines_say_what_contract_2_says(gateway: Gateway) -> None:
    declined = charge(gateway, {"number": "4000000000000002"})
    assert declined.failure_message == "Your card was declined."
    poor = charge(gateway, {"last4": "9995", "cardBrand": "Visa"}, key="k2")
    assert poor.failure_message == "Your card has insufficient funds."


def test_what_the_contract_sends_is_stored_as_a_token(gateway: Gateway) -> None:
    sent = {"type": "credit-card", "last4": "4242", "cardBrand": "Visa"}
    assert gateway.check_method(sent) == {"type": "credit-card", "token": "tok_visa_4242"}


def test_only_the_token_is_kept_of_what_was_sent(gateway: Gateway) -> None:
    sent = {"number": NUMBER, "cvc": "123", "expiry": "12/30", "name": "Ada", "token": "tok_x"}
    assert gateway.check_method(sent) == {"type": "credit-card", "token": "tok_visa_4242"}
    charge(gateway, sent)
    assert NUMBER not in json.dumps(list(SandboxCharge.objects.values()), default=str)


def test_a_refused_number_is_not_repeated_in_the_refusal(gateway: Gateway) -> None:
    with pytest.raises(Invalid) as refusal:
        gateway.check_method({"number": "4242424242424241"})
    assert refusal.value.details == {
        "number": "This card number is not valid. Please check the digits."
    }


def test_a_charge_is_one_statement(gateway: Gateway) -> None:
    method = gateway.check_method({"token": "tok_visa_4242"})
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            gateway.charge(asked(method=method))
        assert len(queries) == 1


def test_a_key_that_is_used_for_another_amount_is_a_mistake_of_ours(gateway: Gateway) -> None:
    charge(gateway, {"number": NUMBER})
    with pytest.raises(ValueError, match="another amount"):
        charge(gateway, {"number": NUMBER}, amount=Decimal(60))
    with pytest.raises(ValueError, match="another amount"):
        charge(gateway, {"number": NUMBER}, currency="EUR")
    assert SandboxCharge.objects.get().minor_amount == 5000


def test_a_charge_that_arrives_after_it_was_given_up_takes_nothing(gateway: Gateway) -> None:
    given_up = gateway.abandon(asked())
    assert (given_up.outcome, given_up.failure_code) == (ChargeOutcome.DECLINED, NEVER_ARRIVED)
    assert charge(gateway, {"number": NUMBER}) == given_up
    assert gateway.find_charge(asked()) == given_up
    assert SandboxCharge.objects.get().minor_amount == 0


def test_the_slow_card_takes_as_long_as_the_setting_says(
    gateway: Gateway, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SANDBOX_DELAY = 7
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    result = charge(gateway, {"token": sandbox.SLOW})
    assert (slept, result.outcome) == ([7], ChargeOutcome.SUCCEEDED)


def test_the_card_that_was_closed_cannot_be_refunded(gateway: Gateway) -> None:
    taken = charge(gateway, {"token": sandbox.REFUND_FAILS})
    assert taken.outcome is ChargeOutcome.SUCCEEDED
    refund = gateway.refund(
        key="r1", charge_reference=taken.reference, amount=Decimal(1), currency="USD"
    )
    assert (refund.outcome, refund.message) == (RefundOutcome.FAILED, "The card was closed.")


def test_a_refund_in_another_currency_is_refused(gateway: Gateway) -> None:
    taken = charge(gateway, {"number": NUMBER})
    refund = gateway.refund(
        key="r1", charge_reference=taken.reference, amount=Decimal(1), currency="EUR"
    )
    assert refund.outcome is RefundOutcome.FAILED


def test_a_database_that_is_away_is_a_lost_answer(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = charge(gateway, {"number": NUMBER})

    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("the connection is closed")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", away)
        patch.setattr("django.db.transaction.atomic", away)
        results = [
            charge(gateway, {"number": NUMBER}),
            gateway.find_charge(asked()),
            gateway.abandon(asked()),
        ]
        refund = gateway.refund(
            key="r1", charge_reference=taken.reference, amount=Decimal(1), currency="USD"
        )
    assert results == [ChargeResult(ChargeOutcome.UNKNOWN)] * 3
    assert refund.outcome is RefundOutcome.UNKNOWN


@pytest.mark.parametrize("setting", [False, None])
def test_it_refuses_to_work_where_it_is_not_allowed(
    gateway: Gateway, settings: Settings, setting: bool | None
) -> None:
    if setting is None:
        del settings.SANDBOX_ENABLED
    else:
        settings.SANDBOX_ENABLED = setting
    with pytest.raises(ImproperlyConfigured, match="SANDBOX_ENABLED"):
        gateway.check_method({"number": NUMBER})
    with pytest.raises(ImproperlyConfigured, match="SANDBOX_ENABLED"):
        gateway.charge(asked())
    with pytest.raises(ImproperlyConfigured, match="SANDBOX_ENABLED"):
        gateway.find_charge(asked())
    with pytest.raises(ImproperlyConfigured, match="SANDBOX_ENABLED"):
        gateway.refund(key="r", charge_reference="ch", amount=Decimal(1), currency="USD")
    assert SandboxCharge.objects.count() == 0


@pytest.mark.parametrize(("allowed", "found"), [(True, ["payments.E001"]), (False, [])])
def test_a_deployment_that_allows_it_fails_the_system_check(
    settings: Settings, allowed: bool, found: list[str]
) -> None:
    settings.SANDBOX_ENABLED = allowed
    errors = checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True)
    assert [error.id for error in errors if str(error.id).startswith("payments.")] == found


def test_a_restaurant_without_an_account_is_paid_through_it() -> None:
    assert gateway_of(None) is gateway_of(None)
    assert gateway_of(None).name == "sandbox"


@pytest.mark.django_db
def test_a_gateway_nobody_knows_is_named_in_the_error() -> None:
    with pytest.raises(LookupError, match="'paypall'"):
        gateway_of(None, "paypall")
    with pytest.raises(LookupError, match="no provider account 7"):
        gateway_of(7)


def test_a_card_that_is_declined_only_later_is_saved_first(gateway: Gateway) -> None:
    for token, code in (
        (sandbox.FEE_DECLINED, "insufficient_funds"),
        (sandbox.FEE_NEEDS_OWNER, "authentication_required"),
    ):
        saved = charge(gateway, {"token": token}, key=token, taking=Taking.CARD)
        assert saved.outcome is ChargeOutcome.SAVED
        fee = gateway.charge(asked(key=f"fee:{code}", method=saved.saved, off_session=True))
        assert (fee.outcome, fee.failure_code) == (ChargeOutcome.DECLINED, code)


def test_money_that_is_gone_when_it_is_to_be_taken(gateway: Gateway) -> None:
    held = charge(gateway, {"token": sandbox.CAPTURE_FAILS}, taking=Taking.HOLD)
    assert held.outcome is ChargeOutcome.AUTHORIZED
    taken = gateway.capture(key="c", reference=held.reference, amount=Decimal(5), currency="USD")
    assert (taken.outcome, taken.failure_code) == (ChargeOutcome.DECLINED, "not_set_aside")


def test_a_refund_that_takes_its_time_is_done_the_second_time(gateway: Gateway) -> None:
    taken = charge(gateway, {"token": sandbox.REFUND_PENDING})
    asked_for: dict[str, Any] = {"amount": Decimal(50), "currency": "USD"}
    outcomes = [
        gateway.refund(key="r", charge_reference=taken.reference, **asked_for).outcome
        for _ in range(3)
    ]
    assert outcomes == [RefundOutcome.PENDING, RefundOutcome.SUCCEEDED, RefundOutcome.SUCCEEDED]


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_message_from_another_time_is_refused(
    gateway: Gateway, clock: Clock, seconds: int
) -> None:
    body, headers = notices.make("charge.updated", "ch_sandbox_k1")
    clock.advance(seconds=seconds)
    with pytest.raises(BadSignature, match="too old"):
        gateway.read_notice(body, headers, url="")


def test_a_success_without_a_reference_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="never be refunded"):
        ChargeResult(ChargeOutcome.SUCCEEDED)
