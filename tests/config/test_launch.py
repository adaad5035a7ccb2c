"""``make run`` from start to end: one real run with its own servers, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from config import embedded, env
from config.embedded.layout import layout_of
from config.embedded.postgres import Postgres
from config.embedded.processes import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("launch")]


class Run:
    """One ``make run``, with a data directory and a port of its own."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir, self.port = data_dir, port
        self.log = data_dir / "run.log"
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self, **changes: str) -> dict[str, str]:
        own = {"DATA_DIR": str(self.data_dir), "PORT": str(self.port), "DEMO": "0"}
        settings = {"DJANGO_SETTINGS_MODULE": "config.settings.development", "WEB_WORKERS": "1"}
        return env.child_environment(**own | settings | changes)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.launch"],
                cwd=env.BASE_DIR,
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def again(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "config.launch", *arguments],
            cwd=env.BASE_DIR,
            env=self.environment(**changes),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def said(self) -> str:
        return self.log.read_text()

    def pids(self) -> list[int]:
        entries: list[dict[str, Any]] = json.loads((self.data_dir / "processes.json").read_text())
        return [entry["pid"] for entry in entries]

    def postgres(self) -> int | None:
        return Postgres(layout_of(self.data_dir, durable=True)).process()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def run() -> Iterator[Run]:
    with tempfile.TemporaryDirectory(prefix="couvert-") as name:
        Path(name).chmod(0o755)
        running = Run(Path(name), free_port())
        yield running
        if running.process and running.process.poll() is None:
            running.process.kill()
            running.process.wait()
        running.again("stop")


def test_it_starts_survives_what_is_killed_and_stops_everything(run: Run) -> None:
    run.start()
    assert wait_until(lambda: "Couvert is ready" in run.said(), patience=90, step=0.1), run.said()
    assert run.process is not None
    assert run.ready()
    for line in ("✓ PostgreSQL, embedded", "✓ Redis, embedded", "✓ Database schema", "/admin/"):
        assert line in run.said()

    second = run.again(PORT=str(free_port()))
    assert second.returncode == 1
    assert f"already running with {run.data_dir} (pid {run.process.pid})" in second.stderr

    _, worker, _, _ = run.pids()
    database = run.postgres()
    assert database is not None
    os.kill(worker, signal.SIGKILL)
    os.kill(database, signal.SIGKILL)
    assert wait_until(lambda: run.postgres() not in {None, database}, patience=20, step=0.1)
    assert wait_until(lambda: len(run.pids()) == 4 and worker not in run.pids(), patience=20)
    assert wait_until(run.ready, patience=30, step=0.2), run.said()

    pids = run.pids()
    run.process.terminate()
    assert run.process.wait(30) == 0
    assert "✓ Redis and PostgreSQL stopped" in run.said()
    assert run.postgres() is None
    assert none_left(pids)

    started_again_and_killed(run)


def started_again_and_killed(run: Run) -> None:
    """In the same directory, to save creating another: what a killed run leaves, ``stop`` ends."""
    run.start()
    assert wait_until((run.data_dir / "processes.json").exists, patience=60, step=0.1)
    assert run.process is not None
    run.process.kill()
    run.process.wait()
    pids = run.pids()

    assert run.again("stop").stdout == "Stopped: Redis, PostgreSQL\n"
    assert none_left(pids)
    assert run.again("stop").stdout == "Everything is stopped.\n"


def none_left(pids: list[int]) -> bool:
    return not any(psutil.pid_exists(pid) for pid in pids)


def test_a_taken_port_is_said_before_anything_is_started(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", run.port))
        taken.listen()
        done = run.again()
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{run.port}" in done.stderr
    assert f"PORT={run.port + 1} make run" in done.stderr
    assert embedded.status(run.data_dir)[0].answers is False


def test_a_failing_step_shows_the_end_of_its_output(run: Run) -> None:
    done = run.again(DATABASE_URL="postgresql://couvert@127.0.0.1:1/couvert")
    assert done.returncode == 1
    assert "✗ Database schema up to date" in done.stdout
    assert "`manage.py migrate` failed" in done.stderr
    assert "Connection refused" in done.stderr
