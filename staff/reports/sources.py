"""What each source brings and costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from reservations.selectors.source_figures import Figures, SourceFigures, figures_of_sources
from staff import wording
from staff.pictures import Picture, Series, pairs
from staff.reports.parts import Asked, Figure, Panel, Report, change, number, percent
from staff.tables import told

_ZERO = Decimal(0)


def build(asked: Asked) -> Report:
    """Two queries with a comparison, else one."""
    span = asked.span
    found = figures_of_sources(asked.venue.public_id, span.first, span.last)
    was = None
    if asked.other:
        was = figures_of_sources(asked.venue.public_id, asked.other.first, asked.other.last).total
    now = found.total
    cost = _cost_rate(now)
    return Report(
        figures=[
            Figure(
                _("Bookings"),
                number(now.reservations),
                change(now.reservations, was.reservations if was else None),
            ),
            Figure(
                _("Commission and fees"),
                asked.money(now.commission),
                change(
                    float(now.commission),
                    float(was.commission) if was else None,
                    asked.money(was.commission) if was else "",
                ),
            ),
            Figure(_("Estimated revenue"), asked.money(now.estimated_revenue)),
            Figure(_("Cost of it"), percent(cost, 1) if cost is not None else "–"),
        ],
        panels=[_panel(asked, found)],
        heading=(
            *("source", "bookings", "covers_booked", "average_party", "cancellations", "no_shows"),
            *("completed", "lead_hours", "estimated_revenue", "commission_and_fees", "net"),
        ),
        cells=_cells(found),
    )


def _net(each: SourceFigures) -> Decimal | None:
    if each.estimated_revenue is None:
        return None
    return each.estimated_revenue - each.commission


def _cost_rate(each: SourceFigures) -> float | None:
    if not each.estimated_revenue:
        return None
    return float(each.commission / each.estimated_revenue)


def _panel(asked: Asked, found: Figures) -> Panel:
    return Panel(
        "sources",
        _("By source"),
        _(
            "All bookings made for these dates count as booked. Revenue is an estimate: the average"
            " spend of the house for each guest who came or is expected. Commission and fees are"
            " what the sources told, of bookings that were not cancelled. Return is revenue for"
            " each unit of commission and fees. A visit that two sources told of counts for the one"
            " whose data stand in the book."
        ),
        [
            *(_("Source"), _("Bookings"), _("Covers booked"), _("Cancelled"), _("No-shows")),
            *(_("Estimated revenue"), _("Commission and fees"), _("Net"), _("Return")),
        ],
        [_row(asked, wording.source(each.source), each) for each in found.sources],
        _picture(found),
        _row(asked, _("All"), found.total),
    )


def _row(asked: Asked, name: str, each: SourceFigures) -> Sequence[str]:
    cost = each.commission
    back = f"{each.estimated_revenue / cost:.1f}×" if cost and each.estimated_revenue else "–"
    return [
        name,
        *map(number, (each.reservations, each.covers, each.cancellations, each.no_shows)),
        *map(asked.money, (each.estimated_revenue, cost, _net(each))),
        back,
    ]


def _picture(found: Figures) -> Picture | None:
    if not found.sources or found.total.estimated_revenue is None:
        return None
    net = [float(max(_net(each) or _ZERO, _ZERO)) for each in found.sources]
    series = [
        Series(_("Net"), net, "one"),
        Series(_("Commission and fees"), [float(each.commission) for each in found.sources], "bad"),
    ]
    best = found.sources[0]
    told = _("%(source)s brought most guests: %(covers)s.") % {
        "source": wording.source(best.source),
        "covers": best.covers,
    }
    names = [wording.source(each.source) for each in found.sources]
    return pairs(_("Net revenue and cost by source"), told, names, series)


def _cells(found: Figures) -> Iterator[list[object]]:
    for each in found.sources:
        yield [
            told(wording.source(each.source)),
            *(each.reservations, each.covers, each.average_party, each.cancellations),
            *(each.no_shows, each.completed, each.lead_hours, each.estimated_revenue),
            *(each.commission, _net(each)),
        ]
