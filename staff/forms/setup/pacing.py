"""The grid of pacing: a line for each quarter of an hour in which guests can arrive."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from reservations.services.setup.times import LIMITS, Quarter
from restaurants.models import DiningService
from staff.forms.setup.fields import whole

QUARTER = 15
DAY = 24 * 60


def titles() -> list[str]:
    """Of the columns, in the order of ``LIMITS``."""
    return [
        _("Guests in all"),
        _("Parties in all"),
        _("Guests online"),
        _("Parties online"),
    ]


@dataclass(frozen=True, slots=True)
class GridLine:
    """A line of the grid."""

    label: str
    is_late: bool
    cells: list[Any]
    """The four fields."""


class PacingForm(forms.Form):
    """The usual limits, and those of single quarters; empty is the usual one."""

    def __init__(self, data: Any, *, service: DiningService) -> None:
        self.walls = list(quarters_of(service))
        steps = {row.at: row for row in service.pacing.all()}
        initial = {f"usual-{name}": getattr(service, name) for name in LIMITS}
        for wall in self.walls:
            step = steps.get(_clock(wall))
            initial |= {_name(wall, name): getattr(step, name, None) for name in LIMITS}
        super().__init__(data, initial=initial)
        for name, title in zip(LIMITS, titles(), strict=True):
            label = _("%(limit)s, every quarter of an hour") % {"limit": title}
            self.fields[f"usual-{name}"] = whole(label, 0, 9999, required=False)
        for wall in self.walls:
            for name, title in zip(LIMITS, titles(), strict=True):
                label = f"{title}, {_clock(wall):%H:%M}"
                self.fields[_name(wall, name)] = whole(label, 0, 9999, required=False)
        for index, field in enumerate(self.fields.values()):
            column = index % len(LIMITS)
            field.widget.attrs |= {"class": "grid__input", "data-column": column}
            field.widget.attrs["aria-label"] = field.label

    @property
    def usual_line(self) -> GridLine:
        """The first line."""
        return GridLine(_("Usually"), False, [self[f"usual-{name}"] for name in LIMITS])

    @property
    def lines(self) -> list[GridLine]:
        """The quarters."""
        return [
            GridLine(
                f"{_clock(wall):%H:%M}", wall >= DAY, [self[_name(wall, name)] for name in LIMITS]
            )
            for wall in self.walls
        ]

    def clean(self) -> dict[str, Any]:
        """Online cannot be more than all."""
        for line in [self.usual_line, *self.lines]:
            for total, online in zip(line.cells[:2], line.cells[2:], strict=True):
                most = self.cleaned_data.get(total.name)
                some = self.cleaned_data.get(online.name)
                if most is not None and some is not None and some > most:
                    self.add_error(online.name, _("More online than in all."))
        return self.cleaned_data

    def usual(self) -> list[int | None]:
        """The limits of every quarter that says nothing else."""
        return [self.cleaned_data[f"usual-{name}"] for name in LIMITS]

    def quarters(self) -> Iterator[Quarter]:
        """The quarters with limits of their own."""
        for wall in self.walls:
            limits = tuple(self.cleaned_data[_name(wall, name)] for name in LIMITS)
            if any(limit is not None for limit in limits):
                yield Quarter(_clock(wall), limits)


def quarters_of(service: DiningService) -> Iterator[int]:
    """The quarters of an hour in which slots of a service begin, as minutes after midnight."""
    first, last = _wall(service.first_seating), _wall(service.last_seating)
    if last < first:
        last += DAY
    slots = range(first, last + 1, service.slot_minutes)
    yield from sorted({wall // QUARTER * QUARTER for wall in slots})


def _wall(at: dt.time) -> int:
    return at.hour * 60 + at.minute


def _clock(wall: int) -> dt.time:
    return dt.time(wall % DAY // 60, wall % 60)


def _name(wall: int, limit: str) -> str:
    return f"q{wall}-{limit}"
