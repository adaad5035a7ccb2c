"""Contract 2, endpoints 1 to 6: availability, hold, confirm, the guest's list, cancel.

Endpoints 7 and 8 (discovery and details) are in ``restaurants``.
"""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from api.auth import OnBehalf, require_self
from api.holds import serializers as wire
from api.holds import shapes
from api.holds.base import HoldsView
from api.idempotency import idempotent, is_rerun
from api.renderers import json_response
from api.schema import IDEMPOTENCY_KEY, ErrorResponse
from api.views import public
from core import clock
from core.rates import fingerprint, guest_network, is_this_machine
from reservations.errors import ActiveHoldExists, HoldNotFound, ReservationNotFound
from reservations.guests import Guest
from reservations.selectors.bookings import booking_of_user, bookings_of_user
from reservations.selectors.holds import active_hold_of, hold_of
from reservations.services import availability, cancellation, confirmation, holds


@public
class AvailabilityView(HoldsView):
    """``POST /api/reservations/availability``."""

    @extend_schema(
        summary="Times of a day for a party",
        operation_id="holds_availability",
        request=wire.AvailabilityRequest,
        responses={200: wire.AvailabilityResponse},
    )
    def post(self, request: Request) -> HttpResponse:
        """Every time of the day, free or not, by the calculation that accepts a hold."""
        found = availability.offers_of_day(**self.body(request, wire.AvailabilityRequest))
        return json_response(shapes.availability(found))


class HoldView(HoldsView):
    """``POST /api/reservations/hold``."""

    @extend_schema(
        summary="Hold a table",
        operation_id="holds_place",
        parameters=[IDEMPOTENCY_KEY],
        request=wire.HoldRequest,
        responses={201: wire.HoldResponse},
    )
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        """Keep a table for ten minutes. One hold per guest at a time.

        409 `SLOT_UNAVAILABLE` lists times nearby which can be held (`suggestedTimes`).
        """
        asked = self.body(request, wire.HoldRequest)
        caller = require_self(request, asked.pop("user"))
        caller.check_restaurant(asked["restaurant"])
        asked["time"] = asked["time"].strftime("%H:%M")
        wish = holds.HoldRequest(**asked, source="api")
        guest = Guest.with_account(caller.public_id, address=_address(request, caller))
        try:
            held = holds.place_hold(wish, guest, by=caller.as_actor())
        except ActiveHoldExists:
            # The run before this one may have placed it and died before it could say so.
            found = active_hold_of(guest, clock.now()) if is_rerun(request) else None
            if found is None or not holds.is_as_wished(found, wish):
                raise
            held = found
        return json_response(shapes.placed_hold(held, caller.public_id), 201)


class ActiveHoldView(HoldsView):
    """``GET /api/reservations/hold/active?userId=``."""

    @extend_schema(
        summary="The hold you have",
        operation_id="holds_active",
        parameters=[wire.UserQuery],
        responses={200: wire.ActiveHoldResponse},
    )
    def get(self, request: Request) -> HttpResponse:
        """The guest's hold, or `null` when there is none."""
        asked = self.query(request, wire.UserQuery)
        caller = require_self(request, asked.get("user"))
        held = active_hold_of(Guest.with_account(caller.public_id), clock.now())
        own = caller.restaurants()
        if held is not None and own is not None and held.house.public_id not in own:
            held = None
        return json_response(None if held is None else shapes.active_hold(held))


class HoldActionView(HoldsView):
    """``DELETE /api/reservations/hold/:id``: beyond the contract, for guests who think again."""

    @extend_schema(
        summary="Give a held table back",
        operation_id="holds_release",
        parameters=[wire.UserQuery],
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, hold_id: str) -> HttpResponse:
        """Release the hold at once. Repeating it does no harm.

        A payment that waits for the guest's approval is called off. 409 `ALREADY_BOOKED`: the hold
        has become a reservation (`details.reservationId`); cancel that instead.
        """
        caller = require_self(request, self.query(request, wire.UserQuery).get("user"))
        guest = Guest.with_account(caller.public_id)
        _check_hold(caller, guest, hold_id)
        holds.release_hold(hold_id, guest, by=caller.as_actor())
        return HttpResponse(status=204)


class HoldExtensionView(HoldsView):
    """``POST /api/reservations/hold/:id/extend``: beyond the contract, for "I need more time"."""

    @extend_schema(
        summary="Ask for more time",
        operation_id="holds_extend",
        parameters=[wire.UserQuery],
        request=None,
        responses={200: wire.ActiveHoldResponse},
    )
    def post(self, request: Request, hold_id: str) -> HttpResponse:
        """A full new span of time, as often as the restaurant allows.

        409 `ALREADY_BOOKED`: the hold has become a reservation (`details.reservationId`).
        """
        caller = require_self(request, self.query(request, wire.UserQuery).get("user"))
        guest = Guest.with_account(caller.public_id)
        _check_hold(caller, guest, hold_id)
        held = holds.extend_hold(hold_id, guest, by=caller.as_actor())
        return json_response(shapes.active_hold(held))


