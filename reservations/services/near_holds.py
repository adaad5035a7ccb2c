"""Setting money aside shortly before the visit, on cards that were saved when booking."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Value
from django.db.models.functions import Concat

from core import clock
from core.errors import DomainError
from core.locks import again_if_undone
from payments.gateways.registry import gateway_class
from payments.models import Payment, PaymentKind
from reservations.engine.lifecycle import Status
from reservations.models import Reservation
from reservations.selectors.booking_money import bookings_to_let_go
from reservations.services.booking_money import let_all_go
from reservations.services.charges_later import ask, begin
from reservations.services.payment_requests import locked_booking

logger = logging.getLogger(__name__)

EXPECTED = (Status.PENDING.value, Status.CONFIRMED.value, Status.RECONFIRMED.value)
_FARTHEST = dt.timedelta(days=31)
"""No provider keeps money aside for longer."""


def authorise_holds(limit: int = 50) -> int:
    """Set aside what is due on up to ``limit`` saved cards and say how many were asked about.

    A visit is due once it is as near as its provider keeps money aside. One attempt each: a card
    that refuses is not asked again; its guest gets a link, the house is told. Safe to run twice
    and at once.
    """
    asked = 0
    for reservation_id in _due(clock.now())[:limit]:
        try:
            asked += _authorise(reservation_id)
        except DomainError:
            logger.warning("a hold could not be placed", extra={"reservation": reservation_id})
    return asked


def _due(now: dt.datetime) -> list[int]:
    decided = Payment.objects.filter(
        idempotency_key=Concat(Value("hold:"), OuterRef("public_id")),
        status__in=[Payment.Status.FAILED, Payment.Status.VOIDED],
    )
    rows = Reservation.objects.filter(
        payment_kind=PaymentKind.HOLD,
        status__in=EXPECTED,
        payment__kind=PaymentKind.CARD,
        payment__status=Payment.Status.SAVED,
        payment__errand="",
        starts_at__gt=now,
        starts_at__lte=now + _FARTHEST,
    )
    found = rows.exclude(Exists(decided)).annotate(provider=F("payment__gateway"))
    return [
        pk
        for pk, starts_at, provider in found.order_by("starts_at", "id").values_list(
            "pk", "starts_at", "provider"
        )
        if starts_at - now <= gateway_class(provider).hold_window
    ]


@again_if_undone
def _authorise(reservation_id: int) -> bool:
    with transaction.atomic():
        row, found = locked_booking(reservation_id)
        card = row.payment
        is_due = (
            card is not None
            and card.kind == PaymentKind.CARD
            and card.status == Payment.Status.SAVED
            and row.status in EXPECTED
        )
        if card is None or not is_due:
            return False
        payment = begin(
            row,
            card,
            kind=PaymentKind.HOLD,
            amount=row.deposit_amount,
            key=f"hold:{row.public_id}",
        )
    ask(payment, found)
    return True


def let_cards_go(limit: int = 200) -> int:
    """Let go of cards and holds nobody needs any more; of how many bookings.

    After the visit at once; after a no-show or a late cancellation without a fee, as many days
    later as the house has set. Safe to run twice and at once.
    """
    let = 0
    for reservation_id in bookings_to_let_go(clock.now(), limit=limit):
        with transaction.atomic():
            row = Reservation.objects.select_for_update(of=("self",)).get(pk=reservation_id)
            let += bool(let_all_go(row, at=clock.now()))
    return let
