"""The facts that messages to guests are made of."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from notifications.reach import Way, way_to
from reservations.details import NO_DETAILS, NO_OFFER, ChosenOffer, Details
from reservations.selectors.houses import House


def facts(
    house: House,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    party_size: int,
    guest_name: str,
    deposit: Decimal,
    special_requests: str = "",
    sequence: int = 0,
    offer: ChosenOffer = NO_OFFER,
    details: Details = NO_DETAILS,
    **more: Any,
) -> dict[str, Any]:
    """A message's payload: JSON-able, complete but for the link, which is made when it is sent.

    Of ``details`` it says who comes, if that is somebody else than ``guest_name``.
    """
    return {
        "restaurant": house.name,
        "address": house.address,
        "phone": house.phone,
        "reply_to": house.email,
        "zone": house.zone.key,
        "starts_at": starts_at.isoformat(),
        "ends_at": ends_at.isoformat(),
        "party_size": party_size,
        "guest_name": guest_name,
        "deposit": str(deposit),
        "currency": house.currency,
        "special_requests": special_requests,
        "sequence": sequence,
        **_offer(offer),
        **({"diner_name": details.diner_name} if details.diner_name else {}),
        **more,
    }


def _offer(offer: ChosenOffer) -> dict[str, Any]:
    if not offer.offer_name:
        return {}
    price = "" if offer.offer_price is None else str(offer.offer_price)
    return {
        "offer": offer.offer_name,
        "offer_price": price,
        "offer_per_person": offer.offer_per_person,
    }


def way_for(house: House, kind: str, *, email: str, phone: str, by_sms: bool = False) -> Way | None:
    """By which way a message of this kind reaches a guest; None when there is none."""
    return way_to(kind, email=email, phone=phone, by_sms=by_sms, can_text=house.can_text)
