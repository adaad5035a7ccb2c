"""Contract 2's answers: domain values into the contract's words, clocks and numbers."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urljoin

from reservations.engine.lifecycle import PRESENT, Status
from reservations.selectors.bookings import Booking
from reservations.selectors.holds import HeldPlace
from reservations.services.availability import DayOffers
from reservations.services.cancellation import Cancellation

_STATUS = {
    Status.REQUESTED: "pending",
    Status.PENDING: "pending",
    Status.PENDING_PAYMENT: "pending",
    Status.CONFIRMED: "confirmed",
    Status.RECONFIRMED: "confirmed",
    **dict.fromkeys(PRESENT, "confirmed"),
    Status.COMPLETED: "completed",
    Status.NO_SHOW: "completed",
    Status.CANCELLED: "cancelled",
    Status.DECLINED: "cancelled",
    Status.EXPIRED: "cancelled",
}
"""Contract 2 knows confirmed, cancelled and completed; pending is contract 1's fourth word."""

_REQUEST_RECEIVED = "Request received. The restaurant will confirm it; your code is {code}."

_NOT_CONFIRMED = {
    Status.REQUESTED: _REQUEST_RECEIVED,
    Status.PENDING: _REQUEST_RECEIVED,
    Status.PENDING_PAYMENT: "Table kept. It waits for your payment; your code is {code}.",
    Status.COMPLETED: "This visit is over; its code was {code}.",
    Status.NO_SHOW: "This visit is over: nobody came. Its code was {code}.",
    Status.CANCELLED: "This reservation was cancelled; its code was {code}.",
    Status.DECLINED: "The restaurant could not accept this request; its code was {code}.",
    Status.EXPIRED: "This request was not answered or paid in time; its code was {code}.",
}
"""What a confirmation is answered with where confirmed is not (any more) the word for it."""

_CONFIRMED = "Reservation confirmed! Show code {code} at the restaurant."


_NOTHING_TAKEN = frozenset({"hold", "card"})


def _kind(found: HeldPlace | Booking) -> dict[str, str]:
    """How the amount is secured, where it is not the deposit the contract knows."""
    return {} if found.payment_kind == "deposit" else {"paymentKind": found.payment_kind}


def milliseconds(instant: dt.datetime) -> int:
    """An instant as the contract prints it: whole milliseconds since 1970."""
    return int(instant.timestamp() * 1000)


def availability(found: DayOffers) -> dict[str, Any]:
    """The day, slot by slot. A slot that is refused for another reason than a lack of tables
    still says how many tables are free: ``available`` is what counts."""
    return {
        "slots": [
            {
                "time": offer.slot.label,
                "available": offer.available,
                "availableTables": offer.free,
                "totalTables": offer.total,
            }
            for offer in found.offers
        ],
        "depositPerPerson": found.deposit_per_person,
        "totalDeposit": found.deposit,
    }


def placed_hold(held: HeldPlace, user: str) -> dict[str, Any]:
    """A hold that was just placed."""
    return {
        "hold": {
            "holdId": held.public_id,
            "userId": user,
            "restaurantId": held.house.public_id,
            "date": held.service_date.isoformat(),
            "time": held.wall_time,
            "partySize": held.party_size,
            "depositAmount": held.deposit,
            **_kind(held),
            "createdAt": milliseconds(held.created_at),
            "expiresAt": milliseconds(held.expires_at),
        },
        "totalDeposit": held.deposit,
        "expiresIn": round((held.expires_at - held.created_at).total_seconds()),
    }


def active_hold(held: HeldPlace) -> dict[str, Any]:
    """The hold behind a countdown."""
    return {
        "holdId": held.public_id,
        "restaurantId": held.house.public_id,
        "restaurantName": held.house.name,
        "date": held.service_date.isoformat(),
        "time": held.wall_time,
        "partySize": held.party_size,
        "depositAmount": held.deposit,
        **_kind(held),
        "expiresAt": milliseconds(held.expires_at),
    }


def confirmed(booking: Booking) -> dict[str, Any]:
    """A reservation that was just made, or had been made by the same request before.

    A repeat can come when the reservation was cancelled or is over: the message says so.
    """
    status = Status(booking.status)
    return {
        "reservation": {
            "reservationId": booking.public_id,
            "confirmationCode": booking.code,
            "userId": booking.user_public_id,
            "restaurantId": booking.house.public_id,
            "restaurantName": booking.house.name,
            "date": booking.service_date.isoformat(),
            "time": booking.wall_time,
            "partySize": booking.party_size,
            "depositAmount": booking.deposit,
            **_kind(booking),
            "status": _STATUS[status],
            "createdAt": milliseconds(booking.created_at),
        },
        "message": _NOT_CONFIRMED.get(status, _CONFIRMED).format(code=booking.code),
    }


def listed(booking: Booking, site: str) -> dict[str, Any]:
    """A reservation in its guest's list; ``site`` completes the address of a local picture.

    Lists and the feed carry the first cuisine alone, as the contract prints them; the details
    of a restaurant carry all.
    """
    house = booking.house
    return {
        "reservationId": booking.public_id,
        "confirmationCode": booking.code,
        "restaurantId": house.public_id,
        "restaurantName": house.name,
        "restaurantImage": urljoin(site, house.image) if house.image else None,
        "cuisine": list(house.cuisine[:1]),
        "date": booking.service_date.isoformat(),
        "time": booking.wall_time,
        "partySize": booking.party_size,
        "depositAmount": booking.deposit,
        **_kind(booking),
        "status": _STATUS[Status(booking.status)],
        "createdAt": milliseconds(booking.created_at),
    }


def cancelled(done: Cancellation) -> dict[str, Any]:
    """What a cancellation gives back, in the contract's sentences."""
    if done.booking.deposit <= 0:
        text = "No deposit was taken."
    elif done.booking.payment_kind in _NOTHING_TAKEN:
        text = (
            "Nothing is charged, and the card is let go."
            if done.percent >= 100
            else "A fee can be charged for the late cancellation."
        )
    elif done.percent >= 100:
        text = "Full refund will be processed in 3-5 business days."
    elif done.percent > 0:
        text = f"{done.percent}% refund will be processed in 3-5 business days."
    else:
        text = f"No refund available (less than {done.last_notice_hours} hours notice)."
    return {
        "success": True,
        "message": f"Reservation cancelled. {text}",
        "refundAmount": done.amount,
        "refundPercentage": done.percent,
    }
