"""Announcing a change: once a transaction, after the commit, and never in the way."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings as ours
from django.db import transaction
from django_redis import get_redis_connection

from core import audit
from core.actors import SYSTEM
from core.wakeups import CHANNELS, announce

pytestmark = pytest.mark.django_db(transaction=True)

HOUSE = 10**9 + os.getpid() * 100
"""Channels know nothing of Redis's databases: each process of the suite has houses of its own."""


class Ear:
    """Somebody who listens to one house."""

    def __init__(self) -> None:
        self._client = redis.Redis.from_url(ours.REDIS_URL)
        self._news: Any = self._client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        self._news.subscribe(f"{CHANNELS}{HOUSE}")
        self._news.get_message(timeout=5)

    def heard(self) -> int:
        number = 0
        while self._news.get_message(timeout=0.1) is not None:
            number += 1
        return number

    def close(self) -> None:
        self._news.close()
        self._client.close()


@pytest.fixture
def ear() -> Iterator[Ear]:
    one = Ear()
    yield one
    one.close()


def write(target: str = "res_1", house: int | None = HOUSE) -> None:
    audit.record("reservation.changed", target, by=SYSTEM, restaurant_id=house)


def test_a_transaction_is_announced_once_and_after_its_commit(ear: Ear) -> None:
    with transaction.atomic():
        for _ in range(5):
            write()
        write(house=HOUSE + 1)
        write(house=None)
        assert ear.heard() == 0
    assert ear.heard() == 1


def test_without_a_transaction_at_once(ear: Ear) -> None:
    write()
    write()
    assert ear.heard() == 2


def test_what_was_rolled_back_is_not_announced(ear: Ear) -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert ear.heard() == 0


def test_a_savepoint_that_is_rolled_back_takes_only_its_own_along(ear: Ear) -> None:
    with transaction.atomic():
        with transaction.atomic():
            write()
            transaction.set_rollback(True)
        write()
    assert ear.heard() == 1


def test_houses_nobody_watches_cost_one_question_for_all(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def counted(alias: str) -> Any:
        asked.append(alias)
        return get_redis_connection(alias)

    monkeypatch.setattr("core.wakeups.get_redis_connection", counted)
    monkeypatch.setattr("core.wakeups._LOOK_EVERY", 60.0)
    for n in range(1, 20):
        announce(HOUSE + n)
    assert len(asked) == 1
    for _ in range(10):
        announce(HOUSE)
    assert (len(asked), ear.heard()) == (11, 10), "the control: this one has a listener"


def test_who_begins_to_listen_is_soon_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.wakeups._LOOK_EVERY", 0.05)
    announce(HOUSE)
    ear = Ear()
    announce(HOUSE)
    time.sleep(0.06)
    announce(HOUSE)
    assert ear.heard() == 1
    ear.close()


def test_redis_away_costs_one_try_and_no_deed(
    ear: Ear, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries = []

    def away(alias: str) -> Any:
        tries.append(alias)
        raise redis.ConnectionError("away")

    monkeypatch.setattr("core.wakeups.get_redis_connection", away)
    for _ in range(10):
        write()
    assert len(tries) == 1
    assert [record.message for record in caplog.records] == ["Redis away, streams will poll"]


def test_a_process_whose_cache_is_no_redis_says_nothing(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    write()
    assert caplog.records == []
