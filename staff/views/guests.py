"""Guests of the group: found, looked at, changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError
from customers.errors import CustomerChanged
from customers.models import ConsentEntry, Customer, GuestNote, GuestTag
from customers.selectors import Wanted, customer_of, search_customers, tags_of
from customers.services.merging import merges_of
from customers.services.records import update_customer
from reservations.selectors.guest_profile import (
    Signals,
    Visit,
    often_at,
    signals_of,
    spent_by,
    visits_of,
)
from reservations.views.base import warn
from reservations.views.held import problems
from reservations.views.wording import clock_time, guests, phone, short_day
from restaurants.access import Capability
from restaurants.models import DiningTable, Restaurant
from staff import guest_words, money_words, wording
from staff.access import HouseView, StaffRequest, house_url, tag_sight
from staff.forms.guests import GuestForm, GuestSearchForm, NoteTextForm
from staff.forms.shown import (
    NAME,
    Shown,
    Stale,
    differences,
    merged,
    overtaken,
    read,
    shown_by,
    touched,
    written,
)
from staff.once import fresh

PER_PAGE = 40
MOST_COUNTED = 1000
_LAST_PAGE = 2500


@dataclass(frozen=True, slots=True)
class GuestLine:
    """A guest as the list shows them."""

    name: str
    url: str
    contact: str
    labels: list[guest_words.Label]
    allergies: str
    visits: int
    last: str
    following: str


class GuestsView(HouseView):
    """The guests of the group, by name; found by the beginning of a name, a number, an address."""

    def get(self, request: StaffRequest) -> HttpResponse:
        """A page of the list."""
        venue, sight = request.venue, tag_sight(request)
        tags = tags_of(venue.organization_id, None, sight)
        data = {name: request.GET.get(name, "").replace("\0", "") for name in ("q", "tag", "vip")}
        of_guests = [tag.name for tag in tags if tag.kind == GuestTag.Kind.GUEST]
        form = GuestSearchForm(data, tags=of_guests)
        told = form.told()
        page = _page(request)
        wanted = Wanted(words=told.get("q", ""), tag=told.get("tag", ""), is_vip="vip" in told)
        found = search_customers(
            venue.organization_id,
            wanted,
            country=venue.country,
            offset=(page - 1) * PER_PAGE,
            limit=PER_PAGE,
            most=MOST_COUNTED + 1,
        )
        context = {
            "form": form,
            "is_filtered": bool(told),
            "may_tag": request.access.allows(Capability.MANAGE, venue.pk),
            "lines": _lines(request, found.customers, tags),
            "total": min(found.total, MOST_COUNTED),
            "is_more": found.total > MOST_COUNTED,
            "newer": urlencode({**told, "page": str(page - 1)}) if page > 1 else "",
            "older": (
                urlencode({**told, "page": str(page + 1)})
                if len(found.customers) == PER_PAGE
                else ""
            ),
        }
        return render(request, "staff/guests.html", context)


def _page(request: StaffRequest) -> int:
    text = request.GET.get("page", "")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
    return min(max(number, 1), _LAST_PAGE)


def _lines(
    request: StaffRequest, rows: Iterable[Customer], tags: Iterable[GuestTag]
) -> list[GuestLine]:
    rows, tags = list(rows), list(tags)
    signals = signals_of((row.pk for row in rows), now=clock.now())
    return [_line(request, row, tags, signals.get(row.pk, Signals())) for row in rows]


def _line(
    request: StaffRequest, row: Customer, tags: Iterable[GuestTag], signals: Signals
) -> GuestLine:
    last, following = signals.last_visit, signals.next_visit
    return GuestLine(
        name=row.name,
        url=house_url(request.venue, "guest", row.public_id),
        contact=" · ".join(filter(None, [phone(row.phone) if row.phone else "", row.email])),
        labels=guest_words.labels(row, tags, signals, tag_sight(request)),
        allergies=", ".join(guest_words.allergies(row)),
        visits=signals.visits,
        last=f"{short_day(last)} {last.year}" if last else "",
        following=f"{short_day(following)} {following.year}" if following else "",
    )


@dataclass(frozen=True, slots=True)
class VisitLine:
    """A booking in a guest's profile."""

    visit: Visit
    day: str
    time: str
    party: str
    source: str
    state: str
    colour: str
    spent: str
    url: str
    """Of its money, where the person may look at that."""


