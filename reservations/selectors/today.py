"""A house's day at a glance: how many are booked, who is here, who comes next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from reservations.models import Reservation
from restaurants.models import Restaurant

NIGHT_ENDS = dt.timedelta(hours=4)
"""Until four in the morning it is still the evening before: that is whose parties sit there."""

LATE = dt.timedelta(minutes=30)
"""For so long a party that has not come is still among the next arrivals."""

Status = Reservation.Status
_TO_COME = (
    Status.PENDING,
    Status.PENDING_PAYMENT,
    Status.CONFIRMED,
    Status.RECONFIRMED,
    Status.PARTIALLY_ARRIVED,
)
_HERE = (
    Status.ARRIVED,
    Status.PARTIALLY_SEATED,
    Status.SEATED,
    Status.CHECK_DROPPED,
    Status.PAID,
)
_BOOKED = (*_TO_COME, *_HERE, Status.COMPLETED)


@dataclass(frozen=True, slots=True)
class DayFigures:
    """One service date of one house; real bookings that were not cancelled or missed."""

    date: dt.date
    bookings: int = 0
    covers: int = 0
    here: int = 0
    """Guests in the house now."""
    to_come: int = 0
    """Guests still expected."""


def service_date_at(venue: Restaurant, now: dt.datetime) -> dt.date:
    """The date whose service runs, or comes next, at this moment on the house's clocks."""
    return date_at(venue.tz, now)


def date_at(zone: dt.tzinfo, now: dt.datetime) -> dt.date:
    """The same by the zone of a house."""
    return (now.astimezone(zone) - NIGHT_ENDS).date()


def figures_of_day(venues: Iterable[Restaurant], now: dt.datetime) -> dict[int, DayFigures]:
    """Today's figures by restaurant id, each on its own calendar. One query."""
    dates = {venue.pk: service_date_at(venue, now) for venue in venues}
    if not dates:
        return {}
    wanted = Q()
    for venue_id, date in dates.items():
        wanted |= Q(restaurant_id=venue_id, service_date=date)
    rows = (
        Reservation.objects.filter(wanted, status__in=_BOOKED, is_test=False)
        .values_list("restaurant_id")
        .annotate(
            bookings=Count("pk"),
            covers=Sum("party_size"),
            here=Sum("party_size", filter=Q(status__in=_HERE), default=0),
            to_come=Sum("party_size", filter=Q(status__in=_TO_COME), default=0),
        )
        .order_by()
    )
    found = {venue_id: DayFigures(dates[venue_id], *counts) for venue_id, *counts in rows}
    return {venue_id: found.get(venue_id) or DayFigures(date) for venue_id, date in dates.items()}


def next_arrivals(venue: Restaurant, now: dt.datetime, *, limit: int) -> list[Reservation]:
    """Who is expected next today, those a little late included, in order of time. One query."""
    rows = Reservation.objects.filter(
        restaurant=venue,
        service_date=service_date_at(venue, now),
        starts_at__gte=now - LATE,
        status__in=_TO_COME,
        is_test=False,
    )
    return list(rows.select_related("service").order_by("starts_at", "pk")[:limit])
