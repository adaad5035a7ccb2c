"""PayPal's side of a conversation: one pretended account, behind the judge, and its signatures."""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import json
import threading
import zlib
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from core import clock
from core.secrets import encrypt
from payments.gateways.base import ChargeResult, Order
from payments.gateways.paypal import PayPalGateway
from payments.models import ProviderAccount
from restaurants.models import Restaurant
from tests.payments.gateways.contract import Delivery, Provider
from tests.payments.gateways.judge import Judge, Reply, Request

CLIENT = "AZDxjDScFpQtjWTOUtWKbyN_bDt4OgqaF4eYXlewfBP4-8aqX3PiV8e1GWU6liB2CUXlkA59kJXE7M6R"
SECRET = "paypal-client-secret"
WEBHOOK = "4JH86294D6297924G"
HOOK = "https://couvert.test/webhooks/paypal/acct_1/"
CERTIFICATE = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594"
SIGNER = "messageverificationcerts.sandbox.paypal.com"
YEARS = dt.timedelta(days=3650)
"""For how long the certificates were good and will be."""


def make_gateway(**changes: Any) -> PayPalGateway:
    """The restaurant's side of the account."""
    facts: dict[str, Any] = {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "webhook_id": WEBHOOK,
        "is_test": True,
    }
    return PayPalGateway(**(facts | changes))


def make_account(restaurant: Restaurant) -> ProviderAccount:
    """The restaurant is paid through this account from now on."""
    return ProviderAccount.objects.create(
        restaurant=restaurant,
        provider="paypal",
        settings={"client_id": CLIENT},
        credentials=encrypt(json.dumps({"client_secret": SECRET, "webhook_id": WEBHOOK})),
        created_at=clock.now(),
        updated_at=clock.now(),
    )


def refusal(status: int, issue: str) -> Reply:
    """An error answer as PayPal words it."""
    names = {404: "RESOURCE_NOT_FOUND", 422: "UNPROCESSABLE_ENTITY"}
    details = [{"issue": issue, "description": "about payer@example.com"}]
    return status, {"name": names.get(status, issue), "details": details, "debug_id": "x"}


CHECKOUT = "/checkoutnow/"
"""Where a payer approves an order over the wire, as in their browser."""


