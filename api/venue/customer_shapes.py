"""Guests as the customer API prints them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from api.venue.table_shapes import word_of
from api.venue.wishes import allergies_of
from customers.models import Customer
from payments.models import Payment
from reservations.models import Reservation
from reservations.selectors.guest_figures import GuestFigures
from reservations.services.guest_records import Erasure, GuestRecord


def customer(row: Customer) -> dict[str, Any]:
    """One guest."""
    return {
        "customer_id": row.public_id,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "mobile_number": row.phone or None,
        "email": row.email or None,
        "sms_opt_in": row.sms_consent_at is not None,
        "marketing_opt_in": row.marketing_consent_at is not None,
        "allergies": list(row.allergies),
        "tags": list(row.tags),
        "notes": row.notes or None,
        "created_at": _instant(row.created_at),
        "updated_at": _instant(row.updated_at),
    }


def detailed(row: Customer, figures: GuestFigures) -> dict[str, Any]:
    """One guest, with figures."""
    return customer(row) | {
        "statistics": {
            "bookings": figures.bookings,
            "completed": figures.completed,
            "cancelled": figures.cancelled,
            "no_shows": figures.no_shows,
            "last_visit": figures.last_visit and figures.last_visit.isoformat(),
            "next_visit": figures.next_visit and figures.next_visit.isoformat(),
        }
    }


def erased(done: Erasure) -> dict[str, Any]:
    """What was made nobody's."""
    return {
        "customer_id": done.public_id,
        "erased": True,
        "bookings_anonymised": done.bookings,
        "messages_anonymised": done.messages,
        "waitlist_entries_deleted": done.waits,
    }


def export(record: GuestRecord) -> dict[str, Any]:
    """Everything that is kept of a guest, for the guest."""
    row = record.customer
    return {
        "customer": customer(row)
        | {
            "sms_opt_in_at": _maybe(row.sms_consent_at),
            "marketing_opt_in_at": _maybe(row.marketing_consent_at),
            "has_account": row.user_id is not None,
            "also_known_by": [
                {"mobile_number": other.phone or None, "email": other.email or None}
                for other in record.merged
            ],
        },
        "bookings": [_booking(each) for each in record.bookings],
        "booked_by_others": [_visit(each) for each in record.booked_for],
        "payments": [_payment(each) for each in record.payments],
        "waitlist": [
            {
                "restaurant": each.restaurant.name,
                "date": each.service_date.isoformat(),
                "party_size": each.party_size,
                "status": each.status,
                "created_at": _instant(each.created_at),
            }
            for each in record.waits
        ],
        "large_party_requests": [
            {
                "restaurant": each.restaurant.name,
                "date": each.date.isoformat(),
                "time": f"{each.time:%H:%M}",
                "party_size": each.party_size,
                "text": each.text,
                "created_at": _instant(each.created_at),
            }
            for each in record.requests
        ],
        **_of_the_team(record),
        "notes_to_the_house": [
            {"text": each.text, "created_at": _instant(each.created_at)} for each in record.notes
        ],
        "messages": [
            {
                "kind": each.kind,
                "recipient": each.recipient,
                "status": each.status,
                "created_at": _instant(each.created_at),
            }
            for each in record.messages
        ],
        "activity": [
            {"at": _instant(each.at), "what": each.verb, "by": each.actor_kind}
            for each in record.trail
        ],
    }


def _of_the_team(record: GuestRecord) -> dict[str, Any]:
    """What people wrote about the guest, and the log of consents."""
    return {
        "notes_of_the_team": [
            {"text": each.text, "created_at": _instant(each.at)} for each in record.guest_notes
        ],
        "consents": [
            {
                "to": each.kind,
                "given": each.given,
                "source": each.source,
                "text": each.text or None,
                "at": _instant(each.at),
            }
            for each in record.consents
        ],
    }


def _booking(row: Reservation) -> dict[str, Any]:
    return {
        "booking_reference": row.code,
        "restaurant": row.restaurant.name,
        "service": row.service.name,
        "date": row.service_date.isoformat(),
        "time": row.starts_at.astimezone(row.restaurant.tz).strftime("%H:%M"),
        "party_size": row.party_size,
        "status": word_of(row.status),
        "source": row.source,
        "name": row.guest_name,
        "email": row.guest_email or None,
        "mobile_number": row.guest_phone or None,
        "booked_for": _diner(row) if row.diner_name else None,
        "offer": row.offer_name or None,
        "special_requirements": row.special_requests or None,
        "accessibility_needs": row.accessibility_needs or None,
        "dietary_requirements": list(row.dietary),
        "allergies": allergies_of(row.allergens, row.allergy_note),
        "celebration_type": row.celebration or row.occasion or None,
        "language": row.language,
        "created_at": _instant(row.created_at),
    }


def _visit(row: Reservation) -> dict[str, Any]:
    """A table that somebody else booked: nothing of who that was."""
    return {
        "restaurant": row.restaurant.name,
        "date": row.service_date.isoformat(),
        "time": row.starts_at.astimezone(row.restaurant.tz).strftime("%H:%M"),
        "party_size": row.party_size,
        **_diner(row),
    }


def _diner(row: Reservation) -> dict[str, Any]:
    return {
        "name": row.diner_name,
        "email": row.diner_email or None,
        "mobile_number": row.diner_phone or None,
    }


def _payment(row: Payment) -> dict[str, Any]:
    return {
        "amount": row.amount,
        "refunded": row.refunded,
        "currency": row.currency,
        "status": row.status,
        "card": f"{row.card_brand} {row.card_last4}".strip() or None,
        "created_at": _instant(row.created_at),
    }


def _maybe(moment: dt.datetime | None) -> str | None:
    return None if moment is None else _instant(moment)


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
