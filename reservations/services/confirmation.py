"""Confirming a hold: seat first, money second, and never one without the other.

The row of the payment is committed before the gateway is asked; the gateway is asked with
no transaction open; reservation, tables and payment are then swapped in one statement. If
the process dies in between, the sweep finds the open payment, asks the provider what became
of it and calls :func:`settle`, which does what the request itself would have done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from core import clock
from core.actors import SYSTEM, Actor
from core.errors import Invalid
from core.jobs import wake
from core.locks import Space, again_if_undone, lock
from customers import services as customers
from notifications.services import queue
from payments.gateways.base import ChargeOutcome, ChargeResult
from payments.gateways.registry import GATEWAY, gateway_named, is_usable
from payments.models import Payment
from payments.services import record_charge, request_refund
from reservations.details import DETAIL_COLUMNS, Details, language_of
from reservations.engine import types as e
from reservations.errors import (
    AlreadyBooked,
    HoldExpired,
    PaidTooLate,
    PaymentDeclined,
    PaymentPending,
    PaymentsUnavailable,
)
from reservations.guests import Guest
from reservations.ledger import confirm as write
from reservations.ledger.holds import release_hold
from reservations.messages import facts
from reservations.selectors.bookings import Booking, booking, booking_of_hold
from reservations.selectors.days import read_day
from reservations.selectors.guests import booking_at
from reservations.selectors.holds import HeldPlace, hold_of, hold_paid_by
from reservations.services.abuse import claim_contact
from reservations.services.bookings import Extras, as_booked, write_booking
from reservations.services.holds import HoldRequest, decide_for

PAYMENT_GRACE = dt.timedelta(minutes=2)
"""A hold is kept at least this long once its payment has begun."""

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
    payment method), PaymentDeclined (the hold remains), PaymentPending (try again, same charge),
    PaidTooLate (refunded in full) and SessionEnded (account gone or locked);
    Invalid, by field, also for particulars that cannot be or that are missing.
    """
    held = hold_of(guest, identifier)
    if held.reservation is not None:
        return _existing(held)
    is_free = held.deposit <= 0
    if not is_free and not method:
        raise Invalid(
            gettext("A payment method is needed: this booking has a deposit."),
            payment_method=gettext("This field is missing."),
        )
    if not is_free and not is_usable(GATEWAY):
        raise PaymentsUnavailable
    usable = {} if is_free else gateway_named(GATEWAY).check_method(method or {})
    _check_hope(held)
    details = _details(held, particulars)
    claim_contact(held, email=particulars.email, phone=particulars.phone)
    if not is_free:
        return _confirm_paid(held, particulars, details, usable, by)
    with _one_commit_with_guest(held):
        contact = _contact(held, particulars)
        confirmed = _swap(held, contact, details, by=by)
    return Confirmation(confirmed, is_new=True) if confirmed else _existing(held)


def _check_hope(held: HeldPlace) -> None:
    """Raise unless the hold can still become a reservation by this request.

    A lapsed hold whose payment is in the open is not over: the charge may have succeeded.
    """
    is_open = held.payment_status in ("requested", "unknown")
    if held.status != "live":
        raise PaymentPending if is_open else HoldExpired
    if not is_open and not held.is_live(clock.now()):
        raise HoldExpired


def _existing(held: HeldPlace) -> Confirmation:
    found = booking_of_hold(held.id)
    if found is None:
        raise HoldExpired
    return Confirmation(found, is_new=False)


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
    with _one_commit_with_guest(held):
        contact = _contact(held, particulars)
        begun = write.begin_payment(
            held.id,
            gateway=GATEWAY,
            method=method,
            contact=contact,
            details=details,
            now=now,
            keep_until=now + PAYMENT_GRACE,
            check_at=now + PAYMENT_CHECK,
        )
    if begun is None:
        if (booked := _booked_already(held)) is not None:
            raise AlreadyBooked(reservation_id=booked)
        return _existing(held)
    result = _charge(held, begun)
    if result.outcome is not ChargeOutcome.SUCCEEDED:
        raise _not_charged(begun.id, result)
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
        confirmed = _swap(held, contact, details, by=by, payment_id=payment_id, charge=result)
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
        raise PaidTooLate(refund_amount=held.deposit)
    return Confirmation(settled, is_new=is_new)


