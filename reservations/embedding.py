"""Booking pages inside other websites: who shows them, and how the visitor is known there.

Browsers keep third-party cookies from a frame. So an embedded visit is known by a signed token in
the address instead: ``/e/<token>/`` stands before every path of the visit, links and forms and
redirects follow by themselves, and what the visitor does is kept in a session under the token's
key, never in the token. See docs/adr/0018.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass

from django.conf import settings
from django.core import signing

PREFIX = "/e/"
TOKEN_HOURS = 24

_SALT = "embedding"
_PATH = re.compile(r"/e/(?P<token>[A-Za-z0-9._=-]{40,200})(?P<rest>/.*)", re.DOTALL)
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Embedding:
    """One embedded visit."""

    restaurant_id: int
    slug: str
    """The only restaurant of the visit."""
    key: str
    """Of the session that keeps what the visitor does."""
    language: str = ""
    """What the website speaks; empty for the browser's, if the website did not say."""
    origins: tuple[str, ...] = ()
    """The websites that may show it."""

    @property
    def token(self) -> str:
        """The visit as addresses carry it."""
        key = f"{self.key}_{self.language}" if self.language else self.key
        return _signer().sign(f"{self.restaurant_id}-{key}-{self.slug}")

    @property
    def prefix(self) -> str:
        """What stands before every path of the visit; with a slash at the end."""
        return f"{PREFIX}{self.token}/"

    @property
    def form_secret(self) -> str:
        """What form tokens of this visit are made of, in place of a cookie's."""
        digest = hmac.digest(
            settings.SECRET_KEY.encode(), f"form:{self.key}".encode(), hashlib.sha256
        )
        return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest)


def begin(restaurant_id: int, slug: str, language: str = "") -> Embedding:
    """A new visit. Writes nothing: most visitors only look. A language nobody speaks is none."""
    spoken = language if language in dict(settings.LANGUAGES) else ""
    return Embedding(restaurant_id, slug, secrets.token_hex(16), spoken)


def split(path: str) -> tuple[str, str] | None:
    """Token and plain path of an embedded address; None for any other."""
    found = _PATH.fullmatch(path)
    return (found["token"], found["rest"]) if found else None


def read(token: str) -> Embedding | None:
    """The visit in a token of ours that is not too old, without its origins; else None."""
    try:
        text = _signer().unsign(token, max_age=TOKEN_HOURS * 3600)
    except signing.BadSignature:
        return None
    restaurant_id, mark, slug = text.split("-", 2)
    key, _, language = mark.partition("_")
    return Embedding(int(restaurant_id), slug, key, language)


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(sep=".", salt=_SALT)
