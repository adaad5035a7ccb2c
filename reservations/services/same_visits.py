"""One visit that several sources told of: one table, every record, the data of who counts most."""

from __future__ import annotations

import datetime as dt
from typing import Any

from core import audit
from core.actors import Actor
from reservations.details import Details
from reservations.engine.lifecycle import UPCOMING, Status
from reservations.engine.sources import outranks, rank
from reservations.ledger.confirm import Contact
from reservations.models import Reservation, SourceRecord
from reservations.partners import PartnerBooking
from reservations.services.changes import Change, change_reservation

LIVE = SourceRecord.Status.LIVE
CANCELLED = SourceRecord.Status.CANCELLED


def link(
    identifier: str, asked: PartnerBooking, contact: Contact, *, by: Actor, now: dt.datetime
) -> None:
    """Add what another source tells of a booking that is there already.

    A source that counts more replaces the booking's data, moving it if it has to; when there is
    no table for that, nothing changes and SlotUnavailable is raised. One that counts less
    only fills gaps. The caller has the transaction and the day's lock.
    """
    row = Reservation.objects.select_for_update(of=("self",)).get(public_id=identifier)
    primary = primary_record(row, now)
    wins = outranks(asked.source, row.source) and Status(row.status) in UPCOMING
    if wins:
        change = Change(asked.service_date, asked.time, asked.party_size)
        change_reservation(identifier, change, by=by, channel=asked.channel)
        row.refresh_from_db()
        _release_primary(primary)
        take_over(
            row, write_record(asked, contact, row, is_primary=True, now=now), contact.customer_id
        )
    else:
        write_record(asked, contact, row, is_primary=False, now=now)
        _fill_gaps(row, contact, asked.details)
    row.updated_at = now
    row.save()
    audit.record(
        "reservation.source_linked",
        row.public_id,
        by=by,
        restaurant_id=row.restaurant_id,
        source=asked.source,
        external_id=asked.external_id,
        primary=row.source,
    )


def promote_next(row: Reservation, *, by: Actor, now: dt.datetime) -> bool:
    """Let the next source's record stand for a visit whose first source has cancelled.

    Every source promised the guest a table, so the visit is over only when all have cancelled.
    The place stays as it is. False when no live record is left. The caller has locked the row and
    has marked the cancelled record.
    """
    left = SourceRecord.objects.filter(reservation=row, status=LIVE)
    following = min(left, key=lambda record: (rank(record.source), record.pk), default=None)
    if following is None:
        return False
    SourceRecord.objects.filter(reservation=row, is_primary=True).update(
        is_primary=False, updated_at=now
    )
    following.is_primary = True
    following.updated_at = now
    following.save(update_fields=["is_primary", "updated_at"])
    before = row.source
    take_over(row, following, row.customer_id)
    row.updated_at = now
    row.save()
    audit.record(
        "reservation.source_promoted",
        row.public_id,
        by=by,
        restaurant_id=row.restaurant_id,
        before=before,
        after=row.source,
    )
    return True


def take_over(row: Reservation, record: SourceRecord, customer_id: int | None) -> None:
    """Put a record's data into its reservation; what its source left out stays. Saves nothing."""
    row.source = record.source
    row.external_id = record.external_id
    row.customer_id = customer_id or row.customer_id
    for name in ("guest_name", "guest_email", "guest_phone", "special_requests"):
        setattr(row, name, getattr(record, name) or getattr(row, name))


def write_record(
    asked: PartnerBooking,
    contact: Contact,
    row: Reservation,
    *,
    is_primary: bool,
    now: dt.datetime,
) -> SourceRecord:
    """The saved record of what a source told; one that remembered a cancellation is used again."""
    values: dict[str, Any] = {
        "reservation": row,
        "request_key": asked.request_key,
        "is_primary": is_primary,
        "status": LIVE,
        "guest_name": contact.name,
        "guest_email": contact.email,
        "guest_phone": contact.phone,
        "service_date": asked.service_date,
        "time": asked.time,
        "party_size": asked.party_size,
        "special_requests": asked.details.special_requests,
        "metadata": asked.metadata,
        "commission": asked.commission,
        "partner_fee": asked.partner_fee,
        "told_at": asked.told_at,
        "updated_at": now,
    }
    key: dict[str, Any] = {
        "restaurant_id": row.restaurant_id,
        "source": asked.source,
        "external_id": asked.external_id,
        "is_test": asked.is_test,
    }
    if asked.external_id:
        remembered = SourceRecord.objects.filter(**key, reservation=None).first()
        if remembered is not None:
            for name, value in values.items():
                setattr(remembered, name, value)
            remembered.save()
            return remembered
    return SourceRecord.objects.create(**key, **values, created_at=now)


def primary_record(row: Reservation, now: dt.datetime) -> SourceRecord:
    """The record behind the booking's data; of a booking no partner told, one made of the row."""
    found = SourceRecord.objects.filter(reservation=row, is_primary=True).first()
    if found is not None:
        return found
    return SourceRecord.objects.create(
        restaurant_id=row.restaurant_id,
        reservation=row,
        source=row.source,
        external_id=row.external_id,
        is_test=row.is_test,
        is_primary=True,
        guest_name=row.guest_name,
        guest_email=row.guest_email.lower(),
        guest_phone=row.guest_phone,
        service_date=row.service_date,
        party_size=row.party_size,
        special_requests=row.special_requests,
        created_at=row.created_at,
        updated_at=now,
    )


def _release_primary(record: SourceRecord) -> None:
    record.is_primary = False
    record.save(update_fields=["is_primary"])


def _fill_gaps(row: Reservation, contact: Contact, details: Details) -> None:
    """What the booking lacks and the other source knows: a way to reach the guest, an allergy."""
    row.guest_email = row.guest_email or contact.email
    row.guest_phone = row.guest_phone or contact.phone
    row.customer_id = row.customer_id or contact.customer_id
    row.special_requests = row.special_requests or details.special_requests
    row.allergens = sorted({*row.allergens, *details.allergens})
    row.allergy_note = row.allergy_note or details.allergy_note