def _charge(held: HeldPlace, begun: write.BegunPayment) -> ChargeResult:
    """The provider's answer; of a payment that was begun before, first what it knows already."""
    gateway = gateway_named(GATEWAY)
    if not begun.is_new and (known := gateway.find_charge(begun.idempotency_key)) is not None:
        return known
    return gateway.charge(
        key=begun.idempotency_key,
        amount=begun.amount,
        currency=begun.currency,
        method=begun.method,
        description=f"Deposit for {held.house.name} on {held.service_date}",
    )


def _not_charged(payment_id: int, result: ChargeResult) -> PaymentDeclined | PaymentPending:
    """Record an answer that is not a success; the error to tell the guest."""
    with transaction.atomic():
        record_charge(payment_id, result, at=clock.now())
    if result.outcome is ChargeOutcome.DECLINED:
        return PaymentDeclined(
            f"Payment failed: {result.failure_message}", decline_code=result.failure_code
        )
    return PaymentPending()


def _swap(
    held: HeldPlace,
    contact: write.Contact,
    details: Details,
    *,
    by: Actor,
    payment_id: int | None = None,
    charge: ChargeResult | None = None,
) -> Booking | None:
    """The hold's place for a reservation's, in one statement; None when the hold is not live."""
    now = clock.now()
    payload = facts(
        held.house,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        party_size=held.party_size,
        guest_name=contact.name,
        deposit=held.deposit,
        special_requests=details.special_requests,
    )
    status = _first_status(held)
    # Most guests say nothing that outlasts the visit: then one statement is all there is.
    with transaction.atomic() if details.says_who() else nullcontext():
        written = write.confirm_hold(
            held.id,
            hold_public_id=held.public_id,
            code_prefix=held.house.code_prefix,
            contact=contact,
            details=details,
            status=status,
            message_kind=f"reservation_{status}",
            payload=payload,
            payment_id=payment_id,
            charge=charge,
            by=by,
            now=now,
        )
        if written is None:
            return None
        _remember(held, contact, details, written[0], by)
    wake("notifications.deliver_due")
    identifier, code, pk = written
    return replace(
        as_booked(held, contact, details),
        id=pk,
        public_id=identifier,
        code=code,
        status=status,
        created_at=now,
        payment_id=payment_id,
        payment_status=None if payment_id is None else "succeeded",
    )


def _remember(
    held: HeldPlace, contact: write.Contact, details: Details, identifier: str, by: Actor
) -> None:
    """What the guest said that outlasts the visit: allergies, and consent to offers."""
    if contact.customer_id is None or not details.says_who():
        return
    customers.remember(
        contact.customer_id,
        allergies=details.allergies(),
        consents=details.marketing_consent,
        by=by,
        restaurant_id=held.house.id,
        because=identifier,
    )


def _booked_already(held: HeldPlace) -> str | None:
    """Public id of another reservation of the same guest, at the same place and time."""
    if held.account is None:
        return None
    return booking_at(held.account.id, held.house.id, held.starts_at)


def _first_status(held: HeldPlace) -> str:
    """Confirmed, or pending where the service has staff accept each booking."""
    services = held.house.plan.services
    service = next((s for s in services if s.id == held.service_id), None)
    return "confirmed" if service is None or service.auto_confirm else "pending"


@again_if_undone
def settle(payment_id: int, result: ChargeResult, *, by: Actor = SYSTEM) -> Booking | None:
    """Apply a provider's answer to the hold it paid for, whenever it arrives. May be repeated.

    A success confirms the hold if it still owns its tables; if it lapsed, the same time is
    taken again under the day's lock; if that is impossible, or the guest gave the hold back or
    has another reservation for that time, the payment is refunded in full and the guest told.
    What was decided once stays decided. None when there is no reservation.
    """
    held = hold_paid_by(payment_id)
    if held is None:
        return None
    with transaction.atomic():
        lock(Space.SERVICE_DAY, held.house.public_id, held.service_date)
        held = hold_paid_by(payment_id) or held
        if result.outcome is not ChargeOutcome.SUCCEEDED:
            record_charge(payment_id, result, at=clock.now())
            return None
        if held.reservation is not None:
            return _settle_confirmed(held, payment_id, result)
        return _settle_unconfirmed(held, payment_id, result, by)


