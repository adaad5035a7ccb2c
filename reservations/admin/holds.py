"""Holds: who keeps a table for how long; given back with a button."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from core import clock
from core.admin import back_to, clock_reading, row_link, staff_actor, tell
from core.errors import DomainError
from core.money import written
from reservations.admin.bookings import ClaimInline
from reservations.guests import Guest
from reservations.models import Hold
from reservations.services.holds import release_hold
from restaurants.access import Capability
from restaurants.admin.scope import HouseFilter, ScopedReadOnlyAdmin


@admin.register(Hold)
class HoldAdmin(ScopedReadOnlyAdmin):
    """Every hold of the person's houses, latest first."""

    list_display = ["public_id", "restaurant", "when", "party_size", "state", "expires", "source"]
    list_filter = [HouseFilter, "status", ("service_date", RangeDateFilter)]
    list_select_related = ["restaurant", "service"]
    search_fields = ["=public_id", "=guest_key", "user__email"]
    search_help_text = "Hold id, guest key or e-mail of the account"
    inlines = [ClaimInline]
    actions_detail = ["release"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("public_id", "status"),
                    ("when", "party_size"),
                    ("restaurant", "service"),
                    ("room", "special_requests"),
                    ("created_at", "expires"),
                    ("closed_at", "extensions"),
                    ("user", "guest_key"),
                    ("source", "channel"),
                    ("deposit", "payment_link"),
                    "reservation_link",
                ]
            },
        )
    ]

    def has_operate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """May run a service here."""
        row = self.get_object(request, object_id) if object_id else None
        if object_id and row is None:
            return False
        return self.allowed(request, Capability.OPERATE, row)

    @display(description="when", ordering="starts_at")
    def when(self, row: Hold) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.starts_at, row.restaurant.zone)

    @display(description="lapses", ordering="expires_at")
    def expires(self, row: Hold) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.expires_at, row.restaurant.zone, "%d %b %H:%M:%S")

    @display(
        description="status",
        ordering="status",
        label={
            "live": "success",
            "lapsed": "warning",
            "confirmed": "info",
            "released": "default",
            "expired": "default",
        },
    )
    def state(self, row: Hold) -> tuple[str, str]:
        """Time alone ends a hold, whatever its row still says."""
        if row.status == Hold.Status.LIVE and row.expires_at <= clock.now():
            return ("lapsed", "Lapsed")
        return (row.status, row.get_status_display())

    @display(description="deposit", ordering="deposit_amount")
    def deposit(self, row: Hold) -> str:
        """With currency."""
        return written(row.deposit_amount, row.currency)

    @display(description="payment")
    def payment_link(self, row: Hold) -> str:
        """A link."""
        return row_link(row.payment)

    @display(description="reservation")
    def reservation_link(self, row: Hold) -> str:
        """A link, once there is one."""
        reservation = getattr(row, "reservation", None)
        return row_link(reservation, reservation.code) if reservation else "–"

    @action(
        description="Give the table back",
        icon="lock_open",
        variant=ActionVariant.DANGER,
        permissions=["operate"],
        dialog={
            "title": "Give this table back",
            "description": "The guest loses it at once.",
            "form_class": None,
            "form_submit_text": "Give back",
        },
    )
    def release(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """By the service, in the guest's place."""
        row = self.get_object(request, object_id)
        if row is not None and self.allowed(request, Capability.OPERATE, row):
            try:
                if release_hold(row.public_id, Guest(row.guest_key), by=staff_actor(request)):
                    tell(request, "The table is free again.")
                else:
                    tell(request, "This hold had ended before.")
            except DomainError as error:
                tell(request, error)
        return back_to(request, reverse("admin:reservations_hold_change", args=[object_id]))
