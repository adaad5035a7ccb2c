"""What a guest is told who answers 1 by text to what cannot be had any more.

Silence would leave somebody standing at the door who believes that a table is kept. One inbound
text is answered once (it is received once, by its reference), and the same thing is said once
about one call or one offer, so that a telephone that answers by itself starts no conversation. All
else is the outbox's: its limits, and what is known of who wants no texts.
"""

from __future__ import annotations

import datetime as dt
import logging

from core import clock
from notifications.models import Message
from notifications.services import queue as send
from reservations.messages import way_for
from reservations.models import QueueEntry, WaitlistEntry, WaitOffer
from reservations.models.queue import LIVE_QUEUE
from reservations.models.waitlist import LIVE_WAITS
from reservations.selectors.houses import load_houses
from reservations.selectors.night import is_tonight
from reservations.selectors.wait_offers import Stage, offer_of

logger = logging.getLogger(__name__)

KIND = "answer_refused"
QUEUE_LOOKS_BACK = dt.timedelta(hours=6)
"""A party that left or sat down longer ago means something else by its 1."""
OFFER_LOOKS_BACK = dt.timedelta(hours=24)


def answer_late(restaurant_id: int, phone: str) -> bool:
    """Answer a 1 from a number that waits no more, or was offered a table; False for no such one.

    In the caller's transaction. What was said to it last counts: a party of the queue that is over,
    or an offer of the waitlist.
    """
    now = clock.now()
    entry = (
        QueueEntry.objects.filter(
            restaurant_id=restaurant_id, phone=phone, closed_at__gt=now - QUEUE_LOOKS_BACK
        )
        .order_by("-closed_at", "-id")
        .first()
    )
    offer = (
        WaitOffer.objects.filter(
            entry__restaurant_id=restaurant_id,
            entry__phone=phone,
            made_at__gt=now - OFFER_LOOKS_BACK,
        )
        .order_by("-made_at", "-id")
        .first()
    )
    if entry and entry.closed_at and (offer is None or entry.closed_at >= offer.made_at):
        answer_queue(entry)
        return True
    if offer is not None:
        _answer_offer(offer)
        return True
    return False


def answer_queue(entry: QueueEntry) -> None:
    """Say why a party of the queue has no table to come to. In the caller's transaction."""
    row = QueueEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    _send(row, _why_not(row), since=row.called_at or row.joined_at)


def _why_not(row: QueueEntry) -> str:
    if row.status == QueueEntry.Status.SEATED:
        return "seated"
    house = load_houses([row.restaurant_id])[0]
    if row.status not in LIVE_QUEUE or not is_tonight(house, row.service_date, clock.now()):
        return "over"
    return "early" if row.status == QueueEntry.Status.WAITING else "gone"


def _answer_offer(offer: WaitOffer) -> None:
    """Say what became of an offer, and of who was asked. A text alone books nothing."""
    row = WaitlistEntry.objects.select_for_update(of=("self",)).get(pk=offer.entry_id)
    found = offer_of(row, clock.now())
    stage = found.stage if found else None
    if Stage.BOOKED in (stage, row.status):
        _send(row, "booked", since=offer.made_at)
    elif row.status not in LIVE_WAITS:
        _send(row, "left", since=offer.made_at)
    elif found is not None:
        expires_at = found.held.expires_at
        minutes = max(int((expires_at - clock.now()).total_seconds() // 60), 1)
        reason = "taken" if stage is Stage.TAKEN else "offered"
        until = expires_at.isoformat()
        _send(row, reason, since=offer.made_at, minutes=minutes, offer_until=until)
    else:
        _send(row, "lapsed", since=offer.made_at)


def _send(
    row: QueueEntry | WaitlistEntry, reason: str, *, since: dt.datetime, **more: int | str
) -> None:
    """Write the answer, unless the same was said since then; its row is locked by the caller."""
    said = Message.objects.filter(
        about=row.public_id, kind=KIND, payload__reason=reason, created_at__gte=since
    )
    house = load_houses([row.restaurant_id])[0]
    way = way_for(house, KIND, email=row.email, phone=row.phone, by_sms=True)
    if way is None or said.exists():
        logger.info("a text that came too late was answered before, or cannot be answered")
        return
    payload = {
        "restaurant": house.name,
        "address": house.address,
        "phone": house.phone,
        "reply_to": house.email,
        "guest_name": row.name,
        "reason": reason,
        **more,
    }
    send(
        KIND,
        restaurant_id=house.id,
        about=row.public_id,
        channel=way.channel,
        recipient=way.recipient,
        payload=payload | way.kept(),
        language=row.language,
        at=clock.now(),
    )
