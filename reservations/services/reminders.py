"""Reminding guests of a visit that is near: once for each time it is booked for."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, QuerySet, Value

from core import clock
from reservations.engine.lifecycle import Status
from reservations.models import Reservation
from reservations.selectors.houses import house
from reservations.services.bookings import notify

FRESH = dt.timedelta(hours=12)
"""Who booked this short a time before nobody has to remind yet."""
FURTHEST = dt.timedelta(hours=168)
"""The longest time before a visit that a house can choose."""
LATEST = dt.timedelta(hours=1)
"""In the last hour a reminder only disturbs."""

_REMINDED = (Status.CONFIRMED, Status.RECONFIRMED)
_HOUR = dt.timedelta(hours=1)


def remind_due(limit: int = 500) -> int:
    """Queue reminders of visits that begin within the house's span; how many.

    Each in a transaction of its own, with the row locked: safe to run twice and at once. A booking
    that moves to another time is reminded of again; one that was made within the last half day
    before its reminder is not.
    """
    now = clock.now()
    sent = 0
    for pk in list(_due(now).values_list("pk", flat=True)[:limit]):
        sent += _remind(pk, now)
    return sent


def _due(now: dt.datetime) -> QuerySet[Reservation]:
    span = ExpressionWrapper(
        F("restaurant__reminder_hours") * Value(_HOUR), output_field=DurationField()
    )
    remind_at = ExpressionWrapper(F("starts_at") - span, output_field=DateTimeField())
    rows = Reservation.objects.filter(
        status__in=_REMINDED,
        is_test=False,
        restaurant__reminder_hours__gt=0,
        starts_at__gt=now + LATEST,
        starts_at__lte=now + FURTHEST,
    )
    rows = rows.filter(Q(reminded_for=None) | ~Q(reminded_for=F("starts_at")))
    return rows.annotate(remind_at=remind_at).filter(remind_at__lte=now).order_by("starts_at", "id")


def _remind(pk: int, now: dt.datetime) -> bool:
    with transaction.atomic():
        rows = Reservation.objects.select_for_update(skip_locked=True, of=("self",))
        row = rows.select_related("restaurant").filter(pk=pk, status__in=_REMINDED).first()
        if row is None or row.reminded_for == row.starts_at:
            return False
        row.reminded_for = row.starts_at
        row.save(update_fields=["reminded_for"])
        hours = dt.timedelta(hours=row.restaurant.reminder_hours)
        if row.created_at > row.starts_at - hours - FRESH:
            return False
        plan = house(row.restaurant_id, row.restaurant.plan_version)
        notify(plan, row, "reservation_reminder", now)
    return True
