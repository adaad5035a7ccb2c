"""Confirming a hold: seat first, money second, and never one without the other.

The row of the payment is committed before the gateway is asked; the gateway is asked with
no transaction open; reservation, tables and payment are then swapped in one statement. If
the process dies in between, the sweep finds the open payment, asks the provider what became
of it and calls ``settlement.settle``, which does what the request itself would have done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from core import clock
from core.actors import Actor
from core.errors import DomainError, Invalid
from core.locks import again_if_undone
from customers import services as customers
from payments.gateways.base import Action, ChargeOutcome, ChargeResult, Gateway
from payments.gateways.registry import gateway_of, is_usable
from payments.models import Payment
from payments.services.charges import record_charge, secure
from payments.services.settling import call_off, look_up
from reservations.details import DETAIL_COLUMNS, Details, language_of
from reservations.errors import (
    AlreadyBooked,
    HoldExpired,
    PaidTooLate,
    PaymentActionRequired,
    PaymentPending,
    PaymentsUnavailable,
)
from reservations.guests import Guest
from reservations.ledger import confirm as write
from reservations.selectors.bookings import Booking, booking_of_hold
from reservations.selectors.holds import PAYING, HeldPlace, hold_of, hold_paid_by
from reservations.services.abuse import claim_contact
from reservations.services.given_back import latest_payment, why_gone
from reservations.services.settlement import settle
from reservations.services.swap import booked_already, existing, swap
from reservations.services.taking import taken_kind
from reservations.services.unsecured import declined, refusal_of
from reservations.terms import terms_text

PAYMENT_GRACE = dt.timedelta(minutes=2)
"""A hold is kept at least this long once its payment has begun."""

ACTION_GRACE = dt.timedelta(minutes=10)
"""And this long once its guest was sent to their bank."""

PAYMENT_CHECK = dt.timedelta(seconds=30)
"""An answer that is missing for this long is looked for by the sweep."""


@dataclass(frozen=True, slots=True)
class Particulars(Details):
    """What a guest says about the visit and themselves when confirming.

    An account fills the gaps of name, e-mail and telephone; a visitor has to give a name and
    one of the other two.
    """

    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The reservation, and whether this very call made it."""

    booking: Booking
    is_new: bool


@again_if_undone
def confirm_hold(
    identifier: str,
    guest: Guest,
    *,
    method: Mapping[str, Any] | None,
    particulars: Particulars,
    by: Actor,
) -> Confirmation:
    """Turn the guest's hold into a reservation, taking its deposit if it has one.

    May be repeated and double-clicked: every call answers with the one reservation, and the
    payment's key makes the provider charge once. Raises HoldNotFound, HoldExpired, ContactHolds
    (a table is held with these details elsewhere, and nothing was charged), Invalid (no or unusable
    payment method), PaymentDeclined (the hold remains), PaymentActionRequired (the guest's bank or
    the provider asks for something; repeat this call afterwards, same charge, with or without
    ``method``), PaymentPending (try again, same charge),
    PaidTooLate (refunded in full) and SessionEnded (account gone or locked); HoldExpired and
    PaidTooLate say so where the hold was given back;
    Invalid, by field, also for particulars that cannot be or that are missing.
    """
    held = hold_of(guest, identifier)
    if held.reservation is not None:
        return Confirmation(existing(held), is_new=False)
    is_free = held.deposit <= 0
    if held.status == "released" or (not method and held.payment_status in PAYING):
        return resume_payment(identifier, guest)
    if not is_free and not method:
        raise Invalid(
            gettext("A payment method is needed: this booking has a deposit."),
            payment_method=gettext("This field is missing."),
        )
    if not is_free and not is_usable(held.house.account_id):
        raise PaymentsUnavailable
    usable = {} if is_free else gateway_for(held).check_method(method or {})
    _check_hope(held)
    details = _details(held, particulars)
    claim_contact(held, email=particulars.email, phone=particulars.phone)
    if not is_free:
        return _confirm_paid(held, particulars, details, usable, by)
    with _one_commit_with_guest(held):
        contact = _contact(held, particulars)
        confirmed = swap(held, contact, details, by=by)
    if confirmed is None:
        return Confirmation(existing(held), is_new=False)
    return Confirmation(confirmed, is_new=True)


