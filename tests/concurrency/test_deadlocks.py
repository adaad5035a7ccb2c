"""Two who wait for each other: the database ends one of them, and nobody hears of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection

from core.errors import Busy
from core.locks import again_if_undone
from reservations.guests import Guest
from reservations.ledger import place
from reservations.proof.invariants import ALWAYS, broken
from reservations.services import changes
from reservations.services.changes import Change, change_reservation
from reservations.services.holds import release_hold
from restaurants.models import Restaurant
from tests.concurrency.together import outcome_of, until_waiting
from tests.factories import make_restaurant, make_service
from tests.faults.acts import hold, pay
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pool(db: None) -> Restaurant:
    """Fifty seats: each party is counted in every quarter of an hour of its stay."""
    restaurant = make_restaurant(capacity_mode="seats", seats=50)
    make_service(restaurant)
    return restaurant


def test_a_change_and_a_release_that_wait_for_each_other_both_succeed(
    clock: Clock,
    pool: Restaurant,
    new_guest: Callable[[], Guest],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mover, leaver = new_guest(), new_guest()
    booking = pay(hold(pool, mover, "20:00"), mover).booking
    held = hold(pool, leaver, "19:00", party=4)
    gave_up_old_place = threading.Event()
    real = place.release_reservation

    def slow(*args: Any, **more: Any) -> None:
        real(*args, **more)
        monkeypatch.setattr(changes, "release_reservation", real)
        gave_up_old_place.set()
        # The release has counted 19:00 to 20:00 back and waits for 20:00; we want 19:30.
        until_waiting()

    monkeypatch.setattr(changes, "release_reservation", slow)

    def move() -> object:
        return change_reservation(booking.public_id, Change(time="19:00"), by=mover.actor)

    def leave() -> object:
        gave_up_old_place.wait(10)
        return release_hold(held.public_id, leaver, by=leaver.actor)

    with ThreadPoolExecutor(2) as threads:
        moved, left = threads.map(outcome_of, (move, leave))

    assert moved.wall_time == "19:00"
    assert left is True
    assert _deadlocks() > 0, "the control: this was a deadlock"
    assert broken(ALWAYS) == {}


def test_who_loses_a_deadlock_three_times_hears_that_the_slot_is_busy() -> None:
    tried = []

    @again_if_undone
    def unlucky() -> None:
        tried.append(1)
        _raise("40P01")

    with pytest.raises(Busy) as caught:
        unlucky()
    assert len(tried) == 3
    assert caught.value.text == ("Another user is currently booking this slot. Please try again.")


def test_no_other_error_is_tried_again() -> None:
    tried = []

    @again_if_undone
    def broken_down() -> None:
        tried.append(1)
        _raise("57P01")

    with pytest.raises(OperationalError):
        broken_down()
    assert len(tried) == 1


def test_inside_a_transaction_of_the_caller_nothing_is_tried_again() -> None:
    from django.db import transaction

    tried = []

    @again_if_undone
    def part() -> None:
        tried.append(1)
        _raise("40P01")

    with pytest.raises(OperationalError), transaction.atomic():
        part()
    assert len(tried) == 1


def _raise(state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$")


def _deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
