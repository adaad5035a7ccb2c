"""What sources say later of bookings they told: changed, confirmed, cancelled, over."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext

from core import audit, clock
from core.actors import Actor
from core.errors import Busy
from core.locks import Space, again_if_undone, lock
from reservations.engine.lifecycle import PRESENT, UPCOMING, ActorKind, Status, allowed
from reservations.errors import NotChangeable
from reservations.models import Reservation, SourceRecord
from reservations.partners import PartnerUpdate
from reservations.selectors.bookings import Booking
from reservations.selectors.sources import View, told_booking
from reservations.services.cancellation import cancel_reservation
from reservations.services.changes import Change, change_reservation
from reservations.services.partner_contacts import contact_for
from reservations.services.progress import step
from reservations.services.same_visits import CANCELLED, LIVE, promote_next

_LOOKS = 5

_WAITING = frozenset({Status.REQUESTED, Status.PENDING, Status.PENDING_PAYMENT})


@again_if_undone
def update_for_partner(
    identifier: str, update: PartnerUpdate, *, view: View, source: str = "", by: Actor
) -> bool:
    """Apply what a source says of a booking in its view; False when that is out of date.

    All of it or nothing, under the locks of the dates it leaves and enters. Only the source whose
    data stand in the booking changes it; what another one says is kept in its record. When the
    first source cancels and another still expects the guest, that one's data take its place;
    the booking is cancelled when the last one cancels. May be repeated.

    ``source`` is who speaks: the view's own source; with a view of all, one that told of the
    booking, or else the house itself, whose word ends a booking for every source. Raises
    ReservationNotFound, NotChangeable, Invalid (by field) and what changing and cancelling raise.
    """
    for _ in range(_LOOKS):
        seen = told_booking(identifier, view).booking
        with transaction.atomic():
            for date in sorted({seen.service_date, update.service_date or seen.service_date}):
                lock(Space.SERVICE_DAY, seen.house.public_id, date)
            row = Reservation.objects.select_for_update(of=("self",)).get(pk=seen.id)
            if row.service_date == seen.service_date:
                return _apply(row, seen, update, view.source or source, by)
    raise Busy


def _apply(row: Reservation, seen: Booking, update: PartnerUpdate, source: str, by: Actor) -> bool:
    now = clock.now()
    record = _record_of(row, source) if source else None
    if record is not None and is_stale(record, update.told_at):
        return False
    if record is not None:
        _keep(record, seen, update, now)
    if record is None or record.is_primary:
        _change_booking(row, seen, update, by, now, may_promote=record is not None)
    if record is not None and not record.is_primary:
        audit.record(
            "reservation.source_updated",
            row.public_id,
            by=by,
            restaurant_id=row.restaurant_id,
            source=record.source,
            status=record.status,
        )
    return True


def is_stale(record: SourceRecord, told_at: dt.datetime | None) -> bool:
    """Whether something newer was told before, by the source's own clock."""
    return told_at is not None and record.told_at is not None and told_at < record.told_at


def _record_of(row: Reservation, source: str) -> SourceRecord | None:
    """What this source told of the booking: what counts, else what it still expects."""
    records = SourceRecord.objects.select_for_update().filter(reservation=row, source=source)
    return records.order_by("-is_primary", "-status", "id").first()


def _keep(record: SourceRecord, seen: Booking, update: PartnerUpdate, now: dt.datetime) -> None:
    """Write what was told into its record."""
    contact = contact_for(
        seen.house,
        name=_or(update.name, record.guest_name),
        email=_or(update.email, record.guest_email),
        phone=_or(update.phone, record.guest_phone),
        recognise=False,
    )
    record.guest_name, record.guest_email = contact.name, contact.email
    record.guest_phone = contact.phone
    record.service_date = update.service_date or record.service_date
    record.time = update.time or record.time
    record.party_size = update.party_size or record.party_size
    record.special_requests = _or(update.special_requests, record.special_requests)
    if update.metadata is not None:
        record.metadata = record.metadata | update.metadata
        record.commission = (
            update.commission if update.commission is not None else record.commission
        )
        record.partner_fee = (
            update.partner_fee if update.partner_fee is not None else record.partner_fee
        )
    if update.status is not None:
        record.status = CANCELLED if update.status is Status.CANCELLED else LIVE
    record.told_at = update.told_at or record.told_at
    record.updated_at = now
    record.save()


def _or(told: str | None, otherwise: str) -> str:
    return otherwise if told is None else told


def _change_booking(
    row: Reservation,
    seen: Booking,
    update: PartnerUpdate,
    by: Actor,
    now: dt.datetime,
    *,
    may_promote: bool,
) -> None:
    if update.status is Status.CANCELLED:
        is_over = row.status == Status.CANCELLED
        if not (is_over or (may_promote and promote_next(row, by=by, now=now))):
            cancel_reservation(row.public_id, by=by)
        return
    change = Change(update.service_date, update.time, update.party_size, update.special_requests)
    if change != Change():
        change_reservation(row.public_id, change, by=by)
        row.refresh_from_db()
    if (update.name, update.email, update.phone) != (None, None, None):
        _rename(row, seen, update, by, now)
    if update.status is not None:
        _proceed(row, update.status, by, now)


def _rename(
    row: Reservation, seen: Booking, update: PartnerUpdate, by: Actor, now: dt.datetime
) -> None:
    """Another name, address or number for the guest."""
    if Status(row.status) not in UPCOMING | PRESENT:
        raise NotChangeable(status=row.status)
    contact = contact_for(
        seen.house,
        name=_or(update.name, row.guest_name),
        email=_or(update.email, row.guest_email),
        phone=_or(update.phone, row.guest_phone),
        recognise=not row.is_test,
    )
    row.guest_name, row.guest_email, row.guest_phone = contact.name, contact.email, contact.phone
    row.customer_id = contact.customer_id or row.customer_id
    row.updated_at = now
    row.save()
    audit.record("reservation.contact_changed", row.public_id, by=by, restaurant_id=seen.house.id)


def _proceed(row: Reservation, to: Status, by: Actor, now: dt.datetime) -> None:
    """Take the booking to the status its source reports; nothing if it is there or further."""
    before = Status(row.status)
    kind = ActorKind(by.kind)
    if to is Status.PENDING and before not in _WAITING:
        raise NotChangeable(
            gettext("A reservation that was answered cannot wait for an answer again."),
            status=before,
        )
    if to is Status.CONFIRMED and (before in _WAITING or before not in UPCOMING | PRESENT):
        step(row.public_id, to, by=by)
    if to is Status.COMPLETED and before is not to:
        if before in UPCOMING and row.starts_at > now:
            raise NotChangeable(
                gettext("A reservation cannot be completed before its time has come."),
                status=before,
            )
        if not allowed(before, to, kind) and allowed(before, Status.SEATED, kind):
            step(row.public_id, Status.SEATED, by=by)
        step(row.public_id, to, by=by)
