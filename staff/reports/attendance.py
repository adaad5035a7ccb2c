"""No-shows and cancellations."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from reservations.selectors.reports.covers import Attendance, Covers, covers_of
from staff.pictures import Picture, Series, stacked
from staff.reports import covers
from staff.reports.parts import (
    Asked,
    Figure,
    Panel,
    Report,
    day,
    number,
    percent,
    stretches,
    was_share,
    weekday,
)


def build(asked: Asked) -> Report:
    """Two queries with a comparison, else one."""
    found = covers_of(asked.span)
    other = covers_of(asked.other) if asked.other else None
    now, was = found.total, other.total if other else None
    return Report(
        figures=[
            Figure(
                _("No-show rate"),
                percent(now.no_show_rate, 1),
                was_share(was.no_show_rate if was else None),
            ),
            Figure(_("No-shows"), _of(now.no_shows, now.no_show_covers)),
            Figure(_("Late cancellations"), _of(now.late, now.late_covers)),
            Figure(_("All cancellations"), _of(now.cancelled, now.cancelled_covers)),
            Figure(_("Covers lost"), percent(now.lost, 1), was_share(was.lost if was else None)),
        ],
        panels=[_by_day(asked, found), _by_service(found), _by_weekday(found)],
        heading=covers.HEADING,
        cells=covers.cells(found),
    )


def _of(parties: int, guests: int) -> str:
    return _("%(parties)s (%(guests)s covers)") % {"parties": parties, "guests": guests}


def _columns(first: str) -> Sequence[str]:
    return [
        *(first, _("Booked"), _("Came"), _("No-shows"), _("No-show rate")),
        *(_("Late cancellations"), _("Other cancellations"), _("Covers lost")),
    ]


def _row(name: str, each: Attendance) -> list[str]:
    return [
        name,
        *map(number, (each.booked, each.parties, each.no_shows)),
        percent(each.no_show_rate, 1),
        *map(number, (each.late, each.cancelled - each.late)),
        percent(each.lost, 1),
    ]


def _by_day(asked: Asked, found: Covers) -> Panel:
    dates = [date for date in asked.span.dates if date in found.by_day]
    return Panel(
        "days",
        _("By day"),
        _(
            "No-show rate: parties marked as no-show, of those still expected at the end (came and"
            " no-shows). Late: cancelled less than 24 hours before the time of the booking, by"
            " whomever. Covers lost: guests of no-shows and late cancellations, of all guests"
            " booked. The picture counts covers."
        ),
        _columns(_("Day")),
        [_row(day(date), found.by_day[date]) for date in dates],
        _picture(asked, found),
        _row(_("All"), found.total),
    )


def _picture(asked: Asked, found: Covers) -> Picture | None:
    total = found.total
    if not total.no_show_covers + total.cancelled_covers:
        return None
    bars, none = stretches(asked.span), Attendance()
    days = [[found.by_day.get(date, none) for date in bar.dates] for bar in bars]
    series = [
        Series(_("No-shows"), [sum(e.no_show_covers for e in each) for each in days], "bad"),
        Series(_("Late cancellations"), [sum(e.late_covers for e in each) for each in days], "two"),
        Series(
            _("Other cancellations"),
            [sum(e.cancelled_covers - e.late_covers for e in each) for each in days],
            "three",
        ),
    ]
    told = _("%(missed)s covers did not come, %(late)s cancelled late, %(early)s in time.") % {
        "missed": total.no_show_covers,
        "late": total.late_covers,
        "early": total.cancelled_covers - total.late_covers,
    }
    return stacked(_("Covers that did not come"), told, [bar.label for bar in bars], series)


def _by_service(found: Covers) -> Panel:
    return Panel(
        "services",
        _("By service"),
        _("The same by the service of the booking."),
        _columns(_("Service")),
        [_row(name, each) for name, each in found.by_service.items()],
    )


def _by_weekday(found: Covers) -> Panel:
    return Panel(
        "weekdays",
        _("By weekday"),
        _("The same by the weekday of the service date."),
        _columns(_("Weekday")),
        [_row(weekday(place), each) for place, each in sorted(found.by_weekday.items())],
    )
