"""Background work: a row first, a task second.

Whatever must not be lost is already a row (a message, a payment, a refund) when these
functions run, and beat sweeps such rows anyway. So a broker that is away costs seconds,
never data, and must never fail or delay the request: errors are logged and swallowed.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import current_app
from django.core.cache import cache
from django.db import transaction

logger = logging.getLogger(__name__)

_woken: dict[str, float] = {}
"""When this process last woke which sweep, by the monotonic clock."""


def forget_wakes() -> None:
    """Let the next wake-up of this process through (tests start from scratch)."""
    _woken.clear()


def enqueue(name: str, *args: Any) -> None:
    """Run the task called ``name`` once the surrounding transaction has committed.

    ``args`` are primary keys or other small JSON values. The task is looked up by name (so
    that services need not import tasks); an unknown name raises at once.
    """
    task = current_app.tasks[name]
    transaction.on_commit(lambda: _send(task, args))


def wake(name: str, *, every_seconds: int = 1) -> None:
    """Run the sweep called ``name`` soon after commit, at most once per ``every_seconds``.

    For sweeps that take everything due from a table: many wake-ups in a second are one, first
    within this process and then, by a key in Redis, among all of them.
    """
    task = current_app.tasks[name]
    transaction.on_commit(lambda: _wake(task, every_seconds))


def _wake(task: Any, every_seconds: int) -> None:
    now = time.monotonic()
    if now < _woken.get(task.name, 0.0) + every_seconds:
        return
    _woken[task.name] = now
    try:
        first = cache.add(f"wake:{task.name}", 1, timeout=every_seconds)
    except Exception:  # noqa: BLE001 - whatever the cache does, the request goes on
        logger.warning("cache away, leaving the work to the sweep", extra={"task": task.name})
        return
    if first:
        _send(task, (), countdown=every_seconds)


def _send(task: Any, args: tuple[Any, ...], countdown: float | None = None) -> None:
    try:
        task.apply_async(args=args, countdown=countdown, retry=False)
    except Exception:  # noqa: BLE001 - whatever the broker does, the request goes on
        logger.warning("broker away, leaving the work to the sweep", extra={"task": task.name})