class ConfirmView(HoldsView):
    """``POST /api/reservations/confirm``."""

    @extend_schema(
        summary="Pay the deposit and confirm",
        operation_id="holds_confirm",
        parameters=[IDEMPOTENCY_KEY],
        request=wire.ConfirmRequest,
        responses={
            201: wire.ConfirmResponse,
            200: wire.ConfirmResponse,
            402: OpenApiResponse(
                ErrorResponse, description="The card was declined, or its owner has to approve it"
            ),
        },
    )
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        """Turn the hold into a reservation. A repeat answers with the same one and charges once.

        402 `PAYMENT_DECLINED`: the hold remains, try another card. 402
        `PAYMENT_ACTION_REQUIRED`: nothing was charged yet, and the guest's bank asks for their
        approval: send their browser to `details.redirectUrl`, or hand `details.clientSecret` to
        the provider's component; then confirm again (`paymentMethod` may be left out), which
        finishes with the same charge. 503 `PAYMENT_PENDING`: send
        the same request again. 409 `HOLD_EXPIRED_REFUNDED`: too late, the money goes back.
        """
        asked = self.body(request, wire.ConfirmRequest)
        caller = require_self(request, asked["user"])
        guest = Guest.with_account(caller.public_id)
        _check_hold(caller, guest, asked["hold"])
        outcome = confirmation.confirm_hold(
            asked["hold"],
            guest,
            method=asked["method"],
            particulars=confirmation.Particulars(special_requests=asked["special_requests"] or ""),
            by=caller.as_actor(),
        )
        status = 201 if outcome.is_new else 200
        return json_response(shapes.confirmed(outcome.booking), status)


class UserReservationsView(HoldsView):
    """``GET /api/reservations/user/:id?filter=upcoming|past``."""

    @extend_schema(
        summary="Your reservations",
        operation_id="holds_reservations",
        parameters=[
            OpenApiParameter("user_id", str, OpenApiParameter.PATH),
            wire.ReservationsQuery,
            OpenApiParameter(
                "Link",
                str,
                OpenApiParameter.HEADER,
                response=[200],
                description='Where there are more: `<address>; rel="next"` (RFC 8288).',
            ),
        ],
        responses={200: wire.ListedReservation(many=True)},
    )
    def get(self, request: Request, user_id: str) -> HttpResponse:
        """Upcoming soonest first, past (and cancelled) latest first.

        At most 200 (`limit`) at once. Where there are more, the header `Link` with `rel="next"`
        has the address of those that follow; without it the list is complete.
        """
        caller = require_self(request, user_id)
        asked = self.query(request, wire.ReservationsQuery)
        page = bookings_of_user(
            caller.public_id,
            asked["filter"],
            now=clock.now(),
            limit=asked["limit"],
            after=asked.get("after"),
            restaurant=caller.key.restaurant_id if caller.key else None,
        )
        site = request.build_absolute_uri("/")
        headers = {}
        if page.has_more:
            follows = urlencode(asked | {"after": page.bookings[-1].public_id})
            address = request.build_absolute_uri(f"{request.path}?{follows}")
            headers["Link"] = f'<{address}>; rel="next"'
        listed = [shapes.listed(booking, site) for booking in page.bookings]
        return json_response(listed, headers=headers)


class ReservationView(HoldsView):
    """``DELETE /api/reservations/:id``."""

    @extend_schema(
        summary="Cancel a reservation",
        operation_id="holds_cancel",
        request=wire.CancelRequest,
        responses={200: wire.CancelResponse},
    )
    def delete(self, request: Request, reservation_id: str) -> HttpResponse:
        """Cancel and refund what the agreed policy gives at this moment."""
        asked = self.body(request, wire.CancelRequest) if request.data else {}
        caller = require_self(request, asked.get("user"))
        own = caller.restaurants()
        if own is not None:
            found = booking_of_user(caller.public_id, reservation_id)
            if found.house.public_id not in own:
                raise ReservationNotFound
        done = cancellation.cancel_for_guest(reservation_id, caller.public_id, by=caller.as_actor())
        return json_response(shapes.cancelled(done))


def _address(request: Request, caller: OnBehalf) -> str:
    """What a guest's holds are counted by besides the account; empty for those who act for many.

    A program with a key has its own limits, and this very machine is nobody's line: without a
    proxy in between, who asks from here may do worse than hold tables.
    """
    network = None if caller.key else guest_network(request.META)
    return fingerprint(f"address:{network}") if network and not is_this_machine(network) else ""


def _check_hold(caller: OnBehalf, guest: Guest, hold_id: str) -> None:
    """Raise HoldNotFound where a program works for another restaurant than the hold's."""
    own = caller.restaurants()
    if own is not None and hold_of(guest, hold_id).house.public_id not in own:
        raise HoldNotFound
