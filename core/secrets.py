"""Secrets that must be read again (to sign or to verify with): encrypted at rest.

A password or an API key is only ever compared, so it is stored as a hash. A signing secret must
be had back in clear; it is kept as a Fernet token (AES-128-CBC with HMAC-SHA256), so that a copy
of the database signs nothing without the key, which lives outside of it.

The key is ``FIELD_KEY``; without it, one derived from ``SECRET_KEY``. ``FIELD_KEY`` may name
several, separated by commas: the first encrypts, all decrypt. What was written under
``SECRET_KEY`` (or ``SECRET_KEY_FALLBACKS``) stays readable after a ``FIELD_KEY`` has come.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

from core.errors import DomainError


class SecretLost(DomainError):
    """A stored secret was encrypted with a key that this installation no longer has."""

    code = "SECRET_LOST"
    message = (
        "A stored secret cannot be read, because the key it was encrypted with is gone. "
        "Put the old key back at the end of FIELD_KEY, or make a new secret."
    )


class SecretField(models.TextField[str, str]):
    """A column that holds what ``encrypt`` gave, never the clear text.

    It does nothing by itself: whoever needs the secret calls ``decrypt``, so that a list page or
    an export cannot read it by accident. ``manage.py renew_secrets`` finds these columns.
    """


def encrypt(text: str) -> str:
    """``text`` as a token that only this installation's keys open; different every time."""
    return _box().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """What was given to ``encrypt``.

    Raises ``SecretLost`` if no key of this installation opens it, or if it was tampered with.
    """
    try:
        return _box().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise SecretLost from error


def renew(token: str) -> str:
    """The same secret under the first key; repeatable. Raises ``SecretLost``."""
    try:
        return _box().rotate(token.encode()).decode()
    except InvalidToken as error:
        raise SecretLost from error


def _box() -> MultiFernet:
    field_keys = tuple(key for key in map(str.strip, settings.FIELD_KEY.split(",")) if key)
    return _box_of((*field_keys, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=8)
def _box_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    """A Fernet key from a passphrase of any form; the label keeps it apart from other uses."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"couvert.field-key.v1")
    return base64.urlsafe_b64encode(derivation.derive(key.encode()))
