"""Moving money: asked first, with the amount in the question; then done once, however often sent.

Every form carries a mark, and the services make their keys from it: a double click, a reload or
two tabs move the money once, even while Redis is away.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.errors import DomainError, Forbidden, NotFound
from core.rates import fingerprint
from payments.models import Payment, Refund
from payments.services.by_staff import refund_by_staff, release_by_staff
from payments.services.refunds import retry_refund
from reservations.selectors.house_money import bookings_of
from reservations.services.redemption import redeem
from reservations.views.base import warn
from reservations.views.held import problems
from restaurants.access import Capability
from staff import money_words, once
from staff.access import HouseView, StaffRequest, house_url
from staff.forms import errors
from staff.forms.payments import ReasonForm, RedeemForm, RefundForm
from staff.views.booking_money import booking_at, payment_at

CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before anything moves; the button says what it does."""

    title: str
    about: str
    submit: str
    is_grave: bool = False
    """Takes money, or cannot be undone."""
    way: str = ""
    """Of charging a fee, as it was asked."""


class MoneyAction(HouseView):
    """A form (if there is something to say), a question with the amount, the deed.

    Without fields to fill in it begins with the question. What a service refuses is said beside the
    form, and nothing has happened.
    """

    title: ClassVar[Any] = ""
    has_form: ClassVar[bool] = True
    stays: ClassVar[bool] = True
    """On the form when the service refuses; else the page one came from says why."""

    def get(self, request: StaffRequest, public_id: str) -> HttpResponse:
        """The form, or the question."""
        self.find(public_id)
        form = self.form(None)
        return self._page(form) if self.has_form else self._ask(form)

    def post(self, request: StaffRequest, public_id: str) -> HttpResponse:
        """The question, then the deed."""
        self.find(public_id)
        form = self.form(request.POST)
        if not form.is_valid():
            return self._page(form, 422)
        if not self.is_sent:
            return self._ask(form)
        try:
            said = self.do(form.cleaned_data, self._key(public_id))
        except Forbidden as error:
            raise PermissionDenied from error
        except NotFound:
            raise
        except DomainError as error:
            if not self.stays:
                warn(request, error)
                return HttpResponseRedirect(self.back())
            errors.add(form, error)
            return self._page(form, 409)
        if said:
            messages.success(request, said)
        return HttpResponseRedirect(self.back())

    def find(self, public_id: str) -> None:
        """Look up what this is about. Raises NotFound."""
        raise NotImplementedError

    def form(self, data: Any) -> forms.Form:
        """What there is to say; nothing unless overridden."""
        return forms.Form(data)

    def question(self, said: dict[str, Any]) -> Question:
        """What is about to happen."""
        raise NotImplementedError

    def do(self, said: dict[str, Any], key: str) -> str:
        """Do it, through the service; what to say then."""
        raise NotImplementedError

    def back(self) -> str:
        """Where to go afterwards."""
        raise NotImplementedError

    def about(self) -> str:
        """Above the form."""
        return ""

    @property
    def is_sent(self) -> bool:
        """Whether this is the deed. What there is at most, its service says then: the same form
        sent again must find what it did, not that there is nothing left."""
        return CONFIRMED in self.request.POST and bool(self.request.POST.get(once.FIELD))

    def _key(self, public_id: str) -> str:
        """From person, deed, target and form: the same form is the same deed, and no other's."""
        name = type(self).__name__
        mark = self.request.POST[once.FIELD][:64]
        return fingerprint(f"{self.request.actor.id}:{name}:{public_id}:{mark}")

    def _page(self, form: forms.Form, status: int = 200) -> HttpResponse:
        context = {
            "title": self.title,
            "about": self.about(),
            "form": form,
            "back": self.back(),
            "problems": problems(form),
            "others": form.non_field_errors(),
        }
        return render(self.request, "staff/money_form.html", context, status=status)

    def _ask(self, form: forms.Form) -> HttpResponse:
        said = form.cleaned_data if form.is_bound else {}
        context = {
            "question": self.question(said),
            "form": form if form.is_bound else None,
            "once": once.fresh(),
            "back": self.back(),
        }
        return render(self.request, "staff/money_question.html", context)


class _OfPayment(MoneyAction):
    row: Payment

    def find(self, public_id: str) -> None:
        """The payment."""
        self.row = payment_at(self.request.venue, public_id)

    def back(self) -> str:
        """Its page."""
        return house_url(self.request.venue, "payment", self.row.public_id)

    @property
    def most(self) -> Decimal | None:
        """What the form takes."""
        return None if self.is_sent else money_words.left_of(self.row)

    def named(self, value: Any = None) -> dict[str, str]:
        """The amount, and the card, for sentences."""
        amount = money_words.left_of(self.row) if value is None else value
        return {
            "money": money_words.money_text(amount, self.row.currency),
            "card": money_words.card(self.row) or money_words.provider(self.row),
        }


