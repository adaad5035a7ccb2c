"""Table bookings as contract 5 prints them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from api.venue.wishes import allergies_of
from core import clock, money
from notifications.selectors import NOT_SENT, sms_state
from reservations.engine import types as e
from reservations.engine.lifecycle import ActorKind, Status, allowed
from reservations.engine.money import DEFAULT_REFUND_LADDER
from reservations.engine.opening import opening_of
from reservations.engine.walltime import minute_to_datetime
from reservations.models import PaymentRequest, Reservation
from reservations.selectors.bookings import Booking
from reservations.selectors.houses import House
from reservations.selectors.table_bookings import is_sunday_lunch
from reservations.sentences import sentence
from reservations.services.availability import DayOffers, free_covers
from reservations.services.cancellation import Cancellation
from restaurants.hours import DAYS

KITCHEN_CLOSED = "Kitchen closed on this date"
TOO_LATE = "No more times on this date"
AVAILABLE = "Table available for this time"
REFUND_TIME = "3-5 business days"

_WORDS = {
    Status.REQUESTED: "pending",
    Status.PENDING: "pending",
    Status.PENDING_PAYMENT: "pending_payment",
    Status.COMPLETED: "completed",
    Status.CANCELLED: "cancelled",
    Status.DECLINED: "cancelled",
    Status.EXPIRED: "cancelled",
    Status.NO_SHOW: "no_show",
}
_CONFIRMED = "confirmed"


def word_of(status: str) -> str:
    """The contract's word for a status; whoever is expected or there is confirmed."""
    return _WORDS.get(Status(status), _CONFIRMED)


def statuses_of(word: str) -> tuple[str, ...]:
    """The statuses a word of the contract stands for."""
    return tuple(status.value for status in Status if word_of(status) == word)


# --- Availability ---------------------------------------------------------------------------------


def day(date: dt.date, found: DayOffers | None, why_not: str) -> dict[str, Any]:
    """The times of a date; ``found`` is None where none of them could ever be had.

    ``why_not`` says why there is none, where it is not the kitchen that is closed.
    """
    slots = [_slot(found, offer) for offer in _shown(found)] if found else []
    is_over = any(offer.slot.closed_by is None for offer in (found.offers if found else ()))
    hours = None
    if found and (slots or is_over or why_not):
        hours = kitchen_hours(found.day.house, date)
    answer: dict[str, Any] = {
        "date": date.isoformat(),
        "day": DAYS[date.weekday()],
        "available": any(slot["available"] for slot in slots),
        "time_slots": slots,
        "kitchen_hours": hours,
    }
    if not slots:
        answer["message"] = why_not or (TOO_LATE if is_over else KITCHEN_CLOSED)
    return answer


def _shown(found: DayOffers) -> list[e.Offer]:
    """Times that are still to come and that the calendar does not close; each label once."""
    by_label: dict[str, e.Offer] = {}
    for offer in found.offers:
        is_over = any(refusal.reason is e.Reason.PAST for refusal in offer.refusals)
        if offer.slot.closed_by is not None or is_over:
            continue
        known = by_label.get(offer.slot.label)
        if known is None or (offer.available and not known.available):
            by_label[offer.slot.label] = offer
    return list(by_label.values())


def _slot(found: DayOffers, offer: e.Offer) -> dict[str, Any]:
    return {
        "time": offer.slot.label,
        "available": offer.available,
        "remaining_capacity": free_covers(found, offer),
    }


def kitchen_hours(house: House, date: dt.date) -> dict[str, str] | None:
    """From the kitchen's first opening to its last closing on a date."""
    stretches = opening_of(house.plan, date).kitchen
    if not stretches:
        return None
    ends = (stretches[0][0], max(end for _, end in stretches))
    opens, closes = (minute_to_datetime(house.zone, end).strftime("%H:%M") for end in ends)
    return {"opens": opens, "closes": closes}


def one_time(
    date: dt.date, time: str, party_size: int, found: DayOffers | None, why_not: str
) -> dict[str, Any]:
    """One time of a date."""
    offers = [offer for offer in found.offers if offer.slot.label == time] if found else []
    offer = next((each for each in offers if each.available), next(iter(offers), None))
    is_free = offer is not None and offer.available
    if is_free:
        message = AVAILABLE
    elif offer is not None:
        message = sentence(offer.refusals[0])
    else:
        message = why_not or sentence(e.Refusal(e.Reason.NOT_A_SLOT))
    return {
        "date": date.isoformat(),
        "time": time,
        "party_size": party_size,
        "available": is_free,
        "remaining_capacity": free_covers(found, offer) if found and offer else 0,
        "message": message,
    }


# --- Bookings -------------------------------------------------------------------------------------


