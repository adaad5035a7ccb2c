"""Rows as they were, and putting them back exactly: what undoing at the host stand writes.

A row is kept as PostgreSQL's own JSON of it, so that instants come back to the microsecond and
ranges with their bounds. Of a reservation only the columns the stand writes are kept, and of all
rows only what the action itself changed is put back: a sweep may have written the rest meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from django.db import connection

from reservations.errors import UndoImpossible
from reservations.ledger.guard import guarded

Row = dict[str, Any]
Rows = dict[str, list[Row]]
"""By table."""

RESERVATIONS = "reservations_reservation"
CLAIMS = "reservations_tableclaim"
BLOCKS = "reservations_tableblock"
SERVERS = "reservations_shiftserver"
SECTIONS = "reservations_sectiontable"
NOTES = "reservations_nightnote"
CLOSURES = "restaurants_closure"
CAPS = "restaurants_pacingcap"
QUEUE = "reservations_queueentry"
MESSAGES = "notifications_message"

COLUMNS: Mapping[str, tuple[str, ...]] = {
    CLOSURES: ("starts_at", "ends_at", "online_only", "note", "pauses"),
    CAPS: ("starts_at", "ends_at", "covers", "online_only"),
    SERVERS: ("name", "user_id", "position", "cut_at"),
    SECTIONS: ("restaurant_id", "service_date", "table_id", "server_id"),
    NOTES: ("text", "written_by", "updated_at"),
    BLOCKS: ("starts_at", "ends_at", "note", "ended_at", "kind"),
    QUEUE: (
        *("name", "party_size", "phone", "email", "room_id", "step_free", "note", "status"),
        *("quoted_minutes", "promised_at", "called_at", "keep_until", "answered_at", "closed_at"),
        *("reservation_id", "updated_at"),
    ),
    CLAIMS: ("table_id", "service_date", "during", "released_at"),
    RESERVATIONS: (
        *("status", "status_changed_at", "updated_at", "sequence", "service_id", "room_id"),
        *("starts_at", "ends_at", "party_size", "turn_minutes", "is_locked", "server_id"),
        *("late_minutes", "late_at", "marked_late_at", "arrived_at", "seated_at", "check_at"),
        *("paid_at", "left_at", "expected_end", "ready_at", "overbooked", "load_ids"),
        "tags",
    ),
}
"""What is put back, by table, in the order in which that has to happen."""

HOUSE = (CLOSURES, CAPS, SERVERS, SECTIONS, NOTES, BLOCKS)
"""Tables whose rows have no version: they are compared as they are."""

_PLACES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    CLOSURES: (("restaurant_id", "pauses"),),
    CAPS: (("restaurant_id", "service_date"),),
    NOTES: (("restaurant_id", "service_date", "service_id"),),
    SECTIONS: (
        ("restaurant_id", "service_date", "table_id"),
        ("restaurant_id", "service_date", "server_id"),
    ),
}
"""Columns that say where a row stands: what stands there as well speaks against putting it back."""

_MADE_LAST = (MESSAGES, SECTIONS, CLAIMS, BLOCKS, CLOSURES, CAPS, NOTES, SERVERS, QUEUE)
"""The order in which rows that were made are removed: owners after what they own."""


def remember(table: str, ids: Iterable[int]) -> list[Row]:
    """The rows with these keys as they are now, in order of key."""
    wanted = list(ids)
    if not wanted:
        return []
    names = ["id", *COLUMNS[table]]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(t))"
            f" WHERE %s OR key = ANY(%s)) FROM {table} t WHERE t.id = ANY(%s) ORDER BY t.id",
            [table != RESERVATIONS, names, wanted],
        )
        return [orjson.loads(row[0]) for row in cursor.fetchall()]


def standing(rows: Mapping[str, Sequence[Row]], made: Mapping[str, Sequence[int]]) -> Rows:
    """Remembered and made rows as they are now, with all that stands in their places.

    Asked when an action is over and again when it is undone: whatever differs has changed between.
    """
    found: Rows = {}
    for table in COLUMNS:
        known = rows.get(table, ())
        ids = {row["id"] for row in known}
        if table in HOUSE:
            ids.update(made.get(table, ()))
        if not ids:
            continue
        found[table] = remember(table, ids)
        if table in _PLACES:
            found[table] = remember(table, ids.union(_beside(table, [*known, *found[table]])))
    return found


def _beside(table: str, rows: Sequence[Row]) -> list[int]:
    """Keys of the rows that stand where these stand."""
    same = " OR ".join(
        " AND ".join(f"t.{name} IS NOT DISTINCT FROM r.{name}" for name in names)
        for names in _PLACES[table]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT t.id FROM {table} t"
            f" JOIN jsonb_populate_recordset(NULL::{table}, %s::jsonb) r ON {same}",
            [orjson.dumps(rows).decode()],
        )
        return [row[0] for row in cursor.fetchall()]


def is_as_left(table: str, then: Sequence[Row], now: Sequence[Row]) -> bool:
    """Whether nobody has touched these rows; a sweep may have ended a block whose time is over."""
    if table == BLOCKS:
        left = {row["id"] for row in then if row["ended_at"] is None}
        now = [
            {**row, "ended_at": None}
            if row["id"] in left and row["ended_at"] == row["ends_at"]
            else row
            for row in now
        ]
    return list(then) == list(now)


def claims_of(reservation_ids: Iterable[int]) -> list[int]:
    """Keys of every claim these parties ever had, live or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM {CLAIMS} WHERE reservation_id = ANY(%s) ORDER BY id",
            [list(reservation_ids)],
        )
        return [row[0] for row in cursor.fetchall()]


