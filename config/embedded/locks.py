"""Two file locks: one so that only one process starts or stops servers, one to know who uses them.

Both are ``flock`` locks. The kernel drops them when a process dies however it dies, so there is
nothing to clean up after ``kill -9``.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded.errors import EmbeddedServiceError
from config.embedded.layout import Layout, make_directory

_LOCK_PATIENCE = 120.0
# Path of the lease file → our descriptor and the process that took it (a fork must not release it).
_leases: dict[Path, int] = {}


def _open(layout: Layout, name: str) -> int:
    make_directory(layout.base)
    path = layout.base / name
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        if os.geteuid() == 0 and os.fstat(descriptor).st_uid == 0:
            owner = layout.base.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        return descriptor
    except OSError as error:
        raise EmbeddedServiceError(
            f"Couvert cannot open its lock file {path}: {error.strerror}.",
            "run Couvert as the user who owns that directory, or set DATA_DIR to another one.",
        ) from error


@contextmanager
def exclusive(layout: Layout) -> Iterator[None]:
    """Hold the right to start or stop this layout's servers; waits for whoever has it."""
    descriptor = _open(layout, "start.lock")
    try:
        deadline = time.monotonic() + _LOCK_PATIENCE
        while not _try(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise EmbeddedServiceError(
                    f"Another process is starting or stopping servers in {layout.base} and "
                    f"does not finish ({_LOCK_PATIENCE:.0f} seconds).",
                    f"look at {layout.log_dir}, end that process, and try again.",
                )
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def take_lease(layout: Layout) -> bool:
    """Note that this process uses the servers; false while somebody is stopping them."""
    if layout.base in _leases:
        return True
    descriptor = _open(layout, "users.lock")
    if not _try(descriptor, fcntl.LOCK_SH):
        os.close(descriptor)
        return False
    _leases[layout.base] = descriptor
    return True


def drop_lease(layout: Layout) -> None:
    """Note that this process no longer uses the servers."""
    descriptor = _leases.pop(layout.base, None)
    if descriptor is not None:
        os.close(descriptor)


@contextmanager
def nobody_else(layout: Layout) -> Iterator[bool]:
    """Give up our own lease and say whether anybody else has one; while true, none can be taken."""
    drop_lease(layout)
    descriptor = _open(layout, "users.lock")
    try:
        yield _try(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
