"""Charging a saved card without its owner: the row, the provider, and what its answer means.

Used for fees (``fees``) and for setting money aside shortly before the visit (``near_holds``). The
row's key is made from the booking, so each is charged once, whoever asks and however often.
"""

from __future__ import annotations

import datetime as dt
import logging
from decimal import Decimal
from typing import Any

from django.db import transaction

from core import audit, clock
from core.actors import SYSTEM
from core.locks import again_if_undone
from core.money import quantize
from notifications.services import queue
from payments.gateways.base import ChargeOutcome, ChargeResult
from payments.gateways.registry import gateway_of
from payments.models import Payment, PaymentKind
from payments.services.charges import (
    FIRST_CHECK,
    OPEN,
    charge,
    keep_answer,
    order_of,
    record_charge,
)
from payments.services.errands import LET_GO_THERE, give_back, let_go
from reservations.engine.lifecycle import PRESENT, UPCOMING, Status
from reservations.engine.money import RefundStep
from reservations.errors import PaymentsUnavailable
from reservations.messages import facts
from reservations.models import PaymentRequest, Reservation
from reservations.models.payment_requests import FEES
from reservations.selectors.bookings import Booking
from reservations.services.booking_money import is_fee_paid, withdraw_open
from reservations.services.bookings import notify
from reservations.services.holds import PaymentTerms
from reservations.services.payment_requests import Asked, locked_booking, write_request

logger = logging.getLogger(__name__)

PREFIX = "res_"
"""How the purposes of these payments begin."""

LINK_KEY = "hold:"
"""How the keys of requests begin that take the place of a hold."""

HOLD_LINK = dt.timedelta(days=2)
"""How long a guest has to secure the table by a link when the card refused."""


def card_of(payment: Payment) -> Payment | None:
    """The card on file that can be charged now: of a hold that ran out, the one it rested on."""
    card = payment.parent if has_run_out(payment) else payment
    is_there = card is not None and card.status == Payment.Status.SAVED and not card.errand
    return card if is_there else None


def has_run_out(payment: Payment) -> bool:
    """Whether what was set aside is gone by itself; we did not let it go."""
    if payment.status == Payment.Status.VOIDED:
        return payment.failure_code == LET_GO_THERE
    is_over = payment.capture_before is not None and payment.capture_before <= clock.now()
    return payment.status == Payment.Status.AUTHORIZED and not payment.errand and is_over


def begin(row: Reservation, card: Payment, *, kind: str, amount: Decimal, key: str) -> Payment:
    """The row of a charge to a saved card, made once for a key; the booking's row is locked."""
    now = clock.now()
    known = Payment.objects.filter(idempotency_key=key).first()
    if known is not None:
        return known
    return Payment.objects.create(
        restaurant_id=row.restaurant_id,
        purpose=row.public_id,
        kind=kind,
        gateway=card.gateway,
        account_id=card.account_id,
        parent=card,
        idempotency_key=key,
        amount=amount,
        currency=card.currency,
        policy_id=card.policy_id,
        policy_name=card.policy_name,
        method=dict(card.saved),
        agreed_text=card.agreed_text,
        attempts=1,
        created_at=now,
        next_check_at=now + FIRST_CHECK,
    )


def ask(payment: Payment, found: Booking) -> Payment:
    """Charge it, or find out what became of it, and apply the answer; outside of any transaction.

    May be repeated: the key makes it one charge. A bank that wants the owner of the card, who is
    not here, has refused. A provider that refuses us, and not the card, leaves it open for the
    sweep.
    """
    if payment.status in OPEN:
        settle(payment.pk, _answer(payment, f"{found.house.name}, {found.service_date}"))
    return Payment.objects.get(pk=payment.pk)


def _answer(payment: Payment, description: str) -> ChargeResult:
    try:
        result = charge(payment, description=description)
        if result.outcome is ChargeOutcome.ACTION_REQUIRED:
            gateway = gateway_of(payment.account_id, payment.gateway)
            payment.provider_reference = result.reference
            result = gateway.abandon(order_of(payment))
            keep_answer(payment.pk, "abandon", result)
    except Exception:
        # One house's revoked key must not keep the cards of others waiting.
        logger.exception("saved card cannot be charged", extra={"payment": payment.public_id})
        return ChargeResult(ChargeOutcome.UNKNOWN)
    return result


@again_if_undone
def settle(payment_id: int, result: ChargeResult) -> bool:
    """Apply a provider's answer about a charge to a saved card, whenever it arrives.

    May be repeated. False for a payment of something else.
    """
    purpose = Payment.objects.values_list("purpose", flat=True).get(pk=payment_id)
    if not purpose.startswith(PREFIX):
        return False
    booked = Reservation.objects.values_list("pk", flat=True).get(public_id=purpose)
    with transaction.atomic():
        row, found = locked_booking(booked)
        before = Payment.objects.select_for_update().get(pk=payment_id).status
        payment = record_charge(payment_id, result, at=clock.now())
        is_final = payment.status not in OPEN
        if payment.kind == PaymentKind.HOLD and is_final:
            _apply_hold(row, found, payment, is_news=before in OPEN)
        elif is_final and payment.status != before:
            _apply_fee(row, found, payment)
    return True


