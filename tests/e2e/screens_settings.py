"""As for measuring, but with the whole sandbox: its bank is one of the pages to picture."""

from __future__ import annotations

from benchmarks.settings import *  # noqa: F403
from benchmarks.settings import INSTALLED_APPS as _MEASURED

INSTALLED_APPS = [app for app in _MEASURED if not app.startswith("benchmarks.")]
