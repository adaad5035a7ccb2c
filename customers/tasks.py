"""Sweeps of guests' records. Each is safe to run twice and at once."""

from __future__ import annotations

from celery import shared_task

from customers.services.merging import forget_merges as forget


@shared_task(name="customers.forget_merges")
def forget_merges() -> int:
    """Empty what was kept for undoing merges, a batch at a time until none is left."""
    total = 0
    while emptied := forget():
        total += emptied
    return total
