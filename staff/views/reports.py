"""Reports: one page for all kinds, and each of them as a table to save."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core import clock
from reservations.selectors.reports.span import Span
from reservations.selectors.today import service_date_at
from reservations.views.held import problems
from reservations.views.wording import short_day
from restaurants.access import Capability
from staff.access import HouseView, StaffRequest, house_url
from staff.forms.reports import BEFORE, NOTHING, YEAR, ReportForm
from staff.navigation import Link
from staff.reports import KINDS
from staff.reports.parts import Asked, days
from staff.tables import as_csv


class ReportsView(HouseView):
    """``…/reports/``: the first of them."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """There."""
        return self.to("report_covers")


class _Report(HouseView):
    kind: ClassVar[str] = "covers"

    def form(self, request: StaffRequest) -> ReportForm:
        """The dates, checked, and written into the form as they were understood."""
        yesterday = service_date_at(request.venue, clock.now()) - dt.timedelta(days=1)
        data = request.GET.copy()
        for name in list(data):
            data[name] = str(request.GET.get(name, "")).replace("\0", "")
        form = ReportForm(data, yesterday=yesterday)
        if form.is_valid():
            for name in ("first", "last", "compare"):
                data[name] = str(form.cleaned_data[name])
        return form

    def asked(self, request: StaffRequest, said: dict[str, Any]) -> Asked:
        """What the report is to show."""
        span = Span(request.venue.pk, said["first"], said["last"])
        if said["compare"] == NOTHING:
            return Asked(request.venue, span, None)
        if said["compare"] == YEAR:
            return Asked(request.venue, span, span.last_year(), _("the same weeks last year"))
        words = _("the %(days)s before") % {"days": days(span.days)}
        return Asked(request.venue, span, span.before(), words)


class ReportView(_Report):
    """Who sees the book sees how full it was."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page."""
        form = self.form(request)
        said = form.cleaned_data if form.is_valid() else {}
        asked = self.asked(request, said) if said else None
        kind = KINDS[self.kind]
        query = urlencode({name: str(value) for name, value in said.items()})
        context = {
            "kind": kind,
            "places": _places(request, self.kind, query),
            "form": form,
            "problems": problems(form),
            "report": kind.build(asked) if asked else None,
            "span": _span(asked.span) if asked else "",
            "against": f"{asked.against} ({_span(asked.other)})" if asked and asked.other else "",
            "ranges": _ranges(request, said.get("compare", BEFORE)),
            "export": f"{house_url(request.venue, f'report_{kind.name}_csv')}?{query}",
        }
        return render(request, "staff/report.html", context, status=200 if said else 422)


class ReportTableView(_Report):
    """The finest lines of the same."""

    def get(self, request: StaffRequest) -> HttpResponseBase:
        """The dates that were asked for; what cannot be is asked again by the page."""
        form = self.form(request)
        if not form.is_valid():
            return self.to(f"report_{self.kind}")
        said = form.cleaned_data
        report = KINDS[self.kind].build(self.asked(request, said | {"compare": NOTHING}))
        name = f"{self.kind}-{request.venue.slug}-{said['first']}-{said['last']}.csv"
        return as_csv(name, report.heading, report.cells)


class MoneyReportView(ReportView):
    """What sources cost and seats bring in is for who may see what the house takes."""

    needs = Capability.SEE_MONEY


class MoneyReportTableView(ReportTableView):
    """The same as a file."""

    needs = Capability.SEE_MONEY


def _places(request: StaffRequest, current: str, query: str) -> list[Link]:
    """The reports this person may open, for the same dates."""
    return [
        Link(
            kind.title,
            f"{house_url(request.venue, f'report_{kind.name}')}?{query}",
            is_current=kind.name == current,
        )
        for kind in KINDS.values()
        if request.access.allows(kind.needs, request.venue.pk)
    ]


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of dates that is one click away."""

    title: str
    query: str


def _ranges(request: StaffRequest, compare: str) -> list[Range]:
    yesterday = service_date_at(request.venue, clock.now()) - dt.timedelta(days=1)
    month = yesterday.replace(day=1)
    last_month = (month - dt.timedelta(days=1)).replace(day=1)
    ranges = (
        (_("7 days"), yesterday - dt.timedelta(days=6), yesterday),
        (_("4 weeks"), yesterday - dt.timedelta(days=27), yesterday),
        (_("12 weeks"), yesterday - dt.timedelta(days=83), yesterday),
        (_("This month"), month, yesterday),
        (_("Last month"), last_month, month - dt.timedelta(days=1)),
        (_("Next 4 weeks"), yesterday + dt.timedelta(1), yesterday + dt.timedelta(28)),
    )
    return [
        Range(title, urlencode({"first": str(first), "last": str(last), "compare": compare}))
        for title, first, last in ranges
    ]


def _span(span: Span) -> str:
    first, last = span.first, span.last
    ends = {"first": f"{short_day(first)} {first.year}", "last": f"{short_day(last)} {last.year}"}
    return _("%(first)s to %(last)s") % ends
