"""The customer API that contract 5 promises: search, read, change, merge, export, erase."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from api.auth import key_of
from api.idempotency import idempotent
from api.renderers import json_response
from api.venue import customer_fields as wire
from api.venue import customer_shapes as shapes
from api.venue.base import VenueView, outside_source
from api.venue.table_shapes import pagination
from api.venues import restaurant_of
from core import clock
from core.errors import Forbidden, Invalid
from customers.errors import CustomerNotFound
from customers.models import Customer
from customers.selectors import Wanted, customer_of, search_customers
from customers.services.records import CustomerChange, update_customer
from reservations.selectors.guest_figures import figures_of
from reservations.services import guest_records
from restaurants.selectors import Address, address_of

READ = ("read:customers",)
WRITE = ("write:customers",)
_ID = OpenApiParameter("customer_id", str, OpenApiParameter.PATH)


class GuestBookClosed(Forbidden):
    """A partner's key, and the house's guest book."""

    code = "SOURCE_NOT_ALLOWED"
    message = "Guests are the house’s own. Use a key that belongs to no partner’s source."


class CustomersView(VenueView):
    """A view of guests: those of the group whose restaurant the key works for."""

    def check_permissions(self, request: Request) -> None:
        """The scope, and that the key is the house's own. Raises GuestBookClosed.

        The guest book is what every source told, and the house's own notes: no part of it is one
        partner's. What a partner told, it reads where it told it.
        """
        super().check_permissions(request)
        if source := outside_source(key_of(request)):
            raise GuestBookClosed(source=source)

    def group(self, request: Request, named: str | None = None) -> Address:
        """Of the restaurant that is meant.

        Raises CustomerNotFound for a test key: what it books makes no guests, and the real ones
        are not for trying things out on.
        """
        found = address_of(restaurant_of(request, named))
        if key_of(request).is_test:
            raise CustomerNotFound
        return found

    def answer(self, request: Request, row: Customer) -> HttpResponse:
        """The guest in full."""
        figures = figures_of(row, now=clock.now(), within=key_of(request).restaurant_id)
        return _data(shapes.detailed(row, figures))


def _data(data: dict[str, Any]) -> HttpResponse:
    return json_response({"success": True, "data": data})


class SearchView(CustomersView):
    """``GET /api/customers``."""

    scopes = {"GET": READ}

    @extend_schema(
        summary="Search customers",
        operation_id="venue_customers",
        parameters=[wire.CustomerQuery],
        responses={200: wire.CustomersResponse},
    )
    def get(self, request: Request) -> HttpResponse:
        """By name, e-mail address or any form of a telephone number; by name, in pages."""
        asked = self.query(request, wire.CustomerQuery)
        page, limit = asked["page"], asked["limit"]
        try:
            group = self.group(request, asked.get("restaurant"))
        except CustomerNotFound:
            return _data({"customers": [], "pagination": pagination(page, limit, 0)})
        wanted = Wanted(asked.get("search", ""), asked.get("phone", ""), asked.get("email", ""))
        try:
            found = search_customers(
                group.organization_id,
                wanted,
                country=group.country,
                offset=(page - 1) * limit,
                limit=limit,
            )
        except Invalid as error:
            raise Invalid(searched_phone=error.details["phone"]) from error
        return _data(
            {
                "customers": [shapes.customer(row) for row in found.customers],
                "pagination": pagination(page, limit, found.total),
            }
        )


class CustomerView(CustomersView):
    """``/api/customers/:id``."""

    scopes = {"GET": READ, "PUT": WRITE, "PATCH": WRITE, "DELETE": WRITE}

    @extend_schema(
        summary="One customer",
        operation_id="venue_customer",
        parameters=[_ID, wire.RestaurantQuery],
        responses={200: wire.CustomerResponse},
    )
    def get(self, request: Request, customer_id: str) -> HttpResponse:
        """With figures. The id of a record that was merged answers with what it became."""
        asked = self.query(request, wire.RestaurantQuery)
        group = self.group(request, asked.get("restaurant"))
        return self.answer(request, customer_of(group.organization_id, customer_id))

    @extend_schema(
        summary="Update a customer",
        operation_id="venue_update_customer",
        parameters=[_ID],
        request=wire.CustomerUpdate,
        responses={200: wire.CustomerResponse},
    )
    def put(self, request: Request, customer_id: str) -> HttpResponse:
        """Changes what is sent and nothing else. Consents keep the instant they were given."""
        said = self.body(request, wire.CustomerUpdate)
        if not said:
            raise Invalid("Say what should be different.")
        group = self.group(request)
        row = update_customer(
            group.organization_id,
            customer_id,
            _change(customer_of(group.organization_id, customer_id), said),
            by=key_of(request).as_actor(),
            country=group.country,
            restaurant_id=group.id,
        )
        return self.answer(request, row)

    @extend_schema(
        summary="Update a customer",
        operation_id="venue_patch_customer",
        parameters=[_ID],
        request=wire.CustomerUpdate,
        responses={200: wire.CustomerResponse},
    )
    def patch(self, request: Request, customer_id: str) -> HttpResponse:
        """The same as PUT."""
        return self.put(request, customer_id)

    @extend_schema(
        summary="Erase a customer",
        operation_id="venue_erase_customer",
        parameters=[_ID],
        request=wire.EraseRequest,
        responses={200: wire.ErasedResponse},
    )
    def delete(self, request: Request, customer_id: str) -> HttpResponse:
        """The right to be forgotten: nothing says any more whose bookings and payments they were.

        409 `CUSTOMER_HAS_BOOKINGS` while a visit or a payment is still to come.
        """
        said = self.body(request, wire.EraseRequest) if request.data else {}
        done = guest_records.erase(
            self.group(request).organization_id,
            customer_id,
            by=key_of(request).as_actor(),
            within=key_of(request).restaurant_id,
            reason=said.get("reason", ""),
        )
        return _data(shapes.erased(done))


def _change(row: Customer, said: dict[str, Any]) -> CustomerChange:
    named = {"first_name", "last_name"} & set(said)
    first = said.get("first_name", row.first_name)
    last = said.get("last_name", row.last_name)
    return CustomerChange(
        name=f"{first} {last}".strip() if named else None,
        family_name=last if named else None,
        email=said.get("email"),
        phone=said.get("mobile_number"),
        allergies=tuple(said["allergies"]) if "allergies" in said else None,
        tags=tuple(said["tags"]) if "tags" in said else None,
        notes=said.get("notes"),
        consents=said.get("marketing_opt_in"),
        sms_consents=said.get("sms_opt_in"),
    )


class MergeView(CustomersView):
    """``POST /api/customers/:id/merge``."""

    scopes = {"POST": WRITE}

    @extend_schema(
        summary="Merge two records of one customer",
        operation_id="venue_merge_customers",
        parameters=[_ID],
        request=wire.MergeRequest,
        responses={200: wire.CustomerResponse},
    )
    @idempotent
    def post(self, request: Request, customer_id: str) -> HttpResponse:
        """Everything of `merge_from` moves here; its id, address and number keep working."""
        said = self.body(request, wire.MergeRequest)
        row = guest_records.merge(
            self.group(request).organization_id,
            customer_id,
            said["merge_from"],
            by=key_of(request).as_actor(),
            within=key_of(request).restaurant_id,
        )
        return self.answer(request, row)


class ExportView(CustomersView):
    """``GET /api/customers/:id/export``."""

    scopes = {"GET": READ}

    @extend_schema(
        summary="Everything that is kept of a customer",
        operation_id="venue_export_customer",
        parameters=[_ID],
        responses={200: wire.ExportResponse},
    )
    def get(self, request: Request, customer_id: str) -> HttpResponse:
        """For the guest who asks what is known of them. Noted in the audit trail."""
        record = guest_records.export(
            self.group(request).organization_id,
            customer_id,
            by=key_of(request).as_actor(),
            within=key_of(request).restaurant_id,
        )
        return _data(shapes.export(record))
