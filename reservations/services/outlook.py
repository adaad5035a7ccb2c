"""Looking ahead: a month of one restaurant, an evening of many; by the engine that takes holds.

Everything is read in one statement and nothing is promised; each day is asked exactly what
``place_hold`` asks, so a time that is shown is a time that can be held at the same instant.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from core import clock
from reservations.engine import availability
from reservations.engine import types as e
from reservations.engine.changes import ChangeKind
from reservations.engine.explain import for_guest
from reservations.engine.seating import places_of
from reservations.engine.walltime import datetime_to_minute
from reservations.errors import NotBookable
from reservations.selectors.books import Book, read_books
from reservations.selectors.days import Day
from reservations.selectors.houses import House
from reservations.sentences import FULL
from reservations.services.availability import (
    DayOffers,
    check_open_to,
    not_bookable,
    offers_of,
)
from restaurants.errors import RestaurantNotFound

_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a guest asks of every day that is looked at."""

    party_size: int
    room_id: int | None = None
    step_free: bool = False
    offer_id: int | None = None


@dataclass(frozen=True, slots=True)
class DayAhead:
    """One date: its times for this party, or why it has none."""

    date: dt.date
    free: int
    """How many times can be held."""
    reason: e.Refusal | None
    """With none free: the reason that holds for most of the day's times."""
    answer: DayOffers | NotBookable
    """As :func:`~reservations.services.availability.offers_of_day` gives or raises it."""


@dataclass(frozen=True, slots=True)
class Month:
    """Every date of a calendar month, in order."""

    house: House
    first: dt.date
    days: tuple[DayAhead, ...]

    def on(self, date: dt.date) -> DayAhead | None:
        """One date, if it is of this month."""
        is_here = (date.year, date.month) == (self.first.year, self.first.month)
        return self.days[date.day - 1] if is_here else None

    def next_free(self, after: dt.date) -> dt.date | None:
        """The first date later than ``after`` with a free time, within the month."""
        return next((day.date for day in self.days if day.date > after and day.free), None)


def month_of(restaurant: str, wanted: Wanted, month: dt.date) -> Month:
    """The calendar month that ``month`` lies in, for one party, as the public sees it.

    One query (two when rules changed), no lock. Raises RestaurantNotFound, NotAccepting.
    """
    now = clock.now()
    first = month.replace(day=1)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    book = read_books([restaurant], first, last, now=now).get(restaurant)
    if book is None:
        raise RestaurantNotFound
    check_open_to(book.day(first), e.Channel.ONLINE)
    dates = (first + dt.timedelta(days=offset) for offset in range(last.day))
    days = tuple(_ahead(_asked(book.day(date), wanted, now), date) for date in dates)
    return Month(book.house, first, days)


def evenings_of(
    restaurants: Sequence[str], wanted: Wanted, date: dt.date | None = None
) -> Mapping[str, DayAhead]:
    """One service date of several restaurants (public ids) that take bookings. One query or two.

    Without a date it is each one's own today, or its tomorrow when today has nothing left.
    """
    if not restaurants:
        return {}
    now = clock.now()
    # Somewhere it is still yesterday, and somewhere the day after tomorrow.
    first = date or now.date() - _ONE_DAY
    last = date or now.date() + 2 * _ONE_DAY
    found = {}
    for public_id, book in read_books(restaurants, first, last, now=now).items():
        if book.house.is_listed and book.house.accepts_reservations:
            today = now.astimezone(book.house.zone).date()
            dates = (date,) if date else (today, today + _ONE_DAY)
            found[public_id] = _first_free(book, wanted, dates, now)
    return found


def _first_free(book: Book, wanted: Wanted, dates: Sequence[dt.date], now: dt.datetime) -> DayAhead:
    """The first of the dates with a free time, else the first of all."""
    days = []
    for date in dates:
        days.append(_ahead(_asked(book.day(date), wanted, now), date))
        if days[-1].free:
            return days[-1]
    return days[0]


def _asked(day: Day, wanted: Wanted, now: dt.datetime) -> DayOffers | NotBookable:
    """The offers of a day that was read, or why no such request can be met on it."""
    plan = day.house.plan
    today = now.astimezone(plan.zone).date()
    if day.service_date < today - _ONE_DAY:
        # No service is that long: spares the engine most of the current month.
        return not_bookable(e.Refusal(e.Reason.PAST))
    query = e.Query(
        service_date=day.service_date,
        party_size=wanted.party_size,
        now=datetime_to_minute(now),
        room_id=wanted.room_id,
        step_free=wanted.step_free,
        offer_id=wanted.offer_id,
    )
    try:
        return offers_of(day, query)
    except NotBookable as refusal:
        return refusal


