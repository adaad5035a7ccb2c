from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from cryptography.x509.verification import Store
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from core import clock, http
from core.errors import Invalid
from payments.gateways.base import (
    NEVER_ARRIVED,
    AnswerLost,
    BadSignature,
    ChargeOutcome,
    ChargeResult,
    Gateway,
    Order,
    ProviderRefused,
    RefundOutcome,
    Taking,
)
from payments.gateways.paypal import PayPalGateway, answers, notices
from payments.gateways.paypal.client import PayPalClient
from tests.payments.gateways import paypals_books as books
from tests.payments.gateways.contract import GatewayContract, Methods
from tests.payments.gateways.paypals_books import PayPalsBooks

METHOD = {"type": "paypal"}


@pytest.fixture
def provider(settings: Settings, served: dict[str, bytes]) -> Iterator[PayPalsBooks]:
    """PayPal, on the loopback."""
    account = PayPalsBooks()
    settings.PAYPAL_API_BASE = account.judge.url
    yield account
    # In the background: the server looks up from its work twice a second.
    threading.Thread(target=account.judge.close).start()
    assert account.violations() == []


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Address → certificates; only the root of the tests is trusted."""
    keys = books.keys()
    found = {books.CERTIFICATE: books.pem(keys.leaf, keys.between)}
    monkeypatch.setattr(http, "fetch", lambda url, **_: found.get(url))
    monkeypatch.setattr(notices, "roots", lambda: Store([keys.root]))
    return found


def make_gateway(**changes: Any) -> PayPalGateway:
    """The restaurant's side of the account."""
    facts: dict[str, Any] = {
        "client_id": books.CLIENT,
        "client_secret": books.SECRET,
        "webhook_id": books.WEBHOOK,
        "is_test": True,
    }
    return PayPalGateway(**(facts | changes))


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
        self, gateway: Gateway, provider: PayPalsBooks, methods: Methods
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
        self, gateway: Gateway, provider: PayPalsBooks, methods: Methods
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
        self, gateway: Gateway, provider: PayPalsBooks, methods: Methods
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
        with pytest.raises(ProviderRefused, match="keeps no cards"):
            gateway.charge(make_order(taking=Taking.CARD))
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


