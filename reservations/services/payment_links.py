"""Paying by a link, and the sweep of links whose time is over.

The row of the payment is committed before the provider is asked, the provider is asked with no
transaction open, and what it said is applied by ``payment_settlement``.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q

from core import clock
from core.actors import Actor
from core.errors import DomainError
from core.locks import again_if_undone
from payments.gateways.base import OPEN_OUTCOMES, ChargeOutcome, ChargeResult
from payments.gateways.registry import gateway_of, is_usable
from payments.models import Payment
from payments.services.charges import (
    FIRST_CHECK,
    OPEN,
    keep_answer,
    order_of,
    record_charge,
    secure,
)
from payments.services.settling import announce
from reservations.errors import (
    PaidTooLate,
    PaymentRequestOver,
    PaymentsUnavailable,
)
from reservations.models import PaymentRequest
from reservations.selectors.bookings import Booking, booking_with_key
from reservations.services.payment_requests import ANSWER_WITHIN, expire, is_due, pay_address
from reservations.services.payment_settlement import settle
from reservations.services.taking import taken_kind
from reservations.services.unsecured import refusal_of

logger = logging.getLogger(__name__)

GRACE = dt.timedelta(minutes=2)
"""A request is good at least this long once its payment has begun."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A payment row that is ready to be sent."""

    payment: Payment
    is_new: bool
    """False when an earlier click made the row: the provider may have heard of it."""


@again_if_undone
def pay(request_id: int, method: Mapping[str, Any] | None, *, by: Actor) -> PaymentRequest:
    """Take or secure what a request asks for; the request, paid. Outside of any transaction.

    May be repeated and double-clicked: the row's key makes it one charge, and a request that was
    paid is simply returned. Raises PaymentRequestOver (expired or withdrawn), PaymentDeclined (try
    another card), PaymentActionRequired (the guest's bank asks for something; repeat this call
    afterwards), PaymentPending (ask again: no second charge), PaidTooLate (all of it goes back),
    PaymentsUnavailable, and Invalid for a method that cannot be.
    """
    request = PaymentRequest.objects.select_related("payment").get(pk=request_id)
    if request.status == PaymentRequest.Status.PAID:
        return request
    found = booking_with_key(request.reservation_id)
    begun = _begin(request, found, method)
    if begun is None:
        return PaymentRequest.objects.get(pk=request_id)
    result = secure(
        begun.payment,
        is_new=begun.is_new,
        description=f"{found.house.name}, {found.service_date}",
        return_url=pay_address(request),
    )
    if not result.is_secured:
        raise _not_secured(request, begun.payment, result)
    settled = settle(begun.payment.pk, result, by=by)
    if settled is None or settled.status != PaymentRequest.Status.PAID:
        raise PaidTooLate(refund_amount=request.amount)
    return settled


def _begin(
    request: PaymentRequest, found: Booking, method: Mapping[str, Any] | None
) -> Begun | None:
    """The payment's row, made once; None when the request was paid in this very moment."""
    usable = _usable(request, found, method)
    now = clock.now()
    with transaction.atomic():
        # Without a join: what is joined would be as old as the beginning of the wait.
        locked = PaymentRequest.objects.select_for_update().get(pk=request.pk)
        if locked.status == PaymentRequest.Status.PAID:
            return None
        if locked.payment is not None and locked.payment.status in OPEN:
            return Begun(locked.payment, is_new=False)
        if locked.status != PaymentRequest.Status.OPEN or locked.expires_at <= now:
            raise PaymentRequestOver
        house = found.house
        tries = Payment.objects.filter(purpose=locked.public_id).count()
        payment = Payment.objects.create(
            restaurant_id=locked.restaurant_id,
            purpose=locked.public_id,
            kind=taken_kind(locked.kind, house, found.starts_at, now),
            gateway=house.gateway,
            account_id=house.account_id,
            idempotency_key=f"pay:{locked.public_id}:{tries}",
            amount=locked.amount,
            currency=locked.currency,
            policy_id=locked.policy_id,
            policy_name=locked.policy_name,
            method=usable,
            agreed_text=locked.agreed_text,
            attempts=1,
            created_at=now,
            next_check_at=now + FIRST_CHECK,
        )
        locked.payment = payment
        locked.expires_at = max(locked.expires_at, now + GRACE)
        locked.save(update_fields=["payment", "expires_at"])
    return Begun(payment, is_new=True)


def _usable(
    request: PaymentRequest, found: Booking, method: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The method as it is stored; nothing while an earlier one is on its way."""
    payment = request.payment
    if payment is not None and payment.status in OPEN:
        return {}
    if request.status != PaymentRequest.Status.OPEN or request.expires_at <= clock.now():
        raise PaymentRequestOver
    house = found.house
    if not is_usable(house.account_id):
        raise PaymentsUnavailable
    return gateway_of(house.account_id, house.gateway).check_method(method or {})


def _not_secured(request: PaymentRequest, payment: Payment, result: ChargeResult) -> DomainError:
    """Record an answer that is not a success; the error to tell the guest."""
    now = clock.now()
    with transaction.atomic():
        record_charge(payment.pk, result, at=now)
        if result.outcome is ChargeOutcome.ACTION_REQUIRED:
            late = PaymentRequest.objects.filter(pk=request.pk, status=PaymentRequest.Status.OPEN)
            until = now + ANSWER_WITHIN
            late.filter(expires_at__lt=until).update(expires_at=until)
    return refusal_of(result)


def expire_requests(limit: int = 100) -> int:
    """End up to ``limit`` requests whose time is over and say how many. Safe to run twice at once.

    What is still open at a provider is called off first, outside of any transaction: a guest who
    approved in the last moment is booked, anybody else can approve no more. Also calls off what
    guests are still asked to approve for requests that were withdrawn.
    """
    now = clock.now()
    rows = PaymentRequest.objects.select_related("payment").order_by("expires_at", "id")
    due = rows.filter(status=PaymentRequest.Status.OPEN, expires_at__lte=now)
    ended = 0
    for request in due[:limit]:
        try:
            if is_due(request, now) or _waits_for_guest(request):
                _call_off(request)
                ended += expire(request.pk)
        except DomainError:
            # Busy: the next sweep tries again.
            logger.warning("a pay link could not be ended", extra={"request": request.public_id})
    over = Q(status__in=[PaymentRequest.Status.EXPIRED, PaymentRequest.Status.WITHDRAWN])
    for request in rows.filter(over, payment__status=Payment.Status.ACTION_REQUIRED)[:limit]:
        _call_off(request)
    return ended


def _waits_for_guest(request: PaymentRequest) -> bool:
    payment = request.payment
    return payment is not None and payment.status == Payment.Status.ACTION_REQUIRED


def _call_off(request: PaymentRequest) -> None:
    """Give up the request's open payment at the provider, and apply what became of it."""
    payment = request.payment
    if payment is None or payment.status not in OPEN:
        return
    try:
        result = gateway_of(payment.account_id, payment.gateway).abandon(order_of(payment))
    except Exception:
        # One that cannot be asked about must not keep the others from ending.
        logger.exception("payment could not be called off", extra={"payment": payment.public_id})
        return
    keep_answer(payment.pk, "abandon", result)
    if result.outcome not in OPEN_OUTCOMES:
        announce(payment.pk, result)