def resume_payment(identifier: str, guest: Guest) -> Confirmation:
    """Go on with a payment that was begun: its owner is back from the bank, or asks again.

    Takes what was approved, charges nothing else and needs nothing that was said before, so it
    may be repeated, and called at once with the sweep and with the provider's own notice: all
    end in ``settlement.settle``. Raises what :func:`confirm_hold` does for a payment.
    """
    held = hold_of(guest, identifier)
    if held.reservation is not None:
        return Confirmation(existing(held), is_new=False)
    payment = latest_payment(identifier)
    if payment is None:
        raise why_gone(held)
    if payment.status in PAYING:
        look_up(payment)
    held = hold_of(guest, identifier)
    if held.reservation is not None:
        return Confirmation(existing(held), is_new=True)
    payment.refresh_from_db()
    raise _why_not(held, payment)


def call_off_payment(identifier: str, guest: Guest) -> None:
    """Give up the payment that waits for its owner's approval, so that another card can be tried.

    If it was approved after all, that counts, and the hold becomes the reservation. May be
    repeated. Raises HoldNotFound.
    """
    payment = latest_payment(hold_of(guest, identifier).public_id)
    if payment is not None:
        call_off(payment)


def _why_not(held: HeldPlace, payment: Payment) -> DomainError:
    """Why a hold whose payment was looked into is no reservation."""
    if held.status == "released":
        return why_gone(held)
    if payment.status == Payment.Status.ACTION_REQUIRED:
        action = Action(**payment.action)
        return PaymentActionRequired(redirect_url=action.url, client_secret=action.client_secret)
    if payment.status in PAYING:
        return PaymentPending()
    if payment.status == Payment.Status.FAILED:
        return declined(payment.failure_message, payment.failure_code)
    if payment.status == Payment.Status.VOIDED:
        is_live = held.is_live(clock.now())
        return declined(gettext("It was called off."), "called_off") if is_live else HoldExpired()
    return PaidTooLate(refund_amount=held.deposit)


def gateway_for(held: HeldPlace) -> Gateway:
    """Through whom the restaurant of a hold is paid; asks the database unless it is the sandbox."""
    return gateway_of(held.house.account_id, held.house.gateway)


def _check_hope(held: HeldPlace) -> None:
    """Raise unless the hold can still become a reservation by this request.

    A lapsed hold whose payment is in the open is not over: the charge may have succeeded.
    """
    is_open = held.payment_status in PAYING
    if held.status != "live":
        raise PaymentPending if is_open else HoldExpired
    if not is_open and not held.is_live(clock.now()):
        raise HoldExpired


def _details(held: HeldPlace, particulars: Particulars) -> Details:
    """What goes with the booking, once it is sure that all of it can be; raises Invalid."""
    problems = particulars.problems()
    if held.account is None:
        if not particulars.name.strip():
            problems["name"] = gettext("Please enter your name.")
        if not (particulars.email or particulars.phone):
            problems["contact"] = gettext("Please enter an e-mail address or a telephone number.")
    if problems:
        raise Invalid(**problems)
    language = language_of(particulars.language, held.house.language)
    said = {name: getattr(particulars, name) for name in DETAIL_COLUMNS}
    return Details(**said | {"language": language})


def _one_commit_with_guest(held: HeldPlace) -> AbstractContextManager[object]:
    """A transaction where the guest is yet to be recognised; else each statement has its own."""
    is_known = held.account is not None and held.account.customer_id is not None
    return nullcontext() if is_known else transaction.atomic()


