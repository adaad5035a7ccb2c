"""The proof itself: a scratch book, a race in it, the sweeps, and what the checks find."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection

from core.locks import SCRATCH_SCHEMA
from reservations.proof.aftermath import come_to_rest
from reservations.proof.checks import Row
from reservations.proof.houses import set_stage
from reservations.proof.invariants import ALWAYS, AT_REST, broken
from reservations.proof.isolation import unmailed
from reservations.proof.referee import run_race
from reservations.proof.scratch import may_set, migrate, scratch_schema, working_in
from reservations.proof.stage import Race, Stage
from reservations.proof.tally import Tally

GUESTS = 96
_FAST_DEADLOCKS = {"deadlock_timeout": "50ms"}
_WITHOUT_CONSTRAINT = """
ALTER TABLE reservations_tableclaim DROP CONSTRAINT claim_table_once;
ALTER TABLE reservations_serviceload DROP CONSTRAINT load_covers_within_limit;
ALTER TABLE reservations_serviceload DROP CONSTRAINT load_parties_within_limit;
"""
_NOT_KEPT = """
SELECT told FROM unnest(%s::text[]) AS told
WHERE NOT EXISTS (SELECT FROM reservations_reservation WHERE public_id = told)
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """How the race is run, and with which guards."""

    workers: int = 8
    attempts: int = 4000
    with_constraint: bool = True
    with_lock: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What came out."""

    tally: Tally
    seconds: float
    broken: dict[str, list[Row]]
    """Checks that found something during the race or at rest, with the most that they found."""
    not_kept: list[str]
    """Reservations somebody was told of, and that are not there."""

    @property
    def holds(self) -> bool:
        """Whether nothing at all is wrong."""
        return not (self.broken or self.not_kept or self.tally.errors)


def prove(
    terms: Terms,
    *,
    say: Callable[[str], None] = lambda _: None,
    show: Callable[[Tally], None] = lambda _: None,
) -> Finding:
    """Race in a scratch schema and look for what broke. The schema is gone afterwards.

    ``say`` hears what is being done, ``show`` sees the figures so far. Raises what the database
    raises when it lets nobody make a schema; KeyboardInterrupt passes through, tidied up after.
    """
    with scratch_schema() as schema, unmailed():
        say(f"Building a scratch book from the migrations: schema {schema}")
        with working_in(schema):
            migrate()
            stage = set_stage(GUESTS)
            if not terms.with_constraint:
                drop_guards()
        return race_in(schema, stage, terms, say=say, show=show)


def drop_guards() -> None:
    """Take away what the database itself refuses, where the connection leads: scratch only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        if not cursor.fetchone()[0].startswith(SCRATCH_SCHEMA):
            raise RuntimeError("Constraints can be dropped in a scratch schema of prove only.")
        cursor.execute(_WITHOUT_CONSTRAINT)


def race_in(
    schema: str,
    stage: Stage,
    terms: Terms,
    *,
    say: Callable[[str], None] = lambda _: None,
    show: Callable[[Tally], None] = lambda _: None,
) -> Finding:
    """One race in a scratch schema where the stage is set, the sweeps, and the checks."""
    options = {} if terms.with_lock or not may_set("deadlock_timeout") else _FAST_DEADLOCKS
    found: dict[str, list[Row]] = {}

    def watch(tally: Tally) -> None:
        # Looked at all the time: what two were sold, one may cancel before the race is over.
        _keep_worst(found, broken(ALWAYS))
        show(tally)

    with working_in(schema, **options) as database:
        say(f"{terms.workers} processes, {terms.attempts} attempts on {_slots(stage)} slots")
        began = time.monotonic()
        tally = run_race(_shares(terms, stage, database), watch=watch)
        seconds = time.monotonic() - began
        say("Running the sweeps of a day, then the checks")
        come_to_rest()
        _keep_worst(found, broken(AT_REST))
        return Finding(tally, seconds, found, _not_kept(tally))


def _keep_worst(found: dict[str, list[Row]], now: dict[str, list[Row]]) -> None:
    for name, rows in now.items():
        if len(rows) > len(found.get(name, ())):
            found[name] = rows


def _shares(terms: Terms, stage: Stage, database: dict[str, object]) -> list[Race]:
    each, more = divmod(terms.attempts, terms.workers)
    return [
        Race(
            database=database,
            stage=stage,
            attempts=each + (number < more),
            seed=random.getrandbits(32),
            with_lock=terms.with_lock,
        )
        for number in range(terms.workers)
    ]


def _slots(stage: Stage) -> int:
    return len(set(stage.houses)) * len(set(stage.dates)) * len(stage.times)


def _not_kept(tally: Tally) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_NOT_KEPT, [sorted(tally.promised)])
        return [row[0] for row in cursor.fetchall()]