def _apply_fee(row: Reservation, found: Booking, payment: Payment) -> None:
    if payment.status != Payment.Status.SUCCEEDED:
        _record(row, payment, "fee_refused")
        return
    _record(row, payment, "fee_charged")
    now = clock.now()
    if is_fee_paid(row):
        # By a link, after the card had seemed to refuse: the guest owes it once.
        key = f"refund:{payment.public_id}:again"
        give_back(payment.pk, reason="paid twice", key=key, at=now)
        return
    withdraw_open(row, kinds=FEES, by=SYSTEM, at=now)
    tell_of_fee(row, found, payment.kind, payment.captured)


def tell_of_fee(row: Reservation, found: Booking, kind: str, amount: Decimal) -> None:
    """Tell the guest what was charged and why, in the caller's transaction."""
    notify(
        found.house,
        row,
        "fee_charged",
        clock.now(),
        payment=str(quantize(amount, found.currency)),
        payment_kind=kind,
    )


def _apply_hold(row: Reservation, found: Booking, payment: Payment, *, is_news: bool) -> None:
    now = clock.now()
    is_expected = Status(row.status) in UPCOMING | PRESENT
    if payment.status == Payment.Status.AUTHORIZED:
        if is_expected and _waits_for(row, payment):
            secure_by(row, payment, now)
            _record(row, payment, "hold_placed")
        elif row.payment_id != payment.pk:
            # Cancelled, or secured by other means, while the provider answered.
            let_go(payment.pk, at=now)
    elif is_news and is_expected:
        _record(row, payment, "hold_refused")
        ask_by_link(row, found, payment, now)
        _tell_house(row, found, payment, now)


def _waits_for(row: Reservation, payment: Payment) -> bool:
    """Whether the booking rests on the card so far, or on a hold of it that ran out."""
    own = row.payment
    if own is None or own.pk == payment.parent_id:
        return own is not None
    return own.parent_id == payment.parent_id and has_run_out(own)


def secure_by(row: Reservation, payment: Payment, now: dt.datetime) -> None:
    """The booking rests on this hold from now on, in the caller's transaction; one that ran out is
    told off at the provider, too.
    """
    before, row.payment, row.updated_at = row.payment, payment, now
    row.save(update_fields=["payment", "updated_at"])
    if before is not None and before.kind == PaymentKind.HOLD:
        let_go(before.pk, at=now)


def ask_by_link(row: Reservation, found: Booking, payment: Payment, now: dt.datetime) -> None:
    """The guest gets a link to secure the table by another card, in the caller's transaction.

    Once for a hold that was refused or ran out; its key says so.
    """
    key = link_key(payment.public_id)
    if PaymentRequest.objects.filter(request_key=key).exists():
        return
    ladder = tuple(RefundStep(hours, percent) for hours, percent in row.refund_ladder)
    terms = PaymentTerms(
        payment.amount,
        PaymentKind.HOLD.value,
        ladder,
        payment.policy_id,
        payment.policy_name,
    )
    until = max(min(now + HOLD_LINK, row.starts_at), now + dt.timedelta(minutes=5))
    try:
        with transaction.atomic():
            asked = Asked(terms=terms, becomes="", expires_at=until, request_key=key)
            write_request(row, found, asked, by=SYSTEM, at=now, send=True)
    except PaymentsUnavailable:
        # The house has no provider any more: it decides.
        pass


def link_key(payment: str) -> str:
    """The key of the request that takes the place of a hold (its public id)."""
    return f"{LINK_KEY}{payment}"


def _tell_house(row: Reservation, found: Booking, payment: Payment, now: dt.datetime) -> None:
    house = found.house
    if not house.email or row.is_test:
        return
    payload: dict[str, Any] = facts(
        house,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        party_size=row.party_size,
        guest_name=row.guest_name,
        deposit=Decimal(0),
        reservation_id=row.public_id,
        code=row.code,
        guest_phone=row.guest_phone,
        payment=str(quantize(payment.amount, payment.currency)),
    )
    payload["reply_to"] = row.guest_email
    queue(
        "hold_refused",
        restaurant_id=house.id,
        about=row.public_id,
        recipient=house.email,
        payload=payload,
        language=house.language,
        at=now,
    )


def _record(row: Reservation, payment: Payment, what: str) -> None:
    audit.record(
        f"reservation.{what}",
        row.public_id,
        by=SYSTEM,
        restaurant_id=row.restaurant_id,
        payment=payment.public_id,
        amount=str(quantize(payment.amount, payment.currency)),
        currency=payment.currency,
        code=payment.failure_code,
    )
