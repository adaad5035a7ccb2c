"""The addresses of the guest pages."""

from __future__ import annotations

from django.urls import path

from reservations.views import booked, hold, home, restaurant, site

urlpatterns = [
    path("", home.HomeView.as_view(), name="home"),
    path("robots.txt", site.robots, name="robots"),
    path("favicon.ico", site.favicon, name="favicon"),
    path("r/<slug:slug>/", restaurant.RestaurantView.as_view(), name="restaurant"),
    path("r/<slug:slug>/hold/", restaurant.PlaceHoldView.as_view(), name="place_hold"),
    path("hold/<slug:hold_id>/", hold.HoldView.as_view(), name="hold"),
    path("hold/<slug:hold_id>/more-time/", hold.MoreTimeView.as_view(), name="more_time"),
    path("hold/<slug:hold_id>/release/", hold.ReleaseView.as_view(), name="release"),
    path("hold/<slug:hold_id>/again/", hold.HoldAgainView.as_view(), name="hold_again"),
    path("booked/<slug:booking_id>/", booked.BookedView.as_view(), name="booked"),
    path("booked/<slug:booking_id>/calendar.ics", booked.CalendarView.as_view(), name="calendar"),
    path("booked/<slug:booking_id>/cancel/", booked.CancelView.as_view(), name="cancel"),
]
