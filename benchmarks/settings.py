"""Production's settings, with a payment provider that costs nothing."""

from __future__ import annotations

from config import env
from config.settings.production import *  # noqa: F403
from config.settings.production import INSTALLED_APPS

SANDBOX_ENABLED = True
INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.provider_app.ProviderConfig"]
# Collected beside the benchmarks' own database, not into the operator's folder.
STATIC_ROOT = env.data_dir() / "static"
