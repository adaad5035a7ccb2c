"""Bookings that partners make: at once, once each, and never two tables for one visit.

:func:`book_for_partner` is the way in for every program with a key::

    booking, is_new = book_for_partner(
        PartnerBooking(
            restaurant="rest_001",  # public id
            service_date=dt.date(2026, 2, 15),
            time="19:00",  # HH:MM on the restaurant's clock
            party_size=4,
            source="opentable",  # engine.sources.source_name's spelling
            name="John Doe",
            email="john@example.com",
            phone="+12125550123",
            external_id="OT_12345",  # optional: a repeat answers with the same booking
            request_key="",  # optional: so does a rerun after a crash
            details=Details(special_requests="Birthday"),
            is_test=False,
            status=None,
            draw_code=None,
            notify=True,
        ),
        by=caller.as_actor(),
    )

``is_new`` is False when this was told before, or when another source told of the same visit: the
booking is then the one that was there, with the data of whoever counts more.
"""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from core import clock
from core.actors import Actor
from core.errors import Busy
from core.locks import Space, again_if_undone, lock
from customers import services as customers
from payments.gateways.registry import is_usable
from reservations.engine import types as e
from reservations.engine.calendar import readings_of
from reservations.engine.lifecycle import Status
from reservations.engine.walltime import boundary_to_minute, minute_to_datetime
from reservations.ledger.confirm import Contact
from reservations.ledger.decisions import record_decision
from reservations.models import Reservation
from reservations.partners import PartnerBooking
from reservations.selectors.bookings import Booking, booking
from reservations.selectors.days import Day, read_day
from reservations.selectors.houses import House
from reservations.selectors.sources import View, same_visit, told_before
from reservations.services.availability import check_open_to
from reservations.services.bookings import Extras, write_booking
from reservations.services.holds import (
    HoldRequest,
    PaymentTerms,
    decide_for,
    refused,
    terms_for,
)
from reservations.services.partner_contacts import contact_for
from reservations.services.payment_requests import Asked, write_request
from reservations.services.request_terms import SHORTEST
from reservations.services.same_visits import link, write_record

__all__ = ["PartnerBooking", "book_for_partner"]

_LOOKS = 3
_TOLD_MEANWHILE = frozenset(
    {
        "source_record_once",
        "source_record_request_once",
        "reservation_external_id_once",
        "reservation_request_once",
    }
)
"""Constraints that say: another request with the same id or key was faster."""


class _Refused(Exception):
    """Carries a refusal out of the transaction, which is rolled back."""

    def __init__(self, day: Day, decision: e.Decision) -> None:
        self.day = day
        self.decision = decision


@again_if_undone
def book_for_partner(asked: PartnerBooking, *, by: Actor) -> tuple[Booking, bool]:
    """Make a partner's booking at once under the day's lock; the booking, and whether it is new.

    May be repeated with the same ``external_id`` (of this restaurant and source) or
    ``request_key``: the booking that was made is found, whatever became of it. When another
    source told of the same guest's visit (``engine.sources``), no second table is taken: the
    records are linked, and the data of the source that counts more stand in the booking.

    Raises RestaurantNotFound, NotAccepting, NotBookable, Busy, Invalid (by field), and
    SlotUnavailable with reasons and bookable ``suggested_times``; a refusal changes nothing and
    is recorded as a decision.
    """
    asked.details.check()
    for _ in range(_LOOKS):
        if (known := _told_before(asked)) is not None:
            return booking(known), False
        try:
            with transaction.atomic():
                identifier, is_new = _book(asked, by)
            return booking(identifier), is_new
        except _Refused as refusal:
            _record_refusal(refusal, asked, by)
            raise refused(refusal.day, refusal.decision) from None
        except IntegrityError as error:
            diagnosis = getattr(error.__cause__, "diag", None)
            if getattr(diagnosis, "constraint_name", None) not in _TOLD_MEANWHILE:
                raise
    raise Busy


def _told_before(asked: PartnerBooking) -> str | None:
    view = View(asked.restaurant, asked.source, is_test=asked.is_test)
    return told_before(view, external_id=asked.external_id, request_key=asked.request_key)


