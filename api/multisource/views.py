"""Contract 1's reservations: create, list, read, update."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from api.auth import key_of
from api.idempotency import idempotent
from api.multisource import serializers as wire
from api.multisource import shapes
from api.multisource.base import UNNAMED, MultisourceView, source_of, view_by_id, view_of
from api.renderers import json_response
from api.schema import IDEMPOTENCY_KEY, RESTAURANT_HEADER
from core.errors import Invalid
from reservations.details import Details
from reservations.engine.lifecycle import Status
from reservations.errors import SlotUnavailable
from reservations.partners import PartnerBooking, PartnerUpdate
from reservations.selectors.sources import (
    View,
    Wanted,
    in_the_way,
    told_booking,
    told_bookings,
)
from reservations.services.partner_bookings import book_for_partner
from reservations.services.partner_updates import update_for_partner

TAKEN = "Time slot already booked"
"""Contract 1's sentence."""

_SOURCE_HEADER = OpenApiParameter(
    "X-Source", str, OpenApiParameter.HEADER, description="Who tells, where the body does not say"
)


class ReservationsView(MultisourceView):
    """``/api/reservations``."""

    scopes = {"GET": ("read:reservations",), "POST": ("write:reservations",)}

    @extend_schema(
        summary="Create a reservation",
        operation_id="multisource_create",
        parameters=[_SOURCE_HEADER, RESTAURANT_HEADER, IDEMPOTENCY_KEY],
        request=wire.ReservationRequest,
        responses={201: wire.CreatedResponse, 200: wire.CreatedResponse},
    )
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        """Book a table at once.

        A repeat with the same `externalId` answers 200 with the booking it made. So does a
        booking of the same guest, date and (within an hour) time that another source made: no
        second table is taken, `sources` lists who told of it, and the data of the source that
        counts more are kept (direct, OpenTable, Resy, partners, others).

        409 `SLOT_UNAVAILABLE` lists times nearby which can be booked (`suggestedTimes`).
        """
        said = self.body(request, wire.ReservationRequest)
        metadata = said.get("metadata", {})
        view = view_of(request, metadata.get("restaurantId"))
        asked = _booking(request, view, said, metadata)
        try:
            made, is_new = book_for_partner(asked, by=key_of(request).as_actor())
        except SlotUnavailable as error:
            raise _taken(error, view, asked) from error
        found = told_booking(made.public_id, view)
        return _answer(shapes.created(found, view.source), 201 if is_new else 200)

    @extend_schema(
        summary="List reservations",
        operation_id="multisource_list",
        parameters=[wire.ReservationsQuery, RESTAURANT_HEADER],
        responses={200: wire.ReservationsResponse},
    )
    def get(self, request: Request) -> HttpResponse:
        """Reservations by source, status and date: a key of one source sees what it told of.

        A date or a range is listed in the order parties come, everything else latest date first.
        `pagination.next` is the address of what follows.
        """
        asked = self.query(request, wire.ReservationsQuery)
        view = view_of(request, asked.get("restaurant"))
        first, last = asked.get("dateRange") or (asked.get("date"),) * 2
        wanted = Wanted(
            asked.get("told_by", ""),
            shapes.statuses_of(asked["status"]) if "status" in asked else None,
            first,
            last,
        )
        page = told_bookings(view, wanted, limit=asked["limit"], after=asked.get("after"))
        listed = [shapes.reservation(each, view.source) for each in page.bookings]
        follows = None
        if page.has_more:
            query = dict(request.query_params.items()) | {"after": listed[-1]["id"]}
            follows = request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
        paging = {"limit": asked["limit"], "hasMore": page.has_more, "next": follows}
        return json_response({"success": True, "data": listed, "pagination": paging})


