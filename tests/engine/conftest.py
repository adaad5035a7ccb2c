"""Hypothesis for a machine that may be busy: no verdict rests on how long an example takes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("couvert", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("couvert")


@pytest.fixture(autouse=True)
def _fresh_process() -> None:
    """Nothing to forget between these tests: the engine is pure."""
