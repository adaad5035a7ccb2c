"""A process stands still in the middle, longer than any lock lasts, and then goes on.

It wakes up believing that it still holds what it held. It must find out, before it sells a table
or keeps money; and nobody else may have to wait for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from django.db import connection

from core import locks
from reservations.errors import SlotUnavailable
from reservations.guests import Guest
from reservations.models import Hold, Reservation
from reservations.proof.aftermath import come_to_rest, sweep
from reservations.proof.invariants import ALWAYS, AT_REST, OVERLAPPING_CLAIMS, broken
from reservations.services.holds import release_hold
from restaurants.models import Restaurant
from tests.concurrency.children import Child, children
from tests.concurrency.guards import without, without_lock
from tests.factories import make_bella
from tests.faults.acts import hold, pay
from tests.faults.conftest import SharedClock
from tests.faults.points import stopped_at

pytestmark = pytest.mark.django_db(transaction=True)

NewGuest = Callable[[], Guest]
SILENCE_MS = 150


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database gives up on a silent transaction after this long, instead of 15 seconds."""
    monkeypatch.setattr(locks, "IDLE_TIMEOUT_MS", SILENCE_MS)


@pytest.fixture
def small(shared_clock: SharedClock) -> Restaurant:
    """One table."""
    return make_bella(tables=1)


def stopped_everywhere(prepare: Callable[[], Callable[[], object]]) -> Iterator[tuple[int, Child]]:
    """A process that stands still at the first point of its work, then one at the second, …"""
    for point in itertools.count(1):
        with children(stopped_at(point, prepare())) as [process]:
            if not process.stands_still():
                return
            yield point, process


def test_placing_a_hold_stopped_anywhere_sells_the_last_table_once(
    small: Restaurant, new_guest: NewGuest, capfd: pytest.CaptureFixture[str]
) -> None:
    stops = 0

    def prepare() -> Callable[[], object]:
        guest = new_guest()
        return lambda: hold(small, guest)

    for point, process in stopped_everywhere(prepare):
        rival = new_guest()
        # Waits for the lock until the database has ended the sleeper's transaction, no longer.
        held = hold(small, rival)
        process.thaw()
        process.wait()
        assert Hold.objects.filter(status="live").count() == 1, f"stopped at point {point}"
        assert broken(ALWAYS) == {}
        assert "SlotUnavailable" in capfd.readouterr().err, "the sleeper heard the truth"
        release_hold(held.public_id, rival, by=rival.actor)
        stops += 1
    assert stops >= 4, "the control: it was stopped at as many points"


def test_with_a_lock_that_lapses_while_its_owner_sleeps_the_table_is_sold_twice(
    small: Restaurant, new_guest: NewGuest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: contract 2's lock ends by itself, and nothing tells the sleeper."""
    without_lock(monkeypatch)
    sold_twice = 0

    def prepare() -> Callable[[], object]:
        guest = new_guest()
        return lambda: hold(small, guest)

    with without("reservations_tableclaim", "claim_table_once"):
        for _, process in stopped_everywhere(prepare):
            hold(small, new_guest())
            process.thaw()
            process.wait()
            sold_twice = len(OVERLAPPING_CLAIMS.violations())
            if sold_twice:
                break
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE reservations_hold CASCADE")
    assert sold_twice > 0


@pytest.mark.slow
@pytest.mark.parametrize("is_taken", [False, True], ids=["table-free", "table-taken"])
def test_paying_stopped_anywhere_for_longer_than_the_hold_loses_no_money(
    shared_clock: SharedClock, new_guest: NewGuest, is_taken: bool
) -> None:
    stops = 0
    houses: list[Restaurant] = []

    def prepare() -> Callable[[], object]:
        houses.append(make_bella(tables=1))
        guest = new_guest()
        held = hold(houses[-1], guest)
        return lambda: pay(held, guest)

    for point, process in stopped_everywhere(prepare):
        shared_clock.advance(minutes=30)
        sweep()
        rival = new_guest()
        if is_taken:
            # The sweep may have confirmed what the sleeper had paid for.
            with suppress(SlotUnavailable):
                pay(hold(houses[-1], rival), rival)
        process.thaw()
        process.wait()
        assert broken(ALWAYS) == {}, f"stopped at point {point}"
        come_to_rest()
        assert broken(AT_REST) == {}, f"stopped at point {point}"
        stops += 1
    assert stops > 6, "the control: it was stopped at as many points"
    assert Reservation.objects.exists()
