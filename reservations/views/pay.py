"""Paying by a link from a message: what for, how much, under which terms, and the form."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.actors import Actor, ActorKind
from core.errors import DomainError, TooOften
from notifications.wording import amount
from payments.models import PaymentKind
from payments.services.charges import OPEN
from reservations.errors import (
    PaidTooLate,
    PaymentActionRequired,
    PaymentDeclined,
    PaymentPending,
    PaymentRequestOver,
)
from reservations.limits import Act
from reservations.models import PaymentRequest
from reservations.models.payment_requests import FEES
from reservations.payment_forms import PaymentForm, ToPay, payment_form, takes_payments
from reservations.selectors.bookings import Booking, booking_with_key
from reservations.services.links import issue_link
from reservations.services.payment_links import pay
from reservations.services.payment_requests import open_request
from reservations.services.taking import taken_kind
from reservations.views import wording
from reservations.views.base import from_here, manage_page, tell, warn
from reservations.views.held import allow_component, problems
from reservations.views.protection import protect
from reservations.views.ticket import house_facts
from reservations.views.tokens import TokenView

GUEST = Actor(ActorKind.GUEST, label="Guest, by link")
_CHOSEN = "pay_form"
"""Entry of the session: the form that was not complete, until the page has shown it."""
_SECURED = (PaymentKind.HOLD, PaymentKind.CARD)


class PayView(TokenView):
    """``/pay/<token>/``: the booking, the amount, the terms and the provider's form; then paying.

    Every POST ends in a redirect. What the guest did at their bank is asked about by another POST,
    so that mail programs that look ahead change nothing.
    """

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Reads only, in every state the request can be in."""
        asked = open_request(token)
        found = booking_with_key(asked.reservation_id)
        typed = request.session.pop(_CHOSEN, None)
        form = None
        if takes_payments(found.house):
            given = {"data": typed} if typed is not None else {}
            form = payment_form(found.house, **given)
        answer = render(request, "reservations/pay.html", _context(asked, found, token, form))
        return allow_component(request, answer, form)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Pay, or ask what became of a payment; a repeat ends at the same page."""
        asked = open_request(token)
        found = booking_with_key(asked.reservation_id)
        here = redirect("pay", token)
        if _state(asked) not in ("open", "pending", "bank"):
            return here
        protect(request, Act.CONFIRMATION, phone=found.house.phone)
        method: dict[str, Any] = {}
        if _state(asked) == "open":
            if not takes_payments(found.house):
                return here
            form = payment_form(found.house, data=request.POST)
            if not form.is_valid():
                request.session[_CHOSEN] = request.POST.dict()
                return here
            method = form.method()
        return _pay(request, asked, token, method)


def _pay(
    request: HttpRequest, asked: PaymentRequest, token: str, method: dict[str, Any]
) -> HttpResponse:
    here = reverse("pay", args=[token])
    try:
        pay(asked.pk, method, by=GUEST)
    except PaymentActionRequired as error:
        return redirect(from_here(str(error.details["redirect_url"])) or here)
    except PaymentDeclined as error:
        what_now = _("You were not charged. Please try another card.")
        warn(request, f"{error.text} {what_now}", about="pay")
        return redirect(f"{here}#pay")
    except (PaymentPending, PaymentRequestOver, PaidTooLate):
        # The page says what became of it better than the error does.
        return redirect(here)
    except TooOften:
        raise
    except DomainError as error:
        warn(request, error)
        return redirect(here)
    tell(request, _("Thank you. Your payment has arrived."))
    return redirect(here)


def _state(asked: PaymentRequest) -> str:
    """``open``, ``bank`` (the guest was sent there), ``pending``, ``paid``, ``expired``,
    ``withdrawn`` or ``returned`` (money that came too late is on its way back)."""
    payment = asked.payment
    if asked.status == PaymentRequest.Status.PAID:
        return "paid"
    if payment is not None and payment.status == "action":
        return "bank"
    if payment is not None and payment.status in OPEN:
        return "pending"
    if payment is not None and payment.captured > 0:
        return "returned"
    if asked.status != PaymentRequest.Status.OPEN:
        return asked.status
    return "open" if asked.expires_at > clock.now() else "expired"


def _context(
    asked: PaymentRequest, found: Booking, token: str, form: PaymentForm | None
) -> dict[str, Any]:
    zone, state = found.house.zone, _state(asked)
    kind = taken_kind(asked.kind, found.house, found.starts_at, clock.now())
    to_pay = ToPay(found.house, asked.amount, asked.currency, kind)
    first, *terms = asked.agreed_text.split("\n")
    return {
        **house_facts(found.house),
        "booking": found,
        "token": token,
        "state": state,
        "when": wording.moment(found.starts_at, zone),
        "party": wording.guests(found.party_size),
        "total": amount(asked.amount, asked.currency),
        "until": wording.moment(asked.expires_at, zone),
        "keeps_table": bool(asked.becomes),
        "is_fee": asked.kind in FEES,
        "is_secured": asked.kind in _SECURED,
        "headline": first,
        "terms": terms,
        "payment": form,
        "held": to_pay,
        "component": form.component(to_pay) if form else {},
        "action": asked.payment.action if asked.payment else {},
        "takes_payments": form is not None,
        "problems": problems(form) if form is not None and form.is_bound else [],
        "bank_url": (asked.payment.action.get("url", "") if asked.payment else ""),
        "manage_url": manage_page(issue_link(found.public_id)) if state == "paid" else "",
    }
