from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from core import clock
from payments.gateways.base import (
    NEVER_ARRIVED,
    BadSignature,
    ChargeOutcome,
    Gateway,
    Order,
    ProviderRefused,
    RefundOutcome,
    Taking,
)
from payments.gateways.square import SquareGateway, answers
from payments.gateways.square.answers import Refusal
from tests.payments.gateways import squares_books as books
from tests.payments.gateways.contract import GatewayContract, Methods
from tests.payments.gateways.squares_books import SquaresBooks


@pytest.fixture
def provider(square: SquaresBooks) -> SquaresBooks:
    """Square, on the loopback."""
    return square


def make_gateway(**changes: Any) -> SquareGateway:
    """The restaurant's side of the account."""
    facts: dict[str, Any] = {
        "application_id": books.APPLICATION,
        "location_id": books.LOCATION,
        "access_token": books.TOKEN,
        "signature_keys": [books.SIGNATURE_KEY],
        "is_test": True,
    }
    return SquareGateway(**(facts | changes))


def make_order(**changes: Any) -> Order:
    """Fifty dollars at once."""
    facts: dict[str, Any] = {
        "key": "deposit:hold_1:0",
        "amount": Decimal("50.00"),
        "currency": "USD",
        "method": {"token": books.GOOD},
        "description": "Bistro, 2026-11-27",
        "purpose": "hold_1",
        "begun_at": clock.now(),
    }
    return Order(**(facts | changes))


class TestSquareGateway(GatewayContract):
    @pytest.fixture
    def provider(self, provider: SquaresBooks) -> SquaresBooks:
        return provider

    @pytest.fixture
    def gateway(self, provider: SquaresBooks) -> Gateway:
        return make_gateway()

    @pytest.fixture
    def methods(self) -> Methods:
        return Methods(
            accepted={"token": books.GOOD, "type": "credit-card"},
            declined={"token": books.DECLINED},
            malformed=(
                {},
                None,
                [books.GOOD],
                {"token": ""},
                {"token": 42},
                {"token": "4242424242424242"},
                {"token": "cnon:4242 4242 4242 4242"},
                {"token": f"cnon:{'x' * 200}"},
                {"token": "ccof:somebodys-card"},
                {"card": "ccof:somebodys-card", "customer": "CUST1"},
                {"number": "4242424242424242"},
            ),
        )

    def test_a_charge_that_was_given_up_takes_nothing_when_it_arrives(
        self, gateway: Gateway, provider: Any, methods: Methods
    ) -> None:
        """Square cancels what is there, but cannot be told to refuse a key in advance: a request
        that spends a quarter of an hour on its way is taken, and the books show it."""
        order = self.order(gateway, methods.accepted)
        assert gateway.abandon(order).failure_code == NEVER_ARRIVED
        late = gateway.charge(order)
        assert late.outcome is ChargeOutcome.SUCCEEDED
        assert gateway.find_charge(order) == late


