"""The sweeps of this app. Each is safe to run twice and at once."""

from __future__ import annotations

from celery import shared_task
from django.core.cache import cache

from webhooks.services.dispatch import deliver_due
from webhooks.services.feed import pump
from webhooks.services.outcomes import bury_hopeless
from webhooks.services.replay import forget_old

_BUSY_SECONDS = 90
"""Longer than a run takes; a worker that dies keeps the others out for this long at most."""


@shared_task(name="webhooks.dispatch")
def dispatch() -> None:
    """Turn what happened into events, and send what is due.

    One run at a time is enough, and two would keep two workers from other work while receivers
    are slow. The key in Redis is a courtesy: nothing depends on it.
    """
    if not cache.add("webhooks:dispatching", 1, timeout=_BUSY_SECONDS):
        return
    try:
        pump()
        bury_hopeless()
        deliver_due()
    finally:
        cache.delete("webhooks:dispatching")


@shared_task(name="webhooks.forget_old")
def forget() -> None:
    """Delete what is older than the log is kept."""
    while forget_old():
        continue
