"""Reservations without a hold: staff, imports, and a paid guest whose hold had lapsed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction

from core import clock
from core.actors import SYSTEM, Actor
from core.ids import booking_code
from core.locks import Space, again_if_undone, lock
from notifications.models import Message
from notifications.services import queue
from reservations.details import NO_DETAILS, NO_OFFER, OFFER_COLUMNS, ChosenOffer, Details
from reservations.engine import types as e
from reservations.ledger.confirm import Contact
from reservations.ledger.decisions import record_decision
from reservations.ledger.guard import CodeTaken, guarded
from reservations.ledger.holds import release_lapsed_of_day
from reservations.ledger.place import Place, claim_for_reservation
from reservations.messages import facts, way_for
from reservations.models import Reservation
from reservations.selectors.bookings import Booking
from reservations.selectors.days import Day, read_day
from reservations.selectors.holds import HeldPlace
from reservations.selectors.houses import House
from reservations.services.availability import check_open_to
from reservations.services.holds import HoldRequest, decide_for, place_of, refused
from reservations.services.trail import record_party

_CODE_DRAWS = 8


@dataclass(frozen=True, slots=True)
class Extras:
    """What a reservation carries besides its place; hold and payment when it grew out of them."""

    user_id: int | None = None
    hold_id: int | None = None
    payment_id: int | None = None
    deposit: Decimal = Decimal(0)
    payment_kind: str = "deposit"
    refund_ladder: list[list[int]] = field(default_factory=list)
    details: Details = NO_DETAILS
    offer: ChosenOffer = NO_OFFER
    external_id: str = ""
    status: str = "confirmed"
    notify: bool = True
    is_test: bool = False
    request_key: str = ""
    seated_at: dt.datetime | None = None
    """When it came and sat down, of a party that does so without a booking."""
    server_id: int | None = None
    dietary: tuple[str, ...] = ()
    celebration: str = ""
    draw_code: Callable[[], str] | None = None
    """Draws a booking code of the channel's own form; called again while the code is taken."""


@again_if_undone
def book(
    request: HoldRequest,
    contact: Contact,
    extras: Extras,
    *,
    by: Actor,
    now: dt.datetime | None = None,
) -> Reservation:
    """A reservation at once, by staff or an import, under the day's lock.

    ``now`` lets an import ask as of the time the booking was made. Raises what placing a hold
    raises; a refusal is recorded as a decision. With an ``external_id`` a repeat violates the
    unique constraint of its source: look it up before.
    """
    with transaction.atomic():
        lock(Space.SERVICE_DAY, request.restaurant, request.service_date)
        at = now or clock.now()
        day = read_day(request.restaurant, request.service_date, now=at)
        check_open_to(day, request.channel)
        decision = decide_for(day, request, at)
        if decision.accepted:
            return write_booking(day, decision, request, contact, extras, by=by, now=at)
        record_decision(
            decision,
            restaurant_id=day.house.id,
            plan_version=day.house.plan.version,
            subject=extras.external_id[:40],
            by=by,
            now=at,
        )
    raise refused(day, decision)


def write_booking(
    day: Day,
    decision: e.Decision,
    request: HoldRequest,
    contact: Contact,
    extras: Extras,
    *,
    by: Actor,
    now: dt.datetime,
) -> Reservation:
    """Write an accepted decision as a reservation with claims, decision, audit and message.

    The caller has the transaction and the day's lock. Raises what the ledger's guard raises.
    """
    house = day.house
    if day.has_lapsed:
        release_lapsed_of_day(house.id, day.service_date, by=SYSTEM, now=now)
    place = place_of(day, decision)
    draw_code = extras.draw_code or partial(booking_code, house.code_prefix)
    row = _insert(draw_code, **_values(place, request, contact, extras, house, now))
    row.load_ids = claim_for_reservation(place, row.pk)
    record_decision(
        decision,
        restaurant_id=house.id,
        plan_version=house.plan.version,
        subject=row.public_id,
        by=by,
        now=now,
    )
    record_party(f"reservation.{extras.status}", row, by=by, code=row.code)
    if extras.notify:
        notify(house, row, f"reservation_{extras.status}", now)
    return row


