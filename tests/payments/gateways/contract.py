"""What every gateway promises. A gateway's tests inherit this and say how to provoke each case."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils.module_loading import import_string

from core import clock
from core.errors import Invalid
from payments.gateways.base import (
    SECURED,
    ChargeOutcome,
    Gateway,
    RefundOutcome,
)
from payments.gateways.registry import GATEWAYS
from tests.payments.gateways.case import (
    NOTHING_TAKEN,
    Delivery,
    Method,
    Methods,
    Provider,
    asking,
    needs,
)
from tests.payments.gateways.contract_later import LaterContract
from tests.payments.rows import at_once

__all__ = ["Delivery", "GatewayContract", "Method", "Methods", "Provider", "needs"]


class GatewayContract(LaterContract):
    """Inherit as ``TestTheGateway(GatewayContract)``."""

    # --- what a caller sends --------------------------------------------------------------------

    def test_it_is_registered_under_its_name(self, gateway: Gateway) -> None:
        assert type(gateway) is import_string(GATEWAYS[gateway.name])

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

    def test_what_its_component_on_our_page_needs_is_text(self, gateway: Gateway) -> None:
        assert all(isinstance(value, str) for value in gateway.guest_config().values())

    # --- charges --------------------------------------------------------------------------------

    def test_a_charge_succeeds_and_can_be_found(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        order = self.order(gateway, methods.accepted)
        result = self.secure(gateway, provider, order)
        assert result.outcome is ChargeOutcome.SUCCEEDED
        assert result.reference
        assert not result.last4 or re.fullmatch(r"\d{4}", result.last4)
        assert gateway.find_charge(order) == result
        assert gateway.find_charge(replace(order, reference=result.reference)) == result

    def test_a_decline_has_a_code_and_a_sentence_for_the_guest(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        order = self.order(gateway, methods.declined)
        result = self.secure(gateway, provider, order)
        assert result.outcome is ChargeOutcome.DECLINED
        assert re.fullmatch(r"[A-Za-z0-9_]{1,40}", result.failure_code)
        assert re.fullmatch(r"[A-Z].+\.", result.failure_message)
        again = gateway.find_charge(replace(order, reference=result.reference))
        assert again is None or again.outcome in (*NOTHING_TAKEN, ChargeOutcome.ACTION_REQUIRED)

    def test_asked_again_it_says_what_happened_the_first_time(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        for key, method in (("a", methods.declined), ("b", methods.accepted)):
            order = self.order(gateway, method, key=key)
            first = self.secure(gateway, provider, order)
            again = gateway.charge(replace(order, reference=first.reference))
            assert again.outcome is first.outcome
            assert again.reference == first.reference

    def test_a_lost_answer_is_unknown_until_it_is_looked_for(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        order = self.order(gateway, methods.lost_answer or methods.accepted)
        with provider.losing_answers():
            assert gateway.charge(order).outcome is ChargeOutcome.UNKNOWN
        found = gateway.find_charge(order)
        assert found is not None
        if found.outcome is ChargeOutcome.ACTION_REQUIRED:
            provider.approve(order, found)
            found = gateway.resume(order)
        assert found is not None
        assert found.outcome is ChargeOutcome.SUCCEEDED

    def test_a_charge_is_repeated_after_a_lost_answer_and_happens_once(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        if methods.lost_answer:
            pytest.skip("its answers are lost by script, each time")
        order = self.order(gateway, methods.accepted)
        with provider.losing_answers():
            gateway.charge(order)
        result = self.secure(gateway, provider, order)
        assert result.outcome is ChargeOutcome.SUCCEEDED
        since = clock.now().replace(year=2000)
        moved = list(gateway.movements(since, clock.now().replace(year=2100)))
        assert [(line.kind, line.minor) for line in moved] == [("charge", 5000)]

    def test_a_request_that_never_arrived_is_unknown_and_can_be_given_up(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        order = self.order(gateway, methods.never_arrives or methods.accepted)
        with provider.unreachable():
            assert gateway.charge(order).outcome is ChargeOutcome.UNKNOWN
        assert gateway.find_charge(order) is None
        assert gateway.abandon(order).outcome in NOTHING_TAKEN
        assert gateway.abandon(order).outcome in NOTHING_TAKEN

    def test_abandoning_finds_a_charge_that_arrived_after_all(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        order = self.order(gateway, methods.accepted)
        taken = self.secure(gateway, provider, order)
        assert gateway.abandon(order) == taken
        assert gateway.abandon(replace(order, reference=taken.reference)) == taken

    def test_a_charge_that_was_given_up_takes_nothing_when_it_arrives(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        order = self.order(gateway, methods.accepted)
        gateway.abandon(order)
        result = gateway.charge(order)
        assert result.outcome in (*NOTHING_TAKEN, ChargeOutcome.ACTION_REQUIRED)

    def test_amounts_are_what_the_currency_can_express(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        for amount, currency in self.good_amounts:
            order = self.order(
                gateway, methods.accepted, key=f"k-{currency}", amount=amount, currency=currency
            )
            assert self.secure(gateway, provider, order).outcome is ChargeOutcome.SUCCEEDED

    @pytest.mark.parametrize(
        ("amount", "currency"), [("0", "USD"), ("-1", "USD"), ("5.001", "USD"), ("0.5", "JPY")]
    )
    def test_other_amounts_never_leave_the_house(
        self, gateway: Gateway, methods: Methods, amount: str, currency: str
    ) -> None:
        order = self.order(gateway, methods.accepted, amount=amount, currency=currency)
        with pytest.raises(ValueError, match="not an amount"):
            gateway.charge(order)
        assert gateway.find_charge(order) is None

    def test_it_is_never_asked_inside_a_transaction(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        taken = self.secure(gateway, provider, self.order(gateway, methods.accepted, key="before"))
        order = self.order(gateway, methods.accepted)
        money: dict[str, Any] = {"amount": Decimal(1), "currency": "USD"}
        asks: list[Callable[[], Any]] = [
            lambda: gateway.charge(order),
            lambda: gateway.find_charge(order),
            lambda: gateway.resume(order),
            lambda: gateway.abandon(order),
            lambda: gateway.capture(key="c", reference=taken.reference, **money),
            lambda: gateway.void(key="v", reference=taken.reference),
            lambda: self.refund(gateway, taken, "r1", "1.00"),
            lambda: gateway.find_dispute("nobody"),
            lambda: list(gateway.movements(clock.now(), clock.now())),
        ]
        with transaction.atomic():
            for ask in asks:
                with pytest.raises(RuntimeError, match="inside a transaction"):
                    ask()
        assert gateway.find_charge(order) is None

    @pytest.mark.django_db(transaction=True)
    def test_sixteen_requests_with_one_key_are_one_charge(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        order = self.order(gateway, methods.accepted)
        results = at_once(16, lambda _: gateway.charge(order))
        known = {result for result in results if result.outcome is not ChargeOutcome.UNKNOWN}
        assert len(known) == 1
        charge = self.secure(gateway, provider, order)
        assert charge.outcome is ChargeOutcome.SUCCEEDED
        # The money was taken once: all of it can go back, and no more.
        assert self.refund(gateway, charge, "r1", "50.00").outcome is not RefundOutcome.FAILED
        assert self.refund(gateway, charge, "r2", "0.01").outcome is RefundOutcome.FAILED

    # --- approval by the owner of the card ------------------------------------------------------

    def test_a_card_that_needs_approval_is_charged_after_it(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        order = self.order(gateway, asking(methods))
        asked = gateway.charge(order)
        assert asked.outcome is ChargeOutcome.ACTION_REQUIRED
        assert asked.action is not None
        assert asked.action.url or asked.action.client_secret
        waiting = gateway.resume(order)
        assert waiting is not None
        assert waiting.outcome is ChargeOutcome.ACTION_REQUIRED
        provider.approve(order, asked)
        paid = gateway.resume(replace(order, reference=asked.reference))
        assert paid is not None
        assert paid.outcome is ChargeOutcome.SUCCEEDED
        assert gateway.resume(replace(order, reference=paid.reference)) == paid

    def test_an_approval_that_fails_is_a_decline(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        order = self.order(gateway, asking(methods))
        refused = self.secure(gateway, provider, order, willing=False)
        assert refused.outcome is ChargeOutcome.DECLINED
        assert re.fullmatch(r"[A-Z].+\.", refused.failure_message)

    def test_an_approval_that_never_comes_is_called_off(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        order = self.order(gateway, asking(methods))
        asked = gateway.charge(order)
        given_up = replace(order, reference=asked.reference)
        assert gateway.abandon(given_up).outcome in NOTHING_TAKEN
        assert gateway.abandon(given_up).outcome in NOTHING_TAKEN
        late = gateway.resume(given_up)
        assert late is None or late.outcome in NOTHING_TAKEN

    # --- what is kept ---------------------------------------------------------------------------

    def test_the_answers_that_are_kept_hold_no_secret(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        charge = self.secure(gateway, provider, self.order(gateway, methods.accepted))
        kept = [charge.raw, self.refund(gateway, charge, "r1", "1.00").raw]
        if methods.asks is not None:
            kept.append(gateway.charge(self.order(gateway, methods.asks, key="k2")).raw)
        text = json.dumps([dict(raw) for raw in kept])
        assert not re.search(r"secret|email|billing|address|phone|\d{12}", text, re.IGNORECASE)
        assert charge.outcome in SECURED
