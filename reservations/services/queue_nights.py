"""The end of a night's queue: who was forgotten in it waits no longer."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from core import audit, clock
from core.actors import SYSTEM
from reservations.models import QueueEntry
from reservations.models.queue import LIVE_QUEUE

OVER = dt.timedelta(hours=12)
"""So long after it joined a party has gone home."""


def end_queues(limit: int = 500) -> int:
    """Take parties off the queue that joined half a day ago; how many. Safe to run twice."""
    now = clock.now()
    with transaction.atomic():
        rows = QueueEntry.objects.select_for_update(of=("self",), skip_locked=True).filter(
            status__in=LIVE_QUEUE, joined_at__lte=now - OVER
        )
        found = list(rows.order_by("id")[:limit])
        for entry in found:
            entry.status, entry.closed_at = QueueEntry.Status.LEFT, now
            entry.updated_at = now
            entry.save(update_fields=["status", "closed_at", "updated_at"])
            audit.record(
                "queue.left",
                entry.public_id,
                by=SYSTEM,
                restaurant_id=entry.restaurant_id,
                service_date=entry.service_date.isoformat(),
            )
    return len(found)
