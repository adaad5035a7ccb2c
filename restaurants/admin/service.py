"""Dining services, turn times and offers."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from core.money import written
from restaurants.admin.scope import (
    HouseFilter,
    ScopedAdmin,
    ScopedInline,
    ScopedStackedInline,
    swapped,
)
from restaurants.models import DiningService, Offer, TurnTime
from restaurants.selectors import offers_of_these_services_alone

_SHORT_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

LIMITS = [
    ("min_party", "max_party", "max_covers"),
    ("slot_covers", "slot_parties"),
    ("online_slot_covers", "online_slot_parties"),
]
SWITCHES = [("requires_prepayment", "auto_confirm"), ("is_private", "is_active")]


def days_text(days: list[int]) -> str:
    """``Mon–Fri`` for a run of days, else ``Mon, Wed``; every day says so."""
    ordered = sorted(set(days))
    if len(ordered) == 7:
        return "Every day"
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"{_SHORT_DAYS[ordered[0]]}–{_SHORT_DAYS[ordered[-1]]}"
    return ", ".join(_SHORT_DAYS[day] for day in ordered)


class WeekdaysTextMixin:
    """Someone who may only look sees the days by name instead of a list of numbers."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Swap the field where it would be shown as numbers."""
        fieldsets: Any = super().get_fieldsets(request, obj)  # type: ignore[misc]
        if self.has_change_permission(request, obj):  # type: ignore[attr-defined]
            return fieldsets
        return swapped(fieldsets, {"weekdays": "weekdays_text"})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The swapped field is not a form field."""
        fields = super().get_readonly_fields(request, obj)  # type: ignore[misc]
        return [*fields, "weekdays_text"]

    @display(description="weekdays")
    def weekdays_text(self, row: Any) -> str:
        """The days, or the one date."""
        if getattr(row, "date", None):
            return f"{row.date:%a %d %b %Y}"
        return days_text(row.weekdays) or "Every day"


class ServiceInline(WeekdaysTextMixin, ScopedStackedInline):
    """Services of a restaurant; limits and switches are on the service's own page."""

    model = DiningService
    fields = [
        "name",
        "weekdays",
        ("date", "valid_from", "valid_until"),
        ("first_seating", "last_seating", "slot_minutes"),
        ("max_covers", "is_active"),
    ]
    show_change_link = True
    collapsible = True
    per_page = 20


class TurnTimeInline(ScopedInline):
    """How long parties stay."""

    model = TurnTime
    fields = ["up_to", "minutes", "service"]


class OfferInline(ScopedInline):
    """Promotions."""

    model = Offer
    fields = ["name", "price", "per_person", "is_bookable", "is_active"]
    show_change_link = True


class ServiceTurnTimeForm(forms.ModelForm):
    """A turn time that belongs to the service's restaurant."""

    class Meta:
        model = TurnTime
        fields: ClassVar[list[str]] = ["up_to", "minutes"]

    def save(self, commit: bool = True) -> TurnTime:
        """The service says whose it is."""
        self.instance.restaurant_id = self.instance.service.restaurant_id
        saved: TurnTime = super().save(commit)
        return saved


class ServiceTurnTimeInline(ScopedInline):
    """Turn times of one service."""

    model = TurnTime
    form = ServiceTurnTimeForm
    fields = ["up_to", "minutes"]


@admin.register(DiningService)
class DiningServiceAdmin(WeekdaysTextMixin, ScopedAdmin):
    """Lunch, Dinner, Brunch: when, how many, in which rooms."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """The last services of an offer are kept, like those that were booked."""
        found, counts, perms_needed, protected = super().get_deleted_objects(objs, request)
        gone = DiningService.objects.filter(pk__in=[service.pk for service in objs])
        offers = [
            f"The offer “{offer.name}” would have no service left, and so hold in all of them."
            " Choose other services for it first, or remove it."
            for offer in offers_of_these_services_alone(gone)
        ]
        return found, counts, perms_needed, [*protected, *offers]

    list_display = [
        "name",
        "restaurant",
        "weekdays_text",
        "first_seating",
        "last_seating",
        "slot_minutes",
        "limits",
        "state",
    ]
    list_filter = [HouseFilter, "is_active", "is_private", "requires_prepayment", "auto_confirm"]
    list_select_related = ["restaurant"]
    search_fields = ["name", "public_id", "restaurant__name", "restaurant__public_id"]
    autocomplete_fields = ["restaurant", "rooms"]
    readonly_fields = ["public_id"]
    inlines = [ServiceTurnTimeInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("restaurant", "public_id"),
                    "name",
                    "weekdays",
                    ("date", "valid_from", "valid_until"),
                    ("first_seating", "last_seating", "slot_minutes"),
                    "rooms",
                ]
            },
        ),
        ("How many", {"fields": LIMITS}),
        ("How", {"fields": SWITCHES}),
    ]

    @display(description="limits")
    def limits(self, row: DiningService) -> str:
        """The limits in one line."""
        parts = [
            f"{row.max_covers} covers" if row.max_covers is not None else "",
            f"{row.slot_covers} per slot" if row.slot_covers is not None else "",
            f"{row.online_slot_covers} online" if row.online_slot_covers is not None else "",
        ]
        return ", ".join(part for part in parts if part) or "–"

    @display(
        description="state",
        label={"on": "success", "private": "info", "off": "default"},
    )
    def state(self, row: DiningService) -> tuple[str, str]:
        """Offered, private or off."""
        if not row.is_active:
            return ("off", "Off")
        return ("private", "Private") if row.is_private else ("on", "Offered")


@admin.register(TurnTime)
class TurnTimeAdmin(ScopedAdmin):
    """How long parties keep a table."""

    list_display = ["restaurant", "service", "up_to", "minutes"]
    list_display_links = ["up_to"]
    list_filter = [HouseFilter]
    list_select_related = ["restaurant", "service"]
    search_fields = ["restaurant__name", "service__name"]
    autocomplete_fields = ["restaurant", "service"]


@admin.register(Offer)
class OfferAdmin(ScopedAdmin):
    """Promotions and bookable offers."""

    list_display = ["name", "restaurant", "price_text", "valid_from", "valid_until", "state"]
    list_filter = [HouseFilter, "is_active", "is_bookable"]
    list_select_related = ["restaurant"]
    search_fields = ["name", "public_id", "restaurant__name"]
    autocomplete_fields = ["restaurant", "services"]
    readonly_fields = ["public_id"]

    @display(description="price", ordering="price")
    def price_text(self, row: Offer) -> str:
        """With currency, per person or in all."""
        if row.price is None:
            return "–"
        return f"{written(row.price, row.restaurant.currency)}{' p.p.' if row.per_person else ''}"

    @display(description="state", label={"book": "success", "show": "info", "off": "default"})
    def state(self, row: Offer) -> tuple[str, str]:
        """Bookable, shown or off."""
        if not row.is_active:
            return ("off", "Off")
        return ("book", "Bookable") if row.is_bookable else ("show", "Shown only")
