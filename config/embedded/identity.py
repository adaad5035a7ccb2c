"""Who an embedded server runs as.

PostgreSQL refuses to run as root. When Couvert is root (containers, fresh machines) both servers
run under an unprivileged account instead. If that account cannot reach the program or the data
directory, because a parent is closed (a checkout below /root, say), it is given one capability, to
pass closed directories, and nothing else of root's power.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config.embedded.errors import EmbeddedServiceError

_PR_SET_SECUREBITS = 28
# Capabilities then count for access(2) too, with which PostgreSQL looks for its own programs.
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class Identity:
    """An account for the servers; ``switch`` is false when it is already ours."""

    uid: int
    gid: int
    name: str
    switch: bool
    passes_closed_directories: bool = False


def choose_identity(data_dir: Path, *reachable: Path) -> Identity:
    """The account for servers whose files live in ``data_dir``.

    Not root: ourselves. Root: the owner of existing files, else of the nearest parent that is not
    root's (so that a checkout of user alice stays alice's), else ``postgres`` or ``nobody``.
    """
    if os.geteuid() != 0:
        own = pwd.getpwuid(os.geteuid()).pw_name if _known(os.geteuid()) else str(os.geteuid())
        return Identity(os.geteuid(), os.getegid(), own, switch=False)
    account = _unprivileged_account(data_dir)
    closed = not all(_may_reach(path, account) for path in (data_dir.parent, *reachable))
    if closed and not sys.platform.startswith("linux"):
        raise EmbeddedServiceError(
            f"Running as root, and the account '{account.pw_name}' cannot reach {data_dir}.",
            "run Couvert as a normal user, or move it and DATA_DIR to where others may enter.",
        )
    return Identity(
        account.pw_uid,
        account.pw_gid,
        account.pw_name,
        switch=True,
        passes_closed_directories=closed,
    )


def _unprivileged_account(data_dir: Path) -> pwd.struct_passwd:
    for directory in (data_dir, *data_dir.parents):
        if directory.exists():
            owner = directory.stat().st_uid
            if owner != 0 and _known(owner):
                return pwd.getpwuid(owner)
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedServiceError(
        "Running as root, and there is no account 'postgres' or 'nobody' to run PostgreSQL as.",
        "run Couvert as a normal user, or set DATABASE_URL to a PostgreSQL server of your own.",
    )


def _known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _may_reach(path: Path, account: pwd.struct_passwd) -> bool:
    """Whether the permission bits let ``account`` enter every directory on the way to ``path``."""
    resolved = path.resolve()
    for directory in (*resolved.parents, resolved):
        if not directory.is_dir():
            continue
        found = directory.stat()
        if found.st_uid == account.pw_uid:
            bit = 0o100
        elif found.st_gid == account.pw_gid:
            bit = 0o010
        else:
            bit = 0o001
        if not found.st_mode & bit:
            return False
    return True


def give(path: Path, identity: Identity) -> None:
    """Hand one file or directory to the server's account."""
    if identity.switch:
        os.chown(path, identity.uid, identity.gid)


def spawn(
    identity: Identity,
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: IO[bytes],
    cwd: Path,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own (Ctrl-C in the terminal must not reach it)."""
    try:
        # The program is from an installed wheel, the arguments are our own.
        return subprocess.Popen(  # noqa: S603
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
            # Safe beside threads: between fork and exec the function only makes system calls.
            preexec_fn=_becoming(identity) if identity.switch else None,  # noqa: PLW1509
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedServiceError(
            f"Couvert cannot start {command[0]} as '{identity.name}': {error}.",
            "run Couvert as a normal user, or set DATABASE_URL and REDIS_URL to your own servers.",
        ) from error


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilityData(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def _becoming(identity: Identity) -> Callable[[], None]:
    """A function for the child between fork and exec: drop root, keep at most one capability."""
    libc = ctypes.CDLL(None, use_errno=True)
    bit = 1 << _CAP_DAC_OVERRIDE
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    data = (_CapabilityData * 2)(_CapabilityData(bit, bit, bit), _CapabilityData(0, 0, 0))

    def become() -> None:
        keep = identity.passes_closed_directories
        os.setgroups([])
        os.setgid(identity.gid)
        if keep and libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0:
            raise PermissionError("securebits")
        os.setuid(identity.uid)
        if keep:
            # From here on nothing is left of root but this one capability.
            if libc.capset(ctypes.byref(header), data) != 0:
                raise PermissionError("capset")
            if libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0) != 0:
                raise PermissionError("ambient capability")

    return become
