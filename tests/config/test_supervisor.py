"""Processes that live and end together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config import env
from config.embedded.processes import wait_until
from config.roles import ROLES, WHEN_NOTED
from config.supervisor import Supervisor, end_leftovers

SLEEP = "import time; print('hello', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"

Make = Callable[..., Supervisor]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Supervisor] = []

    def build(**programs: str) -> Supervisor:
        commands = {name: [sys.executable, "-c", text] for name, text in programs.items()}
        supervisor = Supervisor(
            commands,
            environment=env.child_environment(),
            record=tmp_path / "processes.json",
            cwd=tmp_path,
        )
        made.append(supervisor)
        return supervisor

    yield build
    for supervisor in made:
        supervisor.stop()


def pids(tmp_path: Path) -> list[int]:
    return [entry["pid"] for entry in json.loads((tmp_path / "processes.json").read_text())]


def watched(supervisor: Supervisor, condition: Callable[[], bool]) -> bool:
    """Run the supervisor's loop until ``condition``; whether that came true."""
    done = threading.Event()
    result: list[bool] = []

    def look() -> None:
        result.append(wait_until(condition, patience=10))
        done.set()

    thread = threading.Thread(target=look)
    thread.start()
    supervisor.watch(done, each_second=lambda: None)
    thread.join()
    return result[0]


def test_output_is_shown_under_the_name(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    supervisor = make(web=SLEEP, worker=SLEEP)
    supervisor.start()
    seen: list[str] = []

    def both() -> bool:
        seen.append(capsys.readouterr().out)
        text = "".join(seen)
        return "web    | hello\n" in text and "worker | hello\n" in text

    assert wait_until(both, patience=10)


def test_a_killed_process_comes_back_and_the_others_do_not_notice(
    make: Make, tmp_path: Path
) -> None:
    supervisor = make(web=SLEEP, worker=SLEEP)
    supervisor.start()
    web, worker = pids(tmp_path)
    os.kill(worker, signal.SIGKILL)

    assert watched(supervisor, lambda: pids(tmp_path)[-1] != worker and len(pids(tmp_path)) == 2)
    assert pids(tmp_path)[0] == web


def test_stopping_ends_all_and_can_be_repeated(make: Make, tmp_path: Path) -> None:
    supervisor = make(web=SLEEP, worker=SLEEP)
    supervisor.start()
    running = [psutil.Process(pid) for pid in pids(tmp_path)]

    supervisor.stop()
    supervisor.stop()

    assert not any(process.is_running() for process in running)
    assert not (tmp_path / "processes.json").exists()


@pytest.mark.slow
def test_a_process_that_will_not_end_is_ended(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.supervisor._STOP_PATIENCE", 0.5)
    supervisor = make(web=STUBBORN)
    supervisor.start()
    process = psutil.Process(pids(tmp_path)[0])
    supervisor.stop()
    assert not process.is_running()


def test_a_process_is_told_once_it_is_noted(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    script = (
        "import json, os, pathlib, sys; told = sys.stdin.buffer.read();"
        "noted = json.loads(pathlib.Path('processes.json').read_text());"
        "print(told, os.getpid() in [each['pid'] for each in noted], flush=True);"
        "import time; time.sleep(60)"
    )
    supervisor = make(web=script)
    supervisor.start()
    seen: list[str] = []

    def told() -> bool:
        seen.append(capsys.readouterr().out)
        return "\n" in "".join(seen)

    assert wait_until(told, patience=20)
    assert "".join(seen) == "web | b'\\n' True\n"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_nobody_noted_does_not_begin(role: str) -> None:
    """Whoever started it was killed before it noted the pid: nobody would ever end it."""
    command = [sys.executable, "-m", "config.roles", role, WHEN_NOTED]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr == b"Whoever started this process is gone.\n"


def test_what_a_killed_supervisor_left_is_ended_and_nobody_else(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", SLEEP], stdout=subprocess.DEVNULL)
    other = subprocess.Popen([sys.executable, "-c", SLEEP], stdout=subprocess.DEVNULL)
    record = tmp_path / "processes.json"
    entries = [
        {"pid": left.pid, "created": psutil.Process(left.pid).create_time()},
        # The same number, but given to another program since.
        {"pid": other.pid, "created": psutil.Process(other.pid).create_time() - 1000},
    ]
    record.write_text(json.dumps(entries))
    try:
        assert end_leftovers(record) == 1
        left.wait(10)
        assert other.poll() is None
        assert not record.exists()
        assert end_leftovers(record) == 0
    finally:
        other.kill()
        other.wait()
