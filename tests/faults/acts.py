"""What guests do in these tests, in one line each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from reservations.guests import Guest
from reservations.selectors.holds import HeldPlace
from reservations.services.confirmation import Confirmation, Particulars, confirm_hold
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import Restaurant

SATURDAY = dt.date(2025, 11, 15)
VISA: Mapping[str, Any] = {"token": "tok_visa_4242"}
DECLINED: Mapping[str, Any] = {"token": "tok_visa_0002"}


def ask(restaurant: Restaurant, time: str = "19:00", party: int = 2, **more: Any) -> HoldRequest:
    """A request for Saturday the fifteenth."""
    return HoldRequest(
        restaurant.public_id, time=time, party_size=party, **({"service_date": SATURDAY} | more)
    )


def hold(restaurant: Restaurant, guest: Guest, time: str = "19:00", party: int = 2) -> HeldPlace:
    """The guest holds a table."""
    return place_hold(ask(restaurant, time, party), guest, by=guest.actor)


def pay(
    held: HeldPlace, guest: Guest, method: Mapping[str, Any] = VISA, **particulars: Any
) -> Confirmation:
    """The guest confirms and pays."""
    return confirm_hold(
        held.public_id, guest, method=method, particulars=Particulars(**particulars), by=guest.actor
    )
