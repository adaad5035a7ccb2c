"""The payments of a house: found, added up, saved as a table, and what of them needs a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError, NotFound
from payments.models import Payment
from payments.services import reconciliation
from reservations.models import Reservation
from reservations.selectors.house_money import (
    bookings_of,
    payments_at,
    providers_at,
    sources_at,
    totals_of,
)
from reservations.views.base import warn
from restaurants.access import Capability
from staff import money_words, wording
from staff.access import HouseView, StaffRequest, house_url
from staff.attention import attention_at, differences_at
from staff.forms.payments import NoteForm, SearchForm
from staff.money_places import money_places
from staff.tables import as_csv, told

PER_PAGE = 50
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A payment as the list shows it."""

    row: Payment
    url: str
    kind: str
    state: str
    state_text: str
    amount: str
    note: str
    """What of it went back or came off a bill."""
    card: str
    provider: str
    when: str
    booking: Reservation | None
    source: str
    """Where the booking came from; empty without one."""


@dataclass(frozen=True, slots=True)
class TotalLine:
    """Sums of one currency."""

    is_test: bool
    number: int
    captured: str
    refunded: str
    redeemed: str
    left: str


class PaymentsView(HouseView):
    """Who looks up one payment may; sums are for those who may see what the house takes."""

    needs = Capability.OPERATE

    def get(self, request: StaffRequest) -> HttpResponse:
        """A page of the list, newest first."""
        venue = request.venue
        form = search_form(request)
        rows = payments_at(venue.pk, venue.tz, form.query())
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        found = list(page.object_list)
        bookings = bookings_of(found)
        told_: dict[str, Any] = form.told()
        may_see = request.access.allows(Capability.SEE_MONEY, venue.pk)
        context = {
            "places": money_places(request),
            "form": form,
            "is_filtered": bool(told_),
            "lines": [payment_line(request, row, bookings.get(row.purpose)) for row in found],
            "page": page,
            "older": urlencode({**told_, "page": page.number + 1}) if page.has_next() else "",
            "newer": urlencode({**told_, "page": page.number - 1}) if page.number > 1 else "",
            "totals": [*_totals(rows)] if may_see else [],
            "export": f"{house_url(venue, 'payments_csv')}?{urlencode(told_)}" if may_see else "",
            "alerts": attention_at(request.access, venue),
        }
        return render(request, "staff/payments.html", context)


def search_form(request: StaffRequest) -> SearchForm:
    """The filters, with what this house has to filter by."""
    data = request.GET.copy()
    for name in list(data):
        data[name] = str(request.GET.get(name, "")).replace("\0", "")
    venue = request.venue
    return SearchForm(data, providers=providers_at(venue.pk), sources=sources_at(venue.pk))


def payment_line(request: StaffRequest, row: Payment, booking: Reservation | None) -> PaymentLine:
    """How a payment stands."""
    state, text = money_words.STATES[row.status]
    notes = []
    if row.refunded:
        back = {"money": money_words.money_text(row.refunded, row.currency)}
        notes.append(_("%(money)s back") % back)
    if row.redeemed:
        off = {"money": money_words.money_text(row.redeemed, row.currency)}
        notes.append(_("%(money)s off a bill") % off)
    return PaymentLine(
        row=row,
        url=house_url(request.venue, "payment", row.public_id),
        kind=str(money_words.KINDS[row.kind]),
        state=state,
        state_text=str(text),
        amount=money_words.money_text(row.captured or row.amount, row.currency),
        note=", ".join(notes),
        card=money_words.card(row),
        provider=money_words.provider(row),
        when=wording.moment(row.created_at, request.venue.tz),
        booking=booking,
        source=wording.source(booking.source) if booking else "",
    )


def _totals(rows: QuerySet[Payment]) -> Iterator[TotalLine]:
    for each in totals_of(rows):
        yield TotalLine(
            each.is_test,
            each.number,
            *(
                money_words.money_text(value, each.currency)
                for value in (each.captured, each.refunded, each.redeemed, each.left)
            ),
        )


class PaymentsTableView(HouseView):
    """The same payments as a table to save; of a card, its brand and last four digits."""

    needs = Capability.SEE_MONEY

    def get(self, request: StaffRequest) -> HttpResponseBase:
        """Streamed, so that a year of payments needs no more memory than a day's."""
        venue = request.venue
        rows = payments_at(venue.pk, venue.tz, search_form(request).query())
        name = f"payments-{venue.slug}-{clock.now().astimezone(venue.tz).date()}.csv"
        return as_csv(name, _HEADING, _cells(rows, venue.tz))


_HEADING = (
    *("payment", "asked_at", "settled_at", "status", "kind", "booking", "guest", "source"),
    *("currency", "amount", "captured", "refunded", "redeemed", "left", "provider", "test"),
    *("card", "last4", "provider_reference", "failure", "policy"),
)


def _cells(rows: QuerySet[Payment], zone: ZoneInfo) -> Iterator[list[object]]:
    found = rows.iterator(chunk_size=_CHUNK)
    while chunk := list(islice(found, _CHUNK)):
        bookings = bookings_of(chunk)
        for row in chunk:
            booking = bookings.get(row.purpose)
            sums = (row.amount, row.captured, row.refunded, row.redeemed, money_words.left_of(row))
            yield [
                row.public_id,
                _instant(row.created_at, zone),
                _instant(row.settled_at, zone),
                row.status,
                row.kind,
                told(booking.code) if booking else "",
                told(booking.guest_name) if booking else "",
                told(booking.source) if booking else "",
                row.currency,
                *(money_words.plain(value, row.currency) for value in sums),
                row.gateway,
                "yes" if money_words.is_test(row) else "no",
                told(row.card_brand),
                row.card_last4,
                told(row.provider_reference),
                told(row.failure_code),
                told(row.policy_name),
            ]


def _instant(instant: dt.datetime | None, zone: ZoneInfo) -> str:
    return "" if instant is None else instant.astimezone(zone).isoformat(timespec="seconds")


class DifferencesView(HouseView):
    """Where the provider's books and ours differ, and why that may be."""

    needs = Capability.SEE_MONEY

    def get(self, request: StaffRequest) -> HttpResponse:
        """The open ones, and those that somebody explained."""
        return self._page(request, NoteForm())

    def post(self, request: StaffRequest) -> HttpResponse:
        """Explain one; explained twice, the last words stay."""
        if not request.access.allows(Capability.MANAGE, request.venue.pk):
            raise PermissionDenied
        number = request.POST.get("difference", "")
        row = differences_at(request.venue).filter(pk=int(number) if _is_id(number) else 0).first()
        if row is None:
            raise NotFound
        form = NoteForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        try:
            reconciliation.resolve(row.pk, form.cleaned_data["note"], by=request.actor)
        except DomainError as error:
            warn(request, error)
        else:
            messages.success(request, _("The difference is explained."))
        return self.to("payment_differences")

    def _page(self, request: StaffRequest, form: NoteForm, status: int = 200) -> HttpResponse:
        rows = list(differences_at(request.venue).select_related("payment")[:200])
        context = {
            "places": money_places(request),
            "open": [row for row in rows if row.resolved_at is None],
            "explained": [row for row in rows if row.resolved_at is not None and row.resolved_by],
            "form": form,
            "may_explain": request.access.allows(Capability.MANAGE, request.venue.pk),
            "others": [str(text) for errors in form.errors.values() for text in errors],
        }
        return render(request, "staff/payment_differences.html", context, status=status)


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 18