def booked(row: Reservation, zone: ZoneInfo, asked: PaymentRequest | None = None) -> dict[str, Any]:
    """A booking that was just made; ``asked`` is the payment it waits for, whose link may have
    gone to the guest by text."""
    texted = sms_state(row.public_id, *([asked.public_id] if asked else []))
    return {
        "booking_id": row.public_id,
        "booking_reference": row.code,
        "status": word_of(row.status),
        "customer_id": row.customer.public_id if row.customer else None,
        "booking_details": {
            **_when(row, zone),
            "duration_minutes": int((row.ends_at - row.starts_at).total_seconds()) // 60,
            "special_requirements": row.special_requests or None,
            "occasion": row.celebration or row.occasion or None,
        },
        "confirmation_sent": _is_told(row, texted),
        "sms_status": texted,
    }


def _is_told(row: Reservation, texted: str) -> bool:
    """Whether a confirmation is on its way; of what is to be paid first, only a link is."""
    is_told = (bool(row.guest_email) or texted != NOT_SENT) and not row.is_test
    return is_told and row.status != Status.PENDING_PAYMENT


def to_pay(request: PaymentRequest) -> dict[str, Any]:
    """What a booking that waits for money has besides."""
    address = f"{reverse('venue-payment')}?{urlencode({'booking_id': _booking_id(request)})}"
    total = money.quantize(request.amount, request.currency)
    return {
        "payment_required": True,
        "payment_details": {
            "amount": total,
            "deposit_amount": total,
            "total_amount": total,
            "outstanding_amount": total - total,
            "currency": request.currency,
            "payment_url": f"{settings.PUBLIC_URL.rstrip('/')}{address}",
            "expires_at": request.expires_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    }


def _booking_id(request: PaymentRequest) -> str:
    return request.reservation.public_id


def booking(row: Reservation, zone: ZoneInfo) -> dict[str, Any]:
    """One booking as its guest sees it."""
    return {
        "booking": {
            "id": row.public_id,
            "reference": row.code,
            "status": word_of(row.status),
            **_when(row, zone),
            "customer_name": row.guest_name,
            "special_requirements": row.special_requests or None,
            "dietary_requirements": list(row.dietary),
            "allergies": allergies_of(row.allergens, row.allergy_note),
            "can_cancel": _can_cancel(row),
            "cancellation_policy": _policy(row),
        }
    }


def listed(row: Reservation, zone: ZoneInfo) -> dict[str, Any]:
    """One booking of a list."""
    return {
        "booking_id": row.public_id,
        "booking_reference": row.code,
        "customer_name": row.guest_name,
        **_when(row, zone),
        "status": word_of(row.status),
        "booking_type": "sunday_lunch" if is_sunday_lunch(row) else "regular",
    }


def updated(found: Booking) -> dict[str, Any]:
    """A booking that was just changed."""
    return {
        "booking": {
            "reference": found.code,
            "status": word_of(found.status),
            "updates_applied": True,
        }
    }


def cancelled(done: Cancellation) -> dict[str, Any]:
    """A booking that was just cancelled."""
    is_refunded = done.amount > 0
    return {
        "booking_id": done.booking.public_id,
        "status": "cancelled",
        "refund_details": {
            "eligible": is_refunded,
            "amount": done.amount,
            "processing_time": REFUND_TIME if is_refunded else None,
        },
    }


def pagination(page: int, limit: int, total: int) -> dict[str, int]:
    """Where a list stands; an empty one has no pages."""
    return {"page": page, "limit": limit, "total": total, "total_pages": -(-total // limit)}


def _when(row: Reservation, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "date": row.service_date.isoformat(),
        "time": row.starts_at.astimezone(zone).strftime("%H:%M"),
        "party_size": row.party_size,
    }


def _can_cancel(row: Reservation) -> bool:
    step = allowed(Status(row.status), Status.CANCELLED, ActorKind.PARTNER)
    return step and row.starts_at > clock.now()


def _policy(row: Reservation) -> dict[str, Any]:
    """The ladder agreed for this booking; without a deposit, the house's words for others."""
    ladder = row.refund_ladder or [[step.hours, step.percent] for step in DEFAULT_REFUND_LADDER]
    full = [hours for hours, percent in ladder if percent >= 100]
    partial = [(percent, hours) for hours, percent in ladder if 0 < percent < 100]
    percent, hours = max(partial, default=(0, 0))
    return {
        "full_refund_until": _before(row, min(full)) if full else None,
        "partial_refund_until": _before(row, hours) if partial else None,
        "refund_percentage": percent,
    }


def _before(row: Reservation, hours: int) -> str:
    until = row.starts_at.astimezone(dt.UTC) - dt.timedelta(hours=hours)
    return until.strftime("%Y-%m-%dT%H:%M:%SZ")
