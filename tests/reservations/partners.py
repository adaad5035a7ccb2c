"""What partners tell, in tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

from core.actors import Actor, ActorKind
from reservations.models import Reservation, TableClaim
from reservations.partners import PartnerBooking
from reservations.selectors.bookings import Booking
from reservations.services.partner_bookings import book_for_partner
from restaurants.models import Restaurant

SATURDAY = dt.date(2025, 11, 15)
PARTNER = Actor(ActorKind.PARTNER, "key_partner", "Partner")


def telling(house: Restaurant, source: str = "opentable", **other: Any) -> PartnerBooking:
    """John Doe, Saturday at seven, for four."""
    facts: dict[str, Any] = {
        "service_date": SATURDAY,
        "time": "19:00",
        "party_size": 4,
        "name": "John Doe",
        "email": "john@example.com",
        "phone": "+12125550142",
    }
    return PartnerBooking(restaurant=house.public_id, source=source, **(facts | other))


def book(house: Restaurant, source: str = "opentable", **other: Any) -> tuple[Booking, bool]:
    """The same, booked."""
    return book_for_partner(telling(house, source, **other), by=PARTNER)


def claimed() -> int:
    """Tables in use, over all live claims."""
    return TableClaim.objects.filter(released_at=None).count()


def only() -> Reservation:
    """The one reservation there is."""
    return Reservation.objects.get()
