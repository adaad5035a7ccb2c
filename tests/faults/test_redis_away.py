"""Redis is emptied all the time, or not there at all: bookings go on and messages leave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import current_app
from django.core.cache import cache

from config.embedded.layout import layout_of
from config.embedded.redis_server import Redis
from core import jobs
from notifications.models import Message
from reservations.guests import Guest
from reservations.models import Reservation
from reservations.proof.aftermath import come_to_rest
from reservations.proof.invariants import ALWAYS, AT_REST, broken
from reservations.selectors.holds import HeldPlace
from restaurants.models import Restaurant
from tests.concurrency.together import at_once
from tests.faults.acts import hold, pay
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def own_redis(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    """A Redis of this test's own: other tests use the common one at the same time."""
    monkeypatch.setattr(jobs, "_woken", {})
    server = Redis(layout_of(tmp_path, durable=False))
    server.start()
    cache_settings = settings.CACHES["default"] | {"LOCATION": server.url}
    settings.CACHES = {"default": cache_settings}
    before = {name: current_app.conf[name] for name in ("broker_url", "task_always_eager")}
    broker = server.url.replace("unix://", "redis+socket://")
    current_app.conf.update(broker_url=broker, task_always_eager=False)
    yield server
    current_app.conf.update(before)
    server.stop()


def book_a_full_house(bella: Restaurant, new_guest: Callable[[], Guest]) -> None:
    """Sixteen want ten tables; those who get one pay."""

    def book(guest: Guest) -> object:
        held: HeldPlace = hold(bella, guest)
        return pay(held, guest)

    outcomes = at_once([partial(book, new_guest()) for _ in range(16)])
    names = sorted(type(outcome).__name__ for outcome in outcomes)
    assert names == ["Confirmation"] * 10 + ["SlotUnavailable"] * 6
    assert Reservation.objects.count() == 10
    assert broken(ALWAYS) == {}


def everybody_is_told() -> None:
    assert Message.objects.filter(status="queued").count() == 10
    come_to_rest()
    assert Message.objects.filter(status="sent").count() == 10
    assert broken(AT_REST) == {}


def test_emptied_every_few_milliseconds(
    clock: Clock, bella: Restaurant, new_guest: Callable[[], Guest], own_redis: Redis
) -> None:
    client, over, emptied = redis.Redis.from_url(own_redis.url), threading.Event(), 0

    def empty() -> None:
        nonlocal emptied
        while not over.wait(0.002):
            client.flushall()
            emptied += 1

    emptier = threading.Thread(target=empty)
    emptier.start()
    try:
        cache.set("control", 1)
        book_a_full_house(bella, new_guest)
    finally:
        over.set()
        emptier.join()
        client.close()
    assert emptied > 3, "the control: it was emptied meanwhile"
    assert cache.get("control") is None
    everybody_is_told()


def test_not_there_at_all(
    clock: Clock, bella: Restaurant, new_guest: Callable[[], Guest], own_redis: Redis
) -> None:
    own_redis.stop()
    assert cache.add("control", 1) in (None, False), "the control: it is away"
    asked = time.monotonic()
    jobs.enqueue("payments.settle_unknown")
    assert time.monotonic() - asked < 3, "nobody waits for a broker that is away"
    book_a_full_house(bella, new_guest)
    everybody_is_told()