def _ahead(answer: DayOffers | NotBookable, date: dt.date) -> DayAhead:
    if isinstance(answer, NotBookable):
        refusal = e.Refusal(e.Reason(answer.code.lower()), answer.details)
        return DayAhead(date, 0, refusal, answer)
    free = sum(offer.available for offer in answer.offers)
    return DayAhead(date, free, None if free else reason_for_none(answer.offers), answer)


def reason_for_none(offers: Iterable[e.Offer]) -> e.Refusal:
    """What to tell a guest about slots none of which is free: full if any is, else why closed."""
    first = [offer.refusals[0] for offer in offers]
    to_come = [refusal for refusal in first if refusal.reason is not e.Reason.PAST]
    if not to_come:
        return e.Refusal(e.Reason.PAST if first else e.Reason.NO_SERVICE)
    return next((refusal for refusal in to_come if refusal.reason in FULL), to_come[0])


@dataclass(frozen=True, slots=True)
class RoomAhead:
    """A room guests may ask for, and how many of the day's times it has for this party."""

    room_id: int
    name: str
    free: int


def rooms_of(answer: DayOffers) -> tuple[RoomAhead, ...]:
    """The rooms of a day that has a choice of them: two or more that could seat this party.

    Asks nobody; empty for a house that counts seats instead of tables.
    """
    house, query = answer.day.house, replace(answer.query, room_id=None)
    if house.plan.capacity_mode is not e.CapacityMode.TABLES:
        return ()
    open_to = e.OPEN_TO[query.channel]
    suited = {
        room
        for place in places_of(house.plan)
        if place.access <= open_to
        and len(place.rooms) == 1
        and place.min_seats <= query.party_size <= place.max_seats
        and (place.step_free or not query.step_free)
        for room in place.rooms
    }
    if len(suited) < 2:
        return ()
    return tuple(
        RoomAhead(room, name, _free_in(answer, replace(query, room_id=room)))
        for room, name in house.rooms.items()
        if room in suited
    )


def _free_in(answer: DayOffers, query: e.Query) -> int:
    offers = availability.day(answer.day.house.plan, answer.day.ledger, query)
    return sum(offer.available for offer in offers)


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a time cannot be had, and what the guest could change about the request instead."""

    refusal: e.Refusal
    other_times: tuple[str, ...] = ()
    """Labels, nearest first, at most two hours away."""
    smaller_party: int | None = None
    """The largest smaller party that could come at this very time."""
    elsewhere: tuple[str, ...] = ()
    """Rooms that have this time, when the one asked for has not."""


def why_not(answer: DayOffers, time: str, service_id: int | None = None) -> WhyNot | None:
    """The engine's explanation for the guest; None when the time can be had after all."""
    plan, ledger = answer.day.house.plan, answer.day.ledger
    query = replace(answer.query, service_id=service_id)
    decision = availability.decide(plan, ledger, query, time)
    if decision.accepted:
        return None
    wall: e.WallMinute | str = decision.slot.wall if decision.slot else time
    changes = for_guest(plan, ledger, answer.query, wall)
    return WhyNot(
        refusal=decision.refusals[0],
        other_times=tuple(
            _label(change.value) for change in changes if change.kind is ChangeKind.OTHER_TIME
        ),
        smaller_party=next(
            (change.value for change in changes if change.kind is ChangeKind.SMALLER_PARTY), None
        ),
        elsewhere=_elsewhere(answer, query, wall),
    )


def _elsewhere(answer: DayOffers, query: e.Query, wall: e.WallMinute | str) -> tuple[str, ...]:
    if query.room_id is None:
        return ()
    house, ledger = answer.day.house, answer.day.ledger
    return tuple(
        name
        for room, name in house.rooms.items()
        if room != query.room_id
        and availability.decide(house.plan, ledger, replace(query, room_id=room), wall).accepted
    )


def _label(wall: e.WallMinute) -> str:
    hours, minutes = divmod(wall % e.DAY_MINUTES, 60)
    return f"{hours:02d}:{minutes:02d}"
