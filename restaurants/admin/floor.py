"""Rooms, tables and combinations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.db.models.functions import Length
from django.http import HttpRequest
from unfold.decorators import display
from unfold.forms import PaginationInlineFormSet

from core.admin import counted, list_link
from restaurants.admin.scope import HouseFilter, ScopedAdmin, ScopedInline
from restaurants.models import DiningRoom, DiningTable, TableCombination
from restaurants.selectors import services_of_these_rooms_alone

ACCESS_COLOURS = {"online": "success", "in_house": "warning", "walk_in": "info"}


def _limited_to(rooms: Iterable[DiningRoom]) -> list[str]:
    """Why these rooms cannot go: each service that would have none left, which means all."""
    gone = DiningRoom.objects.filter(pk__in=[room.pk for room in rooms])
    return [
        f"The service “{service.name}” would have no room left, and so be open in all of them."
        " Choose other rooms for it first; to switch it off is not enough."
        for service in services_of_these_rooms_alone(gone)
    ]


class RoomFormSet(PaginationInlineFormSet):
    """The rooms on the page of their restaurant: none goes that is the last of a service."""

    def clean(self) -> None:
        """Look at all that are to go together."""
        super().clean()
        problems = _limited_to(form.instance for form in self.deleted_forms if form.instance.pk)
        if problems:
            raise forms.ValidationError(problems)


class RoomInline(ScopedInline):
    """Rooms of a restaurant."""

    model = DiningRoom
    formset = RoomFormSet
    fields = ["name", "description", "position", "private_hire"]
    show_change_link = True


class TableInline(ScopedInline):
    """Tables of a restaurant, without where they stand: the floor plan is for that."""

    model = DiningTable
    fields = [
        "label",
        "room",
        "min_seats",
        "max_seats",
        "access",
        "step_free",
        "priority",
        "is_active",
    ]
    per_page = 30

    def get_queryset(self, request: HttpRequest) -> QuerySet[DiningTable]:
        """2 before 10."""
        rows: QuerySet[DiningTable] = super().get_queryset(request)
        return rows.order_by(Length("label"), "label")


class CombinationInline(ScopedInline):
    """Tables that may be pushed together."""

    model = TableCombination
    fields = ["tables", "min_seats", "max_seats", "priority", "is_active"]
    verbose_name = "combination"
    per_page = 20

    def get_queryset(self, request: HttpRequest) -> QuerySet[TableCombination]:
        """With the tables, or every row would fetch its own."""
        rows: QuerySet[TableCombination] = super().get_queryset(request)
        return rows.prefetch_related("tables")


@admin.register(DiningRoom)
class DiningRoomAdmin(ScopedAdmin):
    """Rooms with what is in them."""

    list_display = ["name", "restaurant", "tables_in_it", "chairs", "position"]
    list_filter = [HouseFilter]
    list_select_related = ["restaurant"]
    search_fields = ["name", "public_id", "restaurant__name"]
    autocomplete_fields = ["restaurant"]
    readonly_fields = ["public_id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DiningRoom]:
        """With the counts of the list."""
        rows: QuerySet[DiningRoom] = super().get_queryset(request)
        tables = DiningTable.objects.all()
        return rows.annotate(
            table_count=counted(tables, "room"),
            chair_count=counted(tables, "room", Sum("max_seats")),
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """The last rooms of a service are kept, like those with tables."""
        found, counts, perms_needed, protected = super().get_deleted_objects(objs, request)
        return found, counts, perms_needed, [*protected, *_limited_to(objs)]

    @display(description="tables")
    def tables_in_it(self, row: Any) -> str:
        """One click away."""
        return list_link("restaurants_diningtable", str(row.table_count), room__id__exact=row.pk)

    @display(description="chairs")
    def chairs(self, row: Any) -> int:
        """Most guests the room seats."""
        count: int = row.chair_count
        return count


@admin.register(DiningTable)
class DiningTableAdmin(ScopedAdmin):
    """Tables, with the search and filters a big floor needs."""

    list_display = [
        "label",
        "restaurant",
        "room",
        "seats",
        "access_label",
        "step_free",
        "priority",
        "is_active",
    ]
    list_filter = [HouseFilter, "access", "step_free", "is_active", "shape"]
    list_select_related = ["restaurant", "room"]
    search_fields = ["label", "public_id", "room__name", "restaurant__name"]
    autocomplete_fields = ["restaurant", "room"]
    readonly_fields = ["public_id"]
    linked_lookups = ("room__id__exact",)
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("restaurant", "room"),
                    ("label", "public_id"),
                    ("min_seats", "max_seats"),
                    ("access", "priority"),
                    ("step_free", "is_active"),
                ]
            },
        ),
        (
            "On the plan",
            {"fields": [("shape", "rotation"), ("x", "y"), ("width", "height")]},
        ),
    ]

    @display(description="seats", ordering="max_seats")
    def seats(self, row: DiningTable) -> str:
        """Smallest to largest party."""
        return f"{row.min_seats}–{row.max_seats}"

    @display(description="given to", ordering="access", label=ACCESS_COLOURS)
    def access_label(self, row: DiningTable) -> tuple[str, str]:
        """In colour."""
        return (row.access, row.get_access_display())


@admin.register(TableCombination)
class TableCombinationAdmin(ScopedAdmin):
    """Combinations by the labels of their tables."""

    list_display = ["labels", "restaurant", "seats", "priority", "is_active"]
    list_filter = [HouseFilter, "is_active"]
    list_select_related = ["restaurant"]
    search_fields = ["tables__label", "restaurant__name"]
    autocomplete_fields = ["restaurant", "tables"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TableCombination]:
        """With the tables of each."""
        rows: QuerySet[TableCombination] = super().get_queryset(request)
        return rows.prefetch_related("tables")

    @display(description="tables")
    def labels(self, row: TableCombination) -> str:
        """Such as 4 + 5."""
        return " + ".join(sorted(table.label for table in row.tables.all())) or "–"

    @display(description="seats", ordering="max_seats")
    def seats(self, row: TableCombination) -> str:
        """Smallest to largest party."""
        return f"{row.min_seats}–{row.max_seats}"
