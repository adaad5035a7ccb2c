"""Links that guests were sent: not the links themselves, which nobody keeps, but that they are."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import action, display

from core.admin import ReadOnlyAdmin, public_link, staff_actor, tell
from reservations.models import BookingLink, SignInLink
from reservations.services.links import revoke_links
from restaurants.access import Capability
from restaurants.admin.scope import ScopedReadOnlyAdmin, access


@admin.register(BookingLink)
class BookingLinkAdmin(ScopedReadOnlyAdmin):
    """Which bookings have a link, and the button that ends it."""

    house_path = "reservation__restaurant_id"
    list_display = ["booking", "created_at", "revoked_at"]
    list_select_related = ["reservation__restaurant"]
    search_fields = ["=reservation__code", "=reservation__public_id"]
    search_help_text = "Code or id of the booking"
    actions = ["revoke"]
    fieldsets = [(None, {"fields": ["booking", ("created_at", "revoked_at")]})]

    def house_of(self, row: Any) -> int | None:
        """That of the booking."""
        return row.reservation.restaurant_id if isinstance(row, BookingLink) else None

    def has_operate_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """Everyone who runs a service may."""
        return self.allowed(request, Capability.OPERATE, None)

    @display(description="booking")
    def booking(self, row: BookingLink) -> str:
        """A link to the booking."""
        return public_link(row.reservation.public_id)

    @action(description="Revoke: the guest gets a new link", permissions=["operate"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[BookingLink]) -> None:
        """Each by the service."""
        houses, by = access(request), staff_actor(request)
        done = sum(
            revoke_links(link.reservation.public_id, by=by)
            for link in queryset.filter(revoked_at=None)
            if houses.allows(Capability.OPERATE, link.reservation.restaurant_id)
        )
        tell(request, f"{done} revoked. The next message to the guest has a new link.")


@admin.register(SignInLink)
class SignInLinkAdmin(ReadOnlyAdmin):
    """Requests of the last day to sign in by e-mail. Operators only."""

    list_display = ["public_id", "email", "created_at", "expires_at", "used_at"]
    search_fields = ["=public_id", "=email"]
    fields = ["public_id", "email", ("created_at", "expires_at"), "used_at"]
