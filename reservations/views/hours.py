"""When the house is open in the coming days, for reading; bookings go by the engine."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from reservations.engine.calendar import services_on
from reservations.engine.types import DAY_MINUTES, Plan, WallMinute
from reservations.views import wording

DAYS_SHOWN = 7

_CLOSED = ("Closed",)


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day of the list."""

    name: str
    times: tuple[str, ...]
    note: str = ""
    is_today: bool = False


def coming_days(plan: Plan, today: dt.date) -> tuple[DayLine, ...]:
    """Today and the six days after it, special days in place. Asks nobody."""
    days = (today + dt.timedelta(days=offset) for offset in range(DAYS_SHOWN))
    return tuple(_line(plan, date, is_today=date == today) for date in days)


def _line(plan: Plan, date: dt.date, *, is_today: bool) -> DayLine:
    name = "Today" if is_today else wording.short_day(date)
    special = next((day for day in plan.special_days if day.date == date), None)
    if special is not None and special.is_closed:
        return DayLine(name, _CLOSED, special.note, is_today)
    if special is not None and special.opens is not None and special.closes is not None:
        return DayLine(name, (_stretch(special.opens, special.closes),), special.note, is_today)
    note = special.note if special is not None else ""
    return DayLine(name, _usual(plan, date) or _CLOSED, note, is_today)


def _usual(plan: Plan, date: dt.date) -> tuple[str, ...]:
    """Opening hours; a house that keeps none is open while a service seats guests."""
    if plan.openings:
        stretches = sorted(
            (opening.opens, opening.closes)
            for opening in plan.openings
            if opening.weekday == date.weekday()
        )
        return tuple(_stretch(*stretch) for stretch in stretches)
    seatings = [
        (service.first_seating, service.last_seating)
        for service in services_on(plan, date)
        if not service.is_private
    ]
    return tuple(f"tables {_stretch(*seating)}" for seating in sorted(seatings))


def _stretch(opens: WallMinute, closes: WallMinute) -> str:
    return f"{_reading(opens)}–{_reading(closes)}"


def _reading(wall: WallMinute) -> str:
    hours, minutes = divmod(wall % DAY_MINUTES, 60)
    return f"{hours:02d}:{minutes:02d}"
