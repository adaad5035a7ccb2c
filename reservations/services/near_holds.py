"""Setting money aside shortly before the visit, on cards that were saved when booking.

And again where it ran out, because the booking was moved to a later date.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat

from core import clock
from core.errors import DomainError
from core.locks import again_if_undone
from payments.gateways.registry import gateway_class
from payments.models import Payment, PaymentKind
from payments.services.errands import LET_GO_THERE
from reservations.engine.lifecycle import Status
from reservations.models import PaymentRequest, Reservation
from reservations.selectors.booking_money import bookings_to_let_go
from reservations.services.booking_money import let_all_go
from reservations.services.charges_later import (
    LINK_KEY,
    ask,
    ask_by_link,
    begin,
    card_of,
    has_run_out,
)
from reservations.services.payment_requests import locked_booking

logger = logging.getLogger(__name__)

EXPECTED = (Status.PENDING.value, Status.CONFIRMED.value, Status.RECONFIRMED.value)
_FARTHEST = dt.timedelta(days=31)
"""No provider keeps money aside for longer."""


def authorise_holds(limit: int = 50) -> int:
    """Set aside what is due on up to ``limit`` saved cards and say how many were asked about.

    A visit is due once it is as near as its provider keeps money aside. One attempt each: a card
    that refuses is not asked again; its guest gets a link, the house is told. What was set aside
    for an earlier date and ran out is set aside again; where no card was saved, its guest gets a
    link. Safe to run twice and at once.
    """
    asked = 0
    for reservation_id in _due(clock.now())[:limit]:
        try:
            asked += _authorise(reservation_id)
        except DomainError:
            logger.warning("a hold could not be placed", extra={"reservation": reservation_id})
    return asked


def _due(now: dt.datetime) -> list[int]:
    rows = Reservation.objects.filter(
        payment_kind=PaymentKind.HOLD,
        status__in=EXPECTED,
        starts_at__gt=now,
        starts_at__lte=now + _FARTHEST,
    )
    on_cards = rows.filter(
        payment__kind=PaymentKind.CARD,
        payment__status=Payment.Status.SAVED,
        payment__errand="",
    ).exclude(_decided(Concat(Value("hold:"), OuterRef("public_id"))))
    again = rows.filter(
        Q(payment__status=Payment.Status.VOIDED, payment__failure_code=LET_GO_THERE)
        | Q(
            payment__status=Payment.Status.AUTHORIZED,
            payment__errand="",
            payment__capture_before__lte=now,
        ),
        payment__kind=PaymentKind.HOLD,
        # Of a booking that stayed where it was, somebody let it go.
        payment__capture_before__lt=F("starts_at"),
    ).exclude(
        _decided(
            Concat(
                Value("hold:"),
                OuterRef("public_id"),
                Value(":"),
                Cast(OuterRef("payment_id"), CharField()),
            )
        )
    )
    asked = PaymentRequest.objects.filter(
        request_key=Concat(Value(LINK_KEY), OuterRef("payment__public_id"))
    )
    facts = ("pk", "starts_at", "payment__gateway")
    found = [*on_cards.values_list(*facts), *again.exclude(Exists(asked)).values_list(*facts)]
    return [
        pk
        for pk, starts_at, provider in sorted(found, key=lambda one: (one[1], one[0]))
        if starts_at - now <= gateway_class(provider).hold_window
    ]


def _decided(key: Combinable) -> Exists:
    """Whether the attempt with this key came to nothing: it is not made twice."""
    over = [Payment.Status.FAILED, Payment.Status.VOIDED]
    return Exists(Payment.objects.filter(idempotency_key=key, status__in=over))


@again_if_undone
def _authorise(reservation_id: int) -> bool:
    with transaction.atomic():
        row, found = locked_booking(reservation_id)
        own = row.payment
        if own is None or row.status not in EXPECTED:
            return False
        is_again = own.kind == PaymentKind.HOLD
        card = card_of(own)
        if is_again and card is None and has_run_out(own):
            ask_by_link(row, found, own, clock.now())
            return True
        if card is None or card.kind != PaymentKind.CARD:
            return False
        payment = begin(
            row,
            card,
            kind=PaymentKind.HOLD,
            amount=row.deposit_amount,
            key=f"hold:{row.public_id}:{own.pk}" if is_again else f"hold:{row.public_id}",
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
