"""Contract 5's table bookings: availability, create, search, read, change, cancel."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, ClassVar

from django.http import HttpResponse, HttpResponseRedirect
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from api.auth import KeyCaller, key_of
from api.idempotency import idempotent
from api.renderers import json_response
from api.schema import IDEMPOTENCY_KEY
from api.scopes import Needed
from api.venue import table_fields as wire
from api.venue import table_shapes as shapes
from api.venue.base import TracedView, VenueView, outside_source
from api.venue.errors import InsufficientCapacity, as_invalid
from api.venue.proof import check_proof
from api.venue.wishes import details_of
from api.venues import restaurant_of
from core import clock
from core.errors import DomainError, Invalid
from core.ids import numbered_codes
from core.phone import example_of, to_e164
from reservations.engine.lifecycle import Status
from reservations.engine.sources import source_name
from reservations.errors import NotAccepting, NotBookable, SlotUnavailable
from reservations.models import Reservation
from reservations.partners import PartnerBooking
from reservations.selectors.days import Day, read_day
from reservations.selectors.houses import House
from reservations.selectors.table_bookings import (
    Wanted,
    is_prepaid,
    search_bookings,
    table_booking,
)
from reservations.services.availability import DayOffers, free_covers, offers_of_day
from reservations.services.cancellation import cancel_reservation
from reservations.services.changes import Change, change_reservation
from reservations.services.partner_bookings import book_for_partner
from reservations.services.payment_requests import deciding_request, pay_address

CODES = "TB"
"""How this contract's references begin, whatever the house's own."""
WEBSITE = "website"
NO_SUNDAY_LUNCH = "Sunday lunch cannot be booked here yet. Send regular."
ONLY_SUNDAY_LUNCH = "Only Sunday lunch is served on this date"
READ = ("read:table_bookings",)
WRITE = ("write:table_bookings",)

_EMAIL_HEADER = OpenApiParameter(
    "X-Customer-Email",
    str,
    OpenApiParameter.HEADER,
    description="The guest's address; or send customer_phone",
)
_REFERENCE = OpenApiParameter("reference", str, OpenApiParameter.PATH)


class AvailabilityView(VenueView):
    """``GET /api/table-bookings/availability``."""

    scopes = {"GET": READ}

    @extend_schema(
        summary="Check availability",
        operation_id="venue_availability",
        parameters=[wire.AvailabilityQuery],
        responses={200: wire.TimesResponse},
    )
    def get(self, request: Request) -> HttpResponse:
        """Times of a date for a party, or one time, by the calculation that accepts bookings."""
        asked = self.query(request, wire.AvailabilityQuery)
        date, size, time = asked["date"], asked["party_size"], asked.get("time")
        found, why_not = None, ""
        try:
            found = offers_of_day(
                restaurant_of(request, asked.get("restaurant")),
                date,
                size,
                turn_minutes=asked.get("duration"),
            )
        except (NotBookable, NotAccepting) as refusal:
            why_not = refusal.text
        if found and asked.get("booking_type") == "regular":
            kept = _without_prepaid(found)
            if found.offers and not kept.offers:
                why_not = ONLY_SUNDAY_LUNCH
            found = kept
        if time is None:
            data = shapes.day(date, found, why_not)
        else:
            data = shapes.one_time(date, time.strftime("%H:%M"), size, found, why_not)
        return json_response({"success": True, "data": data})


def _without_prepaid(found: DayOffers) -> DayOffers:
    offers = (offer for offer in found.offers if not offer.slot.service.requires_prepayment)
    return replace(found, offers=tuple(offers))


class CreateView(TracedView):
    """``POST /api/table-bookings``."""

    scopes = {"POST": (*WRITE, "create:bookings")}

    @extend_schema(
        summary="Create a table booking",
        operation_id="venue_create_booking",
        parameters=[IDEMPOTENCY_KEY],
        request=wire.TableBookingRequest,
        responses={201: wire.BookedResponse, 200: wire.BookedResponse},
    )
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        """Book at once. A guest who is known by their number is found, and not changed.

        400 `INSUFFICIENT_CAPACITY` says how many seats are left, and which times are free. 200
        answers with a booking that was there: the same visit, told by another source before.
        Where the house's policy asks for money in advance the status is `pending_payment`: send the
        guest to `payment_details.payment_url` before `expires_at`, or the table is free again.
        """
        said = self.body(request, wire.TableBookingRequest)
        caller = key_of(request)
        restaurant = restaurant_of(request, said.get("restaurant"))
        day = read_day(restaurant, said["date"], now=clock.now())
        _check_type(day, said)
        asked = _booking(day.house, said, caller, request.request_key)  # type: ignore[attr-defined]
        try:
            made, is_new = book_for_partner(asked, by=caller.as_actor())
        except (SlotUnavailable, NotBookable) as refusal:
            raise _refusal(
                refusal,
                day.house,
                asked.service_date,
                asked.time,
                asked.party_size,
                asked.turn_minutes,
            ) from refusal
        row = table_booking(restaurant, made.public_id, is_test=caller.is_test)
        waits = row.status == Status.PENDING_PAYMENT
        to_pay = deciding_request(row.public_id) if waits else None
        data = shapes.booked(row, day.house.zone, to_pay)
        if to_pay is not None:
            data |= shapes.to_pay(to_pay)
        return json_response({"success": True, "data": data}, 201 if is_new else 200)


def _check_type(day: Day, said: dict[str, Any]) -> None:
    if said["booking_type"] != "regular":
        raise Invalid(booking_type=NO_SUNDAY_LUNCH)
    if said.get("menu_selections"):
        raise Invalid(menu_selections="Only Sunday lunches have menu selections.")
    if is_prepaid(day, said["time"].strftime("%H:%M")):
        raise Invalid(
            booking_type="This time is Sunday lunch, which is paid in advance and cannot be booked"
            " as regular. Choose another time."
        )


def _booking(
    house: House, said: dict[str, Any], caller: KeyCaller, request_key: str
) -> PartnerBooking:
    who = said["customer"]
    details = replace(
        details_of(
            said.get("special_requirements") or "",
            said.get("allergies") or [],
            said.get("celebration_type") or "",
        ),
        by_sms=bool(who["sms_opt_in"]),
    )
    details.check()
    return PartnerBooking(
        restaurant=house.public_id,
        service_date=said["date"],
        time=said["time"].strftime("%H:%M"),
        party_size=said["party_size"],
        source=_source(caller, said.get("source")),
        name=f"{who['first_name']} {who['last_name']}",
        family_name=who["last_name"],
        email=who.get("email") or "",
        phone=_phone(who["mobile_number"], house.country, "customer.mobile_number"),
        request_key=request_key,
        details=details,
        dietary=tuple(said.get("dietary_requirements") or ()),
        celebration=said.get("celebration_type") or "",
        turn_minutes=said.get("duration_minutes"),
        sms_consents=bool(who["sms_opt_in"]),
        is_test=caller.is_test,
        draw_code=numbered_codes(CODES, said["date"].year),
        pays_by_link=True,
    )


def _source(caller: KeyCaller, told: str | None) -> str:
    """The key's source; else what the body says, else the website."""
    if caller.source or not told:
        return caller.source or WEBSITE
    named = source_name(told.replace(" ", "_"))
    if named is None:
        raise Invalid(source="Use letters, digits, - and _, such as website or walk-in.")
    return named


