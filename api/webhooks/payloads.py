"""How an event is written for integrators (docs/contracts/webhooks.md). Version 1.

Fields may be added; none changes its meaning or goes away within a version.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from api.renderers import dumps
from core.allergens import Allergen
from payments.models import Payment, Refund
from reservations.engine.lifecycle import PRESENT, Status
from reservations.models import Reservation, SourceRecord, TableClaim
from restaurants.models import DiningTable
from webhooks.events import family_of
from webhooks.models import Delivery, Event
from webhooks.wire import Facts, Wire

VERSION = 1

_STATUS = {
    Status.REQUESTED: "pending",
    Status.PENDING: "pending",
    Status.PENDING_PAYMENT: "pending",
    Status.CONFIRMED: "confirmed",
    Status.RECONFIRMED: "confirmed",
    **dict.fromkeys(PRESENT, "confirmed"),
    Status.COMPLETED: "completed",
    Status.NO_SHOW: "cancelled",
    Status.CANCELLED: "cancelled",
    Status.DECLINED: "cancelled",
    Status.EXPIRED: "cancelled",
}
"""Contract 1's four words; ``state`` beside them is exact."""

_CHANGED = {"date": "date", "time": "time", "party_size": "partySize"}
"""Facts of a change that are told with their former value; none of them is about a person."""


class IntegratorsWire(Wire):
    """Version 1."""

    def describe(self, family: str, subjects: Collection[str]) -> Mapping[str, Facts]:
        """See :meth:`Wire.describe`: one to three queries, whatever the number of subjects."""
        return _DESCRIBERS[family](subjects)

    def gone(self, family: str, subject: str, restaurant_id: int | None) -> Facts:
        """See :meth:`Wire.gone`: its id is all that is left."""
        return Facts(subject, restaurant_id, {"restaurantId": None, family: {"id": subject}})

    def note(self, event_type: str, data: Mapping[str, Any], actor_kind: str) -> dict[str, Any]:
        """See :meth:`Wire.note`."""
        noted: dict[str, Any] = {"actor": actor_kind}
        if event_type in ("reservation.status_changed", "reservation.cancelled"):
            was = Status(data["before"]) if "before" in data else None
            noted["previousStatus"] = None if was is None else _STATUS[was]
            noted["previousState"] = None if was is None else str(was)
        if event_type == "reservation.updated":
            noted["previous"] = _previous(data.get("before"), data.get("after"))
        if "into" in data:
            noted["mergedInto"] = data["into"]
        if event_type == "reservation.cancelled" and data.get("refund") is not None:
            noted["refundAmount"] = _number(Decimal(str(data["refund"])))
        return noted

    def example(self, endpoint_id: str) -> dict[str, Any]:
        """See :meth:`Wire.example`."""
        return {
            "restaurantId": None,
            "endpointId": endpoint_id,
            "message": "If you can read and verify this, your endpoint works.",
        }

    def body(self, delivery: Delivery, event: Event, *, with_people: bool) -> bytes:
        """See :meth:`Wire.body`. Personal data is read now, so that what was erased is not sent."""
        data = dict(event.data)
        restaurant = data.pop("restaurantId", None)
        if family_of(event.type) == "reservation":
            source = delivery.endpoint.key.source
            guest = _guest(event.subject, source) if with_people else None
            data["reservation"] = reservation_seen_by(event, source) | {"guest": guest}
        return dumps(
            {
                "id": event.public_id,
                "type": event.type,
                "version": VERSION,
                "order": event.order,
                "occurredAt": instant(event.occurred_at),
                "restaurantId": restaurant,
                "test": event.is_test,
                "data": data,
            }
        )


def _previous(before: Any, after: Any) -> dict[str, Any]:
    """The facts that changed, as they were; nothing where the trail says it in another way."""
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return {}
    return {
        wire: before[name]
        for name, wire in _CHANGED.items()
        if name in before and before[name] != after.get(name)
    }


