"""Everything a house can say about its hours: regular and special, now, this week, as a rule.

Reads only. The very calculation that decides about bookings tells what is open and what is free.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.core.cache import cache

from core import clock
from core.intervals import contains
from reservations.engine import capacity
from reservations.engine import types as e
from reservations.engine.calendar import closures_of_house
from reservations.engine.opening import (
    DayOpening,
    OpenState,
    WeekdayOpening,
    open_state,
    opening_of,
    regular_week,
)
from reservations.engine.patterns import Patterns, patterns_of
from reservations.engine.walltime import datetime_to_minute, minute_to_datetime
from reservations.errors import NotBookable
from reservations.selectors.books import read_books
from reservations.selectors.days import Day
from reservations.selectors.history import guests_by_hour
from reservations.selectors.houses import House
from reservations.services.availability import offers_of
from restaurants.errors import RestaurantNotFound
from restaurants.hours import DAYS
from restaurants.selectors import Hospitality, hospitality_of

SPECIAL_DAYS_AHEAD = 90
PLANNED_DAYS_AHEAD = 366
WEEKS_OF_HISTORY = 12
USUAL_PARTY = 2
_PATTERNS_SECONDS = 3600
_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """One dining service as a rule: Lunch, Dinner. Readings of the clock."""

    name: str
    weekdays: frozenset[int]
    first_seating: e.WallMinute
    until: e.WallMinute
    """The kitchen's closing after the last seating; without kitchen hours the last seating."""
    seatings: tuple[e.WallMinute, ...]
    requires_prepayment: bool


@dataclass(frozen=True, slots=True)
class Occupancy:
    """Seats of the house at this moment."""

    total: int
    taken: int


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """See the module. ``now`` is the start of the minute: within it there is one answer."""

    house: House
    now: dt.datetime
    week: tuple[WeekdayOpening, ...]
    coming: tuple[DayOpening, ...]
    """Today and the six days after it."""
    exceptions: tuple[DayOpening, ...]
    """Every date with other than regular hours, from today for a year."""
    venue: OpenState
    kitchen: OpenState
    is_accepting: bool
    """Guests may book online at this moment, for whatever date."""
    bookable_today: tuple[str, ...]
    """Times of today a party of two could still have, ``HH:MM``."""
    occupancy: Occupancy
    patterns: Patterns
    regular_closures: tuple[str, ...]
    services: tuple[ServiceHours, ...]
    hospitality: Hospitality

    @property
    def today(self) -> dt.date:
        """The date on the restaurant's calendar."""
        return self.now.astimezone(self.house.zone).date()

    @property
    def special_days(self) -> tuple[DayOpening, ...]:
        """The exceptions of the coming ninety days."""
        last = self.today + dt.timedelta(days=SPECIAL_DAYS_AHEAD)
        return tuple(day for day in self.exceptions if day.date <= last)


def business_hours(restaurant: str) -> BusinessHours:
    """All of it for the restaurant with this public id, as of now. Raises RestaurantNotFound.

    Five queries, none of which locks; what past weeks say is worked out once an hour.
    """
    now = clock.now().replace(second=0, microsecond=0)
    day = _today_of(restaurant, now)
    house, plan, minute = day.house, day.house.plan, datetime_to_minute(now)
    return BusinessHours(
        house=house,
        now=now,
        week=regular_week(plan),
        coming=tuple(
            opening_of(plan, day.service_date + dt.timedelta(ahead)) for ahead in range(7)
        ),
        exceptions=_exceptions(plan, day.service_date),
        venue=open_state(plan, minute),
        kitchen=open_state(plan, minute, kitchen=True),
        is_accepting=_is_accepting(house, minute),
        bookable_today=_bookable(day, minute) if _is_accepting(house, minute) else (),
        occupancy=_occupancy(day, minute),
        patterns=_patterns(house, day.service_date),
        regular_closures=_regular_closures(plan),
        services=_services(plan, day.service_date),
        hospitality=hospitality_of(house.id),
    )


def _today_of(restaurant: str, now: dt.datetime) -> Day:
    """The book of the date that is today where the restaurant is."""
    around = now.date()
    books = read_books([restaurant], around - _ONE_DAY, around + _ONE_DAY, now=now)
    book = books.get(restaurant)
    if book is None:
        raise RestaurantNotFound
    return book.day(now.astimezone(book.house.zone).date())


