"""Reading the audit trail as a feed: every entry once, none skipped, however transactions overlap.

Ids are drawn before transactions commit, so "everything after id 17" can miss an id 16 that
commits later. Each entry therefore also knows its transaction (``xid``, a default of the column).
An entry is read when every transaction that began before its own has ended: whatever commits from
then on has a higher number, and comes later in the order (xid, id). The booking path pays for this
with one entry in an index.

A dump that is restored into another cluster meets transaction numbers that begin anew. The place
in the feed knows its cluster; in another one it is found again by ids (``_rebase``).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.db import connection

_READ = """
SELECT id, xid::text, at, verb, target, restaurant_id, actor_kind, data
FROM core_auditentry
WHERE (xid, id) > (%(xid)s::xid8, %(id)s) AND xid < pg_snapshot_xmin(pg_current_snapshot())
  AND id > %(floor)s
ORDER BY xid, id LIMIT %(limit)s
"""

_LEFT_BEHIND = """
SELECT id, xid::text, at, verb, target, restaurant_id, actor_kind, data
FROM core_auditentry
WHERE id <= %(ceiling)s AND id > %(after)s
  AND (id > %(highest)s OR (xid, id) > (%(xid)s::xid8, %(id)s))
ORDER BY id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit trail."""

    id: int
    at: dt.datetime
    verb: str
    target: str
    restaurant_id: int | None
    actor_kind: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """How far a reader has come. Keep it in the transaction that keeps what was read."""

    xid: int = 0
    id: int = 0
    highest: int = 0
    """The highest id ever read."""
    floor: int = 0
    """Ids up to here were read before the cluster changed."""
    cluster: str = ""
    ceiling: int = 0
    """While what another cluster left behind is being read: the last id of it; otherwise 0."""
    after: int = 0
    """…and the id it has been read up to."""


def now_place() -> Place:
    """The end of the feed: what commits from here on comes after it.

    Includes what transactions now running will write.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1,"
            " coalesce((SELECT max(id) FROM core_auditentry), 0)"
        )
        xid, highest = cursor.fetchone()
    # Every id of transaction ``xid`` counts as read; those of later ones do not.
    return Place(xid=xid, id=_LAST_ID, highest=highest, cluster=cluster())


def read(place: Place, limit: int) -> tuple[list[Entry], Place]:
    """Up to ``limit`` entries after ``place``, and the place after them. Inside a transaction.

    An empty list means that nothing can be read now: a transaction that still runs may hold
    entries back. Readers of one feed must lock their place before they call this.
    """
    if place.cluster != cluster():
        place = _rebase(place)
    if place.ceiling:
        entries, place = _read_left_behind(place, limit)
        if entries:
            return entries, place
    rows = _fetch(_READ, xid=str(place.xid), id=place.id, floor=place.floor, limit=limit)
    if not rows:
        return [], place
    highest = max(place.highest, *(row[0] for row in rows))
    return _entries(rows), replace(place, xid=int(rows[-1][1]), id=rows[-1][0], highest=highest)


def lag() -> float:
    """Seconds since the oldest transaction began that still holds the feed back; 0 if none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(extract(epoch FROM now() - min(xact_start)), 0)::float"
            " FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
        )
        return float(cursor.fetchone()[0])


_LAST_ID = 2**63 - 1


def _rebase(place: Place) -> Place:
    """The same place after the database moved to another cluster, whose numbers begin anew.

    Under a lock that waits for every writer, all ids up to the highest are final. Those of them
    that were not read are left to ``_read_left_behind``; beyond them the new numbers count.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE core_auditentry IN SHARE MODE")
        cursor.execute("SELECT coalesce(max(id), 0) FROM core_auditentry")
        ceiling = cursor.fetchone()[0]
    # Moved again while the rest of the last move was being read: go on where that stopped.
    after = place.after if place.ceiling else place.floor
    return replace(place, cluster=cluster(), ceiling=ceiling, after=after)


def _read_left_behind(place: Place, limit: int) -> tuple[list[Entry], Place]:
    rows = _fetch(
        _LEFT_BEHIND,
        ceiling=place.ceiling,
        after=place.after,
        highest=place.highest,
        xid=str(place.xid),
        id=place.id,
        limit=limit,
    )
    if rows:
        return _entries(rows), replace(place, after=rows[-1][0])
    done = Place(highest=place.ceiling, floor=place.ceiling, cluster=place.cluster)
    return [], done


def _fetch(query: str, **parameters: str | int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def _entries(rows: list[Any]) -> list[Entry]:
    return [
        # Django leaves jsonb undecoded on raw cursors.
        Entry(key, at, verb, target, house, kind, orjson.loads(data))
        for key, _, at, verb, target, house, kind, data in rows
    ]


def cluster() -> str:
    """What tells one PostgreSQL cluster from another; empty where asking is not allowed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege('pg_control_system()', 'execute')")
        if not cursor.fetchone()[0]:
            return ""
        cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
        return str(cursor.fetchone()[0])
