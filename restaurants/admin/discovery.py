"""What guests like. Personal: operators only."""

from __future__ import annotations

from django.contrib import admin
from unfold.decorators import display

from core.admin import ReadOnlyAdmin
from restaurants.models import GuestPreferences, Swipe


@admin.register(GuestPreferences)
class GuestPreferencesAdmin(ReadOnlyAdmin):
    """Stated preferences, as the guest left them."""

    list_display = ["user", "cuisines", "price_levels", "features", "max_distance", "updated_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__public_id"]


@admin.register(Swipe)
class SwipeAdmin(ReadOnlyAdmin):
    """Likes and passes."""

    list_display = ["user", "restaurant", "action_label", "at"]
    list_filter = ["action"]
    list_select_related = ["user", "restaurant"]
    search_fields = ["user__email", "user__public_id", "restaurant__name"]

    @display(description="action", ordering="action", label={"like": "success", "pass": "default"})
    def action_label(self, row: Swipe) -> tuple[str, str]:
        """In colour."""
        return (row.action, row.get_action_display())
