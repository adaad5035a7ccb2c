"""The proof itself: it holds with its guards, fails without them, and leaves nothing behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections, transaction

from core import locks
from reservations.models import Hold
from reservations.proof.houses import set_stage
from reservations.proof.isolation import unmailed
from reservations.proof.prove import Finding, Terms, drop_guards, race_in
from reservations.proof.report import report
from reservations.proof.scratch import drop_left_behind, migrate, scratch_schema, working_in
from reservations.proof.stage import Stage
from reservations.proof.tally import Tally
from restaurants.models import Restaurant
from tests.concurrency.children import children
from tests.concurrency.together import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scratch(db: None) -> Iterator[str]:
    """A scratch schema, empty: migrating takes seconds."""
    with scratch_schema() as schema:
        yield schema


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes begin as copies of this one: they need not import everything first."""
    forking = multiprocessing.get_context("fork")
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: forking)


def schemas(besides: str = "") -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s) AND nspname <> %s",
            [locks.SCRATCH_SCHEMA, besides],
        )
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.slow
@pytest.mark.usefixtures("forked")
def test_only_without_both_guards_is_a_table_sold_twice(scratch: str) -> None:
    """The negative control: each guard alone is enough, and without both the proof fails."""
    with unmailed():
        with working_in(scratch):
            migrate()
            stage = set_stage(40)
        both = race(scratch, stage)
        only_constraint = race(scratch, stage, with_lock=False)
        with working_in(scratch):
            drop_guards()
        only_lock = race(scratch, stage, with_constraint=False)
        neither = raced_until_broken(scratch, stage)

    for finding in (both, only_constraint, only_lock):
        assert finding.broken == {}
        assert finding.not_kept == []
        assert not finding.tally.errors
        assert finding.tally.accepted["place"] > 0
    assert neither.broken["overlapping_claims"]
    assert not neither.holds


def raced_until_broken(schema: str, stage: Stage) -> Finding:
    """A race without guards is won by luck now and then, so it is run until it is lost."""
    for _ in range(30):
        finding = race(schema, stage, with_lock=False, with_constraint=False)
        if finding.broken:
            break
    return finding


def race(
    schema: str, stage: Stage, *, with_lock: bool = True, with_constraint: bool = True
) -> Finding:
    terms = Terms(4, 100, with_constraint=with_constraint, with_lock=with_lock)
    return race_in(schema, stage, terms)


@pytest.mark.slow
def test_the_command_proves_with_processes_of_their_own_and_tidies_up(scratch: str) -> None:
    out = StringIO()
    call_command("prove", workers=2, attempts=40, stdout=out)
    said = out.getvalue()
    assert "attempts 40 · accepted " in said
    assert "· errors 0 · overlaps 0 ·" in said
    assert "Every promise held." in said
    assert "[ok] overlapping_claims: No table is claimed twice for one moment: 0 rows" in said
    assert "FROM reservations_tableclaim a" in said
    assert schemas(besides=scratch) == []
    assert not Hold.objects.exists()
    assert not Restaurant.objects.exists()


@pytest.mark.slow
@pytest.mark.usefixtures("forked")
def test_an_interrupted_proof_leaves_no_schema_and_no_process(scratch: str) -> None:
    def prove() -> None:
        try:
            call_command("prove", workers=2, attempts=100_000, stdout=StringIO())
        except CommandError as error:
            os._exit(error.returncode)

    with children(prove) as [process]:
        until(lambda: len(sessions(besides=scratch)) > 3, "the race has begun", 180)
        process.send(signal.SIGINT)
        assert process.wait() == 130
    assert schemas(besides=scratch) == []
    until(lambda: not sessions(besides=scratch), "all processes have gone")


def test_what_a_killed_proof_left_is_dropped_by_the_next_one(scratch: str) -> None:
    def prove() -> None:
        with scratch_schema():
            os.kill(os.getpid(), signal.SIGKILL)

    with children(prove) as [process]:
        process.wait()
    [left] = schemas(besides=scratch)
    until(lambda: not sessions(besides=scratch), "the server has noticed")
    with scratch_schema() as own:
        assert schemas(besides=scratch) == [own]
        assert drop_left_behind() == [], "proofs that run are left alone"
    assert left != own
    assert schemas() == [scratch]


def test_the_scratch_book_sees_nothing_of_the_real_one(scratch: str, bella: Restaurant) -> None:
    with working_in(scratch), pytest.raises(ProgrammingError, match="does not exist"):
        Restaurant.objects.get()
    assert Restaurant.objects.get() == bella


def test_locks_cannot_be_left_out_of_a_real_book(db: None) -> None:
    with (
        pytest.raises(RuntimeError, match="scratch schema"),
        locks.left_out(locks.Space.SERVICE_DAY),
    ):
        pass


BOTH = 2
"""The lock of a service day, and the share of its restaurant's."""


def test_where_locks_are_left_out_a_real_book_keeps_its_own(scratch: str) -> None:
    with working_in(scratch), locks.left_out(locks.Space.SERVICE_DAY):
        assert taken() == 0
        inside = connections["default"]
        real = inside.copy()
        real.settings_dict["OPTIONS"]["options"] = ""
        connections["default"] = real
        assert taken() == BOTH
        real.close()
        connections["default"] = inside
        assert taken(locks.Space.GUEST) == 1
    assert taken() == BOTH


def taken(space: locks.Space = locks.Space.SERVICE_DAY) -> int:
    """How many advisory locks the session holds after asking for one."""
    with transaction.atomic():
        locks.lock(space, "somewhere", "2025-11-15")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            )
            return int(cursor.fetchone()[0])


def test_a_finding_names_what_broke_and_where(db: None) -> None:
    tally = Tally(
        accepted=Counter(place=3),
        refused=Counter({("place", "tables_taken"): 2}),
        errors=Counter({("confirm", "KeyError: 'x'"): 1}),
        promised={"res_1", "res_2"},
    )
    finding = Finding(tally, 2.0, {"overlapping_claims": [(1, 2, 3, "19:00")] * 7}, ["res_2"])
    said = "\n".join(report(finding))
    assert "[BROKEN] overlapping_claims: No table is claimed twice for one moment: 7 rows" in said
    assert "1 | 2 | 3 | 19:00" in said
    assert "and 2 more" in said
    assert "[BROKEN] Of 2 reservations that guests were told of, 1 are missing" in said
    assert "ERROR 1 × confirm: KeyError: 'x'" in said
    assert "attempts 6 · accepted 3 · refused 2 · errors 1 · overlaps 7 · 3 attempts/s" in said


@pytest.mark.parametrize(
    "options", [{"workers": 0}, {"workers": 65}, {"workers": 8, "attempts": 7}]
)
def test_terms_that_make_no_sense_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(CommandError):
        call_command("prove", **options)


def sessions(besides: str) -> list[str]:
    """The connections of proofs, by the schema they are for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"
            " AND starts_with(application_name, %s) AND application_name <> %s",
            [locks.SCRATCH_SCHEMA, besides],
        )
        return [row[0] for row in cursor.fetchall()]
