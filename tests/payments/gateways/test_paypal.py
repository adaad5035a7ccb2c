from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from core import clock
from core.errors import Invalid
from payments.gateways.base import (
    NEVER_ARRIVED,
    ChargeOutcome,
    ChargeResult,
    Gateway,
    Order,
    ProviderRefused,
    RefundOutcome,
    Taking,
)
from payments.gateways.paypal import PayPalGateway, answers
from tests.payments.gateways import paypals_books as books
from tests.payments.gateways.contract import GatewayContract, Methods
from tests.payments.gateways.paypals_books import PayPalsBooks, make_gateway

METHOD = {"type": "paypal"}


@pytest.fixture
def provider(paypal: PayPalsBooks) -> PayPalsBooks:
    """PayPal, on the loopback."""
    return paypal


def make_order(**changes: Any) -> Order:
    """Fifty dollars at once."""
    facts: dict[str, Any] = {
        "key": "deposit:hold_1:0",
        "amount": Decimal("50.00"),
        "currency": "USD",
        "method": METHOD,
        "description": "Bistro, 2026-11-27",
        "purpose": "hold_1",
        "return_url": "https://couvert.test/hold/hold_1/",
        "begun_at": clock.now(),
    }
    return Order(**(facts | changes))


def approved(provider: PayPalsBooks, gateway: PayPalGateway, **changes: Any) -> Order:
    """An order its payer has approved."""
    order = make_order(**changes)
    asked = gateway.charge(order)
    provider.approve(order, asked)
    return replace(order, reference=asked.reference)


def paid(provider: PayPalsBooks, gateway: PayPalGateway, **changes: Any) -> ChargeResult:
    """What became of an approved order."""
    result = gateway.resume(approved(provider, gateway, **changes))
    assert result is not None
    return result


class TestPayPalGateway(GatewayContract):
    good_amounts = (("500", "JPY"), ("500", "HUF"), ("5.12", "EUR"))

    @pytest.fixture
    def provider(self, provider: PayPalsBooks) -> PayPalsBooks:
        return provider

    @pytest.fixture
    def gateway(self, provider: PayPalsBooks) -> Gateway:
        return make_gateway()

    @pytest.fixture
    def methods(self) -> Methods:
        return Methods(
            accepted={"type": "paypal", "number": "4242424242424242"},
            declined=METHOD,
            asks=METHOD,
            malformed=({}, None, [], {"type": "credit-card"}, {"number": "4242424242424242"}),
        )

    def secure(self, gateway: Any, provider: Any, order: Order, *, willing: bool = True) -> Any:
        """Nothing in the method says who will be refused: the payer is found out at PayPal."""
        willing = willing and "declined" not in order.key
        return super().secure(gateway, provider, order, willing=willing)

    def order(
        self, gateway: Gateway, method: Any, key: str = "k1", amount: str = "50.00", **more: Any
    ) -> Order:
        if method is METHOD and key in ("a", "k1", "k2"):
            key = f"declined-{key}"
        return super().order(gateway, method, key, amount, **more)

    def test_a_charge_succeeds_and_can_be_found(
        self, gateway: Gateway, provider: Any, methods: Methods
    ) -> None:
        """By its reference, at every stage. Without one there is nothing that could take money."""
        order = self.order(gateway, methods.accepted)
        asked = gateway.charge(order)
        assert gateway.find_charge(order) is None
        assert gateway.find_charge(replace(order, reference=asked.reference)) == asked
        result = self.secure(gateway, provider, order)
        assert result.outcome is ChargeOutcome.SUCCEEDED
        assert gateway.find_charge(replace(order, reference=asked.reference)) == result
        assert gateway.find_charge(replace(order, reference=result.reference)) == result

    def test_a_lost_answer_is_unknown_until_it_is_looked_for(
        self, gateway: Gateway, provider: Any, methods: Methods
    ) -> None:
        """Then it comes back with the place where it can be approved, and there is one order."""
        order = self.order(gateway, methods.accepted)
        with provider.losing_answers():
            assert gateway.charge(order).outcome is ChargeOutcome.UNKNOWN
        assert gateway.find_charge(order) is None
        found = gateway.resume(order)
        assert found is not None
        assert found.outcome is ChargeOutcome.ACTION_REQUIRED
        assert gateway.charge(order) == found
        assert len(provider.orders) == 1

    def test_abandoning_finds_a_charge_that_arrived_after_all(
        self, gateway: Gateway, provider: Any, methods: Methods
    ) -> None:
        order = self.order(gateway, methods.accepted)
        asked = gateway.charge(order)
        taken = self.secure(gateway, provider, order)
        assert gateway.abandon(replace(order, reference=asked.reference)) == taken
        assert gateway.abandon(replace(order, reference=taken.reference)) == taken


