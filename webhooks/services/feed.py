"""From the audit trail to events and deliveries, in the very order in which things happened."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from core import clock
from core.feed import Entry, Place, now_place, read
from webhooks.events import VERBS, family_of, may_hear, types_of, wants
from webhooks.models import LIVE, Delivery, Endpoint, Event, FeedPlace
from webhooks.wire import Facts, wire

logger = logging.getLogger(__name__)

BATCH = 500
PUMP_SECONDS = 20.0
_VERBS = frozenset(VERBS)


def ensure_place() -> None:
    """Remember where the feed stands, in the caller's transaction, unless it is remembered.

    Called with the first endpoint: what commits from here on will be told. May be repeated.
    """
    place = now_place()
    FeedPlace.objects.bulk_create([FeedPlace(**_columns(place))], ignore_conflicts=True)


def pump(limit: int | None = None) -> int:
    """Turn new entries into events and deliveries; how many entries were read.

    Batch by batch, each in a transaction with the place it leads to: whatever dies, an entry is
    told once. One process at a time; others find the place locked and leave at once. Stops when
    nothing is left to read, after ``limit`` batches, or after ``PUMP_SECONDS``.
    """
    total, batches, deadline = 0, 0, time.monotonic() + PUMP_SECONDS
    while (limit is None or batches < limit) and time.monotonic() < deadline:
        done = _pump_batch()
        total, batches = total + done, batches + 1
        if not done:
            break
    return total


def _pump_batch() -> int:
    with transaction.atomic(durable=True):
        row = FeedPlace.objects.select_for_update(skip_locked=True).first()
        if row is None:
            return 0
        before = _place(row)
        entries, after = read(before, BATCH)
        _tell(entries)
        if after != before:
            FeedPlace.objects.update(**_columns(after))
    return len(entries)


@dataclass(frozen=True, slots=True)
class _Listener:
    """An endpoint, and what it hears of."""

    endpoint: Endpoint
    is_open: bool

    def hears(self, event: Event, sources: frozenset[str]) -> bool:
        """Whether this event is for it: subscription, scopes, restaurant, source, test or not.

        A key of one source hears of the bookings that this source told of, as it may read them.
        """
        house, key = self.endpoint.restaurant_scope, self.endpoint.key
        return (
            (house is None or house == event.restaurant_id)
            # Also when a key of one restaurant names another: then nothing is heard.
            and key.restaurant_id in (None, event.restaurant_id)
            and (not key.source or family_of(event.type) == "table" or key.source in sources)
            and key.is_test == event.is_test
            and wants(self.endpoint.events, event.type)
            and may_hear(key.scopes, event.type)
        )


def _tell(entries: Iterable[Entry]) -> None:
    """Write the events that somebody wants to hear of, and a delivery for each who does."""
    told = [(entry, kind) for entry in entries if entry.verb in _VERBS for kind in types_of(entry)]
    listeners = _listeners() if told else []
    told = [each for each in told if any(wants(one.endpoint.events, each[1]) for one in listeners)]
    if not told:
        return
    facts = _facts(told)
    events, wanted = [], []
    for entry, kind in told:
        found = facts[family_of(kind)].get(entry.target)
        event = _event(entry, kind, found)
        sources = found.sources if found else frozenset()
        hearing = [one for one in listeners if one.hears(event, sources)] if event else []
        if event and hearing:
            events.append(event)
            wanted.append(hearing)
    Event.objects.bulk_create(events)
    Delivery.objects.bulk_create(
        delivery_of(event, one.endpoint, is_open=one.is_open)
        for event, hearing in zip(events, wanted, strict=True)
        for one in hearing
    )


def delivery_of(event: Event, endpoint: Endpoint, *, is_open: bool) -> Delivery:
    """A new delivery: queued, or a dead letter at once for an endpoint that is not called now."""
    now = clock.now()
    closed = {
        "status": Delivery.Status.DEAD,
        "last_error": "The endpoint was not active when this happened.",
    }
    return Delivery(
        event=event,
        endpoint=endpoint,
        not_before=now,
        queued_at=now,
        **({} if is_open else closed),
    )


def _listeners() -> list[_Listener]:
    now = clock.now()
    rows = Endpoint.objects.filter(LIVE).select_related("key").order_by("id")
    return [
        _Listener(row, row.status == Endpoint.Status.ACTIVE) for row in rows if row.key.is_open(now)
    ]


def _facts(told: list[tuple[Entry, str]]) -> Mapping[str, Mapping[str, Facts]]:
    """By family and subject; one round of reading for the whole batch."""
    subjects: dict[str, set[str]] = defaultdict(set)
    for entry, kind in told:
        subjects[family_of(kind)].add(entry.target)
    return {family: wire().describe(family, found) for family, found in subjects.items()}


def _event(entry: Entry, kind: str, facts: Facts | None) -> Event | None:
    """None where there is nothing to tell of: a reservation without a deposit has no payment."""
    if facts is None and kind.endswith(".deleted"):
        facts = wire().gone(family_of(kind), entry.target, entry.restaurant_id)
    if facts is None:
        return None
    return Event(
        type=kind,
        order=entry.id,
        restaurant_id=facts.restaurant_id,
        subject=facts.subject,
        is_test=facts.is_test,
        data=facts.data | _noted(entry, kind),
        occurred_at=entry.at,
        created_at=clock.now(),
    )


def _noted(entry: Entry, kind: str) -> dict[str, Any]:
    """What the line adds; nothing, and an alarm, if it is not what its verb promises.

    One line that cannot be read must not hold back all that come after it.
    """
    try:
        return wire().note(kind, entry.data, entry.actor_kind)
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError):
        logger.exception("audit entry is not as expected", extra={"entry": entry.id})
        return {"actor": entry.actor_kind}


def _place(row: FeedPlace) -> Place:
    return Place(row.xid, row.entry_id, row.highest, row.floor, row.cluster, row.ceiling, row.after)


def _columns(place: Place) -> dict[str, int | str]:
    return {
        "xid": place.xid,
        "entry_id": place.id,
        "highest": place.highest,
        "floor": place.floor,
        "cluster": place.cluster,
        "ceiling": place.ceiling,
        "after": place.after,
    }
