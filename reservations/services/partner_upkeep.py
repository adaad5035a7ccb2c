"""Tidying after partners: test bookings give their tables back, old deliveries are forgotten."""

from __future__ import annotations

import datetime as dt

from core import clock
from core.actors import SYSTEM
from core.errors import DomainError
from reservations.engine.lifecycle import UPCOMING, Status
from reservations.models import InboundDelivery, Reservation
from reservations.models.reservation import LIVE_STATUSES
from reservations.services.cancellation import cancel_reservation
from reservations.services.inbound import KEPT
from reservations.services.progress import step

TESTS_LIVE = dt.timedelta(days=1)
"""How long a test booking keeps its table."""


def sweep_tests(limit: int = 200) -> int:
    """Cancel the test bookings of more than a day ago; how many. Safe to run twice and at once."""
    old = Reservation.objects.filter(
        is_test=True, status__in=LIVE_STATUSES, created_at__lte=clock.now() - TESTS_LIVE
    ).values_list("public_id", "status")
    swept = 0
    for identifier, status in old.order_by("id")[:limit]:
        try:
            if Status(status) in UPCOMING:
                cancel_reservation(identifier, by=SYSTEM, reason="test booking")
            else:
                step(identifier, Status.COMPLETED, by=SYSTEM, reason="test booking")
            swept += 1
        except DomainError:
            # Somebody was at it meanwhile; the next sweep sees what became of it.
            continue
    return swept


def forget_deliveries() -> int:
    """Delete inbound deliveries that no source repeats any more; how many."""
    old = InboundDelivery.objects.filter(received_at__lt=clock.now() - KEPT)
    return old.delete()[0]
