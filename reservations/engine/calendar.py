"""Which times exist: the slots of a service date, by the clock of the restaurant's zone.

A slot is a label on the wall clock. On the night the clocks go forward a label that does
not exist is no slot; on the night they go back a repeated label means its first occurrence
(see walltime). A slot belongs to the date of its dining service, so the 00:30 of Friday's
dinner is wall minute 1470 of Friday (DESIGN, decision 7).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from core.intervals import contains
from reservations.engine.hours import Stretch, closed_by_hours, kitchen_cooks, within_hours
from reservations.engine.memo import per_plan
from reservations.engine.types import (
    DAY_MINUTES,
    Closing,
    Closure,
    DiningService,
    Minute,
    Plan,
    Reason,
    Slot,
    WallMinute,
)
from reservations.engine.walltime import (
    boundary_to_minute,
    datetime_to_minute,
    datetime_to_minute_ceil,
    minute_to_datetime,
    wall_to_minute,
)

__all__ = [
    "boundary_to_minute",
    "closures_of_house",
    "datetime_to_minute",
    "datetime_to_minute_ceil",
    "find_slot",
    "find_slots",
    "is_open",
    "longest_turn",
    "minute_to_datetime",
    "readings_of",
    "service_dates_of",
    "service_of",
    "services_on",
    "shortest_claim",
    "slots_of",
    "span_of",
    "turn_for",
    "unscheduled_slots",
    "wall_to_minute",
]

FIRST_DATE = dt.date(1900, 1, 1)
LAST_DATE = dt.date(9900, 12, 31)
"""Outside these no service is planned: date arithmetic must never overflow on odd input."""

FALLBACK_TURN = 120
"""Minutes at table where neither the service nor the house says: an ordinary dinner."""


# Services


def services_on(plan: Plan, date: dt.date) -> tuple[DiningService, ...]:
    """The services of a date: those of its weekday, and those planned for it alone."""
    if not FIRST_DATE <= date <= LAST_DATE:
        return ()
    return tuple(service for service in plan.services if _runs_on(service, date))


def largest_party(plan: Plan, date: dt.date, wall: WallMinute | None = None) -> int:
    """The largest party the public may book for, by limits alone: at a time, or on a whole date.

    At a time at which no service seats guests it is that of the date, and on a date without
    services that of the house.
    """
    services = [service for service in services_on(plan, date) if not service.is_private]
    if wall is not None:
        readings = (wall, wall + DAY_MINUTES)
        services = [
            service
            for service in services
            if any(service.first_seating <= at <= service.last_seating for at in readings)
        ] or services
    limits = [service.max_party or plan.max_party for service in services]
    return min(plan.max_party, max(limits, default=plan.max_party))


def _runs_on(service: DiningService, date: dt.date) -> bool:
    if service.on_date is not None:
        return service.on_date == date
    return (
        date.weekday() in service.weekdays
        and (service.valid_from is None or service.valid_from <= date)
        and (service.valid_until is None or date <= service.valid_until)
    )


@per_plan(bound=200)
def service_of(plan: Plan, service_id: int) -> DiningService:
    """The plan's dining service of this id."""
    return next(service for service in plan.services if service.id == service_id)


def turn_for(plan: Plan, service: DiningService, party_size: int) -> int:
    """Minutes a party of this size keeps its table, by the service's rule or the house's."""
    steps = service.turn_times or plan.turn_times
    for step in steps:
        if party_size <= step.up_to:
            return step.minutes
    return steps[-1].minutes if steps else FALLBACK_TURN


@per_plan(bound=64)
def longest_turn(plan: Plan, service_id: int) -> int:
    """The longest time any party keeps a table in a service."""
    steps = [s.turn_times for s in plan.services if s.id == service_id and s.turn_times]
    return max((step.minutes for step in (steps or [plan.turn_times])[0]), default=FALLBACK_TURN)


@per_plan(bound=1)
def shortest_claim(plan: Plan) -> int:
    """The shortest time any party of this house takes a table for, buffer included."""
    steps = [step for service in plan.services for step in service.turn_times or plan.turn_times]
    return min((step.minutes for step in steps), default=0) + plan.buffer_minutes


# Slots


@per_plan(bound=500)
def slots_of(plan: Plan, service_date: dt.date) -> tuple[Slot, ...]:
    """Every scheduled slot of a service date in order of instant, closed ones included.

    Equal times of two services stay two slots. What closes a slot stands in the slot;
    nothing here depends on who asks, or when.
    """
    slots = [
        _slot(plan, service_date, service, wall, starts)
        for service in services_on(plan, service_date)
        for wall in range(service.first_seating, service.last_seating + 1, service.interval)
        if (starts := wall_to_minute(plan.zone, service_date, wall)) is not None
    ]
    return tuple(sorted(slots, key=lambda slot: (slot.starts, slot.service.id)))


def find_slots(
    plan: Plan, service_date: dt.date, wall: WallMinute | str, service_id: int | None = None
) -> tuple[Slot, ...]:
    """The slots of a service date at a wall minute, or reading ``"HH:MM"``; maybe none."""
    return tuple(
        slot
        for slot in slots_of(plan, service_date)
        if (slot.label == wall if isinstance(wall, str) else slot.wall == wall)
        and service_id in (None, slot.service.id)
    )


def find_slot(
    plan: Plan, service_date: dt.date, wall: WallMinute | str, service_id: int | None = None
) -> Slot | None:
    """The first slot at a wall minute, or the slot that reads ``"HH:MM"`` on that date.

    ``"00:30"`` on Friday is the half past midnight that belongs to Friday's service.
    """
    found = find_slots(plan, service_date, wall, service_id)
    return found[0] if found else None


