"""``ReservationWidget.createReservation``: a hold, and the booking if nothing is to be paid."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.embed import serializers as wire
from api.embed.errors import KeyRevoked, KeyUnknown, OriginNotAllowed, handle_error
from api.renderers import json_response
from api.throttling import AddressThrottle, WindowThrottle
from api.views import DialectView, public
from core import clock
from core.errors import DomainError
from core.rates import fingerprint, guest_network
from reservations.details import Origin
from reservations.errors import ActiveHoldExists, SlotUnavailable
from reservations.guests import Guest
from reservations.handover import link_for
from reservations.limits import Act, Attempt
from reservations.selectors.bookings import booking_of_visitor
from reservations.selectors.holds import HeldPlace, active_hold_of
from reservations.services.abuse import contact_keys, name_guest
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import HoldRequest, place_hold, release_hold
from restaurants import sites

SOURCE = "partner_website"
REPEATED_WITHIN = dt.timedelta(minutes=10)
"""The same words again within this time are a retry, and get the same answer."""

TAKEN = "Time slot already booked"
"""Contract 1's sentence."""


class WidgetByAddress(AddressThrottle):
    """Anything at all from one address."""

    scope = "widget-address"
    limit = 120
    seconds = 60


class WidgetByRestaurant(WindowThrottle):
    """Anything at all for one restaurant, so that a busy page cannot keep the others waiting."""

    scope = "widget-restaurant"
    limit = 600
    seconds = 60

    def subject(self, request: Request) -> str | None:
        """The restaurant of the path."""
        context = request.parser_context or {}
        return str(context.get("kwargs", {}).get("restaurant_id", ""))


@public
class WidgetReservationView(DialectView):
    """``POST /api/embed/restaurants/:id/reservations``."""

    handle_error = staticmethod(handle_error)
    error_shape = wire.WidgetError
    throttle_classes = (WidgetByAddress, WidgetByRestaurant)

    @extend_schema(
        summary="Book from the restaurant's own website",
        operation_id="embed_create_reservation",
        request=wire.WidgetReservationRequest,
        responses={201: wire.WidgetReservationResponse},
    )
    def post(self, request: Request, restaurant_id: str) -> HttpResponse:
        """Hold and book, with a publishable key (`Authorization: Bearer pk_…`).

        The page must be on a website that the restaurant has named. With a deposit the table is
        held, `status` is `pending`, and `paymentUrl` is the page that takes it.
        """
        _check_caller(request, restaurant_id)
        said = self.body(request, wire.WidgetReservationRequest)
        token = _token(restaurant_id, said)
        guest = Guest.visitor(token, address=_address(request))
        since = clock.now() - REPEATED_WITHIN
        if (done := booking_of_visitor(guest, since=since)) is not None:
            return _created(_answer(done.public_id, said, done.status, done.created_at))
        held = _hold(restaurant_id, said, guest, request.META["HTTP_ORIGIN"])
        try:
            return _created(_booked(held, said, guest, token))
        except DomainError:
            # Nobody has its key: it would only stand in the way of the next try.
            release_hold(held.public_id, guest, by=guest.actor)
            raise


def _check_caller(request: Request, restaurant_id: str) -> None:
    """Raise unless a website of this restaurant asks, with a key of it that is good."""
    scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    state = sites.key_state(key.strip()) if scheme.lower() == "bearer" else None
    if state is None or state.restaurant != restaurant_id:
        raise KeyUnknown
    if state.is_revoked:
        raise KeyRevoked
    if not sites.is_site_of(restaurant_id, request.META.get("HTTP_ORIGIN", "")):
        raise OriginNotAllowed


def _token(restaurant_id: str, said: dict[str, Any]) -> str:
    """The visitor that says exactly this: who sends it twice is one guest, not two."""
    what = [restaurant_id, *(str(said[name]).strip().lower() for name in _IDENTITY)]
    return fingerprint("widget:" + "\x1f".join(what))


_IDENTITY = ("email", "phone", "name", "service_date", "time", "party_size")


def _created(data: dict[str, Any]) -> HttpResponse:
    return json_response({"success": True, "data": data}, 201)


def _address(request: Request) -> str:
    network = guest_network(request.META)
    return fingerprint(f"address:{network}") if network else ""


def _hold(restaurant_id: str, said: dict[str, Any], guest: Guest, origin: str) -> HeldPlace:
    Attempt(Act.HOLD, address=guest.address)
    asked = HoldRequest(
        restaurant_id,
        said["service_date"],
        said["time"].strftime("%H:%M"),
        said["party_size"],
        source=SOURCE,
        origin=Origin.of(referrer=origin),
    )
    try:
        return place_hold(asked, guest, by=guest.actor)
    except ActiveHoldExists:
        held = active_hold_of(guest, clock.now())
        if held is None:
            raise
        return held
    except SlotUnavailable as error:
        raise SlotUnavailable(
            TAKEN,
            # Whose it is, is nobody's business on a public page.
            conflicting_reservation=None,
            suggested_times=error.details.get("suggested_times", []),
        ) from error


def _booked(held: HeldPlace, said: dict[str, Any], guest: Guest, token: str) -> dict[str, Any]:
    """Contract 1's answer: the reservation, or the hold and where its deposit is paid."""
    contact = {name: said[name] for name in ("name", "email", "phone", "special_requests")}
    keys = contact_keys(email=said["email"], phone=said["phone"], country=held.house.country)
    Attempt(Act.CONFIRMATION, address=guest.address, contacts=keys)
    if held.deposit > 0:
        name_guest(held, **contact)
        path = link_for(held.house.slug, held.public_id, token)
        return _answer(held.public_id, said, "pending", held.created_at) | {
            "paymentUrl": f"{settings.PUBLIC_URL.rstrip('/')}{path}",
            "expiresAt": _instant(held.expires_at),
        }
    done = confirm_hold(
        held.public_id, guest, method=None, particulars=Particulars(**contact), by=guest.actor
    ).booking
    return _answer(done.public_id, said, done.status, done.created_at)


def _answer(
    identifier: str, said: dict[str, Any], status: str, created_at: dt.datetime
) -> dict[str, Any]:
    return {
        "id": identifier,
        "customerName": said["name"],
        "status": "confirmed" if status == "confirmed" else "pending",
        "source": SOURCE,
        "createdAt": _instant(created_at),
    }


def _instant(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
