"""Where a party really sits: its claims given up and taken anew, stretched, or cut short.

One statement each; the caller holds the day's lock and has asked the floor. What overlaps all the
same is refused by the exclusion constraint, as SlotUnavailable.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from reservations.ledger.guard import array, guarded

_RECLAIM = """
WITH gone AS (
  UPDATE reservations_tableclaim SET released_at = %(now)s
  WHERE reservation_id = %(reservation_id)s AND released_at IS NULL
)
INSERT INTO reservations_tableclaim (table_id, restaurant_id, service_date, during, reservation_id)
SELECT t, %(restaurant_id)s, %(service_date)s, tstzrange(%(start)s, %(until)s), %(reservation_id)s
FROM unnest(%(tables)s::bigint[]) AS t
"""


def reclaim(
    reservation_id: int,
    *,
    restaurant_id: int,
    service_date: dt.date,
    tables: Iterable[int],
    start: dt.datetime,
    until: dt.datetime,
    now: dt.datetime,
) -> None:
    """Give up a party's tables and take these, for ``[start, until)``. Counters stay."""
    parameters: dict[str, Any] = {
        "reservation_id": reservation_id,
        "restaurant_id": restaurant_id,
        "service_date": service_date,
        "tables": array(tables),
        "start": start,
        "until": until,
        "now": now,
    }
    with guarded() as cursor:
        cursor.execute(_RECLAIM, parameters)


def release_claims(reservation_id: int, *, now: dt.datetime) -> None:
    """Give up a party's tables; counters stay."""
    with guarded() as cursor:
        cursor.execute(
            "UPDATE reservations_tableclaim SET released_at = %s"
            " WHERE reservation_id = %s AND released_at IS NULL",
            [now, reservation_id],
        )


def stretch(reservation_id: int, *, start: dt.datetime, until: dt.datetime) -> None:
    """Let a party's claims last from ``start`` until ``until``."""
    with guarded() as cursor:
        cursor.execute(
            "UPDATE reservations_tableclaim SET during = tstzrange(%s, %s)"
            " WHERE reservation_id = %s AND released_at IS NULL",
            [start, until, reservation_id],
        )


def claim_block(
    block_id: int,
    *,
    table_id: int,
    restaurant_id: int,
    service_date: dt.date,
    start: dt.datetime,
    until: dt.datetime,
) -> None:
    """Take a table out of use."""
    with guarded() as cursor:
        cursor.execute(
            "INSERT INTO reservations_tableclaim"
            " (table_id, restaurant_id, service_date, during, block_id)"
            " VALUES (%s, %s, %s, tstzrange(%s, %s), %s)",
            [table_id, restaurant_id, service_date, start, until, block_id],
        )


def end_blocks(block_ids: Sequence[int], *, now: dt.datetime) -> None:
    """Give back the tables of blocks that are over. May be repeated."""
    with guarded() as cursor:
        cursor.execute(
            "UPDATE reservations_tableclaim SET released_at = %s"
            " WHERE block_id = ANY(%s) AND released_at IS NULL",
            [now, list(block_ids)],
        )
