from __future__ import annotations

import json
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
    ChargeOutcome,
    ChargeResult,
    Gateway,
    RefundOutcome,
)
from payments.gateways.registry import GATEWAYS, gateway_for, gateway_named
from payments.models import SandboxCharge
from restaurants.models import Restaurant
from tests.payments.gateways.contract import GatewayContract, Methods
from tests.payments.rows import at_once

NUMBER = "4242424242424242"
TOKEN = "tok_visa_4242"


class TestSandboxGateway(GatewayContract):
    @pytest.fixture
    def gateway(self) -> Gateway:
        return sandbox.SandboxGateway()

    @pytest.fixture
    def methods(self) -> Methods:
        return Methods(
            accepted={"type": "credit-card", "number": "4242 4242 4242 4242"},
            declined={"type": "credit-card", "number": "4000000000000002"},
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

    @pytest.mark.django_db(transaction=True)
    def test_giving_up_and_charging_at_once_agree_on_one_outcome(
        self, gateway: Gateway, methods: Methods
    ) -> None:
        results: list[ChargeResult] = at_once(
            16,
            lambda number: (
                gateway.abandon("k1") if number % 2 else self.charge(gateway, methods.accepted)
            ),
        )
        assert set(results) == {gateway.find_charge("k1")}


@pytest.fixture
def gateway(db: None) -> Gateway:
    return gateway_named("sandbox")


def charge(gateway: Gateway, method: dict[str, Any], **changes: Any) -> ChargeResult:
    facts: dict[str, Any] = {
        "key": "k1",
        "amount": Decimal("50.00"),
        "currency": "USD",
        "description": "Deposit",
    }
    return gateway.charge(**(facts | {"method": gateway.check_method(method)} | changes))


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
            gateway.charge(
                key="k1", amount=Decimal(50), currency="USD", method=method, description=""
            )
        assert len(queries) == 1


def test_a_key_that_is_used_for_another_amount_is_a_mistake_of_ours(gateway: Gateway) -> None:
    charge(gateway, {"number": NUMBER})
    with pytest.raises(ValueError, match="another amount"):
        charge(gateway, {"number": NUMBER}, amount=Decimal(60))
    with pytest.raises(ValueError, match="another amount"):
        charge(gateway, {"number": NUMBER}, currency="EUR")
    assert SandboxCharge.objects.get().minor_amount == 5000


def test_a_charge_that_arrives_after_it_was_given_up_takes_nothing(gateway: Gateway) -> None:
    given_up = gateway.abandon("k1")
    assert (given_up.outcome, given_up.failure_code) == (ChargeOutcome.DECLINED, NEVER_ARRIVED)
    assert charge(gateway, {"number": NUMBER}) == given_up
    assert gateway.find_charge("k1") == given_up
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
            gateway.find_charge("k1"),
            gateway.abandon("k1"),
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
        gateway.charge(
            key="k1", amount=Decimal(50), currency="USD", method={"token": TOKEN}, description=""
        )
    with pytest.raises(ImproperlyConfigured, match="SANDBOX_ENABLED"):
        gateway.find_charge("k1")
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


def test_every_restaurant_is_paid_through_it_so_far(restaurant: Restaurant) -> None:
    assert gateway_for(restaurant) is gateway_named("sandbox")
    assert list(GATEWAYS) == ["sandbox"]


def test_a_gateway_nobody_knows_is_named_in_the_error() -> None:
    with pytest.raises(LookupError, match="'paypall'"):
        gateway_named("paypall")


def test_a_success_without_a_reference_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="never be refunded"):
        ChargeResult(ChargeOutcome.SUCCEEDED)