@pytest.mark.django_db
class TestWhatPayPalIsAsked:
    def test_an_order_names_the_booking_and_the_key(self, provider: PayPalsBooks) -> None:
        result = make_gateway().charge(make_order())
        (call,) = provider.judge.posts("/v2/checkout/orders")
        assert call.headers["PayPal-Request-Id"] == "deposit:hold_1:0"
        assert call.headers["Prefer"] == "return=representation"
        assert call.body == {
            "intent": "CAPTURE",
            "purchase_units": [
                {
                    "amount": {"currency_code": "USD", "value": "50.00"},
                    "invoice_id": "deposit:hold_1:0",
                    "description": "Bistro, 2026-11-27",
                    "custom_id": "hold_1",
                }
            ],
            "payment_source": {
                "paypal": {
                    "experience_context": {
                        "user_action": "PAY_NOW",
                        "shipping_preference": "NO_SHIPPING",
                        "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",
                        "return_url": "https://couvert.test/hold/hold_1/",
                        "cancel_url": "https://couvert.test/hold/hold_1/",
                    }
                }
            },
        }
        assert result.reference.startswith("order:")

    def test_a_refund_that_is_known_is_never_made_again(self, provider: PayPalsBooks) -> None:
        gateway = make_gateway()
        again: dict[str, Any] = {
            "key": "r",
            "charge_reference": paid(provider, gateway).reference,
            "amount": Decimal(10),
            "currency": "USD",
        }
        first = gateway.refund(**again)
        # After 45 days its key is forgotten.
        provider._by_key.clear()
        assert gateway.refund(**again, reference=first.reference).reference == first.reference

    def test_every_request_that_moves_money_carries_a_key(self, provider: PayPalsBooks) -> None:
        gateway = make_gateway()
        taken = paid(provider, gateway)
        money: dict[str, Any] = {"amount": Decimal(10), "currency": "USD"}
        gateway.refund(key="r1", charge_reference=taken.reference, **money)
        held = paid(provider, gateway, key="hold", taking=Taking.HOLD)
        provider.grow_old(held.reference, 5)
        gateway.capture(key="c1", reference=held.reference, **money)
        posts = [
            call
            for call in provider.judge.calls
            if call.method == "POST" and call.route != "/v1/oauth2/token"
        ]
        assert len(posts) == 7
        keys = [call.headers["PayPal-Request-Id"] for call in posts]
        assert len(set(keys)) == 7
        assert all(len(key) <= 45 for key in keys)

    def test_an_approved_order_is_captured_once_by_whoever_resumes_it(
        self, provider: PayPalsBooks
    ) -> None:
        gateway = make_gateway()
        order = approved(provider, gateway)
        with provider.judge.losing_answers():
            lost = gateway.resume(order)
        assert lost is not None
        assert lost.outcome is ChargeOutcome.UNKNOWN
        first, second = gateway.resume(order), gateway.resume(order)
        assert first == second
        assert first is not None
        assert first.outcome is ChargeOutcome.SUCCEEDED
        assert list(provider.captures) == [first.reference]

    def test_two_who_capture_at_once_hear_of_one_capture(self, provider: PayPalsBooks) -> None:
        gateway = make_gateway()
        order = approved(provider, gateway)
        taken = gateway.resume(order)
        # Our look at the order was from before the other one's capture.
        number = order.reference.removeprefix("order:")
        provider._by_key.clear()
        assert gateway._take(order) == taken
        assert provider.orders[number]["status"] == "COMPLETED"
        assert len(provider.captures) == 1

    def test_finding_takes_nothing(self, provider: PayPalsBooks) -> None:
        gateway = make_gateway()
        found = gateway.find_charge(approved(provider, gateway))
        assert found is not None
        assert found.outcome is ChargeOutcome.ACTION_REQUIRED
        assert provider.captures == {}

    def test_an_order_that_was_called_off_is_taken_by_nobody(self, provider: PayPalsBooks) -> None:
        gateway = make_gateway()
        order = approved(provider, gateway)
        assert gateway.abandon(order).failure_code == NEVER_ARRIVED
        late, raced = gateway.resume(order), gateway._take(order)
        assert late is not None
        assert (late.outcome, raced.outcome) == (ChargeOutcome.DECLINED, ChargeOutcome.DECLINED)
        assert provider.captures == {}

    def test_a_decline_cannot_be_approved_afterwards(self, provider: PayPalsBooks) -> None:
        gateway = make_gateway()
        order = make_order()
        asked = gateway.charge(order)
        provider.refuse(order, asked)
        order = replace(order, reference=asked.reference)
        declined = gateway.resume(order)
        assert declined is not None
        assert declined.failure_code == "instrument_declined"
        provider._broke.clear()
        gateway.resume(order)
        assert provider.captures == {}

    def test_a_payment_under_review_stays_open_under_its_order(
        self, provider: PayPalsBooks
    ) -> None:
        provider.capture_status = "PENDING"
        gateway = make_gateway()
        order = approved(provider, gateway)
        waiting = gateway.resume(order)
        assert waiting is not None
        assert (waiting.outcome, waiting.reference) == (ChargeOutcome.UNKNOWN, order.reference)
        next(iter(provider.captures.values()))["status"] = "COMPLETED"
        unit = provider.orders[order.reference.removeprefix("order:")]["purchase_units"][0]
        unit["payments"]["captures"] = list(provider.captures.values())
        done = gateway.resume(order)
        assert done is not None
        assert done.outcome is ChargeOutcome.SUCCEEDED

    def test_an_order_paypal_has_forgotten_was_not_approved_in_time(
        self, provider: PayPalsBooks
    ) -> None:
        gateway = make_gateway()
        order = approved(provider, gateway)
        provider.orders.clear()
        result = gateway.resume(order)
        assert result is not None
        assert result.outcome is ChargeOutcome.DECLINED
        assert result.failure_message.endswith("You were not charged.")

    def test_a_hold_is_authorized_and_stays_for_29_days(self, provider: PayPalsBooks) -> None:
        held = paid(provider, make_gateway(), taking=Taking.HOLD)
        assert held.reference.startswith("auth:")
        assert held.capture_before is not None
        assert held.capture_before - clock.now() > dt.timedelta(days=28)

    @pytest.mark.parametrize(("days", "renewals"), [(2, 0), (4, 1)])
    def test_a_hold_is_asked_for_again_from_the_fourth_day(
        self, provider: PayPalsBooks, days: int, renewals: int
    ) -> None:
        gateway = make_gateway()
        held = paid(provider, gateway, taking=Taking.HOLD)
        provider.grow_old(held.reference, days)
        money: dict[str, Any] = {"amount": Decimal(20), "currency": "USD"}
        first = gateway.capture(key="c", reference=held.reference, **money)
        assert first.outcome is ChargeOutcome.SUCCEEDED
        assert gateway.capture(key="c", reference=held.reference, **money) == first
        assert len(provider.authorizations) == 1 + renewals
        assert len(provider.captures) == 1

    def test_cards_on_file_need_another_provider(self, provider: PayPalsBooks) -> None:
        gateway = make_gateway()
        assert Taking.CARD not in gateway.takes
        result = gateway.charge(make_order(taking=Taking.CARD))
        assert (result.outcome, result.failure_code) == (ChargeOutcome.DECLINED, "not_offered")
        assert provider.orders == {}

    @pytest.mark.parametrize("status", ["PENDING", "COMPLETED"])
    def test_a_refund_that_is_pending_is_looked_at_again(
        self, provider: PayPalsBooks, status: str
    ) -> None:
        provider.refund_status = status
        gateway = make_gateway()
        taken = paid(provider, gateway)
        result = gateway.refund(
            key="r", charge_reference=taken.reference, amount=Decimal(10), currency="USD"
        )
        assert result.outcome is RefundOutcome.SUCCEEDED

    def test_only_what_was_taken_can_be_refunded(self, provider: PayPalsBooks) -> None:
        gateway = make_gateway()
        for reference in ("order:5O1", "auth:0A1"):
            result = gateway.refund(
                key="r", charge_reference=reference, amount=Decimal(10), currency="USD"
            )
            assert result.outcome is RefundOutcome.FAILED
        assert provider.judge.calls == []


