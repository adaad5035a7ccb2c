"""The audit trail: who did what at which house. Here because the kernel knows no restaurants."""

from __future__ import annotations

from django.contrib import admin
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from core.models import AuditEntry
from restaurants.admin.scope import HouseFilter, ScopedReadOnlyAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(ScopedReadOnlyAdmin):
    """Search by the public id of what was changed, by person or by correlation id."""

    paginator = InfinitePaginator
    list_display = ["at", "verb", "target", "actor", "correlation_id"]
    list_filter = [HouseFilter, "actor_kind", ("at", RangeDateTimeFilter)]
    search_fields = ["=target", "verb", "actor_label", "=actor_id", "=correlation_id"]
    search_help_text = "Public id, verb, person or correlation id"

    @display(description="by", label={"guest": "info", "staff": "primary", "system": "default"})
    def actor(self, row: AuditEntry) -> tuple[str, str]:
        """Kind in colour, label in words."""
        return (row.actor_kind if row.actor_kind in _KINDS else "system", row.actor_label or "–")


_KINDS = {"guest", "staff", "system"}