@pytest.mark.django_db
class TestWhatSquareIsAsked:
    def test_a_charge_names_the_booking_and_the_key(self, provider: SquaresBooks) -> None:
        make_gateway().charge(make_order())
        (call,) = provider.judge.posts("/v2/payments")
        assert call.body == {
            "source_id": books.GOOD,
            "idempotency_key": "deposit:hold_1:0",
            "amount_money": {"amount": 5000, "currency": "USD"},
            "location_id": books.LOCATION,
            "reference_id": "hold_1",
            "note": "Bistro, 2026-11-27 [deposit:hold_1:0]",
        }
        assert call.headers["Square-Version"] == "2026-09-16"

    def test_a_hold_is_not_completed_and_goes_back_by_itself(self, provider: SquaresBooks) -> None:
        held = make_gateway().charge(make_order(taking=Taking.HOLD))
        (call,) = provider.judge.posts("/v2/payments")
        assert (call.body["autocomplete"], call.body["delay_action"]) == (False, "CANCEL")
        assert held.capture_before is not None
        assert held.capture_before - clock.now() > dt.timedelta(days=6, hours=23)

    def test_less_than_what_is_held_is_captured_by_changing_the_amount_first(
        self, provider: SquaresBooks
    ) -> None:
        gateway = make_gateway()
        held = gateway.charge(make_order(taking=Taking.HOLD))
        gateway.capture(key="c", reference=held.reference, amount=Decimal(20), currency="USD")
        (change,) = [call for call in provider.judge.calls if call.method == "PUT"]
        assert change.body == {
            "idempotency_key": "c",
            "payment": {"amount_money": {"amount": 2000, "currency": "USD"}},
        }
        assert provider.payments[held.reference]["amount_money"]["amount"] == 2000

    def test_a_card_is_saved_for_a_nameless_customer_of_its_own(
        self, provider: SquaresBooks
    ) -> None:
        gateway = make_gateway()
        saved = gateway.charge(make_order(taking=Taking.CARD))
        (customer,) = provider.judge.posts("/v2/customers")
        assert set(customer.body) == {"idempotency_key", "company_name", "reference_id", "note"}
        assert len(customer.body["idempotency_key"]) <= 45
        assert saved.saved == {"card": saved.reference, "customer": "CUST1"}
        assert gateway.void(key="v", reference=saved.reference).outcome is ChargeOutcome.VOIDED
        assert provider.customers == {}

    def test_a_fee_says_that_its_owner_is_not_there(self, provider: SquaresBooks) -> None:
        gateway = make_gateway()
        saved = gateway.charge(make_order(taking=Taking.CARD))
        gateway.charge(make_order(key="fee", method=saved.saved, off_session=True))
        (call,) = provider.judge.posts("/v2/payments")
        assert call.body["source_id"] == saved.reference
        assert call.body["customer_id"] == "CUST1"
        assert call.body["customer_details"] == {
            "customer_initiated": False,
            "seller_keyed_in": False,
        }

    @pytest.mark.parametrize(
        ("amount", "currency", "minor"), [("500", "JPY", 500), ("5.00", "GBP", 500)]
    )
    def test_amounts_are_integers_of_the_smallest_unit(
        self, provider: SquaresBooks, amount: str, currency: str, minor: int
    ) -> None:
        make_gateway().charge(make_order(amount=Decimal(amount), currency=currency))
        (call,) = provider.judge.posts("/v2/payments")
        assert call.body["amount_money"] == {"amount": minor, "currency": currency}

    def test_a_payment_is_found_by_its_key_among_others(self, provider: SquaresBooks) -> None:
        gateway = make_gateway()
        orders = [make_order(key=f"deposit:hold_1:{n}") for n in range(5)]
        results = [gateway.charge(order) for order in orders]
        assert [gateway.find_charge(order) for order in orders] == results

    def test_giving_up_cancels_by_key(self, provider: SquaresBooks) -> None:
        gateway = make_gateway()
        assert gateway.abandon(make_order()).failure_code == "never_arrived"
        (call,) = provider.judge.posts("/v2/payments/cancel")
        assert call.body == {"idempotency_key": "deposit:hold_1:0"}

    def test_a_key_used_for_another_card_keeps_its_first_outcome(
        self, provider: SquaresBooks
    ) -> None:
        gateway = make_gateway()
        first = gateway.charge(make_order())
        assert gateway.charge(make_order(method={"token": books.DECLINED})) == first

    def test_a_refund_that_is_pending_is_looked_at_again(self, provider: SquaresBooks) -> None:
        gateway = make_gateway()
        charge = gateway.charge(make_order())
        money: dict[str, Any] = {"amount": Decimal(10), "currency": "USD"}
        with provider.judge.losing_answers():
            lost = gateway.refund(key="r", charge_reference=charge.reference, **money)
        assert lost.outcome is RefundOutcome.UNKNOWN
        found = gateway.refund(key="r", charge_reference=charge.reference, **money)
        assert found.outcome is RefundOutcome.SUCCEEDED
        assert len(provider.refunds) == 1

    def test_a_refund_that_is_known_is_never_made_again(self, provider: SquaresBooks) -> None:
        gateway = make_gateway()
        charge = gateway.charge(make_order())
        again: dict[str, Any] = {
            "key": "r",
            "charge_reference": charge.reference,
            "amount": Decimal(10),
            "currency": "USD",
        }
        first = gateway.refund(**again)
        # Weeks later its key may be forgotten.
        provider._by_key.clear()
        assert gateway.refund(**again, reference=first.reference) == first
        assert len(provider.refunds) == 1

    @pytest.mark.parametrize("status", ["REJECTED", "FAILED"])
    def test_a_refund_that_square_refuses_later_has_failed(
        self, provider: SquaresBooks, status: str
    ) -> None:
        provider.refund_status = status
        gateway = make_gateway()
        charge = gateway.charge(make_order())
        result = gateway.refund(
            key="r", charge_reference=charge.reference, amount=Decimal(10), currency="USD"
        )
        assert (result.outcome, result.message) == (RefundOutcome.FAILED, f"Square: {status}")


