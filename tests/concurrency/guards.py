"""Taking a guard away for a moment, so that a test can show what it guards against."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from reservations.selectors.days import read_day
from reservations.services import holds

_DEFINITION = """
SELECT coalesce(
  (SELECT format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
                 pg_get_constraintdef(oid)) FROM pg_constraint WHERE conname = %(name)s),
  (SELECT indexdef FROM pg_indexes WHERE indexname = %(name)s))
"""


@contextmanager
def without(table: str, name: str) -> Iterator[None]:
    """A constraint or unique index of ``table`` is gone, and with it, afterwards, all its rows."""
    with connection.cursor() as cursor:
        cursor.execute(_DEFINITION, {"name": name})
        definition = cursor.fetchone()[0]
        kind = "INDEX" if definition.startswith("CREATE") else "CONSTRAINT"
        drop = (
            f"DROP INDEX {name}" if kind == "INDEX" else f"ALTER TABLE {table} DROP {kind} {name}"
        )
        cursor.execute(drop)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")
            cursor.execute(definition)


def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Holds are placed without the day's lock."""
    monkeypatch.setattr(holds, "lock", lambda *_, **__: None)


def read_together(monkeypatch: pytest.MonkeyPatch, parties: int) -> None:
    """So many holds all read the day before any of them writes: the worst of all timings."""
    barrier = threading.Barrier(parties)

    def read(*args: Any, **more: Any) -> Any:
        day = read_day(*args, **more)
        barrier.wait(30)
        return day

    monkeypatch.setattr(holds, "read_day", read)
