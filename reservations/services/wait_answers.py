"""What a guest of the waitlist answers to an offer: takes it to book it, or lets it go."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from core import clock
from core.actors import Actor, ActorKind
from core.locks import Space, again_if_undone, lock
from reservations.errors import HoldConfirmed, HoldExpired, OfferTaken, PaymentPending
from reservations.guests import Guest
from reservations.ledger.holds import extend_hold
from reservations.models import Hold, WaitlistEntry, WaitOffer
from reservations.selectors.holds import PAYING, HeldPlace, hold_of
from reservations.selectors.wait_offers import Offered, Stage, offer_of
from reservations.services.abuse import hand_over
from reservations.services.given_back import call_off_approval
from reservations.services.wait_offers import give_back, holder_of
from reservations.services.waitlist import open_wait

_GUEST = Actor(ActorKind.GUEST, label="Guest, by link")
_MOST = 32_000
"""Extensions of a hold: an offer is extended once, whatever the house allows besides."""


@again_if_undone
def accept_offer(token: str, guest: Guest) -> HeldPlace:
    """Give the table that is offered to this guest's browser, with the house's time to book it.

    From then on it is a hold like any other. The same guest may repeat it; another browser that
    has the link takes it over with :func:`take_over`, and knowingly. Raises LinkUnknown, OfferTaken
    when another browser was given it, HoldConfirmed when that one has booked it, HoldExpired when
    the time to answer is over or the offer is not there any more, ActiveHoldExists.
    """
    entry = open_wait(token)
    with transaction.atomic():
        lock(Space.SERVICE_DAY, entry.restaurant.public_id, entry.service_date)
        now = clock.now()
        found = offer_of(entry, now)
        if found is None:
            raise HoldExpired
        held = found.held
        if found.stage is not Stage.OPEN:
            if held.guest_key != guest.key:
                raise _answered(found)
            return held
        offer = WaitOffer.objects.select_for_update(of=("self",)).get(pk=found.offer.pk)
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
def take_over(token: str, guest: Guest) -> HeldPlace:
    """Go on in this browser with a table that was taken in another, which opens it no more.

    Whoever has the link is the guest. Its time stays as it was. May be repeated. Raises
    LinkUnknown, HoldExpired when nothing is kept, HoldConfirmed when it is booked, PaymentPending
    while the other browser pays, ActiveHoldExists.
    """
    entry = open_wait(token)
    with transaction.atomic():
        found = _taken(entry)
        held = found.held
        if held.guest_key == guest.key:
            return held
        if held.payment_status in PAYING:
            raise PaymentPending
        hand_over(held.public_id, old=Guest(held.guest_key), new=guest, by=_GUEST)
    return hold_of(guest, held.public_id)


@again_if_undone
def give_table_back(token: str) -> None:
    """Give back a table that was taken, and stay on the list; it is offered to the next.

    A payment that waits for its owner's approval is called off. Outside of any transaction. Raises
    LinkUnknown, HoldExpired when nothing is kept (any more), HoldConfirmed when it is booked.
    """
    entry = open_wait(token)
    with transaction.atomic():
        held = _taken(entry).held
        give_back(entry, clock.now(), by=_GUEST)
    if held.deposit > 0:
        call_off_approval(held.public_id)


def _taken(entry: WaitlistEntry) -> Offered:
    """What the party took, under the day's lock and its hold's, so that nobody confirms it now."""
    lock(Space.SERVICE_DAY, entry.restaurant.public_id, entry.service_date)
    found = offer_of(entry, clock.now())
    if found is not None:
        Hold.objects.select_for_update(no_key=True, of=("self",)).get(pk=found.held.id)
        found = offer_of(entry, clock.now())
    if found is None or found.stage is Stage.OPEN:
        raise HoldExpired
    if found.stage is Stage.BOOKED:
        raise _answered(found)
    return found


def _answered(found: Offered) -> OfferTaken | HoldConfirmed:
    """Why an offer cannot be answered any more."""
    if found.stage is Stage.BOOKED:
        return HoldConfirmed(reservation_id=found.held.reservation)
    return OfferTaken()


@again_if_undone
def decline_offer(token: str) -> None:
    """Let the table go, and stay on the list; it is offered to the next. May be repeated.

    Raises LinkUnknown, and when the guest has said yes OfferTaken or HoldConfirmed: the no of an
    old page takes no table from who is booking it.
    """
    entry = open_wait(token)
    with transaction.atomic():
        lock(Space.SERVICE_DAY, entry.restaurant.public_id, entry.service_date)
        now = clock.now()
        found = offer_of(entry, now)
        if found is not None and found.stage is not Stage.OPEN:
            raise _answered(found)
        give_back(entry, now, by=_GUEST)
