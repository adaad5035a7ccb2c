"""PostgreSQL is stopped at once under load and started again: errors, then business as usual."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import close_old_connections, connections

from config.embedded.layout import layout_of
from config.embedded.postgres import DATABASE, USER, Postgres
from reservations.models import Reservation
from reservations.proof.aftermath import come_to_rest
from reservations.proof.houses import set_stage
from reservations.proof.invariants import ALWAYS, AT_REST, broken
from reservations.proof.race import Racer
from reservations.proof.scratch import migrate, use_connection
from reservations.proof.stage import Stage
from reservations.proof.tally import Tally
from reservations.selectors.houses import forget_houses
from tests.concurrency.together import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CLIENTS = 3
OUTAGE = {"OperationalError", "InterfaceError", "InternalError"}
# As the web servers have it, with less patience.
POOL = {"pool": {"min_size": 1, "max_size": 4, "timeout": 1, "reconnect_timeout": 1}}


@pytest.fixture
def server(tmp_path: Path, db: None) -> Iterator[Postgres]:
    """A PostgreSQL of this test's own, with real commits: what was confirmed must survive."""
    own = Postgres(layout_of(tmp_path, durable=True))
    own.start()
    yield own
    own.stop()


@contextmanager
def connected_to(server: Postgres, options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """This thread's connection leads to that server; yields settings for others."""
    ordinary = connections["default"]
    settings_dict = ordinary.copy().settings_dict
    settings_dict |= {"HOST": str(server.layout.socket_dir), "NAME": DATABASE, "USER": USER}
    settings_dict["OPTIONS"] = settings_dict["OPTIONS"] | options
    if options:
        settings_dict |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
    use_connection(settings_dict)
    forget_houses()
    try:
        yield settings_dict
    finally:
        inside: Any = connections["default"]
        inside.close()
        if options:
            inside.close_pool()
        connections["default"] = ordinary
        forget_houses()


@pytest.fixture
def stage(server: Postgres) -> Stage:
    """The houses and guests in that server's book."""
    with connected_to(server, {}):
        migrate()
        return set_stage(48)


class Client(threading.Thread):
    """A process of Couvert as far as its connection goes: one deed after the other, as requests."""

    def __init__(self, database: dict[str, Any], stage: Stage, seed: int) -> None:
        super().__init__(daemon=True)
        self.database = database
        self.racer = Racer(stage, seed)
        self.over = threading.Event()

    @property
    def tally(self) -> Tally:
        return self.racer.tally

    def run(self) -> None:
        use_connection(self.database)
        while not self.over.is_set():
            failed = self.tally.errors.total()
            self.racer.attempt()
            close_old_connections()
            if self.tally.errors.total() > failed:
                self.over.wait(0.02)
        connections["default"].close()


def test_errors_while_it_is_away_and_then_business_as_usual(server: Postgres, stage: Stage) -> None:
    for options in ({}, POOL):
        errors = survive(server, stage, options)
        assert errors, "the control: the crash was felt"
        assert errors <= OUTAGE


def survive(server: Postgres, stage: Stage, options: dict[str, Any]) -> set[str]:
    """A crash under load, with connections kept in this way; what the clients were told in it."""
    with connected_to(server, options) as database:
        clients = [Client(database, stage, seed) for seed in range(CLIENTS)]
        live_through_a_crash(server, clients)
        connections["default"].close()

        errors = {error.partition(":")[0] for c in clients for _, error in c.tally.errors}
        told = set().union(*(client.tally.promised for client in clients))
        kept = Reservation.objects.filter(public_id__in=told).values_list("public_id", flat=True)
        assert set(kept) == told
        assert broken(ALWAYS) == {}
        come_to_rest()
        assert broken(AT_REST) == {}
        return errors


def live_through_a_crash(server: Postgres, clients: list[Client]) -> None:
    """At work, without a database, and at work again."""
    for client in clients:
        client.start()
    try:
        each(clients, lambda client: client.tally.accepted.total() >= 8, "all are at work")
        crash(server)
        each(clients, lambda client: client.tally.errors.total() > 0, "all have noticed")
        server.start()
        accepted = {client: client.tally.accepted.total() for client in clients}
        each(
            clients,
            lambda client: client.tally.accepted.total() >= accepted[client] + 8,
            "all are at work again",
        )
    finally:
        for client in clients:
            client.over.set()
        for client in clients:
            client.join(30)


def each(clients: list[Client], condition: Any, what: str) -> None:
    until(lambda: all(map(condition, clients)), what, 30)


def crash(server: Postgres) -> None:
    """Every server process at once, nothing written out: as if the power had gone."""
    pid = server.process()
    assert pid is not None
    os.kill(pid, signal.SIGQUIT)
    until(lambda: server.process() is None, "the server is gone")
