"""The page after booking, as the browser that made the booking sees it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from reservations.services.links import issue_link, link_address
from reservations.views.base import GuestView, manage_page
from reservations.views.ticket import calendar_file, ticket_of
from reservations.views.visitor import own_booking
from reservations.views.wallet import wallets_of


class BookedView(GuestView):
    """``GET /booked/<booking_id>/``: the code, what happens next, and the link for later."""

    embed_event = "booked"

    def get(self, request: HttpRequest, booking_id: str) -> HttpResponse:
        """Safe to reload; the page of a cancelled booking says so."""
        found = own_booking(request, booking_id)
        token = issue_link(found.public_id)
        context = ticket_of(found, manage_url=link_address(found.public_id)) | {
            "token": token,
            "step": 3,
            **wallets_of(found),
        }
        return render(request, "reservations/booked.html", context)


class CalendarView(GuestView):
    """``GET /booked/<booking_id>/calendar.ics``: the booking for a calendar."""

    def get(self, request: HttpRequest, booking_id: str) -> HttpResponse:
        """One event; adding it again updates it."""
        found = own_booking(request, booking_id)
        return calendar_file(found, link_address(found.public_id))


class ToManageView(GuestView):
    """``GET /my-bookings/<booking_id>/``, ``/booked/<booking_id>/cancel/``: to the link."""

    name = "manage"

    def get(self, request: HttpRequest, booking_id: str) -> HttpResponse:
        """Whoever may see the booking here may have its link."""
        found = own_booking(request, booking_id)
        return redirect(manage_page(issue_link(found.public_id), self.name))
