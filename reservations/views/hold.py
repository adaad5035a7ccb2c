"""A held table: who is coming, the deposit, more time, giving it back."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html

from core import clock
from core.errors import DomainError
from notifications.wording import amount
from reservations.engine.types import Channel
from reservations.errors import (
    ContactHolds,
    HoldExpired,
    PaidTooLate,
    PaymentDeclined,
    PaymentPending,
    PaymentsUnavailable,
)
from reservations.forms import DetailsForm, takes_payments
from reservations.guests import Guest
from reservations.limits import Act
from reservations.selectors.holds import HeldPlace, hold_of
from reservations.services.abuse import contact_keys
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import HoldRequest, extend_hold, release_hold
from reservations.views import visitor, wording
from reservations.views.base import GuestView, booked_page, hold_page, tell, warn, way_back
from reservations.views.home import picture_of
from reservations.views.protection import protect
from reservations.views.restaurant import hold_or_explain
from reservations.views.wishes import Wish, search_page


class State(StrEnum):
    """Where a hold stands, as its page tells it."""

    OPEN = "open"
    PENDING = "pending"
    """A payment was sent and its answer is missing; the table is still kept."""
    CHECKING = "checking"
    """The same, but the table is not kept any more: the sweep seats the guest or refunds."""
    REFUNDED = "refunded"
    """Paid too late."""
    LAPSED = "lapsed"
    RELEASED = "released"


_PAYING = frozenset({"requested", "unknown"})


def state_of(held: HeldPlace, now: dt.datetime) -> State:
    """Where a hold that is no reservation stands at ``now``."""
    if held.status == "live" and held.payment_status in _PAYING:
        return State.PENDING
    if held.is_live(now):
        return State.OPEN
    if held.payment_status in _PAYING:
        return State.CHECKING
    if held.payment_status == "succeeded":
        return State.REFUNDED
    return State.RELEASED if held.status == "released" else State.LAPSED


class HoldView(GuestView):
    """``/hold/<hold_id>/``: the form, and confirming it.

    Every POST ends in a redirect, refused or not: back and reload then show a page, never the
    browser's question whether to send a form again. What was typed waits in the session.
    """

    embed_event = "held"

    def get(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """The form, with what is wrong about it after ``?check``, or what became of the hold."""
        held = hold_of(visitor.holder_of(request, hold_id), hold_id)
        if held.reservation is not None:
            visitor.remember_booking(request, held.reservation)
            return redirect(booked_page(held.reservation))
        typed = visitor.draft_of(request) or _said_before(held)
        if typed and "check" in request.GET:
            return page(request, held, _form(held, data=typed))
        return page(request, held, _form(held, initial=typed))

    def post(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """Confirm. Every repeat ends at the one booking."""
        guest = visitor.holder_of(request, hold_id)
        held = hold_of(guest, hold_id)
        visitor.save_draft(request, request.POST)
        form = _form(held, data=request.POST)
        if held.reservation is None and not form.is_valid():
            return redirect(f"{hold_page(hold_id)}?check")
        if held.deposit > 0 and held.reservation is None and not takes_payments():
            return redirect(hold_page(hold_id))
        if held.reservation is None:
            _protect(request, held, form)
        try:
            booking_id = _confirm(held, guest, form)
        except (HoldExpired, PaidTooLate, PaymentPending, PaymentsUnavailable):
            # The page says what became of the hold better than the error does.
            return redirect(hold_page(hold_id))
        except PaymentDeclined as error:
            warn(request, f"{error.text} You were not charged. Please try another card.")
            return redirect(hold_page(hold_id))
        except ContactHolds as error:
            warn(request, _with_link(request, error))
            return redirect(hold_page(hold_id))
        except DomainError as error:
            warn(request, error)
            return redirect(hold_page(hold_id))
        visitor.remember_booking(request, booking_id)
        return redirect(booked_page(booking_id))


def _said_before(held: HeldPlace) -> dict[str, str]:
    """What the guest told the website that placed the hold, or a payment that did not succeed."""
    said = {
        "name": held.guest_name,
        "email": held.guest_email,
        "phone": held.guest_phone,
        "special_requests": held.details.special_requests,
    }
    return said if any(said.values()) else {}


def _protect(request: HttpRequest, held: HeldPlace, form: DetailsForm) -> None:
    typed = form.cleaned_data
    keys = contact_keys(email=typed["email"], phone=typed["phone"], country=held.house.country)
    protect(request, Act.CONFIRMATION, *keys, phone=held.house.phone)


def _with_link(request: HttpRequest, error: ContactHolds) -> str:
    """The refusal; to whoever holds the other table as well, with the way to it."""
    mine = {guest.key for guest in visitor.guests_here(request)}
    if error.guest_key not in mine:
        return error.text
    return format_html('{} <a href="{}">Go to it</a>', error.text, hold_page(error.hold_id))


def _confirm(held: HeldPlace, guest: Guest, form: DetailsForm) -> str:
    if held.reservation is not None:
        return held.reservation
    typed = form.cleaned_data
    outcome = confirm_hold(
        held.public_id,
        guest,
        method={"token": typed["card"]} if typed.get("card") else None,
        particulars=Particulars(
            name=typed["name"],
            email=typed["email"],
            phone=typed["phone"],
            special_requests=typed["special_requests"],
        ),
        by=guest.actor,
    )
    return outcome.booking.public_id


class MoreTimeView(GuestView):
    """``POST /hold/<hold_id>/more-time/``: keep the table longer, and what was typed."""

    def get(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """A reload of the form's address."""
        return redirect(hold_page(hold_id))

    def post(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """Extend as often as the restaurant allows."""
        guest = visitor.holder_of(request, hold_id)
        visitor.save_draft(request, request.POST)
        try:
            held = extend_hold(hold_id, guest, by=guest.actor)
            until = wording.clock_time(held.expires_at, held.house.zone)
            tell(request, f"Take your time: the table is yours until {until}.")
        except HoldExpired:
            pass  # The page of a lapsed hold says so and offers the time again.
        except DomainError as error:
            warn(request, error)
        return redirect(hold_page(hold_id))


class ReleaseView(GuestView):
    """``POST /hold/<hold_id>/release/``: give the table back."""

    def get(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """A reload of the form's address."""
        return redirect(hold_page(hold_id))

    def post(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """Back to the times, or to the page that asked. Repeating it does no harm."""
        guest = visitor.holder_of(request, hold_id)
        held = hold_of(guest, hold_id)
        if held.reservation is not None:
            return redirect(hold_page(hold_id))
        visitor.save_draft(request, request.POST)
        release_hold(hold_id, guest, by=guest.actor)
        tell(request, f"You gave the table at {held.house.name} back. {_charged(held)}")
        return redirect(way_back(request, _times(held)))


class HoldAgainView(GuestView):
    """``POST /hold/<hold_id>/again/``: the same time once more after the hold has lapsed."""

    def get(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """A reload of the form's address."""
        return redirect(hold_page(hold_id))

    def post(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """A new hold for the same place if it is free, else the times that are."""
        held = hold_of(visitor.holder_of(request, hold_id), hold_id)
        visitor.save_draft(request, request.POST)
        if held.reservation is not None or held.is_live(clock.now()):
            return redirect(hold_page(hold_id))
        asked = HoldRequest(
            restaurant=held.house.public_id,
            service_date=held.service_date,
            time=held.wall_time,
            party_size=held.party_size,
            channel=Channel(held.channel),
            source=held.source,
            origin=held.origin,
            room_id=held.room_id,
            service_id=held.service_id,
        )
        protect(request, Act.HOLD, phone=held.house.phone)
        wish = Wish(held.party_size, held.service_date, held.wall_time)
        return redirect(hold_or_explain(request, held.house, asked, wish))


def _charged(held: HeldPlace) -> str:
    """What became of the money of a hold that was given back, as far as the bank has answered."""
    if held.payment_status in _PAYING:
        return "If your card was charged, the money goes back to it in full."
    return "Nothing was charged."


def _form(held: HeldPlace, **given: Any) -> DetailsForm:
    return DetailsForm(country=held.house.country, needs_card=held.deposit > 0, **given)


def _times(held: HeldPlace) -> str:
    return search_page(
        held.house.slug, party=held.party_size, date=held.service_date, time=held.wall_time
    )


def page(request: HttpRequest, held: HeldPlace, form: DetailsForm) -> HttpResponse:
    """The page of a hold in whatever state it is."""
    now = clock.now()
    state = state_of(held, now)
    seconds = max(0.0, (held.expires_at - now).total_seconds())
    zone = held.house.zone
    context = {
        "held": held,
        "house": held.house,
        "picture": picture_of(held.house.image),
        "phone": wording.phone(held.house.phone),
        "state": state.value,
        "form": form,
        "when": wording.moment(held.starts_at, zone),
        "evening_of": _evening_of(held),
        "party": wording.guests(held.party_size),
        "until": wording.clock_time(held.expires_at, zone),
        "place": wording.place_of(zone),
        "seconds_left": round(seconds),
        "time_left": wording.minutes(seconds),
        "may_extend": held.extensions < held.house.max_hold_extensions,
        "deposit": amount(held.deposit, held.currency) if held.deposit > 0 else "",
        "refunds": wording.refund_lines(
            held.refund_ladder,
            held.starts_at,
            zone,
            total=held.deposit,
            currency=held.currency,
            now=now,
        ),
        "takes_payments": takes_payments(),
        "times_url": _times(held),
    }
    return render(request, "reservations/hold.html", context)


def _evening_of(held: HeldPlace) -> str:
    """The evening a time after midnight belongs to; empty for all other times."""
    local = held.starts_at.astimezone(held.house.zone).date()
    return wording.day(held.service_date) if local != held.service_date else ""
