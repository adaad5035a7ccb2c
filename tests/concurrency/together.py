"""Threads that start at one moment, and waiting for what the database says rather than for time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, connections

Outcome = Any
"""What a call returned, or the exception it raised."""

_WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


_IN_TRANSACTION = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
  AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
"""


def outcome_of(call: Callable[[], Any]) -> Outcome:
    """Run it in this thread; its connection is closed afterwards."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - the outcome is the result
        return error
    finally:
        connections.close_all()


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Outcome]:
    """Run every call in a thread of its own, all starting together; outcomes in their order."""
    barrier = threading.Barrier(len(calls))

    def start(call: Callable[[], Any]) -> Outcome:
        def connected() -> Any:
            connection.ensure_connection()
            barrier.wait(30)
            return call()

        return outcome_of(connected)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(start, calls))


def kind(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many outcomes there are of each type."""
    names = [type(outcome).__name__ for outcome in outcomes]
    return {name: names.count(name) for name in sorted(set(names))}


def until(condition: Callable[[], bool], what: str, patience: float = 10.0) -> None:
    """Poll until it holds; an assertion error naming ``what`` when it does not in time."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"gave up waiting until {what}"
        time.sleep(0.005)


def until_undone() -> None:
    """Until no other session is in a transaction: a killed process's ends a moment after it."""

    def undone() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(_IN_TRANSACTION)
            return bool(cursor.fetchone()[0] == 0)

    until(undone, "the transactions of the others are over")


def until_waiting(sessions: int = 1) -> None:
    """Until so many sessions of this database wait for a lock that another one holds."""

    def waiting() -> bool:
        with connection.cursor() as cursor:
            # Inside a transaction the view would show the same forever.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(_WAITING)
            return bool(cursor.fetchone()[0] >= sessions)

    until(waiting, f"{sessions} sessions wait for a lock")


def until_readable() -> None:
    """Until every entry of the trail can be read.

    Another test process writes to a database of the same cluster, and its transactions count.
    """
    until(_all_readable, "the feed is not held back", patience=60)


def _all_readable() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM core_auditentry"
            " WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())"
            # Higher ones are from another cluster, or a test that plays it.
            " AND xid < pg_snapshot_xmax(pg_current_snapshot()))"
        )
        return bool(cursor.fetchone()[0])
