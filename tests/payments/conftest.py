"""What tests about money share."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from core import jobs
from restaurants.models import Restaurant
from tests import factories


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
