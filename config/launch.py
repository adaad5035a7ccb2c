"""``make run``: from nothing to a running Couvert in the foreground, and back.

Shows each step; starts the embedded servers, migrates, fills in demo data the first time, runs web,
worker, beat and event streams, says where to look, and on Ctrl-C or SIGTERM stops all it started.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from django.core.exceptions import ImproperlyConfigured

from config import embedded, env, roles
from config.embedded.layout import make_directory
from config.supervisor import Supervisor, end_leftovers

_SAY_EVERY = 30.0
"""Seconds between two lines that say what a slow start still waits for."""
_READY_PATIENCE = 90.0
"""Seconds after which a process that has ended is not waited for any more."""
_STOP_PATIENCE = 30.0


class LaunchError(Exception):
    """Couvert cannot start; the text says why and what to do."""


def main() -> int:
    """Run until told to stop. 0 after an orderly stop, 1 when Couvert could not start."""
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    try:
        make_directory(env.data_dir())
        with _only_run():
            return _run(stop)
    except (LaunchError, ImproperlyConfigured, embedded.EmbeddedServiceError) as error:
        print(f"\n✗ {error}", file=sys.stderr)
        return 1


def _run(stop: threading.Event) -> int:
    print("Couvert is starting", flush=True)
    leftovers = end_leftovers(_record())
    if leftovers:
        print(f"  ✓ Ended {leftovers} processes of an earlier run that was killed")
    _check_ports()
    environment = env.child_environment(DJANGO_SETTINGS_MODULE=_settings(), PYTHONUNBUFFERED="1")
    supervisor = Supervisor(
        {
            role: [sys.executable, "-m", "config.roles", role, roles.WHEN_NOTED]
            for role in roles.ROLES
        },
        environment=environment,
        record=_record(),
        cwd=env.BASE_DIR,
    )
    try:
        for step in (_start_services, _migrate, _demo):
            if stop.is_set():
                return 0
            step(environment)
        with _step("Web, worker, beat and event streams"):
            supervisor.start()
            _wait_ready(stop, supervisor)
        if not stop.is_set():
            _banner()
        supervisor.watch(stop, each_second=_keep_services)
    finally:
        _stop(supervisor)
    return 0


def _stop(supervisor: Supervisor) -> None:
    print("\nStopping", flush=True)
    with _step("Web, worker, beat and event streams stopped"):
        supervisor.stop()
    stopped = embedded.stop_if_unused(env.data_dir())
    if stopped:
        print(f"  ✓ {' and '.join(stopped)} stopped", flush=True)
    elif any(server.answers for server in embedded.status(env.data_dir())):
        print("  · PostgreSQL and Redis stay: another Couvert process uses them", flush=True)


@contextlib.contextmanager
def _step(title: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(f"  ✗ {title}", flush=True)
        raise
    print(f"  ✓ {title} ({time.monotonic() - began:.1f} s)", flush=True)


def _start_services(environment: dict[str, str]) -> None:  # noqa: ARG001  one signature for all steps
    where = (
        "from DATABASE_URL"
        if env.secret("DATABASE_URL")
        else f"embedded, in {_shown(env.data_dir())}"
    )
    with _step(f"PostgreSQL, {where}"):
        env.database_url()
    where = "from REDIS_URL" if env.secret("REDIS_URL") else "embedded"
    with _step(f"Redis, {where}"):
        env.redis_url()


def _keep_services() -> None:
    """Bring an embedded server back if somebody killed it."""
    try:
        env.database_url()
        env.redis_url()
    except embedded.EmbeddedServiceError as error:
        print(f"✗ {error}", file=sys.stderr, flush=True)


def _migrate(environment: dict[str, str]) -> None:
    with _step("Database schema up to date"):
        _manage(environment, "migrate", "--no-input", "-v", "0")


def _demo(environment: dict[str, str]) -> None:
    """Demo data on the first start; its logins are kept to be shown again."""
    if not env.flag("DEMO", default=True) or _demo_notes().exists():
        return
    with _step("Demo data"):
        notes = _manage(environment, "demo")
        # Only when it went through, so that an interrupted first start tries again.
        _demo_notes().write_text(notes)


def _manage(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603  our own commands
        [sys.executable, "manage.py", *arguments],
        cwd=env.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        report = "\n".join("    " + line for line in (done.stdout + done.stderr).splitlines()[-15:])
        raise LaunchError(f"`manage.py {arguments[0]}` failed:\n{report}")
    return done.stdout


def _wait_ready(stop: threading.Event, supervisor: Supervisor) -> None:
    """Wait until ``/readyz`` is content; keep the processes alive meanwhile.

    A slow machine is waited for as long as its processes live, and now and then says for what.
    Raises LaunchError when one has ended by itself and Couvert is late.
    """
    done, began = threading.Event(), time.monotonic()
    answer, say_after = "no answer", _SAY_EVERY

    def look() -> None:
        nonlocal answer, say_after
        while not done.is_set():
            answer, waited = _readyz(), time.monotonic() - began
            if answer == "ok" or stop.is_set() or (supervisor.ended and waited > _READY_PATIENCE):
                done.set()
            elif waited > say_after:
                say_after += _SAY_EVERY
                print(f"  · Still starting after {waited:.0f} seconds: {answer}", flush=True)
            time.sleep(0.1)

    threading.Thread(target=look, daemon=True).start()
    supervisor.watch(done, each_second=lambda: None)
    if answer != "ok" and not stop.is_set():
        raise LaunchError(
            f"Couvert did not get ready in {_READY_PATIENCE:.0f} seconds: {answer}\n"
            f"  Ended meanwhile: {', '.join(sorted(supervisor.ended))}.\n"
            "  What to do: read the lines of web, worker, beat and stream above."
        )


def _readyz() -> str:
    """``ok`` when pages and streams are both content, else what the first of them says."""
    for port in (env.port(), env.stream_port()):
        answer = _readyz_at(port)
        if answer != "ok":
            return answer
    return "ok"


def _readyz_at(port: int) -> str:
    try:
        with urllib.request.urlopen(f"{_address(port)}/readyz", timeout=5):  # noqa: S310  our own address
            return "ok"
    except urllib.error.HTTPError as error:
        return _missing(error.read().decode(errors="replace"))
    except OSError as error:
        return str(error)


def _missing(body: str) -> str:
    """What ``/readyz`` misses, in words; the body as it is if it says nothing of the kind."""
    try:
        checks = json.loads(body)["checks"].items()
        return ", ".join(f"{name} {check['reason']}" for name, check in checks if not check["ok"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return body


def _banner() -> None:
    lines = [
        "",
        f"  Couvert is ready:  {_address()}/",
        f"  For staff:         {_address()}/staff/",
        f"  Administration:    {_address()}/admin/",
        f"  API and its docs:  {_address()}/api/docs",
        f"  Health:            {_address()}/readyz",
    ]
    if env.flag("DEMO", default=True) and _demo_notes().exists():
        # What was filled in is news once; the logins are wanted every time.
        found, heading, logins = _demo_notes().read_text().partition("Demo logins")
        notes = heading + logins if heading else found
        lines += ["", *("  " + line for line in notes.strip().splitlines())]
    print("\n".join([*lines, "", "  Ctrl-C stops everything.", ""]), flush=True)


def _check_ports() -> None:
    """Fail early and in words when a port is taken; event streams go elsewhere unless told."""
    port = env.port()
    _check_port(port, f"`PORT={port + 1} make run`")
    if env.text("STREAM_PORT"):
        _check_port(env.stream_port(), f"`STREAM_PORT={env.stream_port() + 1} make run`")
    elif _why_not(env.stream_port()):
        env.set_default("STREAM_PORT", str(_any_port()))


def _check_port(port: int, advice: str) -> None:
    reason = _why_not(port)
    if reason:
        raise LaunchError(
            f"Cannot listen on {_host()}:{port}: {reason}.\n"
            f"  What to do: choose another port, for example {advice}."
        )


def _why_not(port: int) -> str:
    """Why nobody can listen there; empty when one can."""
    with _probe() as probe:
        try:
            probe.bind((_host(), port))
        except OSError as error:
            return str(error.strerror)
    return ""


def _any_port() -> int:
    with _probe() as probe:
        probe.bind((_host(), 0))
        return int(probe.getsockname()[1])


def _probe() -> socket.socket:
    probe = socket.socket(socket.AF_INET6 if ":" in _host() else socket.AF_INET)
    # As the server does it: connections of a run just ended must not be in the way.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return probe


def _host() -> str:
    return env.text("HOST", "127.0.0.1")


@contextlib.contextmanager
def _only_run() -> Iterator[None]:
    """Refuse a second run in the same DATA_DIR: two beats would do everything twice."""
    path = env.data_dir() / "run.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = path.read_text().strip()
        os.close(descriptor)
        raise LaunchError(
            f"Couvert is already running with {_shown(env.data_dir())} (pid {owner}).\n"
            "  What to do: `make stop` ends it; another DATA_DIR and PORT run a second one."
        ) from error
    os.truncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    try:
        yield
    finally:
        os.close(descriptor)


def stop_everything() -> int:
    """``make stop``: end a run in this DATA_DIR, whatever a killed one left, and the servers."""
    path = env.data_dir() / "run.lock"
    if path.exists():
        with path.open("r+") as file:
            deadline = time.monotonic() + _STOP_PATIENCE
            asked = False
            while not _free(file.fileno()) and time.monotonic() < deadline:
                if not asked:
                    os.kill(int(path.read_text() or "0"), signal.SIGTERM)
                    asked = True
                time.sleep(0.1)
    end_leftovers(_record())
    stopped = embedded.stop(env.data_dir())
    # Servers of a test run that was killed; a test run in progress keeps its own.
    embedded.stop_if_unused(env.data_dir(), durable=False)
    print(f"Stopped: {', '.join(stopped)}" if stopped else "Everything is stopped.")
    return 0


def _free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _address(port: int | None = None) -> str:
    host = _host()
    if host in {"0.0.0.0", "::"}:  # noqa: S104  listening everywhere: look here
        host = "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port or env.port()}"


def _settings() -> str:
    return env.text("DJANGO_SETTINGS_MODULE", "config.settings.development")


def _record() -> Path:
    return env.data_dir() / "processes.json"


def _demo_notes() -> Path:
    return env.data_dir() / "demo.txt"


def _shown(path: Path) -> str:
    return str(path.relative_to(env.BASE_DIR)) if path.is_relative_to(env.BASE_DIR) else str(path)


if __name__ == "__main__":
    sys.exit(stop_everything() if sys.argv[1:] == ["stop"] else main())
