"""Asking a guest for money by a link: asked for, withdrawn, and the end of its time.

Paying by it is in ``payment_links``, what a provider's answer means in ``payment_settlement``.
Locks, here and there: the day, then the reservation, then the request, then the payment.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Func, Q, QuerySet, Value
from django.utils.translation import gettext

from core import audit, clock
from core.actors import SYSTEM, Actor
from core.errors import Busy, NotFound
from core.locks import Space, again_if_undone, lock
from core.tokens import derive, fingerprint, new_nonce
from notifications.services import queue
from payments.gateways.registry import is_usable
from payments.models import PaymentKind, Policy
from payments.services.charges import OPEN
from reservations.engine.lifecycle import Status
from reservations.errors import LinkUnknown, NotChangeable, PaymentAsked, PaymentsUnavailable
from reservations.messages import facts, way_for
from reservations.models import PaymentRequest, Reservation
from reservations.models.payment_requests import FEES
from reservations.selectors.bookings import Booking, booking, booking_with_key
from reservations.services.booking_money import close
from reservations.services.holds import PaymentTerms
from reservations.services.links import page_address
from reservations.services.progress import take_step
from reservations.services.request_terms import expiry_of, terms_asked
from reservations.services.taking import taken_kind
from reservations.terms import agreed_text

FEE_LINK = dt.timedelta(days=7)
"""How long a guest has to pay a fee that their card refused."""
ANSWER_WITHIN = dt.timedelta(minutes=10)
"""A payment that is under way keeps the table this long after its link has expired."""

_PURPOSE = "payment"
_LOOKS = 5
_CAN_BE_ASKED = frozenset(
    {Status.PENDING, Status.PENDING_PAYMENT, Status.CONFIRMED, Status.RECONFIRMED}
)
_WAITS = frozenset({Status.PENDING, Status.PENDING_PAYMENT})


@dataclass(frozen=True, slots=True)
class Asked:
    """What to ask for; made by the functions below."""

    terms: PaymentTerms
    becomes: str
    expires_at: dt.datetime
    request_key: str = ""


@again_if_undone
def ask_for_payment(
    identifier: str,
    *,
    by: Actor,
    amount: Decimal | None = None,
    kind: str = "",
    expires_in: dt.timedelta | None = None,
    send: bool = True,
    request_key: str = "",
) -> PaymentRequest:
    """Ask the guest of a booking for money by a link; the link is in the message.

    ``amount`` and ``kind`` (deposit, prepayment, hold, card) are the house's policy's when left
    out, ``expires_in`` is the house's own span. A booking that waits for the house or for money
    then waits for this: paid, it is confirmed; expired, its table is free. A confirmed booking
    stands either way. May be repeated with a ``request_key``. Under the day's lock.

    Raises ReservationNotFound, NotChangeable (over, or there already), PaymentAsked (it waits for
    another request), PaymentsUnavailable, and Invalid for an amount or a span that cannot be.
    """
    with transaction.atomic():
        row, found = locked_booking(booking(identifier).id)
        if request_key and (known := _by_key(request_key)) is not None:
            return known
        now = clock.now()
        status = Status(row.status)
        if status not in _CAN_BE_ASKED:
            raise NotChangeable(status=status)
        if status is Status.PENDING_PAYMENT and _open_of(row).exclude(becomes="").exists():
            raise PaymentAsked
        becomes = Status.CONFIRMED.value if status in _WAITS else ""
        asked = Asked(
            terms=terms_asked(row, found, amount, kind, now),
            becomes=becomes,
            expires_at=expiry_of(found, expires_in, becomes, now),
            request_key=request_key,
        )
        if status is Status.PENDING:
            take_step(row, Status.PENDING_PAYMENT, by=by, at=now)
        return write_request(row, found, asked, by=by, at=now, send=send)


def request_to_pay(
    identifier: str, amount: Decimal, *, by: Actor, request_key: str = ""
) -> PaymentRequest:
    """The request that money sent for a booking pays: the one with this key, the one it waits for,
    one of this very ``amount``, or an extra deposit of as much, asked for now without a message.

    May be repeated with a ``request_key``. Raises what :func:`ask_for_payment` raises.
    """
    of_booking = PaymentRequest.objects.filter(reservation__public_id=identifier)
    if request_key:
        known = of_booking.filter(
            Q(request_key=request_key) | Q(paying_keys__contains=[request_key])
        ).first()
        if known is not None:
            return known
    waiting = of_booking.filter(status=PaymentRequest.Status.OPEN)
    # An extra of another amount is another matter, such as one whose card was declined before.
    fitting = waiting.filter(Q(amount=amount) | ~Q(becomes="")).exclude(kind__in=FEES)
    found = fitting.order_by("-becomes", "id").first()
    if found is not None:
        if request_key:
            # Whoever made it: paid meanwhile, it is what the same request finds when it comes back.
            added = Func(F("paying_keys"), Value(request_key), function="array_append")
            PaymentRequest.objects.filter(pk=found.pk).update(paying_keys=added)
        return found
    return ask_for_payment(
        identifier,
        by=by,
        amount=amount,
        kind=PaymentKind.DEPOSIT.value,
        send=False,
        request_key=request_key,
    )


def ask_for_fee(
    row: Reservation, found: Booking, kind: str, amount: Decimal, *, by: Actor
) -> PaymentRequest:
    """Ask for a fee by a link, in the transaction of a caller who has locked the booking.

    At most one fee a booking is asked for, by constraint: raises PaymentAsked for a second.
    """
    if PaymentRequest.objects.filter(
        reservation=row, kind__in=FEES, status__in=["open", "paid"]
    ).exists():
        raise PaymentAsked
    now = clock.now()
    own = row.payment
    asked_by = (own.policy_id, own.policy_name) if own else (None, "")
    terms = PaymentTerms(amount, kind, (), *asked_by)
    asked = Asked(terms=terms, becomes="", expires_at=now + FEE_LINK)
    return write_request(row, found, asked, by=by, at=now, send=True)


def write_request(
    row: Reservation,
    found: Booking,
    asked: Asked,
    *,
    by: Actor,
    at: dt.datetime,
    send: bool,
) -> PaymentRequest:
    """The request's row, its audit entry and its message, in the caller's transaction.

    Raises PaymentsUnavailable where nobody can be paid, or where a test would move real money.
    """
    house = found.house
    if not is_usable(house.account_id) or (row.is_test and house.is_paying_for_real):
        raise PaymentsUnavailable
    nonce = new_nonce()
    terms = asked.terms
    request = PaymentRequest.objects.create(
        restaurant_id=row.restaurant_id,
        reservation=row,
        kind=terms.kind,
        amount=terms.amount,
        currency=found.currency,
        refund_ladder=_ladder(terms),
        # Read anew: it may have been deleted since the house's rules were read.
        policy=Policy.objects.filter(pk=terms.policy_id or 0).first(),
        policy_name=terms.policy_name,
        agreed_text=_agreed(row, found, terms, at),
        becomes=asked.becomes,
        nonce=nonce,
        digest=fingerprint(_PURPOSE, derive(_PURPOSE, nonce)),
        request_key=asked.request_key,
        asked_by=by.label[:120],
        created_at=at,
        expires_at=asked.expires_at,
    )
    audit.record(
        "payment_request.asked",
        request.public_id,
        by=by,
        restaurant_id=row.restaurant_id,
        reservation=row.public_id,
        kind=terms.kind,
        amount=str(request.amount),
        currency=request.currency,
    )
    if send:
        tell_guest("payment_requested", request, row, found, at)
    return request


def _ladder(terms: PaymentTerms) -> list[list[int]]:
    return [[step.hours, step.percent] for step in terms.ladder]


def _agreed(row: Reservation, found: Booking, terms: PaymentTerms, at: dt.datetime) -> str:
    """What the guest agrees to by paying."""
    house = found.house
    return agreed_text(
        house,
        kind=terms.kind,
        total=terms.amount,
        ladder=_ladder(terms),
        starts_at=found.starts_at,
        language=found.language,
        is_later=taken_kind(terms.kind, house, row.starts_at, at) != terms.kind,
    )


def tell_guest(
    kind: str, request: PaymentRequest, row: Reservation, found: Booking, at: dt.datetime
) -> None:
    """Queue a message about a request, if its guest can be reached and it is no test."""
    way = way_for(
        found.house, kind, email=row.guest_email, phone=row.guest_phone, by_sms=row.by_sms
    )
    if row.is_test or way is None:
        return
    payload = facts(
        found.house,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        party_size=row.party_size,
        guest_name=row.guest_name,
        deposit=Decimal(0),
        sequence=row.sequence,
        reservation_id=row.public_id,
        code=row.code,
        payment=str(request.amount),
        payment_kind=request.kind,
        pay_until=request.expires_at.isoformat(),
        keeps_table=bool(request.becomes),
        terms=request.agreed_text,
    )
    queue(
        kind,
        restaurant_id=row.restaurant_id,
        about=request.public_id,
        channel=way.channel,
        recipient=way.recipient,
        payload=payload | way.kept(),
        language=row.language or found.house.language,
        at=at,
    )


def locked_booking(reservation_id: int) -> tuple[Reservation, Booking]:
    """A booking under the lock of its day and its row, in the caller's transaction.

    Raises Busy when others keep moving it to other days.
    """
    for _ in range(_LOOKS):
        seen = booking_with_key(reservation_id)
        lock(Space.SERVICE_DAY, seen.house.public_id, seen.service_date)
        row = Reservation.objects.select_for_update(of=("self",)).get(pk=reservation_id)
        if row.service_date == seen.service_date:
            return row, booking_with_key(reservation_id)
    raise Busy


# --- The link ------------------------------------------------------------------------------------


def pay_token(request: PaymentRequest) -> str:
    """The token by which the guest pays."""
    return derive(_PURPOSE, request.nonce)


def pay_address(request: PaymentRequest) -> str:
    """The absolute address of the page where the guest pays."""
    return page_address("pay", pay_token(request))


def message_address(about: str) -> str:
    """:func:`pay_address` for a message about a request; empty when it is gone."""
    request = PaymentRequest.objects.filter(public_id=about).first()
    return pay_address(request) if request else ""


def open_request(token: str) -> PaymentRequest:
    """The request behind a token, whatever became of it, with its payment; raises LinkUnknown."""
    rows = PaymentRequest.objects.select_related("payment")
    request = rows.filter(digest=fingerprint(_PURPOSE, token)).first()
    if request is None:
        raise LinkUnknown
    return request


def deciding_request(identifier: str) -> PaymentRequest:
    """The latest request a booking (by its public id) waits or waited for; raises NotFound."""
    rows = PaymentRequest.objects.filter(reservation__public_id=identifier)
    request = rows.exclude(becomes="").order_by("-id").first()
    if request is None:
        raise NotFound(gettext("There is nothing to pay for this booking."))
    return request


# --- The end -------------------------------------------------------------------------------------


@again_if_undone
def withdraw(identifier: str, *, by: Actor) -> PaymentRequest:
    """Take a request back. May be repeated; a booking that waited for it waits for the house.

    A payment that is under way goes back in full when it arrives. Raises NotFound, and
    NotChangeable for one that was paid.
    """
    seen = PaymentRequest.objects.filter(public_id=identifier).first()
    if seen is None:
        raise NotFound
    with transaction.atomic():
        row, _ = locked_booking(seen.reservation_id)
        request = PaymentRequest.objects.select_for_update().get(pk=seen.pk)
        if request.status == PaymentRequest.Status.PAID:
            raise NotChangeable(gettext("This was paid already. Refund it instead."))
        if request.status == PaymentRequest.Status.OPEN:
            now = clock.now()
            close(request, PaymentRequest.Status.WITHDRAWN, by=by, at=now)
            if request.becomes and row.status == Status.PENDING_PAYMENT:
                take_step(row, Status.PENDING, by=by, at=now)
    return request


@again_if_undone
def expire(request_id: int) -> bool:
    """End one request whose time is over, and the booking that waited for it; False if it is not.

    The table is free at once and the guest is told. May be repeated and run twice at once.
    """
    seen = PaymentRequest.objects.get(pk=request_id)
    with transaction.atomic():
        row, _ = locked_booking(seen.reservation_id)
        request = PaymentRequest.objects.select_for_update().get(pk=request_id)
        now = clock.now()
        if not is_due(request, now):
            return False
        close(request, PaymentRequest.Status.EXPIRED, by=SYSTEM, at=now)
        if request.becomes and row.status == Status.PENDING_PAYMENT:
            take_step(row, Status.EXPIRED, by=SYSTEM, at=now)
    return True


def is_due(request: PaymentRequest, now: dt.datetime) -> bool:
    """Whether an open request's time is over; a charge whose answer is missing gets some more."""
    if request.status != PaymentRequest.Status.OPEN or request.expires_at > now:
        return False
    payment = request.payment
    is_on_its_way = payment is not None and payment.status in OPEN
    return not is_on_its_way or request.expires_at + ANSWER_WITHIN <= now


def _open_of(row: Reservation) -> QuerySet[PaymentRequest]:
    return PaymentRequest.objects.filter(reservation=row, status=PaymentRequest.Status.OPEN)


def _by_key(request_key: str) -> PaymentRequest | None:
    return PaymentRequest.objects.filter(request_key=request_key).first()
