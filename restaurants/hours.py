"""Opening hours as a guest reads them: one line per weekday. Pure.

Whether a slot may be booked is the engine's business; this is for display alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Stretch:
    """Open from ``opens`` to ``closes``; closing at or before opening means after midnight."""

    weekday: int
    opens: dt.time
    closes: dt.time

    @property
    def end_minute(self) -> int:
        """Minutes from the weekday's midnight to closing; above 1440 when that is the next day."""
        end = _minutes(self.closes)
        return end if end > _minutes(self.opens) else end + _DAY_MINUTES


@dataclass(frozen=True, slots=True)
class DayHours:
    """One weekday: from the first opening to the last closing, and the stretches in between."""

    name: str
    stretches: tuple[Stretch, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the house opens on this weekday at all."""
        return bool(self.stretches)

    @property
    def opens(self) -> dt.time | None:
        """The first opening, or None on a closed day."""
        return self.stretches[0].opens if self.stretches else None

    @property
    def closes(self) -> dt.time | None:
        """The last closing, or None on a closed day; 00:30 is after midnight."""
        last = max(self.stretches, key=lambda stretch: stretch.end_minute, default=None)
        return last.closes if last else None

    @property
    def text(self) -> str:
        """Such as ``12:00–14:30, 19:00–23:00`` or ``Closed``."""
        if not self.stretches:
            return "Closed"
        return ", ".join(f"{s.opens:%H:%M}–{s.closes:%H:%M}" for s in self.stretches)


def week(stretches: Iterable[Stretch]) -> tuple[DayHours, ...]:
    """Monday to Sunday, each with its stretches in order of opening."""
    ordered = sorted(stretches, key=lambda stretch: (stretch.weekday, stretch.opens))
    return tuple(
        DayHours(name, tuple(stretch for stretch in ordered if stretch.weekday == number))
        for number, name in enumerate(DAYS)
    )


def _minutes(reading: dt.time) -> int:
    return reading.hour * 60 + reading.minute