def _book(asked: PartnerBooking, by: Actor) -> tuple[str, bool]:
    """Public id of the booking, and whether it was made here. Inside a transaction."""
    lock(Space.SERVICE_DAY, asked.restaurant, asked.service_date)
    now = clock.now()
    # Whoever had the lock before may have told the very same.
    if (known := _told_before(asked)) is not None:
        return known, False
    day = read_day(asked.restaurant, asked.service_date, now=now)
    check_open_to(day, asked.channel)
    contact = contact_for(
        day.house,
        name=asked.name,
        email=asked.email,
        phone=asked.phone,
        recognise=not asked.is_test,
        family_name=asked.family_name,
    )
    if (same := _same_visit(day.house, asked, contact)) is not None:
        link(same, asked, contact, by=by, now=now)
        return same, False
    request = _request(asked)
    decision = decide_for(day, request, now)
    if not decision.accepted:
        raise _Refused(day, decision)
    terms = terms_for(day, decision, now)
    extras = _extras(day, decision, asked, terms)
    row = write_booking(day, decision, request, contact, extras, by=by, now=now)
    if extras.status == Status.PENDING_PAYMENT:
        _ask_for_money(row, day, terms, by, now)
    write_record(asked, contact, row, is_primary=True, now=now)
    if asked.sms_consents and contact.is_new and contact.customer_id is not None:
        customers.remember(
            contact.customer_id,
            sms_consents=True,
            by=by,
            restaurant_id=day.house.id,
            because=row.public_id,
        )
    return row.public_id, True


def _same_visit(house: House, asked: PartnerBooking, contact: Contact) -> str | None:
    """The booking of the same guest and visit that another source told of, the nearest first."""
    for reading in readings_of(asked.time):
        at = minute_to_datetime(
            house.zone, boundary_to_minute(house.zone, asked.service_date, reading)
        )
        found = same_visit(
            house.id,
            service_date=asked.service_date,
            at=at,
            source=asked.source,
            is_test=asked.is_test,
            email=contact.email,
            phone=contact.phone,
            customer_id=contact.customer_id,
        )
        if found is not None:
            return found
    return None


def _request(asked: PartnerBooking) -> HoldRequest:
    return HoldRequest(
        restaurant=asked.restaurant,
        service_date=asked.service_date,
        time=asked.time,
        party_size=asked.party_size,
        channel=asked.channel,
        source=asked.source,
        room_id=asked.room_id,
        step_free=asked.step_free,
        service_id=asked.service_id,
        turn_minutes=asked.turn_minutes,
    )


def _ask_for_money(
    row: Reservation, day: Day, terms: PaymentTerms, by: Actor, now: dt.datetime
) -> None:
    """The request that a booking made by a program waits for; its guest gets the link, too."""
    services = (one for one in day.house.plan.services if one.id == row.service_id)
    service = next(services, None)
    is_granted = service is None or service.auto_confirm
    until = now + dt.timedelta(minutes=day.house.pay_link_minutes)
    asked = Asked(
        terms=terms,
        becomes=(Status.CONFIRMED if is_granted else Status.PENDING).value,
        expires_at=max(min(until, row.starts_at), now + SHORTEST),
    )
    write_request(row, booking(row.public_id), asked, by=by, at=now, send=True)


def _extras(day: Day, decision: e.Decision, asked: PartnerBooking, terms: PaymentTerms) -> Extras:
    status = asked.status
    if status is None:
        service = decision.slot.service if decision.slot else None
        is_granted = (service is None or service.auto_confirm) and terms.amount <= 0
        status = "confirmed" if is_granted else "pending"
        if terms.amount > 0 and asked.pays_by_link and _can_be_paid(day.house, asked):
            status = Status.PENDING_PAYMENT.value
    return Extras(
        user_id=asked.user_id,
        payment_kind=terms.kind,
        refund_ladder=[[step.hours, step.percent] for step in terms.ladder],
        details=asked.details,
        external_id=asked.external_id,
        status=status,
        notify=asked.notify and status != Status.PENDING_PAYMENT,
        is_test=asked.is_test,
        request_key=asked.request_key,
        dietary=asked.dietary,
        celebration=asked.celebration,
        draw_code=asked.draw_code,
    )


def _can_be_paid(house: House, asked: PartnerBooking) -> bool:
    """Whether there is a page to pay on; a test never moves real money."""
    return is_usable(house.account_id) and not (asked.is_test and house.is_paying_for_real)


def _record_refusal(refusal: _Refused, asked: PartnerBooking, by: Actor) -> None:
    record_decision(
        refusal.decision,
        restaurant_id=refusal.day.house.id,
        plan_version=refusal.day.house.plan.version,
        subject=asked.external_id[:40],
        by=by,
        now=clock.now(),
    )
