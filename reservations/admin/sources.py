"""Where bookings come from: what each source told, its secrets, and what it sent."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.contrib.filters.admin import FieldTextFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core.admin import EMPTY, back_to, choice_filter, public_link, staff_actor, tell
from core.errors import DomainError
from reservations.models import InboundDelivery, SourceRecord, SourceSecret
from reservations.services.source_secrets import revoke_source_secret
from restaurants.access import Capability
from restaurants.admin.revocable import RevocableMixin
from restaurants.admin.scope import HouseFilter, ScopedInline, ScopedReadOnlyAdmin


class SourceInline(ScopedInline):
    """Who told of a reservation, and whose data stand in it."""

    model = SourceRecord
    fields = ["source", "external_id", "is_primary", "status", "guest_name", "time", "party_size"]
    readonly_fields = fields
    may_change = may_add = may_delete = None
    verbose_name_plural = "sources"
    show_change_link = True


@admin.register(SourceRecord)
class SourceRecordAdmin(ScopedReadOnlyAdmin):
    """What sources told, word for word."""

    list_display = ["source", "external_id", "booking", "is_primary", "status", "updated_at"]
    list_filter = [
        HouseFilter,
        ("source", FieldTextFilter),
        choice_filter("status", *SourceRecord.Status.values),
        "is_primary",
        "is_test",
    ]
    list_select_related = ["reservation"]
    ordering = ["-id"]
    search_fields = ["=external_id", "guest_name", "guest_email", "=reservation__public_id"]
    search_help_text = "Id at the source, name, e-mail or id of the reservation"
    fieldsets = [
        (None, {"fields": [("source", "external_id"), ("booking", "status"), "is_primary"]}),
        (
            "As it was told",
            {
                "fields": [
                    ("guest_name", "party_size"),
                    ("guest_phone", "guest_email"),
                    ("service_date", "time"),
                    "special_requests",
                    ("commission", "partner_fee"),
                    "metadata",
                ]
            },
        ),
        (
            "When",
            {"fields": [("created_at", "updated_at"), ("told_at", "is_test"), "restaurant"]},
        ),
    ]

    @display(description="reservation")
    def booking(self, row: SourceRecord) -> str:
        """A link to it."""
        return public_link(row.reservation.public_id) if row.reservation else EMPTY


@admin.register(SourceSecret)
class SourceSecretAdmin(RevocableMixin, ScopedReadOnlyAdmin):
    """Secrets with which sources sign. Made and rotated by command, which shows them once."""

    list_display = ["source", "public_id", "restaurant", "state", "created_at", "expires_at"]
    list_filter = [HouseFilter, ("source", FieldTextFilter)]
    list_select_related = ["restaurant"]
    search_fields = ["source", "=public_id"]
    fields = [("source", "public_id"), "restaurant", ("created_at", "expires_at"), "revoked_at"]
    actions_detail = ["revoke"]

    @action(
        description="Withdraw this secret",
        icon="block",
        variant=ActionVariant.DANGER,
        permissions=["revoke"],
        dialog={
            "title": "Withdraw this secret",
            "description": "What is signed with it is refused from now on.",
            "form_class": None,
            "form_submit_text": "Withdraw",
        },
    )
    def revoke(self, request: HttpRequest, form: object, object_id: str) -> HttpResponse:
        """For good."""
        row = self.get_object(request, object_id)
        if row is not None and self.allowed(request, Capability.CONNECT, row):
            try:
                revoke_source_secret(row.public_id, by=staff_actor(request))
                tell(request, f"The secret of {row.source} is withdrawn.")
            except DomainError as error:
                tell(request, error)
        return back_to(request, reverse("admin:reservations_sourcesecret_changelist"))


@admin.register(InboundDelivery)
class InboundDeliveryAdmin(ScopedReadOnlyAdmin):
    """Signed messages of the last thirty days, and what became of them."""

    list_display = ["source", "event", "booking", "outcome", "error", "received_at"]
    list_filter = [
        HouseFilter,
        ("source", FieldTextFilter),
        choice_filter("outcome", *InboundDelivery.Outcome.values),
    ]
    list_select_related = ["reservation"]
    search_fields = ["=delivery_id", "=reservation__public_id"]
    search_help_text = "Id of the message or of the reservation"
    fields = [
        ("source", "delivery_id"),
        ("event", "booking"),
        ("outcome", "error"),
        "received_at",
        "text",
    ]

    @display(description="reservation")
    def booking(self, row: InboundDelivery) -> str:
        """A link to it."""
        return public_link(row.reservation.public_id) if row.reservation else EMPTY

    @display(description="body")
    def text(self, row: InboundDelivery) -> str:
        """The bytes as they came."""
        return bytes(row.body).decode(errors="replace")
