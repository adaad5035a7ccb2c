"""Bars of a report, drawn here: money in upwards, money back downwards.

A bar for every day, or for every policy.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from reservations.selectors.money_report import Figures

HEIGHT = 100
PLACE = 10
"""Width of a day or a policy in the drawing's own units; it is stretched to the page."""
_GAP = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    """``in``, ``fees`` or ``out``."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of ``width`` by ``HEIGHT``, and where its line of zero is."""

    width: int
    zero: float
    bars: list[Bar]
    most: Decimal
    """The largest sum of a day, or of a policy, that came in."""


def chart_of(days: Mapping[dt.date, Figures], first: dt.date, last: dt.date) -> Chart | None:
    """The bars of ``first`` to ``last``; None when nothing moved."""
    places = {(day - first).days: each for day, each in sorted(days.items())}
    return _chart(places, (last - first).days + 1)


def chart_by(groups: Iterable[Figures]) -> Chart | None:
    """A bar for each group, in their order; None when nothing moved."""
    places = dict(enumerate(groups))
    return _chart(places, len(places))


def _chart(places: Mapping[int, Figures], number: int) -> Chart | None:
    ups = {place: each.taken + each.fees for place, each in places.items()}
    downs = {place: each.refunded + each.lost for place, each in places.items()}
    most, least = max(ups.values(), default=Decimal(0)), max(downs.values(), default=Decimal(0))
    if not most + least:
        return None
    unit = HEIGHT / float(most + least)
    zero = float(most) * unit
    bars = []
    for place, each in places.items():
        x, width = place * PLACE + _GAP / 2, PLACE - _GAP
        taken, fees, out = (float(value) * unit for value in (each.taken, each.fees, downs[place]))
        for kind, y, height in (
            ("in", zero - taken, taken),
            ("fees", zero - taken - fees, fees),
            ("out", zero, out),
        ):
            if height:
                bars.append(Bar(x, round(y, 2), width, round(height, 2), kind))
    return Chart(number * PLACE, round(zero, 2), bars, most)
