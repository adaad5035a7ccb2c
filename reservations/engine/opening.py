"""When doors and kitchen are open, as guests are told: hours, special days and closures together.

Agrees with :func:`~reservations.engine.calendar.is_open` at every instant (a test compares them);
this says for how long.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from core.intervals import contains, intersection, merge, subtract
from reservations.engine.calendar import closures_of_house, longest_turn, services_on, span_of
from reservations.engine.hours import Stretch, stretches_of
from reservations.engine.types import Minute, Opening, Plan, SpecialDay, WallMinute
from reservations.engine.walltime import boundary_to_minute, minute_to_datetime

HORIZON_DAYS = 14
"""How far ahead the next opening or closing is looked for."""

WallStretch = tuple[WallMinute, WallMinute]


@dataclass(frozen=True, slots=True)
class DayOpening:
    """What begins on one date, as instants; empty where it stays shut."""

    date: dt.date
    venue: tuple[Stretch, ...]
    kitchen: tuple[Stretch, ...]
    is_special: bool = False
    """The date differs from its weekday's regular hours."""
    note: str = ""
    """Why, in the house's words."""

    @property
    def is_closed(self) -> bool:
        """The doors stay shut."""
        return not self.venue

    @property
    def is_kitchen_closed(self) -> bool:
        """The doors open and the kitchen stays cold."""
        return bool(self.venue) and not self.kitchen


@dataclass(frozen=True, slots=True)
class WeekdayOpening:
    """The regular hours of one weekday (Monday is 0), as readings of the clock."""

    weekday: int
    venue: tuple[WallStretch, ...]
    kitchen: tuple[WallStretch, ...]


@dataclass(frozen=True, slots=True)
class OpenState:
    """Open or not at an instant, and when that changes next."""

    is_open: bool
    changes_at: Minute | None
    """None when it does not within ``HORIZON_DAYS``."""


def opening_of(plan: Plan, date: dt.date) -> DayOpening:
    """The hours of a date with everything counted: special day, closures, the kitchen's own."""
    special = next((day for day in plan.special_days if day.date == date), None)
    venue = _venue(plan, date, special)
    kitchen = _kitchen(plan, date, special, venue)
    shut = [
        closure
        for closure in closures_of_house(plan)
        if _meets(venue, closure.starts, closure.ends)
    ]
    gaps = [(closure.starts, closure.ends) for closure in shut]
    note = special.note if special else ""
    return DayOpening(
        date=date,
        venue=_without(venue, gaps),
        kitchen=_without(kitchen, gaps),
        is_special=bool(shut) or _differs(special),
        note=note or next((closure.note for closure in shut if closure.note), ""),
    )


def regular_week(plan: Plan) -> tuple[WeekdayOpening, ...]:
    """Monday to Sunday by the regular hours alone; without any, by the services."""
    week = []
    for weekday in range(7):
        venue = _regular(plan.openings, weekday) if plan.openings else _seatings(plan, weekday)
        kitchen = _regular(plan.kitchen, weekday) if plan.kitchen else venue
        week.append(WeekdayOpening(weekday, venue, tuple(_shared(venue, kitchen))))
    return tuple(week)


def open_state(plan: Plan, now: Minute, *, kitchen: bool = False) -> OpenState:
    """Whether the venue (or its kitchen) is open at ``now``, and until or from when.

    Looks no further than it must, which is seldom beyond tomorrow.
    """
    date = minute_to_datetime(plan.zone, now).date() - dt.timedelta(days=1)
    stretches: list[Stretch] = []
    is_open = False
    for _day in range(HORIZON_DAYS + 2):
        day = opening_of(plan, date)
        stretches = merge([*stretches, *(day.kitchen if kitchen else day.venue)])
        is_open, changes_at = _now_and_next(stretches, now)
        date += dt.timedelta(days=1)
        # What belongs to a later date begins on it and can change nothing before.
        if changes_at is not None and changes_at < boundary_to_minute(plan.zone, date, 0):
            return OpenState(is_open, changes_at)
    return OpenState(is_open, None)


def _now_and_next(stretches: list[Stretch], now: Minute) -> tuple[bool, Minute | None]:
    for opens, closes in stretches:
        if contains(opens, closes, now):
            return True, closes
        if opens > now:
            return False, opens
    return False, None


def _differs(special: SpecialDay | None) -> bool:
    return special is not None and (
        special.is_closed
        or special.kitchen_closed
        or special.opens is not None
        or special.kitchen_opens is not None
    )


def _venue(plan: Plan, date: dt.date, special: SpecialDay | None) -> list[Stretch]:
    if special and special.is_closed:
        return []
    by_hours = merge(stretches_of(plan, date))
    if plan.openings:
        return by_hours
    seatings = merge(span_of(plan, date, service) for service in services_on(plan, date))
    own = special is not None and special.opens is not None
    return list(_shared(seatings, by_hours)) if own else seatings


def _kitchen(
    plan: Plan, date: dt.date, special: SpecialDay | None, venue: list[Stretch]
) -> list[Stretch]:
    if special and special.kitchen_closed:
        return []
    has_hours = plan.kitchen or plan.openings or (special and special.kitchen_opens is not None)
    if not has_hours:
        return venue
    return list(_shared(venue, stretches_of(plan, date, kitchen=True)))


def _shared(
    first: Iterable[tuple[int, int]], second: Iterable[tuple[int, int]]
) -> Iterable[tuple[int, int]]:
    others = merge(second)
    parts = (intersection(a, b) for a in merge(first) for b in others)
    return merge(part for part in parts if part is not None)


def _meets(stretches: Iterable[Stretch], start: Minute, end: Minute) -> bool:
    return any(intersection(stretch, (start, end)) for stretch in stretches)


def _without(stretches: Iterable[Stretch], gaps: list[Stretch]) -> tuple[Stretch, ...]:
    return tuple(part for stretch in stretches for part in subtract(stretch, gaps))


def _regular(openings: Iterable[Opening], weekday: int) -> tuple[WallStretch, ...]:
    return tuple(merge((o.opens, o.closes) for o in openings if o.weekday == weekday))


def _seatings(plan: Plan, weekday: int) -> tuple[WallStretch, ...]:
    return tuple(
        merge(
            (service.first_seating, service.last_seating + longest_turn(plan, service.id))
            for service in plan.services
            if weekday in service.weekdays
        )
    )
