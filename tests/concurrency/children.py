"""Real processes for tests: forked, so they know what the test knows; connections are their own.

A child is this process as of now: the frozen clock, the patches and the rows' keys are there. It is
ended by its own pid only.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

from tests.concurrency.together import until

_kept: list[Any] = []
"""The parent's connections, which a child must neither use nor close."""


class Child:
    """One forked process."""

    def __init__(self, work: Callable[[], object]) -> None:
        with warnings.catch_warnings():
            # Python warns that the threads of a test runner are not forked; they are not needed.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            _live(work)
        self.status: int | None = None

    def send(self, number: int) -> None:
        """Signal the process, if it is still there."""
        if self.status is None:
            os.kill(self.pid, number)

    def stands_still(self) -> bool:
        """Wait until it has stopped itself, or ended: then this is false."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            self.status = os.waitstatus_to_exitcode(status)
        return self.status is None

    def thaw(self) -> None:
        """Let it go on."""
        self.send(signal.SIGCONT)

    def kill(self) -> int:
        """End it at once, as a power failure would; its exit status."""
        self.send(signal.SIGKILL)
        return self.wait()

    def is_over(self) -> bool:
        """Whether it has ended by now."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def wait(self, patience: float = 30.0) -> int:
        """Its exit status, once it has ended; negative for the signal that ended it."""
        until(self.is_over, "a process has ended", patience)
        assert self.status is not None
        return self.status


@contextmanager
def children(*works: Callable[[], object]) -> Iterator[list[Child]]:
    """Processes that are gone when the block is left, whatever happened in it."""
    started = [Child(work) for work in works]
    try:
        yield started
    finally:
        for child in started:
            if not child.is_over():
                child.kill()


def _live(work: Callable[[], object]) -> None:
    """The whole life of a child: it never returns into the test."""
    code = 1
    try:
        for alias in connections:
            _kept.append(connections[alias])
            connections[alias] = connections[alias].copy()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - nothing may get out of here
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)
