"""What is kept for a party of the waitlist, or became its booking."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from reservations.models import WaitlistEntry, WaitOffer
from reservations.models.wait_offers import OPEN_OFFERS
from reservations.selectors.holds import HeldPlace, hold_whoever_has_it


class Stage(StrEnum):
    """How far a party has come with the table that it was offered."""

    OPEN = "open"
    """It has not answered yet."""
    TAKEN = "taken"
    """It said yes, and the table is kept while the booking is finished."""
    BOOKED = "booked"


@dataclass(frozen=True, slots=True)
class Offered:
    """A table that was offered to a party and is not lost to it."""

    offer: WaitOffer
    held: HeldPlace
    stage: Stage


def offer_of(entry: WaitlistEntry, now: dt.datetime) -> Offered | None:
    """The table of a party's last offer as it stands at ``now``; None once it is given back or
    lapsed.

    The hold is the truth, also in the seconds before a look has closed the offer.
    """
    offer = (
        WaitOffer.objects.filter(entry=entry, status__in=[*OPEN_OFFERS, WaitOffer.Status.BOOKED])
        .order_by("-id")
        .first()
    )
    held = hold_whoever_has_it(offer.hold_id) if offer is not None else None
    if offer is None or held is None:
        return None
    if held.reservation is not None:
        return Offered(offer, held, Stage.BOOKED)
    if not held.is_live(now):
        return None
    is_taken = offer.status == WaitOffer.Status.ACCEPTED
    return Offered(offer, held, Stage.TAKEN if is_taken else Stage.OPEN)
