"""The servers the benchmarks run against: the embedded ones, in a directory of their own.

Never the operator's: ``DATABASE_URL`` and ``REDIS_URL`` are overridden for everything that is
started here, because the benchmarks fill their database with millions of invented bookings.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config import embedded, env, roles

SECRET_KEY = "only-for-benchmarks-0123456789-0123456789-0123456789"
_READY_PATIENCE = 60.0


@dataclass(frozen=True)
class Stack:
    """One PostgreSQL and one Redis, and how programs find them."""

    data_dir: Path
    database_url: str
    redis_url: str

    def environment(self, **changes: str) -> dict[str, str]:
        """The environment of a program that is to use these servers."""
        fixed = {
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "SECRET_KEY": SECRET_KEY,
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "PUBLIC_URL": "http://localhost",
            "TLS": "0",
            # As config.wsgi does for web processes.
            "DATABASE_CONNECTIONS": "pool",
            "PYTHONUNBUFFERED": "1",
        }
        return env.child_environment(**(fixed | changes))

    def inside(self, module: str, *arguments: str) -> Any:
        """Run ``python -m module`` with Couvert's settings; what it prints last, as JSON.

        Lines before the last one are shown as they come. Raises CalledProcessError.
        """
        command = [sys.executable, "-m", module, *arguments]
        last = ""
        with subprocess.Popen(
            command,
            cwd=env.BASE_DIR,
            env=self.environment(),
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if last:
                    print(last, end="", flush=True)
                last = line
        if process.returncode != 0:
            print(last, end="")
            raise subprocess.CalledProcessError(process.returncode, command)
        return json.loads(last or "null")

    def manage(self, *arguments: str) -> None:
        """Run a command of ``manage.py`` quietly. Raises CalledProcessError."""
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=env.BASE_DIR,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def collect_static(self) -> None:
        """Style sheets and scripts as production serves them: hashed names, compressed."""
        self.manage("collectstatic", "--no-input", "--clear", "-v", "0")


@contextmanager
def started(name: str = "bench") -> Iterator[Stack]:
    """Servers of our own, in this folder of ``DATA_DIR``; stopped afterwards unless shared."""
    data_dir = env.data_dir() / name
    try:
        yield Stack(
            data_dir, embedded.ensure_database_url(data_dir), embedded.ensure_redis_url(data_dir)
        )
    finally:
        embedded.stop_if_unused(data_dir)


@dataclass(frozen=True)
class WebServer:
    """A web server under test."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def pid(self) -> int:
        """Of its first process."""
        return self.process.pid

    def wait(self) -> None:
        """Until it answers. Raises RuntimeError with the end of its log when it does not."""
        deadline = time.monotonic() + _READY_PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5):
                    return
            except urllib.error.HTTPError as error:
                raise RuntimeError(f"/healthz answers {error.code}; see {self.log}") from error
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"The web server did not start:\n{self.log.read_text()[-2000:]}")


@contextmanager
def serving(
    stack: Stack, name: str, application: str | None = None, **changes: str
) -> Iterator[WebServer]:
    """Couvert's web process, or another ``application`` by the very same command line.

    The same server with the same workers, threads and connection pool for every system, so that
    only the application differs. Does not wait until it answers: ``WebServer.wait`` does.
    """
    port = free_port()
    environment = stack.environment(PORT=str(port), HOST="127.0.0.1", **changes)
    log_path = stack.data_dir / "log" / f"bench-{name}.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            _command(application, port),
            cwd=env.BASE_DIR,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield WebServer(process, port, log_path)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _command(application: str | None, port: int) -> list[str]:
    if application is None:
        return [sys.executable, "-m", "config.roles", "web"]
    command = roles.command("web")
    command[command.index("--port") + 1] = str(port)
    command[-1] = application
    return command


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
