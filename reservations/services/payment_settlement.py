"""What a provider's answer means for money that was asked for by a link, whenever it arrives.

Called by the request that charged, by the sweep that found out later and by the provider's own
notice; whoever is first decides, and what was decided once stays decided.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from core import audit, clock
from core.actors import SYSTEM, Actor
from core.locks import again_if_undone
from payments.gateways.base import ChargeResult
from payments.models import Payment, PaymentKind
from payments.services.charges import record_charge
from payments.services.errands import SECURED_STATUSES, give_back, let_go
from reservations.engine import types as e
from reservations.engine.lifecycle import PRESENT, UPCOMING, Status
from reservations.ledger.decisions import record_decision
from reservations.ledger.holds import release_lapsed_of_day
from reservations.ledger.place import claim_for_reservation
from reservations.models import PaymentRequest, Reservation
from reservations.models.payment_requests import FEES
from reservations.selectors.bookings import Booking
from reservations.selectors.days import read_day
from reservations.selectors.guests import has_booked_again
from reservations.services.booking_money import (
    close,
    is_fee_charged,
    is_fee_paid,
    withdraw_open,
)
from reservations.services.bookings import notify
from reservations.services.charges_later import has_run_out
from reservations.services.holds import HoldRequest, decide_for, place_of
from reservations.services.payment_requests import locked_booking, tell_guest
from reservations.services.progress import take_step

PREFIX = "payreq_"
"""How the purposes of these payments begin."""

_HAS = (Payment.Status.SUCCEEDED, *SECURED_STATUSES)


@again_if_undone
def settle(payment_id: int, result: ChargeResult, *, by: Actor = SYSTEM) -> PaymentRequest | None:
    """Apply a provider's answer to the request it paid for. May be repeated and come at any time.

    A booking that waited for it is confirmed (or waits for the house's word, where the service has
    staff accept each booking). One whose time was over meanwhile takes its table again under the
    day's lock; if that is gone, or the request was withdrawn or paid before, all the money goes
    back and the guest is told. Returns the request; None for a payment of something else.
    """
    purpose = Payment.objects.values_list("purpose", flat=True).get(pk=payment_id)
    if not purpose.startswith(PREFIX):
        return None
    seen = PaymentRequest.objects.get(public_id=purpose)
    with transaction.atomic():
        row, found = locked_booking(seen.reservation_id)
        request = PaymentRequest.objects.select_for_update().get(pk=seen.pk)
        now = clock.now()
        if not result.is_secured:
            record_charge(payment_id, result, at=now)
        elif request.status == PaymentRequest.Status.PAID:
            _settle_paid(request, payment_id, result, now)
        else:
            _settle_unpaid(request, row, found, payment_id, result, by, now)
    return request


def _settle_paid(
    request: PaymentRequest, payment_id: int, result: ChargeResult, now: dt.datetime
) -> None:
    """Paid already: by this payment (nothing to do) or by another one, which stays."""
    payment = record_charge(payment_id, result, at=now)
    if request.payment_id != payment_id:
        key = f"refund:{payment.public_id}:again"
        give_back(payment_id, reason="paid twice", key=key, at=now)


def _settle_unpaid(
    request: PaymentRequest,
    row: Reservation,
    found: Booking,
    payment_id: int,
    result: ChargeResult,
    by: Actor,
    now: dt.datetime,
) -> None:
    payment = record_charge(payment_id, result, at=now)
    if payment.status not in _HAS or payment.errand or payment.refunds.exists():
        # Decided before: a table that came free since is not for money that is on its way back.
        return
    if not _is_wanted(request, row, found, by, now):
        _return_money(request, row, found, payment, now)
        return
    request.payment = payment
    if request.kind in FEES and request.status == PaymentRequest.Status.EXPIRED:
        # The guest was sent another link meanwhile, and owes the fee once.
        withdraw_open(row, kinds=FEES, by=SYSTEM, at=now)
    close(request, PaymentRequest.Status.PAID, by=by, at=now)
    if request.kind not in FEES and _has_no_better(row, request):
        _attach(row, request, payment, now)
    before = Status(row.status)
    if request.becomes and before in (Status.PENDING_PAYMENT, Status.EXPIRED):
        to = Status(request.becomes)
        take_step(row, to, by=SYSTEM, at=now, reason="paid")
        if to is Status.PENDING:
            notify(found.house, row, "reservation_pending", now)
    else:
        tell_guest("payment_received", request, row, found, now)


def _is_wanted(
    request: PaymentRequest, row: Reservation, found: Booking, by: Actor, now: dt.datetime
) -> bool:
    """Whether the money still has a use; takes the table again for a booking that had lost it."""
    if request.status == PaymentRequest.Status.WITHDRAWN:
        return False
    if request.kind in FEES:
        return not (is_fee_paid(row) or is_fee_charged(row))
    status = Status(row.status)
    if status is Status.EXPIRED and request.becomes:
        return _take_again(row, found, by, now)
    return status in UPCOMING | PRESENT


def _take_again(row: Reservation, found: Booking, by: Actor, now: dt.datetime) -> bool:
    """The booking's time once more, on whatever table is free; False when none is."""
    if has_booked_again(row):
        return False
    wanted = HoldRequest(
        restaurant=found.house.public_id,
        service_date=row.service_date,
        time=found.wall_time,
        party_size=row.party_size,
        channel=e.Channel(row.channel),
        source=row.source,
        room_id=row.room_id,
        service_id=row.service_id,
        step_free=row.step_free,
        turn_minutes=row.turn_minutes,
        # The guest booked in time: notice and cut-off are not held against a slow payment.
        waived=frozenset({e.Reason.LEAD_TIME, e.Reason.CUT_OFF}),
    )
    day = read_day(wanted.restaurant, wanted.service_date, now=now)
    decision = decide_for(day, wanted, now)
    if not decision.accepted:
        return False
    if day.has_lapsed:
        release_lapsed_of_day(day.house.id, day.service_date, by=SYSTEM, now=now)
    place = place_of(day, decision)
    row.load_ids = claim_for_reservation(place, row.pk)
    row.ends_at = place.ends_at
    row.save(update_fields=["ends_at"])
    record_decision(
        decision,
        restaurant_id=day.house.id,
        plan_version=day.house.plan.version,
        subject=row.public_id,
        by=by,
        now=now,
    )
    return True


