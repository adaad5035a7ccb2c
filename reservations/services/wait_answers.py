"""What a guest of the waitlist answers to an offer: takes it to book it, or lets it go."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from core import clock
from core.actors import Actor, ActorKind
from core.locks import Space, again_if_undone, lock
from reservations.errors import HoldExpired
from reservations.guests import Guest
from reservations.ledger.holds import extend_hold
from reservations.models import WaitlistEntry, WaitOffer
from reservations.selectors.holds import HeldPlace, hold_of
from reservations.services.abuse import hand_over
from reservations.services.wait_offers import give_back, holder_of
from reservations.services.waitlist import open_wait

_GUEST = Actor(ActorKind.GUEST, label="Guest, by link")
_MOST = 32_000
"""Extensions of a hold: an offer is extended once, whatever the house allows besides."""


@dataclass(frozen=True, slots=True)
class Offered:
    """The table that is kept for a party now."""

    offer: WaitOffer
    held: HeldPlace


def open_offer(entry: WaitlistEntry, now: dt.datetime) -> Offered | None:
    """What is offered to a party at this moment and was not taken yet; None for nothing."""
    offer = (
        WaitOffer.objects.select_related("hold")
        .filter(entry=entry, status=WaitOffer.Status.OPEN, hold__expires_at__gt=now)
        .filter(hold__status="live")
        .first()
    )
    if offer is None:
        return None
    return Offered(offer, hold_of(holder_of(entry), offer.hold.public_id))


@again_if_undone
def accept_offer(token: str, guest: Guest) -> HeldPlace:
    """Give the table that is offered to this guest's browser, with the house's time to book it.

    Works once: from then on it is a hold like any other. Raises LinkUnknown, HoldExpired when the
    time to answer is over or the offer is not there any more, ActiveHoldExists.
    """
    entry = open_wait(token)
    with transaction.atomic():
        lock(Space.SERVICE_DAY, entry.restaurant.public_id, entry.service_date)
        now = clock.now()
        found = open_offer(entry, now)
        if found is None:
            raise HoldExpired
        offer = WaitOffer.objects.select_for_update(of=("self",)).get(pk=found.offer.pk)
        held = found.held
        hand_over(held.public_id, old=holder_of(entry), new=guest, by=_GUEST)
        until = max(held.expires_at, now + dt.timedelta(minutes=held.house.hold_minutes))
        kept = extend_hold(
            held.public_id, guest.key, expires_at=until, limit=_MOST, by=_GUEST, now=now
        )
        if not kept:
            raise HoldExpired
        offer.status = WaitOffer.Status.ACCEPTED
        offer.save(update_fields=["status"])
    return hold_of(guest, held.public_id)


@again_if_undone
def decline_offer(token: str) -> None:
    """Let the table go, and stay on the list; it is offered to the next. May be repeated.

    Raises LinkUnknown.
    """
    entry = open_wait(token)
    with transaction.atomic():
        lock(Space.SERVICE_DAY, entry.restaurant.public_id, entry.service_date)
        give_back(entry, clock.now(), by=_GUEST)
