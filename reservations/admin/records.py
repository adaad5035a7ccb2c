"""What is kept beside guests' records: notes and consents. Here because guests belong to groups."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, RangeDateTimeFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from core.admin import choice_filter, public_link, row_link
from customers.models import ConsentEntry, GuestNote
from restaurants.access import Capability, HouseAccess
from restaurants.admin.scope import HouseFilter, ScopedReadOnlyAdmin, access


class OfGuestAdmin(ScopedReadOnlyAdmin):
    """Rows about a guest, for the houses of the guest's group."""

    house_path = "customer__organization__restaurants"
    list_select_related: Any = ["customer"]

    def within(self, rows: QuerySet[Any], houses: HouseAccess) -> QuerySet[Any]:
        """Guests belong to the group."""
        return rows.filter(customer__organization__in=houses.organizations())

    def allowed(self, request: HttpRequest, capability: Capability | None, row: Any) -> bool:
        """By any restaurant of the group."""
        if capability is None or row is None:
            return super().allowed(request, capability, row)
        return access(request).allows_in_group(capability, row.customer.organization_id)

    @display(description="guest", ordering="customer__name")
    def guest(self, row: Any) -> str:
        """A link to the guest."""
        return row_link(row.customer, row.customer.name or "No name")


class NoteStateFilter(DropdownFilter):
    """Pinned, or withdrawn."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What a note can be."""
        return [("stands", "Stands"), ("pinned", "Pinned"), ("withdrawn", "Withdrawn")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[GuestNote]) -> QuerySet[GuestNote]:
        """By its marks."""
        match self.value():
            case "stands":
                return queryset.filter(withdrawn_at=None)
            case "pinned":
                return queryset.filter(pinned_at__isnull=False)
            case "withdrawn":
                return queryset.filter(withdrawn_at__isnull=False)
        return queryset


@admin.register(GuestNote)
class GuestNoteAdmin(OfGuestAdmin):
    """What the team wrote down about guests. Words never change: a note is withdrawn."""

    list_display = ["short", "guest", "actor_label", "at", "state"]
    list_filter = [HouseFilter, NoteStateFilter, ("at", RangeDateTimeFilter)]
    search_fields = ["text", "customer__name", "=customer__public_id", "actor_label", "=public_id"]
    search_help_text = "Words, guest, who wrote it, or id of guest or note"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "text",
                    ("guest", "actor_label"),
                    ("at", "pinned_at"),
                    ("withdrawn_at", "withdrawn_by"),
                    "public_id",
                ],
                "description": "Written, pinned and withdrawn on the guest's page of the staff"
                " area. Erasing a guest removes them.",
            },
        )
    ]

    @display(description="note", ordering="text")
    def short(self, row: GuestNote) -> str:
        """Its beginning."""
        return row.text if len(row.text) <= 90 else f"{row.text[:89]}…"

    @display(
        description="state", label={"pinned": "info", "withdrawn": "default", "stands": "success"}
    )
    def state(self, row: GuestNote) -> tuple[str, str]:
        """Whether it still counts."""
        if row.withdrawn_at:
            return ("withdrawn", "Withdrawn")
        return ("pinned", "Pinned") if row.pinned_at else ("stands", "Stands")


@admin.register(ConsentEntry)
class ConsentEntryAdmin(OfGuestAdmin):
    """Who agreed to which offers, when, and to which words. Nothing here ever changes."""

    paginator = InfinitePaginator
    list_display = ["guest", "kind", "answer", "origin", "actor_label", "at"]
    list_filter = [
        HouseFilter,
        choice_filter("kind", *ConsentEntry.Kind.values),
        "given",
        ("at", RangeDateTimeFilter),
    ]
    search_fields = ["customer__name", "customer__email", "=customer__public_id", "=source"]
    search_help_text = "Name or e-mail of the guest, or id of guest or booking"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("guest", "kind"),
                    ("given", "at"),
                    ("origin", "actor_label"),
                    "text",
                ],
                "description": "Kept as proof: given and withdrawn on forms, by links in mails, by"
                " text, and on the guest's page of the staff area.",
            },
        )
    ]

    @display(description="answer", ordering="given", label={"yes": "success", "no": "default"})
    def answer(self, row: ConsentEntry) -> tuple[str, str]:
        """Given or withdrawn."""
        return ("yes", "Given") if row.given else ("no", "Withdrawn")

    @display(description="with")
    def origin(self, row: ConsentEntry) -> str:
        """A link to the booking, if it was given with one."""
        return public_link(row.source)
