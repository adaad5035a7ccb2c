"""The week as a heat map."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from reservations.selectors.reports.occupancy import Cell, Occupancy, occupancy_of
from staff.pictures import Picture, heat
from staff.reports.parts import Asked, Figure, Panel, Report, change, number, percent, weekday

_NONE = Cell(0.0, 0)


def build(asked: Asked) -> Report:
    """Two queries with a comparison, else one."""
    found = occupancy_of(asked.span)
    was = occupancy_of(asked.other) if asked.other else None
    best = max(found.cells, key=lambda place: found.cells[place].guests, default=None)
    figures = []
    if best is not None:
        top = found.cells[best].guests
        before = was.cells.get(best, _NONE).guests if was else None
        figures = [
            Figure(_("Fullest"), f"{weekday(best[0])} {clock(best[1])}"),
            Figure(_("Guests then"), number(top), change(top, before)),
            Figure(_("Of the seats"), percent(top / found.seats) if found.seats else "–"),
            Figure(_("Most ever"), number(max(cell.most for cell in found.cells.values()))),
        ]
    return Report(
        figures=figures,
        panels=[_week(found)],
        heading=("weekday", "time", "average_guests", "most_guests", "dates", "seats"),
        cells=_cells(found),
    )


def clock(quarter: int) -> str:
    """``00:15`` for 97: the night after belongs to the date."""
    return f"{quarter // 4 % 24:02d}:{quarter % 4 * 15:02d}"


def _week(found: Occupancy) -> Panel:
    days = sorted(found.dates)
    rows = [
        [clock(quarter), *(number(found.cells.get((d, quarter), _NONE).guests) for d in days)]
        for quarter in found.quarters
    ]
    return Panel(
        "week",
        _("An average week"),
        _(
            "Guests at table in each quarter of an hour, on average of the weekday’s dates with"
            " guests: from sitting down to leaving where both are known, else as booked. Hours are"
            " those of your clocks; after midnight belongs to the evening before. An hour that"
            " comes twice when clocks go back counts once."
        ),
        [_("Time"), *(weekday(d) for d in days)],
        rows,
        _picture(found, days),
    )


def _picture(found: Occupancy, days: list[int]) -> Picture | None:
    quarters = list(found.quarters)
    if not quarters:
        return None
    values = {
        (days.index(day), quarter - quarters[0]): cell.guests
        for (day, quarter), cell in found.cells.items()
    }
    best = max(found.cells, key=lambda place: found.cells[place].guests)
    told = _("Fullest on %(day)s at %(time)s with %(guests)s guests on average.") % {
        "day": weekday(best[0]),
        "time": clock(best[1]),
        "guests": number(found.cells[best].guests),
    }
    title = _("Guests at table by weekday and quarter of an hour")
    names = [weekday(day) for day in days]
    return heat(title, told, names, [clock(q) for q in quarters], values, _("guests"))


def _cells(found: Occupancy) -> Iterator[list[object]]:
    for (day, quarter), cell in sorted(found.cells.items()):
        yield [
            *(day + 1, clock(quarter), round(cell.guests, 2), cell.most),
            *(found.dates[day], found.seats),
        ]
