"""Passes for Google Wallet: a link with a signed token, which is all Google needs to make one.

https://developers.google.com/wallet/generic/use-cases/jwt. Nothing is sent before the guest follows
the link, and then by their browser: it carries what the pass shows.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.utils.translation import gettext

from core import clock
from notifications.wallet.facts import PassFacts
from notifications.wording import one_line

logger = logging.getLogger(__name__)

SAVE = "https://pay.google.com/gp/v/save/"
LONGEST = 1800
"""Characters of a token that Google, and every browser on the way, promises to take."""

_CLASS = "couvert_reservation"
_CAN_GO = ("merchantLocations", "textModulesData")
"""What a pass can do without when its token would be too long, first to go first."""


@dataclass(frozen=True, slots=True)
class Account:
    """The service account that Google's console allowed to issue passes."""

    issuer: str
    email: str
    key: RSAPrivateKey

    @classmethod
    def of(cls, issuer: str, key_file: str) -> Account:
        """From the issuer's number and the JSON file of a key. ValueError for what is neither."""
        try:
            read = orjson.loads(key_file)
            email, pem = str(read["client_email"]), str(read["private_key"])
        except (KeyError, TypeError) as error:
            raise ValueError(
                "GOOGLE_WALLET_KEY is not the key file of a service account"
            ) from error
        key = load_pem_private_key(pem.encode(), None)
        if not issuer.isdecimal():
            raise ValueError("GOOGLE_WALLET_ISSUER_ID is the number of the issuer account")
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("The key of a service account is an RSA key")
        return cls(issuer, email, key)


def account() -> Account | None:
    """The configured one; None without, and with a broken one (logged once)."""
    return _load(*settings.GOOGLE_WALLET)


@lru_cache(maxsize=2)
def _load(issuer: str, key_file: str) -> Account | None:
    if not (issuer and key_file):
        return None
    try:
        return Account.of(issuer, key_file)
    except ValueError:
        logger.exception("GOOGLE_WALLET_…: passes for Google Wallet are off")
        return None


def google_link(facts: PassFacts, by: Account) -> str:
    """The address that offers the booking to the guest's Google Wallet, in the active language.

    A pass that was saved is not changed by a later link: a changed booking is another pass.
    """
    content = _object(facts, by)
    for name in (*_CAN_GO, ""):
        token = _token(content, by)
        if len(token) <= LONGEST:
            break
        content.pop(name, None)
    return f"{SAVE}{token}"


def _token(content: dict[str, Any], by: Account) -> str:
    claims = {
        "iss": by.email,
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(clock.now().timestamp()),
        "origins": [],
        "payload": {
            "genericClasses": [{"id": f"{by.issuer}.{_CLASS}"}],
            "genericObjects": [content],
        },
    }
    return jwt.encode(claims, by.key, algorithm="RS256")


def _object(facts: PassFacts, by: Account) -> dict[str, Any]:
    change = f"-{facts.sequence}" if facts.sequence else ""
    told = {
        "code": (gettext("Code"), facts.code),
        "name": (gettext("Guest"), facts.first_name),
    }
    content: dict[str, Any] = {
        "id": f"{by.issuer}.{facts.reservation_id}{change}",
        "classId": f"{by.issuer}.{_CLASS}",
        "state": "ACTIVE",
        "cardTitle": _said(facts, one_line(facts.restaurant)),
        "header": _said(facts, facts.when),
        "subheader": _said(facts, facts.party),
        "hexBackgroundColor": facts.ground,
        # Not the link: whoever has it can cancel, and this goes through Google's hands.
        "barcode": {"type": "QR_CODE", "value": facts.code, "alternateText": facts.code},
        "validTimeInterval": {
            "start": {"date": facts.local(facts.starts_at)},
            "end": {"date": facts.local(facts.ends_at)},
        },
        "notifications": {"upcomingNotification": {"enableNotification": True}},
        "textModulesData": [
            {"id": key, "header": name, "body": text} for key, (name, text) in told.items() if text
        ],
    }
    if facts.latitude is not None and facts.longitude is not None:
        content["merchantLocations"] = [{"latitude": facts.latitude, "longitude": facts.longitude}]
    return content


def _said(facts: PassFacts, text: str) -> dict[str, Any]:
    return {"defaultValue": {"language": facts.language, "value": text}}
