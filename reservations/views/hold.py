"""A held table: who is coming, the deposit, more time, giving it back."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext as _

from core import clock, rates
from core.errors import DomainError, TooOften
from payments.selectors import action_of
from reservations.engine.types import Channel
from reservations.errors import (
    ActiveHoldExists,
    AlreadyBooked,
    ContactHolds,
    HoldConfirmed,
    HoldExpired,
    HoldNotFound,
    PaidTooLate,
    PaymentActionRequired,
    PaymentDeclined,
    PaymentPending,
    PaymentsUnavailable,
    SlotUnavailable,
)
from reservations.forms import DetailsForm
from reservations.guests import Guest
from reservations.limits import Act
from reservations.payment_forms import PaymentForm, payment_form, takes_payments
from reservations.selectors.holds import PAYING, HeldPlace, active_hold_of, hold_of
from reservations.services.abuse import contact_keys
from reservations.services.confirmation import (
    Particulars,
    call_off_payment,
    confirm_hold,
    resume_payment,
)
from reservations.services.holds import (
    HoldRequest,
    extend_hold,
    is_as_wished,
    place_hold,
    release_hold,
)
from reservations.views import visitor, wording
from reservations.views.base import (
    GuestView,
    booked_page,
    from_here,
    hold_page,
    tell,
    warn,
    way_back,
)
from reservations.views.held import State, hold_context, show, state_of, times_of
from reservations.views.protection import protect


class HoldView(GuestView):
    """``/hold/<hold_id>/``: the form, and confirming it.

    Every POST ends in a redirect, refused or not: back and reload then show a page, never the
    browser's question whether to send a form again. What was typed waits in the session.
    """

    embed_event = "held"

    def get(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """The form, with what is wrong about it after ``?check``, or what became of the hold."""
        held = hold_of(visitor.holder_of(request, hold_id), hold_id)
        if held.reservation is not None:
            visitor.remember_booking(request, held.reservation)
            return redirect(booked_page(held.reservation))
        if held.payment_status in ("action", "failed", "voided"):
            if answered := _asked_at_bank(request, held):
                return answered
            held = hold_of(visitor.holder_of(request, hold_id), hold_id)
        typed = visitor.draft_of(request) or _said_before(held)
        if typed and "check" in request.GET:
            forms = _details(held, data=typed), payment_form(held.house, data=typed)
        else:
            forms = _details(held, initial=typed), payment_form(held.house, initial=typed)
        return show(request, hold_context(held, *forms))

    def post(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """Confirm. Every repeat ends at the one booking."""
        guest = visitor.holder_of(request, hold_id)
        held = hold_of(guest, hold_id)
        if held.reservation is not None:
            visitor.remember_booking(request, held.reservation)
            return redirect(booked_page(held.reservation))
        state = state_of(held, clock.now())
        if held.payment_status == "action" and state in (State.PENDING, State.CHECKING):
            return _resume(request, held) or _to_bank(request, held)
        if state in (State.PENDING, State.CHECKING):
            return _conclude(request, held, guest, _said(held), _method_said(request, held))
        visitor.save_draft(request, request.POST)
        if state is not State.OPEN:
            protect(request, Act.HOLD, phone=held.house.phone)
            renewed = _hold_again(request, held, guest)
            if isinstance(renewed, str):
                return redirect(renewed)
            held = renewed
        return _confirm(request, held, guest)


def _confirm(request: HttpRequest, held: HeldPlace, guest: Guest) -> HttpResponse:
    details = _details(held, data=request.POST)
    payment = payment_form(held.house, data=request.POST)
    needs_payment = held.deposit > 0
    if not details.is_valid() or (needs_payment and not payment.is_valid()):
        return redirect(f"{hold_page(held.public_id)}?check")
    if needs_payment and not takes_payments(held.house):
        return redirect(hold_page(held.public_id))
    typed = details.cleaned_data
    keys = contact_keys(email=typed["email"], phone=typed["phone"], country=held.house.country)
    protect(request, Act.CONFIRMATION, *keys, phone=held.house.phone)
    language = translation.get_language() or ""
    particulars = details.particulars(language=language)
    return _conclude(request, held, guest, particulars, payment if needs_payment else None)


def _conclude(
    request: HttpRequest,
    held: HeldPlace,
    guest: Guest,
    particulars: Particulars,
    payment: PaymentForm | None,
) -> HttpResponse:
    """Ask the service; where to go then."""
    method = payment.method() if payment is not None and payment.is_valid() else None
    try:
        outcome = confirm_hold(
            held.public_id, guest, method=method, particulars=particulars, by=guest.actor
        )
    except (HoldExpired, PaidTooLate, PaymentPending, PaymentsUnavailable):
        # The page says what became of the hold better than the error does.
        return redirect(hold_page(held.public_id))
    except AlreadyBooked as error:
        warn(request, error)
        booked = str(error.details.get("reservation_id", ""))
        return redirect(booked_page(booked) if booked else hold_page(held.public_id))
    except PaymentActionRequired:
        return _to_bank(request, held)
    except PaymentDeclined as error:
        warn(request, f"{error.text} {_not_charged()}", about="pay")
        return redirect(f"{hold_page(held.public_id)}#pay")
    except ContactHolds as error:
        warn(request, _with_link(request, error))
        return redirect(hold_page(held.public_id))
    except TooOften:
        raise
    except DomainError as error:
        warn(request, error)
        return redirect(hold_page(held.public_id))
    visitor.remember_booking(request, outcome.booking.public_id)
    return redirect(booked_page(outcome.booking.public_id))


# --- At the bank ----------------------------------------------------------------------------------


_POLLS = rates.Window("approval", 1, 4)
"""A waiting page looks every few seconds; the provider need not be asked by each tab of it."""


def _asked_at_bank(request: HttpRequest, held: HeldPlace) -> HttpResponse | None:
    """What became of a payment its guest was sent to the bank with; None: nothing is new.

    A GET, because that is how browsers come back, and because it decides nothing: it writes down
    what was decided there, as the sweep and the provider's own notice do, whoever is first.
    """
    if held.payment_status == "action":
        counted = None if "back" in request.GET else rates.count(_POLLS, held.public_id)
        is_due = counted is None or counted.used <= _POLLS.limit
        return _resume(request, held) if is_due else None
    if held.payment_status in ("failed", "voided") and visitor.was_at_bank(request, held.public_id):
        # The notice was faster than the guest.
        return _resume(request, held)
    return None


def _resume(request: HttpRequest, held: HeldPlace) -> HttpResponse | None:
    """Go on with an approved payment; None while there is nothing to go on with."""
    try:
        outcome = resume_payment(held.public_id, visitor.holder_of(request, held.public_id))
    except PaymentDeclined as error:
        visitor.was_at_bank(request, held.public_id)
        warn(request, f"{error.text} {_not_charged()}", about="pay")
        return redirect(f"{hold_page(held.public_id)}#pay")
    except (PaymentActionRequired, PaymentPending, PaidTooLate, HoldExpired):
        return None
    visitor.remember_booking(request, outcome.booking.public_id)
    return redirect(booked_page(outcome.booking.public_id))


def _to_bank(request: HttpRequest, held: HeldPlace) -> HttpResponse:
    """Off to the bank. Inside another website the page offers a new window: banks refuse frames."""
    visitor.goes_to_bank(request, held.public_id)
    url = action_of(held.public_id).get("url", "")
    if not url or getattr(request, "embed", None):
        return redirect(hold_page(held.public_id))
    return redirect(from_here(url))


class BackView(GuestView):
    """``GET /hold/<hold_id>/back/``: where the bank sends guests to."""

    is_embeddable = False

    def get(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """To the hold, where this browser knows it; else the way to the window that does.

        The app of a bank may open another browser than the one the guest began in.
        """
        try:
            held = hold_of(visitor.holder_of(request, hold_id), hold_id)
        except HoldNotFound:
            return render(request, "reservations/back.html")
        return redirect(f"{hold_page(held.public_id)}?back")


class OtherCardView(GuestView):
    """``POST /hold/<hold_id>/other-card/``: not this card after all."""

    def get(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """A reload of the form's address."""
        return redirect(hold_page(hold_id))

    def post(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """Call the payment off and show the form again; what was approved after all counts."""
        call_off_payment(hold_id, visitor.holder_of(request, hold_id))
        visitor.was_at_bank(request, hold_id)
        return redirect(f"{hold_page(hold_id)}#pay")


def _said_before(held: HeldPlace) -> dict[str, str]:
    """What the guest told the website that placed the hold, or a payment that did not succeed."""
    said = {
        "name": held.guest_name,
        "email": held.guest_email,
        "phone": held.guest_phone,
        "special_requests": held.details.special_requests,
        "diner_name": held.details.diner_name,
        "diner_email": held.details.diner_email,
        "diner_phone": held.details.diner_phone,
    }
    return said if any(said.values()) else {}


def _with_link(request: HttpRequest, error: ContactHolds) -> str:
    """The refusal; to whoever holds the other table as well, with the way to it."""
    mine = {guest.key for guest in visitor.guests_here(request)}
    if error.guest_key not in mine:
        return error.text
    there = hold_page(error.hold_id)
    return format_html('{} <a href="{}">{}</a>', error.text, there, _("Go to it"))


def _said(held: HeldPlace) -> Particulars:
    """What the guest said when the payment began; nobody has to type it again."""
    return Particulars(
        **asdict(held.details),
        name=held.guest_name,
        email=held.guest_email,
        phone=held.guest_phone,
    )


def _method_said(request: HttpRequest, held: HeldPlace) -> PaymentForm:
    """The method the payment began with. The provider is asked by key: it charges nothing new."""
    return payment_form(held.house, data=visitor.draft_of(request))


def _hold_again(request: HttpRequest, held: HeldPlace, guest: Guest) -> HeldPlace | str:
    """The same place once more, or the address of the page that says why not.

    A place that has become dearer is shown before anything is paid.
    """
    try:
        renewed = place_hold(_same_again(held), guest, by=guest.actor)
    except SlotUnavailable:
        # The page of the lapsed hold looks again, says so and offers what is near.
        return f"{hold_page(held.public_id)}?gone"
    except ActiveHoldExists:
        other = active_hold_of(guest, clock.now())
        if other is not None and _is_the_same(other, held):
            return hold_page(other.public_id)
        warn(request, _("You hold another table. Finish that booking first, or give it back."))
        return hold_page(other.public_id if other else held.public_id)
    except AlreadyBooked as error:
        warn(request, error)
        return booked_page(str(error.details["reservation_id"]))
    except TooOften:
        raise
    except DomainError as error:
        warn(request, error)
        return hold_page(held.public_id)
    if (renewed.deposit, renewed.refund_ladder) != (held.deposit, held.refund_ladder):
        warn(request, _("The deposit has changed meanwhile. Please look at it before you go on."))
        return hold_page(renewed.public_id)
    return renewed


def _same_again(held: HeldPlace) -> HoldRequest:
    return HoldRequest(
        restaurant=held.house.public_id,
        service_date=held.service_date,
        time=held.wall_time,
        party_size=held.party_size,
        channel=Channel(held.channel),
        source=held.source,
        room_id=held.room_id,
        service_id=held.service_id,
        step_free=held.step_free,
        origin=held.origin,
        offer_id=held.offer.wanted_id,
    )


def _is_the_same(other: HeldPlace, held: HeldPlace) -> bool:
    """Another tab, or the other half of a double click, was faster."""
    return is_as_wished(other, _same_again(held))


class MoreTimeView(GuestView):
    """``POST /hold/<hold_id>/more-time/``: keep the table longer, and what was typed."""

    def get(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """A reload of the form's address."""
        return redirect(hold_page(hold_id))

    def post(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """Extend as often as the restaurant allows."""
        guest = visitor.holder_of(request, hold_id)
        visitor.save_draft(request, request.POST)
        try:
            held = extend_hold(hold_id, guest, by=guest.actor)
            until = wording.clock_time(held.expires_at, held.house.zone)
            tell(request, _("Take your time: the table is yours until %s.") % until)
        except (HoldExpired, HoldConfirmed, PaidTooLate):
            pass  # The page says what became of the hold, and offers a lapsed one's time again.
        except DomainError as error:
            warn(request, error)
        return redirect(hold_page(hold_id))


class ReleaseView(GuestView):
    """``POST /hold/<hold_id>/release/``: give the table back."""

    def get(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """A reload of the form's address."""
        return redirect(hold_page(hold_id))

    def post(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """Back to the times, or to the page that asked. Repeating it does no harm."""
        guest = visitor.holder_of(request, hold_id)
        held = hold_of(guest, hold_id)
        try:
            release_hold(hold_id, guest, by=guest.actor)
        except HoldConfirmed:
            return redirect(hold_page(hold_id))
        visitor.save_draft(request, request.POST)
        given = _("You gave the table at %s back.") % held.house.name
        tell(request, f"{given} {_charged(held)}")
        return redirect(way_back(request, times_of(held)))


class HoldAgainView(GuestView):
    """``POST /hold/<hold_id>/again/``: the same time once more after the hold has lapsed."""

    def get(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """A reload of the form's address."""
        return redirect(hold_page(hold_id))

    def post(self, request: HttpRequest, hold_id: str) -> HttpResponse:
        """A new hold for the same place if it is free, else the times that are."""
        guest = visitor.holder_of(request, hold_id)
        held = hold_of(guest, hold_id)
        visitor.save_draft(request, request.POST)
        if state_of(held, clock.now()) not in (State.LAPSED, State.RELEASED):
            return redirect(hold_page(hold_id))
        protect(request, Act.HOLD, phone=held.house.phone)
        renewed = _hold_again(request, held, guest)
        return redirect(renewed if isinstance(renewed, str) else hold_page(renewed.public_id))


def _charged(held: HeldPlace) -> str:
    """What became of the money of a hold that was given back, as far as the bank has answered."""
    if held.payment_status in PAYING:
        return _("If your card was charged, the money goes back to it in full.")
    return _("Nothing was charged.")


def _not_charged() -> str:
    return _("You were not charged. Please try another card.")


def _details(held: HeldPlace, **given: object) -> DetailsForm:
    return DetailsForm(country=held.house.country, **given)
