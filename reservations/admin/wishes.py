"""What guests ask of the house: notes about a booking, and large parties."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter
from unfold.decorators import action, display

from core.admin import PhoneSearchMixin, public_link, staff_actor, tell
from reservations.models import HouseMessage, PartyRequest
from reservations.services.by_link import mark_read
from reservations.services.party_requests import mark_seen
from restaurants.access import Capability
from restaurants.admin.scope import HouseFilter, ScopedReadOnlyAdmin, access


def unread_messages() -> QuerySet[HouseMessage]:
    """Notes that nobody of the house has read."""
    return HouseMessage.objects.filter(read_at=None)


class UnreadFilter(DropdownFilter):
    """Only what nobody has read."""

    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Unread or all."""
        return [("stuck", "Unread")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[HouseMessage]
    ) -> QuerySet[HouseMessage]:
        """As the badge in the sidebar counts."""
        return queryset.filter(read_at=None) if self.value() == "stuck" else queryset


@admin.register(HouseMessage)
class HouseMessageAdmin(ScopedReadOnlyAdmin):
    """Notes from guests, latest first."""

    list_display = ["text", "booking", "restaurant", "created_at", "read_at"]
    list_filter = [UnreadFilter, HouseFilter]
    list_select_related = ["restaurant", "reservation"]
    search_fields = ["=reservation__code", "=reservation__public_id", "=public_id"]
    search_help_text = "Code or id of the booking"
    actions = ["mark_selected_read"]
    fieldsets = [
        (None, {"fields": ["text", ("booking", "restaurant"), ("created_at", "read_at")]}),
    ]

    def has_operate_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """Everyone who runs a service may."""
        return self.allowed(request, Capability.OPERATE, None)

    @display(description="booking")
    def booking(self, row: HouseMessage) -> str:
        """A link to the booking."""
        return public_link(row.reservation.public_id)

    @action(description="Mark as read", permissions=["operate"])
    def mark_selected_read(self, request: HttpRequest, queryset: QuerySet[HouseMessage]) -> None:
        """Each by the service."""
        houses, by = access(request), staff_actor(request)
        done = sum(
            mark_read(message, by=by)
            for message in queryset
            if houses.allows(Capability.OPERATE, message.restaurant_id)
        )
        tell(request, f"{done} marked as read.")


def unseen_requests() -> QuerySet[PartyRequest]:
    """Requests for large parties that nobody of the house has seen to."""
    return PartyRequest.objects.filter(seen_at=None)


class UnseenFilter(DropdownFilter):
    """Only what nobody has seen to."""

    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Waiting or all."""
        return [("stuck", "Waiting for an answer")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[PartyRequest]
    ) -> QuerySet[PartyRequest]:
        """As the badge in the sidebar counts."""
        return queryset.filter(seen_at=None) if self.value() == "stuck" else queryset


@admin.register(PartyRequest)
class PartyRequestAdmin(PhoneSearchMixin, ScopedReadOnlyAdmin):
    """Parties too large to book online, latest first."""

    phone_fields = ("phone",)
    list_display = [
        "name",
        "date",
        "time",
        "party_size",
        "email",
        "phone",
        "restaurant",
        "created_at",
        "seen_at",
    ]
    list_filter = [UnseenFilter, HouseFilter, ("date", RangeDateFilter)]
    list_select_related = ["restaurant"]
    search_fields = ["name", "email", "phone", "=public_id"]
    search_help_text = "Name, telephone, e-mail or id"
    actions = ["mark_selected_seen"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("name", "party_size"),
                    ("date", "time"),
                    "text",
                    ("email", "phone"),
                    ("restaurant", "language"),
                    ("created_at", "seen_at"),
                    "public_id",
                ]
            },
        )
    ]

    def has_operate_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """Everyone who runs a service may."""
        return self.allowed(request, Capability.OPERATE, None)

    @action(description="Mark as answered", permissions=["operate"])
    def mark_selected_seen(self, request: HttpRequest, queryset: QuerySet[PartyRequest]) -> None:
        """Each by the service."""
        houses, by = access(request), staff_actor(request)
        done = sum(
            mark_seen(asked, by=by)
            for asked in queryset
            if houses.allows(Capability.OPERATE, asked.restaurant_id)
        )
        tell(request, f"{done} marked as answered.")