def instant(at: dt.datetime | None) -> str | None:
    """An instant in UTC to the second, ``2025-11-15T19:00:00Z``."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _number(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _reservations(subjects: Collection[str]) -> dict[str, Facts]:
    rows = list(
        Reservation.objects.filter(public_id__in=subjects)
        .select_related("restaurant", "service", "room")
        .order_by("id")
    )
    tables: dict[int, list[dict[str, str]]] = defaultdict(list)
    claims = TableClaim.objects.filter(reservation__in=rows, released_at=None).order_by("id")
    for row, table, label in claims.values_list(
        "reservation_id", "table__public_id", "table__label"
    ):
        tables[row].append({"id": table, "label": label})
    sources = _sources(rows)
    return {
        row.public_id: Facts(
            row.public_id,
            row.restaurant_id,
            {
                "restaurantId": row.restaurant.public_id,
                "reservation": _reservation(row, tables[row.pk]),
            },
            row.is_test,
            sources[row.pk],
        )
        for row in rows
    }


def _sources(rows: Collection[Reservation]) -> Mapping[int, frozenset[str]]:
    """Who told of each reservation, by its key."""
    found = {row.pk: {row.source} for row in rows}
    records = SourceRecord.objects.filter(reservation__in=rows).order_by()
    for row, source in records.values_list("reservation_id", "source"):
        if row is not None:
            found[row].add(source)
    return {row: frozenset(names) for row, names in found.items()}


def _reservation(row: Reservation, tables: list[dict[str, str]]) -> dict[str, Any]:
    local = row.starts_at.astimezone(ZoneInfo(row.restaurant.zone))
    return {
        "id": row.public_id,
        "code": row.code,
        "status": _STATUS[Status(row.status)],
        "state": row.status,
        "date": row.service_date.isoformat(),
        "time": local.strftime("%H:%M"),
        "startsAt": instant(row.starts_at),
        "endsAt": instant(row.ends_at),
        "partySize": row.party_size,
        "service": row.service.name,
        "room": row.room.name if row.room else None,
        "tables": tables,
        "source": row.source,
        "channel": row.channel,
        "externalId": row.external_id or None,
        "depositAmount": _number(row.deposit_amount),
        "currency": row.currency,
        "lateMinutes": row.late_minutes,
        "revision": row.sequence,
        "createdAt": instant(row.created_at),
        "updatedAt": instant(row.updated_at),
        "cancelledAt": instant(row.cancelled_at),
    }


def reservation_seen_by(event: Event, source: str) -> dict[str, Any]:
    """The reservation of a stored event as a key of ``source`` reads it: with its own id of it."""
    told: dict[str, Any] = event.data["reservation"]
    if source in ("", told["source"]):
        return told
    own = _records(event.subject).filter(source=source).first()
    return told | {"externalId": (own.external_id or None) if own else None}


def _records(reservation: str) -> QuerySet[SourceRecord]:
    """What sources told of a reservation, who counts first."""
    rows = SourceRecord.objects.filter(reservation__public_id=reservation)
    return rows.order_by("-is_primary", "-status", "id")


def _guest(reservation: str, source: str) -> dict[str, Any] | None:
    """Who comes, as far as a key of ``source`` may know.

    Where several sources told of the visit, that is what this one told itself.
    """
    records = list(_records(reservation)) if source else []
    if any(each.source != source for each in records):
        own = next((each for each in records if each.source == source), None)
        return _guest_as_told(own) if own else None
    row = (
        Reservation.objects.filter(public_id=reservation)
        .select_related("customer")
        .order_by()
        .first()
    )
    if row is None:
        return None
    return {
        "customerId": row.customer.public_id if row.customer else None,
        "name": row.guest_name,
        "email": row.guest_email or None,
        "phone": row.guest_phone or None,
        "language": row.language or None,
        "occasion": row.occasion or None,
        "specialRequests": row.special_requests or None,
        "allergens": [str(Allergen(code)) for code in row.allergens],
        "allergyNote": row.allergy_note or None,
        "highChairs": row.high_chairs,
        "accessibilityNeeds": row.accessibility_needs or None,
    }


def _guest_as_told(record: SourceRecord) -> dict[str, Any]:
    return {
        "customerId": None,
        "name": record.guest_name,
        "email": record.guest_email or None,
        "phone": record.guest_phone or None,
        "language": None,
        "occasion": None,
        "specialRequests": record.special_requests or None,
        "allergens": [],
        "allergyNote": None,
        "highChairs": 0,
        "accessibilityNeeds": None,
    }


def _payments(subjects: Collection[str]) -> dict[str, Facts]:
    """By the id of a payment, of a refund, or of a reservation whose deposit it is."""
    found: dict[str, Facts] = {}
    refunds = Refund.objects.filter(public_id__in=subjects).select_related("payment__restaurant")
    for refund in refunds:
        found[refund.public_id] = _money(refund.payment, refund.public_id, refund)
    bookings = Reservation.objects.filter(public_id__in=subjects, payment__isnull=False)
    for booking in bookings.select_related("payment__restaurant"):
        payment = booking.payment
        if payment is not None:
            found[booking.public_id] = _money(payment, payment.public_id)
    payments = Payment.objects.filter(public_id__in=subjects).select_related("restaurant")
    found |= {payment.public_id: _money(payment, payment.public_id) for payment in payments}
    return _with_reservations(found)


def _money(payment: Payment, subject: str, refund: Refund | None = None) -> Facts:
    data: dict[str, Any] = {
        "restaurantId": payment.restaurant.public_id,
        "payment": {
            "id": payment.public_id,
            "status": payment.status,
            "amount": _number(payment.amount),
            "refundedAmount": _number(payment.refunded),
            "currency": payment.currency,
            "reservationId": None,
            "failureCode": payment.failure_code or None,
            "createdAt": instant(payment.created_at),
            "settledAt": instant(payment.settled_at),
        },
    }
    if refund is not None:
        data["refund"] = {
            "id": refund.public_id,
            "status": refund.status,
            "amount": _number(refund.amount),
            "createdAt": instant(refund.created_at),
            "settledAt": instant(refund.settled_at),
        }
    return Facts(subject, payment.restaurant_id, data)


def _with_reservations(found: dict[str, Facts]) -> dict[str, Facts]:
    """The same, each payment with the reservation it paid for, if that was made."""
    payments = {facts.data["payment"]["id"] for facts in found.values()}
    rows = Reservation.objects.filter(payment__public_id__in=payments).select_related("payment")
    owners = {row.payment.public_id: row for row in rows.order_by() if row.payment}
    sources = _sources(owners.values())
    result = {}
    for subject, facts in found.items():
        owner = owners.get(facts.data["payment"]["id"])
        payment = facts.data["payment"] | {"reservationId": owner.public_id if owner else None}
        result[subject] = Facts(
            facts.subject,
            facts.restaurant_id,
            facts.data | {"payment": payment},
            owner.is_test if owner else False,
            sources[owner.pk] if owner else frozenset(),
        )
    return result


def _tables(subjects: Collection[str]) -> dict[str, Facts]:
    rows = DiningTable.objects.filter(public_id__in=subjects).select_related("restaurant", "room")
    return {
        row.public_id: Facts(
            row.public_id,
            row.restaurant_id,
            {
                "restaurantId": row.restaurant.public_id,
                "table": {
                    "id": row.public_id,
                    "label": row.label,
                    "room": row.room.name,
                    "minSeats": row.min_seats,
                    "maxSeats": row.max_seats,
                    "access": row.access,
                    "stepFree": row.step_free,
                    "active": row.is_active,
                },
            },
        )
        for row in rows
    }


_DESCRIBERS: Mapping[str, Callable[[Collection[str]], Mapping[str, Facts]]] = {
    "reservation": _reservations,
    "payment": _payments,
    "table": _tables,
}
