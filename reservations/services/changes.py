"""Changing a reservation: the new place first, the old one kept until it is certain."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext, gettext_noop

from core import audit, clock
from core.actors import SYSTEM, Actor, ActorKind
from core.errors import Busy
from core.locks import Space, again_if_undone, lock
from reservations.details import NO_OFFER
from reservations.engine import types as e
from reservations.engine.lifecycle import UPCOMING, Status, check
from reservations.engine.lifecycle import ActorKind as Mover
from reservations.errors import NotChangeable
from reservations.ledger.decisions import record_decision
from reservations.ledger.guard import guarded
from reservations.ledger.holds import release_lapsed_of_day
from reservations.ledger.place import claim_for_reservation, release_reservation
from reservations.models import Reservation
from reservations.selectors.bookings import Booking, booking, booking_of_user
from reservations.selectors.days import Day, read_day
from reservations.services.availability import check_open_to
from reservations.services.bookings import notify
from reservations.services.cancellation import Permit, quote
from reservations.services.holds import HoldRequest, decide_for, place_of, refused, terms_for
from reservations.services.trail import record_party

LARGER_DEPOSIT = gettext_noop(
    "This change needs a larger deposit, which cannot be paid here."
    " Please book anew or call the restaurant."
)

_LOOKS = 5
"""How often to follow a reservation that others keep moving to other dates."""


@dataclass(frozen=True, slots=True)
class Change:
    """What should be different; None leaves it as it is."""

    service_date: dt.date | None = None
    time: str | None = None
    party_size: int | None = None
    special_requests: str | None = None
    turn_minutes: int | None = None
    without_offer: bool = False
    """Give up the offer that was booked with the table."""


class _Refused(Exception):
    """Carries a refusal out of the transaction, which is rolled back: the old place stands."""

    def __init__(self, day: Day, decision: e.Decision) -> None:
        self.day = day
        self.decision = decision


class _MovedMeanwhile(Exception):
    """The reservation changed its date before the lock was held: lock that one and look again."""


def change_for_guest(identifier: str, user_public_id: str, change: Change, *, by: Actor) -> Booking:
    """Change the guest's own reservation; see :func:`change_reservation`."""
    booking_of_user(user_public_id, identifier)
    return change_reservation(identifier, change, by=by)


@again_if_undone
def change_reservation(
    identifier: str,
    change: Change,
    *,
    by: Actor,
    channel: e.Channel | None = None,
    permit: Permit | None = None,
    for_guest: bool = False,
) -> Booking:
    """Move a reservation to another date, time or size, or leave it exactly as it was.

    Locks the service dates it leaves and enters, in order. Old claims go and new ones come in
    one transaction; a refusal rolls both back and raises what placing a hold raises, with the
    alternatives. The deposit stays as agreed, and so does the notice: a guest who moves a
    booking late does not win back the share of the refund that was lost by then. A reconfirmed
    booking that moves to another time is confirmed again. A guest's offer has to be served at the
    new time, or be given up. Nothing to change is no change. Raises
    ReservationNotFound; NotChangeable once the party is there, the time has come, the booking is
    over, or a larger party would owe a larger deposit. ``permit`` has the last word under the
    locks. ``for_guest`` holds whoever it is to what a guest may do: a program that passes on what
    its guest wants.
    """
    as_guest = for_guest or by.kind is ActorKind.GUEST
    for _ in range(_LOOKS):
        try:
            with transaction.atomic():
                _change(booking(identifier), change, by, channel, permit, as_guest)
            return booking(identifier)
        except _MovedMeanwhile:
            continue
        except _Refused as refusal:
            record_decision(
                refusal.decision,
                restaurant_id=refusal.day.house.id,
                plan_version=refusal.day.house.plan.version,
                subject=identifier,
                by=by,
                now=clock.now(),
            )
            raise refused(refusal.day, refusal.decision) from None
    raise Busy


def _change(
    seen: Booking,
    change: Change,
    by: Actor,
    channel: e.Channel | None,
    permit: Permit | None,
    as_guest: bool,
) -> None:
    for date in sorted({seen.service_date, change.service_date or seen.service_date}):
        lock(Space.SERVICE_DAY, seen.house.public_id, date)
    row = Reservation.objects.select_for_update(of=("self",)).get(pk=seen.id)
    # What was seen before the lock may be history; everything below goes by this.
    found = booking(seen.public_id)
    if found.service_date != seen.service_date:
        raise _MovedMeanwhile
    now = clock.now()
    if permit is not None:
        permit(found)
    check_changeable(row.status, row.starts_at, by, now, as_guest=as_guest)
    request = _request(found, row, change, channel, as_guest)
    moves = _moves(found, request)
    wish = change.special_requests
    gives_up = change.without_offer and bool(row.offer_name)
    if not moves and not gives_up and wish in (None, row.special_requests):
        return
    before = _facts(row, found)
    if gives_up:
        for name, value in NO_OFFER.columns().items():
            setattr(row, name, value)
    if moves:
        if as_guest:
            row.refund_cap = quote(found)[0]
        _move(row, request, by, now, as_guest)
    if wish is not None:
        row.special_requests = wish
    _save(row, found, before, by, now)


