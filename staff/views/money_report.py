"""What came in and went back, by day, source, kind and policy, ready to lay beside a payout."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core import clock
from reservations.selectors.house_money import providers_at
from reservations.selectors.money_report import Figures, Report, has_live_money, report
from reservations.views.held import problems
from reservations.views.wording import short_day
from restaurants.access import Capability
from staff import money_words, wording
from staff.access import HouseView, StaffRequest, house_url
from staff.chart import Chart, chart_by, chart_of
from staff.forms.payments import RangeForm
from staff.money_places import money_places
from staff.tables import as_csv, told


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table."""

    name: str
    number: int
    taken: str
    fees: str
    refunded: str
    lost: str
    net: str
    redeemed: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a heading, with their sum."""

    id: str
    title: str
    of: str
    """What the first column names."""
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All of one currency."""

    currency: str
    total: Row
    chart: Chart | None
    most: str
    described: str
    policies: Chart | None
    """The same sums by policy, in the order of their names below; None with no more than one."""
    named: list[str]
    tables: list[Table]


class ReportPage(HouseView):
    """What the page and its table share: days, provider, real or test money."""

    needs = Capability.SEE_MONEY

    def asked(self, request: StaffRequest) -> RangeForm:
        """The form, checked; this month of real money unless something else was said."""
        venue = request.venue
        today = clock.now().astimezone(venue.tz).date()
        data = request.GET.copy()
        if data.get("money") not in ("live", "test"):
            data["money"] = "live" if has_live_money(venue.pk) else "test"
        form = RangeForm(data, providers=providers_at(venue.pk), today=today)
        if form.is_valid():
            for name in ("first", "last"):
                data[name] = str(form.cleaned_data[name])
        return form

    def reports(self, request: StaffRequest, said: Mapping[str, Any]) -> list[Report]:
        """By currency."""
        return report(
            request.venue.pk,
            request.venue.tz,
            said["first"],
            said["last"],
            is_test=said["money"] == "test",
            provider=said["provider"],
        )


class ReportView(ReportPage):
    """Sums, a drawing of days and one of policies, and four tables."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page."""
        form = self.asked(request)
        said = form.cleaned_data if form.is_valid() else {}
        sheets = [_sheet(each, said) for each in self.reports(request, said)] if said else []
        query = urlencode({name: str(value) for name, value in said.items() if value})
        context = {
            "places": money_places(request),
            "form": form,
            "problems": problems(form),
            "sheets": sheets,
            "is_test": said.get("money") == "test",
            "span": _span(said) if said else "",
            "export": f"{house_url(request.venue, 'payment_report_csv')}?{query}" if said else "",
        }
        return render(request, "staff/money_report.html", context, status=200 if said else 422)


class ReportTableView(ReportPage):
    """The finest lines as a table to save."""

    def get(self, request: StaffRequest) -> HttpResponseBase:
        """The days that were asked for; what cannot be is asked again by the page."""
        form = self.asked(request)
        if not form.is_valid():
            return self.to("payment_report")
        said = form.cleaned_data
        name = f"report-{request.venue.slug}-{said['first']}-{said['last']}-{said['money']}.csv"
        return as_csv(name, _HEADING, _cells(self.reports(request, said)))


_HEADING = (
    *("day", "source", "kind", "currency", "payments", "taken", "fees"),
    *("refunded", "lost_in_disputes", "net", "off_bills", "policy"),
)


def _cells(reports: Iterable[Report]) -> Iterator[list[object]]:
    for each in reports:
        for line in each.lines:
            sums = line.figures
            amounts = (sums.taken, sums.fees, sums.refunded, sums.lost, sums.net, sums.redeemed)
            yield [
                line.day,
                told(wording.source(line.source)),
                line.kind,
                each.currency,
                sums.number,
                *(money_words.plain(value, each.currency) for value in amounts),
                told(line.policy),
            ]


def _sheet(of: Report, said: Mapping[str, Any]) -> Sheet:
    chart = chart_of(of.by_day, said["first"], said["last"])
    total = _row(_("All"), of.total, of.currency)
    words = {"span": _span(said), "net": total.net, "taken": total.taken, "back": total.refunded}
    return Sheet(
        currency=of.currency,
        total=total,
        chart=chart,
        most=money_words.money_text(chart.most, of.currency) if chart else "",
        described=_("%(span)s: %(taken)s taken, %(back)s given back, %(net)s net.") % words,
        policies=chart_by(of.by_policy.values()) if len(of.by_policy) > 1 else None,
        named=[_policy(name) for name in of.by_policy],
        tables=[
            _table("day", _("By day"), _("Day"), of.by_day, of.currency, short_day),
            _table("source", _("By source"), _("Source"), of.by_source, of.currency, _source),
            _table("policy", _("By policy"), _("Policy"), of.by_policy, of.currency, _policy),
            _table("kind", _("By kind"), _("Kind"), of.by_kind, of.currency, _kind),
        ],
    )


def _table(
    name: str,
    title: str,
    of: str,
    groups: Mapping[Any, Figures],
    currency: str,
    say: Callable[[Any], str],
) -> Table:
    rows = [_row(say(key), figures, currency) for key, figures in groups.items()]
    return Table(f"{name}-{currency.lower()}", title, of, rows)


def _row(name: str, sums: Figures, currency: str) -> Row:
    def said(value: Any) -> str:
        return money_words.money_text(value, currency) if value else "–"

    return Row(
        name=name,
        number=sums.number,
        taken=said(sums.taken),
        fees=said(sums.fees),
        refunded=said(sums.refunded),
        lost=said(sums.lost),
        net=money_words.money_text(sums.net, currency),
        redeemed=said(sums.redeemed),
    )


def _source(name: str) -> str:
    return wording.source(name) if name else _("No booking")


def _policy(name: str) -> str:
    return name or _("No policy")


def _kind(name: str) -> str:
    return str(money_words.KINDS[name])


def _span(said: Mapping[str, Any]) -> str:
    first: dt.date = said["first"]
    last: dt.date = said["last"]
    days = {"first": f"{short_day(first)} {first.year}", "last": f"{short_day(last)} {last.year}"}
    return _("%(first)s to %(last)s") % days
