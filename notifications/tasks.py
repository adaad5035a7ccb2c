"""The sweep of this app: takes what is due from the outbox; safe to run twice and at once."""

from __future__ import annotations

from celery import shared_task

from notifications import services
from notifications.services import tracing


@shared_task(name="notifications.deliver_due")
def deliver_due() -> None:
    """Send messages that are due."""
    services.deliver_due()


@shared_task(name="notifications.trace_texts")
def trace_texts() -> None:
    """Find out what became of texts that nothing was heard of."""
    tracing.trace_due()
