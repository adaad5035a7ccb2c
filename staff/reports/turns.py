"""Actual turn times beside the planned ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from reservations.selectors.reports.turns import SIZES, Turns, TurnTimes, turns_of
from staff.pictures import Picture, Series, pairs
from staff.reports.parts import Asked, Figure, Panel, Report, change, minutes, number, percent


def build(asked: Asked) -> Report:
    """Two queries with a comparison, else one."""
    found = turns_of(asked.span)
    was = turns_of(asked.other).total if asked.other else None
    now = found.total
    return Report(
        figures=[
            Figure(
                _("Average stay"),
                minutes(now.actual) if now.parties else "–",
                change(now.actual, was.actual if was else None, minutes(was.actual) if was else ""),
            ),
            Figure(_("Planned"), minutes(now.planned) if now.parties else "–"),
            Figure(_("More than 15 minutes over"), percent(now.over)),
            Figure(_("Wait for the table"), minutes(now.wait)),
            Figure(
                _("Parties timed"), _("%(n)s of %(all)s") % {"n": now.parties, "all": found.known}
            ),
        ],
        panels=[_by_size(found), _cells_of(found)],
        heading=("service", "party_size", *_FIELDS),
        cells=_cells(found),
    )


_FIELDS = ("parties", "planned", "actual", "median", "ninth_decile", "share_over", "wait")


def _columns(*first: str) -> Sequence[str]:
    return [
        *(*first, _("Parties timed"), _("Planned"), _("Average stay"), _("Median")),
        *(_("9 of 10 gone by"), _("More than 15 minutes over"), _("Wait for the table")),
    ]


def _row(each: Turns, *names: str) -> list[str]:
    return [
        *names,
        number(each.parties),
        *map(minutes, (each.planned, each.actual, each.median, each.slow)),
        percent(each.over),
        minutes(each.wait),
    ]


def _by_size(found: TurnTimes) -> Panel:
    return Panel(
        "sizes",
        _("By size of the party"),
        _(
            "From sitting down to leaving, of parties for which somebody marked both; stays under"
            " ten minutes and over eight hours are taken for slips and left out. Planned is what"
            " their bookings were given. The wait is from arriving to sitting down."
        ),
        _columns(_("Guests")),
        [_row(each, SIZES[size]) for size, each in found.by_size.items()],
        _picture(found),
        _row(found.total, _("All")) if found.total.parties else (),
    )


def _picture(found: TurnTimes) -> Picture | None:
    if not found.by_size:
        return None
    labels = [_("%(size)s guests") % {"size": SIZES[size]} for size in found.by_size]
    groups = found.by_size.values()
    series = [
        Series(_("Planned"), [each.planned for each in groups], "three"),
        Series(_("Average stay"), [each.actual for each in groups], "one"),
        Series(_("9 of 10 gone by"), [each.slow for each in groups], "two"),
    ]
    total = {"actual": minutes(found.total.actual), "planned": minutes(found.total.planned)}
    told = _("On average parties sat %(actual)s; planned were %(planned)s.") % total
    return pairs(_("Planned and actual stay in minutes"), told, labels, series)


def _cells_of(found: TurnTimes) -> Panel:
    return Panel(
        "services",
        _("By service and size"),
        _("Where actual stays differ from the plan for long, the turn times want changing."),
        _columns(_("Service"), _("Guests")),
        [_row(each, service, SIZES[size]) for (service, size), each in found.cells.items()],
    )


def _cells(found: TurnTimes) -> Iterator[list[object]]:
    for (service, size), each in found.cells.items():
        values = (each.planned, each.actual, each.median, each.slow, each.over)
        wait = "" if each.wait is None else round(each.wait, 2)
        yield [service, SIZES[size], each.parties, *(round(v, 2) for v in values), wait]
