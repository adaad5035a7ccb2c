"""Taking a party through its evening: accepted or declined, arrived, seated, left, no-show."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from core import clock
from core.actors import SYSTEM, Actor
from core.locks import Space, again_if_undone, lock
from reservations.engine.lifecycle import (
    HOLDS_TABLE,
    PRESENT,
    TERMINAL,
    ActorKind,
    Status,
    allowed,
)
from reservations.engine.stand import SITS
from reservations.errors import NotChangeable
from reservations.ledger.place import release_reservation
from reservations.models import Reservation
from reservations.selectors.bookings import Booking, booking, unanswered
from reservations.services.booking_money import give_all_back, let_all_go, withdraw_open
from reservations.services.bookings import notify
from reservations.services.trail import record_party

ANSWER_WITHIN = dt.timedelta(hours=24)
"""A booking that staff have to accept lapses after this long, or when its time has come."""

_WAITING = frozenset({Status.REQUESTED, Status.PENDING, Status.PENDING_PAYMENT, Status.EXPIRED})
"""From these on a guest is told what becomes of the booking."""
_TURNED_AWAY = frozenset({Status.DECLINED, Status.EXPIRED})


def accept(identifier: str, *, by: Actor) -> str:
    """Say yes to a booking that waits for the house; its guest gets the confirmation."""
    return step(identifier, Status.CONFIRMED, by=by)


def decline(identifier: str, *, by: Actor, reason: str = "") -> str:
    """Say no: the table is free at once, the deposit goes back in full, the guest is told."""
    return step(identifier, Status.DECLINED, by=by, reason=reason)


def expire_unanswered(limit: int = 200) -> int:
    """Turn away the bookings nobody answered in time, as :func:`decline` does; how many.

    Safe to run twice and at once: one that was answered meanwhile is left alone.
    """
    now = clock.now()
    expired = 0
    for identifier in unanswered(asked_before=now - ANSWER_WITHIN, now=now, limit=limit):
        try:
            step(identifier, Status.EXPIRED, by=SYSTEM)
            expired += 1
        except NotChangeable:
            continue
    return expired


@again_if_undone
def step(identifier: str, to: Status, *, by: Actor, reason: str = "") -> str:
    """Take a reservation one step along the lifecycle; returns the status it had before.

    Under the day's lock. A step that ends the stay (no-show, completed, declined) gives the
    table back at once. Accepting sends the confirmation; declining and lapsing give the whole
    deposit back and say so. Cancelling is not a step but ``cancellation.cancel_reservation``.
    Raises ReservationNotFound and NotChangeable.
    """
    found = booking(identifier)
    with transaction.atomic():
        lock(Space.SERVICE_DAY, found.house.public_id, found.service_date)
        row = Reservation.objects.select_for_update(of=("self",)).get(pk=found.id)
        before = Status(row.status)
        needs_table = to in HOLDS_TABLE and before not in HOLDS_TABLE
        if to is Status.CANCELLED or needs_table or not allowed(before, to, ActorKind(by.kind)):
            raise NotChangeable(
                f"A {before.replace('_', ' ')} reservation cannot become {to.replace('_', ' ')}.",
                status=before,
            )
        take_step(row, to, by=by, at=clock.now(), reason=reason)
    return before


def take_step(
    row: Reservation,
    to: Status,
    *,
    by: Actor,
    at: dt.datetime,
    reason: str = "",
    money_later: bool = False,
) -> None:
    """One step of a reservation whose row is locked, under the day's lock, with all that follows.

    For services that have made sure that the step may be taken. Entering a status that holds a
    table needs the claims to be there already. ``money_later`` leaves links and cards of a party
    whose evening is over to the sweeps, because the step can still be undone.
    """
    before = Status(row.status)
    row.status = to.value
    row.sequence += before in _WAITING
    row.status_changed_at = row.updated_at = at
    _stamp(row, to, by, at)
    row.save(update_fields=["status", "sequence", "status_changed_at", "updated_at", *INSTANTS])
    if before in HOLDS_TABLE and to not in HOLDS_TABLE:
        release_reservation(row.pk, party_size=row.party_size, load_ids=row.load_ids, now=at)
    record_party(
        f"reservation.{to}",
        row,
        by=by,
        before=before,
        reason=reason,
        service_date=row.service_date.isoformat(),
    )
    if money_later:
        return
    if to in TERMINAL:
        withdraw_open(row, by=by, at=at)
    if to is Status.COMPLETED:
        # The visit went well: nobody needs the card any more.
        let_all_go(row, at=at)
    if before in _WAITING:
        _answer(row, booking(row.public_id), before, to, at)


INSTANTS = ("arrived_at", "seated_at", "check_at", "paid_at", "left_at", "expected_end")
"""Columns that say when a party really did what."""


def _stamp(row: Reservation, to: Status, by: Actor, at: dt.datetime) -> None:
    """Write down when a party came, sat, got its bill, paid and left: the first time each.

    When the system clears the floor after closing nobody knows when they left.
    """
    if to in PRESENT and row.arrived_at is None:
        row.arrived_at = at
    if to in SITS and row.seated_at is None:
        row.seated_at = at
    if to in SITS and row.expected_end is None:
        row.expected_end = at + (row.ends_at - row.starts_at)
    if to in (Status.SEATED, Status.PARTIALLY_SEATED):
        # Whoever ordered again has neither bill nor receipt.
        row.check_at = row.paid_at = None
    if to is Status.CHECK_DROPPED:
        row.check_at = at
    if to is Status.PAID:
        row.paid_at = at
    if to is Status.COMPLETED and by.kind != SYSTEM.kind:
        row.left_at = at


def _answer(row: Reservation, found: Booking, before: Status, to: Status, now: dt.datetime) -> None:
    """Tell the guest what became of their request, and give the money back after a no."""
    if to is Status.CONFIRMED:
        notify(found.house, row, "reservation_confirmed", now)
    if to not in _TURNED_AWAY:
        return
    returned = give_all_back(row, reason=to.value, at=now)
    notify(
        found.house,
        row,
        f"reservation_{to}",
        now,
        refund_amount=str(returned),
        refund_percent=100,
        is_unpaid=before is Status.PENDING_PAYMENT,
    )
