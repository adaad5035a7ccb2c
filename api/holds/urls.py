"""The paths of contract 2; the one it shares with contract 1 is in ``api.urls``."""

from __future__ import annotations

from django.urls import path

from api.holds import restaurants, views

urlpatterns = [
    path("reservations/availability", views.AvailabilityView.as_view()),
    path("reservations/hold", views.HoldView.as_view()),
    path("reservations/hold/active", views.ActiveHoldView.as_view()),
    path("reservations/hold/<public_id:hold_id>", views.HoldActionView.as_view()),
    path("reservations/hold/<public_id:hold_id>/extend", views.HoldExtensionView.as_view()),
    path("reservations/confirm", views.ConfirmView.as_view()),
    path("reservations/user/<public_id:user_id>", views.UserReservationsView.as_view()),
    path("restaurants/discovery", restaurants.DiscoveryView.as_view()),
    path("restaurants/<public_id:restaurant_id>", restaurants.RestaurantView.as_view()),
    path("restaurants/<public_id:restaurant_id>/swipe", restaurants.SwipeView.as_view()),
    path("preferences", restaurants.PreferencesView.as_view()),
]
