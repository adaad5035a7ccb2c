"""Looking at server processes: is this pid ours, are orphans left, has it ended."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil


def belongs(process: psutil.Process, marker: str, program: str) -> bool:
    """Whether ``process`` is a live ``program`` carrying our ``marker`` in its title.

    Every process of a server has the marker: it is in the command line of the first one, and
    PostgreSQL repeats it (``cluster_name``) in the titles of its children. A pid alone proves
    nothing: it may have been given to another program since.
    """
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        title = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return marker in title and title.split(":")[0].split(" ")[0].endswith(program)


def running(marker: str, program: str) -> list[psutil.Process]:
    """Every live process of the server with this marker."""
    return [process for process in psutil.process_iter() if belongs(process, marker, program)]


def find(pid: int | None, marker: str, program: str) -> psutil.Process | None:
    """The process with this pid, if it is the server with this marker."""
    if pid is None:
        return None
    try:
        process = psutil.Process(pid)
    except (psutil.Error, ValueError):
        return None
    return process if belongs(process, marker, program) else None


def end_orphans(marker: str, program: str, *, patience: float = 10.0) -> None:
    """End what is left of a server whose first process died; returns when all are gone.

    PostgreSQL's children leave by themselves when they notice; a second server on the same data
    before they did would be the one way to damage it.
    """
    gone_by_themselves = wait_until(
        lambda: not running(marker, program), patience=patience / 2, step=0.05
    )
    if not gone_by_themselves:
        send(running(marker, program), signal.SIGKILL)
        wait_until(lambda: not running(marker, program), patience=patience / 2, step=0.05)


def send(processes: Iterable[psutil.Process], number: int) -> None:
    """Signal each process; one that has ended meanwhile is fine."""
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def wait_until(condition: Callable[[], bool], *, patience: float, step: float = 0.02) -> bool:
    """Poll ``condition`` until it holds (true) or ``patience`` seconds have passed (false)."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


def read_pid(path: Path) -> int | None:
    """The number on the first line of a pid file; None when there is no such file or number."""
    try:
        return int(path.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def tail(path: Path, lines: int = 12) -> str:
    """The last lines of a log, for an error message."""
    try:
        with path.open("rb") as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - 8192))
            text = log.read().decode(errors="replace")
    except OSError:
        return "(no log)"
    return "\n".join("    " + line for line in text.splitlines()[-lines:])
