"""Secrets at rest: readable with the right key, useless without, and keys can be changed."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from core.secrets import SecretLost, decrypt, encrypt, renew

CLEAR = "whsec_c2VjcmV0LXdpdGgtw6ktYW5kLeKCrA=="


def test_a_secret_comes_back_as_it_was() -> None:
    assert decrypt(encrypt(CLEAR)) == CLEAR
    assert decrypt(encrypt("")) == ""


def test_what_is_stored_neither_shows_the_secret_nor_repeats_itself() -> None:
    first, second = encrypt(CLEAR), encrypt(CLEAR)
    assert CLEAR not in first
    assert first != second


def test_another_installation_cannot_read_it(settings: LazySettings) -> None:
    token = encrypt(CLEAR)
    settings.SECRET_KEY = "another-installation-0123456789-0123456789"
    with pytest.raises(SecretLost, match="Put the old key back"):
        decrypt(token)
    with pytest.raises(SecretLost):
        renew(token)


def test_a_token_that_was_tampered_with_is_refused() -> None:
    token = encrypt(CLEAR)
    middle = len(token) // 2
    other = "A" if token[middle] != "A" else "B"
    with pytest.raises(SecretLost):
        decrypt(token[:middle] + other + token[middle + 1 :])
    with pytest.raises(SecretLost):
        decrypt("")


def test_a_field_key_may_come_later(settings: LazySettings) -> None:
    token = encrypt(CLEAR)
    settings.FIELD_KEY = "first field key"
    assert decrypt(token) == CLEAR


def test_with_a_field_key_the_secret_key_may_change(settings: LazySettings) -> None:
    settings.FIELD_KEY = "first field key"
    token = encrypt(CLEAR)
    settings.SECRET_KEY = "a-changed-one-0123456789-0123456789-012345"
    assert decrypt(token) == CLEAR


def test_a_former_secret_key_among_the_fallbacks_still_opens(settings: LazySettings) -> None:
    token = encrypt(CLEAR)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a-changed-one-0123456789-0123456789-012345"
    assert decrypt(token) == CLEAR


def test_keys_are_changed_by_putting_the_new_one_in_front(settings: LazySettings) -> None:
    settings.FIELD_KEY = "old key"
    token = encrypt(CLEAR)
    settings.FIELD_KEY = "new key, old key"
    assert decrypt(token) == CLEAR
    renewed = renew(token)

    settings.FIELD_KEY = "new key"
    assert decrypt(renewed) == CLEAR
    with pytest.raises(SecretLost):
        decrypt(token)
