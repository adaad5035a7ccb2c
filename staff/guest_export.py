"""A guest's record as a file: JSON with all of it, a table with the visits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from customers.models import ConsentEntry, Customer, GuestNote
from reservations.models import Reservation
from reservations.services.guest_records import GuestRecord
from staff.tables import told

HEADING: Sequence[str] = (
    *("booking", "restaurant", "service", "date", "time", "party_size", "status", "source"),
    *("name", "email", "phone", "special_requests", "allergies", "bill", "currency", "booked_at"),
)


def lines(record: GuestRecord) -> Iterator[list[object]]:
    """One visit a line, latest first."""
    for row in record.bookings:
        found = _booking(row)
        texts = ("name", "email", "phone", "special_requests")
        yield [
            *(found[name] for name in HEADING[:8]),
            *(told(found[name] or "") for name in texts),
            told(", ".join(found["allergies"])),
            *(found["bill"], found["currency"], found["booked_at"]),
        ]


def everything(record: GuestRecord) -> dict[str, Any]:
    """All that is kept, in words a guest can read."""
    return {
        "guest": _guest(record.customer),
        "also_known_by": [{"email": row.email, "phone": row.phone} for row in record.merged],
        "notes_of_the_team": [_note(row) for row in record.guest_notes],
        "consents": [_consent(row) for row in record.consents],
        "bookings": [_booking(row) for row in record.bookings],
        "booked_by_others": [
            {
                "restaurant": row.restaurant.name,
                "date": row.service_date.isoformat(),
                "name": row.diner_name,
                "email": row.diner_email,
                "phone": row.diner_phone,
            }
            for row in record.booked_for
        ],
        "payments": [
            {
                "amount": str(row.amount),
                "refunded": str(row.refunded),
                "currency": row.currency,
                "status": row.status,
                "card": f"{row.card_brand} {row.card_last4}".strip(),
                "at": _instant(row.created_at),
            }
            for row in record.payments
        ],
        **_asked(record),
        "notes_to_the_house": [
            {"text": row.text, "at": _instant(row.created_at)} for row in record.notes
        ],
        "messages": [
            {
                "kind": row.kind,
                "recipient": row.recipient,
                "status": row.status,
                "at": _instant(row.created_at),
            }
            for row in record.messages
        ],
        "activity": [
            {"at": _instant(row.at), "what": row.verb, "by": row.actor_kind} for row in record.trail
        ],
    }


def _asked(record: GuestRecord) -> dict[str, Any]:
    return {
        "waitlist": [
            {
                "restaurant": row.restaurant.name,
                "date": row.service_date.isoformat(),
                "party_size": row.party_size,
                "status": row.status,
            }
            for row in record.waits
        ],
        "queue": [
            {
                "restaurant": row.restaurant.name,
                "date": row.service_date.isoformat(),
                "party_size": row.party_size,
                "came_at": _instant(row.joined_at),
                "status": row.status,
            }
            for row in record.queued
        ],
        "large_party_requests": [
            {
                "restaurant": row.restaurant.name,
                "date": row.date.isoformat(),
                "party_size": row.party_size,
                "text": row.text,
            }
            for row in record.requests
        ],
    }


def _guest(row: Customer) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "name": row.name,
        "family_name": row.family_name,
        "email": row.email,
        "phone": row.phone,
        "vip": row.is_vip,
        "tags": list(row.tags),
        "allergies": list(row.allergies),
        "diet": list(row.dietary),
        "birthday": row.birthday,
        "anniversary": row.anniversary,
        "language": row.language,
        "remark": row.notes,
        "offers_by_email_since": _instant(row.marketing_consent_at),
        "offers_by_sms_since": _instant(row.sms_consent_at),
        "has_account": row.user_id is not None,
        "known_since": _instant(row.created_at),
    }


def _note(row: GuestNote) -> dict[str, Any]:
    return {
        "at": _instant(row.at),
        "by": row.actor_label,
        "text": row.text,
        "withdrawn_at": _instant(row.withdrawn_at),
    }


def _consent(row: ConsentEntry) -> dict[str, Any]:
    return {
        "at": _instant(row.at),
        "to": row.kind,
        "given": row.given,
        "source": row.source,
        "words": row.text,
    }


def _booking(row: Reservation) -> dict[str, Any]:
    bill = getattr(row, "bill", None)
    return {
        "booking": row.code,
        "restaurant": row.restaurant.name,
        "service": row.service.name,
        "date": row.service_date.isoformat(),
        "time": row.starts_at.astimezone(row.restaurant.tz).strftime("%H:%M"),
        "party_size": row.party_size,
        "status": row.status,
        "source": row.source,
        "name": row.guest_name,
        "email": row.guest_email,
        "phone": row.guest_phone,
        "tags": list(row.tags),
        "special_requests": row.special_requests,
        "allergies": [*row.allergens, *filter(None, [row.allergy_note])],
        "bill": str(bill.total) if bill else "",
        "currency": row.currency,
        "booked_at": _instant(row.created_at),
    }


def _instant(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(dt.UTC).isoformat(timespec="seconds")
