"""PayPal's messages: whether they are PayPal's, and what they are about.

A message is signed with RSA by a certificate whose address comes with it. So the address must be
PayPal's, the certificate must be issued to PayPal by somebody the world trusts, and the signature
must fit the raw bytes. Where the chain cannot be followed from here (PayPal may leave out what
stands between its certificate and the root), PayPal itself is asked, with the very same bytes.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import certifi
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from core import clock, http
from payments.gateways.base import BadSignature
from payments.gateways.paypal.answers import AUTHORIZATION, ORDER, instant
from payments.gateways.reports import Notice

Row = Mapping[str, Any]

SIGNERS = {
    False: "messageverificationcerts.paypal.com",
    True: "messageverificationcerts.sandbox.paypal.com",
}
"""To whom PayPal's certificate is issued; True: in test mode."""
ALGORITHM = "SHA256withRSA"
OLDEST = dt.timedelta(days=7)
"""PayPal tries for three days to deliver a message; one that is older was recorded by somebody."""
_CERTIFICATE_LIMIT = 64_000
_CERTIFICATES_KEPT = 8


@dataclass(frozen=True, slots=True)
class Envelope:
    """What PayPal says about a message in its headers."""

    id: str
    time: str
    signature: str
    certificate: str
    """Address of the certificate."""
    algorithm: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Envelope:
        """From headers in any case; what is missing is empty."""
        given = {name.lower(): value for name, value in headers.items()}
        return cls(
            id=given.get("paypal-transmission-id", ""),
            time=given.get("paypal-transmission-time", ""),
            signature=given.get("paypal-transmission-sig", ""),
            certificate=given.get("paypal-cert-url", ""),
            algorithm=given.get("paypal-auth-algo", ""),
        )


def signed_text(envelope: Envelope, webhook_id: str, body: bytes) -> str:
    """What PayPal signs: the sum of the body is CRC-32 as an unsigned decimal number."""
    return f"{envelope.id}|{envelope.time}|{webhook_id}|{zlib.crc32(body)}"


def question(envelope: Envelope, webhook_id: str, body: bytes) -> bytes:
    """The request to PayPal's own check. The event goes in as the bytes that came: written anew,
    its numbers and escapes might differ, and the signature would not fit any more."""
    facts = {
        "auth_algo": envelope.algorithm,
        "cert_url": envelope.certificate,
        "transmission_id": envelope.id,
        "transmission_sig": envelope.signature,
        "transmission_time": envelope.time,
        "webhook_id": webhook_id,
    }
    return json.dumps(facts).encode()[:-1] + b', "webhook_event": ' + body + b"}"


class Verifier:
    """Checks the messages to one webhook. Keeps the certificates it has seen."""

    def __init__(self, webhook_id: str, *, is_test: bool, ask: Callable[[bytes], str]) -> None:
        """``ask`` sends :func:`question` to PayPal and returns the ``verification_status``."""
        self._webhook_id = webhook_id
        self._signer = SIGNERS[is_test]
        self._ask = ask
        self._chains: dict[str, list[x509.Certificate]] = {}

    def read(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """The message, if it is PayPal's; raises BadSignature, and AnswerLost when PayPal had to
        be asked and did not answer."""
        envelope = Envelope.of(headers)
        event = _event(body)
        if not self._webhook_id or not self._is_genuine(envelope, body):
            raise BadSignature
        return notice_of(event)

    def _is_genuine(self, envelope: Envelope, body: bytes) -> bool:
        if envelope.algorithm != ALGORITHM or not is_paypals_address(envelope.certificate):
            return False
        sent_at = instant(envelope.time)
        if sent_at is None or sent_at < clock.now() - OLDEST:
            return False
        chain = self._chain(envelope.certificate)
        if chain:
            if not _fits(chain[0], envelope, signed_text(envelope, self._webhook_id, body)):
                return False
            if _is_trusted(chain, self._signer):
                return True
        return self._ask(question(envelope, self._webhook_id, body)) == "SUCCESS"

    def _chain(self, url: str) -> list[x509.Certificate]:
        """The certificate, and those that came with it; empty when it cannot be had."""
        if url not in self._chains:
            text = http.fetch(url, limit=_CERTIFICATE_LIMIT)
            try:
                found = x509.load_pem_x509_certificates(text) if text else []
            except ValueError:
                found = []
            if not found:
                return []
            if len(self._chains) >= _CERTIFICATES_KEPT:
                self._chains.clear()
            self._chains[url] = found
        return self._chains[url]


def is_paypals_address(url: str) -> bool:
    """Whether a certificate may be fetched from here."""
    try:
        parts = urlsplit(url)
        is_plain = parts.port in (None, 443) and parts.username is None and not parts.query
    except ValueError:
        return False
    host = parts.hostname or ""
    return (
        is_plain
        and url.isascii()
        and parts.scheme == "https"
        and host.endswith(".paypal.com")
        and parts.path.startswith("/v1/notifications/certs/")
        and ".." not in parts.path
    )


@lru_cache
def roots() -> Store:
    """The issuers the world trusts."""
    return Store(x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes()))


def _is_trusted(chain: list[x509.Certificate], signer: str) -> bool:
    policy = PolicyBuilder().store(roots()).time(clock.now())
    try:
        policy.build_server_verifier(x509.DNSName(signer)).verify(chain[0], chain[1:])
    except VerificationError:
        return False
    return True


def _fits(certificate: x509.Certificate, envelope: Envelope, text: str) -> bool:
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        signature = base64.b64decode(envelope.signature, validate=True)
        key.verify(signature, text.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _event(body: bytes) -> Row:
    try:
        event = json.loads(body)
    except ValueError as error:
        raise BadSignature from error
    if not isinstance(event, dict) or not event.get("id") or not event.get("event_type"):
        raise BadSignature
    return event


def notice_of(event: Row) -> Notice:
    """What a message is about, in our references."""
    kind = str(event["event_type"])
    resource = event.get("resource")
    references = _references(kind, resource if isinstance(resource, dict) else {})
    return Notice(
        event_id=str(event["id"]),
        type=kind,
        references=tuple(dict.fromkeys(references)),
        occurred_at=instant(event.get("create_time")),
    )


def _references(kind: str, resource: Row) -> list[str]:
    found: list[str] = []
    if resource.get("id"):
        prefix = ""
        if kind.startswith("CHECKOUT.ORDER."):
            prefix = ORDER
        elif kind.startswith("PAYMENT.AUTHORIZATION."):
            prefix = AUTHORIZATION
        found.append(f"{prefix}{resource['id']}")
    if resource.get("dispute_id"):
        found.append(str(resource["dispute_id"]))
    contested = _rows(resource.get("disputed_transactions"))
    found.extend(str(about.get("seller_transaction_id") or "") for about in contested)
    for link in _rows(resource.get("links")):
        # Of a refund: the capture it is a part of.
        _, is_capture, capture = str(link.get("href")).partition("/v2/payments/captures/")
        if link.get("rel") == "up" and is_capture:
            found.append(capture)
    supplement = resource.get("supplementary_data")
    related = supplement.get("related_ids") if isinstance(supplement, dict) else None
    prefixes = {"order_id": ORDER, "authorization_id": AUTHORIZATION, "capture_id": ""}
    for name, prefix in prefixes.items():
        if isinstance(related, dict) and related.get(name):
            found.append(f"{prefix}{related[name]}")
    return [reference for reference in found if reference]


def _rows(value: object) -> list[Row]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