def check_changeable(
    status: str, starts_at: dt.datetime, by: Actor, now: dt.datetime, *, as_guest: bool = False
) -> None:
    """Raise NotChangeable unless this actor may still change a booking in this state."""
    if Status(status) not in UPCOMING:
        raise NotChangeable(status=status)
    if (as_guest or by.kind is ActorKind.GUEST) and starts_at <= now:
        raise NotChangeable(
            gettext("The time of this reservation has come. Please call the restaurant.")
        )


def _save(
    row: Reservation, found: Booking, before: dict[str, object], by: Actor, now: dt.datetime
) -> None:
    row.updated_at = now
    row.sequence += 1
    with guarded():
        row.save()
    record_party(
        "reservation.changed",
        row,
        by=by,
        before=before,
        after=_facts(row, found),
    )
    notify(found.house, row, "reservation_changed", now)


def _request(
    found: Booking, row: Reservation, change: Change, channel: e.Channel | None, as_guest: bool
) -> HoldRequest:
    """What to ask for. The house may move a party beyond what its offer says; its guest may not."""
    keeps_offer = as_guest and not change.without_offer
    party_size = found.party_size if change.party_size is None else change.party_size
    return HoldRequest(
        restaurant=found.house.public_id,
        service_date=change.service_date or found.service_date,
        time=change.time or found.wall_time,
        party_size=party_size,
        channel=channel or e.Channel(row.channel),
        source=row.source,
        room_id=row.room_id,
        step_free=row.step_free,
        turn_minutes=change.turn_minutes or row.turn_minutes,
        offer_id=found.offer.wanted_id if keeps_offer else None,
    )


def _moves(found: Booking, request: HoldRequest) -> bool:
    asked = (request.service_date, request.time, request.party_size, request.turn_minutes)
    return asked != (found.service_date, found.wall_time, found.party_size, found.turn_minutes)


def _move(
    row: Reservation, request: HoldRequest, by: Actor, now: dt.datetime, as_guest: bool
) -> None:
    """Give up the old place, take the new one; raises _Refused when there is none."""
    release_reservation(row.pk, party_size=row.party_size, load_ids=row.load_ids, now=now)
    day = read_day(request.restaurant, request.service_date, now=now)
    check_open_to(day, request.channel)
    decision = decide_for(day, request, now)
    if not decision.accepted:
        raise _Refused(day, decision)
    if as_guest:
        _check_deposit(row, day, decision, now)
    if day.has_lapsed:
        release_lapsed_of_day(day.house.id, day.service_date, by=SYSTEM, now=now)
    place = place_of(day, decision)
    row.load_ids = claim_for_reservation(place, row.pk)
    if row.starts_at != place.starts_at:
        _withdraw_word(row, now)
    row.service_id = place.service_id
    row.service_date = place.service_date
    row.starts_at = place.starts_at
    row.ends_at = place.ends_at
    row.party_size = place.party_size
    row.turn_minutes = request.turn_minutes
    # What the party said of another time says nothing about this one.
    row.late_minutes = row.late_at = None
    record_decision(
        decision,
        restaurant_id=day.house.id,
        plan_version=day.house.plan.version,
        subject=row.public_id,
        by=by,
        now=now,
    )


def _withdraw_word(row: Reservation, now: dt.datetime) -> None:
    """Who said again that they are coming said so of the old time, not of the new one."""
    before = Status(row.status)
    if before is not Status.RECONFIRMED:
        return
    check(before, Status.CONFIRMED, Mover.SYSTEM)
    row.status, row.status_changed_at = Status.CONFIRMED.value, now
    audit.record(
        "reservation.confirmed",
        row.public_id,
        by=SYSTEM,
        restaurant_id=row.restaurant_id,
        before=before,
        reason="moved to another time",
    )


def _check_deposit(row: Reservation, day: Day, decision: e.Decision, now: dt.datetime) -> None:
    """A guest cannot change into a booking that costs a larger deposit than was paid."""
    due = terms_for(day, decision, now).amount
    if due > row.deposit_amount:
        raise NotChangeable(
            gettext(LARGER_DEPOSIT),
            deposit=str(due),
            paid=str(row.deposit_amount),
        )


def _facts(row: Reservation, found: Booking) -> dict[str, object]:
    return {
        "date": row.service_date.isoformat(),
        "time": row.starts_at.astimezone(found.house.zone).strftime("%H:%M"),
        "party_size": row.party_size,
        **({"offer": row.offer_name} if found.offer.offer_name else {}),
    }
