"""What a booking could become, as its guest is shown it before anything is asked for."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext

from core import clock
from core.actors import Actor, ActorKind
from core.errors import DomainError
from reservations.details import NO_OFFER
from reservations.engine import types as e
from reservations.engine.policies import deposit_for
from reservations.engine.walltime import datetime_to_minute
from reservations.errors import NotBookable
from reservations.selectors.bookings import Booking
from reservations.selectors.books import Book, read_books
from reservations.selectors.days import Day
from reservations.selectors.own_place import OwnPlace, own_place
from reservations.sentences import sentence
from reservations.services.availability import (
    DayOffers,
    check_open_to,
    not_bookable,
    offers_of,
)
from reservations.services.changes import LARGER_DEPOSIT, check_changeable
from reservations.services.outlook import DayAhead, Month, reason_for_none

_ANY_GUEST = Actor(ActorKind.GUEST)


@dataclass(frozen=True, slots=True)
class ChangeOption:
    """One time of the date, for this booking."""

    time: str
    """The label to give as ``Change.time``."""
    service: str
    """Name of the dining service: Lunch, Dinner."""
    available: bool
    is_current: bool
    """What the booking is now, with the same date and party."""
    why_not: str
    """The reason against it as a sentence; empty when it is available."""


@dataclass(frozen=True, slots=True)
class ChangeOptions:
    """The times of one date for one size of party."""

    service_date: dt.date
    party_size: int
    options: tuple[ChangeOption, ...]
    why_not: str
    """Why there are no options at all; empty otherwise."""
    month: Month | None = None
    """The calendar month that was asked for, every date by the same calculation."""


def change_options(
    found: Booking,
    *,
    service_date: dt.date | None = None,
    party_size: int | None = None,
    month: dt.date | None = None,
    without_offer: bool = False,
) -> ChangeOptions:
    """Which times the booking could move to, counting its own table as free.

    By the same calculation as the change itself, with the booking's area, step-free need and
    channel; a time that owes a larger deposit than was paid is refused here as there. Nothing is
    promised: no lock is taken, the change may still be refused. Raises nothing but for a
    programming error; what stands against any change is in ``why_not``. ``month`` is the one whose
    calendar is shown, that of the date unless given. The booking's offer has to be served at the
    new time, unless it is given up. Three queries, four for another month's date.
    """
    if without_offer:
        found = replace(found, offer=NO_OFFER)
    now = clock.now()
    date = service_date or found.service_date
    size = found.party_size if party_size is None else party_size
    own = own_place(found)
    try:
        check_changeable(found.status, found.starts_at, _ANY_GUEST, now)
        shown = _month(found, own, month or date, size, now)
    except DomainError as refusal:
        return ChangeOptions(date, size, (), refusal.text)
    ahead = shown.on(date) or _alone(found, own, date, size, now)
    if isinstance(ahead.answer, NotBookable):
        return ChangeOptions(date, size, (), ahead.answer.text, shown)
    return ChangeOptions(date, size, _options(found, ahead.answer), "", shown)


def _month(found: Booking, own: OwnPlace, month: dt.date, size: int, now: dt.datetime) -> Month:
    first = month.replace(day=1)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    book = _book(found, first, last, now)
    check_open_to(book.day(first), e.Channel(found.channel))
    dates = (first + dt.timedelta(days=offset) for offset in range(last.day))
    days = (_ahead(found, own.left_out_of(book.day(date)), size, now) for date in dates)
    return Month(book.house, first, tuple(days))


def _alone(found: Booking, own: OwnPlace, date: dt.date, size: int, now: dt.datetime) -> DayAhead:
    """A date of another month than the one that is shown."""
    day = _book(found, date, date, now).day(date)
    return _ahead(found, own.left_out_of(day), size, now)


def _book(found: Booking, first: dt.date, last: dt.date, now: dt.datetime) -> Book:
    restaurant = found.house.public_id
    return read_books([restaurant], first, last, now=now)[restaurant]


def _ahead(found: Booking, day: Day, size: int, now: dt.datetime) -> DayAhead:
    """One date: how many times this booking could move to, or why none."""
    date = day.service_date
    try:
        if date < now.astimezone(day.house.zone).date() - dt.timedelta(days=1):
            # No service is that long: spares the engine most of the current month.
            raise not_bookable(e.Refusal(e.Reason.PAST))
        answer = offers_of(day, _query(found, date, size, now))
    except NotBookable as refusal:
        reason = e.Refusal(e.Reason(refusal.code.lower()), refusal.details)
        return DayAhead(date, 0, reason, refusal)
    free = sum(option.available for option in _options(found, answer))
    return DayAhead(date, free, None if free else _reason(answer.offers), answer)


def _reason(offers: Sequence[e.Offer]) -> e.Refusal:
    """Why a date has nothing for this booking."""
    if any(offer.available for offer in offers):
        # The times are free, and ask for a larger deposit than was paid.
        return e.Refusal(e.Reason.PREPAYMENT_NOT_SET_UP)
    return reason_for_none(offers)


def _options(found: Booking, answer: DayOffers) -> tuple[ChangeOption, ...]:
    return tuple(_option(found, answer.day, answer.query, offer) for offer in answer.offers)


def _query(found: Booking, date: dt.date, size: int, now: dt.datetime) -> e.Query:
    return e.Query(
        service_date=date,
        party_size=size,
        now=datetime_to_minute(now),
        channel=e.Channel(found.channel),
        room_id=found.room_id,
        step_free=found.step_free,
        turn_minutes=found.turn_minutes,
        offer_id=found.offer.wanted_id,
    )


def _option(found: Booking, day: Day, query: e.Query, offer: e.Offer) -> ChangeOption:
    label = offer.slot.label
    asked = (query.service_date, label, query.party_size)
    is_current = asked == (found.service_date, found.wall_time, found.party_size)
    why_not = "" if offer.available else sentence(offer.refusals[0])
    if not why_not and not is_current and _owes_more(found, day, query, offer):
        why_not = gettext(LARGER_DEPOSIT)
    return ChangeOption(
        time=label,
        service=offer.slot.service.name,
        available=not why_not,
        is_current=is_current,
        why_not=why_not,
    )


def _owes_more(found: Booking, day: Day, query: e.Query, offer: e.Offer) -> bool:
    plan = day.house.plan
    due, _ = deposit_for(plan, offer.slot.service, query.service_date, query.party_size)
    return due > found.deposit
