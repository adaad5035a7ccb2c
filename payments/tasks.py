"""The sweeps of this app. Each takes what is due from its table; safe to run twice and at once."""

from __future__ import annotations

from celery import shared_task

from payments.services import errands, events, reconciliation, refunds, settling


@shared_task(name="payments.settle_unknown")
def settle_unknown() -> None:
    """Find out what became of charges whose answer was lost."""
    settling.settle_unknown()


@shared_task(name="payments.process_refunds")
def process_refunds() -> None:
    """Send due refunds to their providers."""
    refunds.process_refunds()


@shared_task(name="payments.process_errands")
def process_errands() -> None:
    """Take or let go of what is set aside on cards."""
    errands.process_errands()


@shared_task(name="payments.process_events")
def process_events() -> None:
    """Look into what providers have told us."""
    events.process_events()


@shared_task(name="payments.forget_events")
def forget_events() -> None:
    """Delete messages that no provider repeats any more."""
    events.forget_old()


@shared_task(name="payments.reconcile")
def reconcile() -> None:
    """Compare yesterday's books with the providers'."""
    reconciliation.reconcile_due()
