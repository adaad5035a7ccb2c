"""Providers on the loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from cryptography.x509.verification import Store
from pytest_django import Settings

from core import http
from payments.gateways.paypal import notices
from tests.payments.gateways import paypals_books as books
from tests.payments.gateways.paypals_books import PayPalsBooks


@pytest.fixture
def paypal(settings: Settings, served: dict[str, bytes]) -> Iterator[PayPalsBooks]:
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
