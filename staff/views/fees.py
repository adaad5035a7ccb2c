"""Charging the fee of a party that did not come, or cancelled too late."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django import forms
from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError, NotFound
from reservations.engine.lifecycle import Status
from reservations.errors import NoFeeDue, NotChangeable, PaymentAsked
from reservations.services.fees import FeeQuote, charge_fee, send_fee_link
from reservations.views.base import warn
from restaurants.access import Capability
from staff import money_words
from staff.forms.payments import AmountForm
from staff.views.booking_money import FEE_OF, fee_of
from staff.views.money_actions import OfBooking, Question


class FeeView(OfBooking):
    """The fee of a party that did not come or cancelled too late."""

    needs = Capability.CHARGE
    title = gettext_lazy("Charge a fee")
    stays = False
    quoted: FeeQuote | None = None

    def within(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Why there is no fee, the booking's page says."""
        try:
            return super().within(request, *args, **kwargs)
        except _NoFee as error:
            warn(request, error.why)
            return HttpResponseRedirect(self.back())

    def find(self, public_id: str) -> None:
        """The booking, and what its fee would be; the deed itself asks the service alone."""
        super().find(public_id)
        if self.is_sent:
            return
        quoted = fee_of(self.row)
        if quoted is None:
            raise NotFound
        if isinstance(quoted, DomainError):
            raise _NoFee(quoted)
        self.quoted = quoted

    def form(self, data: Any) -> forms.Form:
        """How much, up to what the guest agreed to."""
        if self.quoted is None:
            return AmountForm(data, currency=self.row.currency)
        form = AmountForm(data, currency=self.quoted.currency, most=self.quoted.most)
        form.initial["amount"] = money_words.plain(self.quoted.amount, self.quoted.currency)
        return form

    def about(self) -> str:
        """By which way."""
        ways = {
            "hold": _("It is taken of what is set aside on the card."),
            "card": _("It is charged to the card on file."),
            "link": _("The card cannot be charged any more. The guest is asked by a link."),
        }
        return ways[self.quoted.way] if self.quoted else ""

    def question(self, said: dict[str, Any]) -> Question:
        """With the amount and the guest."""
        way = self.quoted.way if self.quoted else ""
        named = {
            "money": money_words.money_text(said["amount"], self.row.currency),
            "guest": self.row.guest_name or self.row.code,
        }
        if way == "link":
            return Question(
                _("Ask for %(money)s?") % named,
                _("%(guest)s gets a message with a link to pay %(money)s.") % named,
                _("Ask for %(money)s") % named,
                way=way,
            )
        return Question(
            _("Charge %(money)s?") % named,
            _("%(money)s is taken from the card of %(guest)s, who is told.") % named,
            _("Charge %(money)s") % named,
            is_grave=True,
            way=way,
        )

    def do(self, said: dict[str, Any], key: str) -> str:
        """Once a booking, whoever clicks."""
        identifier, by = self.row.public_id, self.request.actor
        kind = FEE_OF.get(Status(self.row.status))
        if kind is None:
            raise NotChangeable(status=self.row.status)
        if self.request.POST.get("way") == "link":
            # The second of two clicks finds the link of the first.
            with suppress(PaymentAsked):
                send_fee_link(identifier, kind, amount=said["amount"], by=by)
            return _("The link is on its way to the guest.")
        fee = charge_fee(identifier, kind, amount=said["amount"], by=by, confirm=True)
        if fee.outcome == "refused":
            raise NoFeeDue(_("The card refused. You can ask the guest by a link instead."))
        if fee.outcome == "pending":
            return _("The fee is being charged. This page will say how it went.")
        return _("The fee is charged.")


class _NoFee(Exception):
    """There is nothing to charge, and ``why``."""

    def __init__(self, why: DomainError) -> None:
        super().__init__(why.text)
        self.why = why
