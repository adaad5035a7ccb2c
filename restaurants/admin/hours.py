"""Opening hours, special days and closures."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from core import clock
from core.admin import clock_reading
from restaurants.admin.scope import HouseFilter, ScopedAdmin, ScopedInline
from restaurants.models import Closure, OpeningHours, SpecialDay


class OpeningHoursInline(ScopedInline):
    """Regular hours of venue and kitchen."""

    model = OpeningHours
    fields = ["part", "weekday", "opens", "closes"]


class SpecialDayInline(ScopedInline):
    """Holidays and late nights."""

    model = SpecialDay
    fields = [
        "date",
        "is_closed",
        "opens",
        "closes",
        "kitchen_closed",
        "kitchen_opens",
        "kitchen_closes",
        "note",
    ]
    per_page = 20


class ClosureInline(ScopedInline):
    """Closures; times are the restaurant's."""

    model = Closure
    fields = ["starts_at", "ends_at", "service", "room", "online_only", "note"]
    per_page = 20


class ClosureState(DropdownFilter):
    """By whether it is in force."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """Now, later, over."""
        return [("now", "In force"), ("later", "To come"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Closure]) -> QuerySet[Closure]:
        """Compare with the clock."""
        now = clock.now()
        conditions = {
            "now": {"starts_at__lte": now, "ends_at__gt": now},
            "later": {"starts_at__gt": now},
            "over": {"ends_at__lte": now},
        }
        return queryset.filter(**conditions.get(self.value() or "", {}))


@admin.register(OpeningHours)
class OpeningHoursAdmin(ScopedAdmin):
    """Regular hours."""

    list_display = ["restaurant", "part", "weekday", "opens", "closes"]
    list_display_links = ["weekday"]
    list_filter = [HouseFilter, "part", "weekday"]
    list_select_related = ["restaurant"]
    search_fields = ["restaurant__name", "restaurant__public_id"]
    autocomplete_fields = ["restaurant"]


@admin.register(SpecialDay)
class SpecialDayAdmin(ScopedAdmin):
    """Dates with hours of their own."""

    list_display = ["date", "restaurant", "state", "opens", "closes", "note"]
    list_filter = [HouseFilter, "is_closed", "kitchen_closed"]
    list_select_related = ["restaurant"]
    search_fields = ["note", "restaurant__name", "restaurant__public_id"]
    autocomplete_fields = ["restaurant"]

    @display(
        description="state",
        label={"closed": "danger", "kitchen": "warning", "own": "info"},
    )
    def state(self, row: SpecialDay) -> tuple[str, str]:
        """What is special about it."""
        if row.is_closed:
            return ("closed", "Closed")
        return ("kitchen", "No kitchen") if row.kitchen_closed else ("own", "Own hours")


@admin.register(Closure)
class ClosureAdmin(ScopedAdmin):
    """Closures; times on this list and its pages are the restaurant's."""

    list_display = ["begins", "restaurant", "state", "until", "service", "room", "note"]
    list_filter = [HouseFilter, ClosureState, "online_only"]
    list_select_related = ["restaurant", "service", "room"]
    search_fields = ["note", "restaurant__name", "restaurant__public_id"]
    autocomplete_fields = ["restaurant", "service", "room"]

    @display(description="from", ordering="starts_at")
    def begins(self, row: Closure) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.starts_at, row.restaurant.zone)

    @display(description="until", ordering="ends_at")
    def until(self, row: Closure) -> str:
        """On the restaurant's clocks."""
        return clock_reading(row.ends_at, row.restaurant.zone)

    @display(
        description="state",
        label={"now": "danger", "online": "warning", "later": "info", "over": "default"},
    )
    def state(self, row: Closure) -> tuple[str, str]:
        """In force, to come or over."""
        now = clock.now()
        if row.ends_at <= now:
            return ("over", "Over")
        if row.starts_at > now:
            return ("later", "To come")
        return ("online", "Online closed") if row.online_only else ("now", "Closed")
