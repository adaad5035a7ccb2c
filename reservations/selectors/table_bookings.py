"""The bookings of one restaurant as its own programs read them: one by its code, or a search."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from reservations.engine.calendar import find_slots
from reservations.errors import ReservationNotFound
from reservations.models import Reservation, SourceRecord
from reservations.selectors.days import Day
from restaurants.models.hours import Weekday

SUNDAY_LUNCH_BEGINS_BEFORE = dt.time(16)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; None and empty ask nothing."""

    first: dt.date | None = None
    last: dt.date | None = None
    statuses: tuple[str, ...] = ()
    sunday_lunch: bool | None = None
    """True for Sunday lunches only, False for everything else."""
    words: str = ""
    """A part of the guest's name, or the code."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page, and how many there are in all."""

    bookings: list[Reservation]
    total: int


def bookings_at(restaurant: str, *, is_test: bool, seen_by: str = "") -> QuerySet[Reservation]:
    """The restaurant's bookings, with all they print: real ones, or those of test keys.

    ``seen_by`` names a source: only what it told of, whether its data won or not.
    """
    rows = Reservation.objects.filter(restaurant__public_id=restaurant, is_test=is_test)
    if seen_by:
        records = SourceRecord.objects.filter(reservation=OuterRef("pk"), source=seen_by)
        rows = rows.filter(Q(source=seen_by) | Exists(records.order_by()))
    return rows.select_related("restaurant", "service", "customer")


def table_booking(
    restaurant: str, reference: str, *, is_test: bool, seen_by: str = ""
) -> Reservation:
    """The booking with this code (in any case) or public id; raises ReservationNotFound."""
    named = Q(code=reference.upper()) | Q(public_id=reference)
    found = bookings_at(restaurant, is_test=is_test, seen_by=seen_by).filter(named).first()
    if found is None:
        raise ReservationNotFound
    return found


def search_bookings(
    restaurant: str,
    wanted: Wanted,
    *,
    is_test: bool,
    offset: int,
    limit: int,
    seen_by: str = "",
) -> Found:
    """A page of the restaurant's bookings. Two queries.

    Within dates in the order guests come; without any, the latest visit first.
    """
    rows = bookings_at(restaurant, is_test=is_test, seen_by=seen_by)
    if wanted.first:
        rows = rows.filter(service_date__gte=wanted.first)
    if wanted.last:
        rows = rows.filter(service_date__lte=wanted.last)
    if wanted.statuses:
        rows = rows.filter(status__in=wanted.statuses)
    if wanted.sunday_lunch is not None:
        lunch = Q(
            service__weekdays=[Weekday.SUNDAY],
            service__first_seating__lt=SUNDAY_LUNCH_BEGINS_BEFORE,
        )
        rows = rows.filter(lunch if wanted.sunday_lunch else ~lunch)
    for word in wanted.words.split():
        rows = rows.filter(Q(guest_name__icontains=word) | Q(code__iexact=word))
    is_dated = wanted.first or wanted.last
    order = ("starts_at", "id") if is_dated else ("-starts_at", "-id")
    return Found(list(rows.order_by(*order)[offset : offset + limit]), rows.count())


def is_prepaid(day: Day, time: str) -> bool:
    """Whether every service that has this time takes prepaid bookings only."""
    slots = find_slots(day.house.plan, day.service_date, time)
    return bool(slots) and all(slot.service.requires_prepayment for slot in slots)


def is_sunday_lunch(booking: Reservation) -> bool:
    """Whether it is for a lunch that is served on Sundays only."""
    service = booking.service
    return (
        service.weekdays == [Weekday.SUNDAY] and service.first_seating < SUNDAY_LUNCH_BEGINS_BEFORE
    )
