"""How long ahead guests book."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reservations.selectors.reports.lead import Lead, LeadTimes, lead_times_of
from staff.pictures import Series, curves, stacked
from staff.reports.parts import Asked, Figure, Panel, Report, change, number, percent, was_share

_NONE = Lead(0, 0, 0)


def build(asked: Asked) -> Report:
    """Two queries with a comparison, else one."""
    found = lead_times_of(asked.span)
    was = lead_times_of(asked.other) if asked.other else None
    same_day = _share(found, 0)
    return Report(
        figures=[
            Figure(
                _("Half book at most … ahead"),
                _days(found.median),
                change(found.median or 0, was.median if was else None),
            ),
            Figure(
                _("On the day itself"),
                percent(same_day),
                was_share(_share(was, 0) if was else None),
            ),
            Figure(
                _("A week ahead on the books"),
                percent(_at(found, 7)),
                was_share(_at(was, 7) if was else None),
            ),
            Figure(_("Covers with a booking"), number(found.covers)),
        ],
        panels=[_groups(found), _pickup(asked, found, was)],
        heading=("days_before", "share_of_covers_on_the_books"),
        cells=_cells(found),
    )


def _names() -> list[str]:
    return [
        *(_("Same day"), _("1 day"), _("2–3 days"), _("4–7 days")),
        *(_("8–14 days"), _("15–30 days"), _("31+ days")),
    ]


def _share(found: LeadTimes, place: int) -> float:
    return found.groups.get(place, _NONE).covers / found.covers if found.covers else 0.0


def _at(found: LeadTimes, day: int) -> float:
    return found.pickup[day] if len(found.pickup) > day else 0.0


def _days(value: float | None) -> str:
    if value is None:
        return "–"
    return ngettext("%(n)s day", "%(n)s days", round(value)) % {"n": number(value)}


def _groups(found: LeadTimes) -> Panel:
    names = _names()
    groups = [found.groups.get(place, _NONE) for place in range(len(names))]
    rows = [
        [
            name,
            number(each.parties),
            number(each.covers),
            percent(_share(found, place)),
            percent(each.lost_rate),
        ]
        for place, (name, each) in enumerate(zip(names, groups, strict=True))
    ]
    told = _("%(share)s of the covers were booked on the day itself.") % {
        "share": percent(_share(found, 0))
    }
    bars = [Series(_("Covers"), [each.covers for each in groups], "one")]
    picture = stacked(_("Covers by how long ahead they were booked"), told, names, bars)
    return Panel(
        "groups",
        _("By lead time"),
        _(
            "Days of your calendar from making the booking to its service date, of guests that came"
            " or are expected; walk-ins are none. Lost: parties booked so that cancelled or did not"
            " come, of all of them."
        ),
        [_("Booked ahead"), _("Parties"), _("Covers"), _("Share"), _("Lost")],
        rows,
        picture if found.covers else None,
    )


def _pickup(asked: Asked, found: LeadTimes, was: LeadTimes | None) -> Panel:
    days = range(len(found.pickup) - 1, -1, -1)
    series = [Series(_("These dates"), [found.pickup[d] * 100 for d in days], "line")]
    if was and was.pickup:
        series.append(Series(asked.against, [was.pickup[d] * 100 for d in days], "before"))
    rows = [
        [number(d), percent(found.pickup[d]), percent(_at(was, d)) if was and was.pickup else "–"]
        for d in days
    ]
    told = _("%(week)s of the covers were on the books a week before.") % {
        "week": percent(_at(found, 7))
    }
    picture = curves(_("Pickup in percent"), told, [number(d) for d in days], series)
    return Panel(
        "pickup",
        _("Pickup curve"),
        _(
            "Of all covers that came with a booking, the share that was on the books so many days"
            " before; the last point is the day itself."
        ),
        [_("Days before"), _("On the books"), _("Compared")],
        rows,
        picture if found.pickup else None,
    )


def _cells(found: LeadTimes) -> Iterator[list[object]]:
    for day, share in enumerate(found.pickup):
        yield [day, round(share, 4)]
