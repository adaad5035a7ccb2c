"""What sources send by themselves: believed when it is signed, applied once, in the right order.

Signed as by the Standard Webhooks specification: ``v1,`` and the base64 of the HMAC-SHA256, with
the source's secret, over ``id.timestamp.body``, the body being the raw bytes.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass, field, replace
from enum import StrEnum

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from core import clock
from core.actors import Actor, ActorKind
from core.errors import Busy, DomainError, Invalid
from core.locks import Space, again_if_undone, lock
from core.secrets import decrypt
from reservations.details import Details
from reservations.engine.lifecycle import Status
from reservations.errors import ReservationNotFound, SignatureInvalid
from reservations.models import InboundDelivery, SourceRecord, SourceSecret
from reservations.partners import PartnerBooking, PartnerUpdate
from reservations.selectors.sources import View
from reservations.services.partner_bookings import book_for_partner
from reservations.services.partner_updates import is_stale, update_for_partner
from reservations.services.source_secrets import PREFIX

TOLERANCE = dt.timedelta(minutes=5)
"""A message whose time is further off than this, in either direction, is a replay or a mistake."""

KEPT = dt.timedelta(days=30)
"""How long deliveries are kept: longer than any source repeats one."""

_MOST_SECRETS = 50
_MOST_SIGNATURES = 5

Outcome = InboundDelivery.Outcome


@dataclass(frozen=True, slots=True)
class Message:
    """What arrived, before anybody believes it."""

    id: str
    timestamp: str
    """Seconds since 1970, as text."""
    signatures: str
    """One or several, ``v1,…``, with blanks between."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose signature was right."""

    restaurant_id: int
    restaurant: str
    """Public id."""
    source: str
    is_test: bool
    secret: str
    """Public id of the secret."""

    @property
    def actor(self) -> Actor:
        """The source as the audit trail names it."""
        return Actor(ActorKind.PARTNER, self.secret, f"webhook of {self.source}")


class Event(StrEnum):
    """What a source says has happened."""

    CREATED = "created"
    UPDATED = "updated"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Report:
    """What a message says of one booking."""

    event: Event
    external_id: str
    update: PartnerUpdate
    """With ``told_at``. Enough of it makes a booking that is not known yet."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message."""

    outcome: str
    reservation: str | None
    """Public id of the booking it was about; None for a cancellation of one never seen."""
    is_repeat: bool


def sender_of(message: Message, source: str, *, restaurant: str = "") -> Sender:
    """Who sent it: the restaurant and source whose secret signed it, within the last five minutes.

    ``restaurant`` (a public id) narrows the choice. Raises SignatureInvalid, which never says
    whether the source, the secret or the time was wrong.
    """
    now = clock.now()
    signatures = _signatures(message.signatures)
    if not (message.id and signatures and _is_fresh(message.timestamp, now)):
        raise SignatureInvalid
    in_use = Q(expires_at=None) | Q(expires_at__gt=now)
    known = SourceSecret.objects.filter(in_use, source=source, revoked_at=None)
    if restaurant:
        known = known.filter(restaurant__public_id=restaurant)
    content = b".".join([message.id.encode(), message.timestamp.encode(), message.body])
    for candidate in known.select_related("restaurant").order_by("-id")[:_MOST_SECRETS]:
        expected = hmac.new(_key(decrypt(candidate.secret)), content, hashlib.sha256).digest()
        if any(hmac.compare_digest(expected, given) for given in signatures):
            return Sender(
                candidate.restaurant_id,
                candidate.restaurant.public_id,
                source,
                candidate.is_test,
                candidate.public_id,
            )
    raise SignatureInvalid


def _is_fresh(timestamp: str, now: dt.datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    return abs(now.timestamp() - int(timestamp)) <= TOLERANCE.total_seconds()


def _signatures(header: str) -> list[bytes]:
    found = []
    for part in header.split()[:_MOST_SIGNATURES]:
        version, _, encoded = part.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(encoded, validate=True))
            except (binascii.Error, ValueError):
                continue
    return found


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX))