@pytest.mark.django_db
class TestAmounts:
    @pytest.mark.parametrize(
        ("amount", "currency", "value"),
        [
            ("50", "USD", "50.00"),
            ("0.05", "GBP", "0.05"),
            ("500", "JPY", "500"),
            ("500", "HUF", "500"),
            ("500.00", "TWD", "500"),
        ],
    )
    def test_they_are_written_with_the_decimals_paypal_takes(
        self, provider: PayPalsBooks, amount: str, currency: str, value: str
    ) -> None:
        make_gateway().charge(make_order(amount=Decimal(amount), currency=currency))
        (call,) = provider.judge.posts("/v2/checkout/orders")
        said = call.body["purchase_units"][0]["amount"]
        assert said == {"currency_code": currency, "value": value}

    @pytest.mark.parametrize(
        ("amount", "currency"), [("500.50", "HUF"), ("500.50", "TWD"), ("5", "KWD"), ("500", "ISK")]
    )
    def test_others_never_leave_the_house(
        self, provider: PayPalsBooks, amount: str, currency: str
    ) -> None:
        with pytest.raises(ValueError, match="not an amount that PayPal can move"):
            make_gateway().charge(make_order(amount=Decimal(amount), currency=currency))
        assert provider.judge.calls == []

    def test_they_are_read_back_exactly(self) -> None:
        assert answers.minor_of({"currency_code": "USD", "value": "-0.07"}) == (7, "USD")
        assert answers.minor_of({"currency_code": "JPY", "value": "500"}) == (500, "JPY")
        assert answers.minor_of({"currency_code": "HUF", "value": "500"}) == (50000, "HUF")