def _exceptions(plan: e.Plan, today: dt.date) -> tuple[DayOpening, ...]:
    last = today + dt.timedelta(days=PLANNED_DAYS_AHEAD)
    dates = {special.date for special in plan.special_days}
    for closure in closures_of_house(plan):
        first = max(minute_to_datetime(plan.zone, closure.starts).date() - _ONE_DAY, today)
        until = min(minute_to_datetime(plan.zone, closure.ends).date(), last)
        dates |= {first + dt.timedelta(ahead) for ahead in range((until - first).days + 1)}
    days = (opening_of(plan, date) for date in sorted(dates) if today <= date <= last)
    return tuple(day for day in days if day.is_special)


def _is_accepting(house: House, now: e.Minute) -> bool:
    paused = any(
        closure.room_id is None
        and closure.service_id is None
        and contains(closure.starts, closure.ends, now)
        for closure in house.plan.closures
    )
    return house.accepts_reservations and not paused


def _bookable(day: Day, now: e.Minute) -> tuple[str, ...]:
    plan = day.house.plan
    party = max(plan.min_party, min(USUAL_PARTY, plan.max_party))
    try:
        found = offers_of(day, e.Query(day.service_date, party, now))
    except NotBookable:
        return ()
    return tuple(dict.fromkeys(offer.slot.label for offer in found.offers if offer.available))


def _occupancy(day: Day, now: e.Minute) -> Occupancy:
    plan = day.house.plan
    if plan.capacity_mode is e.CapacityMode.SEATS:
        return Occupancy(plan.seats, min(capacity.seats_used(day.ledger, now, 1), plan.seats))
    taken = {table for table, start, end in day.ledger.uses if contains(start, end, now)}
    return Occupancy(
        sum(table.max_seats for table in plan.tables),
        sum(table.max_seats for table in plan.tables if table.id in taken),
    )


def _patterns(house: House, today: dt.date) -> Patterns:
    key = f"patterns:{house.id}:{house.plan.version}:{today}"
    known: Patterns | None = cache.get(key)
    if known is None:
        first = today - dt.timedelta(weeks=WEEKS_OF_HISTORY)
        hours = {day.weekday: _hours_between(day) for day in regular_week(house.plan)}
        known = patterns_of(guests_by_hour(house.id, first, today), hours)
        cache.set(key, known, _PATTERNS_SECONDS)
    return known


def _hours_between(day: WeekdayOpening) -> range:
    """The hours from the kitchen's first opening to its last closing, its pause included."""
    if not day.kitchen:
        return range(0)
    opens, closes = day.kitchen[0][0], max(end for _, end in day.kitchen)
    return range(opens // 60, min(-(-closes // 60), 24))


def _regular_closures(plan: e.Plan) -> tuple[str, ...]:
    """Closed days that come back: the same name in more than one year, then whole weekdays."""
    years: dict[str, set[int]] = {}
    for special in sorted(plan.special_days, key=lambda day: day.date):
        if special.is_closed and special.note:
            years.setdefault(special.note, set()).add(special.date.year)
    weekdays = [f"{DAYS[day.weekday].title()}s" for day in regular_week(plan) if not day.venue]
    return (*(name for name, found in years.items() if len(found) > 1), *weekdays)


def _services(plan: e.Plan, today: dt.date) -> tuple[ServiceHours, ...]:
    week = regular_week(plan)
    return tuple(
        ServiceHours(
            name=service.name,
            weekdays=service.weekdays,
            first_seating=service.first_seating,
            until=_until(service, week),
            seatings=tuple(
                range(service.first_seating, service.last_seating + 1, service.interval)
            ),
            requires_prepayment=service.requires_prepayment,
        )
        for service in plan.services
        if service.weekdays
        and not service.is_private
        and (service.valid_until is None or service.valid_until >= today)
    )


def _until(service: e.DiningService, week: tuple[WeekdayOpening, ...]) -> e.WallMinute:
    last = service.last_seating
    closings = (
        closes
        for day in week
        if day.weekday in service.weekdays
        for opens, closes in day.kitchen
        if opens <= last <= closes
    )
    return max(closings, default=last)