@again_if_undone
def receive(sender: Sender, message: Message, report: Report) -> Receipt:
    """Apply a message that was verified, once, however often it arrives.

    Messages about one booking queue for a lock. What is older than what was told before changes
    nothing; a cancellation that comes before its booking is remembered, so that the booking which
    comes after it is not made. The message is stored with its raw bytes in the same transaction.

    A refusal (no table, a booking that is not known) is stored too and raised; the same message
    is tried again when it is sent again. Raises what booking, changing and cancelling raise.
    """
    try:
        with transaction.atomic():
            lock(Space.GUEST, "source", sender.restaurant_id, sender.source, report.external_id)
            if (before := _received(sender, message)) is not None:
                return before
            outcome, identifier = _apply(sender, report)
            stored = _store(sender, message, report, outcome)
            if identifier is not None:
                record = _record_of(sender, report)
                stored.reservation_id = record.reservation_id if record else None
                stored.save(update_fields=["reservation"])
            return Receipt(outcome, identifier, is_repeat=False)
    except Busy:
        raise
    except DomainError as error:
        # Sent twice at once, it may have been applied meanwhile.
        if _received(sender, message) is None:
            _store(sender, message, report, Outcome.REFUSED, error=error.code)
        raise


def _received(sender: Sender, message: Message) -> Receipt | None:
    known = (
        InboundDelivery.objects.filter(
            restaurant_id=sender.restaurant_id, source=sender.source, delivery_id=message.id
        )
        .exclude(outcome=Outcome.REFUSED)
        .select_related("reservation")
        .first()
    )
    if known is None:
        return None
    identifier = known.reservation.public_id if known.reservation else None
    return Receipt(known.outcome, identifier, is_repeat=True)


def _store(
    sender: Sender, message: Message, report: Report, outcome: str, *, error: str = ""
) -> InboundDelivery:
    stored, _ = InboundDelivery.objects.update_or_create(
        restaurant_id=sender.restaurant_id,
        source=sender.source,
        delivery_id=message.id,
        defaults={
            "event": report.event.value,
            "body": message.body,
            "outcome": outcome,
            "error": error,
            "received_at": clock.now(),
        },
    )
    return stored


def _record_of(sender: Sender, report: Report) -> SourceRecord | None:
    return (
        SourceRecord.objects.filter(
            restaurant_id=sender.restaurant_id,
            source=sender.source,
            external_id=report.external_id,
            is_test=sender.is_test,
        )
        .select_related("reservation")
        .first()
    )


def _apply(sender: Sender, report: Report) -> tuple[str, str | None]:
    """What became of the report, and the public id of its booking."""
    record, update = _record_of(sender, report), report.update
    known = record.reservation if record else None
    if report.event is Event.CANCELLED:
        update = replace(update, status=Status.CANCELLED)
    if record is not None and is_stale(record, update.told_at):
        return Outcome.STALE, known.public_id if known else None
    if known is not None:
        view = View(sender.restaurant, sender.source, is_test=sender.is_test)
        update_for_partner(known.public_id, update, view=view, by=sender.actor)
        return Outcome.APPLIED, known.public_id
    if update.status is Status.CANCELLED:
        _remember_cancellation(sender, report, record)
        return Outcome.APPLIED, None
    made, _ = book_for_partner(_booking(sender, report), by=sender.actor)
    return Outcome.APPLIED, made.public_id


def _remember_cancellation(sender: Sender, report: Report, record: SourceRecord | None) -> None:
    now = clock.now()
    if record is None:
        record = SourceRecord(
            restaurant_id=sender.restaurant_id,
            source=sender.source,
            external_id=report.external_id,
            is_test=sender.is_test,
            status=SourceRecord.Status.CANCELLED,
            created_at=now,
        )
    record.told_at = report.update.told_at
    record.updated_at = now
    record.save()


def _booking(sender: Sender, report: Report) -> PartnerBooking:
    """A booking out of a report on one that is not known; raises when it does not say enough."""
    said = report.update
    needed = {"service_date": said.service_date, "time": said.time, "party_size": said.party_size}
    if said.service_date is None or said.time is None or said.party_size is None:
        if report.event is Event.CREATED:
            missing = gettext("This field is missing.")
            raise Invalid(**{name: missing for name, value in needed.items() if value is None})
        raise ReservationNotFound(
            gettext(
                "No booking of this source has this id. Send its date, time and party size along"
                " to make it."
            )
        )
    granted = said.status in (Status.PENDING, Status.CONFIRMED)
    return PartnerBooking(
        restaurant=sender.restaurant,
        service_date=said.service_date,
        time=said.time,
        party_size=said.party_size,
        source=sender.source,
        name=said.name or "",
        email=said.email or "",
        phone=said.phone or "",
        external_id=report.external_id,
        details=Details(special_requests=said.special_requests or ""),
        metadata=said.metadata or {},
        commission=said.commission,
        partner_fee=said.partner_fee,
        told_at=said.told_at,
        is_test=sender.is_test,
        status=said.status.value if said.status and granted else None,
    )