class ReservationView(MultisourceView):
    """``/api/reservations/:id``."""

    scopes = {"GET": ("read:reservations",), "PUT": ("write:reservations",)}

    @extend_schema(
        summary="One reservation",
        operation_id="multisource_read",
        parameters=[wire.RestaurantQuery, RESTAURANT_HEADER],
        responses={200: wire.ReservationResponse},
    )
    def get(self, request: Request, reservation_id: str) -> HttpResponse:
        """As far as the key may see it."""
        asked = self.query(request, wire.RestaurantQuery)
        view = view_by_id(request, asked.get("restaurant"))
        found = told_booking(reservation_id, view)
        return _answer(shapes.reservation(found, view.source))

    @extend_schema(
        summary="Update a reservation",
        operation_id="multisource_update",
        parameters=[_SOURCE_HEADER, RESTAURANT_HEADER],
        request=wire.ReservationUpdate,
        responses={200: wire.ReservationResponse},
    )
    def put(self, request: Request, reservation_id: str) -> HttpResponse:
        """Change what is sent, all of it or nothing: status, date, time, party, guest, wishes.

        Where several sources told of a booking, only the one whose data count changes it; what
        another says is kept beside it. A booking is cancelled when every source has cancelled, or
        when the house does (a key without a source). With `updatedAt` an update that is older
        than the last one changes nothing.
        """
        said = self.body(request, wire.ReservationUpdate)
        metadata = said.get("metadata")
        view = view_by_id(request, (metadata or {}).get("restaurantId"))
        source = source_of(request, said.get("told_by"))
        _check_external_id(reservation_id, view, source, said.get("external_id"))
        update_for_partner(
            reservation_id,
            update_of(said),
            view=view,
            source=source,
            by=key_of(request).as_actor(),
        )
        found = told_booking(reservation_id, view)
        return _answer(shapes.reservation(found, view.source))


def update_of(said: dict[str, Any]) -> PartnerUpdate:
    """What an update or an event says, in the book's words."""
    metadata = said.get("metadata")
    time, status = said.get("time"), said.get("status")
    told = ("name", "email", "phone", "special_requests", "service_date", "party_size", "told_at")
    return PartnerUpdate(
        **{name: said.get(name) for name in told},
        time=time.strftime("%H:%M") if time else None,
        status=Status(status) if status else None,
        metadata=metadata,
        commission=wire.amount_of(metadata or {}, "commission"),
        partner_fee=wire.amount_of(metadata or {}, "partnerFee"),
    )


def _booking(
    request: Request, view: View, said: dict[str, Any], metadata: dict[str, Any]
) -> PartnerBooking:
    return PartnerBooking(
        restaurant=view.restaurant,
        service_date=said["service_date"],
        time=said["time"].strftime("%H:%M"),
        party_size=said["party_size"],
        source=source_of(request, said.get("told_by")) or UNNAMED,
        name=said["name"],
        email=said.get("email", ""),
        phone=said.get("phone", ""),
        external_id=said.get("external_id", ""),
        request_key=request.request_key,  # type: ignore[attr-defined]  # by @idempotent
        details=Details(special_requests=said.get("special_requests", "")),
        metadata=metadata,
        commission=wire.amount_of(metadata, "commission"),
        partner_fee=wire.amount_of(metadata, "partnerFee"),
        is_test=view.is_test,
    )


def _taken(error: SlotUnavailable, view: View, asked: PartnerBooking) -> SlotUnavailable:
    """The refusal in the contract's words. Names a booking only if the caller may see it."""
    return SlotUnavailable(
        TAKEN,
        conflicting_reservation=in_the_way(view, asked.service_date, asked.time, email=asked.email),
        suggested_times=error.details.get("suggested_times", []),
    )


def _check_external_id(identifier: str, view: View, source: str, told: str | None) -> None:
    if not told:
        return
    record = told_booking(identifier, view).by(source) if source else None
    if record is not None and record.external_id not in ("", told):
        raise Invalid(external_id="A booking keeps its externalId. Leave it out.")


def _answer(data: dict[str, Any], status: int = 200) -> HttpResponse:
    return json_response({"success": True, "data": data}, status)
