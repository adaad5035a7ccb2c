"""When a provider is asked again."""

from __future__ import annotations

import datetime as dt
import random

SWEEP_SECONDS = 60.0
"""A sweep ends after this long whatever is left: the next one goes on, on any worker."""


def later(at: dt.datetime, attempts: int, steps: list[dt.timedelta]) -> dt.datetime:
    """The back-off after ``attempts`` tries, a fifth more or less so that rows spread out."""
    step = steps[min(max(attempts, 1), len(steps)) - 1]
    return at + step * random.uniform(0.8, 1.2)  # noqa: S311 - nothing here is secret