@pytest.mark.django_db
class TestWhatGoesWrong:
    @pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
    def test_an_answer_that_decides_nothing_is_unknown(
        self, provider: SquaresBooks, status: int
    ) -> None:
        gateway = make_gateway()
        with provider.judge.answering(status, {"errors": [{"category": "API_ERROR", "code": "X"}]}):
            assert gateway.charge(make_order()).outcome is ChargeOutcome.UNKNOWN
        assert len(provider.judge.posts("/v2/payments")) == 1

    def test_a_temporary_trouble_of_the_card_network_is_unknown(
        self, provider: SquaresBooks
    ) -> None:
        status, body = books.error(400, "PAYMENT_METHOD_ERROR", "TEMPORARY_ERROR")
        with provider.judge.answering(status, body):
            assert make_gateway().charge(make_order()).outcome is ChargeOutcome.UNKNOWN

    def test_nobody_listening_is_unknown(self, provider: SquaresBooks) -> None:
        gateway = make_gateway()
        provider.judge.close()
        assert gateway.charge(make_order()).outcome is ChargeOutcome.UNKNOWN
        found = gateway.find_charge(make_order())
        assert found is not None
        assert found.outcome is ChargeOutcome.UNKNOWN

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_revoked_token_is_an_error_without_anything_secret(
        self, provider: SquaresBooks, status: int
    ) -> None:
        _, body = books.error(status, "AUTHENTICATION_ERROR", "ACCESS_TOKEN_REVOKED")
        body["errors"][0]["detail"] = "token of amelia@example.com"
        with (
            provider.judge.answering(status, body),
            pytest.raises(ProviderRefused) as refusal,
        ):
            make_gateway().charge(make_order())
        assert str(refusal.value) == f"Square: {status} AUTHENTICATION_ERROR ACCESS_TOKEN_REVOKED"
        assert refusal.value.__cause__ is None

    def test_a_mistake_of_ours_is_not_a_decline(self, provider: SquaresBooks) -> None:
        status, body = books.error(400, "INVALID_REQUEST_ERROR", "INVALID_LOCATION")
        with provider.judge.answering(status, body), pytest.raises(ProviderRefused):
            make_gateway().charge(make_order())

    @pytest.mark.parametrize(
        ("code", "sentence"),
        [
            ("INSUFFICIENT_FUNDS", "Your card has insufficient funds."),
            ("CARD_EXPIRED", "The card has expired, or its expiry date is not right."),
            ("SOMETHING_NEW", "Your card was declined. Please try another card."),
        ],
    )
    def test_a_decline_tells_the_guest_why(
        self, provider: SquaresBooks, code: str, sentence: str
    ) -> None:
        status, body = books.error(402, "PAYMENT_METHOD_ERROR", code)
        with provider.judge.answering(status, body):
            result = make_gateway().charge(make_order())
        assert result.outcome is ChargeOutcome.DECLINED
        assert (result.failure_code, result.failure_message) == (code.lower(), sentence)

    @pytest.mark.parametrize("code", ["CARD_TOKEN_EXPIRED", "CARD_TOKEN_USED", "NOT_FOUND"])
    def test_a_spent_token_asks_for_the_card_again(self, provider: SquaresBooks, code: str) -> None:
        status, body = books.error(400, "INVALID_REQUEST_ERROR", code)
        with provider.judge.answering(status, body):
            result = make_gateway().charge(make_order())
        assert result.outcome is ChargeOutcome.DECLINED
        assert result.failure_message.endswith("Please enter your card again.")

    def test_a_refund_under_way_is_asked_about_again(self, provider: SquaresBooks) -> None:
        gateway = make_gateway()
        charge = gateway.charge(make_order())
        status, body = books.error(400, "REFUND_ERROR", "REFUND_ALREADY_PENDING")
        with provider.judge.answering(status, body):
            result = gateway.refund(
                key="r", charge_reference=charge.reference, amount=Decimal(10), currency="USD"
            )
        assert result.outcome is RefundOutcome.UNKNOWN

    def test_an_account_that_is_not_filled_in_is_not_used(self, settings: Settings) -> None:
        for gap in ("application_id", "location_id", "access_token"):
            with pytest.raises(ImproperlyConfigured):
                make_gateway(**{gap: ""}).charge(make_order())


