"""A first look through the file: which restaurants, when their guests come, how many rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import gcd

from reservations.imports.source import Row

DAY = 24 * 60
NIGHT_ENDS = 5 * 60
"""A visit before five in the morning belongs to the evening before."""
LUNCH_ENDS = 16 * 60
"""A visit from four in the afternoon on belongs to dinner."""

_INTERVALS = (60, 30, 15, 10, 5)
USUAL_INTERVAL = 30


@dataclass(frozen=True, slots=True)
class Sitting:
    """One service as the visits imply it; minutes after midnight, past 1440 after the next."""

    name: str
    first: int
    last: int
    interval: int


@dataclass(slots=True)
class Seen:
    """What the file says about one restaurant."""

    rows: int = 0
    minutes: set[int] = field(default_factory=set)
    """When its guests come, as minutes of the service day."""
    largest: int = 0

    def sittings(self) -> list[Sitting]:
        """Lunch and dinner, each from its first to its last visit, with slots that fit them."""
        halves = {
            "Lunch": sorted(minute for minute in self.minutes if minute < LUNCH_ENDS),
            "Dinner": sorted(minute for minute in self.minutes if minute >= LUNCH_ENDS),
        }
        return [
            Sitting(name, minutes[0], minutes[-1], _interval(minutes))
            for name, minutes in halves.items()
            if minutes
        ]


@dataclass(slots=True)
class Survey:
    """What the file says altogether."""

    rows: int = 0
    restaurants: dict[str, Seen] = field(default_factory=dict)


def survey_of(rows: Iterable[Row], only: frozenset[str] = frozenset()) -> Survey:
    """Look at every row once, keeping a few numbers per restaurant."""
    found = Survey()
    for row in rows:
        found.rows += 1
        booking = row.booking
        if booking is None or (only and booking.restaurant not in only):
            continue
        seen = found.restaurants.setdefault(booking.restaurant, Seen())
        seen.rows += 1
        seen.largest = max(seen.largest, booking.party_size)
        minute = booking.visit_at.hour * 60 + booking.visit_at.minute
        seen.minutes.add(minute if minute >= NIGHT_ENDS else minute + DAY)
    return found


def _interval(minutes: list[int]) -> int:
    """The house's usual half hour if all visits lie on it, else the longest that fits them."""
    step = gcd(*(minute - minutes[0] for minute in minutes)) or USUAL_INTERVAL
    if step % USUAL_INTERVAL == 0:
        return USUAL_INTERVAL
    return next((interval for interval in _INTERVALS if step % interval == 0), _INTERVALS[-1])
