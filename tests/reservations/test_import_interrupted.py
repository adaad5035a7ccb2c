"""An import that is stopped, killed or started twice: every row exactly once, whatever happens."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from reservations.models import ImportRun, Reservation, SeatingDecision
from reservations.proof.invariants import ALWAYS, broken
from restaurants.models import Restaurant
from tests.concurrency.children import children
from tests.concurrency.together import until
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

BUSY_EVENING = "2017-01-01 10:00,2017-01-02 20:00"


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[[int], Path]:
    """A file with this many parties of two for one evening at two restaurants, and two bad rows."""

    def make(rows: int) -> Path:
        lines = [f"{1 + number % 2},{BUSY_EVENING},2" for number in range(rows)]
        path = tmp_path / "past.csv"
        path.write_text(
            "\n".join(
                ["restaurant,reserve_at,visit_at,party_size", "1", *lines, "1,never,never,2", ""]
            )
        )
        return path

    return make


def run(path: Path, *options: str) -> str:
    out = StringIO()
    call_command("import_reservations", str(path), *options, stdout=out)
    return out.getvalue()


def importing(path: Path) -> Callable[[], None]:
    """The command as a process of its own, ending with its exit status."""

    def work() -> None:
        try:
            run(path)
        except CommandError as error:
            sys.stderr.write(str(error))
            sys.stderr.flush()
            os._exit(error.returncode)

    return work


def assert_imported_once(rows: int) -> None:
    """Sixteen tables at each of two restaurants: as many parties as that, and two bad rows."""
    [counted] = ImportRun.objects.all()
    fit = min(rows, 32)
    malformed = {"malformed": 2}
    full = {"tables_taken": rows - fit} if rows > fit else {}
    assert (counted.next_row, counted.accepted) == (rows + 2, fit)
    assert counted.refused == malformed | full
    assert counted.finished_at is not None
    assert Reservation.objects.count() == fit
    assert SeatingDecision.objects.filter(accepted=False).count() == rows - fit
    assert Restaurant.objects.count() == 2
    assert broken(ALWAYS) == {}


def test_an_import_in_parts_is_the_same_as_in_one_go(
    clock: Clock, make_file: Callable[[int], Path]
) -> None:
    path = make_file(40)
    first = run(path, "--limit", "10")
    assert "Run the same command again to continue." in first
    assert ImportRun.objects.get().next_row == 10
    assert "Continuing with row 10." in run(path, "--limit", "20")
    run(path)
    assert_imported_once(40)


def test_a_file_that_was_imported_is_left_alone(
    clock: Clock, make_file: Callable[[int], Path]
) -> None:
    path = make_file(4)
    run(path)
    renamed = path.rename(path.with_name("again.csv"))
    out = run(renamed)
    assert "Imported already on 2025-11-10 17:00 UTC." in out
    assert "accepted" in out
    assert_imported_once(4)


def test_killed_at_every_statement_in_turn_it_books_every_row_once(
    clock: Clock, make_file: Callable[[int], Path]
) -> None:
    path = make_file(3)
    statuses = []
    for statement in range(1, 400):
        with children(killed_at(statement, importing(path))) as [process]:
            statuses.append(process.wait())
        assert broken(ALWAYS) == {}
        if statuses[-1] != -signal.SIGKILL:
            break
    assert statuses[-1] == 0
    assert len(statuses) > 20, "the control: it was killed many times"
    assert_imported_once(3)


@pytest.mark.slow
def test_killed_again_and_again_while_at_work_it_books_every_row_once(
    clock: Clock, make_file: Callable[[int], Path]
) -> None:
    path, killed = make_file(60), 0
    for goal in (5, 20, 35, 50):
        with children(importing(path)) as [process]:
            until(partial(has_counted, goal), f"row {goal} is counted")
            killed += process.kill() == -signal.SIGKILL
    assert killed > 0
    assert broken(ALWAYS) == {}
    assert Reservation.objects.count() == ImportRun.objects.get().accepted
    run(path)
    assert_imported_once(60)


def test_an_interrupt_finishes_the_row_in_hand_and_says_how_to_go_on(
    clock: Clock, make_file: Callable[[int], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    path = make_file(80)
    with children(importing(path)) as [process]:
        until(partial(has_counted, 3), "three rows are counted")
        process.send(signal.SIGINT)
        assert process.wait() == 130
    counted = ImportRun.objects.get()
    assert counted.finished_at is None
    assert f"to continue with row {counted.next_row}." in capfd.readouterr().err
    assert Reservation.objects.count() == counted.accepted
    run(path)
    assert_imported_once(80)


def test_two_imports_of_one_file_at_once_book_every_row_once(
    clock: Clock, make_file: Callable[[int], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    path = make_file(40)
    with children(importing(path), importing(path)) as processes:
        statuses = sorted(process.wait() for process in processes)
    if statuses == [0, 1]:
        assert "Another process is importing this file." in capfd.readouterr().err
    else:
        # One was through before the other began.
        assert statuses == [0, 0]
    assert_imported_once(40)


def test_a_database_that_goes_away_is_named_and_nothing_is_lost(
    clock: Clock, make_file: Callable[[int], Path]
) -> None:
    path, locks = make_file(6), 0

    def cut(execute: Any, sql: str, *rest: Any) -> Any:
        nonlocal locks
        locks += "advisory" in sql
        if locks == 6:
            sql, rest = "SELECT pg_terminate_backend(pg_backend_pid())", (None, *rest[1:])
        return execute(sql, *rest)

    with pytest.raises(CommandError) as caught, connection.execute_wrapper(cut):
        run(path)
    assert "The database went away" in str(caught.value)
    assert "run the same command again" in str(caught.value)
    connection.close()
    run(path)
    assert_imported_once(6)


def killed_at(statement: int, work: Callable[[], None]) -> Callable[[], None]:
    """The same work by a process that is killed just before its n-th statement."""

    def doomed() -> None:
        seen = 0

        def count(execute: Any, *call: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == statement:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*call)

        with connection.execute_wrapper(count):
            work()

    return doomed


def has_counted(rows: int) -> bool:
    return ImportRun.objects.filter(next_row__gte=rows).exists()
