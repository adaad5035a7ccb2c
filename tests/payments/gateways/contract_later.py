"""What every gateway promises of holds, saved cards, refunds, its books and its messages."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core import clock
from payments.gateways.base import (
    BadSignature,
    ChargeOutcome,
    ChargeResult,
    Gateway,
    RefundOutcome,
    Taking,
)
from tests.payments.gateways.case import GatewayCase, Methods, Provider, needs


class LaterContract(GatewayCase):
    """Part of :class:`tests.payments.gateways.contract.GatewayContract`."""

    # --- what is set aside ----------------------------------------------------------------------

    def test_a_hold_takes_nothing_until_it_is_captured(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        order, held = self.hold(gateway, provider, methods)
        assert held.outcome is ChargeOutcome.AUTHORIZED
        assert held.capture_before is None or held.capture_before > clock.now()
        assert gateway.find_charge(replace(order, reference=held.reference)) == held
        assert self.refund(gateway, held, "r0", "1.00").outcome is RefundOutcome.FAILED

    @pytest.mark.parametrize("amount", ["50.00", "20.00"])
    def test_a_hold_is_captured_in_full_or_in_part_once(
        self, gateway: Gateway, provider: Provider, methods: Methods, amount: str
    ) -> None:
        _, held = self.hold(gateway, provider, methods)
        money: dict[str, Any] = {"amount": Decimal(amount), "currency": "USD"}
        taken = gateway.capture(key="c1", reference=held.reference, **money)
        assert taken.outcome is ChargeOutcome.SUCCEEDED
        again = gateway.capture(key="c1", reference=held.reference, **money)
        assert (again.outcome, again.reference) == (ChargeOutcome.SUCCEEDED, taken.reference)
        assert self.refund(gateway, taken, "r1", amount).outcome is not RefundOutcome.FAILED
        assert self.refund(gateway, taken, "r2", "0.01").outcome is RefundOutcome.FAILED

    def test_a_capture_whose_answer_is_lost_is_found_done(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        _, held = self.hold(gateway, provider, methods)
        money: dict[str, Any] = {"amount": Decimal(30), "currency": "USD"}
        with provider.losing_answers():
            gateway.capture(key="c1", reference=held.reference, **money)
        again = gateway.capture(key="c1", reference=held.reference, **money)
        assert again.outcome is ChargeOutcome.SUCCEEDED

    def test_a_hold_is_let_go_once_and_then_not_captured(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        _, held = self.hold(gateway, provider, methods)
        for _ in range(2):
            assert gateway.void(key="v1", reference=held.reference).outcome is ChargeOutcome.VOIDED
        late = gateway.capture(
            key="c1", reference=held.reference, amount=Decimal(50), currency="USD"
        )
        assert late.outcome is ChargeOutcome.DECLINED

    def test_what_was_captured_is_not_let_go(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        _, held = self.hold(gateway, provider, methods)
        gateway.capture(key="c1", reference=held.reference, amount=Decimal(50), currency="USD")
        assert gateway.void(key="v1", reference=held.reference).outcome is ChargeOutcome.SUCCEEDED

    def test_a_hold_that_ran_out_is_not_captured(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        _, held = self.hold(gateway, provider, methods)
        try:
            provider.let_run_out(held.reference)
        except NotImplementedError:
            pytest.skip("its holds do not run out")
        late = gateway.capture(
            key="c1", reference=held.reference, amount=Decimal(50), currency="USD"
        )
        assert late.outcome is ChargeOutcome.DECLINED
        assert gateway.void(key="v1", reference=held.reference).outcome is ChargeOutcome.VOIDED

    # --- cards on file --------------------------------------------------------------------------

    def test_a_saved_card_is_charged_later_without_its_owner(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        needs(gateway, Taking.CARD)
        order = self.order(gateway, methods.accepted, taking=Taking.CARD)
        saved = self.secure(gateway, provider, order)
        assert saved.outcome is ChargeOutcome.SAVED
        assert json.loads(json.dumps(saved.saved)) == saved.saved
        assert gateway.find_charge(replace(order, reference=saved.reference)) == saved
        fee = replace(order, key="fee", method=saved.saved, taking=Taking.CHARGE, off_session=True)
        for _ in range(2):
            taken = gateway.charge(fee)
            assert taken.outcome is ChargeOutcome.SUCCEEDED
        assert gateway.find_charge(fee) == taken

    def test_a_saved_card_is_forgotten_once(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        needs(gateway, Taking.CARD)
        order = self.order(gateway, methods.accepted, taking=Taking.CARD)
        saved = self.secure(gateway, provider, order)
        for _ in range(2):
            assert gateway.void(key="v1", reference=saved.reference).outcome is ChargeOutcome.VOIDED
        fee = replace(order, key="fee", method=saved.saved, taking=Taking.CHARGE, off_session=True)
        assert gateway.charge(fee).outcome is ChargeOutcome.DECLINED

    # --- refunds --------------------------------------------------------------------------------

    def test_partial_refunds_add_up_to_the_charge_and_no_further(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        charge = self.secure(gateway, provider, self.order(gateway, methods.accepted))
        first = self.refund(gateway, charge, "r1", "30.00")
        assert first.outcome in (RefundOutcome.SUCCEEDED, RefundOutcome.PENDING)
        assert first.reference
        assert self.refund(gateway, charge, "r2", "20.01").outcome is RefundOutcome.FAILED
        assert self.refund(gateway, charge, "r3", "20.00").outcome is first.outcome

    def test_the_same_refund_key_gives_back_once(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        charge = self.secure(gateway, provider, self.order(gateway, methods.accepted))
        first = self.refund(gateway, charge, "r1", "30.00")
        assert self.refund(gateway, charge, "r1", "30.00") == first
        rest = self.refund(gateway, charge, "r2", "20.00")
        assert rest.outcome is first.outcome
        assert rest.reference != first.reference

    def test_a_refund_whose_answer_is_lost_gives_back_once(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        charge = self.secure(gateway, provider, self.order(gateway, methods.accepted))
        with provider.losing_answers():
            self.refund(gateway, charge, "r1", "30.00")
        assert self.refund(gateway, charge, "r1", "30.00").outcome is not RefundOutcome.FAILED
        assert self.refund(gateway, charge, "r2", "20.01").outcome is RefundOutcome.FAILED

    def test_a_charge_that_did_not_happen_cannot_be_refunded(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        declined = self.secure(gateway, provider, self.order(gateway, methods.declined))
        if declined.reference:
            assert self.refund(gateway, declined, "r1", "1.00").outcome is RefundOutcome.FAILED
        nothing = ChargeResult(ChargeOutcome.SUCCEEDED, "ch_nobody_knows")
        assert self.refund(gateway, nothing, "r2", "1.00").outcome is RefundOutcome.FAILED

    # --- the provider's books and messages ------------------------------------------------------

    def test_its_books_show_what_moved_and_for_what(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        since = clock.now().replace(year=2000)
        until = clock.now().replace(year=2100)
        assert list(gateway.movements(since, until)) == []
        charge = self.secure(gateway, provider, self.order(gateway, methods.accepted))
        self.secure(gateway, provider, self.order(gateway, methods.declined, key="k2"))
        back = self.refund(gateway, charge, "r1", "30.00")
        lines = {line.kind: line for line in gateway.movements(since, until)}
        assert sorted(lines) == ["charge", "refund"]
        taken, returned = lines["charge"], lines["refund"]
        assert (taken.reference, taken.minor, taken.currency, taken.purpose) == (
            charge.reference,
            5000,
            "USD",
            "hold_1",
        )
        assert (returned.reference, returned.minor, returned.currency) == (
            back.reference,
            3000,
            "USD",
        )
        assert list(gateway.movements(since, since.replace(year=2001))) == []

    def test_a_signed_message_names_what_it_is_about(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        charge = self.secure(gateway, provider, self.order(gateway, methods.accepted))
        body, headers, url = self.delivery(provider, charge)
        notice = gateway.read_notice(body, headers, url=url)
        assert charge.reference in notice.references
        assert notice.event_id
        assert notice.type
        assert gateway.read_notice(body, headers, url=url) == notice

    def test_a_message_with_one_bit_changed_is_refused(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        charge = self.secure(gateway, provider, self.order(gateway, methods.accepted))
        body, headers, url = self.delivery(provider, charge)
        for place in range(0, len(body), 7):
            forged = bytearray(body)
            forged[place] ^= 1
            with pytest.raises(BadSignature):
                gateway.read_notice(bytes(forged), headers, url=url)
        for forgery in (b"", b"{}", body + b" "):
            with pytest.raises(BadSignature):
                gateway.read_notice(forgery, headers, url=url)
        with pytest.raises(BadSignature):
            gateway.read_notice(body, {}, url=url)

    def test_a_contested_charge_is_told_of(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> None:
        charge = self.secure(gateway, provider, self.order(gateway, methods.accepted))
        try:
            reference = provider.contest(charge.reference)
        except NotImplementedError:
            pytest.skip("its charges are not contested")
        dispute = gateway.find_dispute(reference)
        assert dispute is not None
        assert (dispute.reference, dispute.charge_reference) == (reference, charge.reference)
        assert dispute.status in ("needs_response", "under_review", "won", "lost")
        assert (dispute.minor, dispute.currency) == (5000, "USD")
