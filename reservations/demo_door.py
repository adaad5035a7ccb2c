"""Who waits in the demo: a queue at the door tonight, and somebody who was offered a table.

Everything goes through the services of the stand and the waitlist. Only when a party joined is set
back afterwards, so that one of them has waited longer than it was told. Nobody is written to.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass

from django.db import transaction

from core import clock
from core.actors import Actor
from core.errors import DomainError
from notifications.models import Message
from reservations.models import QueueEntry, WaitlistEntry
from reservations.models.queue import LIVE_QUEUE
from reservations.selectors.today import service_date_at
from reservations.services import stand, wait_offers
from reservations.services.waitlist import WaitRequest, join_waitlist
from restaurants.models import Restaurant

FRESH = dt.timedelta(minutes=90)
"""A queue that is older stood there at another run: its parties go home, others come."""


@dataclass(frozen=True, slots=True)
class Walker:
    """A party without a booking, as it stands at the door when the demo is made."""

    name: str
    size: int
    minutes: int
    """So long ago it came."""
    quoted: int | None
    """What the host said; None is what the house works out."""
    is_called: bool = False
    note: str = ""


QUEUE = (
    Walker("Theo Lambert", 2, 32, 20, note="Terrace if possible"),
    Walker("Sofia Marino", 4, 24, 25, is_called=True),
    Walker("Nadia Haddad", 3, 9, 25, note="With a pram"),
    Walker("Paul Okonkwo", 2, 2, None),
)
"""The first has waited twelve minutes longer than it was told; the second was called just now."""

WAITS = "Wilma Sander"
WAITS_AT = "wilma.sander@example.com"
WISHED = ((dt.time(12), dt.time(14)), (dt.time(18), dt.time(21)))


def queue_tonight(restaurant: Restaurant, *, by: Actor) -> int:
    """Put the queue at the door of a house; how many parties came. Repeatable.

    What was made within the last hour and a half is kept, whatever was done with it since.
    """
    now = clock.now()
    date = service_date_at(restaurant, now)
    names = [each.name for each in QUEUE]
    there = QueueEntry.objects.filter(restaurant=restaurant, service_date=date, name__in=names)
    if there.filter(joined_at__gt=now - FRESH).exists():
        return 0
    for old in there.filter(status__in=LIVE_QUEUE):
        stand.leave_queue(old.public_id, expected=None, by=by)
    return sum(_join(restaurant, date, each, now, by) for each in QUEUE)


def _join(
    restaurant: Restaurant, date: dt.date, walker: Walker, now: dt.datetime, by: Actor
) -> bool:
    done = stand.join_queue(
        restaurant.public_id,
        date,
        walker.size,
        name=walker.name,
        note=walker.note,
        quoted=walker.quoted,
        by=by,
    )
    entry = QueueEntry.objects.get(public_id=done.target)
    entry.joined_at = now - dt.timedelta(minutes=walker.minutes)
    if entry.quoted_minutes is not None:
        entry.promised_at = entry.joined_at + dt.timedelta(minutes=entry.quoted_minutes)
    entry.save(update_fields=["joined_at", "promised_at"])
    if walker.is_called:
        entry.refresh_from_db()
        # Where no table is free it waits on.
        with suppress(DomainError):
            stand.call_party(entry.public_id, expected=entry.version, by=by)
    return True


def offer_a_table(restaurant: Restaurant, *, by: Actor) -> str:
    """Put somebody on the waitlist, and offer a table that is free; the time of it, or nothing.

    Tonight if there still is a table, else tomorrow; at night nobody is asked about another day.
    Repeatable: who is on the list stays there.
    """
    today = service_date_at(restaurant, clock.now())
    dates = (today, today + dt.timedelta(days=1))
    if WaitlistEntry.objects.filter(
        restaurant=restaurant, email=WAITS_AT, service_date__in=dates
    ).exists():
        return ""
    for date in dates:
        for earliest, latest in reversed(WISHED):
            with suppress(DomainError):
                if found := _offered(restaurant, date, earliest, latest, by):
                    return found
    return ""


def _offered(
    restaurant: Restaurant, date: dt.date, earliest: dt.time, latest: dt.time, by: Actor
) -> str:
    """One attempt: all of it, or nothing."""
    with transaction.atomic():
        request = WaitRequest(
            restaurant=restaurant.public_id,
            service_date=date,
            earliest=earliest,
            latest=latest,
            party_size=2,
            name=WAITS,
            email=WAITS_AT,
        )
        entry = join_waitlist(request, by=by).entry
        wait_offers.look(restaurant.pk, restaurant.public_id, date)
        offer = entry.offers.select_related("hold").first()
        if offer is None:
            transaction.set_rollback(True)
            return ""
        Message.objects.filter(about=entry.public_id).delete()
        return f"{offer.starts_at.astimezone(restaurant.tz):%A at %H:%M}"