@pytest.mark.django_db
class TestTokens:
    def test_one_token_is_used_for_many_requests(self, provider: PayPalsBooks) -> None:
        gateway = make_gateway()
        for number in range(3):
            gateway.charge(make_order(key=f"k{number}"))
        assert provider.tokens_given == 1

    def test_a_token_that_was_taken_back_is_replaced_and_the_request_repeated_once(
        self, provider: PayPalsBooks
    ) -> None:
        gateway = make_gateway()
        gateway.charge(make_order())
        provider.token = "another"
        assert gateway.charge(make_order(key="k2")).outcome is ChargeOutcome.ACTION_REQUIRED
        assert provider.tokens_given == 2

    def test_a_token_is_replaced_before_it_ends(
        self, provider: PayPalsBooks, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = [1000.0]
        monkeypatch.setattr("payments.gateways.paypal.client.time.monotonic", lambda: now[0])
        client = PayPalClient(
            provider.judge.url, client_id=books.CLIENT, client_secret=books.SECRET
        )
        for seconds, given in ((0.0, 1), (31668 - 61, 1), (31668 - 59, 2)):
            now[0] = 1000.0 + seconds
            client.get("/v1/reporting/transactions", {})
            assert provider.tokens_given == given

    def test_wrong_credentials_are_an_error_without_them(self, provider: PayPalsBooks) -> None:
        with pytest.raises(ProviderRefused) as refused:
            make_gateway(client_secret="wrong").charge(make_order())
        assert str(refused.value) == "PayPal: 401 invalid_client"

    def test_a_key_that_is_refused_with_a_fresh_token_is_an_error(
        self, provider: PayPalsBooks
    ) -> None:
        with (
            provider.judge.answering(401, {"name": "AUTHENTICATION_FAILURE"}),
            pytest.raises(ProviderRefused),
        ):
            make_gateway().charge(make_order())
        assert provider.tokens_given == 2


VECTOR_BODY = (
    b'{"id":"WH-0G2756385H040842W-5Y612302CV158622M","create_time":"2015-05-18T15:45:13Z",'
    b'"resource_type":"sale","event_type":"PAYMENT.SALE.COMPLETED"}'
)
"""Ids of a real delivery of 2015, with the string PayPal's own library signs for it."""


@pytest.mark.django_db
class TestMessages:
    def test_the_signed_text_is_paypals(self) -> None:
        envelope = notices.Envelope(
            id="dfb3be50-fd74-11e4-8bf3-77339302725b",
            time="2015-05-18T15:45:13Z",
            signature="",
            certificate="",
            algorithm="",
        )
        assert notices.signed_text(envelope, "4JH86294D6297924G", VECTOR_BODY) == (
            "dfb3be50-fd74-11e4-8bf3-77339302725b|2015-05-18T15:45:13Z|4JH86294D6297924G|4174611423"
        )

    def test_a_message_is_verified_without_asking_anybody(self, provider: PayPalsBooks) -> None:
        body, headers, url = provider.signed(VECTOR_BODY)
        notice = make_gateway().read_notice(body, headers, url=url)
        assert notice.event_id == "WH-0G2756385H040842W-5Y612302CV158622M"
        assert notice.occurred_at == dt.datetime(2015, 5, 18, 15, 45, 13, tzinfo=dt.UTC)
        assert provider.judge.calls == []

    def test_every_bit_counts(self, provider: PayPalsBooks) -> None:
        provider.verdict = "SUCCESS"
        gateway = make_gateway()
        body, headers, url = provider.signed(VECTOR_BODY)
        for place in range(len(body)):
            forged = bytearray(body)
            forged[place] ^= 1
            with pytest.raises(BadSignature):
                gateway.read_notice(bytes(forged), headers, url=url)
        for name in ("Paypal-Transmission-Id", "Paypal-Transmission-Time"):
            for place in range(len(headers[name])):
                value = bytearray(headers[name].encode())
                value[place] ^= 1
                with pytest.raises(BadSignature):
                    gateway.read_notice(body, headers | {name: value.decode()}, url=url)
        assert provider.judge.calls == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"Paypal-Auth-Algo": "SHA1withRSA"},
            {"Paypal-Auth-Algo": ""},
            {"Paypal-Transmission-Sig": "not base64"},
            {"Paypal-Transmission-Sig": ""},
            {"Paypal-Transmission-Time": "yesterday"},
            {"Paypal-Cert-Url": ""},
        ],
    )
    def test_a_broken_envelope_is_refused(
        self, provider: PayPalsBooks, changes: dict[str, str]
    ) -> None:
        body, headers, url = provider.signed(VECTOR_BODY)
        with pytest.raises(BadSignature):
            make_gateway().read_notice(body, headers | changes, url=url)

    def test_a_message_to_another_webhook_is_refused(self, provider: PayPalsBooks) -> None:
        body, headers, url = provider.signed(VECTOR_BODY)
        for webhook in ("", "5JH86294D6297924G"):
            with pytest.raises(BadSignature):
                make_gateway(webhook_id=webhook).read_notice(body, headers, url=url)

    def test_a_message_from_last_month_is_a_replay(self, provider: PayPalsBooks) -> None:
        old = (clock.now() - dt.timedelta(days=8)).isoformat(timespec="seconds")
        body, headers, url = provider.signed(VECTOR_BODY, time=old)
        with pytest.raises(BadSignature):
            make_gateway().read_notice(body, headers, url=url)

    def test_a_signature_by_anybody_else_is_refused(self, provider: PayPalsBooks) -> None:
        provider.verdict = "SUCCESS"
        body, headers, url = provider.signed(VECTOR_BODY, key=books.keys().stranger)
        with pytest.raises(BadSignature):
            make_gateway().read_notice(body, headers, url=url)
        assert provider.questions == []

    @pytest.mark.parametrize(
        "url",
        [
            "http://api.paypal.com/v1/notifications/certs/CERT-1",
            "https://api.paypal.com.evil.test/v1/notifications/certs/CERT-1",
            "https://evilpaypal.com/v1/notifications/certs/CERT-1",
            "https://paypal.com@evil.test/v1/notifications/certs/CERT-1",
            "https://user@api.paypal.com/v1/notifications/certs/CERT-1",
            "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
            "https://api.paypal.com:x/v1/notifications/certs/CERT-1",
            "https://www.paypal.com/redirect?to=https://evil.test",
            "https://api.paypal.com/v1/notifications/certs/../../../evil",
            "https://api.paypal.com/v1/notifications/certs/CERT-1?x=1",
            "https://\u0430pi.paypal.com/v1/notifications/certs/CERT-1",
            "file:///v1/notifications/certs/CERT-1",
        ],
    )
    def test_a_certificate_from_anywhere_else_is_not_even_fetched(
        self, provider: PayPalsBooks, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        fetched: list[str] = []
        monkeypatch.setattr(http, "fetch", lambda url, **_: fetched.append(url))
        body, headers, hook = provider.signed(VECTOR_BODY)
        with pytest.raises(BadSignature):
            make_gateway().read_notice(body, headers | {"Paypal-Cert-Url": url}, url=hook)
        assert fetched == []

    def test_a_certificate_is_fetched_once(
        self, provider: PayPalsBooks, monkeypatch: pytest.MonkeyPatch, served: dict[str, bytes]
    ) -> None:
        fetched: list[str] = []

        def fetch(url: str, *, limit: int) -> bytes | None:
            fetched.append(url)
            return served.get(url)

        monkeypatch.setattr(http, "fetch", fetch)
        gateway = make_gateway()
        for _ in range(3):
            body, headers, url = provider.signed(VECTOR_BODY)
            gateway.read_notice(body, headers, url=url)
        assert fetched == [books.CERTIFICATE]

    @pytest.mark.parametrize("case", ["no issuer", "no certificate", "expired", "live", "garbage"])
    @pytest.mark.parametrize("verdict", ["SUCCESS", "FAILURE"])
    def test_where_the_chain_cannot_be_followed_paypal_is_asked(
        self, provider: PayPalsBooks, served: dict[str, bytes], case: str, verdict: str
    ) -> None:
        keys = books.keys()
        served[books.CERTIFICATE] = {
            "no issuer": books.pem(keys.leaf),
            "no certificate": b"",
            "expired": books.pem(keys.expired, keys.between),
            "live": books.pem(keys.live_leaf, keys.between),
            "garbage": b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----",
        }[case]
        provider.verdict = verdict
        body, headers, url = provider.signed(VECTOR_BODY)
        if verdict == "SUCCESS":
            assert make_gateway().read_notice(body, headers, url=url).event_id
        else:
            with pytest.raises(BadSignature):
                make_gateway().read_notice(body, headers, url=url)
        assert len(provider.questions) == 1

    def test_paypal_is_asked_about_the_very_bytes_that_came(
        self, provider: PayPalsBooks, served: dict[str, bytes]
    ) -> None:
        served.clear()
        provider.verdict = "SUCCESS"
        body = b'{"id":"WH-1",  "event_type":"X.Y","amount":1.10,"name":"\\u00e9","n":1e2}'
        body, headers, url = provider.signed(body)
        make_gateway().read_notice(body, headers, url=url)
        (question,) = provider.questions
        assert question.endswith(b', "webhook_event": ' + body + b"}")
        asked = json.loads(question)
        assert asked.pop("webhook_event") == json.loads(body)
        assert asked == {
            "auth_algo": "SHA256withRSA",
            "cert_url": books.CERTIFICATE,
            "transmission_id": headers["Paypal-Transmission-Id"],
            "transmission_sig": headers["Paypal-Transmission-Sig"],
            "transmission_time": headers["Paypal-Transmission-Time"],
            "webhook_id": books.WEBHOOK,
        }

    def test_paypal_not_answering_is_no_verdict(
        self, provider: PayPalsBooks, served: dict[str, bytes]
    ) -> None:
        served.clear()
        body, headers, url = provider.signed(VECTOR_BODY)
        with provider.judge.losing_answers(), pytest.raises(AnswerLost):
            make_gateway().read_notice(body, headers, url=url)

    @pytest.mark.parametrize("body", [b"", b"x", b"[]", b"{}", b'{"id": "WH-1"}', b"\xff"])
    def test_a_signed_message_that_says_nothing_is_refused(
        self, provider: PayPalsBooks, body: bytes
    ) -> None:
        body, headers, url = provider.signed(body)
        with pytest.raises(BadSignature):
            make_gateway().read_notice(body, headers, url=url)

    def test_two_events_in_one_body_are_not_spliced(
        self, provider: PayPalsBooks, served: dict[str, bytes]
    ) -> None:
        served.clear()
        provider.verdict = "SUCCESS"
        body, headers, url = provider.signed(VECTOR_BODY + b', "webhook_id": "X"')
        with pytest.raises(BadSignature):
            make_gateway().read_notice(body, headers, url=url)
        assert provider.questions == []


RELATED = {"related_ids": {"order_id": "O1", "authorization_id": "A1", "capture_id": "C1"}}
UP = [{"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/C9"}]


class TestWords:
    @pytest.mark.parametrize(
        ("kind", "resource", "references"),
        [
            ("CHECKOUT.ORDER.APPROVED", {"id": "O1"}, ("order:O1",)),
            ("PAYMENT.AUTHORIZATION.VOIDED", {"id": "A1"}, ("auth:A1",)),
            (
                "PAYMENT.CAPTURE.COMPLETED",
                {"id": "C9", "supplementary_data": RELATED},
                ("C9", "order:O1", "auth:A1", "C1"),
            ),
            ("PAYMENT.CAPTURE.REFUNDED", {"id": "R1", "links": UP}, ("R1", "C9")),
            (
                "CUSTOMER.DISPUTE.CREATED",
                {
                    "dispute_id": "PP-D-1",
                    "disputed_transactions": [{"seller_transaction_id": "C1"}],
                },
                ("PP-D-1", "C1"),
            ),
            ("SOMETHING.NEW", "a text", ()),
            ("SOMETHING.NEW", {"links": "x", "supplementary_data": []}, ()),
        ],
    )
    def test_what_a_message_is_about(
        self, kind: str, resource: Any, references: tuple[str, ...]
    ) -> None:
        event = {"id": "WH-1", "event_type": kind, "resource": resource}
        assert notices.notice_of(event).references == references

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("COMPLETED", ChargeOutcome.SUCCEEDED),
            ("PARTIALLY_REFUNDED", ChargeOutcome.SUCCEEDED),
            ("REFUNDED", ChargeOutcome.SUCCEEDED),
            ("PENDING", ChargeOutcome.UNKNOWN),
            ("DECLINED", ChargeOutcome.DECLINED),
            ("FAILED", ChargeOutcome.DECLINED),
            ("SOMETHING_NEW", ChargeOutcome.UNKNOWN),
        ],
    )
    def test_every_status_of_a_capture(self, status: str, outcome: ChargeOutcome) -> None:
        assert answers.capture_of({"id": "C1", "status": status}).outcome is outcome

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("CREATED", ChargeOutcome.AUTHORIZED),
            ("PENDING", ChargeOutcome.UNKNOWN),
            ("CAPTURED", ChargeOutcome.UNKNOWN),
            ("DENIED", ChargeOutcome.DECLINED),
            ("VOIDED", ChargeOutcome.VOIDED),
            ("EXPIRED", ChargeOutcome.VOIDED),
            ("SOMETHING_NEW", ChargeOutcome.UNKNOWN),
        ],
    )
    def test_every_status_of_an_authorization(self, status: str, outcome: ChargeOutcome) -> None:
        assert answers.authorization_of({"id": "A1", "status": status}).outcome is outcome

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("PAYER_ACTION_REQUIRED", ChargeOutcome.ACTION_REQUIRED),
            ("CREATED", ChargeOutcome.ACTION_REQUIRED),
            ("APPROVED", ChargeOutcome.ACTION_REQUIRED),
            ("COMPLETED", ChargeOutcome.UNKNOWN),
            ("VOIDED", ChargeOutcome.VOIDED),
        ],
    )
    def test_every_status_of_an_order_nothing_was_taken_by(
        self, status: str, outcome: ChargeOutcome
    ) -> None:
        assert answers.order_of({"id": "O1", "status": status}).outcome is outcome

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("COMPLETED", RefundOutcome.SUCCEEDED),
            ("PENDING", RefundOutcome.PENDING),
            ("FAILED", RefundOutcome.FAILED),
            ("CANCELLED", RefundOutcome.FAILED),
            ("SOMETHING_NEW", RefundOutcome.UNKNOWN),
        ],
    )
    def test_every_status_of_a_refund(self, status: str, outcome: RefundOutcome) -> None:
        assert answers.refund_of({"id": "R1", "status": status}).outcome is outcome

    @pytest.mark.parametrize(
        ("row", "status"),
        [
            ({"status": "OPEN"}, "needs_response"),
            ({"status": "WAITING_FOR_SELLER_RESPONSE"}, "needs_response"),
            ({"status": "WAITING_FOR_BUYER_RESPONSE"}, "under_review"),
            ({"status": "UNDER_REVIEW"}, "under_review"),
            ({"status": "SOMETHING_NEW"}, "needs_response"),
            ({"status": "RESOLVED"}, "lost"),
            (
                {
                    "status": "RESOLVED",
                    "dispute_outcome": {"outcome_code": "RESOLVED_BUYER_FAVOUR"},
                },
                "lost",
            ),
            (
                {
                    "status": "RESOLVED",
                    "dispute_outcome": {"outcome_code": "RESOLVED_SELLER_FAVOUR"},
                },
                "won",
            ),
        ],
    )
    def test_every_status_of_a_dispute(self, row: dict[str, Any], status: str) -> None:
        amount = {"currency_code": "USD", "value": "5.00"}
        assert answers.dispute_of({"dispute_id": "D", "dispute_amount": amount, **row}).status == (
            status
        )

    @pytest.mark.parametrize(
        ("changes", "kind"),
        [
            ({}, "charge"),
            ({"transaction_event_code": "T1107"}, None),
            ({"transaction_amount": {"currency_code": "USD", "value": "-5.00"}}, None),
            (
                {
                    "transaction_event_code": "T1107",
                    "transaction_amount": {"currency_code": "USD", "value": "-5.00"},
                },
                "refund",
            ),
            ({"transaction_event_code": "T0400"}, None),
            ({"transaction_status": "P"}, None),
            ({"transaction_status": "D"}, None),
        ],
    )
    def test_which_lines_of_the_books_are_money(
        self, changes: dict[str, Any], kind: str | None
    ) -> None:
        info = {
            "transaction_id": "C1",
            "transaction_event_code": "T0006",
            "transaction_initiation_date": "2026-11-20T20:27:35+0000",
            "transaction_amount": {"currency_code": "USD", "value": "5.00"},
            "transaction_status": "S",
            "custom_field": "hold_1",
        }
        line = answers.movement_of({"transaction_info": info | changes})
        assert (line.kind if line else None) == kind
        if line:
            assert (line.minor, line.purpose) == (500, "hold_1")

    def test_every_sentence_is_whole(self) -> None:
        for text in answers.DECLINES.values():
            assert str(text)[0].isupper()
            assert str(text).endswith(".")
