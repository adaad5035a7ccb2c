"""All bookings of an e-mail address, by a link to it: no account, no password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from core import clock
from core.errors import DomainError
from core.rates import guest_network
from reservations.engine.lifecycle import Status
from reservations.forms import EmailForm
from reservations.limits import Act
from reservations.selectors.bookings import Booking, bookings_of_email, bookings_of_user
from reservations.services import sign_in
from reservations.views import visitor, wording
from reservations.views.base import GuestView, tell, warn
from reservations.views.held import problems
from reservations.views.home import picture_of
from reservations.views.protection import protect
from reservations.views.ticket import TURNED_AWAY, WAITING
from reservations.views.tokens import TokenView

_ASKED = "asked_email"
_PAST = 30
"""How many bookings that are over the page shows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One booking in the list."""

    public_id: str
    code: str
    name: str
    picture: str
    when: str
    party: str
    diner: str
    """Who comes, when it was booked for somebody else."""
    state: str
    """A word, for those that are not simply booked."""
    is_off: bool


class BookingsView(GuestView):
    """``/my-bookings/``: the list for whoever has proved an address, else the form to prove it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Coming ones first, soonest first; then those that are over, latest first."""
        user: Any = request.user
        if not (visitor.signed_in_email(request) or user.is_authenticated):
            known = visitor.draft_of(request).get("email", "")
            return _form(request, EmailForm(initial={"email": known}))
        context = {
            "email": visitor.signed_in_email(request) or user.email,
            "upcoming": _entries(request, "upcoming"),
            "past": _entries(request, "past")[:_PAST],
        }
        return render(request, "reservations/bookings.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send the link; the page that follows is the same whether or not there are bookings."""
        form = EmailForm(request.POST)
        if not form.is_valid():
            return _form(request, form)
        email = form.cleaned_data["email"]
        protect(request, Act.SIGN_IN_MAIL)
        try:
            sign_in.request_sign_in(
                email,
                network=guest_network(request.META) or "",
                language=translation.get_language() or "",
            )
        except DomainError as error:
            warn(request, error)
            return redirect("my_bookings")
        request.session[_ASKED] = email
        return redirect("my_bookings_sent")


class SentView(GuestView):
    """``GET /my-bookings/sent/``: look into your mail."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Safe to reload: sends nothing."""
        email = request.session.get(_ASKED, "")
        if not email:
            return redirect("my_bookings")
        minutes = sign_in.LIFE.total_seconds()
        context = {"email": email, "minutes": round(minutes / 60)}
        return render(request, "reservations/sign_in_sent.html", context)


class SignInView(TokenView):
    """``/bookings/sign-in/<token>/``: the page of the link in the mail."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """A button only: mail programs open links too, and this one is good once."""
        return render(request, "reservations/sign_in.html", {"token": token})

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Redeem it. The second half of a double click finds the list as well."""
        try:
            email = sign_in.redeem(token)
        except DomainError:
            if visitor.signed_in_email(request):
                return redirect("my_bookings")
            raise
        visitor.sign_in(request, email)
        return redirect("my_bookings")


class SignOutView(GuestView):
    """``POST /my-bookings/sign-out/``: forget everything in this browser."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """A reload of the form's address."""
        return redirect("my_bookings")

    def post(self, request: HttpRequest) -> HttpResponse:
        """May be repeated."""
        visitor.sign_out(request)
        tell(request, _("You are signed out. This browser knows nothing of you any more."))
        return redirect("my_bookings")


def _form(request: HttpRequest, form: EmailForm) -> HttpResponse:
    context = {"form": form, "problems": problems(form) if form.is_bound else []}
    status = 422 if form.errors else 200
    return render(request, "reservations/sign_in_form.html", context, status=status)


def _entries(request: HttpRequest, which: Literal["upcoming", "past"]) -> list[Entry]:
    now = clock.now()
    user: Any = request.user
    email = visitor.signed_in_email(request)
    found = bookings_of_email(email, which, now) if email else []
    if user.is_authenticated:
        have = {booking.id for booking in found}
        own = bookings_of_user(user.public_id, which, now=now).bookings
        found += [booking for booking in own if booking.id not in have]
        found.sort(key=lambda booking: booking.starts_at, reverse=which == "past")
    return [_entry(booking) for booking in found]


def _entry(found: Booking) -> Entry:
    status = Status(found.status)
    return Entry(
        public_id=found.public_id,
        code=found.code,
        name=found.house.name,
        picture=picture_of(found.house.image),
        when=wording.moment(found.starts_at, found.house.zone),
        party=wording.guests(found.party_size),
        diner=found.details.diner_name,
        state=_state(status),
        is_off=status in TURNED_AWAY | {Status.CANCELLED, Status.NO_SHOW},
    )


def _state(status: Status) -> str:
    if status in WAITING:
        return _("Waiting for the restaurant")
    if status in TURNED_AWAY:
        return _("Not possible")
    if status is Status.CANCELLED:
        return _("Cancelled")
    return ""
