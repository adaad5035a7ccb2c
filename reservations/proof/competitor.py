"""One spawned process of a race, from its first breath: Django is not there yet when it begins."""

from __future__ import annotations

import time
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import django

from reservations.proof.stage import Race
from reservations.proof.tally import Tally

if TYPE_CHECKING:
    from reservations.proof.race import Racer

_READY_WITHIN = 60.0
_REPORT_EVERY = 0.2


def compete(race: Race, start: Any, stop: Any, report: Connection) -> None:
    """Wait for ``start`` with all others, make the attempts, report now and then; end early on
    ``stop`` or when nobody listens any more."""
    django.setup()

    from django.db import connection

    from core import locks
    from reservations.proof.isolation import isolate_process
    from reservations.proof.race import Racer
    from reservations.proof.scratch import use_connection

    isolate_process()
    use_connection(race.database)
    connection.ensure_connection()
    racer = Racer(race.stage, race.seed, with_lock=race.with_lock)
    racer.warm_up()
    start.wait(_READY_WITHIN)
    # A referee that is gone reads no reports: then there is nothing to race for.
    with suppress(BrokenPipeError):
        if race.with_lock:
            _race(racer, race.attempts, stop, report)
        else:
            with locks.left_out(locks.Space.SERVICE_DAY):
                _race(racer, race.attempts, stop, report)
    connection.close()


def _race(racer: Racer, attempts: int, stop: Any, report: Connection) -> None:
    reported = time.monotonic()
    for number in range(attempts):
        if stop.is_set():
            break
        if number == 0:
            racer.first()
        else:
            racer.attempt()
        if time.monotonic() - reported > _REPORT_EVERY:
            report.send(racer.tally)
            racer.tally = Tally()
            reported = time.monotonic()
    report.send(racer.tally)
