"""Two who wait for each other: the database ends one of them, and nobody hears of it."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from core.errors import Busy
from core.locks import again_if_undone, lock
from reservations.guests import Guest
from reservations.ledger import place
from reservations.models import Hold, Reservation
from reservations.proof.invariants import ALWAYS, broken
from reservations.services import cancellation, changes
from reservations.services.cancellation import cancel_reservation
from reservations.services.changes import Change, change_reservation
from reservations.services.holds import expire_holds
from restaurants.models import Restaurant
from tests.concurrency.together import at_once, outcome_of, until, until_waiting
from tests.factories import make_restaurant, make_service
from tests.faults.acts import hold, pay
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pool(db: None) -> Restaurant:
    """Fifty seats at lunch and at dinner, all of them counted."""
    restaurant = make_restaurant(capacity_mode="seats", seats=50)
    make_service(restaurant, name="Lunch", first_seating=dt.time(12), last_seating=dt.time(14))
    make_service(restaurant, name="Dinner")
    return restaurant


def test_a_change_and_a_sweep_that_wait_for_each_other_both_succeed(
    clock: Clock,
    pool: Restaurant,
    new_guest: Callable[[], Guest],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mover = new_guest()
    booking = pay(hold(pool, mover, "20:00"), mover).booking
    hold(pool, new_guest(), "12:00")
    hold(pool, new_guest(), "20:00")
    clock.advance(minutes=15)
    gave_up_old_place = threading.Event()
    real = place.release_reservation

    def slow(*args: Any, **more: Any) -> None:
        real(*args, **more)
        monkeypatch.setattr(changes, "release_reservation", real)
        gave_up_old_place.set()
        # The sweep has counted one back from lunch and waits for dinner; we want lunch.
        until_waiting()

    monkeypatch.setattr(changes, "release_reservation", slow)

    def move() -> object:
        return change_reservation(booking.public_id, Change(time="12:00"), by=mover.actor)

    def sweep() -> object:
        gave_up_old_place.wait(10)
        return expire_holds()

    with ThreadPoolExecutor(2) as threads:
        moved, swept = threads.map(outcome_of, (move, sweep))

    assert moved.wall_time == "12:00"
    assert not isinstance(swept, Exception)
    assert not Hold.objects.filter(status="live").exists()
    # The control. Sessions report what they saw when they end.
    until(lambda: _deadlocks() > 0, "the server has counted a deadlock")
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


def test_who_waits_too_long_for_a_row_hears_that_the_slot_is_busy(
    clock: Clock,
    pool: Restaurant,
    new_guest: Callable[[], Guest],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cancellation, "lock", partial(lock, timeout_ms=50))
    guest = new_guest()
    booking = pay(hold(pool, guest), guest).booking
    cancel = partial(cancel_reservation, booking.public_id, by=guest.actor)
    with transaction.atomic():
        Reservation.objects.select_for_update().get(pk=booking.id)
        [outcome] = at_once([cancel])
    assert isinstance(outcome, Busy)
    assert cancel().percent == 100


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
