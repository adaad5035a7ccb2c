"""What a guest has done so far, in figures."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Max, Min, Q

from customers.models import Customer
from reservations.models import Reservation
from reservations.models.reservation import LIVE_STATUSES

_NEVER_CAME = ["cancelled", "no_show", "declined", "expired"]
_IS_UNDONE = Q(status="cancelled", seated_at__isnull=False)
"""As ``visit_facts.IS_UNDONE``."""


@dataclass(frozen=True, slots=True)
class GuestFigures:
    """Counts of a guest's bookings, and the visits around now."""

    bookings: int
    completed: int
    """Visits that are over; also those nobody marked as completed."""
    cancelled: int
    no_shows: int
    last_visit: dt.date | None
    next_visit: dt.date | None


def figures_of(customer: Customer, *, now: dt.datetime, within: int | None = None) -> GuestFigures:
    """The guest's figures, merged records included; ``within`` counts one restaurant only.

    Bookings of test keys have no guest, so they are never in here; what was undone is not either.
    One query.
    """
    rows = Reservation.objects.filter(
        Q(customer=customer) | Q(customer__merged_into=customer), ~_IS_UNDONE, is_test=False
    )
    if within is not None:
        rows = rows.filter(restaurant=within)
    over = Q(ends_at__lte=now) & ~Q(status__in=_NEVER_CAME)
    coming = Q(ends_at__gt=now, status__in=LIVE_STATUSES)
    return GuestFigures(
        **rows.aggregate(
            bookings=Count("pk"),
            completed=Count("pk", filter=over),
            cancelled=Count("pk", filter=Q(status="cancelled")),
            no_shows=Count("pk", filter=Q(status="no_show")),
            last_visit=Max("service_date", filter=over),
            next_visit=Min("service_date", filter=coming),
        )
    )
