"""The sheet of an evening, after the shift: to look back and to enter bills."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError
from reservations.errors import BillsChanged
from reservations.selectors.evening import Evening, Party, evening_of
from reservations.services.bills import record_bills
from reservations.views.base import warn
from reservations.views.wording import clock_time
from restaurants.access import Capability
from restaurants.models import Restaurant
from staff import money_words, wording
from staff.access import StaffRequest
from staff.forms.shown import Difference, Stale
from staff.reports.parts import minutes, number, percent
from staff.views.sheet import GONE, DatedSheet, covers


class AfterView(DatedSheet):
    """After the shift: what became of the evening. Who runs the service enters bills here."""

    page = "sheet_after"

    def get(self, request: StaffRequest, date: str) -> HttpResponse:
        """The report of the evening."""
        return self._page(request, self.date(date))

    def post(self, request: StaffRequest, date: str) -> HttpResponse:
        """Keep the bills that were changed; an emptied field takes one away."""
        if not request.access.allows(Capability.OPERATE, request.venue.pk):
            raise PermissionDenied
        found = self.date(date)
        typed, was = _sent(request, "bill-"), _sent(request, "was-")
        totals, wrong = _totals(typed)
        if wrong:
            return self._page(request, found, typed, was, wrong)
        read, odd = _totals(was)
        shown = {key: total for key, total in read.items() if key not in odd}
        mine = {key: total for key, total in totals.items() if total != shown.get(key)}
        try:
            changed = record_bills(request.venue.pk, mine, shown=shown, by=request.actor)
        except BillsChanged as error:
            typed = {key: typed[key] for key in mine}
            return self._page(request, found, typed, others=error)
        except DomainError as error:
            warn(request, error)
            return self._page(request, found, typed, was)
        if changed:
            messages.success(request, _("Saved."))
        return self.to("sheet_after", found.isoformat())

    def _page(
        self,
        request: StaffRequest,
        date: dt.date,
        typed: Mapping[str, str] | None = None,
        was: Mapping[str, str] | None = None,
        wrong: frozenset[str] = frozenset(),
        others: BillsChanged | None = None,
    ) -> HttpResponse:
        """With what was ``typed``, on top of what ``was`` shown first or of what there is now."""
        venue = request.venue
        evening = evening_of(venue, date, now=clock.now())
        came = [party for party in evening.parties if party.status not in GONE]
        rows = [_row(venue, each, typed or {}, was or {}, wrong) for each in evening.parties]
        context = self.frame(request, date) | {
            "figures": _figures(evening, came),
            "rows": rows,
            "servers": _servers(came),
            "may_bill": request.access.allows(Capability.OPERATE, venue.pk),
            "others": [_("Write amounts such as 84.50, or leave the field empty.")]
            if wrong
            else [],
            "stale": _stale(rows, others) if others else None,
        }
        status = 422 if wrong else 409 if others else 200
        return render(request, "staff/sheet_after.html", context, status=status)


def _sent(request: StaffRequest, prefix: str) -> dict[str, str]:
    """What the fields of each booking say."""
    return {
        name.removeprefix(prefix): value
        for name, value in request.POST.items()
        if name.startswith(prefix) and isinstance(value, str)
    }


def _stale(rows: Iterable[dict[str, Any]], others: BillsChanged) -> Stale:
    """Whose bills somebody else has entered since, and what was typed."""
    lines = [
        Difference(
            _("Bill of %(name)s") % {"name": row["name"]}, row["shown"] or "–", row["bill"] or "–"
        )
        for row in rows
        if row["party"].public_id in others.details["bookings"]
    ]
    advice = _("What you changed stands in the form, all else is as it is now. Save again.")
    return Stale(others.text, advice, tuple(lines))


def _totals(typed: Mapping[str, str]) -> tuple[dict[str, Decimal | None], frozenset[str]]:
    found: dict[str, Decimal | None] = {}
    wrong = set()
    for booking, text in typed.items():
        try:
            value = Decimal(text.strip().replace(",", ".")) if text.strip() else None
        except InvalidOperation:
            value = Decimal("NaN")
        if value is not None and not (value.is_finite() and 0 <= value < 10**8):
            wrong.add(booking)
        found[booking] = value
    return found, frozenset(wrong)


def _figures(evening: Evening, came: Sequence[Party]) -> list[tuple[str, str]]:
    missed = [each for each in evening.parties if each.status == "no_show"]
    cancelled = [each for each in evening.parties if each.status == "cancelled"]
    late = [each for each in cancelled if each.is_late_cancel]
    walk_ins = [each for each in came if each.channel == "walk_in"]
    stays = [each.stayed for each in came if each.stayed is not None]
    expected = len(came) + len(missed)
    return [
        (_("Covers"), number(covers(came))),
        (_("Parties"), number(len(came))),
        (_("Walk-in covers"), number(covers(walk_ins))),
        (_("No-shows"), f"{len(missed)} ({percent(len(missed) / expected if expected else 0)})"),
        (_("Cancelled late"), _("%(n)s of %(all)s") % {"n": len(late), "all": len(cancelled)}),
        (_("Average stay"), minutes(sum(stays) / len(stays)) if stays else "–"),
    ]


def _row(
    venue: Restaurant,
    party: Party,
    typed: Mapping[str, str],
    was: Mapping[str, str],
    wrong: frozenset[str],
) -> dict[str, Any]:
    def at(moment: dt.datetime | None) -> str:
        return clock_time(moment, venue.tz) if moment else "–"

    bill = money_words.plain(party.bill, party.currency) if party.bill is not None else ""
    planned = (party.ends_at - party.starts_at).total_seconds() / 60
    over = "" if party.stayed is None else f"{round(party.stayed - planned):+d}"
    return {
        "party": party,
        "name": party.diner or party.name or _("No name"),
        "time": clock_time(party.starts_at, venue.tz),
        "tables": " + ".join(party.tables) or party.room,
        "state": str(wording.STATES[party.status]),
        "arrived": at(party.arrived_at),
        "seated": at(party.seated_at),
        "left": at(party.left_at),
        "stay": minutes(party.stayed),
        "over": over.replace("-", "\N{MINUS SIGN}"),
        "bill": typed.get(party.public_id, bill),
        "shown": was.get(party.public_id, bill),
        "is_wrong": party.public_id in wrong,
        "takes_bill": party.status not in GONE,
    }


def _servers(came: Sequence[Party]) -> list[tuple[str, int, int]]:
    found: dict[str, list[Party]] = {}
    for party in came:
        if party.server:
            found.setdefault(party.server, []).append(party)
    return [(name, len(group), covers(group)) for name, group in sorted(found.items())]
