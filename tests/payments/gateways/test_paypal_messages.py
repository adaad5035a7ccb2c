from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from core import clock, http
from payments.gateways.base import (
    AnswerLost,
    BadSignature,
    ChargeOutcome,
    Order,
    ProviderRefused,
)
from payments.gateways.paypal import notices
from payments.gateways.paypal.client import PayPalClient
from tests.payments.gateways import paypals_books as books
from tests.payments.gateways.paypals_books import PayPalsBooks, make_gateway


@pytest.fixture
def provider(paypal: PayPalsBooks) -> PayPalsBooks:
    """PayPal, on the loopback."""
    return paypal


ORDER = Order(
    key="deposit:hold_1:0",
    amount=Decimal("50.00"),
    currency="USD",
    method={"type": "paypal"},
    description="Bistro, 2026-11-27",
)


@pytest.mark.django_db
class TestTokens:
    def test_one_token_is_used_for_many_requests(self, provider: PayPalsBooks) -> None:
        gateway = make_gateway()
        for number in range(3):
            gateway.charge(replace(ORDER, key=f"k{number}"))
        assert provider.tokens_given == 1

    def test_a_token_that_was_taken_back_is_replaced_and_the_request_repeated_once(
        self, provider: PayPalsBooks
    ) -> None:
        gateway = make_gateway()
        gateway.charge(ORDER)
        provider.token = "another"
        assert gateway.charge(replace(ORDER, key="k2")).outcome is ChargeOutcome.ACTION_REQUIRED
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
            make_gateway(client_secret="wrong").charge(ORDER)
        assert str(refused.value) == "PayPal: 401 invalid_client"

    def test_a_key_that_is_refused_with_a_fresh_token_is_an_error(
        self, provider: PayPalsBooks
    ) -> None:
        with (
            provider.judge.answering(401, {"name": "AUTHENTICATION_FAILURE"}),
            pytest.raises(ProviderRefused),
        ):
            make_gateway().charge(ORDER)
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
