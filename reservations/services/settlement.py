"""Settling a payment: what a provider's answer means for the hold it paid for, whenever it arrives.

Called by the request that charged, by the sweep that found out later and by the provider's own
notice; whoever is first decides, and what was decided once stays decided.
"""

from __future__ import annotations

from django.db import transaction

from core import clock
from core.actors import SYSTEM, Actor
from core.locks import Space, again_if_undone, lock
from notifications.services import queue
from payments.gateways.base import ChargeResult
from payments.models import Payment
from payments.services.charges import record_charge
from payments.services.errands import give_back
from reservations.engine import types as e
from reservations.ledger import confirm as write
from reservations.ledger.holds import release_hold
from reservations.messages import facts
from reservations.selectors.bookings import Booking, booking
from reservations.selectors.days import read_day
from reservations.selectors.guests import Who, has_booked
from reservations.selectors.holds import HeldPlace, hold_paid_by
from reservations.services.bookings import Extras, write_booking
from reservations.services.holds import HoldRequest, decide_for
from reservations.services.swap import (
    booked_already,
    existing,
    first_status,
    remember,
    swap,
)


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
        if not result.is_secured:
            record_charge(payment_id, result, at=clock.now())
            return None
        if held.reservation is not None:
            return _settle_confirmed(held, payment_id, result)
        return _settle_unconfirmed(held, payment_id, result, by)


def _settle_confirmed(held: HeldPlace, payment_id: int, result: ChargeResult) -> Booking | None:
    """The hold is a reservation already: by this payment (nothing to do) or by another one."""
    payment = record_charge(payment_id, result, at=clock.now())
    confirmed = existing(held)
    if confirmed.payment_id != payment_id:
        key = f"refund:{payment.public_id}:duplicate"
        give_back(payment_id, reason="paid twice", key=key, at=clock.now())
    return confirmed


def _settle_unconfirmed(
    held: HeldPlace, payment_id: int, result: ChargeResult, by: Actor
) -> Booking | None:
    """A charge for a hold that is no reservation yet: it becomes one, or the money goes back."""
    contact = write.Contact(held.guest_name, held.guest_email, held.guest_phone, held.customer_id)
    is_needed = booked_already(held) is None
    if not is_needed:
        release_hold(held.id, status="released", by=by, now=clock.now())
    elif confirmed := swap(
        held, contact, held.details, by=by, payment_id=payment_id, charge=result
    ):
        return confirmed
    # Read again: the sweep may have ended the hold since, and then its time can be taken anew.
    held = hold_paid_by(payment_id) or held
    payment = record_charge(payment_id, result, at=clock.now())
    if payment.refunds.exists() or payment.errand or payment.status == Payment.Status.VOIDED:
        # Decided before: a table that came free since is not for money that is on its way back.
        return None
    # By now a visitor who gave the lapsed hold up may have booked the same time once more.
    may_try = is_needed and held.status == "expired" and not _has_booked(held)
    again = _take_again(held, contact, payment_id, by) if may_try else None
    if again is None:
        _give_back(held, payment)
    return again


def _has_booked(held: HeldPlace) -> bool:
    user_id = held.account.id if held.account else None
    who = Who(user_id, held.customer_id, held.guest_phone, held.guest_email)
    return has_booked(who, held.house.id, held.starts_at)


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
        payment_kind=held.payment_kind,
        refund_ladder=held.refund_ladder,
        details=held.details,
        offer=held.offer,
        status=first_status(held),
    )
    row = write_booking(day, decision, request, contact, extras, by=by, now=now)
    remember(held, contact, held.details, row.public_id, by)
    return booking(row.public_id)


def _give_back(held: HeldPlace, payment: Payment) -> None:
    """Refund a payment that came too late, in full, and tell the guest."""
    now = clock.now()
    key = f"refund:{payment.public_id}:late"
    give_back(payment.pk, reason="hold lapsed while paying", key=key, at=now)
    if held.guest_email and payment.status == Payment.Status.SUCCEEDED:
        payload = facts(
            held.house,
            starts_at=held.starts_at,
            ends_at=held.ends_at,
            party_size=held.party_size,
            guest_name=held.guest_name,
            deposit=held.deposit,
            refund_amount=str(held.deposit),
            refund_percent=100,
            payment_kind=held.payment_kind,
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