def _contact(held: HeldPlace, particulars: Particulars) -> write.Contact:
    """Whom the booking is for; the restaurant group knows them from now on."""
    account, known = held.account, None
    if account is None:
        name, email, phone = particulars.name, particulars.email, particulars.phone
        if not (email or phone):
            return write.Contact(name, email, phone)
    else:
        name = particulars.name or account.name
        email = particulars.email or account.email
        phone = particulars.phone or account.phone
        known = customers.Account(account.id, account.email, account.name, account.phone)
        if account.customer_id is not None:
            return write.Contact(name, email, account.customer_phone or phone, account.customer_id)
    customer = customers.identify(
        held.house.organization_id,
        account=known,
        contact=customers.Contact(name, email, phone),
        country=held.house.country,
    )
    return write.Contact(name, email, customer.phone or phone, customer.id)


def _confirm_paid(
    held: HeldPlace,
    particulars: Particulars,
    details: Details,
    method: Mapping[str, Any],
    by: Actor,
) -> Confirmation:
    now = clock.now()
    kind = taken_kind(held.payment_kind, held.house, held.starts_at, now)
    is_later = kind != held.payment_kind
    with _one_commit_with_guest(held):
        contact = _contact(held, particulars)
        begun = write.begin_payment(
            held.id,
            gateway=held.house.gateway,
            account_id=held.house.account_id,
            agreed_text=terms_text(held, details.language, is_later=is_later),
            kind=kind,
            method=method,
            contact=contact,
            details=details,
            now=now,
            keep_until=now + PAYMENT_GRACE,
            check_at=now + PAYMENT_CHECK,
        )
    if begun is None:
        if (booked := booked_already(held)) is not None:
            raise AlreadyBooked(reservation_id=booked)
        return Confirmation(existing(held), is_new=False)
    result = _charge(held, begun)
    if not result.is_secured:
        raise _not_secured(held, begun.id, result)
    return _conclude(held, contact, details, begun.id, result, by)


def _conclude(
    held: HeldPlace,
    contact: write.Contact,
    details: Details,
    payment_id: int,
    result: ChargeResult,
    by: Actor,
) -> Confirmation:
    """The card was charged: the reservation, or the money back and the error that says so."""
    try:
        confirmed = swap(held, contact, details, by=by, payment_id=payment_id, charge=result)
    except AlreadyBooked as error:
        settle(payment_id, result, by=by)
        raise AlreadyBooked(
            f"{error.text} {gettext('Your payment is being refunded in full.')}",
            refund_amount=held.deposit,
        ) from error
    if confirmed is not None:
        return Confirmation(confirmed, is_new=True)
    # Another click was faster, or the hold lapsed while the provider answered.
    is_new = booking_of_hold(held.id) is None
    settled = settle(payment_id, result, by=by)
    if settled is None:
        raise _if_released(payment_id) or PaidTooLate(refund_amount=held.deposit)
    return Confirmation(settled, is_new=is_new)


def _charge(held: HeldPlace, begun: write.BegunPayment) -> ChargeResult:
    """The provider's answer; of a payment that was begun before, first what it knows already."""
    payment = Payment(
        pk=begun.id,
        public_id="",
        account_id=begun.account_id,
        gateway=begun.gateway,
        purpose=held.public_id,
        kind=begun.kind,
        idempotency_key=begun.idempotency_key,
        amount=begun.amount,
        currency=begun.currency,
        method=begun.method,
        provider_reference=begun.reference,
        created_at=begun.begun_at,
    )
    return secure(
        payment,
        is_new=begun.is_new,
        description=f"{held.house.name}, {held.service_date}",
        return_url=f"{settings.PUBLIC_URL}/hold/{held.public_id}/back/",
    )


def _not_secured(held: HeldPlace, payment_id: int, result: ChargeResult) -> DomainError:
    """Record an answer that is not a success; the error to tell the guest."""
    now = clock.now()
    with transaction.atomic():
        record_charge(payment_id, result, at=now)
        if result.outcome is ChargeOutcome.ACTION_REQUIRED:
            write.keep_hold(held.id, until=now + ACTION_GRACE, now=now)
    return _if_released(payment_id) or refusal_of(result)


def _if_released(payment_id: int) -> DomainError | None:
    """What to tell a guest who gave the hold back while its payment was asked for."""
    held = hold_paid_by(payment_id)
    return why_gone(held) if held is not None and held.status == "released" else None
