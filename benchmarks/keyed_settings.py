"""The benchmarks' settings, with one more address (``bare``)."""

from __future__ import annotations

from benchmarks.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.bare"
