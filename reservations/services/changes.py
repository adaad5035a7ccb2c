"""Changing a reservation: the new place first, the old one kept until it is certain."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from django.db import transaction

from core import audit, clock
from core.actors import SYSTEM, Actor
from core.locks import Space, again_if_undone, lock
from reservations.engine import types as e
from reservations.engine.lifecycle import UPCOMING, Status
from reservations.errors import NotChangeable
from reservations.ledger.decisions import record_decision
from reservations.ledger.guard import guarded
from reservations.ledger.holds import release_lapsed_of_day
from reservations.ledger.place import claim_for_reservation, release_reservation
from reservations.models import Reservation
from reservations.selectors.bookings import Booking, booking, booking_of_user
from reservations.selectors.days import Day, read_day
from reservations.services.bookings import notify
from reservations.services.holds import HoldRequest, decide_for, place_of, refused


@dataclass(frozen=True, slots=True)
class Change:
    """What should be different; None leaves it as it is."""

    service_date: dt.date | None = None
    time: str | None = None
    party_size: int | None = None
    special_requests: str | None = None


class _Refused(Exception):
    """Carries a refusal out of the transaction, which is rolled back: the old place stands."""

    def __init__(self, day: Day, decision: e.Decision) -> None:
        self.day = day
        self.decision = decision


def change_for_guest(identifier: str, user_public_id: str, change: Change, *, by: Actor) -> Booking:
    """Change the guest's own reservation; see :func:`change_reservation`."""
    booking_of_user(user_public_id, identifier)
    return change_reservation(identifier, change, by=by)


@again_if_undone
def change_reservation(
    identifier: str, change: Change, *, by: Actor, channel: e.Channel | None = None
) -> Booking:
    """Move a reservation to another date, time or size, or leave it exactly as it was.

    Locks the service dates it leaves and enters, in order. Old claims go and new ones come in
    one transaction; a refusal rolls both back and raises what placing a hold raises, with the
    alternatives. The deposit stays as agreed. Repeating it changes nothing more. Raises
    ReservationNotFound and NotChangeable once the party is there or the booking is over.
    """
    found = booking(identifier)
    try:
        with transaction.atomic():
            _change(found, change, by, channel)
    except _Refused as refusal:
        now = clock.now()
        record_decision(
            refusal.decision,
            restaurant_id=refusal.day.house.id,
            plan_version=refusal.day.house.plan.version,
            subject=identifier,
            by=by,
            now=now,
        )
        raise refused(refusal.day, refusal.decision) from None
    return booking(identifier)


def _change(found: Booking, change: Change, by: Actor, channel: e.Channel | None) -> None:
    request = _request(found, change, channel)
    for date in sorted({found.service_date, request.service_date}):
        lock(Space.SERVICE_DAY, found.house.public_id, date)
    row = Reservation.objects.select_for_update(of=("self",)).get(pk=found.id)
    if row.service_date != found.service_date or Status(row.status) not in UPCOMING:
        raise NotChangeable(status=row.status)
    request = replace(
        request,
        channel=channel or e.Channel(row.channel),
        source=row.source,
        room_id=row.room_id,
    )
    before = _facts(row, found)
    now = clock.now()
    if _moves(found, request):
        _move(row, request, by, now)
    if change.special_requests is not None:
        row.special_requests = change.special_requests
    row.updated_at = now
    row.sequence += 1
    with guarded():
        row.save()
    day = read_day(found.house.public_id, row.service_date, now=now)
    audit.record(
        "reservation.changed",
        row.public_id,
        by=by,
        restaurant_id=row.restaurant_id,
        before=before,
        after=_facts(row, found),
    )
    notify(day, row, "reservation_changed", now)


def _request(found: Booking, change: Change, channel: e.Channel | None) -> HoldRequest:
    return HoldRequest(
        restaurant=found.house.public_id,
        service_date=change.service_date or found.service_date,
        time=change.time or found.wall_time,
        party_size=change.party_size or found.party_size,
        channel=channel or e.Channel.ONLINE,
    )


def _moves(found: Booking, request: HoldRequest) -> bool:
    asked = (request.service_date, request.time, request.party_size)
    return asked != (found.service_date, found.wall_time, found.party_size)


def _move(row: Reservation, request: HoldRequest, by: Actor, now: dt.datetime) -> None:
    """Give up the old place, take the new one; raises _Refused when there is none."""
    release_reservation(row.pk, party_size=row.party_size, load_ids=row.load_ids, now=now)
    day = read_day(request.restaurant, request.service_date, now=now)
    decision = decide_for(day, request, now)
    if not decision.accepted:
        raise _Refused(day, decision)
    if day.has_lapsed:
        release_lapsed_of_day(day.house.id, day.service_date, by=SYSTEM, now=now)
    place = place_of(day, decision)
    row.load_ids = claim_for_reservation(place, row.pk)
    row.service_id = place.service_id
    row.service_date = place.service_date
    row.starts_at = place.starts_at
    row.ends_at = place.ends_at
    row.party_size = place.party_size
    record_decision(
        decision,
        restaurant_id=day.house.id,
        plan_version=day.house.plan.version,
        subject=row.public_id,
        by=by,
        now=now,
    )


def _facts(row: Reservation, found: Booking) -> dict[str, object]:
    return {
        "date": row.service_date.isoformat(),
        "time": row.starts_at.astimezone(found.house.zone).strftime("%H:%M"),
        "party_size": row.party_size,
    }
