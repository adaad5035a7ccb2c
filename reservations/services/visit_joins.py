"""A guest books here what a partner has told already: afterwards it is one booking, one table.

Guests are not made to wait for this: their booking is made as any other, and the partner's gives
way to it within a minute.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from core import clock
from core.actors import SYSTEM
from core.errors import DomainError
from core.locks import Space, again_if_undone, lock
from reservations.engine.lifecycle import UPCOMING, Status
from reservations.engine.sources import outranks
from reservations.ledger.place import release_reservation
from reservations.models import Reservation, SourceRecord
from reservations.selectors.bookings import booking
from reservations.selectors.sources import told_twice
from reservations.services.booking_money import give_all_back, withdraw_open
from reservations.services.same_visits import primary_record
from reservations.services.trail import record_party


def join_visits(limit: int = 100) -> int:
    """Let partners' bookings give way to their guests' own; how many did.

    Safe to run twice and at once; a pair that changed meanwhile is left alone.
    """
    joined = 0
    yesterday = clock.now().date() - dt.timedelta(days=1)
    for guests, partners in told_twice(yesterday, limit=limit):
        try:
            joined += _join(guests, partners)
        except DomainError:
            continue
    return joined


@again_if_undone
def _join(guests: str, partners: str) -> bool:
    """The partner's records go to the guest's booking, its table comes free; nobody is told.

    Under the day's lock. The partner's id leads to the guest's booking from then on. False when
    one of the two is not expected any more.
    """
    found = booking(guests)
    with transaction.atomic():
        lock(Space.SERVICE_DAY, found.house.public_id, found.service_date)
        now = clock.now()
        rows = Reservation.objects.select_for_update(of=("self",)).order_by("pk")
        pair = {row.public_id: row for row in rows.filter(public_id__in=[guests, partners])}
        kept, given_up = pair[guests], pair[partners]
        if not _may_join(kept, given_up):
            return False
        records = SourceRecord.objects.filter(reservation=given_up)
        records.update(reservation=kept, is_primary=False, updated_at=now)
        primary_record(kept, now)
        _give_up(given_up, kept, now)
        kept.special_requests = kept.special_requests or given_up.special_requests
        kept.updated_at = now
        kept.save(update_fields=["special_requests", "updated_at"])
        record_party(
            "reservation.merged",
            given_up,
            by=SYSTEM,
            into=kept.public_id,
            source=given_up.source,
        )
    return True


def _may_join(kept: Reservation, given_up: Reservation) -> bool:
    return (
        Status(kept.status) in UPCOMING
        and Status(given_up.status) in UPCOMING
        and kept.service_date == given_up.service_date
        and outranks(kept.source, given_up.source)
    )


def _give_up(row: Reservation, into: Reservation, now: dt.datetime) -> None:
    release_reservation(row.pk, party_size=row.party_size, load_ids=row.load_ids, now=now)
    withdraw_open(row, by=SYSTEM, at=now)
    give_all_back(row, reason="the same visit is booked already", at=now)
    row.status = Reservation.Status.CANCELLED
    row.merged_into = into
    row.cancelled_at = row.updated_at = row.status_changed_at = now
    row.sequence += 1
    row.save(
        update_fields=[
            "status",
            "merged_into",
            "cancelled_at",
            "updated_at",
            "status_changed_at",
            "sequence",
        ]
    )
