"""The policies of a house, and what a party would pay by them."""

from __future__ import annotations

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
from reservations.services.payment_preview import preview_payment
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
class Answer:
    """What the party would pay, in words."""

    party: str
    amount: str
    """Empty: nothing."""
    kind: str
    per_person: str
    lines: list[str]
    """What the guest reads."""
    stands_in: str
    """When the provider cannot do what the policy says."""
    verdicts: list[tuple[str, str, bool]]
    """Name of the policy, why, and whether it decides; the one that does first."""


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
                _answer(venue, rows, form.cleaned_data) if is_asked and form.is_valid() else None
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


def _answer(venue: Restaurant, rows: list[Policy], said: Mapping[str, Any]) -> Answer:
    offer = said["offer"]
    found = preview_payment(
        venue.public_id,
        said["date"],
        said["party"],
        service_id=said["service"].pk,
        offer_id=offer.pk if offer else None,
    )[0]
    currency, has_price = found.currency, found.amount > 0
    parts = [guests(said["party"]), long_day(said["date"]), said["service"].name]
    verdicts = [(found.policy, found.why, True)] if found.policy_id else []
    verdicts += [(loser.name, loser.why, False) for loser in found.losers]
    verdicts += [(row.name, _("It is switched off."), False) for row in rows if not row.is_active]
    each = found.per_person
    return Answer(
        party=", ".join([*parts, *([offer.name] if offer else [])]),
        amount=money_words.money_text(found.amount, currency) if has_price else "",
        kind=str(money_words.KINDS[found.kind]) if has_price else "",
        per_person=money_words.money_text(each, currency) if each and has_price else "",
        lines=[found.headline, *found.lines],
        stands_in=(
            _("Your provider cannot do what the policy says, so a deposit stands in.")
            if found.is_fallback and has_price
            else ""
        ),
        verdicts=verdicts,
    )
