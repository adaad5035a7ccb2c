"""Tablets of a house and limits for an hour: to be found and read, decided in the staff area."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter
from unfold.decorators import display

from core import clock
from core.admin import clock_reading, row_link, site_link
from restaurants.access import Capability
from restaurants.admin.scope import HouseFilter, ScopedReadOnlyAdmin
from restaurants.models import PacingCap, Tablet


class TabletStateFilter(DropdownFilter):
    """In use or revoked."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Both."""
        return [("used", "In use"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Tablet]) -> QuerySet[Tablet]:
        """By the mark of the end."""
        if self.value() not in ("used", "revoked"):
            return queryset
        return queryset.filter(revoked_at__isnull=self.value() == "used")


@admin.register(Tablet)
class TabletAdmin(ScopedReadOnlyAdmin):
    """Browsers that belong to a house: people sign in on them by name and PIN."""

    may_see = Capability.MANAGE
    list_display = ["label", "house", "state", "last_seen_at", "created_by", "created_at"]
    list_filter = [HouseFilter, TabletStateFilter]
    list_select_related = ["restaurant"]
    search_fields = ["label", "created_by", "=public_id", "restaurant__name"]
    search_help_text = "Name, who added it, house or id"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("label", "house"),
                    ("created_by", "created_at"),
                    ("last_seen_at", "revoked_at"),
                    ("places", "public_id"),
                ],
                "description": "Added and revoked in the staff area; a revoked one never opens"
                " again.",
            },
        )
    ]

    @display(description="restaurant", ordering="restaurant__name")
    def house(self, row: Tablet) -> str:
        """A link to the house."""
        return row_link(row.restaurant)

    @display(description="changed at")
    def places(self, row: Tablet) -> str:
        """A link to the staff area's page."""
        return site_link("staff:tablets", "Tablets of the house", row.restaurant.slug)

    @display(
        description="state", ordering="revoked_at", label={"used": "success", "gone": "default"}
    )
    def state(self, row: Tablet) -> tuple[str, str]:
        """In use or revoked."""
        return ("gone", "Revoked") if row.revoked_at else ("used", "In use")


class CapStateFilter(DropdownFilter):
    """Whether it binds now."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Now, or not any more."""
        return [("now", "In force"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PacingCap]) -> QuerySet[PacingCap]:
        """By the clock."""
        now = clock.now()
        match self.value():
            case "now":
                return queryset.filter(starts_at__lte=now, ends_at__gt=now)
            case "over":
                return queryset.filter(ends_at__lte=now)
        return queryset


@admin.register(PacingCap)
class PacingCapAdmin(ScopedReadOnlyAdmin):
    """Fewer arrivals for a while, because kitchen or floor were behind."""

    list_display = ["covers_text", "house", "service_date", "from_", "until", "whom", "state"]
    list_filter = [HouseFilter, CapStateFilter, ("service_date", RangeDateFilter)]
    list_select_related = ["restaurant"]
    search_fields = ["restaurant__name", "restaurant__public_id"]
    search_help_text = "Name or id of the house"
    ordering = ["-starts_at"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("covers", "online_only"),
                    ("starts_at", "ends_at"),
                    ("house", "service_date"),
                ],
                "description": "Set and lifted at the host stand; it ends by itself.",
            },
        )
    ]

    @display(description="per quarter of an hour", ordering="covers")
    def covers_text(self, row: PacingCap) -> str:
        """How many may arrive."""
        return f"{row.covers} guests" if row.covers != 1 else "1 guest"

    @display(description="restaurant", ordering="restaurant__name")
    def house(self, row: PacingCap) -> str:
        """A link to the house."""
        return row_link(row.restaurant)

    @display(description="from", ordering="starts_at")
    def from_(self, row: PacingCap) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.starts_at, row.restaurant.zone, "%H:%M")

    @display(description="until", ordering="ends_at")
    def until(self, row: PacingCap) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.ends_at, row.restaurant.zone, "%H:%M")

    @display(description="binds", ordering="online_only")
    def whom(self, row: PacingCap) -> str:
        """Whom it keeps away."""
        return "Guests online" if row.online_only else "Everybody"

    @display(description="state", label={"now": "warning", "later": "info", "over": "default"})
    def state(self, row: PacingCap) -> tuple[str, str]:
        """By the clock."""
        now = clock.now()
        if row.ends_at <= now:
            return ("over", "Over")
        return ("now", "In force") if row.starts_at <= now else ("later", "To come")
