"""The paths of the widget."""

from __future__ import annotations

from django.urls import path

from api.embed import views

urlpatterns = [
    path(
        "embed/restaurants/<public_id:restaurant_id>/reservations",
        views.WidgetReservationView.as_view(),
    ),
]