VECTOR = {
    "body": (
        '{"merchant_id":"MLEFBHHSJGVHD","type":"webhooks.test_notification",'
        '"event_id":"ac3ac95b-f97d-458c-a6e6-18981597e05f",'
        '"created_at":"2022-07-13T20:30:59.037339943Z",'
        '"data":{"type":"webhooks","id":"bc368e64-01aa-407e-b46e-3231809b1129"}}'
    ),
    "signature": "GF4YkrJgGBDZ9NIYbNXBnMzqb2HoL4RW/S6vkZ9/2N4=",
    "key": "Ibxx_5AKakO-3qeNVR61Dw",
    "url": "https://webhook.site/679a4f3a-dcfa-49ee-bac5-9d0edad886b9",
}
"""A real delivery, from the tests of Square's own Python library (MIT)."""


def read_vector(gateway: SquareGateway, **changes: Any) -> Any:
    """Reads it, with one thing changed."""
    given = VECTOR | changes
    headers = {"x-square-hmacsha256-signature": given["signature"]}
    body = given["body"]
    return gateway.read_notice(
        body if isinstance(body, bytes) else body.encode(), headers, url=given["url"]
    )


@pytest.mark.django_db
class TestMessages:
    def test_a_real_delivery_is_read(self) -> None:
        notice = read_vector(make_gateway())
        assert notice.event_id == "ac3ac95b-f97d-458c-a6e6-18981597e05f"
        assert notice.type == "webhooks.test_notification"
        assert notice.references == ("bc368e64-01aa-407e-b46e-3231809b1129",)
        assert notice.occurred_at == dt.datetime(2022, 7, 13, 20, 30, 59, 37339, dt.UTC)

    def test_every_bit_counts(self) -> None:
        gateway = make_gateway()
        for part in ("body", "signature", "url"):
            for place in range(len(VECTOR[part])):
                forged = bytearray(VECTOR[part].encode())
                forged[place] ^= 1
                changed = bytes(forged) if part == "body" else forged.decode()
                with pytest.raises(BadSignature):
                    read_vector(gateway, **{part: changed})

    @pytest.mark.parametrize("keys", [[], [""], ["another"]])
    def test_without_the_right_key_nothing_is_believed(self, keys: list[str]) -> None:
        with pytest.raises(BadSignature):
            read_vector(make_gateway(signature_keys=keys))

    def test_an_old_key_counts_until_it_is_taken_away(self) -> None:
        gateway = make_gateway(signature_keys=["new", VECTOR["key"]])
        assert read_vector(gateway).type == "webhooks.test_notification"

    def test_a_message_about_a_refund_names_its_payment(self, provider: SquaresBooks) -> None:
        body, headers, url = provider.signed(
            {
                "type": "refund.updated",
                "event_id": "e1",
                "created_at": "2026-11-20T20:27:35Z",
                "data": {"id": "r1", "object": {"refund": {"id": "r1", "payment_id": "p1"}}},
            }
        )
        assert make_gateway().read_notice(body, headers, url=url).references == ("r1", "p1")

    def test_a_message_about_a_dispute_names_its_payment(self, provider: SquaresBooks) -> None:
        dispute = {"id": "d1", "disputed_payment": {"payment_id": "p1"}}
        body, headers, url = provider.signed(
            {
                "type": "dispute.created",
                "event_id": "e1",
                "data": {"id": "d1", "object": {"dispute": dispute}},
            }
        )
        notice = make_gateway().read_notice(body, headers, url=url)
        assert (notice.references, notice.occurred_at) == (("d1", "p1"), None)

    @pytest.mark.parametrize(
        "event", [[], {}, {"event_id": "e"}, {"event_id": "e", "type": "t", "data": "x"}]
    )
    def test_a_signed_message_that_says_nothing_is_refused(
        self, provider: SquaresBooks, event: Any
    ) -> None:
        body, headers, url = provider.signed(event)
        with pytest.raises(BadSignature):
            make_gateway().read_notice(body, headers, url=url)


