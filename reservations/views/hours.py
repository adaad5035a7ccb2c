"""When the house is open, now and in the coming days, for reading; bookings go by the engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils import dateformat
from django.utils.translation import gettext as _

from reservations.engine.calendar import is_open, services_on
from reservations.engine.types import DAY_MINUTES, Minute, Plan, WallMinute
from reservations.engine.walltime import boundary_to_minute, minute_to_datetime
from reservations.views import wording

DAYS_SHOWN = 7

Walls = tuple[WallMinute, WallMinute]


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day of the list."""

    name: str
    times: tuple[str, ...]
    kitchen: tuple[str, ...] = ()
    """When the kitchen cooks, if it keeps hours of its own."""
    note: str = ""
    is_today: bool = False


@dataclass(frozen=True, slots=True)
class Now:
    """Whether one could walk in at this moment."""

    is_open: bool
    text: str
    """``until 22:00``, ``opens tomorrow at 12:00``."""
    kitchen: str = ""


def coming_days(plan: Plan, today: dt.date) -> tuple[DayLine, ...]:
    """Today and the six days after it, special days in place. Asks nobody."""
    days = (today + dt.timedelta(days=offset) for offset in range(DAYS_SHOWN))
    return tuple(_line(plan, date, is_today=date == today) for date in days)


def right_now(plan: Plan, now: Minute) -> Now | None:
    """Open or closed, and until when; None for a house that keeps no opening hours."""
    if not plan.openings:
        return None
    opened = is_open(plan, now)
    change = _next_change(plan, now, kitchen=False)
    text = ""
    if change is not None:
        moment = _moment(plan, now, change)
        text = (
            _("until %(moment)s") % {"moment": moment}
            if opened
            else _("opens %(moment)s") % {"moment": moment}
        )
    return Now(opened, text, _kitchen_now(plan, now) if opened and plan.kitchen else "")


def _kitchen_now(plan: Plan, now: Minute) -> str:
    change = _next_change(plan, now, kitchen=True)
    if change is None:
        return ""
    moment = _moment(plan, now, change)
    if is_open(plan, now, kitchen=True):
        return _("kitchen until %(moment)s") % {"moment": moment}
    return _("kitchen opens %(moment)s") % {"moment": moment}


def _moment(plan: Plan, now: Minute, instant: Minute) -> str:
    """``22:00``, ``tomorrow at 12:00``, ``Tuesday at 12:00``, seen from now."""
    local = minute_to_datetime(plan.zone, instant)
    time = f"{local:%H:%M}"
    days = (local.date() - minute_to_datetime(plan.zone, now).date()).days
    if days == 0 or (days == 1 and local.hour < 6):
        return _("%(time)s") % {"time": time}
    if days == 1:
        return _("tomorrow at %(time)s") % {"time": time}
    return _("%(day)s at %(time)s") % {"day": dateformat.format(local, "l"), "time": time}


def _next_change(plan: Plan, now: Minute, *, kitchen: bool) -> Minute | None:
    """The next instant at which open becomes closed or the other way round, within the week."""
    state = is_open(plan, now, kitchen=kitchen)
    today = minute_to_datetime(plan.zone, now).date()
    edges = {edge for closure in plan.closures for edge in (closure.starts, closure.ends)}
    for offset in range(-1, DAYS_SHOWN + 1):
        date = today + dt.timedelta(days=offset)
        for stretch in _stretches(plan, date, kitchen=kitchen):
            edges |= {boundary_to_minute(plan.zone, date, wall) for wall in stretch}
    return next(
        (
            edge
            for edge in sorted(edges)
            if edge > now and is_open(plan, edge, kitchen=kitchen) != state
        ),
        None,
    )


def _line(plan: Plan, date: dt.date, *, is_today: bool) -> DayLine:
    name = _("Today") if is_today else wording.short_day(date)
    special = next((day for day in plan.special_days if day.date == date), None)
    venue = tuple(_reading_of(stretch) for stretch in _stretches(plan, date, kitchen=False))
    if not venue and not plan.openings and special is None:
        venue = _tables(plan, date)
    kitchen = tuple(_reading_of(stretch) for stretch in _stretches(plan, date, kitchen=True))
    return DayLine(
        name,
        venue or (_("Closed"),),
        kitchen if plan.kitchen and venue else (),
        special.note if special is not None else "",
        is_today,
    )


def _stretches(plan: Plan, date: dt.date, *, kitchen: bool) -> Iterator[Walls]:
    """The stretches of opening that begin on a date, in order, special days in place."""
    special = next((day for day in plan.special_days if day.date == date), None)
    if special is not None:
        if special.is_closed or (kitchen and special.kitchen_closed):
            return
        if special.opens is not None and special.closes is not None:
            yield special.opens, special.closes
            return
    regular = (plan.kitchen if kitchen else ()) or plan.openings
    yield from sorted(
        (opening.opens, opening.closes) for opening in regular if opening.weekday == date.weekday()
    )


def _tables(plan: Plan, date: dt.date) -> tuple[str, ...]:
    """A house that keeps no hours is open while a service seats guests."""
    seatings = sorted(
        (service.first_seating, service.last_seating)
        for service in services_on(plan, date)
        if not service.is_private
    )
    return tuple(_("tables %(times)s") % {"times": _reading_of(seating)} for seating in seatings)


def _reading_of(stretch: Walls) -> str:
    return f"{_reading(stretch[0])}–{_reading(stretch[1])}"


def _reading(wall: WallMinute) -> str:
    hours, minutes = divmod(wall % DAY_MINUTES, 60)
    return f"{hours:02d}:{minutes:02d}"
