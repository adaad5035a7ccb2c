"""The policies of a house, and what a party would pay by them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core import clock
from payments.models import Policy
from reservations.engine.policies import Judged, judge
from reservations.selectors.houses import house
from reservations.services.holds import terms_of
from reservations.terms import agreed_text
from reservations.views.held import problems
from reservations.views.wording import day as long_day
from reservations.views.wording import guests, refund_in_short, short_day
from restaurants.access import Capability
from restaurants.models import Restaurant
from staff import money_words
from staff.access import HouseView, StaffRequest
from staff.forms.policies import PreviewForm
from staff.money_places import money_places


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """A policy in words."""

    row: Policy
    kind: str
    amount: str
    applies: str
    ladder: str
    change_url: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a policy for the party that was asked about."""

    name: str
    has_won: bool
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """The answer."""

    party: str
    amount: str
    """Empty: nothing."""
    kind: str
    per_person: str
    lines: list[str]
    """What the guest agrees to."""
    stands_in: str
    """When the provider cannot do what the policy says."""
    verdicts: list[Verdict]


class PoliciesView(HouseView):
    """The list, and a question to it."""

    needs = Capability.OPERATE

    def get(self, request: StaffRequest) -> HttpResponse:
        """The page; with a question in the address, its answer."""
        venue = request.venue
        today = clock.now().astimezone(venue.tz).date()
        is_asked = "date" in request.GET
        form = PreviewForm(request.GET if is_asked else None, venue=venue, today=today)
        rows = list(Policy.objects.filter(restaurant=venue).select_related("service", "offer"))
        may_change = request.access.allows(Capability.MANAGE, venue.pk)
        context = {
            "places": money_places(request),
            "form": form,
            "problems": problems(form),
            "policies": [_line(row, venue, may_change=may_change) for row in rows],
            "preview": (
                _preview(venue, rows, form.cleaned_data) if is_asked and form.is_valid() else None
            ),
            "add_url": (
                f"{reverse('admin:payments_policy_add')}?{urlencode({'restaurant': venue.pk})}"
                if may_change
                else ""
            ),
        }
        return render(request, "staff/policies.html", context)


def _line(row: Policy, venue: Restaurant, *, may_change: bool) -> PolicyLine:
    money = money_words.money_text(row.amount, venue.currency)
    return PolicyLine(
        row=row,
        kind=str(money_words.KINDS[row.kind]),
        amount=_("%(money)s per guest") % {"money": money} if row.per_person else money,
        applies=_applies(row),
        ladder=refund_in_short(row.refund_ladder, row.kind),
        change_url=(reverse("admin:payments_policy_change", args=[row.pk]) if may_change else ""),
    )


def _applies(row: Policy) -> str:
    parts = [row.service.name if row.service else "", row.offer.name if row.offer else ""]
    if row.max_party is not None:
        sizes = {"low": row.min_party, "high": row.max_party}
        parts.append(_("%(low)d to %(high)d guests") % sizes)
    elif row.min_party > 1:
        parts.append(_("from %(low)d guests") % {"low": row.min_party})
    if row.weekdays:
        parts.append(", ".join(_weekday(number) for number in sorted(row.weekdays)))
    if row.valid_from:
        parts.append(
            _("from %(day)s") % {"day": f"{short_day(row.valid_from)} {row.valid_from.year}"}
        )
    if row.valid_until:
        until = {"day": f"{short_day(row.valid_until)} {row.valid_until.year}"}
        parts.append(_("until %(day)s") % until)
    return " · ".join(filter(None, parts)) or _("Every party on every day")


def _weekday(number: int) -> str:
    return str(WEEKDAYS[number])


def _preview(venue: Restaurant, rows: list[Policy], said: Mapping[str, Any]) -> Preview:
    of = house(venue.pk, venue.plan_version)
    service, party, date = said["service"], said["party"], said["date"]
    offer_id = said["offer"].pk if said["offer"] else None
    starts_at = dt.datetime.combine(date, service.first_seating, venue.tz).astimezone(dt.UTC)
    now = min(clock.now(), starts_at)
    terms = terms_of(of, service.pk, date, party, starts_at=starts_at, now=now, offer_id=offer_id)
    judged = judge(of.plan, service.pk, date, party, offer_id)
    ladder = [[step.hours, step.percent] for step in terms.ladder]
    won = next((each.rule for each in judged if each.has_won), None)
    is_asked = terms.amount > 0
    money = money_words.money_text(terms.amount, of.currency)
    return Preview(
        party=_party(said),
        amount=money if is_asked else "",
        kind=str(money_words.KINDS[terms.kind]),
        per_person=(
            money_words.money_text(won.amount, of.currency) if won and won.per_person else ""
        ),
        lines=(
            agreed_text(
                of, kind=terms.kind, total=terms.amount, ladder=ladder, starts_at=starts_at
            ).splitlines()
            if is_asked
            else []
        ),
        stands_in=_stands_in(won.kind, terms.kind) if won and is_asked else "",
        verdicts=_verdicts(rows, judged),
    )


def _party(said: Mapping[str, Any]) -> str:
    parts = [guests(said["party"]), long_day(said["date"]), said["service"].name]
    return ", ".join([*parts, *([said["offer"].name] if said["offer"] else [])])


def _stands_in(wanted: str, terms: str) -> str:
    if wanted == terms:
        return ""
    kinds = {"wanted": money_words.KINDS[wanted], "instead": money_words.KINDS[terms]}
    return _("Your provider cannot do “%(wanted)s” here, so it is “%(instead)s” instead.") % kinds


def _verdicts(rows: list[Policy], judged: list[Judged]) -> list[Verdict]:
    names = {row.pk: row.name for row in rows}
    found = []
    for each in judged:
        reasons = [str(money_words.AGAINST[reason]) for reason in each.against]
        if each.outweighed is not None:
            reasons = [str(money_words.OUTWEIGHED[each.outweighed])]
        found.append(Verdict(names.get(each.rule.id, ""), each.has_won, reasons))
    off = [row for row in rows if not row.is_active]
    return found + [Verdict(row.name, False, [_("It is switched off.")]) for row in off]