class TestWords:
    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("COMPLETED", ChargeOutcome.SUCCEEDED),
            ("APPROVED", ChargeOutcome.AUTHORIZED),
            ("PENDING", ChargeOutcome.UNKNOWN),
            ("CANCELED", ChargeOutcome.VOIDED),
            ("FAILED", ChargeOutcome.DECLINED),
            ("SOMETHING_NEW", ChargeOutcome.UNKNOWN),
        ],
    )
    def test_every_status_of_a_payment(self, status: str, outcome: ChargeOutcome) -> None:
        assert answers.charge_of({"id": "p1", "status": status}).outcome is outcome

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("COMPLETED", RefundOutcome.SUCCEEDED),
            ("PENDING", RefundOutcome.PENDING),
            ("APPROVED", RefundOutcome.PENDING),
            ("REJECTED", RefundOutcome.FAILED),
            ("FAILED", RefundOutcome.FAILED),
            ("SOMETHING_NEW", RefundOutcome.UNKNOWN),
        ],
    )
    def test_every_status_of_a_refund(self, status: str, outcome: RefundOutcome) -> None:
        assert answers.refund_of({"id": "r1", "status": status}).outcome is outcome

    @pytest.mark.parametrize(
        ("state", "status"),
        [
            ("INQUIRY_EVIDENCE_REQUIRED", "needs_response"),
            ("EVIDENCE_REQUIRED", "needs_response"),
            ("INQUIRY_PROCESSING", "under_review"),
            ("PROCESSING", "under_review"),
            ("INQUIRY_CLOSED", "won"),
            ("WON", "won"),
            ("LOST", "lost"),
            ("ACCEPTED", "lost"),
            ("SOMETHING_NEW", "needs_response"),
        ],
    )
    def test_every_state_of_a_dispute(self, state: str, status: str) -> None:
        assert answers.dispute_of({"id": "d1", "state": state}).status == status

    def test_every_sentence_is_whole(self) -> None:
        for text in answers.DECLINES.values():
            assert str(text)[0].isupper()
            assert str(text).endswith(".")

    def test_what_is_kept_names_nobody(self) -> None:
        payment = {
            "id": "p1",
            "status": "COMPLETED",
            "buyer_email_address": "amelia@example.com",
            "billing_address": {"first_name": "Amelia"},
            "customer_id": "CUST1",
            "card_details": {"card": books.CARD | books.PERSONAL, "something_new": "x"},
        }
        assert answers.charge_of(payment).raw == {
            "id": "p1",
            "status": "COMPLETED",
            "card_details": {"card": {"card_brand": "VISA", "last_4": "5858"}},
        }

    def test_what_failed_keeps_its_payment(self) -> None:
        failed = {"id": "p1", "card_details": {"errors": [{"code": "CVV_FAILURE"}]}}
        result = answers.declined(Refusal(402, "PAYMENT_METHOD_ERROR", "CVV_FAILURE", failed))
        assert (result.reference, result.failure_code) == ("p1", "cvv_failure")

    def test_only_what_is_complete_and_dated_is_a_movement(self) -> None:
        row = {"id": "p1", "status": "COMPLETED", "amount_money": {"amount": 5, "currency": "USD"}}
        assert answers.movement_of("charge", row) is None
        dated = row | {"created_at": "2026-11-20T20:27:35Z"}
        line = answers.movement_of("charge", dated)
        assert line is not None
        assert (line.minor, line.purpose) == (5, "")
        assert answers.movement_of("charge", dated | {"status": "FAILED"}) is None

    def test_the_component_gets_public_values_only(self) -> None:
        given = make_gateway().guest_config()
        assert given == {
            "application_id": books.APPLICATION,
            "location_id": books.LOCATION,
            "script": "https://sandbox.web.squarecdn.com/v1/square.js",
        }
        live = make_gateway(is_test=False).guest_config()
        assert live["script"] == "https://web.squarecdn.com/v1/square.js"
        assert books.TOKEN not in json.dumps(given | live)
