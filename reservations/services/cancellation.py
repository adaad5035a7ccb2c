"""Cancelling: the table is free at once; the money follows as a fact of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from core import clock
from core.actors import Actor, ActorKind
from core.locks import Space, again_if_undone, lock
from payments.services.refunds import request_refund
from reservations.engine import lifecycle
from reservations.engine.lifecycle import Status, allowed
from reservations.engine.money import RefundStep
from reservations.engine.policies import refund_amount, refund_percent
from reservations.errors import AlreadyCancelled, NotChangeable
from reservations.ledger.place import release_reservation
from reservations.models import Reservation
from reservations.selectors.bookings import Booking, booking, booking_of_user
from reservations.services.booking_money import (
    let_all_go,
    lock_money,
    refund_extras,
    withdraw_open,
)
from reservations.services.bookings import notify
from reservations.services.trail import record_party


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What a cancellation gave back."""

    booking: Booking
    percent: int
    amount: Decimal
    """Being refunded; zero when nothing was paid."""
    last_notice_hours: int
    """Below this much notice nothing comes back."""


Permit = Callable[[Booking], None]
"""Asked once the booking is locked and read again; raises to leave everything as it is."""


def quote(
    found: Booking, *, by_ladder: bool = True, now: dt.datetime | None = None
) -> tuple[int, Decimal]:
    """What cancelling now would give back: percent of the deposit, and the amount.

    By the ladder the guest agreed to, or everything when the house cancels. Never more than is
    left of the payment.
    """
    percent = 100
    if by_ladder:
        ladder = tuple(RefundStep(hours, percent) for hours, percent in found.refund_ladder)
        reached = refund_percent(ladder, found.starts_at, now or clock.now())
        percent = min(reached, found.refund_cap)
    return percent, _share(found, percent)


def _share(found: Booking, percent: int) -> Decimal:
    """So much of what was paid, as far as it has not gone back or come off a bill yet."""
    return own_share(found, percent) + sum(
        (_part(taken, left, percent, unit) for taken, left, unit in found.extras), Decimal(0)
    )


def own_share(found: Booking, percent: int) -> Decimal:
    """The same of the booking's own payment alone."""
    if found.payment_status != "succeeded":
        return Decimal(0)
    gone = (found.refunded or Decimal(0)) + (found.redeemed or Decimal(0))
    return _part(found.deposit, found.deposit - gone, percent, found.money_unit)


def _part(taken: Decimal, left: Decimal, percent: int, unit: Decimal) -> Decimal:
    return max(min(refund_amount(taken, percent, unit), left), Decimal(0))


@dataclass(frozen=True, slots=True)
class RefundDeadline:
    """One step of the ladder, as a date on the restaurant's clock."""

    until: dt.datetime
    """Aware, in the restaurant's zone; cancelling at this very second still counts."""
    percent: int
    amount: Decimal
    has_passed: bool


@dataclass(frozen=True, slots=True)
class CancellationQuote:
    """What cancelling at an instant gives back, and until when it gives what."""

    percent: int
    amount: Decimal
    currency: str
    was_paid: bool
    deadlines: tuple[RefundDeadline, ...]
    """Most notice first, each worth less than the one before; after the last, nothing."""


def quote_cancellation(found: Booking, now: dt.datetime) -> CancellationQuote:
    """Exactly what :func:`cancel_reservation` would refund a guest at ``now``, and the ladder.

    Pure. Counts what a late change has forfeited (``refund_cap``) and what went back before.
    Steps that give no more than one with less notice are left out.
    """
    percent, amount = quote(found, now=now)
    best, steps = 0, []
    for hours, given in sorted((hours, given) for hours, given in found.refund_ladder):
        worth = min(given, found.refund_cap)
        if worth > best:
            best = worth
            until = found.starts_at.astimezone(dt.UTC) - dt.timedelta(hours=hours)
            local = until.astimezone(found.house.zone)
            steps.append(RefundDeadline(local, worth, _share(found, worth), until < now))
    return CancellationQuote(
        percent=percent,
        amount=amount,
        currency=found.currency,
        was_paid=found.payment_status == "succeeded" or bool(found.extras),
        deadlines=tuple(reversed(steps)),
    )


def cancel_for_guest(identifier: str, user_public_id: str, *, by: Actor) -> Cancellation:
    """Cancel the guest's own reservation; see :func:`cancel_reservation`."""
    booking_of_user(user_public_id, identifier)
    return cancel_reservation(identifier, by=by)


@again_if_undone
def cancel_reservation(
    identifier: str,
    *,
    by: Actor,
    reason: str = "",
    by_ladder: bool = False,
    permit: Permit | None = None,
) -> Cancellation:
    """Cancel, free the tables and ask for the refund that is due at this instant.

    A guest or a partner gets what the agreed ladder gives; when staff or the system cancel,
    everything comes back, unless ``by_ladder`` says that it was the guest who asked. Under the
    day's lock; the refund is a row in the same transaction and reaches the provider later, so a
    provider that is down never stops a cancellation. Not repeatable: raises AlreadyCancelled;
    ReservationNotFound; NotChangeable once the party has arrived. ``permit`` has the last word
    under the locks.
    """
    found = booking(identifier)
    by_ladder = by_ladder or by.kind in (ActorKind.GUEST, ActorKind.PARTNER)
    with transaction.atomic():
        lock(Space.SERVICE_DAY, found.house.public_id, found.service_date)
        row = Reservation.objects.select_for_update(of=("self",)).get(pk=found.id)
        _check(row, by)
        # What staff give back in this very moment is not promised to the guest a second time.
        lock_money(row)
        found = booking(identifier)
        if permit is not None:
            permit(found)
        percent, amount = quote(found, by_ladder=by_ladder)
        _cancel(row, found, percent, amount, by, {"reason": reason, "by_ladder": by_ladder})
    hours = [step[0] for step in found.refund_ladder if step[1] > 0]
    return Cancellation(found, percent, amount, min(hours, default=0))


def _cancel(
    row: Reservation,
    found: Booking,
    percent: int,
    amount: Decimal,
    by: Actor,
    why: dict[str, object],
) -> None:
    now = clock.now()
    before = row.status
    row.status = Reservation.Status.CANCELLED
    row.cancelled_at = row.updated_at = row.status_changed_at = now
    row.sequence += 1
    row.save(
        update_fields=["status", "cancelled_at", "updated_at", "status_changed_at", "sequence"]
    )
    release_reservation(row.pk, party_size=row.party_size, load_ids=row.load_ids, now=now)
    withdraw_open(row, by=by, at=now)
    if amount > 0 and row.payment_id is not None:
        key, own = f"refund:{row.public_id}", own_share(found, percent)
        request_refund(row.payment_id, own, reason="cancelled", key=key, at=now)
    refund_extras(row, percent, reason="cancelled", at=now)
    if percent == 100:
        # In time: what is set aside, and the card, are let go. Later the house decides on a fee.
        let_all_go(row, at=now)
    record_party(
        "reservation.cancelled",
        row,
        by=by,
        before=before,
        percent=percent,
        refund=str(amount),
        **why,
    )
    notify(
        found.house,
        row,
        "reservation_cancelled",
        now,
        refund_amount=str(amount),
        refund_percent=percent,
    )


def _check(row: Reservation, by: Actor) -> None:
    """Raise unless this actor may cancel a reservation in this status."""
    if row.status == Reservation.Status.CANCELLED:
        raise AlreadyCancelled
    if not allowed(Status(row.status), Status.CANCELLED, lifecycle.ActorKind(by.kind)):
        raise NotChangeable(status=row.status)
