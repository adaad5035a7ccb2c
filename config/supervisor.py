"""Runs a few processes in the foreground: shows their output, restarts what dies, stops them all.

Like honcho, except that one process killed does not take the others down: a restaurant's evening
goes on while the worker comes back.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

_STOP_PATIENCE = 10.0
_LONGEST_PAUSE = 30.0
# A process that ran this long was healthy: the next restart is immediate again.
_HEALTHY_AFTER = 60.0


@dataclass
class _Child:
    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restart_at: float = 0.0
    pause: float = field(default=0.5)


class Supervisor:
    """A set of processes that live and end together.

    ``record`` is a file where their pids are noted, so that a later run can end what a killed
    supervisor left behind (``end_leftovers``). A process is told by a byte on its standard input
    that it is noted; one that waits for that, and ends without it, is never left behind unknown.
    """

    def __init__(
        self,
        commands: Mapping[str, list[str]],
        *,
        environment: Mapping[str, str],
        record: Path,
        cwd: Path,
    ) -> None:
        self._children = [_Child(name, arguments) for name, arguments in commands.items()]
        self._environment = dict(environment)
        self._record = record
        self._cwd = cwd
        self._width = max(len(child.name) for child in self._children)
        self._printing = threading.Lock()
        self.ended: set[str] = set()
        """Names of the processes that ended by themselves and were started again."""

    def start(self) -> None:
        """Start every process."""
        for child in self._children:
            self._start(child)

    def watch(self, stop: threading.Event, *, each_second: Callable[[], None]) -> None:
        """Keep the processes alive until ``stop`` is set."""
        next_second = 0.0
        while not stop.wait(0.2):
            now = time.monotonic()
            for child in self._children:
                self._look_after(child, now)
            if now >= next_second:
                next_second = now + 1.0
                each_second()

    def stop(self) -> None:
        """Ask every process to end, and end those that do not in ten seconds. Safe to repeat."""
        for number, patience in ((signal.SIGTERM, _STOP_PATIENCE), (signal.SIGKILL, 5.0)):
            deadline = time.monotonic() + patience
            for child in self._children:
                _signal_group(child.process, number)
            for child in self._children:
                if child.process:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        child.process.wait(max(0.0, deadline - time.monotonic()))
        self._record.unlink(missing_ok=True)

    def say(self, name: str, line: str) -> None:
        """Print one line under a process's name."""
        with self._printing:
            sys.stdout.write(f"{name:<{self._width}} | {line}\n")
            sys.stdout.flush()

    def _look_after(self, child: _Child, now: float) -> None:
        if child.process is None:
            if now >= child.restart_at:
                self._start(child)
            return
        code = child.process.poll()
        if code is None:
            return
        _signal_group(child.process, signal.SIGKILL)  # what it started must not outlive it
        child.process = None
        child.pause = (
            0.5 if now - child.started > _HEALTHY_AFTER else min(child.pause * 2, _LONGEST_PAUSE)
        )
        child.restart_at = now + child.pause
        self.ended.add(child.name)
        self.say(child.name, f"ended ({_describe(code)}), starting again in {child.pause:.0f} s")

    def _start(self, child: _Child) -> None:
        # A session of its own: Ctrl-C reaches only us, and we end things in order.
        child.process = subprocess.Popen(  # noqa: S603  our own commands
            child.arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            cwd=self._cwd,
            start_new_session=True,
        )
        child.started = time.monotonic()
        threading.Thread(
            target=self._relay, args=(child.name, child.process.stdout), daemon=True
        ).start()
        self._write_record()
        _tell_noted(child.process)

    def _relay(self, name: str, output: IO[bytes]) -> None:
        with output:
            for line in output:
                self.say(name, line.decode(errors="replace").rstrip())

    def _write_record(self) -> None:
        entries = []
        for child in self._children:
            if child.process and child.process.poll() is None:
                with contextlib.suppress(psutil.Error):
                    created = psutil.Process(child.process.pid).create_time()
                    entries.append({"pid": child.process.pid, "created": created})
        # Whole or not at all: somebody may be reading it to clean up after us.
        unfinished = self._record.with_suffix(".new")
        unfinished.write_text(json.dumps(entries))
        unfinished.replace(self._record)


def end_leftovers(record: Path) -> int:
    """End processes noted in ``record`` that a killed supervisor left running; returns how many."""
    try:
        entries = json.loads(record.read_text())
    except (OSError, ValueError):
        return 0
    left = []
    for entry in entries:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(entry["pid"])
            # The pid alone may belong to somebody else by now.
            if abs(process.create_time() - entry["created"]) < 1:
                left += [process, *process.children(recursive=True)]
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=_STOP_PATIENCE)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()
    record.unlink(missing_ok=True)
    return len(left)


def _tell_noted(process: subprocess.Popen[bytes]) -> None:
    # It may have ended already, or never look.
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError), process.stdin as told:
            told.write(b"\n")


def _signal_group(process: subprocess.Popen[bytes] | None, number: int) -> None:
    if process is not None:
        # The group may have members left although its first process has ended.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if number == signal.SIGKILL or process.poll() is None:
                os.killpg(process.pid, number)


def _describe(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
