"""Reservations: found by code, name, telephone or e-mail; cancelled with the refund that is due."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.contrib.filters.admin import (
    FieldTextFilter,
    MultipleChoicesDropdownFilter,
    RangeDateFilter,
)
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from core.admin import (
    PhoneSearchMixin,
    back_to,
    choice_filter,
    clock_reading,
    list_link,
    row_link,
    staff_actor,
    tell,
)
from core.errors import DomainError
from payments.selectors import ladder_text
from reservations.engine.types import Channel
from reservations.models import Reservation, TableClaim
from reservations.selectors.bookings import booking
from reservations.services.cancellation import cancel_reservation, quote
from restaurants.access import Capability
from restaurants.admin.scope import HouseFilter, ScopedInline, ScopedReadOnlyAdmin

STATUS_COLOURS = {
    "requested": "info",
    "pending": "warning",
    "pending_payment": "warning",
    "confirmed": "success",
    "reconfirmed": "success",
    "partially_arrived": "primary",
    "arrived": "primary",
    "partially_seated": "primary",
    "seated": "primary",
    "check_dropped": "primary",
    "paid": "primary",
    "completed": "default",
    "cancelled": "danger",
    "no_show": "danger",
    "declined": "danger",
    "expired": "default",
}


class CancelDialog(BaseDialogForm):
    """Why, next to what goes back if it is done now."""

    reason = forms.CharField(
        required=False, max_length=200, widget=UnfoldAdminTextInputWidget, label="Reason"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = self._refund_due()

    def _refund_due(self) -> str:
        row = Reservation.objects.filter(pk=self.object_id).values_list("public_id").first()
        try:
            found = booking(row[0]) if row else None
        except DomainError:
            found = None
        if found is None:
            return ""
        percent, amount = quote(found)
        return f"Goes back now: {percent} % of the deposit, {amount:.2f} {found.currency}."


class ClaimInline(ScopedInline):
    """The tables of a reservation."""

    model = TableClaim
    fields = ["table", "during", "released_at"]
    readonly_fields = fields
    may_change = may_add = may_delete = None
    verbose_name_plural = "tables"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TableClaim]:
        """With the tables."""
        rows: QuerySet[TableClaim] = super().get_queryset(request)
        return rows.select_related("table")


@admin.register(Reservation)
class ReservationAdmin(PhoneSearchMixin, ScopedReadOnlyAdmin):
    """Every reservation of the person's houses, latest first."""

    phone_fields = ("guest_phone", "customer__phone")
    list_display = [
        "title",
        "when",
        "guest",
        "party_size",
        "tables",
        "state",
        "source",
        "restaurant",
    ]
    list_filter = [
        HouseFilter,
        ("status", MultipleChoicesDropdownFilter),
        ("service_date", RangeDateFilter),
        choice_filter("channel", *Channel),
        ("source", FieldTextFilter),
    ]
    list_select_related = ["restaurant", "service", "customer"]
    search_fields = [
        "code",
        "=public_id",
        "guest_name",
        "guest_email",
        "guest_phone",
        "=external_id",
        "customer__name",
        "customer__email",
    ]
    search_help_text = "Code, name, telephone, e-mail or id"
    linked_lookups = ("customer__id__exact",)
    inlines = [ClaimInline]
    actions_detail = ["cancel"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("code", "status"),
                    ("when", "until"),
                    ("party_size", "restaurant"),
                    ("service", "room"),
                    ("offer", "special_requests"),
                ]
            },
        ),
        (
            "Guest",
            {
                "fields": [
                    ("guest_name", "customer_link"),
                    ("guest_phone", "guest_email"),
                    "user",
                ]
            },
        ),
        (
            "Money",
            {"fields": [("deposit", "payment_link"), "terms"]},
        ),
        (
            "Where it came from",
            {
                "fields": [
                    ("source", "channel"),
                    ("external_id", "public_id"),
                    ("created_at", "updated_at"),
                    ("cancelled_at", "hold_link"),
                    ("messages_link", "decisions_link"),
                    "trail_link",
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reservation]:
        """With the tables of each, in two queries."""
        rows: QuerySet[Reservation] = super().get_queryset(request)
        return rows.prefetch_related("claims__table")

    def has_operate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """May run a service here."""
        row = self.get_object(request, object_id) if object_id else None
        if object_id and row is None:
            return False
        return self.allowed(request, Capability.OPERATE, row)

    @display(description="reservation", header=True, ordering="code")
    def title(self, row: Reservation) -> list[str]:
        """Code above service."""
        return [row.code, row.service.name]

    @display(description="when", ordering="starts_at")
    def when(self, row: Reservation) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.starts_at, row.restaurant.zone)

    @display(description="until", ordering="ends_at")
    def until(self, row: Reservation) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.ends_at, row.restaurant.zone, "%H:%M")

    @display(description="guest", header=True, ordering="guest_name")
    def guest(self, row: Reservation) -> list[str]:
        """Name above how to reach them."""
        name = row.guest_name or (row.customer.name if row.customer else "–")
        return [name, row.guest_phone or row.guest_email]

    @display(description="tables")
    def tables(self, row: Reservation) -> str:
        """Their labels; those of a cancelled booking are given back."""
        labels = [claim.table.label for claim in row.claims.all() if claim.released_at is None]
        return " + ".join(sorted(labels)) or "–"

    @display(description="status", ordering="status", label=STATUS_COLOURS)
    def state(self, row: Reservation) -> tuple[str, str]:
        """In colour."""
        return (row.status, row.get_status_display())

    @display(description="deposit", ordering="deposit_amount")
    def deposit(self, row: Reservation) -> str:
        """With currency."""
        return f"{row.deposit_amount:.2f} {row.currency}"

    @display(description="refund terms")
    def terms(self, row: Reservation) -> str:
        """As agreed when booking, in words."""
        ladder = [(hours, percent) for hours, percent in row.refund_ladder]
        return ladder_text(ladder) if ladder else "–"

    @display(description="guest record")
    def customer_link(self, row: Reservation) -> str:
        """A link."""
        return row_link(row.customer)

    @display(description="payment")
    def payment_link(self, row: Reservation) -> str:
        """A link."""
        return row_link(row.payment)

    @display(description="hold")
    def hold_link(self, row: Reservation) -> str:
        """A link."""
        return row_link(row.hold, row.hold.public_id) if row.hold else "–"

    @display(description="messages")
    def messages_link(self, row: Reservation) -> str:
        """What was said to the guest."""
        return list_link("notifications_message", "Messages", q=row.public_id)

    @display(description="seating decisions")
    def decisions_link(self, row: Reservation) -> str:
        """Why this table."""
        return list_link("reservations_seatingdecision", "Decisions", q=row.public_id)

    @display(description="audit trail")
    def trail_link(self, row: Reservation) -> str:
        """Who did what."""
        return list_link("core_auditentry", "Who did what", q=row.public_id)

    @action(
        description="Cancel",
        icon="event_busy",
        variant=ActionVariant.DANGER,
        permissions=["operate"],
        dialog={
            "title": "Cancel this reservation",
            "description": "The table is free at once, the guest is told, the refund is sent.",
            "form_class": CancelDialog,
            "form_submit_text": "Cancel the reservation",
        },
    )
    def cancel(self, request: HttpRequest, form: CancelDialog, object_id: str) -> HttpResponse:
        """With the refund the agreed policy gives at this moment."""
        row = self.get_object(request, object_id)
        if row is not None and self.allowed(request, Capability.OPERATE, row):
            try:
                done = cancel_reservation(
                    row.public_id, by=staff_actor(request), reason=form.cleaned_data["reason"]
                )
                tell(request, f"{row.code} is cancelled; {done.amount:.2f} {row.currency} go back.")
            except DomainError as error:
                tell(request, error)
        return back_to(request, reverse("admin:reservations_reservation_change", args=[object_id]))
