"""Processes are killed at random moments while they book, pay, cancel, refund and send mail."""

from __future__ import annotations

import random
import signal
import time
from functools import partial

import pytest
from django.db import connection

from notifications.models import Message
from reservations.models import Reservation
from reservations.proof.aftermath import come_to_rest
from reservations.proof.houses import set_stage
from reservations.proof.invariants import ALWAYS, AT_REST, broken
from reservations.proof.race import Racer
from reservations.proof.stage import Stage
from tests.concurrency.children import children
from tests.concurrency.together import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ROUNDS = 12
AT_ONCE = 3


def test_afterwards_nothing_is_lost_and_nothing_is_left(db: None) -> None:
    stage = set_stage(60)
    lives = random.Random()
    for number in range(ROUNDS):
        works = [partial(race, stage, number * AT_ONCE + lane) for lane in range(AT_ONCE)]
        before = Message.objects.count()
        with children(*works) as processes:
            until(partial(more_messages_than, before), "they are at work")
            for process in processes:
                time.sleep(lives.uniform(0, 0.08))
                assert process.kill() == -signal.SIGKILL
        assert broken(ALWAYS) == {}
    until(everyone_has_gone, "the server has noticed")
    assert broken(ALWAYS) == {}
    assert broken(AT_REST) != {}, "the control: they were in the middle of something"
    come_to_rest()
    assert broken(AT_REST) == {}
    assert Reservation.objects.filter(payment__isnull=False).exists()


def race(stage: Stage, seed: int) -> None:
    """Deed after deed, until somebody ends it."""
    racer = Racer(stage, seed)
    while True:
        racer.attempt()
        assert not racer.tally.errors


def more_messages_than(number: int) -> bool:
    return Message.objects.count() > number


def everyone_has_gone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return bool(cursor.fetchone()[0] == 0)