def unscheduled_slots(
    plan: Plan, service_date: dt.date, wall: WallMinute | str, service_id: int | None = None
) -> tuple[Slot, ...]:
    """A time off the interval as a slot of each service that seats guests around it.

    For staff who set ``NOT_A_SLOT`` aside ("come at ten past"); hours and closures hold.
    """
    slots = [
        _slot(plan, service_date, service, reading, starts)
        for service in services_on(plan, service_date)
        for reading in readings_of(wall)
        if service_id in (None, service.id)
        and service.first_seating <= reading <= service.last_seating
        and (starts := wall_to_minute(plan.zone, service_date, reading)) is not None
    ]
    return tuple(sorted(slots, key=lambda slot: (slot.starts, slot.service.id)))


def readings_of(wall: WallMinute | str) -> tuple[WallMinute, ...]:
    """The wall minutes a label can mean: that of the date, or of the night after; or none."""
    if isinstance(wall, int):
        return (wall,) if 0 <= wall < 2 * DAY_MINUTES else ()
    hours, _, minutes = wall.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and len(wall) <= 5):
        return ()
    reading = int(hours) * 60 + int(minutes)
    is_time = int(minutes) < 60 and reading < DAY_MINUTES
    return (reading, reading + DAY_MINUTES) if is_time else ()


def _slot(
    plan: Plan, date: dt.date, service: DiningService, wall: WallMinute, starts: Minute
) -> Slot:
    closures = [
        closure
        for closure in plan.closures
        if closure.table_id is None
        and contains(closure.starts, closure.ends, starts)
        and closure.service_id in (None, service.id)
    ]
    shut = frozenset(c.room_id for c in closures if c.room_id is not None and not c.online_only)
    shut_online = frozenset(c.room_id for c in closures if c.room_id is not None) - shut
    hours = closed_by_hours(plan, date, starts)
    closed = _closed_by_closure(service, closures, shut, shut | shut_online)
    closings = tuple(closing for closing in (hours, closed) if closing is not None)
    first = closings[0] if closings else None
    return Slot(
        service=service,
        wall=wall,
        starts=starts,
        closed_by=first.reason if first else None,
        note=first.note if first else "",
        closed_rooms=shut,
        online_closed=first.online_only if first else False,
        online_closed_rooms=shut_online,
        closings=closings,
    )


def _closed_by_closure(
    service: DiningService,
    closures: Iterable[Closure],
    shut: frozenset[int],
    shut_online: frozenset[int],
) -> Closing | None:
    """The closure that shuts the whole slot; one that binds everybody goes before others."""
    found: Closing | None = None
    for closure in closures:
        closed_rooms = shut_online if closure.online_only else shut
        if closure.room_id is None or (service.room_ids and service.room_ids <= closed_rooms):
            found = Closing(Reason.CLOSURE, closure.note, closure.online_only)
            if not closure.online_only:
                break
    return found


# Instants and the dates they belong to


def service_dates_of(plan: Plan, instant: Minute) -> tuple[dt.date, ...]:
    """The service dates an instant can belong to, the likeliest first; never empty.

    A date is in it when one of its services has guests at that instant (from the first
    seating to the end of the last turn), the service that began last coming first. When no
    service runs, it is the date on the restaurant's calendar.
    """
    running = _dates_in_service(plan, instant)
    return running or (minute_to_datetime(plan.zone, instant).date(),)


def _dates_in_service(plan: Plan, instant: Minute) -> tuple[dt.date, ...]:
    local = minute_to_datetime(plan.zone, instant).date()
    running = [
        (opens, date)
        for date in (local, local - dt.timedelta(days=1))
        for service in services_on(plan, date)
        for opens, closes in [span_of(plan, date, service)]
        if contains(opens, closes, instant)
    ]
    return tuple(dict.fromkeys(date for _, date in sorted(running, reverse=True)))


def span_of(plan: Plan, date: dt.date, service: DiningService) -> Stretch:
    """From a service's first seating of a date until its last party's turn is over."""
    opens = boundary_to_minute(plan.zone, date, service.first_seating)
    last = boundary_to_minute(plan.zone, date, service.last_seating)
    return opens, last + longest_turn(plan, service.id)


def is_open(plan: Plan, instant: Minute, *, kitchen: bool = False) -> bool:
    """Whether the venue (or its kitchen) is open at an instant.

    Kitchen hours that are not given follow the venue's; venue hours that are not given
    follow the services. A closure of the whole house counts, one of a room does not.
    """
    if any(contains(c.starts, c.ends, instant) for c in closures_of_house(plan)):
        return False
    if plan.openings:
        date = minute_to_datetime(plan.zone, instant).date()
        return within_hours(plan, date, instant) and (
            not kitchen or kitchen_cooks(plan, date, instant)
        )
    for date in _dates_in_service(plan, instant):
        closing = closed_by_hours(plan, date, instant)
        if closing is None or (closing.reason is Reason.KITCHEN_CLOSED and not kitchen):
            return True
    return False


def closures_of_house(plan: Plan) -> tuple[Closure, ...]:
    """The closures that shut the doors: of the whole house, and not for the public alone."""
    return tuple(
        closure
        for closure in plan.closures
        if closure.room_id is None
        and closure.service_id is None
        and closure.table_id is None
        and not closure.online_only
    )
