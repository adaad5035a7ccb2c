"""Transaction-scoped advisory locks, from one registry of key spaces.

A new booking has no row yet that could be locked, so what is locked is an idea: one
restaurant's service date. Only ``pg_advisory_xact_lock`` is used, never the session kind:
it ends with its transaction, whatever happens to the process, and it works through
PgBouncer in transaction mode.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, OperationalError, connection

from core import metrics
from core.errors import Busy

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

LOCK_TIMEOUT_MS = 5_000
"""How long to queue for a lock before telling the caller that the slot is busy (contract 2)."""

IDLE_TIMEOUT_MS = 15_000
"""A process stopped in the middle loses its transaction, and so its lock, after this long."""

SCRATCH_SCHEMA = "couvert_prove_"
"""How the schemas of ``manage.py prove`` begin: only in one of them can locks be left out."""


class Space(IntEnum):
    """The key spaces. Numbers are permanent: two versions may run side by side."""

    SERVICE_DAY = 1
    """Of a restaurant's public id and a date. Shares the lock on the whole restaurant besides."""
    GUEST = 2
    JOB = 3
    HOUSE = 4
    """Of a restaurant's public id, against every booking there at once: for a change that no
    booking may overlook. Its keys are two numbers, the second from ``hashtext``, because a trigger
    takes it too (reservations, migration ``0003``); PostgreSQL keeps such keys apart from single
    ones."""


_LOCK = (
    "SELECT set_config('lock_timeout', %%s, true),"
    " set_config('idle_in_transaction_session_timeout', %%s, true), %s"
)
_LOCK_KEY = "pg_advisory_xact_lock(%s)"
_LOCK_HOUSE = f"pg_advisory_xact_lock({Space.HOUSE:d}, hashtext(%s))"
_SHARE_HOUSE = f"pg_advisory_xact_lock_shared({Space.HOUSE:d}, hashtext(%s))"
_LOCK_NOT_AVAILABLE = "55P03"
_UNDONE = frozenset({"40P01", "25P03"})
"""Lost a deadlock; was silent for longer than ``IDLE_TIMEOUT_MS``. Never after a commit."""
_TRIES = 3

_left_out: set[Space] = set()


def key(space: Space, *parts: object) -> int:
    """The 64-bit key of ``parts`` in ``space``; a collision only makes two strangers queue."""
    text = "\x1f".join([str(int(space)), *map(str, parts)])
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def lock(space: Space, *parts: object, timeout_ms: int = LOCK_TIMEOUT_MS) -> None:
    """Hold the lock on ``parts`` until the surrounding transaction ends.

    Must be called inside a transaction and before anything the decision depends on is read:
    at READ COMMITTED the next statement sees what the previous owner committed.
    Raises :class:`~core.errors.Busy` when the lock is not free within ``timeout_ms``.
    """
    lock_all(space, [parts], timeout_ms=timeout_ms)


def lock_all(
    space: Space, names: Iterable[tuple[object, ...]], *, timeout_ms: int = LOCK_TIMEOUT_MS
) -> None:
    """:func:`lock` for several at once, always in one order, so that two callers never deadlock.

    A service day shares the lock on its restaurant first: what must not change while anybody books
    there (its capacity mode) takes that one for itself.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An advisory lock needs an open transaction to live in.")
    if space in _left_out and _in_scratch_schema():
        return
    wanted = _wanted(space, list(names))
    if not wanted:
        return
    started = time.perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                _LOCK % ", ".join(call for call, _ in wanted),
                [str(timeout_ms), str(IDLE_TIMEOUT_MS), *(key for _, key in wanted)],
            )
    except OperationalError as error:
        if _state(error) == _LOCK_NOT_AVAILABLE:
            metrics.LOCK_TIMEOUTS.inc()
            raise Busy from error
        raise
    finally:
        metrics.LOCK_WAIT.observe(time.perf_counter() - started)


def _wanted(space: Space, names: list[tuple[object, ...]]) -> list[tuple[str, int | str]]:
    """The calls that take the locks, each with its key."""
    houses = sorted({str(parts[0]) for parts in names})
    if space is Space.HOUSE:
        return [(_LOCK_HOUSE, house) for house in houses]
    keys = sorted({key(space, *parts) for parts in names})
    shared = houses if space is Space.SERVICE_DAY else []
    return [(_SHARE_HOUSE, house) for house in shared] + [(_LOCK_KEY, key) for key in keys]


def again_if_undone(service: Callable[P, R]) -> Callable[P, R]:
    """Let a service that opens its own transactions begin anew when the database undid one.

    Writers that hold the day's lock count in several steps, and whoever gives a hold back counts
    without that lock: now and then two wait for each other, and the database ends one of them.
    And a process that stood still in the middle finds its transaction ended when it goes on.
    Both times nothing was written, so it is tried again; Busy when that happens every time.
    Inside a transaction of the caller only the caller could begin anew: there the error passes.
    """

    @wraps(service)
    def repeated(*args: P.args, **more: P.kwargs) -> R:
        for tries_left in reversed(range(_TRIES)):
            try:
                return service(*args, **more)
            except DatabaseError as error:
                if connection.in_atomic_block:
                    raise
                if _state(error) == _LOCK_NOT_AVAILABLE:
                    # A row's lock, or an overlapping claim's, was not free in time either.
                    raise Busy from error
                if _state(error) not in _UNDONE:
                    raise
                connection.close_if_unusable_or_obsolete()
                logger.warning("transaction undone", extra={"service": service.__qualname__})
                if not tries_left:
                    raise Busy from error
        raise AssertionError("unreachable")

    return repeated


def _state(error: DatabaseError) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)


@contextmanager
def left_out(space: Space) -> Iterator[None]:
    """Take no locks of ``space`` in this process: the negative control of ``manage.py prove``.

    Raises RuntimeError unless the connection works in a scratch schema of prove. That is asked
    again at each lock, so a connection to a real book keeps its locks even in such a process.
    """
    if not _in_scratch_schema():
        raise RuntimeError("Locks can be left out in a scratch schema of prove only.")
    _left_out.add(space)
    try:
        yield
    finally:
        _left_out.discard(space)


def _in_scratch_schema() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        schema = cursor.fetchone()[0]
    return bool(schema and schema.startswith(SCRATCH_SCHEMA))
