"""Passes for Apple Wallet: a zip of ``pass.json``, pictures, their SHA-1 digests and a signature.

https://developer.apple.com/documentation/walletpasses/building-a-pass. The format wants SHA-1 in
the manifest; what protects a pass is the signature (PKCS #7, detached, SHA-256) over it.
"""

from __future__ import annotations

import hashlib
import io
import logging
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.translation import gettext

from core import clock
from notifications.wallet.facts import PassFacts
from notifications.wording import one_line

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/vnd.apple.pkpass"

_IMAGES = Path(__file__).parent / "images"
_AT = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the zip: the same booking is the same file."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The operator's certificate, and what it says of who signs."""

    certificate: x509.Certificate
    key: RSAPrivateKey
    intermediate: x509.Certificate
    """Apple's "Worldwide Developer Relations" certificate, which issued the other."""
    pass_type: str
    team: str

    @classmethod
    def of(cls, certificate: str, key: str, password: str, intermediate: str) -> Signer:
        """From PEM texts. ValueError, in words, for what cannot sign a pass."""
        own = x509.load_pem_x509_certificate(certificate.encode())
        secret = load_pem_private_key(key.encode(), password.encode() or None)
        if not isinstance(secret, RSAPrivateKey):
            raise ValueError("The key of an Apple pass certificate is an RSA key.")
        if secret.public_key() != own.public_key():
            raise ValueError("The key does not belong to the certificate.")
        above = x509.load_pem_x509_certificate(intermediate.encode())
        return cls(own, secret, above, _named(own, NameOID.USER_ID), _team(own))

    def is_valid(self) -> bool:
        """Whether telephones accept its signature today."""
        own = self.certificate
        return own.not_valid_before_utc <= clock.now() < own.not_valid_after_utc

    def sign(self, manifest: bytes) -> bytes:
        """The detached signature, with both certificates, as DER."""
        return (
            pkcs7.PKCS7SignatureBuilder()
            .set_data(manifest)
            .add_signer(self.certificate, self.key, hashes.SHA256())
            .add_certificate(self.intermediate)
            .sign(Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary])
        )


def _named(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    for attribute in certificate.subject.get_attributes_for_oid(oid):
        return str(attribute.value)
    raise ValueError("The certificate is not that of an Apple pass type: its subject lacks an id.")


def _team(certificate: x509.Certificate) -> str:
    return _named(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME)


def signer() -> Signer | None:
    """The configured one; None without, with a broken one (logged once) and when it has expired."""
    loaded = _load(*settings.APPLE_PASS)
    return loaded if loaded is not None and loaded.is_valid() else None


@lru_cache(maxsize=2)
def _load(certificate: str, key: str, password: str, intermediate: str) -> Signer | None:
    if not certificate:
        return None
    try:
        return Signer.of(certificate, key, password, intermediate)
    except (ValueError, TypeError):
        logger.exception("APPLE_PASS_…: passes for Apple Wallet are off")
        return None


def apple_pass(facts: PassFacts, by: Signer) -> bytes:
    """The ``.pkpass`` of a booking, in the language that is active.

    Adding it again replaces the pass in the telephone: the serial number is the reservation's.
    """
    files = {"pass.json": orjson.dumps(_content(facts, by)), **_images()}
    digests = {
        name: hashlib.sha1(content, usedforsecurity=False).hexdigest()
        for name, content in files.items()
    }
    manifest = orjson.dumps(digests)
    files |= {"manifest.json": manifest, "signature": by.sign(manifest)}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _AT), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


@lru_cache(maxsize=1)
def _images() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(_IMAGES.glob("*.png"))}


def _content(facts: PassFacts, by: Signer) -> dict[str, Any]:
    content: dict[str, Any] = {
        "formatVersion": 1,
        "passTypeIdentifier": by.pass_type,
        "teamIdentifier": by.team,
        "serialNumber": facts.reservation_id,
        "organizationName": one_line(facts.restaurant),
        "description": facts.title,
        "logoText": one_line(facts.restaurant),
        "relevantDate": facts.local(facts.starts_at),
        "relevantDates": [
            {"startDate": facts.local(facts.starts_at), "endDate": facts.local(facts.ends_at)}
        ],
        "expirationDate": facts.local(facts.ends_at),
        "backgroundColor": _rgb(facts.ground),
        "foregroundColor": _rgb("#ffffff"),
        "labelColor": _rgb("#ffffff"),
        "barcodes": [
            {
                "format": "PKBarcodeFormatQR",
                "message": facts.manage_url,
                "messageEncoding": "iso-8859-1",
                "altText": facts.code,
            }
        ],
        "eventTicket": _fields(facts),
    }
    if facts.latitude is not None and facts.longitude is not None:
        content["locations"] = [
            {
                "latitude": facts.latitude,
                "longitude": facts.longitude,
                "relevantText": facts.title,
            }
        ]
    return content


def _fields(facts: PassFacts) -> dict[str, list[dict[str, Any]]]:
    name = [("name", gettext("Guest"), facts.first_name)] if facts.first_name else []
    back = [
        ("address", gettext("Address"), one_line(facts.address)),
        ("phone", gettext("Telephone"), one_line(facts.phone)),
        ("manage", gettext("Change or cancel"), facts.manage_url),
    ]
    return {
        "primaryFields": [
            {
                "key": "when",
                "label": gettext("When"),
                "value": facts.local(facts.starts_at),
                "dateStyle": "PKDateStyleMedium",
                "timeStyle": "PKDateStyleShort",
                # The clock on the restaurant's wall, wherever the telephone is.
                "ignoresTimeZone": True,
            }
        ],
        "secondaryFields": _plain([("party", gettext("Party"), facts.party), *name]),
        "auxiliaryFields": _plain([("code", gettext("Code"), facts.code)]),
        "backFields": _plain([field for field in back if field[2]]),
    }


def _plain(fields: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    return [{"key": key, "label": label, "value": value} for key, label, value in fields]


def _rgb(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"
