"""Tokens for links that open something without a password: made from a nonce, kept as a hash.

A row keeps a random nonce and the token's fingerprint. The token itself is a keyed hash of the
nonce: whoever sends a message can make it again, nobody has to store it, and a copy of the database
opens nothing without ``SECRET_KEY``. A new nonce ends every link that was sent before.
"""

from __future__ import annotations

import base64
import secrets

from django.utils.crypto import salted_hmac

NONCE_LENGTH = 22
"""Characters of a nonce: 128 random bits."""

FINGERPRINT_LENGTH = 64

_TOKEN_BYTES = 20


def new_nonce() -> str:
    """128 fresh random bits, as text for an address or a column."""
    return secrets.token_urlsafe(16)


def derive(purpose: str, nonce: str) -> str:
    """The token of a nonce: 160 bits in 27 letters, digits, ``-`` and ``_``. Always the same.

    ``purpose`` keeps the tokens of different kinds of link apart.
    """
    digest = salted_hmac(f"couvert.token.{purpose}", nonce, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:_TOKEN_BYTES]).rstrip(b"=").decode()


def fingerprint(purpose: str, token: str) -> str:
    """What is stored to recognise a token by: a keyed hash that does not lead back to it."""
    return salted_hmac(f"couvert.fingerprint.{purpose}", token, algorithm="sha256").hexdigest()
