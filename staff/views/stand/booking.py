"""A booking by telephone or at the door: party, time, guest, in one small sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import DomainError
from customers.selectors import Wanted, search_customers
from customers.services import Contact as Person
from customers.services import recognise
from reservations.details import Details
from reservations.engine.rules import PHYSICAL
from reservations.engine.types import Channel, Offer, Reason
from reservations.ledger.confirm import Contact
from reservations.models import Reservation
from reservations.services.availability import offers_of_day
from reservations.services.bookings import Extras, book
from reservations.services.holds import HoldRequest
from reservations.views.why import in_a_sentence, in_a_word
from reservations.views.wording import phone, short_day
from restaurants.access import Capability
from staff import once
from staff.access import StaffRequest, house_url, tag_sight
from staff.forms import errors
from staff.views.stand import chosen
from staff.views.stand.asked import Asked
from staff.views.stand.page import BoardView, patch_of

SIZES = range(1, 21)
_MATCHES = 6
_SOURCES = ("phone", "staff")


@dataclass(frozen=True, slots=True)
class Time:
    """One time of the date, and why it is closed."""

    label: str
    service: int
    is_open: bool
    word: str
    reason: str
    may_insist: bool
    """Closed by a limit that a manager may set aside."""
    free: int


class NewBookingView(BoardView):
    """The sheet: every time of the date with its reasons; guests by number or name."""

    needs = Capability.OPERATE

    @cached_property
    def asked(self) -> Any:
        """What was sent; or what was kept while the person showed their password."""
        kept = None
        if self.request.method == "GET" and chosen.AGAIN in self.request.GET:
            kept = chosen.take(self.request, self.at)
        if kept is None:
            return super().asked
        fields = QueryDict(mutable=True)
        for name, value in [*kept.fields, ("date", kept.date)]:
            fields.appendlist(name, value)
        return fields

    def get(self, request: StaffRequest) -> HttpResponse:
        """The form, or the part of it that a change concerns."""
        return self._page()

    def post(self, request: StaffRequest) -> HttpResponse:
        """Book it; the same form sent again books once."""
        if self.tap.overbook and self.by_password(Capability.OVERBOOK):
            return self._to_password()
        try:
            row = self._book()
        except DomainError as error:
            return self._page(errors.said(error), 409)
        said = _("%(name)s is booked for %(time)s.") % {
            "name": row.guest_name,
            "time": f"{row.starts_at.astimezone(request.venue.tz):%H:%M}",
        }
        if "X-Stand" in request.headers:
            answer = {"ok": True, "said": said, "undo": None, "target": row.public_id}
            return JsonResponse(answer | {"patch": patch_of(self)})
        messages.success(request, said)
        query = urlencode({"date": self.date.isoformat(), "party": row.public_id})
        return HttpResponseRedirect(f"{house_url(request.venue, 'stand')}?{query}")

    def _to_password(self) -> HttpResponse:
        """A PIN is not enough for it: to the password, and back to the form as it was."""
        chosen.keep(self, self.request.POST)
        door = chosen.to_password(self, {chosen.AGAIN: "1"}, "stand_new")
        if "X-Stand" not in self.request.headers:
            return HttpResponseRedirect(door)
        return JsonResponse({"ok": False, "kind": "password", "url": door}, status=403)

    @cached_property
    def tap(self) -> Asked:
        """The fields that were sent."""
        return Asked(self.request.venue, self.date, self.asked, self.request.actor, self.at)

    @cached_property
    def _size(self) -> int:
        """For showing times; a size that is none shows those of two."""
        said = self.tap.text("size", 3)
        return min(max(int(said), 1), 99) if said.isdecimal() else 2

    def _page(self, problem: str = "", status: int = 200) -> HttpResponse:
        times, closed = self._times()
        words = self.tap.text("who", 60)
        context = {
            "problem": problem,
            "closed": closed,
            "times": times,
            "chosen": self.tap.text("time", 5),
            "size": self._size,
            "sizes": SIZES,
            "date": self.date,
            "day": short_day(self.date),
            "who": words,
            "guests": list(self._guests(words)) if words else [],
            "fields": self.tap.values(),
            "once": self.tap.text("once", 64) or once.fresh(),
            "may": self.rights,
        }
        whole = "X-Stand" not in self.request.headers
        name = "staff/stand/new.html" if whole else "staff/stand/_new.html"
        return render(self.request, name, context, status=status)

    def _times(self) -> tuple[list[Time], str]:
        """Of the whole date; a sentence instead where none could ever be had."""
        try:
            day = offers_of_day(
                self.request.venue.public_id, self.date, self._size, channel=Channel.IN_HOUSE
            )
        except DomainError as error:
            return [], error.text
        shown = [offer for offer in day.offers if not _is_over(offer)]
        return [_time(offer, day.query) for offer in shown], ""

    def _guests(self, words: str) -> Iterator[dict[str, Any]]:
        venue = self.request.venue
        sight = tag_sight(self.request)
        found = search_customers(
            venue.organization_id, Wanted(words=words), country=venue.country, limit=_MATCHES
        )
        for each in found.customers:
            yield {
                "id": each.public_id,
                "name": each.name,
                "phone": phone(each.phone) if each.phone else "",
                "raw_phone": each.phone,
                "email": each.email,
                "tags": sight.of_guest(each.tags),
                "allergies": each.allergies,
            }

    def _book(self) -> Reservation:
        tap, venue = self.tap, self.request.venue
        mark = tap.key
        if mark:
            before = Reservation.objects.filter(restaurant=venue, request_key=mark).first()
            if before is not None:
                return before
        waived: frozenset[Reason] = frozenset()
        if tap.overbook:
            if not self.may(Capability.OVERBOOK):
                raise PermissionDenied
            waived = frozenset(Reason) - PHYSICAL
        source = tap.text("source")
        request = HoldRequest(
            restaurant=venue.public_id,
            service_date=self.date,
            time=tap.text("time", 5),
            party_size=tap.number("size", 1, 99),
            channel=Channel.IN_HOUSE,
            source=source if source in _SOURCES else "phone",
            step_free=bool(tap.text("step_free")),
            service_id=tap.number("service", 0, 2**31 - 1, 0) or None,
            waived=waived,
        )
        details = Details(
            special_requests=tap.text("wishes", 500),
            allergy_note=tap.text("allergies", 200),
            high_chairs=tap.number("high_chairs", 0, 9, 0),
        )
        extras = Extras(details=details, request_key=mark, notify=bool(tap.text("email")))
        return book(request, self._contact(), extras, by=self.request.actor)

    def _contact(self) -> Contact:
        tap, venue = self.tap, self.request.venue
        name = tap.text("name", 100)
        if not name:
            raise DomainError(_("Whose booking is it? A name is enough."))
        if not tap.text("email") and not tap.text("phone"):
            # A name alone is nobody's identity: no record of the guest is begun.
            return Contact(name, "")
        person = Person(name, tap.text("email", 254), tap.text("phone", 40))
        known = recognise(venue.organization_id, contact=person, country=venue.country)
        return Contact(name, known.email if person.email else "", known.phone, known.pk)


def _is_over(offer: Offer) -> bool:
    return any(refusal.reason is Reason.PAST for refusal in offer.refusals)


def _time(offer: Offer, query: Any) -> Time:
    first = offer.refusals[0] if offer.refusals else None
    free = ngettext("%(n)d table", "%(n)d tables", offer.free) % {"n": offer.free}
    return Time(
        label=offer.slot.label,
        service=offer.slot.service.id,
        is_open=offer.available,
        word=free if first is None else in_a_word(first),
        reason="" if first is None else in_a_sentence(first, query),
        may_insist=bool(offer.refusals)
        and not any(refusal.reason in PHYSICAL for refusal in offer.refusals),
        free=offer.free,
    )
