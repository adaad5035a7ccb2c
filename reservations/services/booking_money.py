"""All the money of one booking: its deposit, what was asked for besides, cards and fees.

For services that hold the lock on the reservation's row. Nothing here asks a provider: what is to
go back or to be let go of is a row, and workers do it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal

from core import audit
from core.actors import Actor
from payments.gateways.units import unit_of
from payments.models import Payment
from payments.services.errands import give_back, let_go
from payments.services.refunds import request_refund
from reservations.engine.policies import refund_amount
from reservations.models import PaymentRequest, Reservation
from reservations.models.payment_requests import FEES, SECURING
from reservations.selectors.booking_money import payments_of


def extras_of(row: Reservation) -> list[PaymentRequest]:
    """What was paid by links besides the booking's own payment, without fees; oldest first."""
    paid = PaymentRequest.objects.filter(reservation=row, status=PaymentRequest.Status.PAID)
    own = {} if row.payment_id is None else {"payment_id": row.payment_id}
    found = paid.exclude(kind__in=FEES).select_related("payment").order_by("id")
    return list(found.exclude(**own) if own else found)


def refund_extras(row: Reservation, percent: int, *, reason: str, at: dt.datetime) -> Decimal:
    """Give back ``percent`` of each extra payment, as far as it is still there; how much in all.

    May be repeated. Cards and holds among them are let go of when everything comes back.
    """
    total = Decimal(0)
    for request in extras_of(row):
        payment = request.payment
        if payment is None:
            continue
        key = f"refund:{request.public_id}"
        if payment.status != Payment.Status.SUCCEEDED:
            if percent == 100:
                let_go(payment.pk, at=at)
            continue
        left = payment.captured - payment.refunded - payment.redeemed
        unit = unit_of(payment.gateway, payment.currency)
        due = refund_amount(payment.captured, percent, unit)
        refund = request_refund(payment.pk, min(due, left), reason=reason, key=key, at=at)
        total += refund.amount if refund else Decimal(0)
    return total


def give_all_back(row: Reservation, *, reason: str, at: dt.datetime) -> Decimal:
    """Everything the guest paid or set aside goes back; how much money that is. May be repeated."""
    total = refund_extras(row, 100, reason=reason, at=at)
    if row.payment_id is not None:
        key = f"refund:{row.public_id}"
        refund = give_back(row.payment_id, reason=reason, key=key, at=at)
        total += refund.amount if refund else Decimal(0)
    let_all_go(row, at=at)
    return total


def let_all_go(row: Reservation, *, at: dt.datetime) -> int:
    """Let go of all that is set aside or on file for the booking; how many. Takes no money back.

    May be repeated; a hold that is being taken as a fee is left alone.
    """
    return sum(let_go(pk, at=at) for pk in payments_of(row.pk))


def lock_money(row: Reservation) -> None:
    """Let nobody move the booking's money until the caller's transaction ends."""
    list(PaymentRequest.objects.select_for_update().filter(reservation=row).order_by("id"))
    own = Payment.objects.filter(pk__in=payments_of(row.pk))
    list(own.select_for_update().order_by("id"))


def is_fee_paid(row: Reservation) -> bool:
    """Whether the guest paid the booking's fee by a link."""
    paid = PaymentRequest.objects.filter(reservation=row, status=PaymentRequest.Status.PAID)
    return paid.filter(kind__in=FEES).exists()


def is_fee_charged(row: Reservation) -> bool:
    """Whether the booking's fee was taken from its card."""
    taken = Payment.objects.filter(purpose=row.public_id, status=Payment.Status.SUCCEEDED)
    return taken.filter(kind__in=FEES).exists()


def withdraw_open(
    row: Reservation, *, kinds: Collection[str] = SECURING, by: Actor, at: dt.datetime
) -> int:
    """End the booking's open requests for money of these kinds; how many.

    By itself those that secure it, because the booking is over. Money that still arrives goes
    back in full.
    """
    rows = PaymentRequest.objects.select_for_update().filter(
        reservation=row, status=PaymentRequest.Status.OPEN, kind__in=kinds
    )
    withdrawn = list(rows.order_by("id"))
    for request in withdrawn:
        close(request, PaymentRequest.Status.WITHDRAWN, by=by, at=at)
    return len(withdrawn)


def close(
    request: PaymentRequest, status: PaymentRequest.Status, *, by: Actor, at: dt.datetime
) -> None:
    """End a request whose row is locked, on the record."""
    request.status, request.closed_at = status, at
    request.save(update_fields=["status", "closed_at", "payment"])
    audit.record(
        f"payment_request.{status}",
        request.public_id,
        by=by,
        restaurant_id=request.restaurant_id,
        amount=str(request.amount),
        currency=request.currency,
    )
