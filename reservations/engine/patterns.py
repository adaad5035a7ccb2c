"""When a house is usually busy and when quiet, from how many guests sat there hour by hour.

Measured by the house itself: busy is near its own fullest hour of the week, quiet far from it. So
it needs no capacity, and says nothing until there is enough to go by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

BUSY_FROM = 70
QUIET_UP_TO = 25
"""Percent of the fullest hour of the week."""

FEWEST_GUESTS = 50
"""In all hours together; below that any pattern would be chance."""

HourOfWeek = tuple[int, int]
"""Weekday (Monday is 0) and hour of the clock."""

HourRange = tuple[int, int]
"""From one hour to another, half-open; 24 is midnight."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """By weekday; weekdays without any are left out."""

    busy: Mapping[int, tuple[HourRange, ...]]
    quiet: Mapping[int, tuple[HourRange, ...]]


def patterns_of(
    guests: Mapping[HourOfWeek, int], service_hours: Mapping[int, Iterable[int]]
) -> Patterns:
    """Busy and quiet ranges of hours, of those ``service_hours`` names for each weekday."""
    if sum(guests.values()) < FEWEST_GUESTS:
        return Patterns({}, {})
    peak = max(guests.values())
    busy: dict[int, tuple[HourRange, ...]] = {}
    quiet: dict[int, tuple[HourRange, ...]] = {}
    for weekday, hours in service_hours.items():
        level = {hour: guests.get((weekday, hour), 0) * 100 for hour in hours}
        if full := _ranges(hour for hour, share in level.items() if share >= peak * BUSY_FROM):
            busy[weekday] = full
        if calm := _ranges(hour for hour, share in level.items() if share <= peak * QUIET_UP_TO):
            quiet[weekday] = calm
    return Patterns(busy, quiet)


def _ranges(hours: Iterable[int]) -> tuple[HourRange, ...]:
    found: list[HourRange] = []
    for hour in sorted(hours):
        if found and found[-1][1] == hour:
            found[-1] = (found[-1][0], hour + 1)
        else:
            found.append((hour, hour + 1))
    return tuple(found)
