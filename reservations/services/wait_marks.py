"""Marking the dates of the waitlist on which a table may have come free.

What happened is read from the audit trail, so nothing that frees a table is overlooked, and no
service has to remember the waitlist: each line marks the dates it may concern. ``wait_offers``
looks at what is marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction

from core import clock
from core.feed import Entry, Place, now_place, read
from reservations.models import WaitFeedPlace, WaitLook, WaitOffer
from reservations.models.wait_offers import OPEN_OFFERS
from reservations.models.waitlist import LIVE_WAITS

BATCH = 500
_OF_A_VISIT = (
    *("arrived", "partially_arrived", "reconfirmed", "check_dropped", "paid", "billed"),
    *("server_assigned", "table_ready", "marked_late", "running_late", "stays_on"),
    *("tagged", "house_messaged", "link_revoked"),
)
FREES_NOTHING = frozenset(
    {"hold.placed", "hold.extended", "hold.kept", "waitlist.offered", "waitlist.expired"}
    | {f"reservation.{word}" for word in _OF_A_VISIT}
)
"""Verbs after which no table can be free that was not before."""
_FAMILIES = ("message.", "queue.", "payment.", "refund.", "staff.", "customer.", "webhook.")


def read_feed() -> int:
    """Mark the dates on which a table may have come free; how many lines were read.

    Each batch is one transaction with the place it leads to, so a line counts once whatever dies.
    One process at a time; others leave at once. The first time every date is marked.
    """
    total = 0
    while done := _read_batch():
        total += done
    return total


def _read_batch() -> int:
    with transaction.atomic():
        row = WaitFeedPlace.objects.select_for_update(skip_locked=True).first()
        if row is None:
            if not WaitFeedPlace.objects.exists():
                place = now_place()
                WaitFeedPlace.objects.bulk_create(
                    [WaitFeedPlace(**_columns(place))], ignore_conflicts=True
                )
                mark_all()
            return 0
        before = Place(
            row.xid, row.entry_id, row.highest, row.floor, row.cluster, row.ceiling, row.after
        )
        entries, after = read(before, BATCH)
        _mark(entries)
        if after != before:
            WaitFeedPlace.objects.update(**_columns(after))
    return len(entries)


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


_MARK = """
INSERT INTO reservations_waitlook (restaurant_id, service_date, since)
SELECT DISTINCT w.restaurant_id, w.service_date, %(now)s::timestamptz
FROM reservations_waitlistentry w
WHERE w.status = ANY(%(live)s) AND (%(houses)s::bigint[] IS NULL
      OR w.restaurant_id = ANY(%(houses)s))
ON CONFLICT (restaurant_id, service_date) DO NOTHING
"""


def mark_all() -> int:
    """Look at every date that somebody waits for; how many are new to be looked at.

    For what no line tells of: times that pass, limits that end, the end of the night.
    """
    return _insert(None)


def _mark(entries: Iterable[Entry]) -> None:
    """All dates of the houses concerned that somebody waits for: a party may have moved between
    two of them, and what changes the rules changes every one."""
    houses = {
        entry.restaurant_id
        for entry in entries
        if entry.restaurant_id is not None
        and entry.verb not in FREES_NOTHING
        and not entry.verb.startswith(_FAMILIES)
    }
    if houses:
        _insert(sorted(houses))


def _insert(houses: Sequence[int] | None) -> int:
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"now": clock.now(), "live": LIVE_WAITS, "houses": houses}
        cursor.execute(_MARK, asked)
        return int(cursor.rowcount)


def mark_lapsed() -> int:
    """Look at the dates of offers whose time is over; how many."""
    now = clock.now()
    found = (
        WaitOffer.objects.filter(status__in=OPEN_OFFERS, hold__expires_at__lte=now)
        .values_list("entry__restaurant_id", "entry__service_date")
        .distinct()
        .order_by()
    )
    looks = [WaitLook(restaurant_id=pk, service_date=date, since=now) for pk, date in found]
    WaitLook.objects.bulk_create(looks, ignore_conflicts=True)
    return len(looks)
