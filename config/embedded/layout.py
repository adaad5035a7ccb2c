"""Where an embedded server keeps its files, and how long a socket path may be."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import EmbeddedServiceError

# sockaddr_un.sun_path holds 108 bytes on Linux and 104 on macOS, with a closing NUL.
SOCKET_PATH_LIMIT = 103
# The longest name placed in the socket directory, with its slash.
_LONGEST_SOCKET_NAME = len("/.s.PGSQL.5432.lock")
_LONGEST_BASE = SOCKET_PATH_LIMIT - _LONGEST_SOCKET_NAME - len("/run")


@dataclass(frozen=True)
class Layout:
    """The files of one pair of servers. Two different base directories never share anything."""

    base: Path
    durable: bool

    @property
    def tag(self) -> str:
        """A name for this pair, visible in the process list and short enough for a socket path."""
        digest = hashlib.sha256(os.fsencode(self.base)).hexdigest()[:16]
        return f"couvert-{digest}"

    @property
    def postgres_data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.base / "postgres"

    @property
    def redis_data(self) -> Path:
        """Redis's working directory; nothing in it has to survive."""
        return self.base / "redis"

    @property
    def log_dir(self) -> Path:
        """Where both servers write their logs."""
        return self.base / "log"

    @property
    def socket_dir(self) -> Path:
        """A private directory for both sockets: below the base, or the temp directory if too long.

        Raises EmbeddedServiceError when neither fits a unix socket path.
        """
        preferred = self.base / "run"
        if _fits(preferred):
            return preferred
        fallback = Path(tempfile.gettempdir()) / self.tag
        if _fits(fallback):
            return fallback
        raise EmbeddedServiceError(
            f"The path {preferred} is too long for a unix socket, and so is {fallback}.",
            f"set DATA_DIR to a shorter path (at most {_LONGEST_BASE} bytes), "
            "or TMPDIR to a short one such as /tmp.",
        )

    @property
    def redis_socket(self) -> Path:
        """The socket Redis listens on."""
        return self.socket_dir / "redis.sock"


def _fits(directory: Path) -> bool:
    return len(os.fsencode(directory)) + _LONGEST_SOCKET_NAME <= SOCKET_PATH_LIMIT


def layout_of(data_dir: Path, *, durable: bool) -> Layout:
    """The layout below ``data_dir``; servers for tests get a folder of their own in it."""
    # Absolute, but with symbolic links kept: a short link is a way out of a path that is too long.
    base = Path(os.path.abspath(data_dir))  # noqa: PTH100
    return Layout(base=base if durable else base / "test", durable=durable)


def make_directory(path: Path, *, mode: int = 0o755) -> None:
    """Create ``path``; raise EmbeddedServiceError with the reason when that is impossible.

    Made by root it belongs to the owner of the directory around it, so that a single run as root
    inside somebody's checkout does not lock them out.
    """
    try:
        for directory in reversed((path, *path.parents)):
            if not directory.exists():
                directory.mkdir(mode=mode, exist_ok=True)
                if os.geteuid() == 0:
                    around = directory.parent.stat()
                    os.chown(directory, around.st_uid, around.st_gid)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise EmbeddedServiceError(
            f"Couvert cannot write to its data directory {path}: {error.strerror}.",
            "make that directory writable for the current user, or set DATA_DIR to one that is.",
        ) from error


def claim_private_directory(path: Path, *, uid: int, gid: int) -> None:
    """Make ``path`` a directory that only ``uid`` (and root) can enter.

    Refuses a directory somebody else made beforehand: below a shared temp directory that would let
    them put their own socket in the place of ours.
    """
    make_directory(path.parent)
    trusted = {os.geteuid(), uid}
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in trusted:
            raise EmbeddedServiceError(
                f"{path} already exists, belongs to user {found.st_uid}, and so cannot be trusted.",
                "remove it, or set DATA_DIR to a shorter path so that it is not needed.",
            )
        if os.geteuid() == 0:
            os.chown(path, uid, gid)
        path.chmod(0o700)
    except OSError as error:
        raise EmbeddedServiceError(
            f"Couvert cannot prepare the socket directory {path}: {error.strerror}.",
            "make it writable for the current user, or set DATA_DIR to another directory.",
        ) from error
