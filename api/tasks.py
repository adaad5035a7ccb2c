"""Sweeps of the API's own rows."""

from __future__ import annotations

from celery import shared_task

from api import idempotency


@shared_task(name="api.forget_answers")
def forget_answers() -> int:
    """Delete answers that were kept for a day, a batch at a time until none is left."""
    total = 0
    while forgotten := idempotency.sweep():
        total += forgotten
    return total
