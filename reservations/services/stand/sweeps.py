"""What the stand does by itself: late marks, tables free again, who stays on, who was forgotten.

Each is safe to run twice and at once, and takes the day's lock of one house at a time. Nothing a
guest or a host is told depends on them being on time: every read works it out from the clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Max, Q

from core import audit, clock
from core.actors import SYSTEM
from core.errors import Busy
from core.locks import Space, again_if_undone, lock
from reservations.engine import stand
from reservations.engine.lifecycle import Status
from reservations.errors import SlotUnavailable
from reservations.ledger.holds import release_lapsed_of_day
from reservations.ledger.seating import end_blocks, stretch
from reservations.ledger.states import states_of
from reservations.models import PaymentRequest, Reservation, StandAction, TableBlock, TableClaim
from reservations.models.payment_requests import SECURING
from reservations.services.booking_money import withdraw_open
from reservations.services.progress import take_step
from reservations.services.stand.acting import UNDO_WITHIN
from restaurants.models import Closure, PacingCap

LATE = dt.timedelta(minutes=stand.LATE_AFTER)
STEP = dt.timedelta(minutes=15)
"""By how much the claim of a party that stays on is stretched at a time."""
FORGOTTEN = dt.timedelta(hours=6)
"""So long after its expected end a party that still sits was forgotten by the house."""
KEPT = dt.timedelta(days=2)
"""How long the way back of an action, caps and pauses are kept."""
_RECENT = dt.timedelta(days=2)


def mark_late(limit: int = 500) -> int:
    """Mark parties that are more than ten minutes late, on the record; how many."""
    now = clock.now()
    late = Reservation.objects.filter(
        status__in=[Status.CONFIRMED, Status.RECONFIRMED],
        marked_late_at=None,
        starts_at__lt=now - LATE,
        starts_at__gt=now - _RECENT,
        is_test=False,
    )
    marked = 0
    for pk in list(late.order_by("pk").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            row = late.select_for_update(of=("self",)).filter(pk=pk).first()
            if row is None:
                continue
            row.marked_late_at = now
            row.save(update_fields=["marked_late_at"])
            _record(row, "reservation.marked_late")
            marked += 1
    return marked


def end_clearing(limit: int = 500) -> int:
    """Tables whose time to be cleared, or blocked, is over are free, on the record; how many."""
    now = clock.now()
    over = TableBlock.objects.filter(ended_at=None, ends_at__lte=now)
    found = list(over.order_by("pk").values_list("pk", flat=True)[:limit])
    ended = 0
    for pk in found:
        with transaction.atomic():
            row = over.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
            if row is None:
                continue
            row.ended_at = row.ends_at
            row.save(update_fields=["ended_at"])
            end_blocks([row.pk], now=now)
            verb = "table.cleared" if row.kind == TableBlock.Kind.BUSSING else "table.unblocked"
            audit.record(
                verb,
                row.public_id,
                by=SYSTEM,
                restaurant_id=row.restaurant_id,
                service_date=row.service_date.isoformat(),
                state={row.public_id: None},
            )
            ended += 1
    return ended


def extend_overstays(limit: int = 500) -> int:
    """Parties that sit beyond their claim keep their table while nobody else has it; how many.

    A quarter of an hour at a time, up to the next claim. Where that has begun nothing is written:
    the stand shows the conflict, and the next party is marked by it.
    """
    now = clock.now()
    over = (
        Reservation.objects.filter(
            status__in=stand.SITS, claims__released_at=None, starts_at__gt=now - _RECENT
        )
        .annotate(until=Max("claims__during__endswith"))
        .filter(until__lte=now)
        .order_by("pk")
    )
    return sum(_keep(pk) for pk in list(over.values_list("pk", flat=True)[:limit]))


@again_if_undone
def _keep(pk: int) -> bool:
    seen = Reservation.objects.select_related("restaurant").get(pk=pk)
    with transaction.atomic():
        lock(Space.SERVICE_DAY, seen.restaurant.public_id, seen.service_date)
        now = clock.now()
        row = Reservation.objects.select_for_update(of=("self",)).get(pk=pk)
        claims = list(TableClaim.objects.filter(reservation_id=pk, released_at=None))
        if row.status not in stand.SITS or not claims:
            return False
        release_lapsed_of_day(row.restaurant_id, row.service_date, by=SYSTEM, now=now)
        start = min(claim.during.lower for claim in claims)
        until = max(claim.during.upper for claim in claims)
        wanted = _free_until([claim.table_id for claim in claims], until, now + STEP)
        if wanted <= until:
            return False
        try:
            with transaction.atomic():
                stretch(pk, start=start, until=wanted)
        except SlotUnavailable:
            return False
        _record(row, "reservation.stays_on", until=wanted.isoformat(), state=states_of([pk]))
        return True


def _free_until(tables: Iterable[int], start: dt.datetime, end: dt.datetime) -> dt.datetime:
    """Up to when nobody else has any of these tables, at most until ``end``."""
    others = TableClaim.objects.filter(
        table_id__in=list(tables), released_at=None, during__overlap=(start, max(end, start))
    )
    if end <= start:
        return start
    starts: list[dt.datetime] = [claim.during.lower for claim in others]
    return min([end, *(each for each in starts if each >= start)])


def complete_forgotten(limit: int = 500) -> int:
    """Parties nobody said goodbye to, hours after their end, are over; how many.

    When they really left nobody knows, so nothing is written of that.
    """
    now = clock.now()
    expected = Q(expected_end=None, ends_at__lt=now - FORGOTTEN)
    forgotten = Reservation.objects.filter(
        expected | Q(expected_end__lt=now - FORGOTTEN), status__in=stand.SITS
    )
    found = list(forgotten.order_by("pk").values_list("pk", flat=True)[:limit])
    return sum(_complete(pk) for pk in found)


@again_if_undone
def _complete(pk: int) -> bool:
    seen = Reservation.objects.select_related("restaurant").get(pk=pk)
    try:
        with transaction.atomic():
            lock(Space.SERVICE_DAY, seen.restaurant.public_id, seen.service_date)
            row = Reservation.objects.select_for_update(of=("self",)).get(pk=pk)
            if row.status not in stand.SITS:
                return False
            take_step(row, Status.COMPLETED, by=SYSTEM, at=clock.now(), reason="closing")
    except Busy:
        return False
    return True


def settle_over(limit: int = 200) -> int:
    """Withdraw links to secure a table whose party's evening is over, once undo is; how many."""
    now = clock.now()
    waiting = Reservation.objects.filter(
        payment_requests__status=PaymentRequest.Status.OPEN,
        payment_requests__kind__in=SECURING,
        status__in=[Status.COMPLETED, Status.NO_SHOW],
        status_changed_at__lt=now - UNDO_WITHIN,
    )
    settled = 0
    for pk in list(waiting.order_by("pk").values_list("pk", flat=True).distinct()[:limit]):
        with transaction.atomic():
            row = Reservation.objects.select_for_update(of=("self",)).get(pk=pk)
            if row.status in (Status.COMPLETED, Status.NO_SHOW):
                settled += bool(withdraw_open(row, by=SYSTEM, at=now))
    return settled


def forget_actions(limit: int = 5000) -> int:
    """Delete the way back of old actions, and caps and pauses that are long over; how many."""
    before = clock.now() - KEPT
    old = StandAction.objects.filter(made_at__lt=before).order_by("made_at")
    keys = list(old.values_list("pk", flat=True)[:limit])
    gone = StandAction.objects.filter(pk__in=keys).delete()[0]
    gone += PacingCap.objects.filter(ends_at__lt=before).delete()[0]
    gone += Closure.objects.filter(pauses__isnull=False, ends_at__lt=before).delete()[0]
    return gone


def _record(row: Reservation, verb: str, **data: Any) -> None:
    audit.record(
        verb,
        row.public_id,
        by=SYSTEM,
        restaurant_id=row.restaurant_id,
        service_date=row.service_date.isoformat(),
        **data,
    )