def _settle_confirmed(held: HeldPlace, payment_id: int, result: ChargeResult) -> Booking | None:
    """The hold is a reservation already: by this payment (nothing to do) or by another one."""
    payment = record_charge(payment_id, result, at=clock.now())
    confirmed = _existing(held).booking
    if confirmed.payment_id != payment_id and payment.refunded < payment.amount:
        request_refund(
            payment_id,
            payment.amount - payment.refunded,
            reason="paid twice",
            key=f"refund:{payment.public_id}:duplicate",
            at=clock.now(),
        )
    return confirmed


def _settle_unconfirmed(
    held: HeldPlace, payment_id: int, result: ChargeResult, by: Actor
) -> Booking | None:
    """A charge for a hold that is no reservation yet: it becomes one, or the money goes back."""
    contact = write.Contact(held.guest_name, held.guest_email, held.guest_phone, held.customer_id)
    is_needed = _booked_already(held) is None
    if not is_needed:
        release_hold(held.id, status="released", by=by, now=clock.now())
    elif confirmed := _swap(
        held, contact, held.details, by=by, payment_id=payment_id, charge=result
    ):
        return confirmed
    # Read again: the sweep may have ended the hold since, and then its time can be taken anew.
    held = hold_paid_by(payment_id) or held
    payment = record_charge(payment_id, result, at=clock.now())
    if payment.refunds.exists():
        # Decided before: a table that came free since is not for money that is on its way back.
        return None
    may_try = is_needed and held.status == "expired"
    again = _take_again(held, contact, payment_id, by) if may_try else None
    if again is None:
        _give_back(held, payment)
    return again


def _take_again(
    held: HeldPlace, contact: write.Contact, payment_id: int, by: Actor
) -> Booking | None:
    """The lapsed hold's time once more, on whatever table is free; None when none is."""
    now = clock.now()
    request = HoldRequest(
        restaurant=held.house.public_id,
        service_date=held.service_date,
        time=held.wall_time,
        party_size=held.party_size,
        channel=e.Channel(held.channel),
        source=held.source,
        room_id=held.room_id,
        service_id=held.service_id,
        step_free=held.step_free,
        origin=held.origin,
        # The guest asked in time: notice and cut-off are not held against a slow payment.
        waived=frozenset({e.Reason.LEAD_TIME, e.Reason.CUT_OFF}),
    )
    day = read_day(held.house.public_id, held.service_date, now=now)
    decision = decide_for(day, request, now)
    if not decision.accepted:
        return None
    extras = Extras(
        user_id=held.account.id if held.account else None,
        hold_id=held.id,
        payment_id=payment_id,
        deposit=held.deposit,
        refund_ladder=held.refund_ladder,
        details=held.details,
        status=_first_status(held),
    )
    row = write_booking(day, decision, request, contact, extras, by=by, now=now)
    _remember(held, contact, held.details, row.public_id, by)
    return booking(row.public_id)


def _give_back(held: HeldPlace, payment: Payment) -> None:
    """Refund a payment that came too late, in full, and tell the guest."""
    now = clock.now()
    request_refund(
        payment.pk,
        payment.amount - payment.refunded,
        reason="hold lapsed while paying",
        key=f"refund:{payment.public_id}:late",
        at=now,
    )
    if held.guest_email:
        payload = facts(
            held.house,
            starts_at=held.starts_at,
            ends_at=held.ends_at,
            party_size=held.party_size,
            guest_name=held.guest_name,
            deposit=held.deposit,
            refund_amount=str(held.deposit),
            refund_percent=100,
            reservation_id=held.public_id,
            code="",
        )
        queue(
            "deposit_refunded",
            restaurant_id=held.house.id,
            about=held.public_id,
            recipient=held.guest_email,
            payload=payload,
            language=held.details.language or held.house.language,
            at=now,
        )
