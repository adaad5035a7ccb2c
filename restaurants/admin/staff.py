"""Who works where, to be read here: it is decided on the staff area's own page."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from restaurants.admin.scope import ScopedInline, ScopedReadOnlyAdmin
from restaurants.models import Membership


class MembershipInline(ScopedInline):
    """Who works here. Added, changed and removed on ``/staff/r/<slug>/people/``."""

    model = Membership
    fields = readonly_fields = ["user", "role"]
    verbose_name = "person"
    verbose_name_plural = "staff"
    may_change = may_add = may_delete = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """With the accounts, whose addresses are shown."""
        rows: QuerySet[Membership] = super().get_queryset(request)
        return rows.select_related("user", "restaurant")


@admin.register(Membership)
class MembershipAdmin(ScopedReadOnlyAdmin):
    """Who works where. One place decides, which keeps the last owner, ends sessions and writes the
    log: ``/staff/r/<slug>/people/``.
    """

    list_display = ["user", "restaurant", "role_label", "last_seen_at"]
    list_select_related = ["user", "restaurant"]
    search_fields = ["user__email", "user__full_name", "restaurant__name", "restaurant__public_id"]
    fields = ["restaurant", "user", "role", "last_seen_at"]

    @display(
        description="role",
        ordering="role",
        label={
            "owner": "primary",
            "manager": "info",
            "host": "success",
            "server": "success",
            "viewer": "default",
        },
    )
    def role_label(self, row: Membership) -> tuple[str, str]:
        """In colour."""
        return (row.role, row.get_role_display())
