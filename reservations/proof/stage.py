"""What a race is about, as plain values: a spawned process reads them before Django is there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from reservations.guests import Guest


@dataclass(frozen=True, slots=True)
class Stage:
    """Where it is run: houses by public id, dates and times, and who takes part."""

    houses: tuple[str, ...]
    """The house with tables comes first and again: most of the race is about it."""
    dates: tuple[dt.date, ...]
    times: tuple[str, ...]
    guests: tuple[Guest, ...]


@dataclass(frozen=True, slots=True)
class Race:
    """One process's share."""

    database: dict[str, Any]
    """Settings of a connection that leads into the scratch schema."""
    stage: Stage
    attempts: int
    seed: int
    with_lock: bool = True
