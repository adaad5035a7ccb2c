"""What reports are made of: headline figures, panels with a picture and a table, a file to save."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils import dateformat
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from reservations.selectors.reports.span import Span
from reservations.views.wording import short_day
from restaurants.models import Restaurant
from staff import money_words
from staff.pictures import Picture

_FEWEST_FOR_WEEKS = 70
"""Days from which pictures show weeks."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which dates of which house, and what they are compared with."""

    venue: Restaurant
    span: Span
    other: Span | None
    against: str = ""
    """``the 28 days before``; empty without comparison."""

    def money(self, value: Decimal | float | None) -> str:
        """In the house's currency; a dash for what is not known."""
        if value is None:
            return "–"
        return money_words.money_text(Decimal(str(value)), self.venue.currency)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number at the head of the page."""

    title: str
    value: str
    change: str = ""
    """``+12 % (was 40)``: what it was, never a colour alone."""


@dataclass(slots=True)
class Panel:
    """A picture with its table, and how its numbers come about."""

    id: str
    title: str
    how: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    picture: Picture | None = None
    total: Sequence[str] = ()


@dataclass(slots=True)
class Report:
    """A whole page, and the same as a file."""

    figures: list[Figure] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)
    heading: Sequence[str] = ()
    cells: Iterable[Sequence[object]] = ()


def change(now: float, before: float | None, said: str = "") -> str:
    """``+12 %, was 40``; what stood there when it cannot be divided; empty without comparison."""
    if before is None:
        return ""
    was = said or number(before)
    if not before:
        return _("was %(value)s") % {"value": was}
    share = (now - before) / before
    whole = round(share * 100)
    sign = "+" if whole > 0 else "\N{MINUS SIGN}" if whole < 0 else "±"
    return _("%(change)s, was %(value)s") % {"change": f"{sign}{percent(abs(share))}", "value": was}


def was_share(before: float | None) -> str:
    """The same for shares: what it was."""
    return "" if before is None else _("was %(value)s") % {"value": percent(before, 1)}


def number(value: float) -> str:
    """With one decimal where there is one."""
    return f"{value:.0f}" if abs(value - round(value)) < 0.05 else f"{value:.1f}"


def percent(share: float, places: int = 0) -> str:
    """``12 %`` with a space that does not break, as French and style guides have it."""
    return f"{share * 100:.{places}f}\N{NO-BREAK SPACE}%"


def minutes(value: float | None) -> str:
    """``95 min``."""
    if value is None:
        return "–"
    return pgettext("duration", "%(n)d min") % {"n": round(value)}


def weekday(place: int) -> str:
    """``Mon``: Monday is 0."""
    return str(WEEKDAYS_ABBR[place])


def day(date: dt.date) -> str:
    """``Sat 28 Nov``."""
    return short_day(date)


def days(count: int) -> str:
    """``28 days``."""
    return ngettext("%(n)d day", "%(n)d days", count) % {"n": count}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A bar of a picture: one date, or a week of many."""

    label: str
    dates: tuple[dt.date, ...]


def stretches(span: Span) -> list[Stretch]:
    """The dates of a span as bars: by day, or by week from the first date on."""
    dates = span.dates
    size = 7 if len(dates) >= _FEWEST_FOR_WEEKS else 1
    groups = [dates[n : n + size] for n in range(0, len(dates), size)]
    form = pgettext("date in a picture", "j M")
    return [Stretch(dateformat.format(each[0], form), tuple(each)) for each in groups]
