"""Hypothesis for a machine that may be busy: no verdict rests on how long an example takes."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("couvert", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("couvert")
