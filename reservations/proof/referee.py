"""Starts the processes of a race at one moment, adds up what they report, ends them all."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any

from reservations.proof.competitor import compete
from reservations.proof.stage import Race
from reservations.proof.tally import Tally

_READY_WITHIN = 60.0
_REPORT_EVERY = 0.2
_PATIENCE = 10.0


def run_race(races: list[Race], *, watch: Callable[[Tally], None] = lambda _: None) -> Tally:
    """Run one real process per race, all starting together, and add up their tallies.

    ``watch`` is called with what is known so far, a few times a second. On any exception, Ctrl-C
    before all, the processes finish the attempt in hand and end; one that does not is killed.
    A process that dies is an error of the tally.
    """
    context = multiprocessing.get_context("spawn")
    start, stop = context.Barrier(len(races)), context.Event()
    total = Tally()
    processes: list[Any] = []
    readers: list[Connection] = []
    try:
        with _deaf_to_interrupts():
            for race in races:
                reader, writer = context.Pipe(duplex=False)
                process = context.Process(target=compete, args=(race, start, stop, writer))
                process.start()
                writer.close()
                processes.append(process)
                readers.append(reader)
        _collect(readers, total, watch)
    finally:
        stop.set()
        _end(processes)
        for reader in readers:
            reader.close()
    for process in processes:
        if process.exitcode != 0:
            total.errors["process", f"ended with {process.exitcode}"] += 1
    return total


def _collect(readers: list[Connection], total: Tally, watch: Callable[[Tally], None]) -> None:
    """Add up reports until every process has hung up."""
    open_readers, watched = list(readers), 0.0
    while open_readers:
        for reader in wait(open_readers, timeout=_REPORT_EVERY):
            assert isinstance(reader, Connection)  # noqa: S101 - wait() returns what it was given
            try:
                total.add(reader.recv())
            except EOFError:
                open_readers.remove(reader)
        if time.monotonic() - watched > _REPORT_EVERY:
            watch(total)
            watched = time.monotonic()
    watch(total)


def _end(processes: list[Any]) -> None:
    deadline = time.monotonic() + _PATIENCE
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Children inherit that Ctrl-C is ignored: it is the referee who tells them to stop."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:
        # Not the main thread: no Ctrl-C arrives here either.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
