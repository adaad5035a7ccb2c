"""What tests about messages share."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from core import jobs
from restaurants.models import Restaurant
from tests import factories


@pytest.fixture
def restaurant(db: None) -> Restaurant:
    """A house that writes to its guests."""
    return factories.make_restaurant(name="Bella Notte")


@pytest.fixture(autouse=True)
def _sender(settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Couvert <bookings@couvert.example>"


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sweeps that were woken; they run only when a test says so."""
    names: list[str] = []
    monkeypatch.setattr(jobs, "wake", names.append)
    return names


@pytest.fixture
def facts() -> dict[str, Any]:
    """The payload of a message: two guests, half past midnight in New York, $50 paid."""
    return {
        "reservation_id": "res_7m2k9qv4x8w3c5yd",
        "code": "FT-K7M2QX",
        "restaurant": "Bella Notte",
        "address": "234 Greenwich Ave, New York, NY 10011",
        "phone": "+1 212 555 0123",
        "reply_to": "book@bella.example",
        "zone": "America/New_York",
        "starts_at": "2026-11-22T05:30:00+00:00",
        "ends_at": "2026-11-22T07:30:00+00:00",
        "party_size": 2,
        "guest_name": "Ada Guest",
        "deposit": "50.000",
        "currency": "USD",
        "special_requests": "",
        "sequence": 0,
        "manage_url": "https://couvert.example/booking/abc",
    }