def _has_no_better(row: Reservation, request: PaymentRequest) -> bool:
    """Whether this becomes the booking's own payment: the first, the hold its card refused, or one
    in the place of a hold that ran out.
    """
    own = row.payment
    if own is None:
        return True
    return request.kind == PaymentKind.HOLD and (own.kind == PaymentKind.CARD or has_run_out(own))


def _attach(row: Reservation, request: PaymentRequest, payment: Payment, now: dt.datetime) -> None:
    """The money is the booking's own from here on, with the terms that were agreed for it."""
    if row.payment_id is None:
        # Notice that was lost before there was anything to lose does not count.
        row.refund_cap = 100
    if row.payment is not None and row.payment.kind == PaymentKind.HOLD:
        let_go(row.payment.pk, at=now)
    row.payment = payment
    row.deposit_amount, row.payment_kind = request.amount, request.kind
    row.refund_ladder = request.refund_ladder
    row.updated_at = now
    row.save(
        update_fields=[
            "payment",
            "deposit_amount",
            "payment_kind",
            "refund_ladder",
            "refund_cap",
            "updated_at",
        ]
    )


def _return_money(
    request: PaymentRequest, row: Reservation, found: Booking, payment: Payment, now: dt.datetime
) -> None:
    """All of a payment that has no use any more goes back, and the guest is told."""
    key = f"refund:{payment.public_id}:late"
    give_back(payment.pk, reason="paid too late", key=key, at=now)
    audit.record(
        "payment_request.paid_too_late",
        request.public_id,
        by=SYSTEM,
        restaurant_id=row.restaurant_id,
        payment=payment.public_id,
    )
    if payment.status == Payment.Status.SUCCEEDED:
        notify(
            found.house,
            row,
            "deposit_refunded",
            now,
            refund_amount=str(payment.captured),
            refund_percent=100,
        )
