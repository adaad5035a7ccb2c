"""Proof of life of worker and beat, as rows that ``/readyz`` reads.

Beat sends the task ``core.heartbeat`` with the time it did so in a header; the worker that runs it
writes both rows: its own with the present time, beat's with the time of sending. So a message that
waited while beat was dead does not make beat look alive.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from celery import Task, shared_task
from celery.signals import beat_init, before_task_publish, worker_ready
from django.db import DatabaseError

from core import models

logger = logging.getLogger(__name__)

TASK = "core.heartbeat"
WORKER = "worker"
BEAT = "beat"
SENT_AT = "couvert_sent_at"


def beat_now(name: str, instant: datetime | None = None) -> None:
    """Write that ``name`` was alive at ``instant``, or now.

    Safe to repeat; an older time never replaces a newer one.
    """
    beaten_at = instant or datetime.now(UTC)
    row, created = models.Heartbeat.objects.get_or_create(
        name=name, defaults={"beaten_at": beaten_at}
    )
    if not created:
        models.Heartbeat.objects.filter(pk=row.pk, beaten_at__lt=beaten_at).update(
            beaten_at=beaten_at
        )


@shared_task(name=TASK, bind=True)
def heartbeat(self: Task[Any, Any]) -> None:
    """Run by a worker every few seconds."""
    note_beat(self.request.headers or {})


def note_beat(headers: Mapping[str, Any]) -> None:
    """Write the rows for a message with these headers."""
    beat_now(WORKER)
    if SENT_AT in headers:
        beat_now(BEAT, datetime.fromtimestamp(float(headers[SENT_AT]), UTC))


@before_task_publish.connect(sender=TASK)
def stamp(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Put the time of sending on the message."""
    if headers is not None:
        headers[SENT_AT] = time.time()


@worker_ready.connect
def worker_started(**_: Any) -> None:
    """A worker is ready: say so at once instead of waiting for the first beat."""
    _announce(WORKER)


@beat_init.connect
def beat_started(**_: Any) -> None:
    """Beat is ready: say so at once."""
    _announce(BEAT)


def _announce(name: str) -> None:
    try:
        beat_now(name)
    except DatabaseError:
        # The next beat will tell; a database that is away for a moment must not keep a worker down.
        logger.warning("Could not write the first heartbeat", extra={"beating": name})
