"""Reading the audit trail as it commits: every entry once, none skipped, nobody waited for.

``core.feed`` keeps to an order and so waits for the oldest transaction that still runs; a minute's
import would then keep a minute's bookings from the screens. Screens need no order between different
things, they need to hear at once. So the place here is a snapshot of PostgreSQL: which transactions
were over when it was taken. What is new is what is visible now and was not in that snapshot, in
whatever order the transactions ended. Entries of one read come in the order of their ids, which for
deeds done under one lock is the order of the deeds.

Read from the primary, and never inside a transaction that has written entries itself.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from django.db import connection

from core import feed

_HERE = "SELECT pg_current_snapshot()::text"

_READ = """
WITH here AS (SELECT pg_current_snapshot()::text AS snapshot)
SELECT here.snapshot, e.id, e.restaurant_id, e.verb, e.target,
       coalesce(e.data->>'service_date', ''),
       CASE WHEN e.actor_kind = 'staff' THEN e.actor_label ELSE '' END,
       extract(epoch FROM e.at)::float
FROM here LEFT JOIN core_auditentry e
  ON e.xid >= pg_snapshot_xmin(%(after)s::pg_snapshot)
 AND NOT pg_visible_in_snapshot(e.xid, %(after)s::pg_snapshot)
 AND pg_visible_in_snapshot(e.xid, coalesce(%(until)s::text, here.snapshot)::pg_snapshot)
 AND e.restaurant_id = ANY(%(houses)s::bigint[])
ORDER BY e.id LIMIT %(limit)s
"""

_SHAPE = re.compile(r"(\d{0,20})\|((\d{1,19}):(\d{1,19}):((?:\d{1,19}(?:,\d{1,19})*)?))")
_LONGEST = 20_000
"""Letters of a place: more transactions at once than a server has connections."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far somebody has read. As text it is opaque, and good for an address or a header."""

    cluster: str
    snapshot: str
    """As PostgreSQL writes it: ``xmin:xmax:those still running between``."""

    def __str__(self) -> str:
        text = f"{self.cluster}|{self.snapshot}".encode()
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode()

    @property
    def xmax(self) -> int:
        """The first transaction number that had not been given away."""
        return int(self.snapshot.split(":")[1])

    @classmethod
    def parse(cls, text: str) -> Mark | None:
        """The place that was written as this text; None for anything else."""
        if not text or len(text) > _LONGEST:
            return None
        try:
            plain = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)).decode()
        except (binascii.Error, ValueError):
            return None
        found = _SHAPE.fullmatch(plain)
        if found is None or not plain.isascii():
            return None
        xmin, xmax = int(found[3]), int(found[4])
        running = [int(each) for each in found[5].split(",") if each]
        # What PostgreSQL itself would refuse.
        in_order = all(one < other for one, other in pairwise(running))
        in_range = all(xmin <= each < xmax for each in running)
        if not (0 < xmin <= xmax < 2**63 and in_order and in_range):
            return None
        return cls(found[1], found[2])


@dataclass(frozen=True, slots=True)
class Change:
    """One entry, without what it says about persons."""

    id: int
    restaurant_id: int
    verb: str
    target: str
    service_date: str
    """ISO; empty where the deed concerns no date."""
    actor: str
    """The label of a member of staff; empty for guests, programs and Couvert itself."""
    at: float
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What was read, and the place after it."""

    mark: Mark
    entries: tuple[Change, ...] = ()
    is_whole: bool = True
    """False when there was more than the limit, or the place to begin at is not known here any
    more: then nothing is listed, and who shows something must look at everything anew."""


def now_mark() -> Mark:
    """The place of all that has committed by now. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_HERE)
        return Mark(_cluster(), cursor.fetchone()[0])


def read_changes(
    after: Mark | None, houses: Iterable[int], *, limit: int = 500, until: Mark | None = None
) -> Changes:
    """What committed at these houses since ``after``, up to now or up to ``until``. One query.

    Reading on from the place that is returned neither repeats nor skips an entry. ``until`` must
    be a place this process took before.
    """
    cluster = _cluster()
    if after is None or after.cluster != cluster:
        return Changes(until or now_mark(), is_whole=False)
    parameters = {
        "after": after.snapshot,
        "until": until.snapshot if until else None,
        "houses": list(houses),
        "limit": limit + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_READ, parameters)
        rows = cursor.fetchall()
    mark = until or Mark(cluster, rows[0][0])
    # A place ahead of us is one of a database that was set back.
    if len(rows) > limit or after.xmax > Mark(cluster, rows[0][0]).xmax:
        return Changes(mark, is_whole=False)
    found = [row[1:] for row in rows if row[1] is not None]
    return Changes(mark, tuple(Change(*row) for row in found))


@cache
def _cluster() -> str:
    """Asked once: a process that moves to another cluster is started anew."""
    return feed.cluster()
