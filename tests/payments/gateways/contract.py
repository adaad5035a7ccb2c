"""What every gateway promises. A gateway's tests inherit this and say how to provoke each case."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.utils.module_loading import import_string

from core import clock
from core.errors import Invalid
from payments.gateways.base import (
    SECURED,
    BadSignature,
    ChargeOutcome,
    ChargeResult,
    Gateway,
    Order,
    RefundOutcome,
    RefundResult,
    Taking,
)
from payments.gateways.registry import GATEWAYS
from tests.payments.rows import at_once

Method = Mapping[str, Any]
Delivery = tuple[bytes, dict[str, str], str]
"""Body, headers and public address of a message from a provider."""

NOTHING_TAKEN = frozenset({ChargeOutcome.DECLINED, ChargeOutcome.VOIDED})


@dataclass(frozen=True)
class Methods:
    """Payment methods as a caller sends them, by what the provider does with them."""

    accepted: Method
    """Goes through; where owners always have to approve, after :meth:`Provider.approve`."""
    declined: Method
    malformed: tuple[Any, ...]
    asks: Method | None = None
    """Its owner has to approve each charge; None where there is no such thing."""
    lost_answer: Method | None = None
    """Where a method scripts what otherwise :meth:`Provider.losing_answers` does."""
    never_arrives: Method | None = None
    """The same for :meth:`Provider.unreachable`."""


class Provider:
    """The other side, as far as a test pulls its strings."""

    def losing_answers(self) -> AbstractContextManager[None]:
        """What is asked meanwhile is done, and nobody hears of it."""
        return nullcontext()

    def unreachable(self) -> AbstractContextManager[None]:
        """What is asked meanwhile never arrives."""
        return nullcontext()

    def approve(self, order: Order, result: ChargeResult) -> None:
        """The owner of the card does what ``result.action`` asks."""
        raise NotImplementedError

    def refuse(self, order: Order, result: ChargeResult) -> None:
        """Tries and fails: the bank says no."""
        raise NotImplementedError

    def notice(self, reference: str) -> Delivery:
        """A signed message about a charge."""
        raise NotImplementedError

    def contest(self, reference: str) -> str:
        """The owner contests a charge; the provider's id of the dispute."""
        raise NotImplementedError

    def let_run_out(self, reference: str) -> None:
        """What is set aside goes back by itself."""
        raise NotImplementedError

    def violations(self) -> list[Any]:
        """Requests that the provider's own schema objects to."""
        return []


@pytest.mark.django_db
class GatewayContract:
    """Inherit as ``TestTheGateway(GatewayContract)``."""

    good_amounts: ClassVar[tuple[tuple[str, str], ...]] = (("500", "JPY"), ("5.120", "KWD"))
    """Besides dollars: what this provider takes in currencies without two decimals."""

    @abstractmethod
    @pytest.fixture
    def gateway(self) -> Gateway:
        """The gateway, ready to be asked."""

    @abstractmethod
    @pytest.fixture
    def methods(self) -> Methods:
        """How to provoke each case."""

    @pytest.fixture
    def provider(self) -> Provider:
        """The other side; the tests of one gateway say how its strings are pulled."""
        return Provider()

    @pytest.fixture(autouse=True)
    def _judged(self, provider: Provider) -> Any:
        yield
        assert provider.violations() == []

    def order(
        self, gateway: Gateway, method: Method, key: str = "k1", amount: str = "50.00", **more: Any
    ) -> Order:
        """What is asked for; ``more`` are fields of :class:`Order`."""
        facts: dict[str, Any] = {
            "key": key,
            "amount": Decimal(amount),
            "currency": "USD",
            "method": gateway.check_method(method),
            "description": "Deposit for hold_1",
            "purpose": "hold_1",
            "return_url": "https://couvert.test/hold/hold_1/",
            "begun_at": clock.now(),
        }
        return Order(**(facts | more))

    def secure(
        self, gateway: Gateway, provider: Provider, order: Order, *, willing: bool = True
    ) -> ChargeResult:
        """Charge, and let the owner approve (or fail to) if the provider asks for that."""
        result = gateway.charge(order)
        if result.outcome is not ChargeOutcome.ACTION_REQUIRED:
            return result
        (provider.approve if willing else provider.refuse)(order, result)
        resumed = gateway.resume(replace(order, reference=result.reference))
        assert resumed is not None
        return resumed

    def refund(self, gateway: Gateway, charge: ChargeResult, key: str, amount: str) -> RefundResult:
        """Give back dollars."""
        return gateway.refund(
            key=key, charge_reference=charge.reference, amount=Decimal(amount), currency="USD"
        )

    def hold(
        self, gateway: Gateway, provider: Provider, methods: Methods
    ) -> tuple[Order, ChargeResult]:
        """Fifty dollars that are set aside."""
        needs(gateway, Taking.HOLD)
        order = self.order(gateway, methods.accepted, taking=Taking.HOLD)
        return order, self.secure(gateway, provider, order)

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
        asks = [
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
        fee = replace(
            order, key="fee", method={"saved": saved.saved}, taking=Taking.CHARGE, off_session=True
        )
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
        fee = replace(
            order, key="fee", method={"saved": saved.saved}, taking=Taking.CHARGE, off_session=True
        )
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

    def delivery(self, provider: Provider, charge: ChargeResult) -> Delivery:
        """A message about ``charge``; skips where the provider sends none."""
        try:
            return provider.notice(charge.reference)
        except NotImplementedError:
            pytest.skip("it sends no messages")

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


def needs(gateway: Gateway, taking: Taking) -> None:
    """Skip what a provider cannot do at all."""
    if taking not in gateway.takes:
        pytest.skip(f"{gateway.name} does not know {taking}")


def asking(methods: Methods) -> Method:
    """A method whose owner has to approve; skips where there is none."""
    if methods.asks is None:
        pytest.skip("it never asks a card's owner")
    return methods.asks
