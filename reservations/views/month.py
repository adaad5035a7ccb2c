"""A month as a calendar: which days can be had, and behind every other day why not."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from django.utils import dates
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reservations.selectors.houses import House
from reservations.services.outlook import DayAhead, Month
from reservations.views import wording
from reservations.views.why import is_full, of_a_day
from reservations.views.wishes import Wish, search_page

_SUNDAY_FIRST = frozenset({"AU", "BR", "CA", "HK", "IL", "IN", "JP", "KR", "MX", "TW", "US", "ZA"})
"""Where calendars begin with Sunday; everywhere else with Monday."""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One date of the calendar."""

    date: dt.date
    label: str
    """In full, with the number of times or the reason against it."""
    title: str
    """The reason alone; empty for a day with free times."""
    url: str
    """Empty for a day on which nothing can be booked or waited for."""
    kind: str
    """``free``, ``few``, ``full`` or ``off``."""
    is_chosen: bool = False
    is_today: bool = False


@dataclass(frozen=True, slots=True)
class Weekday:
    """The head of a column."""

    short: str
    name: str


@dataclass(frozen=True, slots=True)
class Turn:
    """Another month."""

    text: str
    url: str
    month: str


@dataclass(frozen=True, slots=True)
class MonthPage:
    """The calendar of one month."""

    title: str
    month: str
    """``2026-11``."""
    weekdays: tuple[Weekday, ...]
    weeks: tuple[tuple[CalendarDay | None, ...], ...]
    earlier: Turn | None
    later: Turn | None
    notes: tuple[str, ...] = ()
    """What the house says about days of this month, in full: a finger cannot hover."""


FEW = 3
"""So few free times left that the calendar says so."""


class PageOf(Protocol):
    """The address of the page that shows a date, turned to another month if one is given."""

    def __call__(self, date: dt.date, month: dt.date | None = None) -> str:
        """Absolute path with its query."""


def search_pages(house: House, wish: Wish) -> PageOf:
    """The pages of a restaurant's times for this wish."""

    def page(date: dt.date, month: dt.date | None = None) -> str:
        return search_page(
            house.slug, party=wish.party, date=date, time=wish.choice, like=wish, month=month
        )

    return page


def month_page(month: Month, chosen: dt.date, page: PageOf, *, today: dt.date) -> MonthPage:
    """The calendar turned to ``month``, with ``chosen`` marked; its days lead to ``page``."""
    house = month.house
    last = today + dt.timedelta(days=house.plan.window_days)
    start = calendar.SUNDAY if house.country in _SUNDAY_FIRST else calendar.MONDAY
    order = [(start + offset) % 7 for offset in range(7)]
    blanks: list[CalendarDay | None] = [None] * order.index(month.first.weekday())
    cells = blanks + [_day(day, page, chosen, today) for day in month.days]
    cells += [None] * (-len(cells) % 7)
    # Weeks that are over help nobody.
    over = (len(blanks) + max(0, (today - month.first).days)) // 7 * 7
    cells = cells[over:] if over < len(cells) else cells
    return MonthPage(
        title=wording.month_title(month.first),
        month=f"{month.first:%Y-%m}",
        weekdays=tuple(
            Weekday(str(dates.WEEKDAYS_ABBR[day])[:2], str(dates.WEEKDAYS[day])) for day in order
        ),
        weeks=tuple(tuple(cells[row : row + 7]) for row in range(0, len(cells), 7)),
        earlier=_turn(month, page, chosen, -1) if month.first > today else None,
        later=_turn(month, page, chosen, 1) if _next_first(month.first) <= last else None,
        notes=tuple(
            f"{wording.short_day(day.date)}: {of_a_day(day.reason)}"
            for day in month.days
            if day.reason is not None and day.reason.facts.get("note") and day.date >= today
        ),
    )


def _next_first(first: dt.date) -> dt.date:
    return (first + dt.timedelta(days=31)).replace(day=1)


def _turn(month: Month, page: PageOf, chosen: dt.date, by: int) -> Turn:
    first = month.first
    other = _next_first(first) if by > 0 else (first - dt.timedelta(days=1)).replace(day=1)
    return Turn(wording.month_title(other), page(chosen, other), f"{other:%Y-%m}")


def _day(day: DayAhead, page: PageOf, chosen: dt.date, today: dt.date) -> CalendarDay:
    kind = _kind(day)
    title = "" if day.reason is None else of_a_day(day.reason)
    said = times_text(day.free) if day.free else title
    return CalendarDay(
        date=day.date,
        label=f"{wording.day_of_month(day.date)}, {said}",
        title=title[:1].upper() + title[1:],
        url="" if kind == "off" else page(day.date),
        kind=kind,
        is_chosen=day.date == chosen,
        is_today=day.date == today,
    )


def _kind(day: DayAhead) -> str:
    if day.free:
        return "few" if day.free <= FEW else "free"
    return "full" if day.reason is not None and is_full(day.reason) else "off"


def times_text(free: int) -> str:
    """``no free times``, ``1 time``, ``12 times``."""
    if not free:
        return _("no free times")
    return ngettext("%(free)d time", "%(free)d times", free) % {"free": free}


def other_days(
    month: Month, wish: Wish, chosen: dt.date, most: int = 3
) -> tuple[tuple[str, str], ...]:
    """The nearest other days with free times, in their order: text and address."""
    page = search_pages(month.house, wish)
    near = sorted(
        (day for day in month.days if day.free and day.date != chosen),
        key=lambda day: abs((day.date - chosen).days),
    )[:most]
    return tuple(
        (wording.short_day(day.date), page(day.date))
        for day in sorted(near, key=lambda day: day.date)
    )
