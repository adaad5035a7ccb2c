"""Bars of a report, drawn here: money in upwards, money back downwards, a bar for every day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from reservations.selectors.money_report import Figures

HEIGHT = 100
DAY = 10
"""Width of a day in the drawing's own units; it is stretched to the page."""
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
    """The largest sum of a day that came in."""


def chart_of(days: Mapping[dt.date, Figures], first: dt.date, last: dt.date) -> Chart | None:
    """The bars of ``first`` to ``last``; None when nothing moved."""
    ups = {day: each.taken + each.fees for day, each in days.items()}
    downs = {day: each.refunded + each.lost for day, each in days.items()}
    most, least = max(ups.values(), default=Decimal(0)), max(downs.values(), default=Decimal(0))
    if not most + least:
        return None
    unit = HEIGHT / float(most + least)
    zero = float(most) * unit
    bars = []
    for day, each in sorted(days.items()):
        x, width = (day - first).days * DAY + _GAP / 2, DAY - _GAP
        taken, fees, out = (float(value) * unit for value in (each.taken, each.fees, downs[day]))
        for kind, y, height in (
            ("in", zero - taken, taken),
            ("fees", zero - taken - fees, fees),
            ("out", zero, out),
        ):
            if height:
                bars.append(Bar(x, round(y, 2), width, round(height, 2), kind))
    return Chart(((last - first).days + 1) * DAY, round(zero, 2), bars, most)
