"""Processes that overlap or die, and very many events: nothing is lost, little is repeated."""

from __future__ import annotations

import resource
import signal
from collections import Counter
from collections.abc import Callable

import pytest
from django.core.cache import cache

from core.models import AuditEntry
from tests.concurrency.children import children
from tests.concurrency.together import at_once, until_readable, until_undone
from tests.faults.points import killed_at
from tests.fixtures.domain import Clock
from tests.webhooks.conftest import Reserve, states, subjects, tell
from tests.webhooks.receiver import Heard, Receiver, Reply
from webhooks.models import Delivery, Endpoint
from webhooks.services import dispatch
from webhooks.services.claims import claim
from webhooks.services.dispatch import deliver_due
from webhooks.services.feed import ensure_place
from webhooks.services.outcomes import MAX_ATTEMPTS
from webhooks.tasks import dispatch as dispatch_task

pytestmark = pytest.mark.django_db(transaction=True)

Told = Callable[[int], list[str]]


def test_two_dispatchers_at_once_skip_and_repeat_nothing(told: Told, receiver: Receiver) -> None:
    told(80)
    at_once([deliver_due, deliver_due])
    assert states() == {"delivered": 80}
    assert set(Counter(receiver.ids).values()) == {1}


def test_a_claim_is_nobody_elses_until_its_lease_ends(told: Told, clock: Clock) -> None:
    told(3)
    assert len(claim(10, {}, clock.now)) == 3
    assert claim(10, {}, clock.now) == []
    clock.advance(minutes=2, seconds=1)
    assert len(claim(10, {}, clock.now)) == 3


def test_killed_at_every_point_nothing_is_lost(
    endpoint: Endpoint, reserve: Reserve, receiver: Receiver, clock: Clock
) -> None:
    """The sweep dies before each of its statements and commits, one after the other."""
    times = ["12:00", "14:30", "17:00", "19:30"]
    point, made = 0, list[str]()
    while True:
        point += 1
        made.append(reserve(times[point % 4]).public_id)

        until_readable()

        def sweep() -> None:
            cache.delete("webhooks:dispatching")
            dispatch_task()

        with children(killed_at(point, sweep)) as [process]:
            status = process.wait()
        # Sweeps pass over rows that are locked; those of the dead are, for another moment.
        until_undone()
        waiting = set(Delivery.objects.values_list("event__subject", flat=True))
        clock.advance(minutes=3)
        cache.delete("webhooks:dispatching")
        until_readable()
        dispatch_task()
        assert set(subjects(receiver)) == set(made), f"killed at point {point}"
        assert waiting <= set(made)
        if status == 0:
            break
        assert status == -signal.SIGKILL
    assert point > 12, "the control: it was killed at as many points"
    assert states() == {"delivered": len(made)}
    repeated = sum(Counter(receiver.ids).values()) - len(made)
    assert 0 < repeated <= point, "the control: one died between sending and writing it down"


def test_a_delivery_that_ends_every_worker_is_given_up(told: Told, clock: Clock) -> None:
    told(1)
    for _ in range(MAX_ATTEMPTS):
        assert len(claim(1, {}, clock.now)) == 1
        clock.advance(minutes=3)
    deliver_due()
    delivery = Delivery.objects.get()
    assert delivery.status == "dead"
    assert delivery.last_error == "No worker finished sending this."


@pytest.mark.slow
def test_ten_thousand_events_drain_with_bounded_memory(
    clock: Clock,
    endpoint: Endpoint,
    reserve: Reserve,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatch, "SWEEP_SECONDS", 600.0)
    ensure_place()
    row = reserve()
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                at=row.created_at,
                verb="reservation.changed",
                target=row.public_id,
                restaurant_id=row.restaurant_id,
                actor_kind="staff",
                data={"before": {}, "after": {}},
            )
            for _ in range(9_999)
        ]
    )
    monkeypatch.setattr("webhooks.services.feed.PUMP_SECONDS", 600.0)
    tell()
    assert Delivery.objects.count() == 10_000
    counted = Counter[str]()

    def count(heard: Heard) -> Reply:
        # Only counted: what the receiver keeps must not be taken for what the sender keeps.
        receiver.heard.clear()
        counted[heard.id] += 1
        return Reply(204)

    receiver.reply = count
    deliver_due(500)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(5):
        while deliver_due():
            continue
        # On a busy machine an answer may come too late; then it is sent again after a while.
        clock.advance(minutes=30)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert len(counted) == 10_000
    assert set(counted.values()) <= {1, 2}
    assert states() == {"delivered": 10_000}
    assert grown < 30 * 1024, f"{grown} KiB more after 9,500 deliveries"
