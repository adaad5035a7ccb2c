"""The places where a process can die or stand still: before each statement and each commit.

Where that would be too many, only the places that differ: before each write that is there to stay.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections


@contextmanager
def at_point(number: int, act: Callable[[], object]) -> Iterator[None]:
    """``act`` is called once, just before this thread's n-th statement or commit in the block."""
    connection: Any = connections["default"]
    passed = 0

    def pass_point() -> None:
        nonlocal passed
        passed += 1
        if passed == number:
            act()

    def before_statement(execute: Any, *call: Any) -> Any:
        pass_point()
        return execute(*call)

    real = connection._commit

    def before_commit() -> None:
        pass_point()
        real()

    connection._commit = before_commit
    try:
        with connection.execute_wrapper(before_statement):
            yield
    finally:
        connection._commit = real


def killed_at(number: int, work: Callable[[], object]) -> Callable[[], None]:
    """The work, by a process that is killed at its n-th point."""
    return _signalled_at(number, work, signal.SIGKILL)


def stopped_at(number: int, work: Callable[[], object]) -> Callable[[], None]:
    """The work, by a process that stands still at its n-th point until it is told to go on."""
    return _signalled_at(number, work, signal.SIGSTOP)


def _signalled_at(number: int, work: Callable[[], object], what: int) -> Callable[[], None]:
    def doomed() -> None:
        with at_point(number, lambda: os.kill(os.getpid(), what)):
            work()

    return doomed


_WRITES = re.compile(r"\b(INSERT INTO|UPDATE \w|DELETE FROM)", re.IGNORECASE)
_LOCKS = re.compile(r"\bFOR (NO KEY )?UPDATE\b", re.IGNORECASE)


@contextmanager
def before_what_stays(pass_point: Callable[[], None]) -> Iterator[None]:
    """``pass_point`` is called before each commit of something written by this thread in the block,
    and before each statement that writes outside of any transaction.

    Wherever else a process dies, what is left is the same: a transaction comes to nothing whole.
    """
    connection: Any = connections["default"]
    has_written = False

    def before_statement(execute: Any, sql: str, *call: Any) -> Any:
        nonlocal has_written
        if _WRITES.search(_LOCKS.sub("", str(sql))):
            if connection.in_atomic_block:
                has_written = True
            else:
                pass_point()
        return execute(sql, *call)

    real = connection._commit

    def before_commit() -> None:
        nonlocal has_written
        if has_written:
            has_written = False
            pass_point()
        real()

    connection._commit = before_commit
    try:
        with connection.execute_wrapper(before_statement):
            yield
    finally:
        connection._commit = real