class RefundView(_OfPayment):
    """Some or all goes back to the guest."""

    needs = Capability.MANAGE
    title = gettext_lazy("Refund")

    def form(self, data: Any) -> forms.Form:
        """How much, and why."""
        return RefundForm(data, currency=self.row.currency, most=self.most)

    def about(self) -> str:
        """To where."""
        return _("It goes back to where it came from: %(card)s.") % self.named()

    def question(self, said: dict[str, Any]) -> Question:
        """With the amount."""
        named = self.named(said["amount"])
        return Question(
            _("Refund %(money)s?") % named,
            _("%(money)s goes back to %(card)s. This cannot be undone.") % named,
            _("Refund %(money)s") % named,
            is_grave=True,
        )

    def do(self, said: dict[str, Any], key: str) -> str:
        """Owed now; a worker sends it."""
        refund = refund_by_staff(
            self.row.public_id,
            said["amount"],
            reason=said["reason"],
            by=self.request.actor,
            key=key,
        )
        return _("%(money)s is on its way back.") % self.named(refund.amount)


class ReleaseView(_OfPayment):
    """What is set aside, or the card on file, is let go."""

    needs = Capability.MANAGE
    title = gettext_lazy("Let the card go")

    def form(self, data: Any) -> forms.Form:
        """Why."""
        return ReasonForm(data)

    def question(self, said: dict[str, Any]) -> Question:
        """With the amount that can be charged no more."""
        named = self.named(self.row.amount)
        return Question(
            _("Let the card go?"),
            _("The %(money)s on %(card)s can be charged no more. This cannot be undone.") % named,
            _("Let %(money)s go") % named,
            is_grave=True,
        )

    def do(self, said: dict[str, Any], key: str) -> str:
        """Asked for now; a worker tells the provider."""
        release_by_staff(self.row.public_id, reason=said["reason"], by=self.request.actor)
        return _("The card is being let go.")


class RedeemView(_OfPayment):
    """The deposit comes off the bill."""

    needs = Capability.OPERATE
    title = gettext_lazy("Set off on the bill")

    def form(self, data: Any) -> forms.Form:
        """How much, and off which bill."""
        return RedeemForm(data, currency=self.row.currency, most=self.most)

    def about(self) -> str:
        """What it means."""
        return _("What comes off the bill cannot be refunded any more.")

    def question(self, said: dict[str, Any]) -> Question:
        """With the amount."""
        named = self.named(said["amount"])
        return Question(
            _("Set %(money)s off on the bill?") % named,
            _("Take %(money)s off the bill of this party. It cannot be refunded then.") % named,
            _("Set %(money)s off") % named,
        )

    def do(self, said: dict[str, Any], key: str) -> str:
        """Written down."""
        found = bookings_of([self.row]).get(self.row.purpose)
        if found is None:
            raise NotFound
        done = redeem(
            found.public_id,
            self.row.public_id,
            said["amount"],
            bill=said["bill"],
            by=self.request.actor,
            key=key,
        )
        return _("%(money)s comes off the bill.") % self.named(done.amount)


class RetryRefundView(MoneyAction):
    """A refund that failed or was given up, once more."""

    needs = Capability.MANAGE
    has_form = stays = False
    row: Refund

    def find(self, public_id: str) -> None:
        """The refund, of a payment of this house."""
        rows = Refund.objects.filter(payment__restaurant=self.request.venue, public_id=public_id)
        found = rows.select_related("payment").first()
        if found is None:
            raise NotFound
        self.row = found

    def back(self) -> str:
        """The payment's page."""
        return house_url(self.request.venue, "payment", self.row.payment.public_id)

    def question(self, said: dict[str, Any]) -> Question:
        """With the amount."""
        named = {"money": money_words.money_text(self.row.amount, self.row.payment.currency)}
        return Question(
            _("Try to refund %(money)s again?") % named,
            _("The provider is asked again. Nothing is ever paid back twice."),
            _("Refund %(money)s") % named,
        )

    def do(self, said: dict[str, Any], key: str) -> str:
        """Due at once."""
        retry_refund(self.row.pk, by=self.request.actor, at=clock.now())
        named = {"money": money_words.money_text(self.row.amount, self.row.payment.currency)}
        return _("%(money)s is on its way back.") % named


class OfBooking(MoneyAction):
    """A deed about a booking, which ends on the page of its money."""

    def find(self, public_id: str) -> None:
        """The booking."""
        self.row = booking_at(self.request.venue, public_id)

    def back(self) -> str:
        """Its money."""
        return house_url(self.request.venue, "booking_money", self.row.public_id)
