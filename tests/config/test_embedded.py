"""The embedded servers, for real: PostgreSQL and Redis are started, killed and started again."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config import embedded, env
from config.embedded import EmbeddedServiceError, identity, layout, locks, postgres, processes
from config.embedded.layout import layout_of
from config.embedded.postgres import Postgres
from config.embedded.redis_server import Redis

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("embedded")]


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """A data directory with both servers running; tests may kill them, the next one starts them."""
    with tempfile.TemporaryDirectory(prefix="couvert-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
        embedded.stop(Path(name))


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """A data directory for one test, its servers stopped afterwards."""
    yield tmp_path
    embedded.stop(tmp_path)


def one(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def first_process(data_dir: Path) -> int:
    pid = Postgres(layout_of(data_dir, durable=True)).process()
    assert pid is not None
    return pid


def test_a_fresh_directory_gets_a_durable_postgresql_on_a_private_socket(own: Path) -> None:
    url = embedded.ensure_database_url(own)

    assert str(one(url, "SHOW server_version")).startswith("18")
    assert one(url, "SELECT current_database() || ' ' || current_user") == "couvert couvert"
    assert {one(url, f"SHOW {name}") for name in ("fsync", "full_page_writes")} == {"on"}
    assert one(url, "SHOW synchronous_commit") == "on"
    assert one(url, "SHOW listen_addresses") == ""
    assert one(url, "SHOW timezone") == "UTC"
    assert (own / "run").stat().st_mode & 0o777 == 0o700


def test_servers_for_tests_are_separate_and_skip_durability(own: Path) -> None:
    try:
        url = embedded.ensure_database_url(own, durable=False)
        assert one(url, "SHOW fsync") == "off"
        assert url != embedded.database_url(own)
    finally:
        embedded.stop(own, durable=False)


def test_a_second_start_reuses_the_server_without_starting_any_process(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.ensure_database_url(shared)
    embedded.ensure_redis_url(shared)
    before = first_process(shared)
    monkeypatch.setattr(subprocess, "Popen", None)
    monkeypatch.setattr(locks, "exclusive", None)

    began = time.perf_counter()
    embedded.ensure_database_url(shared)
    embedded.ensure_redis_url(shared)

    assert time.perf_counter() - began < 0.2
    assert first_process(shared) == before


def test_data_survives_kill_9_of_the_whole_server(shared: Path) -> None:
    url = embedded.ensure_database_url(shared)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
        before = connection.execute("SELECT count(*) FROM kept").fetchone()
        os.kill(first_process(shared), signal.SIGKILL)

    embedded.ensure_database_url(shared)

    assert before == (one(url, "SELECT count(*) FROM kept"),)


def test_a_pid_file_naming_another_living_program_is_no_obstacle(shared: Path) -> None:
    url = embedded.ensure_database_url(shared)
    pid_file = shared / "postgres" / "postmaster.pid"
    stale = pid_file.read_text()
    embedded.stop(shared)
    pid_file.write_text(stale.replace(stale.splitlines()[0], str(os.getppid()), 1))
    (shared / "run" / ".s.PGSQL.5432").touch()

    embedded.ensure_database_url(shared)

    assert one(url, "SELECT 1") == 1


def test_a_killed_redis_comes_back_on_the_same_socket(shared: Path) -> None:
    url = embedded.ensure_redis_url(shared)
    server = Redis(layout_of(shared, durable=True))
    pid = server.process()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert processes.wait_until(lambda: server.process() is None, patience=5)
    assert server.layout.redis_socket.exists()

    assert embedded.ensure_redis_url(shared) == url
    assert server.answers()


def test_a_redis_that_hangs_is_replaced(shared: Path) -> None:
    embedded.ensure_redis_url(shared)
    server = Redis(layout_of(shared, durable=True))
    pid = server.process()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)

    embedded.ensure_redis_url(shared)

    assert server.answers()
    assert server.process() != pid


def test_processes_starting_at_once_start_one_server(own: Path) -> None:
    starters = [command("start", own) for _ in range(3)]

    assert [finish(starter)[0] for starter in starters] == [0, 0, 0]

    tag = layout_of(own, durable=True).tag
    mothers = [p for p in processes.running(tag, "postgres") if "-D" in p.cmdline()]
    assert len(mothers) == 1


def test_the_command_line_tells_and_stops(shared: Path) -> None:
    embedded.ensure_database_url(shared)
    embedded.ensure_redis_url(shared)

    code, text = finish(command("status", shared))
    assert (code, text.count("running, pid")) == (0, 2)
    assert finish(command("stop", shared)) == (0, "Stopped: Redis, PostgreSQL\n")
    code, text = finish(command("status", shared))
    assert (code, text.count("not running")) == (1, 2)
    assert finish(command("stop", shared)) == (0, "Nothing was running.\n")


def test_the_command_line_runs_postgresqls_own_programs(shared: Path) -> None:
    asked = command("run", shared, "psql", "-Atc", "SELECT 'from ' || current_database()")
    assert finish(asked) == (0, "from couvert\n")
    code, _ = finish(command("run", shared))
    assert code == 2


def test_servers_in_use_by_another_process_are_left_running(shared: Path) -> None:
    embedded.ensure_redis_url(shared)
    user = python(
        "import sys; from config.embedded import *; from pathlib import Path;"
        "ensure_redis_url(Path(sys.argv[1])); print('using', flush=True); sys.stdin.read()",
        shared,
    )
    assert user.stdout is not None
    assert user.stdout.readline() == "using\n"

    assert embedded.stop_if_unused(shared) == []
    assert Redis(layout_of(shared, durable=True)).answers()
    user.communicate(timeout=30)
    assert "Redis" in embedded.stop_if_unused(shared)


def test_a_path_too_long_for_a_socket_uses_a_short_private_directory(own: Path) -> None:
    deep = own / ("long-" * 20)
    try:
        url = embedded.ensure_redis_url(deep)
        sockets = Path(url.removeprefix("unix://")).parent
        assert sockets == Path(tempfile.gettempdir()) / layout_of(deep, durable=True).tag
        assert sockets.stat().st_mode & 0o777 == 0o700
    finally:
        embedded.stop(deep)
        sockets.rmdir()


def test_a_temp_directory_that_is_too_long_as_well_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/tmp/" + "x" * 100)
    with pytest.raises(
        EmbeddedServiceError, match=r"too long for a unix socket(.|\n)*DATA_DIR to a shorter"
    ):
        embedded.database_url(Path("/tmp") / ("y" * 100))


def test_a_socket_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.symlink_to(tmp_path)
    with pytest.raises(EmbeddedServiceError, match="cannot be trusted"):
        layout.claim_private_directory(theirs, uid=os.getuid(), gid=os.getgid())


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedServiceError, match=r"cannot write(.|\n)*set DATA_DIR"):
        embedded.ensure_database_url(tmp_path / "file" / "data")


def test_a_failing_initdb_shows_the_end_of_its_log_and_leaves_nothing(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = own / "initdb"
    full.write_text("#!/bin/sh\necho 'could not write file: No space left on device'\nexit 1\n")
    full.chmod(0o755)
    monkeypatch.setattr(postgres, "binary", lambda _: full)

    with pytest.raises(EmbeddedServiceError, match=r"No space left(.|\n)*disk has room"):
        embedded.ensure_database_url(own)
    monkeypatch.undo()
    assert embedded.ensure_database_url(own)


def test_data_of_another_major_version_is_not_touched(own: Path) -> None:
    data = own / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedServiceError, match=r"written by PostgreSQL 15(.|\n)*restore"):
        embedded.ensure_database_url(own)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave files of root behind")
def test_data_copied_back_by_root_is_adopted(own: Path) -> None:
    embedded.ensure_database_url(own)
    embedded.stop(own)
    for path in (own / "postgres", *(own / "postgres").rglob("*")):
        os.chown(path, 0, 0)

    assert one(embedded.ensure_database_url(own), "SELECT 1") == 1


def test_foreign_files_in_the_place_of_the_data_are_not_touched(own: Path) -> None:
    precious = own / "postgres" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("years of work")
    with pytest.raises(EmbeddedServiceError, match="not a PostgreSQL data directory"):
        embedded.ensure_database_url(own)
    assert precious.read_text() == "years of work"


def test_without_the_wheel_the_machines_own_redis_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedServiceError, match="REDIS_URL"):
        embedded.redis_binary()
    own = tmp_path / "redis-server"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    assert embedded.redis_binary() == own


def test_pgbench_comes_with_the_server() -> None:
    assert os.access(embedded.postgres_binary("pgbench"), os.X_OK)
    with pytest.raises(EmbeddedServiceError, match=r"requirements\.txt"):
        embedded.postgres_binary("no-such-program")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
class TestAsRoot:
    def test_closed_parents_are_passed_without_being_root(
        self, shared: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As in a checkout below /root: neither the programs nor the data can be reached."""
        closed = shared / "closed"
        closed.mkdir(mode=0o700)
        wheel = embedded.postgres_binary("postgres").parents[2]
        for folder in (wheel, wheel.with_name(f"{wheel.name}.libs")):
            shutil.copytree(folder, closed / folder.name, copy_function=link, symlinks=True)
        programs = closed / embedded.postgres_binary("postgres").parent.relative_to(wheel.parent)
        monkeypatch.setattr(postgres, "binary", lambda name: programs / name)
        data = closed / "data"
        try:
            assert one(embedded.ensure_database_url(data), "SELECT 1") == 1
            server = psutil.Process(first_process(data))
            assert server.uids().effective != 0
            status = Path(f"/proc/{server.pid}/status").read_text()
            assert "CapEff:\t0000000000000002\n" in status
        finally:
            embedded.stop(data)

    def test_a_normal_user_runs_the_servers_as_themselves(self, tmp_path: Path) -> None:
        nobody = pwd.getpwnam("nobody")
        if not identity._may_reach(embedded.postgres_binary("postgres"), nobody):
            pytest.skip("the virtual environment is below a directory closed to other users")
        with tempfile.TemporaryDirectory(prefix="couvert-") as name:
            os.chown(name, nobody.pw_uid, nobody.pw_gid)
            data = Path(name)

            def start_and_stop() -> str:
                version = one(embedded.ensure_database_url(data), "SHOW server_version_num")
                embedded.ensure_redis_url(data)
                owner = psutil.Process(first_process(data)).uids().effective
                return f"{str(version)[:2]} {owner} {embedded.stop(data)}"

            answer = as_user(nobody.pw_uid, start_and_stop)
            assert answer == f"18 {nobody.pw_uid} ['Redis', 'PostgreSQL']"

    def test_a_normal_user_is_told_whose_data_it_is(self, shared: Path) -> None:
        embedded.ensure_database_url(shared)
        embedded.stop(shared)
        nobody = pwd.getpwnam("nobody")

        def start() -> str:
            try:
                return embedded.ensure_database_url(shared)
            except EmbeddedServiceError as error:
                return str(error)

        assert "What to do: " in as_user(nobody.pw_uid, start)


def link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
    return target


def command(name: str, data_dir: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "config.embedded", name, *more],
        env=env.child_environment(DATA_DIR=str(data_dir)),
        cwd=env.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    output = process.communicate(timeout=60)[0]
    return process.returncode, output


def python(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=env.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def as_user(uid: int, work: Callable[[], str]) -> str:
    """What ``work`` returns in a forked process that has given up root for good."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(pwd.getpwuid(uid).pw_gid)
            os.setuid(uid)
            answer = work()
        except BaseException as error:  # noqa: BLE001  the parent shows it
            answer = repr(error)
        os.write(writer, answer.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer
