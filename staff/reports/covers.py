"""Covers by day and service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from reservations.selectors.reports.covers import Attendance, Covers, covers_of
from staff.pictures import Picture, Series, stacked
from staff.reports.parts import (
    Asked,
    Figure,
    Panel,
    Report,
    change,
    day,
    number,
    stretches,
    weekday,
)

KINDS = ("one", "two", "three", "four", "five", "six")
"""Classes of the style sheet: a colour and a pattern each."""


def build(asked: Asked) -> Report:
    """Two queries with a comparison, else one."""
    found = covers_of(asked.span)
    other = covers_of(asked.other) if asked.other else None
    return Report(
        figures=_figures(asked, found, other),
        panels=[_by_day(asked, found, other), _by_service(found, other), _by_weekday(found)],
        heading=HEADING,
        cells=_cells(found),
    )


def _figures(asked: Asked, found: Covers, other: Covers | None) -> list[Figure]:
    now, was = found.total, other.total if other else None
    daily = now.covers / asked.span.days
    return [
        Figure(_("Covers"), number(now.covers), change(now.covers, was.covers if was else None)),
        Figure(
            _("Parties"), number(now.parties), change(now.parties, was.parties if was else None)
        ),
        Figure(
            _("Covers a day"),
            number(daily),
            change(daily, was.covers / asked.span.days if was else None),
        ),
        Figure(
            _("Average party"),
            number(now.average_party),
            change(now.average_party, was.average_party if was else None),
        ),
        Figure(
            _("Walk-in covers"),
            number(now.walk_ins),
            change(now.walk_ins, was.walk_ins if was else None),
        ),
    ]


def _by_day(asked: Asked, found: Covers, other: Covers | None) -> Panel:
    rows = []
    for date in asked.span.dates:
        each = found.by_day.get(date, Attendance())
        rows.append(
            [
                day(date),
                *map(number, (each.parties, each.covers, each.walk_ins)),
                number(each.average_party) if each.parties else "–",
            ]
        )
    total = found.total
    return Panel(
        "days",
        _("By day"),
        _(
            "Guests of parties that were not cancelled, missed or turned away; for days to come,"
            " those that are booked. A day is a service date: after midnight still belongs to the"
            " evening. Test bookings are left out."
        ),
        [_("Day"), _("Parties"), _("Covers"), _("Walk-in covers"), _("Average party")],
        rows,
        _picture(asked, found, other),
        [
            _("All"),
            *map(number, (total.parties, total.covers, total.walk_ins)),
            number(total.average_party),
        ],
    )


def _picture(asked: Asked, found: Covers, other: Covers | None) -> Picture | None:
    if not found.total.covers:
        return None
    bars = stretches(asked.span)
    none = Attendance()
    series = [
        Series(
            service,
            [sum(found.cells.get((d, service), none).covers for d in bar.dates) for bar in bars],
            KINDS[place % len(KINDS)],
        )
        for place, service in enumerate(found.by_service)
    ]
    line = None
    if asked.other and other:
        shift = asked.other.first - asked.span.first
        before = [sum(other.by_day.get(d + shift, none).covers for d in bar.dates) for bar in bars]
        line = Series(asked.against, before, "before")
    best = max(found.by_day, key=lambda date: found.by_day[date].covers)
    told = _("%(covers)s covers in %(parties)s parties; most on %(day)s, %(most)s covers.") % {
        "covers": found.total.covers,
        "parties": found.total.parties,
        "day": day(best),
        "most": found.by_day[best].covers,
    }
    return stacked(_("Covers by day and service"), told, [b.label for b in bars], series, line=line)


def _by_service(found: Covers, other: Covers | None) -> Panel:
    rows = [
        [
            name,
            *map(number, (each.parties, each.covers, each.walk_ins, each.average_party)),
            number(other.by_service.get(name, Attendance()).covers) if other else "–",
        ]
        for name, each in found.by_service.items()
    ]
    return Panel(
        "services",
        _("By service"),
        _("The same guests by the service they were booked for or seated in."),
        [
            *(_("Service"), _("Parties"), _("Covers"), _("Walk-in covers"), _("Average party")),
            _("Covers compared"),
        ],
        rows,
    )


def _by_weekday(found: Covers) -> Panel:
    dates = dict.fromkeys(range(7), 0)
    for date in found.by_day:
        dates[date.weekday()] += 1
    rows = [
        [
            weekday(place),
            number(each.covers),
            number(each.parties),
            number(each.covers / dates[place]) if dates[place] else "–",
        ]
        for place, each in sorted(found.by_weekday.items())
    ]
    return Panel(
        "weekdays",
        _("By weekday"),
        _("Covers a day are those of the weekday’s dates with at least one booking."),
        [_("Weekday"), _("Covers"), _("Parties"), _("Covers a day")],
        rows,
    )


HEADING: Sequence[str] = (
    *("date", "service", "parties", "covers", "walk_in_covers", "booked_parties"),
    *("booked_covers", "no_shows", "no_show_covers", "cancelled", "cancelled_covers"),
    *("late_cancelled", "late_cancelled_covers"),
)


def _cells(found: Covers) -> Iterator[list[object]]:
    for (date, service), each in sorted(found.cells.items()):
        yield [
            *(date, service, each.parties, each.covers, each.walk_ins, each.booked),
            *(each.booked_covers, each.no_shows, each.no_show_covers, each.cancelled),
            *(each.cancelled_covers, each.late, each.late_covers),
        ]


cells = _cells
"""Of the file: attendance saves the same lines."""
