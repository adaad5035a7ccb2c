"""The addresses of the guest pages."""

from __future__ import annotations

from django.urls import path

from reservations.views import (
    booked,
    bookings,
    change,
    embed,
    hold,
    home,
    likes,
    manage,
    party,
    pay,
    restaurant,
    site,
    style,
    waitlist,
    wallet,
)
from reservations.views.wishes import WAITLIST_URL_NAME

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
    path(
        "booked/<slug:booking_id>/cancel/",
        booked.ToManageView.as_view(name="manage_cancel"),
        name="cancel",
    ),
    path("booking/<slug:token>/", manage.ManageView.as_view(), name="manage"),
    path("booking/<slug:token>/change/", change.ChangeView.as_view(), name="manage_change"),
    path("booking/<slug:token>/cancel/", manage.CancelView.as_view(), name="manage_cancel"),
    path("booking/<slug:token>/coming/", manage.ReconfirmView.as_view(), name="manage_coming"),
    path("booking/<slug:token>/message/", manage.MessageView.as_view(), name="manage_message"),
    path("booking/<slug:token>/late/", manage.LateView.as_view(), name="manage_late"),
    path(
        "booking/<slug:token>/calendar.ics",
        manage.ManageCalendarView.as_view(),
        name="manage_calendar",
    ),
    path("booking/<slug:token>/pass.pkpass", wallet.ApplePassView.as_view(), name="manage_pass"),
    path(
        "booking/<slug:token>/google-wallet/",
        wallet.GooglePassView.as_view(),
        name="manage_google_wallet",
    ),
    path("pay/<slug:token>/", pay.PayView.as_view(), name="pay"),
    path("my-bookings/", bookings.BookingsView.as_view(), name="my_bookings"),
    path("my-bookings/sent/", bookings.SentView.as_view(), name="my_bookings_sent"),
    path("my-bookings/sign-out/", bookings.SignOutView.as_view(), name="sign_out"),
    path("my-bookings/<slug:booking_id>/", booked.ToManageView.as_view(), name="my_booking"),
    path("bookings/sign-in/<slug:token>/", bookings.SignInView.as_view(), name="sign_in"),
    path("r/<slug:slug>/waitlist/", waitlist.JoinView.as_view(), name=WAITLIST_URL_NAME),
    path("r/<slug:slug>/waitlist/done/", waitlist.DoneView.as_view(), name="waitlist-done"),
    path("r/<slug:slug>/large-party/", party.AskView.as_view(), name="party-ask"),
    path("r/<slug:slug>/large-party/done/", party.AskedView.as_view(), name="party-asked"),
    path("waitlist/<slug:token>/", waitlist.LeaveView.as_view(), name="waitlist-leave"),
]
