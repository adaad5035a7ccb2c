"""The addresses of the guest pages."""

from __future__ import annotations

from django.urls import path

from reservations.views import booked, embed, hold, home, likes, restaurant, site, style

urlpatterns = [
    path("", home.HomeView.as_view(), name="home"),
    path("near/", likes.NearView.as_view(), name="near"),
    path("accent/<str:colour>.css", style.accent, name="accent"),
    path("styleguide/", style.StyleguideView.as_view(), name="styleguide"),
    path("robots.txt", site.robots, name="robots"),
    path("favicon.ico", site.favicon, name="favicon"),
    path("r/<slug:slug>/", restaurant.RestaurantView.as_view(), name="restaurant"),
    path("embed.js", embed.current_script, name="embed_script"),
    path("embed-<str:version>.js", embed.versioned_script, name="embed_script_version"),
    path("r/<slug:slug>/continue/<str:token>/", embed.ContinueView.as_view(), name="continue"),
    path("r/<slug:slug>/hold/", restaurant.PlaceHoldView.as_view(), name="place_hold"),
    path("r/<slug:slug>/like/", likes.SwipeView.as_view(), name="swipe"),
    path("hold/<slug:hold_id>/", hold.HoldView.as_view(), name="hold"),
    path("hold/<slug:hold_id>/more-time/", hold.MoreTimeView.as_view(), name="more_time"),
    path("hold/<slug:hold_id>/release/", hold.ReleaseView.as_view(), name="release"),
    path("hold/<slug:hold_id>/again/", hold.HoldAgainView.as_view(), name="hold_again"),
    path("booked/<slug:booking_id>/", booked.BookedView.as_view(), name="booked"),
    path("booked/<slug:booking_id>/calendar.ics", booked.CalendarView.as_view(), name="calendar"),
    path("booked/<slug:booking_id>/cancel/", booked.CancelView.as_view(), name="cancel"),
]
