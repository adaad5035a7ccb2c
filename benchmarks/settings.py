"""Production's settings, with the sandbox gateway allowed: the benchmarks pay with test cards."""

from __future__ import annotations

from config.settings.production import *  # noqa: F403

SANDBOX_ENABLED = True
