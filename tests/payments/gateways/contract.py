"""What every gateway promises. A gateway's tests inherit this and say how to provoke each case."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from core.errors import Invalid
from payments.gateways.base import (
    ChargeOutcome,
    ChargeResult,
    Gateway,
    RefundOutcome,
    RefundResult,
)
from payments.gateways.registry import gateway_named
from tests.payments.rows import at_once

Method = Mapping[str, Any]


@dataclass(frozen=True)
class Methods:
    """Payment methods as a caller sends them, by what the provider does with them."""

    accepted: Method
    declined: Method
    lost_answer: Method
    never_arrives: Method
    malformed: tuple[Any, ...]


@pytest.mark.django_db
class GatewayContract:
    """Inherit as ``TestTheGateway(GatewayContract)``."""

    @abstractmethod
    @pytest.fixture
    def gateway(self) -> Gateway:
        """The gateway, ready to be asked."""

    @abstractmethod
    @pytest.fixture
    def methods(self) -> Methods:
        """How to provoke each case."""

    def charge(
        self, gateway: Gateway, method: Method, key: str = "k1", amount: str = "50.00", **more: Any
    ) -> ChargeResult:
        return gateway.charge(
            key=key,
            amount=Decimal(amount),
            currency=more.get("currency", "USD"),
            method=gateway.check_method(method),
            description="Deposit for hold_1",
        )

    def refund(self, gateway: Gateway, charge: ChargeResult, key: str, amount: str) -> RefundResult:
        return gateway.refund(
            key=key, charge_reference=charge.reference, amount=Decimal(amount), currency="USD"
        )

    def test_it_is_registered_under_its_name(self, gateway: Gateway) -> None:
        assert type(gateway_named(gateway.name)) is type(gateway)

    def test_a_usable_method_is_stored_as_json_without_a_card_number(
        self, gateway: Gateway, methods: Methods
    ) -> None:
        stored = gateway.check_method(methods.accepted)
        assert json.loads(json.dumps(stored)) == stored
        assert not re.search(r"\d{12}", json.dumps(stored))

    def test_a_stored_method_is_still_usable(self, gateway: Gateway, methods: Methods) -> None:
        stored = gateway.check_method(methods.accepted)
        assert gateway.check_method(stored) == stored

    def test_an_unusable_method_is_refused_with_a_sentence(
        self, gateway: Gateway, methods: Methods
    ) -> None:
        for method in methods.malformed:
            with pytest.raises(Invalid) as refusal:
                gateway.check_method(method)
            assert re.fullmatch(r"[A-Z][^\n]+\.", refusal.value.text)
            assert not re.search(r"\d{12}", repr(refusal.value.details) + refusal.value.text)

    def test_a_charge_succeeds_and_can_be_found(self, gateway: Gateway, methods: Methods) -> None:
        result = self.charge(gateway, methods.accepted)
        assert result.outcome is ChargeOutcome.SUCCEEDED
        assert result.reference
        assert re.fullmatch(r"\d{4}", result.last4)
        assert gateway.find_charge("k1") == result

    def test_a_decline_has_a_code_and_a_sentence_for_the_guest(
        self, gateway: Gateway, methods: Methods
    ) -> None:
        result = self.charge(gateway, methods.declined)
        assert result.outcome is ChargeOutcome.DECLINED
        assert re.fullmatch(r"[a-z_]+", result.failure_code)
        assert re.fullmatch(r"[A-Z].+\.", result.failure_message)
        assert gateway.find_charge("k1") == result

    def test_the_first_outcome_of_a_key_stays(self, gateway: Gateway, methods: Methods) -> None:
        declined = self.charge(gateway, methods.declined, key="a")
        accepted = self.charge(gateway, methods.accepted, key="b")
        assert self.charge(gateway, methods.accepted, key="a") == declined
        assert self.charge(gateway, methods.declined, key="b") == accepted

    def test_a_lost_answer_is_unknown_until_it_is_looked_for(
        self, gateway: Gateway, methods: Methods
    ) -> None:
        assert self.charge(gateway, methods.lost_answer).outcome is ChargeOutcome.UNKNOWN
        found = gateway.find_charge("k1")
        assert found is not None
        assert found.outcome is ChargeOutcome.SUCCEEDED

    def test_a_request_that_never_arrived_is_unknown_and_cannot_be_found(
        self, gateway: Gateway, methods: Methods
    ) -> None:
        assert self.charge(gateway, methods.never_arrives).outcome is ChargeOutcome.UNKNOWN
        assert gateway.find_charge("k1") is None
        assert gateway.abandon("k1").outcome is ChargeOutcome.DECLINED

    def test_abandoning_finds_a_charge_that_arrived_after_all(
        self, gateway: Gateway, methods: Methods
    ) -> None:
        self.charge(gateway, methods.lost_answer)
        assert gateway.abandon("k1") == gateway.find_charge("k1")
        assert gateway.abandon("k1").outcome is ChargeOutcome.SUCCEEDED

    @pytest.mark.parametrize(("amount", "currency"), [("500", "JPY"), ("5.125", "KWD")])
    def test_amounts_are_what_the_currency_can_express(
        self, gateway: Gateway, methods: Methods, amount: str, currency: str
    ) -> None:
        result = self.charge(gateway, methods.accepted, amount=amount, currency=currency)
        assert result.outcome is ChargeOutcome.SUCCEEDED

    @pytest.mark.parametrize(
        ("amount", "currency"), [("0", "USD"), ("-1", "USD"), ("5.001", "USD"), ("0.5", "JPY")]
    )
    def test_other_amounts_never_leave_the_house(
        self, gateway: Gateway, methods: Methods, amount: str, currency: str
    ) -> None:
        with pytest.raises(ValueError, match="not an amount"):
            self.charge(gateway, methods.accepted, amount=amount, currency=currency)
        assert gateway.find_charge("k1") is None

    def test_it_is_never_asked_inside_a_transaction(
        self, gateway: Gateway, methods: Methods
    ) -> None:
        taken = self.charge(gateway, methods.accepted, key="before")
        with transaction.atomic():
            with pytest.raises(RuntimeError, match="inside a transaction"):
                self.charge(gateway, methods.accepted)
            with pytest.raises(RuntimeError, match="inside a transaction"):
                gateway.find_charge("k1")
            with pytest.raises(RuntimeError, match="inside a transaction"):
                gateway.abandon("k1")
            with pytest.raises(RuntimeError, match="inside a transaction"):
                self.refund(gateway, taken, "r1", "1.00")
        assert gateway.find_charge("k1") is None

    def test_partial_refunds_add_up_to_the_charge_and_no_further(
        self, gateway: Gateway, methods: Methods
    ) -> None:
        charge = self.charge(gateway, methods.accepted)
        first = self.refund(gateway, charge, "r1", "30.00")
        assert first.outcome in (RefundOutcome.SUCCEEDED, RefundOutcome.PENDING)
        assert first.reference
        assert self.refund(gateway, charge, "r2", "20.01").outcome is RefundOutcome.FAILED
        assert self.refund(gateway, charge, "r3", "20.00").outcome is first.outcome

    def test_the_same_refund_key_gives_back_once(self, gateway: Gateway, methods: Methods) -> None:
        charge = self.charge(gateway, methods.accepted)
        first = self.refund(gateway, charge, "r1", "30.00")
        assert self.refund(gateway, charge, "r1", "30.00") == first
        rest = self.refund(gateway, charge, "r2", "20.00")
        assert rest.outcome is first.outcome
        assert rest.reference != first.reference

    def test_a_charge_that_did_not_happen_cannot_be_refunded(
        self, gateway: Gateway, methods: Methods
    ) -> None:
        declined = self.charge(gateway, methods.declined)
        assert self.refund(gateway, declined, "r1", "1.00").outcome is RefundOutcome.FAILED
        nothing = ChargeResult(ChargeOutcome.SUCCEEDED, "ch_nobody_knows")
        assert self.refund(gateway, nothing, "r2", "1.00").outcome is RefundOutcome.FAILED

    @pytest.mark.django_db(transaction=True)
    def test_sixteen_requests_with_one_key_are_one_charge(
        self, gateway: Gateway, methods: Methods
    ) -> None:
        results = at_once(16, lambda _: self.charge(gateway, methods.accepted))
        assert {result.outcome for result in results} == {ChargeOutcome.SUCCEEDED}
        assert set(results) == {gateway.find_charge("k1")}
        # The money was taken once: all of it can go back, and no more.
        assert self.refund(gateway, results[0], "r1", "50.00").outcome is not RefundOutcome.FAILED
        assert self.refund(gateway, results[0], "r2", "0.01").outcome is RefundOutcome.FAILED
