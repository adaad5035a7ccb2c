"""Menus and their dishes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from core.admin import counted
from restaurants.admin.scope import HouseFilter, ScopedAdmin, ScopedInline, ScopedStackedInline
from restaurants.models import Menu, MenuItem


class MenuInline(ScopedInline):
    """Menus of a restaurant; the dishes are on the menu's own page."""

    model = Menu
    fields = ["name", "description", "position", "is_active"]
    show_change_link = True


class MenuItemInline(ScopedStackedInline):
    """The dishes of one menu."""

    model = MenuItem
    fields = [
        ("section", "position", "is_available"),
        ("name", "price"),
        "description",
        ("dietary", "allergens"),
    ]
    collapsible = True
    per_page = 30


@admin.register(Menu)
class MenuAdmin(ScopedAdmin):
    """What guests read before they book."""

    list_display = ["name", "restaurant", "dishes", "position", "state"]
    list_filter = [HouseFilter, "is_active"]
    list_select_related = ["restaurant"]
    search_fields = ["name", "public_id", "restaurant__name", "items__name"]
    autocomplete_fields = ["restaurant"]
    readonly_fields = ["public_id"]
    fields = [("restaurant", "public_id"), ("name", "position", "is_active"), "description"]
    inlines = [MenuItemInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Menu]:
        """With the number of dishes, from a subquery of its own."""
        rows: QuerySet[Menu] = super().get_queryset(request)
        return rows.annotate(dish_count=counted(MenuItem.objects.all(), "menu"))

    @display(description="dishes", ordering="dish_count")
    def dishes(self, row: Any) -> int:
        """How many."""
        return int(row.dish_count)

    @display(description="state", label={"on": "success", "off": "default"})
    def state(self, row: Menu) -> tuple[str, str]:
        """Shown or not."""
        return ("on", "Shown") if row.is_active else ("off", "Hidden")


@admin.register(MenuItem)
class MenuItemAdmin(ScopedAdmin):
    """Every dish, to find one or to take it off for tonight."""

    house_path = "menu__restaurant_id"
    list_display = ["name", "menu", "section", "price", "state"]
    list_filter = [HouseFilter, "is_available"]
    list_select_related = ["menu"]
    search_fields = ["name", "section", "menu__name", "menu__restaurant__name"]
    autocomplete_fields = ["menu"]
    readonly_fields = ["public_id"]
    fields = [
        ("menu", "public_id"),
        ("section", "position", "is_available"),
        ("name", "price"),
        "description",
        ("dietary", "allergens"),
    ]

    @display(description="state", label={"on": "success", "off": "default"})
    def state(self, row: MenuItem) -> tuple[str, str]:
        """On the menu or off."""
        return ("on", "On") if row.is_available else ("off", "Off")
