"""Opening hours: when the house and its kitchen are open, special days in place.

A stretch of opening belongs to the date it begins on and may pass midnight, so at 00:30 on
Saturday the house can be open by Friday's hours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from core.intervals import contains
from reservations.engine.memo import per_plan
from reservations.engine.types import Closing, Minute, Plan, Reason, SpecialDay, WallMinute
from reservations.engine.walltime import boundary_to_minute

Stretch = tuple[Minute, Minute]


def closed_by_hours(plan: Plan, date: dt.date, starts: Minute) -> Closing | None:
    """Why the hours of the house forbid a slot of this service date to start; None if not.

    A closed house has a closed kitchen, so the kitchen is reported only when it is the cause.
    """
    special = _special_days(plan).get(date)
    if special and special.is_closed:
        return Closing(Reason.SPECIAL_DAY, special.note)
    if not within_hours(plan, date, starts):
        if special and _has_own_hours(special):
            return Closing(Reason.SPECIAL_DAY, special.note)
        return Closing(Reason.CLOSED)
    if special and special.kitchen_closed:
        return Closing(Reason.KITCHEN_CLOSED, special.note)
    if not kitchen_cooks(plan, date, starts):
        return Closing(Reason.KITCHEN_CLOSED)
    return None


def within_hours(plan: Plan, date: dt.date, starts: Minute) -> bool:
    """Whether the venue is open at an instant that belongs to a service date."""
    if plan.openings:
        return covered(_stretches_around(plan, date, False), starts)
    # Without regular hours the services alone decide, save on a day with hours of its own.
    special = _special_days(plan).get(date)
    if special and _has_own_hours(special):
        return covered(_stretches(plan, date, False), starts)
    return True


def kitchen_cooks(plan: Plan, date: dt.date, instant: Minute) -> bool:
    """Whether the hours let the kitchen cook at an instant on or around a date."""
    special = _special_days(plan).get(date)
    if plan.kitchen or plan.openings or (special and special.kitchen_opens is not None):
        return covered(_stretches_around(plan, date, True), instant)
    return True


def covered(stretches: Iterable[Stretch], instant: Minute) -> bool:
    """Whether an instant lies in one of the stretches."""
    return any(contains(opens, closes, instant) for opens, closes in stretches)


@per_plan(bound=1)
def _special_days(plan: Plan) -> dict[dt.date, SpecialDay]:
    return {special.date: special for special in plan.special_days}


def _has_own_hours(special: SpecialDay) -> bool:
    return special.opens is not None and special.closes is not None


def stretches_of(plan: Plan, date: dt.date, *, kitchen: bool = False) -> tuple[Stretch, ...]:
    """The stretches of opening that begin on a date, special hours in place, closures not."""
    return tuple(_stretches(plan, date, kitchen))


@per_plan(bound=1000)
def _stretches_around(plan: Plan, date: dt.date, kitchen: bool) -> tuple[Stretch, ...]:
    """Opening stretches that can touch a date: its own, last night's and the next day's."""
    return tuple(
        stretch
        for day in (date - dt.timedelta(days=1), date, date + dt.timedelta(days=1))
        for stretch in _stretches(plan, day, kitchen)
    )


def _stretches(plan: Plan, date: dt.date, kitchen: bool) -> Iterator[Stretch]:
    """The opening stretches that begin on a date, the date's special hours in place."""
    special = _special_days(plan).get(date)
    if special and (special.is_closed or (kitchen and special.kitchen_closed)):
        return
    hours: Iterable[tuple[WallMinute, WallMinute]]
    if kitchen and special and special.kitchen_opens is not None:
        hours = [(special.kitchen_opens, special.kitchen_closes or special.kitchen_opens)]
    elif special and special.opens is not None and special.closes is not None:
        hours = [(special.opens, special.closes)]
    else:
        regular = (plan.kitchen if kitchen else ()) or plan.openings
        hours = [(o.opens, o.closes) for o in regular if o.weekday == date.weekday()]
    for opens, closes in hours:
        yield (
            boundary_to_minute(plan.zone, date, opens),
            boundary_to_minute(plan.zone, date, closes),
        )
