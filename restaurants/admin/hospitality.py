"""Happy hours and seasonal hours: what guests are told, apart from the book."""

from __future__ import annotations

from restaurants.admin.scope import ScopedInline
from restaurants.models import HappyHour, SeasonalHours


class HappyHourInline(ScopedInline):
    """When the bar is cheaper."""

    model = HappyHour
    fields = ["weekdays", "starts", "ends"]


class SeasonalHoursInline(ScopedInline):
    """What changes in some months of every year."""

    model = SeasonalHours
    fields = ["name", "first_month", "last_month", "changes"]