class PayPalsBooks(Provider):
    """Orders, authorizations, captures, refunds and disputes of one account."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.authorizations: dict[str, dict[str, Any]] = {}
        self.captures: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.transactions: list[dict[str, Any]] = []
        self.verdict = "FAILURE"
        """What PayPal's own check says about a message."""
        self.questions: list[bytes] = []
        """What it was asked, byte for byte."""
        self.tokens_given = 0
        self.token = ""
        self.refund_status = "COMPLETED"
        self.capture_status = "COMPLETED"
        self._broke: set[str] = set()
        self._by_key: dict[tuple[str, str], Reply] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        files = ("paypal-orders-v2.json", "paypal-payments-v2.json", "paypal-webhooks-v1.json")
        self.judge = Judge(files, self._answer, self._extra)

    # --- the strings a test pulls ---------------------------------------------------------------

    def losing_answers(self) -> AbstractContextManager[None]:
        return self.judge.losing_answers()

    def unreachable(self) -> AbstractContextManager[None]:
        return self.judge.unreachable()

    def approve(self, order: Order, result: ChargeResult) -> None:
        assert result.action is not None
        assert result.action.url.startswith("https://www.sandbox.paypal.com/checkoutnow?token=")
        self.orders[result.action.url.partition("token=")[2]]["status"] = "APPROVED"

    def refuse(self, order: Order, result: ChargeResult) -> None:
        """The payer approves, and the bank behind PayPal says no."""
        self.approve(order, result)
        assert result.action is not None
        self._broke.add(result.action.url.partition("token=")[2])

    def violations(self) -> list[Any]:
        return self.judge.violations

    def let_run_out(self, reference: str) -> None:
        self.authorizations[reference.removeprefix("auth:")]["status"] = "EXPIRED"

    def grow_old(self, reference: str, days: int) -> None:
        """Something was set aside that many days ago."""
        row = self.authorizations[reference.removeprefix("auth:")]
        row["create_time"] = (clock.now() - dt.timedelta(days=days)).isoformat()

    def notice(self, reference: str) -> Delivery:
        return self.signed(
            {
                "id": "WH-0G2756385H040842W-5Y612302CV158622M",
                "create_time": "2026-11-20T20:27:35.000Z",
                "resource_type": "capture",
                "event_type": "PAYMENT.CAPTURE.COMPLETED",
                "summary": "Payment completed",
                "resource": self.captures[reference],
            }
        )

    def signed(self, event: Any, **changes: Any) -> Delivery:
        """A message with a signature by the certificate at ``CERTIFICATE``."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        moment = changes.get("time") or clock.now().isoformat(timespec="seconds")
        return body, envelope(body, moment, key=changes.get("key") or keys().signer), HOOK

    def contest(self, reference: str) -> str:
        self.disputes["PP-D-12345"] = {
            "dispute_id": "PP-D-12345",
            "status": "WAITING_FOR_SELLER_RESPONSE",
            "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
            "dispute_amount": self.captures[reference]["amount"],
            "seller_response_due_date": "2026-12-04T00:00:00.000Z",
            "disputed_transactions": [{"seller_transaction_id": reference}],
        }
        return "PP-D-12345"

    # --- answers --------------------------------------------------------------------------------

    def _extra(self, method: str, path: str, raw: bytes, headers: Any) -> Reply | None:
        """What the specification leaves out: tokens, books, disputes."""
        if path == "/v1/oauth2/token":
            basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            if headers["Authorization"] != f"Basic {basic}":
                return 401, {"error": "invalid_client", "error_description": "..."}
            assert raw == b"grant_type=client_credentials"
            with self._lock:
                self.tokens_given += 1
                self.token = f"A21AAF{self.tokens_given}"
            return 200, {"access_token": self.token, "expires_in": 31668, "token_type": "Bearer"}
        if path == "/v1/reporting/transactions":
            rows = [{"transaction_info": info} for info in self.transactions]
            return 200, {"transaction_details": rows, "total_pages": 1 if rows else 0}
        if path.startswith("/v1/customer/disputes/"):
            found = self.disputes.get(path.rsplit("/", 1)[-1])
            return (200, found) if found else refusal(404, "INVALID_RESOURCE_ID")
        if path == "/v1/notifications/verify-webhook-signature":
            self.questions.append(raw)
        if path.startswith(CHECKOUT):
            return self._checkout(path.removeprefix(CHECKOUT))
        return None

    def _checkout(self, number: str) -> Reply:
        """PayPal's own page, where a payer has one thing to do."""
        with self._lock:
            if self.orders[number]["status"] == "PAYER_ACTION_REQUIRED":
                self.orders[number]["status"] = "APPROVED"
        return 200, {}

    def _answer(self, request: Request) -> Reply:
        with self._lock:
            if request.headers.get("Authorization") != f"Bearer {self.token}":
                return 401, {"name": "AUTHENTICATION_FAILURE"}
            act = getattr(self, _ACTS[request.method, request.route])
            key = request.headers.get("PayPal-Request-Id", "")
            scope = f"{request.method} {request.path}"
            if key and (scope, key) in self._by_key:
                return self._by_key[scope, key]
            reply: Reply = act(request)
            said: Reply = (reply[0], json.loads(json.dumps(reply[1])))
            if key and reply[0] < 300:
                self._by_key[scope, key] = said
            return said

    def _number(self, letters: str) -> str:
        return f"{letters}{next(self._numbers)}XK7HH908993F"

    def _create(self, request: Request) -> Reply:
        number = self._number("5O")
        unit = {"reference_id": "default", **request.body["purchase_units"][0]}
        self.orders[number] = {
            "id": number,
            "intent": request.body["intent"],
            "status": "PAYER_ACTION_REQUIRED",
            "create_time": clock.now().isoformat(),
            "payment_source": {"paypal": {"email_address": "payer@example.com"}},
            "purchase_units": [unit],
            "links": [
                {
                    "href": f"https://api.sandbox.paypal.com/v2/checkout/orders/{number}",
                    "rel": "self",
                },
                {
                    "href": f"https://www.sandbox.paypal.com/checkoutnow?token={number}",
                    "rel": "payer-action",
                },
            ],
        }
        return 200, self.orders[number]

    def _get_order(self, request: Request) -> Reply:
        found = self.orders.get(request.id)
        return (200, found) if found else refusal(404, "INVALID_RESOURCE_ID")

    def _patch(self, request: Request) -> Reply:
        order = self.orders[request.id]
        if order["status"] not in ("CREATED", "PAYER_ACTION_REQUIRED", "APPROVED"):
            return refusal(422, "ORDER_ALREADY_COMPLETED")
        changes: Any = request.body
        for change in changes:
            assert (change["op"], change["path"]) == ("replace", "/intent")
            order["intent"] = change["value"]
        # PayPal says 204; the server of the tests cannot send an answer without a body.
        return 200, {}

    def _refuse_to_take(self, order: dict[str, Any], intent: str, done: str) -> Reply | None:
        if order["intent"] != intent:
            return refusal(422, "ACTION_DOES_NOT_MATCH_INTENT")
        if order["status"] == "COMPLETED":
            return refusal(422, done)
        if order["status"] != "APPROVED":
            return refusal(422, "ORDER_NOT_APPROVED")
        return refusal(422, "INSTRUMENT_DECLINED") if order["id"] in self._broke else None

    def _capture_order(self, request: Request) -> Reply:
        order = self.orders[request.id]
        refused = self._refuse_to_take(order, "CAPTURE", "ORDER_ALREADY_CAPTURED")
        if refused:
            return refused
        unit = order["purchase_units"][0]
        capture = self._add_capture(unit["amount"], order)
        unit["payments"] = {"captures": [capture]}
        order["status"] = "COMPLETED"
        return 201, order

    def _authorize_order(self, request: Request) -> Reply:
        order = self.orders[request.id]
        refused = self._refuse_to_take(order, "AUTHORIZE", "ORDER_ALREADY_AUTHORIZED")
        if refused:
            return refused
        unit = order["purchase_units"][0]
        row = self._add_authorization(unit["amount"], order)
        unit["payments"] = {"authorizations": [row]}
        order["status"] = "COMPLETED"
        return 201, order

    def _add_authorization(self, amount: Any, order: dict[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": self._number("0A"),
            "status": "CREATED",
            "amount": amount,
            "create_time": clock.now().isoformat(),
            "expiration_time": (clock.now() + dt.timedelta(days=29)).isoformat(),
            "supplementary_data": {"related_ids": {"order_id": order["id"]}},
        }
        self.authorizations[row["id"]] = row
        return row

    def _add_capture(self, amount: Any, order: dict[str, Any]) -> dict[str, Any]:
        unit = order["purchase_units"][0]
        capture: dict[str, Any] = {
            "id": self._number("3C"),
            "status": self.capture_status,
            "amount": amount,
            "final_capture": True,
            "create_time": clock.now().isoformat(),
            "supplementary_data": {"related_ids": {"order_id": order["id"]}},
        }
        self.captures[capture["id"]] = capture
        self._book(capture["id"], "T0006", amount, unit.get("custom_id", ""))
        return capture

    def _book(self, number: str, code: str, amount: Any, custom: str = "", sign: str = "") -> None:
        self.transactions.append(
            {
                "transaction_id": number,
                "transaction_event_code": code,
                "transaction_initiation_date": clock.now().isoformat(timespec="seconds"),
                "transaction_amount": {**amount, "value": sign + amount["value"]},
                "transaction_status": "S",
                "custom_field": custom,
            }
        )

    def _get_authorization(self, request: Request) -> Reply:
        found = self.authorizations.get(request.id)
        return (200, found) if found else refusal(404, "INVALID_RESOURCE_ID")

    def _capture_authorization(self, request: Request) -> Reply:
        row = self.authorizations.get(request.id)
        if row is None:
            return refusal(404, "INVALID_RESOURCE_ID")
        issues = {
            "VOIDED": "AUTHORIZATION_VOIDED",
            "EXPIRED": "AUTHORIZATION_EXPIRED",
            "CAPTURED": "AUTHORIZATION_ALREADY_CAPTURED",
        }
        if row["status"] in issues:
            return refusal(422, issues[row["status"]])
        order = self.orders[row["supplementary_data"]["related_ids"]["order_id"]]
        capture = self._add_capture(request.body["amount"], order)
        row["status"] = "CAPTURED"
        order["purchase_units"][0]["payments"]["captures"] = [capture]
        return 201, capture

    def _reauthorize(self, request: Request) -> Reply:
        row = self.authorizations[request.id]
        order = self.orders[row["supplementary_data"]["related_ids"]["order_id"]]
        return 201, self._add_authorization(request.body["amount"], order)

    def _void(self, request: Request) -> Reply:
        row = self.authorizations.get(request.id)
        if row is None:
            return refusal(404, "INVALID_RESOURCE_ID")
        issues = {"VOIDED": "PREVIOUSLY_VOIDED", "EXPIRED": "CANNOT_BE_VOIDED"}
        if row["status"] == "CAPTURED":
            return refusal(422, "PREVIOUSLY_CAPTURED")
        if row["status"] in issues:
            return refusal(422, issues[row["status"]])
        row["status"] = "VOIDED"
        return 200, row

    def _get_capture(self, request: Request) -> Reply:
        found = self.captures.get(request.id)
        return (200, found) if found else refusal(404, "INVALID_RESOURCE_ID")

    def _refund(self, request: Request) -> Reply:
        capture = self.captures.get(request.id)
        if capture is None:
            return refusal(404, "INVALID_RESOURCE_ID")
        rows = [row for row in self.refunds.values() if row["capture"] == request.id]
        back = sum(float(row["amount"]["value"]) for row in rows)
        if back >= float(capture["amount"]["value"]):
            return refusal(422, "CAPTURE_FULLY_REFUNDED")
        if back + float(request.body["amount"]["value"]) > float(capture["amount"]["value"]):
            return refusal(422, "REFUND_AMOUNT_EXCEEDED")
        refund: dict[str, Any] = {
            "id": self._number("1J"),
            "status": self.refund_status,
            "amount": request.body["amount"],
            "capture": request.id,
            "create_time": clock.now().isoformat(),
            "payer": {"email_address": "payer@example.com"},
        }
        self.refunds[refund["id"]] = refund
        self._book(refund["id"], "T1107", refund["amount"], sign="-")
        return 201, refund

    def _get_refund(self, request: Request) -> Reply:
        refund = self.refunds[request.id]
        if refund["status"] == "PENDING":
            refund["status"] = "COMPLETED"
        return 200, refund

    def _verify(self, request: Request) -> Reply:
        return 200, {"verification_status": self.verdict}


_ACTS = {
    ("POST", "/v2/checkout/orders"): "_create",
    ("GET", "/v2/checkout/orders/{id}"): "_get_order",
    ("PATCH", "/v2/checkout/orders/{id}"): "_patch",
    ("POST", "/v2/checkout/orders/{id}/capture"): "_capture_order",
    ("POST", "/v2/checkout/orders/{id}/authorize"): "_authorize_order",
    ("GET", "/v2/payments/authorizations/{authorization_id}"): "_get_authorization",
    ("POST", "/v2/payments/authorizations/{authorization_id}/capture"): "_capture_authorization",
    ("POST", "/v2/payments/authorizations/{authorization_id}/reauthorize"): "_reauthorize",
    ("POST", "/v2/payments/authorizations/{authorization_id}/void"): "_void",
    ("GET", "/v2/payments/captures/{capture_id}"): "_get_capture",
    ("POST", "/v2/payments/captures/{capture_id}/refund"): "_refund",
    ("GET", "/v2/payments/refunds/{refund_id}"): "_get_refund",
    ("POST", "/v1/notifications/verify-webhook-signature"): "_verify",
}


# --- a certificate authority of our own -----------------------------------------------------------


class Keys:
    """Who signs, and the certificates that say so."""

    def __init__(self) -> None:
        root = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        between = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signer = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.root = _certificate("Test Root", root, "Test Root", root)
        self.between = _certificate("Test Issuer", between, "Test Root", root)
        self.leaf = _certificate(SIGNER, self.signer, "Test Issuer", between, host=SIGNER)
        live = SIGNER.replace(".sandbox", "")
        self.live_leaf = _certificate(live, self.signer, "Test Issuer", between, host=live)
        self.expired = _certificate(
            SIGNER, self.signer, "Test Issuer", between, host=SIGNER, lasts=-YEARS / 2
        )


@lru_cache
def keys() -> Keys:
    """Made once: it takes a while."""
    return Keys()


def pem(*certificates: x509.Certificate) -> bytes:
    """As they are served."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def _certificate(
    name: str,
    key: rsa.RSAPrivateKey,
    issuer: str,
    issuer_key: rsa.RSAPrivateKey,
    *,
    host: str = "",
    lasts: dt.timedelta = YEARS,
) -> x509.Certificate:
    # Made once for tests whose clocks show different years: the computer's own, and wide of it.
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - YEARS)
        .not_valid_after(now + lasts)
        .add_extension(x509.BasicConstraints(ca=not host, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=bool(host),
                content_commitment=False,
                key_encipherment=bool(host),
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=not host,
                crl_sign=not host,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if host:
        made = made.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return made.sign(issuer_key, SHA256())


def envelope(body: bytes, moment: str, *, key: rsa.RSAPrivateKey) -> dict[str, str]:
    """The headers of a delivery, signed as PayPal does: over id, time, webhook and CRC-32."""
    number = "dfb3be50-fd74-11e4-8bf3-77339302725b"
    text = f"{number}|{moment}|{WEBHOOK}|{zlib.crc32(body)}"
    signature = key.sign(text.encode(), padding.PKCS1v15(), SHA256())
    return {
        "Paypal-Transmission-Id": number,
        "Paypal-Transmission-Time": moment,
        "Paypal-Transmission-Sig": base64.b64encode(signature).decode(),
        "Paypal-Cert-Url": CERTIFICATE,
        "Paypal-Auth-Algo": "SHA256withRSA",
    }
