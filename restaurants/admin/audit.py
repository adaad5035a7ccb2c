"""The audit trail: who did what at which house. Here because the kernel knows no restaurants."""

from __future__ import annotations

from django.contrib import admin
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from core.actors import ActorKind
from core.admin import choice_filter, public_link
from core.models import AuditEntry
from restaurants.admin.scope import HouseFilter, ScopedReadOnlyAdmin


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
