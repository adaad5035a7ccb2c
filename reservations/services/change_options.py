"""What a booking could become, as its guest is shown it before anything is asked for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext

from core import clock
from core.actors import Actor, ActorKind
from core.errors import DomainError
from core.money import quantize
from reservations.engine import types as e
from reservations.engine.policies import deposit_for
from reservations.engine.walltime import datetime_to_minute
from reservations.selectors.bookings import Booking
from reservations.selectors.days import Day
from reservations.selectors.own_place import day_without
from reservations.sentences import sentence
from reservations.services.availability import check_open_to, offers_of_whole_day
from reservations.services.changes import LARGER_DEPOSIT, check_changeable

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


def change_options(
    found: Booking, *, service_date: dt.date | None = None, party_size: int | None = None
) -> ChangeOptions:
    """Which times the booking could move to, counting its own table as free.

    By the same calculation as the change itself, with the booking's area, step-free need and
    channel; a time that owes a larger deposit than was paid is refused here as there. Nothing is
    promised: no lock is taken, the change may still be refused. Raises nothing but for a
    programming error; what stands against any change is in ``why_not``. Three queries.
    """
    now = clock.now()
    date = service_date or found.service_date
    size = found.party_size if party_size is None else party_size
    try:
        check_changeable(found.status, found.starts_at, _ANY_GUEST, now)
        day = day_without(found, date, now=now)
        check_open_to(day, e.Channel(found.channel))
        query = _query(found, date, size, now)
        offers = offers_of_whole_day(day, query)
    except DomainError as refusal:
        return ChangeOptions(date, size, (), refusal.text)
    options = tuple(_option(found, day, query, offer) for offer in offers)
    return ChangeOptions(date, size, options, "")


def _query(found: Booking, date: dt.date, size: int, now: dt.datetime) -> e.Query:
    return e.Query(
        service_date=date,
        party_size=size,
        now=datetime_to_minute(now),
        channel=e.Channel(found.channel),
        room_id=found.room_id,
        step_free=found.step_free,
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
    return quantize(due, plan.currency) > found.deposit
