"""A booking, as the browser that made it sees it: the code, the calendar entry, cancelling."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from core import clock
from core.actors import Actor, ActorKind
from core.errors import DomainError
from notifications.ics import calendar_for
from notifications.wording import amount
from reservations.engine.lifecycle import ActorKind as Mover
from reservations.engine.lifecycle import Status, allowed
from reservations.errors import AlreadyCancelled
from reservations.messages import facts
from reservations.selectors.bookings import Booking
from reservations.services import cancellation
from reservations.services.links import link_address
from reservations.views import wording
from reservations.views.base import GuestView, booked_page, warn
from reservations.views.home import picture_of
from reservations.views.visitor import known_guest, own_booking
from reservations.views.wishes import search_page

_WAITING = frozenset({Status.REQUESTED, Status.PENDING, Status.PENDING_PAYMENT})
_TURNED_AWAY = frozenset({Status.DECLINED, Status.EXPIRED})
_COMING = frozenset({Status.CONFIRMED, Status.RECONFIRMED})


class BookedView(GuestView):
    """``GET /booked/<booking_id>/``: the code, and what happens next."""

    embed_event = "booked"

    def get(self, request: HttpRequest, booking_id: str) -> HttpResponse:
        """Safe to reload; the page of a cancelled booking says so."""
        found = own_booking(request, booking_id)
        return render(request, "reservations/booked.html", _facts(found))


class CalendarView(GuestView):
    """``GET /booked/<booking_id>/calendar.ics``: the booking for a calendar."""

    def get(self, request: HttpRequest, booking_id: str) -> HttpResponse:
        """One event; adding it again updates it."""
        found = own_booking(request, booking_id)
        payload = facts(
            found.house,
            starts_at=found.starts_at,
            ends_at=found.ends_at,
            party_size=found.party_size,
            guest_name=found.guest_name,
            deposit=found.deposit,
            special_requests=found.special_requests,
            sequence=found.sequence,
            reservation_id=found.public_id,
            code=found.code,
            manage_url=link_address(found.public_id),
        )
        is_off = found.status in _TURNED_AWAY | {Status.CANCELLED}
        method = "CANCEL" if is_off else "PUBLISH"
        return HttpResponse(
            calendar_for(payload, method),
            content_type="text/calendar; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{found.code}.ics"'},
        )


class CancelView(GuestView):
    """``/booked/<booking_id>/cancel/``: what would come back, then cancelling."""

    def get(self, request: HttpRequest, booking_id: str) -> HttpResponse:
        """The exact refund, before anything is done."""
        found = own_booking(request, booking_id)
        if not may_cancel(found):
            return redirect(booked_page(booking_id))
        return _ask(request, found)

    def post(self, request: HttpRequest, booking_id: str) -> HttpResponse:
        """Cancel for the refund that was shown; if it has changed meanwhile, ask again."""
        found = own_booking(request, booking_id)
        if may_cancel(found) and request.POST.get("refund") != _quoted(found):
            return _ask(request, found, changed="refund" in request.POST, status=409)
        try:
            cancellation.cancel_reservation(booking_id, by=_actor(request, found))
        except AlreadyCancelled:
            pass  # By an earlier click; its page says so.
        except DomainError as error:
            warn(request, error)
        return redirect(booked_page(booking_id))


def may_cancel(found: Booking) -> bool:
    """Whether the guest can still cancel: not in the past, and by the lifecycle's rules."""
    return found.starts_at > clock.now() and allowed(
        Status(found.status), Status.CANCELLED, Mover.GUEST
    )


def _actor(request: HttpRequest, found: Booking) -> Actor:
    guest = known_guest(request)
    return guest.actor if guest is not None else Actor(ActorKind.GUEST, found.public_id, "Guest")


def _quoted(found: Booking) -> str:
    percent, back = cancellation.quote(found)
    return f"{percent}:{back}"


def _ask(
    request: HttpRequest, found: Booking, *, changed: bool = False, status: int = 200
) -> HttpResponse:
    percent, back = cancellation.quote(found)
    context = _facts(found) | {
        "percent": percent,
        "back": amount(back, found.currency),
        "gives_back": back > 0,
        "is_all": percent == 100,
        "quoted": _quoted(found),
        "changed": changed,
    }
    return render(request, "reservations/cancel.html", context, status=status)


def _facts(found: Booking) -> dict[str, Any]:
    zone = found.house.zone
    local = found.starts_at.astimezone(zone).date()
    status = Status(found.status)
    paid = found.deposit if found.payment_status == "succeeded" else None
    return {
        "booking": found,
        "house": found.house,
        "picture": picture_of(found.house.image),
        "phone": wording.phone(found.house.phone),
        "when": wording.moment(found.starts_at, zone),
        "evening_of": wording.day(found.service_date) if local != found.service_date else "",
        "party": wording.guests(found.party_size),
        "deposit": amount(paid, found.currency) if paid else "",
        "refunded": amount(found.refunded, found.currency) if found.refunded else "",
        "is_cancelled": status is Status.CANCELLED,
        "is_turned_away": status in _TURNED_AWAY,
        "is_waiting": status in _WAITING,
        "is_coming": status in _COMING and found.starts_at > clock.now(),
        "may_cancel": may_cancel(found),
        "refunds": _refunds(found, clock.now()) if paid else [],
        "again_url": search_page(found.house.slug, party=found.party_size),
    }


def _refunds(found: Booking, now: dt.datetime) -> list[str]:
    return wording.refund_lines(
        found.refund_ladder,
        found.starts_at,
        found.house.zone,
        total=found.deposit,
        currency=found.currency,
        now=now,
    )
