"""The only place that reads the time, so that every rule can be asked about any instant."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone


def now() -> dt.datetime:
    """The current instant, aware, in UTC. Call it as ``clock.now()``: tests replace it."""
    return timezone.now()
