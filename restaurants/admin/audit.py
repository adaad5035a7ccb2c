"""The audit trail: who did what at which house. Here because the kernel knows no restaurants."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from core.actors import ActorKind
from core.admin import choice_filter, public_link
from core.models import AuditEntry
from restaurants.access import Capability
from restaurants.admin.scope import HouseFilter, ScopedReadOnlyAdmin

_TAGS = {"reservation.tagged": ("before", "after"), "guest_tag": ("name", "before")}
"""Where names of tags stand, by verb or its first word: some are for managers only, and what one
was called before nobody knows any more."""


@admin.register(AuditEntry)
class AuditEntryAdmin(ScopedReadOnlyAdmin):
    """Search by the public id of what was changed, by person or by correlation id."""

    paginator = InfinitePaginator
    list_display = ["at", "verb", "of", "actor", "correlation_id"]
    list_filter = [
        HouseFilter,
        choice_filter("actor_kind", *ActorKind, title="kind of actor"),
        ("at", RangeDateTimeFilter),
    ]
    search_fields = ["=target", "verb", "actor_label", "=actor_id", "=correlation_id"]
    search_help_text = "Public id, verb, person or correlation id"
    telling_fields = ("data",)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> AuditEntry | None:
        """Without the names of tags for who does not manage the house; nothing here is saved."""
        row: Any = super().get_object(request, object_id, from_field)
        if row is not None and not self.allowed(request, Capability.MANAGE, row):
            names = _TAGS.get(row.verb) or _TAGS.get(row.verb.partition(".")[0])
            row.data = {key: value for key, value in row.data.items() if key not in (names or ())}
        found: AuditEntry | None = row
        return found

    @display(description="target", ordering="target")
    def of(self, row: AuditEntry) -> str:
        """A link to what was changed."""
        return public_link(row.target)

    @display(
        description="by",
        label={"guest": "info", "staff": "primary", "system": "default", "partner": "warning"},
    )
    def actor(self, row: AuditEntry) -> tuple[str, str]:
        """Kind in colour, label in words."""
        return (row.actor_kind, row.actor_label or row.actor_kind)