@pytest.mark.django_db
class TestWhatGoesWrong:
    @pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503])
    def test_an_answer_that_decides_nothing_is_unknown(
        self, provider: PayPalsBooks, status: int
    ) -> None:
        gateway = make_gateway()
        with provider.judge.answering(status, {"name": "INTERNAL_SERVER_ERROR"}):
            assert gateway.charge(make_order()).outcome is ChargeOutcome.UNKNOWN
        assert len(provider.judge.posts("/v2/checkout/orders")) == 1

    @pytest.mark.parametrize("issue", ["DUPLICATE_INVOICE_ID", "ORDER_COMPLETION_IN_PROGRESS"])
    def test_having_asked_before_is_unknown(self, provider: PayPalsBooks, issue: str) -> None:
        gateway = make_gateway()
        order = approved(provider, gateway)
        with provider.judge.answering(*books.refusal(422, issue)):
            result = gateway.resume(order)
        assert result is not None
        assert result.outcome is ChargeOutcome.UNKNOWN

    def test_nobody_listening_is_unknown(self, provider: PayPalsBooks) -> None:
        gateway = make_gateway()
        order = approved(provider, gateway)
        provider.judge.close()
        result = make_gateway().resume(order)
        assert result is not None
        assert result.outcome is ChargeOutcome.UNKNOWN

    @pytest.mark.parametrize(("issue", "sentence"), sorted(answers.DECLINES.items()))
    def test_every_refusal_of_a_payer_is_a_decline(
        self, provider: PayPalsBooks, issue: str, sentence: str
    ) -> None:
        gateway = make_gateway()
        order = approved(provider, gateway)
        with provider.judge.answering(*books.refusal(422, issue)):
            result = gateway.resume(order)
        assert result is not None
        assert result.outcome is ChargeOutcome.DECLINED
        assert (result.failure_code, result.failure_message) == (issue.lower(), str(sentence))

    @pytest.mark.parametrize("status", [400, 403, 422])
    def test_a_mistake_of_ours_is_no_decline_and_names_nobody(
        self, provider: PayPalsBooks, status: int
    ) -> None:
        gateway = make_gateway()
        with (
            provider.judge.answering(*books.refusal(status, "PAYEE_ACCOUNT_RESTRICTED")),
            pytest.raises(ProviderRefused) as refused,
        ):
            gateway.charge(make_order())
        assert str(refused.value) == f"PayPal: {status} PAYEE_ACCOUNT_RESTRICTED"

    def test_an_account_that_is_not_filled_in_is_not_used(self, settings: Settings) -> None:
        for gap in ("client_id", "client_secret"):
            with pytest.raises(ImproperlyConfigured):
                make_gateway(**{gap: ""}).charge(make_order())

    def test_a_method_of_another_provider_is_refused(self, settings: Settings) -> None:
        with pytest.raises(Invalid, match="is paid through PayPal"):
            make_gateway().check_method({"type": "credit-card", "token": "tok_visa_4242"})