def _phone(text: str, country: str, field: str) -> str:
    try:
        return to_e164(text, country)
    except Invalid as error:
        example = example_of(country)
        sentence = f"Send a mobile number, such as {example} or {to_e164(example, country)}."
        raise Invalid(**{field: sentence}) from error


def _refusal(
    refusal: SlotUnavailable | NotBookable,
    house: House,
    date: dt.date,
    time: str,
    party_size: int,
    turn_minutes: int | None,
) -> DomainError:
    """A refusal in the contract's words."""
    if isinstance(refusal, NotBookable):
        today = clock.now().astimezone(house.zone).date()
        return as_invalid(refusal, is_past=refusal.code == "PAST" and date < today)
    times = refusal.details.get("suggested_times", [])[:2]
    found = offers_of_day(house.public_id, date, party_size, turn_minutes=turn_minutes)
    covers = (free_covers(found, offer) for offer in found.offers if offer.slot.label == time)
    free = max(covers, default=0)
    text = f"Insufficient capacity. Only {free} seats available" if free < party_size else None
    details: dict[str, Any] = {"requested_capacity": party_size, "available_capacity": free}
    if times:
        details["suggestion"] = f"Try {' or '.join(times)} for availability"
    return InsufficientCapacity(text or refusal.text, **details)


class PaymentView(TracedView):
    """``GET /api/table-bookings/payment/create``: to the page where the guest pays."""

    scopes: ClassVar[Needed] = {"GET": ()}

    @extend_schema(
        summary="To the payment page",
        operation_id="venue_payment",
        parameters=[wire.PaymentQuery],
        responses={302: None},
    )
    def get(self, request: Request) -> HttpResponse:
        """For guests' browsers: the `payment_url` of a booking, by its unguessable `booking_id`.

        Leads to the latest payment asked for, also when that was paid or has expired.
        """
        asked = self.query(request, wire.PaymentQuery)
        return HttpResponseRedirect(pay_address(deciding_request(asked["booking_id"])))


