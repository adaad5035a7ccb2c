"""Asking guests for money by a link, and taking it back; once, however often it is sent."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import NotFound
from reservations.messages import way_for
from reservations.models import PaymentRequest
from reservations.selectors.houses import house
from reservations.services import payment_requests
from restaurants.access import Capability
from staff import money_words
from staff.access import house_url
from staff.forms.payments import AskForm
from staff.views.money_actions import MoneyAction, OfBooking, Question


class AskView(OfBooking):
    """Ask the guest for money by a link."""

    needs = Capability.OPERATE
    title = gettext_lazy("Send a payment link")

    def form(self, data: Any) -> forms.Form:
        """What for, how much, for how long."""
        return AskForm(data)

    def about(self) -> str:
        """Who gets it."""
        row = self.row
        plan = house(row.restaurant_id, row.restaurant.plan_version)
        way = way_for(
            plan,
            "payment_requested",
            email=row.guest_email,
            phone=row.guest_phone,
            by_sms=row.by_sms,
        )
        if way is None:
            return _("This guest left no address to write to: the link cannot be sent.")
        if way.channel == "sms":
            return _("The guest gets a text with a link to pay by.")
        return _("The guest gets an e-mail with a link to pay by.")

    def question(self, said: dict[str, Any]) -> Question:
        """With the amount, or by the policies."""
        amount, currency = said["amount"], self.row.currency
        named = {
            "money": money_words.money_text(amount, currency) if amount else "",
            "guest": self.row.guest_name or self.row.code,
        }
        if not amount:
            return Question(
                _("Send a payment link?"),
                _("%(guest)s is asked for what your policies say.") % named,
                _("Send the link"),
            )
        return Question(
            _("Ask for %(money)s?") % named,
            _("%(guest)s gets a message with a link to pay %(money)s.") % named,
            _("Ask for %(money)s") % named,
        )

    def do(self, said: dict[str, Any], key: str) -> str:
        """Once a form."""
        minutes = said["minutes"]
        asked = payment_requests.ask_for_payment(
            self.row.public_id,
            by=self.request.actor,
            amount=said["amount"],
            kind=said["kind"],
            expires_in=dt.timedelta(minutes=minutes) if minutes else None,
            request_key=key,
        )
        named = {"money": money_words.money_text(asked.amount, asked.currency)}
        return _("The link over %(money)s is on its way to the guest.") % named


class WithdrawLinkView(MoneyAction):
    """The guest is not asked any more."""

    needs = Capability.OPERATE
    has_form = stays = False
    row: PaymentRequest

    def find(self, public_id: str) -> None:
        """The request, of a booking of this house."""
        rows = PaymentRequest.objects.filter(restaurant=self.request.venue, public_id=public_id)
        found = rows.select_related("reservation").first()
        if found is None:
            raise NotFound
        self.row = found

    def back(self) -> str:
        """The money of its booking."""
        booking = self.row.reservation
        return house_url(self.request.venue, "booking_money", booking.public_id)

    def question(self, said: dict[str, Any]) -> Question:
        """With the amount."""
        named = {"money": money_words.money_text(self.row.amount, self.row.currency)}
        return Question(
            _("Withdraw the link over %(money)s?") % named,
            _("It cannot be paid any more. What is paid in this moment goes back in full."),
            _("Withdraw the link"),
            is_grave=True,
        )

    def do(self, said: dict[str, Any], key: str) -> str:
        """Withdrawn; sent twice it stays so."""
        payment_requests.withdraw(self.row.public_id, by=self.request.actor)
        return _("The link is withdrawn.")
