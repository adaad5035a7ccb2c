"""What guests were asked to pay by a link, and the button that takes it back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import action, display

from core.admin import public_link, staff_actor, tell
from core.errors import DomainError
from core.money import written
from reservations.models import PaymentRequest
from reservations.services.payment_requests import withdraw
from restaurants.access import Capability
from restaurants.admin.scope import HouseFilter, ScopedReadOnlyAdmin, access

COLOURS = {"open": "info", "paid": "success", "expired": "warning", "withdrawn": "default"}


@admin.register(PaymentRequest)
class PaymentRequestAdmin(ScopedReadOnlyAdmin):
    """Not the links themselves, which nobody keeps, but that they are, and what became of them."""

    list_display = ["public_id", "booking", "kind", "money", "state", "asked_by", "expires_at"]
    list_filter = [HouseFilter, "status", "kind", ("created_at", RangeDateTimeFilter)]
    list_select_related = ["reservation", "payment"]
    search_fields = ["=public_id", "=reservation__code", "=reservation__public_id"]
    search_help_text = "Request, or code or id of the booking"
    actions = ["take_back"]
    fields = [
        ("public_id", "booking"),
        ("kind", "money"),
        ("status", "becomes"),
        ("asked_by", "paid_by"),
        ("created_at", "expires_at"),
        "closed_at",
        "policy_name",
        "agreed_text",
    ]

    def has_operate_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """Everyone who runs a service may."""
        return self.allowed(request, Capability.OPERATE, None)

    @display(description="booking")
    def booking(self, row: PaymentRequest) -> str:
        """A link to the booking."""
        return public_link(row.reservation.public_id)

    @display(description="amount", ordering="amount")
    def money(self, row: PaymentRequest) -> str:
        """With currency."""
        return written(row.amount, row.currency)

    @display(description="status", ordering="status", label=COLOURS)
    def state(self, row: PaymentRequest) -> tuple[str, str]:
        """In colour."""
        return (row.status, row.get_status_display())

    @display(description="payment")
    def paid_by(self, row: PaymentRequest) -> str:
        """A link to the latest attempt."""
        return public_link(row.payment.public_id if row.payment else "")

    @action(description="Take back", permissions=["operate"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Each by the service; what was paid says so."""
        houses, by, done = access(request), staff_actor(request), 0
        for row in queryset.filter(status=PaymentRequest.Status.OPEN):
            if not houses.allows(Capability.OPERATE, row.restaurant_id):
                continue
            try:
                withdraw(row.public_id, by=by)
                done += 1
            except DomainError as error:
                tell(request, error)
        tell(request, f"{done} taken back. Money that still arrives goes back in full.")