class SearchView(VenueView):
    """``GET /api/table-bookings``."""

    scopes = {"GET": READ}

    @extend_schema(
        summary="Search table bookings",
        operation_id="venue_search_bookings",
        parameters=[wire.SearchQuery],
        responses={200: wire.SearchResponse},
    )
    def get(self, request: Request) -> HttpResponse:
        """Bookings of the restaurant by date, status, kind, name or reference.

        With a partner's key, those that this partner told of.
        """
        asked = self.query(request, wire.SearchQuery)
        kind, word = asked.get("booking_type"), asked.get("status")
        wanted = Wanted(
            first=asked.get("date_from"),
            last=asked.get("date_to"),
            statuses=shapes.statuses_of(word) if word else (),
            sunday_lunch=None if kind is None else kind == "sunday_lunch",
            words=asked.get("search", ""),
        )
        page, limit = asked["page"], asked["limit"]
        found = search_bookings(
            restaurant_of(request, asked.get("restaurant")),
            wanted,
            is_test=key_of(request).is_test,
            offset=(page - 1) * limit,
            limit=limit,
            seen_by=outside_source(key_of(request)),
        )
        return json_response(
            {
                "bookings": [shapes.listed(row, row.restaurant.tz) for row in found.bookings],
                "pagination": shapes.pagination(page, limit, found.total),
            }
        )


class BookingView(VenueView):
    """``GET /api/table-bookings/:reference``."""

    scopes = {"GET": READ}

    @extend_schema(
        summary="One table booking",
        operation_id="venue_booking",
        parameters=[_REFERENCE, _EMAIL_HEADER, wire.BookingQuery],
        responses={200: wire.TableBookingResponse},
    )
    def get(self, request: Request, reference: str) -> HttpResponse:
        """For whoever proves with the guest's e-mail address or number that they speak for them."""
        asked = self.query(request, wire.BookingQuery)
        row = _proved(request, reference, asked)
        return json_response(shapes.booking(row, row.restaurant.tz))


def _proved(request: Request, reference: str, asked: dict[str, Any]) -> Reservation:
    """The booking, once it is sure that the caller speaks for its guest."""
    restaurant = restaurant_of(request, asked.get("restaurant"))
    caller = key_of(request)
    row = table_booking(
        restaurant, reference, is_test=caller.is_test, seen_by=outside_source(caller)
    )
    check_proof(
        row,
        email=request.headers.get("X-Customer-Email") or asked.get("customer_email", ""),
        phone=asked.get("customer_phone", ""),
    )
    return row


class UpdateView(TracedView):
    """``PUT /api/table-bookings/:reference``."""

    scopes = {"PUT": WRITE}

    @extend_schema(
        summary="Update a table booking",
        operation_id="venue_update_booking",
        parameters=[_REFERENCE, _EMAIL_HEADER],
        request=wire.UpdateRequest,
        responses={200: wire.UpdatedResponse},
    )
    def put(self, request: Request, reference: str) -> HttpResponse:
        """All of the changes or none: without a place for them the booking stays as it is."""
        said = self.body(request, wire.UpdateRequest)
        row = _proved(request, reference, said)
        updates, house = said["updates"], row.restaurant
        if not updates:
            raise Invalid(updates="Say what should be different.")
        time = updates.get("time")
        change = Change(
            service_date=updates.get("date"),
            time=time.strftime("%H:%M") if time else None,
            party_size=updates.get("party_size"),
            special_requests=updates.get("special_requirements"),
            turn_minutes=updates.get("duration_minutes"),
        )
        try:
            found = change_reservation(
                row.public_id, change, by=key_of(request).as_actor(), for_guest=True
            )
        except (SlotUnavailable, NotBookable) as refusal:
            local = row.starts_at.astimezone(house.tz)
            date = change.service_date or row.service_date
            day = read_day(house.public_id, date, now=clock.now())
            raise _refusal(
                refusal,
                day.house,
                date,
                change.time or local.strftime("%H:%M"),
                change.party_size or row.party_size,
                change.turn_minutes or row.turn_minutes,
            ) from refusal
        return json_response(shapes.updated(found))


class CancelView(TracedView):
    """``POST /api/table-bookings/:reference/cancel``."""

    scopes = {"POST": WRITE}

    @extend_schema(
        summary="Cancel a table booking",
        operation_id="venue_cancel_booking",
        parameters=[_REFERENCE, _EMAIL_HEADER, IDEMPOTENCY_KEY],
        request=wire.CancelRequest,
        responses={200: wire.CancelledResponse},
    )
    @idempotent
    def post(self, request: Request, reference: str) -> HttpResponse:
        """Free the seats at once; what was paid goes back as the booking's policy says."""
        said = self.body(request, wire.CancelRequest)
        row = _proved(request, reference, said)
        done = cancel_reservation(
            row.public_id, by=key_of(request).as_actor(), reason=said.get("reason", "")
        )
        return json_response(shapes.cancelled(done))