_COLOURS = {"no_show": "danger", "cancelled": "off", "completed": "ok"}


class GuestView(HouseView):
    """All the group knows of one guest."""

    def get(self, request: StaffRequest, guest_id: str) -> HttpResponse:
        """The profile."""
        return profile(request, customer_of(request.venue.organization_id, guest_id))


def profile(
    request: StaffRequest,
    guest: Customer,
    *,
    note_form: NoteTextForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a guest; with a note that could not be kept, the form it was typed in."""
    venue, now, sight = request.venue, clock.now(), tag_sight(request)
    tags = tags_of(venue.organization_id, None, sight)
    signals = signals_of([guest.pk], now=now).get(guest.pk, Signals())
    visits = [_visit_line(request, each) for each in visits_of(guest, now=now)]
    notes = GuestNote.objects.filter(customer=guest)
    consents = ConsentEntry.objects.filter(customer=guest)
    form = note_form or NoteTextForm()
    may = request.access.allows
    context = {
        "guest": guest,
        "phone": phone(guest.phone) if guest.phone else "",
        "labels": guest_words.labels(guest, tags, signals, sight),
        "signals": signals,
        "risk": guest_words.risk(signals) if signals.is_risk else "",
        "strikes": guest_words.strikes(signals),
        "allergies": guest_words.allergies(guest),
        "birthday": guest_words.day_of_year(guest.birthday),
        "anniversary": guest_words.day_of_year(guest.anniversary),
        "coming": [each for each in reversed(visits) if not each.visit.is_over],
        "past": [each for each in visits if each.visit.is_over],
        "spent": _spent(guest),
        "often": often_at(guest, now=now),
        "favourites": _favourites(guest),
        "notes": [
            _note(row, venue)
            for row in notes.order_by(F("pinned_at").desc(nulls_last=True), "-at", "-pk")
        ],
        "consents": [_consent(row, venue) for row in consents],
        "consent_kinds": _kinds(guest),
        "merges": merges_of(guest) if may(Capability.MANAGE, venue.pk) else [],
        "also": list(guest.merged.exclude(email="", phone="")),
        "form": form,
        "problems": problems(form) if note_form else [],
        "once": fresh(),
        "may_operate": may(Capability.OPERATE, venue.pk),
        "may_manage": may(Capability.MANAGE, venue.pk),
    }
    return render(request, "staff/guest.html", context, status=status)


def _visit_line(request: StaffRequest, visit: Visit) -> VisitLine:
    is_here = visit.restaurant_id == request.venue.pk
    may = is_here and request.access.allows(Capability.OPERATE, request.venue.pk)
    spent = visit.spent
    return VisitLine(
        visit=visit,
        day=f"{short_day(visit.date)} {visit.date.year}",
        time=clock_time(visit.starts_at, visit.zone),
        party=guests(visit.party_size),
        source=wording.source(visit.source),
        state=str(wording.STATES[visit.status]),
        colour=_COLOURS.get(visit.status, ""),
        spent=money_words.money_text(spent, visit.currency) if spent else "",
        url=house_url(request.venue, "booking_money", visit.public_id) if may else "",
    )


def _spent(guest: Customer) -> list[dict[str, Any]]:
    return [
        {
            "total": money_words.money_text(each.total, each.currency),
            "per_visit": money_words.money_text(each.per_visit, each.currency),
            "visits": each.visits,
        }
        for each in spent_by(guest)
    ]


def _favourites(guest: Customer) -> list[str]:
    rows = DiningTable.objects.filter(
        public_id__in=guest.favourite_tables, restaurant__organization=guest.organization_id
    )
    rows = rows.select_related("restaurant", "room").order_by("restaurant__name", "label")
    return [f"{row.label} ({row.room.name}, {row.restaurant.name})" for row in rows]


def _note(row: GuestNote, venue: Restaurant) -> dict[str, Any]:
    return {
        "row": row,
        "when": wording.moment(row.at, venue.tz),
        "withdrawn": wording.moment(row.withdrawn_at, venue.tz),
    }


def _consent(row: ConsentEntry, venue: Restaurant) -> dict[str, Any]:
    what = {"what": guest_words.CONSENTS[row.kind]}
    said = _("%(what)s: given") if row.given else _("%(what)s: withdrawn")
    return {"row": row, "text": said % what, "when": wording.moment(row.at, venue.tz)}


def _kinds(guest: Customer) -> list[dict[str, Any]]:
    given = {"marketing": guest.marketing_consent_at, "sms": guest.sms_consent_at}
    return [
        {"kind": kind, "name": guest_words.CONSENTS[kind], "is_given": since is not None}
        for kind, since in given.items()
    ]


class GuestEditView(HouseView):
    """The record of a guest, changed by who runs the service."""

    needs = Capability.OPERATE

    def get(self, request: StaffRequest, guest_id: str) -> HttpResponse:
        """The form."""
        guest = customer_of(request.venue.organization_id, guest_id)
        form = _edit_form(request, guest)
        return self._page(request, guest, form, shown_by(form))

    def post(self, request: StaffRequest, guest_id: str) -> HttpResponse:
        """Keep what was changed, unless somebody else has changed the same since."""
        guest = customer_of(request.venue.organization_id, guest_id)
        was, form = read(request.POST.get(NAME, "")), _edit_form(request, guest, request.POST)
        if not form.is_valid():
            return self._page(request, guest, form, was, 422)
        try:
            update_customer(
                guest.organization_id,
                guest.public_id,
                form.change(touched(was, form)),
                by=request.actor,
                country=request.venue.country,
                restaurant_id=request.venue.pk,
                is_as_shown=lambda locked: _still_fits(request, locked, was, form),
            )
        except CustomerChanged as error:
            return self._overtaken(request, was, form, error)
        except DomainError as error:
            warn(request, error)
            return self._page(request, guest, form, was, 422)
        messages.success(request, _("Saved."))
        return self.to("guest", guest.public_id)

    def _overtaken(
        self, request: StaffRequest, was: Shown, sent: GuestForm, error: CustomerChanged
    ) -> HttpResponse:
        """The form with what was typed, on top of what is there now, which is what it shows."""
        guest = customer_of(request.venue.organization_id, self.kwargs["guest_id"])
        now = _edit_form(request, guest)
        stale = overtaken(error.text, was, now, sent)
        kept = _edit_form(request, guest, merged(request.POST, was, now, sent))
        return self._page(request, guest, kept, shown_by(now), 409, stale)

    def _page(
        self,
        request: StaffRequest,
        guest: Customer,
        form: GuestForm,
        shown: Shown,
        status: int = 200,
        stale: Stale | None = None,
    ) -> HttpResponse:
        context = {
            "guest": guest,
            "form": form,
            "problems": problems(form),
            "shown": written(shown),
            "stale": stale,
            "back": house_url(request.venue, "guest", guest.public_id),
        }
        return render(request, "staff/guest_form.html", context, status=status)


def _still_fits(request: StaffRequest, guest: Customer, was: Shown, sent: GuestForm) -> bool:
    """Whether what was typed goes on top of the record as it is: nobody has changed the same."""
    now = _edit_form(request, guest)
    both = _edit_form(request, guest, merged(request.POST, was, now, sent))
    is_mine = any(line.yours for line in differences(was, now, sent))
    return not is_mine and now.elsewhere == sent.elsewhere and both.is_valid()


def _edit_form(request: StaffRequest, guest: Customer, data: Any = None) -> GuestForm:
    venue, sight = request.venue, tag_sight(request)
    tables = DiningTable.objects.filter(restaurant=venue, is_active=True).select_related("room")
    found = tables.order_by("room__position", "label")
    return GuestForm(
        data,
        guest,
        tags=tags_of(venue.organization_id, None, sight),
        sight=sight,
        tables=[(row.public_id, f"{row.label} ({row.room.name})") for row in found],
        country=venue.country,
    )
