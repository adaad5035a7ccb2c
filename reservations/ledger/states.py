"""How parties, tables and sections stand, as it is written beside the deeds of the audit trail.

With every deed that changes where or when somebody sits the trail keeps how it was afterwards, so
that an evening can be shown again as it was (``engine.film``): ids of tables and instants, nothing
about people. Undoing puts rows back as they were; only the trail knows what was in between.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from math import ceil
from typing import Any

import orjson
from django.db import connection

from reservations.ledger.place import Place

State = dict[str, dict[str, Any] | None]
"""By public id; None for what is not in the book, not kept or not out of use any more."""

_PARTIES = """
SELECT b.public_id, CASE WHEN b.merged_into_id IS NULL THEN jsonb_strip_nulls(jsonb_build_object(
  'date', b.service_date, 'status', b.status, 'size', b.party_size,
  'starts', extract(epoch FROM b.starts_at)::bigint,
  'ends', extract(epoch FROM b.ends_at)::bigint,
  'arrived', extract(epoch FROM b.arrived_at)::bigint,
  'seated', extract(epoch FROM b.seated_at)::bigint,
  'expected', extract(epoch FROM b.expected_end)::bigint,
  'server', b.server_id, 'tables', c.tables, 'from', c.since, 'until', c.until
)) END
FROM reservations_reservation b
LEFT JOIN LATERAL (
  SELECT jsonb_agg(table_id ORDER BY table_id) AS tables,
         floor(extract(epoch FROM min(lower(during))))::bigint AS since,
         ceil(extract(epoch FROM max(upper(during))))::bigint AS until
  FROM reservations_tableclaim WHERE reservation_id = b.id AND released_at IS NULL
) c ON true
WHERE b.id = ANY(%s)
"""

_BLOCKS = """
SELECT k.public_id, CASE WHEN k.ended_at IS NULL THEN jsonb_strip_nulls(jsonb_build_object(
  'table', k.table_id, 'kind', k.kind, 'starts', extract(epoch FROM k.starts_at)::bigint,
  'ends', ceil(extract(epoch FROM k.ends_at))::bigint,
  'until', (SELECT ceil(extract(epoch FROM upper(c.during)))::bigint
            FROM reservations_tableclaim c WHERE c.block_id = k.id AND c.released_at IS NULL),
  'queue', (SELECT q.public_id FROM reservations_queueentry q WHERE q.id = k.queue_entry_id)
)) END
FROM reservations_tableblock k WHERE k.id = ANY(%s)
"""


def _claims_of(hold: str) -> str:
    """The tables that a hold with this key has, and for how long, to be added to its state."""
    return f"""
  coalesce((
    SELECT jsonb_build_object('tables', jsonb_agg(c.table_id ORDER BY c.table_id),
      'from', floor(extract(epoch FROM min(lower(c.during))))::bigint,
      'until', ceil(extract(epoch FROM max(upper(c.during))))::bigint)
    FROM reservations_tableclaim c
    WHERE c.hold_id = {hold} AND c.released_at IS NULL HAVING count(*) > 0), '{{}}')
"""


OF_HOLD = f"""
  jsonb_build_object('date', r.service_date, 'status', r.status, 'size', r.party_size,
    'starts', extract(epoch FROM r.starts_at)::bigint,
    'ends', extract(epoch FROM r.ends_at)::bigint) || {_claims_of("%(hold_id)s")}
"""
"""The same of a booking ``r`` while the statement runs that turns a hold into it."""

HELD = f"""
  jsonb_build_object('date', h.service_date, 'size', h.party_size,
    'expires', ceil(extract(epoch FROM h.expires_at))::bigint) || {_claims_of("h.id")}
"""
"""The same of a live hold ``h``."""

_HOLDS = f"""
SELECT h.public_id, CASE WHEN h.status = 'live' THEN {HELD} END
FROM reservations_hold h WHERE h.id = ANY(%s)
"""

_SERVERS = """
SELECT s.public_id, jsonb_build_object('id', s.id, 'cut', s.cut_at IS NOT NULL,
  'section', coalesce((SELECT jsonb_agg(t.table_id ORDER BY t.table_id)
                       FROM reservations_sectiontable t WHERE t.server_id = s.id), '[]'))
FROM reservations_shiftserver s WHERE s.id = ANY(%s)
"""


def held_state(place: Place, expires_at: dt.datetime) -> dict[str, Any]:
    """The same of a hold that is about to be written, whose claims nothing can read yet."""
    state: dict[str, Any] = {
        "date": place.service_date.isoformat(),
        "size": place.party_size,
        "expires": ceil(expires_at.timestamp()),
    }
    if place.table_ids:
        state["tables"] = sorted(place.table_ids)
        state["from"] = int(place.starts_at.timestamp())
        state["until"] = ceil(place.claimed_until.timestamp())
    return state


def states_of(
    parties: Iterable[int] = (),
    blocks: Iterable[int] = (),
    holds: Iterable[int] = (),
    servers: Iterable[int] = (),
) -> State:
    """How these rows (by key) stand now, in the caller's transaction. A query for each kind."""
    found: State = {}
    asked = ((_PARTIES, parties), (_BLOCKS, blocks), (_HOLDS, holds), (_SERVERS, servers))
    for statement, wanted in asked:
        keys = list(wanted)
        if not keys:
            continue
        with connection.cursor() as cursor:
            cursor.execute(statement, [keys])
            # Django leaves jsonb undecoded on raw cursors.
            found |= {key: orjson.loads(text) if text else None for key, text in cursor}
    return found
