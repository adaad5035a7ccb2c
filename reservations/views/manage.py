"""A booking by the link from its message: see it, say yes again, write, be late, cancel it."""

from __future__ import annotations

import hashlib
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.errors import DomainError, NotFound
from notifications.wording import amount
from reservations.engine.lifecycle import Status
from reservations.errors import AlreadyCancelled, LinkRevoked, RefundChanged
from reservations.forms import LateForm, MessageForm, first_error
from reservations.selectors.bookings import Booking
from reservations.services.by_link import (
    cancel_for_link,
    may_be_late,
    may_reconfirm,
    message_house,
    reconfirm_for_link,
    running_late,
)
from reservations.services.cancellation import quote_cancellation
from reservations.services.links import open_link, page_address
from reservations.services.payment_requests import deciding_request, pay_address
from reservations.views import pay_words
from reservations.views.base import manage_page, tell, warn
from reservations.views.ticket import calendar_file, may_cancel, ticket_of
from reservations.views.tokens import TokenView
from reservations.views.wallet import wallets_of

_NOTE, _SENT = "note", "note_sent"
"""Entries of the session: a message that was refused, and the fingerprint of the last one sent."""

LINK_WRONG = (NotFound, LinkRevoked)
"""What :class:`TokenView` has a page for."""


def manage_address(token: str) -> str:
    """The absolute address of the page, as messages have it."""
    return page_address("booking", token)


class ManageView(TokenView):
    """``GET /booking/<token>/``: the booking, and all that can be done with it."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Reads only: mail programs may look ahead."""
        found = open_link(token)
        now = clock.now()
        context = ticket_of(found, manage_url=manage_address(token)) | {
            "token": token,
            "may_reconfirm": may_reconfirm(found, now),
            "has_reconfirmed": found.status == Status.RECONFIRMED and found.starts_at > now,
            "may_be_late": may_be_late(found, now),
            "minutes": LateForm.STEPS,
            **wallets_of(found),
            "pay_url": _pay_url(found),
            "note": MessageForm(initial={"text": request.session.pop(_NOTE, "")}),
        }
        return render(request, "reservations/manage.html", context)


def _pay_url(found: Booking) -> str:
    """Where a booking that waits for money is paid; empty for all others."""
    if found.status != Status.PENDING_PAYMENT:
        return ""
    try:
        return pay_address(deciding_request(found.public_id))
    except NotFound:
        return ""


class ManageCalendarView(TokenView):
    """``GET /booking/<token>/calendar.ics``: the booking for a calendar."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """One event; adding it again updates it."""
        return calendar_file(open_link(token), manage_address(token))


class ReconfirmView(TokenView):
    """``POST /booking/<token>/coming/``: the guest says again that they are coming."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """A reload of the form's address."""
        return redirect(manage_page(token))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Tell the house; a second click changes nothing, and the page says so either way."""
        try:
            found = reconfirm_for_link(token)
        except LINK_WRONG:
            raise
        except DomainError as error:
            warn(request, error)
            return redirect(manage_page(token))
        tell(request, _("Thank you. %(house)s expects you.") % {"house": found.house.name})
        return redirect(manage_page(token))


class MessageView(TokenView):
    """``POST /booking/<token>/message/``: a note to the house."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """A reload of the form's address."""
        return redirect(manage_page(token))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Leave the note; the same one again, by a second click, is the same note."""
        form = MessageForm(request.POST)
        typed = str(request.POST.get("text", ""))
        if not form.is_valid():
            return _keep(request, token, typed, first_error(form))
        text = form.cleaned_data["text"]
        mark = hashlib.blake2s(f"{token}:{text}".encode(), digest_size=12).hexdigest()
        if request.session.get(_SENT) != mark:
            try:
                message_house(token, text)
            except LINK_WRONG:
                raise
            except DomainError as error:
                return _keep(request, token, typed, error)
            request.session[_SENT] = mark
        tell(request, _("Your message is with the restaurant."))
        return redirect(manage_page(token))


def _keep(request: HttpRequest, token: str, typed: str, problem: str | DomainError) -> HttpResponse:
    request.session[_NOTE] = typed[:5000]
    warn(request, problem)
    return redirect(f"{manage_page(token)}#message")


class LateView(TokenView):
    """``POST /booking/<token>/late/``: the party will be so many minutes late."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """A reload of the form's address."""
        return redirect(manage_page(token))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Tell the house; saying the same again changes nothing."""
        form = LateForm(request.POST)
        if not form.is_valid():
            warn(request, first_error(form))
            return redirect(f"{manage_page(token)}#late")
        try:
            found = running_late(token, form.cleaned_data["minutes"])
        except LINK_WRONG:
            raise
        except DomainError as error:
            warn(request, error)
            return redirect(f"{manage_page(token)}#late")
        minutes = found.late_minutes or 0
        text = ngettext(
            "%(house)s knows that you will be %(minutes)d minute late. Take care on the way.",
            "%(house)s knows that you will be %(minutes)d minutes late. Take care on the way.",
            minutes,
        )
        tell(request, text % {"house": found.house.name, "minutes": minutes})
        return redirect(manage_page(token))


class CancelView(TokenView):
    """``/booking/<token>/cancel/``: what would come back, then cancelling."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The exact refund and until when it is how much, before anything is done."""
        found = open_link(token)
        if not may_cancel(found):
            return redirect(manage_page(token))
        quoted = quote_cancellation(found, clock.now())
        context: dict[str, Any] = ticket_of(found, manage_url="") | {
            "token": token,
            "percent": quoted.percent,
            "back": amount(quoted.amount, quoted.currency),
            "gives_back": quoted.amount > 0,
            "is_all": quoted.amount == found.deposit,
            "quoted": str(quoted.amount),
            "card_cost": (
                pay_words.cancelling(found, quoted.percent)
                if pay_words.is_chargeable(found)
                else ""
            ),
            "changed": "changed" in request.GET,
        }
        return render(request, "reservations/cancel.html", context)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Cancel for the refund that was shown; if it has changed meanwhile, ask again."""
        shown = _amount(request.POST.get("refund", ""))
        if shown is None:
            return redirect(manage_page(token, "manage_cancel"))
        try:
            cancel_for_link(token, refund=shown, percent=_percent(request))
        except AlreadyCancelled:
            pass  # By an earlier click; its page says so.
        except RefundChanged:
            return redirect(f"{manage_page(token, 'manage_cancel')}?changed")
        except LINK_WRONG:
            raise
        except DomainError as error:
            warn(request, error)
        return redirect(manage_page(token))


def _percent(request: HttpRequest) -> int | None:
    text = request.POST.get("percent", "")
    return int(text) if text.isdecimal() and len(text) <= 3 else None


def _amount(text: str) -> Decimal | None:
    try:
        shown = Decimal(text)
    except InvalidOperation:
        return None
    return shown if shown.is_finite() else None
