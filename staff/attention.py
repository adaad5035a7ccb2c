"""What of a house's money needs a person, and what that person can do."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Min, Q, QuerySet
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from payments.models import Reconciliation, ReconciliationDifference
from payments.selectors import (
    open_differences,
    open_disputes,
    stuck_errands,
    stuck_payments,
    stuck_refunds,
)
from reservations.selectors.house_money import refused_fees
from restaurants.access import Capability, HouseAccess
from restaurants.models import Restaurant
from staff import wording
from staff.access import house_url


@dataclass(frozen=True, slots=True)
class Alert:
    """One kind of trouble."""

    kind: str
    """``error`` or ``warning``."""
    text: str
    advice: str
    url: str
    link: str


def needs_somebody(venue: Restaurant) -> bool:
    """Whether there is any trouble at all: for a mark elsewhere. At most six queries."""
    return bool(_numbers(venue))


def attention_at(access: HouseAccess, venue: Restaurant) -> list[Alert]:
    """The troubles of a house, the most urgent first; nothing for who can do nothing about them."""
    if not access.allows(Capability.SEE_MONEY, venue.pk):
        return []
    found = _numbers(venue)
    listed = f"{house_url(venue, 'payments')}?{urlencode({'attention': 1})}"
    show = _("Show them")
    alerts = []
    if number := found.get("disputes"):
        alerts.append(Alert("error", *_disputes(venue, number), listed, show))
    if number := found.get("refunds"):
        text = ngettext(
            "%(n)d refund did not go through.", "%(n)d refunds did not go through.", number
        )
        advice = _("Look why, then try again; or pay the guest another way.")
        alerts.append(Alert("error", text % {"n": number}, advice, listed, show))
    if number := found.get("fees"):
        text = ngettext("A card refused %(n)d fee.", "Cards refused %(n)d fees.", number)
        advice = _("Send the guest a payment link, or let it go.")
        alerts.append(Alert("warning", text % {"n": number}, advice, listed, show))
    if number := found.get("payments"):
        text = ngettext(
            "The provider’s answer to %(n)d payment is missing.",
            "The provider’s answers to %(n)d payments are missing.",
            number,
        )
        advice = _("Couvert goes on asking. Do not charge again; after a day, ask the provider.")
        alerts.append(Alert("warning", text % {"n": number}, advice, listed, show))
    if number := found.get("errands"):
        text = ngettext(
            "%(n)d hold could not be taken or let go yet.",
            "%(n)d holds could not be taken or let go yet.",
            number,
        )
        advice = _("Couvert goes on trying. After a day, do it at the provider.")
        alerts.append(Alert("warning", text % {"n": number}, advice, listed, show))
    if number := found.get("differences"):
        text = ngettext(
            "The provider’s books differ from ours in %(n)d place.",
            "The provider’s books differ from ours in %(n)d places.",
            number,
        )
        advice = _("Compare, put it right where it is wrong, or say why it may stay.")
        url = house_url(venue, "payment_differences")
        alerts.append(Alert("warning", text % {"n": number}, advice, url, show))
    return alerts


def differences_at(venue: Restaurant) -> QuerySet[ReconciliationDifference]:
    """What was found in the books of this house and of its accounts, newest first."""
    of_it = Q(restaurant=venue) | Q(account__restaurant=venue)
    return ReconciliationDifference.objects.filter(of_it).order_by("-id")


def last_comparison(venue: Restaurant) -> Reconciliation | None:
    """The last time the books of the house's accounts were compared."""
    rows = Reconciliation.objects.filter(account__restaurant=venue)
    return rows.order_by("-day", "-id").first()


def _numbers(venue: Restaurant) -> dict[str, int]:
    rows: dict[str, QuerySet[Any]] = {
        "disputes": open_disputes().filter(payment__restaurant=venue),
        "refunds": stuck_refunds().filter(payment__restaurant=venue),
        "fees": refused_fees().filter(restaurant=venue),
        "payments": stuck_payments().filter(restaurant=venue),
        "errands": stuck_errands().filter(restaurant=venue),
        "differences": open_differences().filter(
            Q(restaurant=venue) | Q(account__restaurant=venue)
        ),
    }
    found = {name: each.count() for name, each in rows.items()}
    return {name: number for name, number in found.items() if number}


def _disputes(venue: Restaurant, number: int) -> tuple[str, str]:
    rows = open_disputes().filter(payment__restaurant=venue)
    first: dt.datetime | None = rows.aggregate(first=Min("due_by"))["first"]
    text = ngettext(
        "%(n)d payment is contested at the bank.",
        "%(n)d payments are contested at the bank.",
        number,
    ) % {"n": number}
    if first is None:
        return text, _("Answer at your provider, with the terms the guest agreed to.")
    zone: ZoneInfo = venue.tz
    advice = _("Answer at your provider by %(moment)s, with the terms the guest agreed to.")
    return text, advice % {"moment": wording.moment(first, zone)}
