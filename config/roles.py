"""The command line of each Couvert process. ``python -m config.roles web`` becomes that process.

The Procfile, the container image and ``make run`` all start processes this way, so that there is
one place where their options stand.
"""

from __future__ import annotations

import os
import sys

from django.core.exceptions import ImproperlyConfigured

from config import env

ROLES = ("web", "worker", "beat", "stream")
WHEN_NOTED = "--when-noted"
"""Begin once a byte on the standard input says that the pid is noted (``config.supervisor``)."""


def command(role: str) -> list[str]:
    """The program and arguments of a role."""
    return {"web": _web, "worker": _worker, "beat": _beat, "stream": _stream}[role]()


def _web() -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi"),
        *("--host", env.text("HOST", "127.0.0.1"), "--port", str(env.port())),
        *("--workers", str(env.number("WEB_WORKERS", min(processors(), 8)))),
        # More threads than this only fight for Python's lock; waiting for the database is short.
        *("--blocking-threads", str(env.number("WEB_THREADS", 4))),
        # HTTP/2 and websockets belong to the proxy in front and to event streams.
        *("--http", "1", "--no-ws", "--backlog", "2048"),
        # A worker that was killed comes back; one that hangs at the end is not waited for.
        *("--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "8"),
        *("--log-level", "warning", "config.wsgi:application"),
    ]


def _worker() -> list[str]:
    return [
        # In a container everything is root, and messages are JSON: the warning says nothing new.
        *(sys.executable, "-W", "ignore:You're running the worker with superuser"),
        *("-m", "celery", "-q", "-A", "config.celery:app", "worker"),
        *("--concurrency", str(env.number("WORKER_CONCURRENCY", 2)), "--loglevel", "WARNING"),
        # Talk between workers; Couvert does not use it and Redis pays for it.
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def _beat() -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "-q", "-A", "config.celery:app", "beat"),
        *("--loglevel", "WARNING"),
    ]


def _stream() -> list[str]:
    return [sys.executable, "-m", "config.stream"]


def processors() -> int:
    """How many processors this process may use; in a container fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _wait_until_noted() -> None:
    """Ends the process when whoever started it is gone before it noted the pid."""
    if not sys.stdin.buffer.read(1):
        sys.exit("Whoever started this process is gone.")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())
    os.close(nothing)


def main() -> None:
    """Turn this process into the role named on the command line."""
    role, *options = sys.argv[1:] or [""]
    if role not in ROLES or options not in ([], [WHEN_NOTED]):
        sys.exit(f"usage: python -m config.roles {{{','.join(ROLES)}}} [{WHEN_NOTED}]")
    if options:
        _wait_until_noted()
    os.chdir(env.BASE_DIR)
    if role == "web":
        env.share_metrics()
    try:
        arguments = command(role)
    except ImproperlyConfigured as error:
        sys.exit(f"error: {error}")
    os.execv(arguments[0], arguments)  # noqa: S606  the arguments are ours


if __name__ == "__main__":
    main()