def _values(
    place: Place,
    request: HoldRequest,
    contact: Contact,
    extras: Extras,
    house: House,
    now: dt.datetime,
) -> dict[str, Any]:
    """The columns of a new reservation."""
    return {
        "restaurant_id": house.id,
        "service_id": place.service_id,
        "room_id": request.room_id,
        "service_date": place.service_date,
        "starts_at": place.starts_at,
        "ends_at": place.ends_at,
        "party_size": place.party_size,
        "status": extras.status,
        "arrived_at": extras.seated_at,
        "seated_at": extras.seated_at,
        "expected_end": place.ends_at if extras.seated_at else None,
        "server_id": extras.server_id,
        "channel": request.channel.value,
        "source": request.source,
        "external_id": extras.external_id,
        "is_test": extras.is_test,
        "request_key": extras.request_key,
        "user_id": extras.user_id,
        "customer_id": contact.customer_id,
        "guest_name": contact.name,
        "guest_email": contact.email,
        "guest_phone": contact.phone,
        "step_free": request.step_free,
        "turn_minutes": request.turn_minutes,
        "dietary": list(extras.dietary),
        "celebration": extras.celebration,
        **request.origin.columns(),
        **extras.offer.columns(),
        **extras.details.columns(),
        "language": extras.details.language or house.language,
        "hold_id": extras.hold_id,
        "payment_id": extras.payment_id,
        "deposit_amount": extras.deposit,
        "payment_kind": extras.payment_kind,
        "currency": house.currency,
        "refund_ladder": extras.refund_ladder,
        "created_at": now,
        "updated_at": now,
        "status_changed_at": now,
    }


def _insert(draw_code: Callable[[], str], **values: Any) -> Reservation:
    """Insert with a code nobody has; another draw when it is taken."""
    for _ in range(_CODE_DRAWS):
        try:
            with transaction.atomic(), guarded():
                return Reservation.objects.create(code=draw_code(), **values)
        except CodeTaken:
            continue
    raise RuntimeError("no free booking code; lengthen them")


def as_booked(held: HeldPlace, contact: Contact, details: Details) -> Booking:
    """The reservation a hold becomes, as far as the hold knows it: no read after the write."""
    return Booking(
        id=0,
        public_id="",
        code="",
        status="",
        house=held.house,
        user_public_id=held.account.public_id if held.account else None,
        service_date=held.service_date,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        party_size=held.party_size,
        deposit=held.deposit,
        currency=held.currency,
        refund_ladder=held.refund_ladder,
        guest_name=contact.name,
        guest_email=contact.email,
        sequence=0,
        created_at=held.created_at,
        payment_id=None,
        payment_status=None,
        refunded=None,
        captured=None,
        errand=None,
        gateway=held.house.gateway,
        refund_cap=100,
        payment_kind=held.payment_kind,
        guest_phone=contact.phone,
        channel=held.channel,
        source=held.source,
        room_id=held.room_id,
        step_free=held.step_free,
        turn_minutes=None,
        details=details,
        offer=held.offer,
    )


def offer_of(row: Reservation) -> ChosenOffer:
    """What was booked with the table, as it was told."""
    return ChosenOffer(**{name: getattr(row, name) for name in OFFER_COLUMNS})


def notify(
    house: House, row: Reservation, kind: str, now: dt.datetime, **more: Any
) -> Message | None:
    """Queue a message about a reservation, if its guest can be reached and it is no test."""
    way = way_for(house, kind, email=row.guest_email, phone=row.guest_phone, by_sms=row.by_sms)
    if row.is_test or way is None:
        return None
    payload = facts(
        house,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        party_size=row.party_size,
        guest_name=row.guest_name,
        deposit=row.deposit_amount,
        special_requests=row.special_requests,
        sequence=row.sequence,
        offer=offer_of(row),
        details=Details(diner_name=row.diner_name),
        reservation_id=row.public_id,
        code=row.code,
        # A message about a fee or a link says what it is for, not how the table is secured.
        **({"payment_kind": row.payment_kind} | more),
    )
    return queue(
        kind,
        restaurant_id=row.restaurant_id,
        about=row.public_id,
        channel=way.channel,
        recipient=way.recipient,
        payload=payload | way.kept(),
        language=row.language or house.language,
        at=now,
    )
