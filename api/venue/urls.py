"""Contract 5's paths."""

from __future__ import annotations

from django.urls import path

from api.venue.hours import BusinessHoursView

urlpatterns = [
    path("business/hours", BusinessHoursView.as_view(), name="venue-business-hours"),
]
