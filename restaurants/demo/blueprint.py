"""What a demo restaurant is described with: plain values, no database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
MON_TO_SAT = (0, 1, 2, 3, 4, 5)
TUE_TO_SAT = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table; ``key`` of the room, and where it stands on the plan in centimetres."""

    label: str
    room: str
    seats: int
    at: tuple[float, float] = (0, 0)
    least: int = 1
    access: str = "online"
    step_free: bool = False
    priority: int = 0
    shape: str = "square"
    size: tuple[float, float] = (80, 80)


@dataclass(frozen=True, slots=True)
class RoomSpec:
    """One room; ``key`` becomes part of its public id."""

    key: str
    name: str
    description: str = ""
    private_hire: bool = False


@dataclass(frozen=True, slots=True)
class CombinationSpec:
    """Tables by label that may be pushed together."""

    labels: tuple[str, ...]
    least: int
    most: int
    priority: int = 0


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """One dining service; everything the model has beyond the times goes into ``rules``."""

    key: str
    name: str
    weekdays: tuple[int, ...]
    first: str
    last: str
    rules: Mapping[str, Any] = field(default_factory=dict)
    turns: tuple[tuple[int, int], ...] = ()
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HoursSpec:
    """One stretch of opening on several weekdays."""

    weekdays: tuple[int, ...]
    opens: str
    closes: str
    part: str = "venue"


@dataclass(frozen=True, slots=True)
class SpecialDaySpec:
    """A day of the year that is special every year."""

    month: int
    day: int
    note: str
    is_closed: bool = False
    opens: str = ""
    closes: str = ""
    kitchen: tuple[str, str] | None = None
    """The kitchen's own hours of the day, if they are not the house's."""


@dataclass(frozen=True, slots=True)
class HappyHourSpec:
    """When the bar is cheaper."""

    weekdays: tuple[int, ...]
    starts: str
    ends: str


@dataclass(frozen=True, slots=True)
class SeasonSpec:
    """What changes in some months of every year."""

    name: str
    months: tuple[int, int]
    changes: str


@dataclass(frozen=True, slots=True)
class OfferSpec:
    """One offer, on some services."""

    key: str
    name: str
    description: str
    price: Decimal
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DishSpec:
    """One dish, in the house's currency."""

    name: str
    price: Decimal
    description: str = ""
    dietary: tuple[str, ...] = ()
    allergens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MenuSpec:
    """One menu; ``key`` is part of its public id."""

    key: str
    name: str
    description: str
    sections: tuple[tuple[str, tuple[DishSpec, ...]], ...]


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """A deposit; the restaurant's app cannot write it, the command above does."""

    name: str
    amount: Decimal
    service: str = ""
    min_party: int = 1


@dataclass(frozen=True, slots=True)
class HouseSpec:
    """One restaurant. ``key`` is part of the public ids of what belongs to it."""

    key: str
    organization: str
    facts: Mapping[str, Any]
    rooms: tuple[RoomSpec, ...]
    tables: tuple[TableSpec, ...]
    services: tuple[ServiceSpec, ...]
    hours: tuple[HoursSpec, ...]
    turns: tuple[tuple[int, int], ...] = ((2, 90), (20, 120))
    combinations: tuple[CombinationSpec, ...] = ()
    special_days: tuple[SpecialDaySpec, ...] = ()
    happy_hours: tuple[HappyHourSpec, ...] = ()
    seasons: tuple[SeasonSpec, ...] = ()
    offers: tuple[OfferSpec, ...] = ()
    menus: tuple[MenuSpec, ...] = ()
    policies: tuple[PolicySpec, ...] = ()
    is_default: bool = False
    """It answers where a program names no restaurant, unless another one does already."""

    @property
    def public_id(self) -> str:
        """Its public id."""
        return str(self.facts["public_id"])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.facts["name"])


def clock_time(text: str) -> dt.time:
    """``19:30`` as a time."""
    return dt.time.fromisoformat(text)


def pictures(*names: str) -> list[str]:
    """Drawings that come with Couvert."""
    return [f"/static/img/demo/{name}.svg" for name in names]