def remove(made: Mapping[str, Sequence[int]]) -> None:
    """Delete rows that an action made, as if it had not happened."""
    with guarded() as cursor:
        for table in _MADE_LAST:
            if made.get(table):
                queued = " AND status = 'queued'" if table == MESSAGES else ""
                cursor.execute(
                    f"DELETE FROM {table} WHERE id = ANY(%s){queued}", [list(made[table])]
                )


def put_back(rows: Mapping[str, Sequence[Row]], left: Mapping[str, Sequence[Row]]) -> None:
    """Write remembered rows as they were, where the action changed them or deleted them.

    ``left`` are the same rows as the action left them. The caller holds the day's lock and defers
    ``claim_table_once``. Raises UndoImpossible for a row that is gone and was not deleted by it.
    """
    with guarded() as cursor:
        for table, columns in COLUMNS.items():
            after = {row["id"]: row for row in left.get(table, ())}
            for row in rows.get(table, ()):
                text = orjson.dumps(row).decode()
                if row["id"] not in after:
                    cursor.execute(
                        f"INSERT INTO {table}"
                        f" SELECT * FROM jsonb_populate_record(NULL::{table}, %s::jsonb)",
                        [text],
                    )
                    continue
                # A column that was added since the row was remembered stays as it is.
                known = [name for name in columns if name in row]
                changed = [name for name in known if row[name] != after[row["id"]][name]]
                values = [f"r.{name}" for name in changed]
                if table == RESERVATIONS:
                    # Going back is a change as well, and the claims alone may be all there is.
                    changed.append("version")
                    values.append("t.version + 1")
                if not changed:
                    continue
                cursor.execute(
                    f"UPDATE {table} t SET ({', '.join(changed)}) = ROW({', '.join(values)})"
                    f" FROM jsonb_populate_record(NULL::{table}, %s::jsonb) r WHERE t.id = r.id",
                    [text],
                )
                if cursor.rowcount == 0:
                    raise UndoImpossible


def count_again(deltas: Mapping[int, tuple[int, int]]) -> None:
    """Add covers and parties (negative: take away) to counters by key, in the ledger's order.

    Raises SlotUnavailable when that would pass a limit: somebody else was counted meanwhile.
    """
    changed = {key: both for key, both in deltas.items() if any(both)}
    if not changed:
        return
    keys = list(changed)
    with guarded() as cursor:
        cursor.execute(
            """
            WITH d AS (
              SELECT * FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS d(id, covers, parties)
            ), counted AS (
              SELECT s.id FROM reservations_serviceload s JOIN d ON d.id = s.id
              ORDER BY s.cell, s.gauge, s.service_id FOR UPDATE OF s
            )
            UPDATE reservations_serviceload s
            SET covers = s.covers + d.covers, parties = s.parties + d.parties
            FROM counted JOIN d ON d.id = counted.id WHERE s.id = counted.id
            """,
            [keys, [changed[key][0] for key in keys], [changed[key][1] for key in keys]],
        )


def defer_claims() -> None:
    """Let claims overlap until the rows are all back."""
    with guarded() as cursor:
        cursor.execute("SET CONSTRAINTS claim_table_once DEFERRED")


def check_now() -> None:
    """Check everything the database would check at the end of the transaction.

    Raises SlotUnavailable for claims that overlap, IntegrityError for the rest.
    """
    with guarded() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
