"""Cancelling: the table is free at once; the money follows as a fact of its own."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from core import audit, clock
from core.actors import Actor
from core.locks import Space, again_if_undone, lock
from core.money import exponent
from payments.services import request_refund
from reservations.engine.lifecycle import ActorKind, Status, allowed
from reservations.engine.policies import refund_amount, refund_percent
from reservations.engine.types import RefundStep
from reservations.errors import AlreadyCancelled, NotChangeable
from reservations.ledger.place import release_reservation
from reservations.models import Reservation
from reservations.selectors.bookings import Booking, booking, booking_of_user
from reservations.selectors.days import read_day
from reservations.services.bookings import notify


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What a cancellation gave back."""

    booking: Booking
    percent: int
    amount: Decimal
    """Being refunded; zero when nothing was paid."""
    last_notice_hours: int
    """Below this much notice nothing comes back."""


def quote(found: Booking) -> tuple[int, Decimal]:
    """What cancelling now would give back: percent of the deposit, and the amount."""
    ladder = tuple(RefundStep(hours, percent) for hours, percent in found.refund_ladder)
    percent = refund_percent(ladder, found.starts_at, clock.now())
    paid = found.deposit if found.payment_status == "succeeded" else Decimal(0)
    return percent, refund_amount(paid, percent, exponent(found.currency))


def cancel_for_guest(identifier: str, user_public_id: str, *, by: Actor) -> Cancellation:
    """Cancel the guest's own reservation; see :func:`cancel_reservation`."""
    booking_of_user(user_public_id, identifier)
    return cancel_reservation(identifier, by=by)


@again_if_undone
def cancel_reservation(identifier: str, *, by: Actor, reason: str = "") -> Cancellation:
    """Cancel, free the tables and ask for the refund the agreed ladder gives at this instant.

    Under the day's lock; the refund is a row in the same transaction and reaches the
    provider later, so a provider that is down never stops a cancellation. Not repeatable:
    raises AlreadyCancelled; ReservationNotFound; NotChangeable once the party has arrived.
    """
    found = booking(identifier)
    with transaction.atomic():
        lock(Space.SERVICE_DAY, found.house.public_id, found.service_date)
        row = Reservation.objects.select_for_update(of=("self",)).get(pk=found.id)
        _check(row, by)
        now = clock.now()
        found = booking(identifier)
        percent, amount = quote(found)
        before = row.status
        row.status = Reservation.Status.CANCELLED
        row.cancelled_at = row.updated_at = row.status_changed_at = now
        row.sequence += 1
        row.save(
            update_fields=["status", "cancelled_at", "updated_at", "status_changed_at", "sequence"]
        )
        release_reservation(row.pk, party_size=row.party_size, load_ids=row.load_ids, now=now)
        if amount > 0 and row.payment_id is not None:
            request_refund(
                row.payment_id, amount, reason="cancelled", key=f"refund:{row.public_id}", at=now
            )
        audit.record(
            "reservation.cancelled",
            row.public_id,
            by=by,
            restaurant_id=row.restaurant_id,
            before=before,
            percent=percent,
            refund=str(amount),
            reason=reason,
        )
        day = read_day(found.house.public_id, row.service_date, now=now)
        notify(
            day,
            row,
            "reservation_cancelled",
            now,
            refund_amount=str(amount),
            refund_percent=percent,
        )
    hours = [step[0] for step in found.refund_ladder if step[1] > 0]
    return Cancellation(found, percent, amount, min(hours, default=0))


def _check(row: Reservation, by: Actor) -> None:
    """Raise unless this actor may cancel a reservation in this status."""
    if row.status == Reservation.Status.CANCELLED:
        raise AlreadyCancelled
    if not allowed(Status(row.status), Status.CANCELLED, ActorKind(by.kind)):
        raise NotChangeable(status=row.status)
