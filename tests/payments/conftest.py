"""What tests about money share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

from core import jobs
from restaurants.models import Restaurant
from tests import factories

if TYPE_CHECKING:
    from tests.payments.faulty_sides import Side, Sides


@pytest.fixture(autouse=True)
def _sandbox_enabled(settings: Settings) -> None:
    settings.SANDBOX_ENABLED = True


@pytest.fixture
def restaurant(db: None) -> Restaurant:
    """A house that takes dollars."""
    return factories.make_restaurant()


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sweeps that were woken; they run only when a test says so."""
    names: list[str] = []
    monkeypatch.setattr(jobs, "wake", names.append)
    return names


@pytest.fixture
def side_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Sides:
    """The other side, by its name; nothing is repeated but by us, and by nobody but the story."""
    # Not at the top: few tests need the providers' libraries.
    from tests.payments import faulty_sides as sides

    monkeypatch.setattr(jobs, "_wake", lambda *_: None)

    def make(name: str) -> Side:
        if name == "stripe":
            from payments.gateways.stripe import client

            monkeypatch.setattr(client, "RETRIES", 0)
            return sides.StripeSide(request.getfixturevalue("stripe_account"))
        if name == "square":
            return sides.SquareSide(request.getfixturevalue("square"))
        if name == "paypal":
            return sides.PayPalSide(request.getfixturevalue("paypal"))
        return sides.SandboxSide(monkeypatch)

    return make
