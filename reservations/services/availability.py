"""What is free: the same calculation that accepts a hold, without the lock."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from core import clock
from core.intervals import overlaps
from core.money import quantize
from reservations.engine import availability
from reservations.engine import types as e
from reservations.engine.policies import deposit_for
from reservations.engine.rules import DayRules
from reservations.engine.seating import turn_of
from reservations.engine.suggest import suggest
from reservations.engine.walltime import datetime_to_minute, minute_to_datetime
from reservations.errors import NotAccepting, NotBookable
from reservations.selectors.days import Day, read_day
from reservations.sentences import sentence
from restaurants.errors import RestaurantNotFound


@dataclass(frozen=True, slots=True)
class DayOffers:
    """The slots of one service date for one party, and what it would pay in advance."""

    day: Day
    query: e.Query
    offers: tuple[e.Offer, ...]
    deposit: Decimal
    deposit_per_person: Decimal


def not_bookable(refusal: e.Refusal) -> NotBookable:
    """The refusal as an error, in words, with the figures behind it."""
    error = NotBookable(sentence(refusal), **refusal.facts)
    error.code = refusal.reason.upper()
    return error


def offers_of_day(
    restaurant: str,
    service_date: dt.date,
    party_size: int,
    *,
    channel: e.Channel = e.Channel.ONLINE,
    room_id: int | None = None,
    step_free: bool = False,
    turn_minutes: int | None = None,
    offer_id: int | None = None,
) -> DayOffers:
    """All slots of a date for a party, each with its reasons if it is refused.

    One or two queries, no lock; nothing is promised until a hold is placed. Raises
    RestaurantNotFound, NotAccepting, and NotBookable when no slot of the date could ever
    take this party (past, beyond the window, party too small or too large).
    """
    now = clock.now()
    day = read_day(restaurant, service_date, now=now)
    check_open_to(day, channel)
    query = e.Query(
        service_date=service_date,
        party_size=party_size,
        now=datetime_to_minute(now),
        channel=channel,
        room_id=room_id,
        step_free=step_free,
        turn_minutes=turn_minutes,
        offer_id=offer_id,
    )
    return offers_of(day, query)


def offers_of(day: Day, query: e.Query) -> DayOffers:
    """The same for a day that was read already. Raises NotBookable."""
    offers = offers_of_whole_day(day, query)
    deposit, per_person = _deposit(day.house.plan, offers, query.service_date, query.party_size)
    return DayOffers(day, query, offers, deposit, per_person)


def offers_of_whole_day(day: Day, query: e.Query) -> tuple[e.Offer, ...]:
    """The slots of a day that was just read; raises NotBookable when none could ever be had."""
    plan = day.house.plan
    whole_day = DayRules.of(plan, query).whole_day
    if whole_day:
        raise not_bookable(whole_day[0])
    offers = availability.day(plan, day.ledger, query)
    _check_not_over(plan, query, offers)
    return offers


def _check_not_over(plan: e.Plan, query: e.Query, offers: tuple[e.Offer, ...]) -> None:
    """Raise NotBookable for a date before today none of whose slots is still to come."""
    today = minute_to_datetime(plan.zone, query.now).date()
    still_on = any(offer.slot.starts >= query.now for offer in offers)
    if query.service_date < today and not still_on:
        raise not_bookable(e.Refusal(e.Reason.PAST))


def check_open_to(day: Day, channel: e.Channel) -> None:
    """Raise unless the restaurant takes bookings from this channel, as if it did not exist."""
    if channel is e.Channel.ONLINE and not day.house.is_listed:
        raise RestaurantNotFound
    if channel is e.Channel.ONLINE and not day.house.accepts_reservations:
        raise NotAccepting


def _deposit(
    plan: e.Plan, offers: tuple[e.Offer, ...], service_date: dt.date, party_size: int
) -> tuple[Decimal, Decimal]:
    """Deposit of the party and per guest, by the rules of the first slot it could take."""
    if not offers:
        return Decimal(0), Decimal(0)
    first = next((o for o in offers if o.available), offers[0])
    total, rule = deposit_for(plan, first.slot.service, service_date, party_size)
    if rule is not None and rule.per_person:
        return total, rule.amount
    return total, quantize(total / party_size, plan.currency)


def free_covers(found: DayOffers, offer: e.Offer) -> int:
    """How many more guests could sit down at a slot and stay a whole turn, whatever the rules say.

    In mode *seats* the free seats; else the chairs of the tables this party's channel may have.
    """
    plan, query = found.day.house.plan, found.query
    if plan.capacity_mode is e.CapacityMode.SEATS:
        return offer.free
    starts = offer.slot.starts
    until = starts + turn_of(plan, query, offer.slot.service) + plan.buffer_minutes
    taken = {
        table for table, start, end in found.day.ledger.uses if overlaps(starts, until, start, end)
    }
    return sum(
        table.max_seats
        for table in plan.tables
        if table.id not in taken and table.access in e.OPEN_TO[query.channel]
    )


def alternatives(day: Day, query: e.Query, wall: e.WallMinute) -> list[str]:
    """Bookable times near ``wall`` on the same date, nearest first, as ``HH:MM``."""
    return [offer.slot.label for offer in suggest(day.house.plan, day.ledger, query, wall)]
