"""Yield of tables and servers, and revenue per available seat hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from reservations.selectors.reports.yields import (
    SeatHours,
    Yield,
    Yields,
    by_service,
    revpash,
    seat_hours_of,
    yields_of,
)
from staff.pictures import Picture, Series, curves
from staff.reports.parts import Asked, Figure, Panel, Report, change, number, percent, stretches

Hours = Mapping[tuple[dt.date, int], SeatHours]


def build(asked: Asked) -> Report:
    """Six queries with a comparison, else three."""
    found, hours = yields_of(asked.span), seat_hours_of(asked.span)
    was: Yield | None = None
    before: Decimal | None = None
    if asked.other:
        was = yields_of(asked.other).total
        before = revpash(was.revenue, _hours(seat_hours_of(asked.other)))
    now = found.total
    rate = revpash(now.revenue, _hours(hours))
    billed = now.billed_covers / now.covers if now.covers else 0.0
    return Report(
        figures=[
            Figure(
                "RevPASH",
                asked.money(rate),
                change(
                    float(rate or 0),
                    float(before) if before is not None else None,
                    asked.money(before),
                ),
            ),
            Figure(
                _("Revenue"),
                asked.money(now.revenue),
                change(
                    float(now.revenue),
                    float(was.revenue) if was else None,
                    asked.money(was.revenue) if was else "",
                ),
            ),
            Figure(_("For each guest"), asked.money(now.per_cover)),
            Figure(_("Known from bills"), percent(billed)),
        ],
        panels=[
            _by_service(asked, found, hours),
            *_groups(asked, found),
        ],
        heading=("table", "seats", "parties", "covers", "hours", "revenue", "known_covers"),
        cells=_cells(found),
    )


def _hours(found: Hours) -> float:
    return sum(each.hours for each in found.values())


def _by_service(asked: Asked, found: Yields, hours: Hours) -> Panel:
    rows = [
        [name, asked.money(money), number(sold), asked.money(revpash(money, sold))]
        for name, (money, sold) in by_service(found.days, hours).items()
    ]
    rate = revpash(found.total.revenue, _hours(hours))
    return Panel(
        "revpash",
        _("Revenue per available seat hour"),
        _(
            "Revenue of the visits, divided by the seat hours the house had to sell: seats of the"
            " service’s rooms times the hours from its first open slot to its last, and the turn of"
            " a party of two beyond, by the rules as they stand today. A visit is worth its bill;"
            " where nobody entered one, the average spend of the house for each guest."
        ),
        [_("Service"), _("Revenue"), _("Seat hours"), "RevPASH"],
        rows,
        _picture(asked, found, hours),
        [_("All"), asked.money(found.total.revenue), number(_hours(hours)), asked.money(rate)],
    )


def _picture(asked: Asked, found: Yields, hours: Hours) -> Picture | None:
    if not found.total.parties or not hours:
        return None
    bars = stretches(asked.span)
    values = []
    for bar in bars:
        money = sum(
            (each.revenue for (d, _s), each in found.days.items() if d in bar.dates), Decimal(0)
        )
        sold = sum(each.hours for (d, _s), each in hours.items() if d in bar.dates)
        values.append(float(revpash(money, sold) or 0))
    told = _("Revenue per available seat hour, %(currency)s; on average %(rate)s.") % {
        "currency": asked.venue.currency,
        "rate": asked.money(revpash(found.total.revenue, _hours(hours))),
    }
    series = [Series("RevPASH", values, "line")]
    return curves(_("RevPASH by day"), told, [bar.label for bar in bars], series)


def _groups(asked: Asked, found: Yields) -> Iterator[Panel]:
    if found.tables:
        yield Panel(
            "tables",
            _("By table"),
            _(
                "Hours are those somebody sat there, turns the parties a day. Of tables pushed"
                " together the revenue is split by their seats, the party counts at each."
            ),
            [
                *(_("Table"), _("Seats"), _("Parties"), _("Turns a day"), _("Covers")),
                *(_("Hours"), _("Revenue"), _("For each seat and hour")),
            ],
            [_table(asked, name, each) for name, each in found.tables.items()],
        )
    if found.rooms:
        yield _simple(asked, "rooms", _("By room"), _("Room"), found.rooms, "")
    if found.servers:
        how = _("By who served the party at the end.")
        yield _simple(asked, "servers", _("By server"), _("Server"), found.servers, how)


def _table(asked: Asked, name: str, each: Yield) -> list[str]:
    rate = float(each.revenue) / (each.seats * each.hours) if each.seats and each.hours else None
    return [
        *(name, number(each.seats), number(each.parties), number(each.parties / asked.span.days)),
        *(number(each.covers), number(each.hours), asked.money(each.revenue), asked.money(rate)),
    ]


def _simple(
    asked: Asked, name: str, title: str, of: str, groups: Mapping[str, Yield], how: str
) -> Panel:
    return Panel(
        name,
        title,
        how,
        [of, _("Parties"), _("Covers"), _("Hours"), _("Revenue"), _("For each guest")],
        [
            [
                *(label, number(each.parties), number(each.covers), number(each.hours)),
                *(asked.money(each.revenue), asked.money(each.per_cover)),
            ]
            for label, each in groups.items()
        ],
    )


def _cells(found: Yields) -> Iterator[list[object]]:
    for label, each in found.tables.items():
        yield [
            *(label, each.seats, each.parties, each.covers, round(each.hours, 2)),
            *(round(each.revenue, 2), each.billed_covers),
        ]
