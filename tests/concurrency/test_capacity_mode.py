"""A house switches between tables and seats while somebody books there: one waits for the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from core.locks import Space, lock
from reservations.guests import Guest
from reservations.models import Hold, TableClaim
from reservations.proof.invariants import ALWAYS, broken
from reservations.selectors.holds import HeldPlace
from reservations.services import holds
from restaurants.models import Restaurant
from tests.concurrency.together import outcome_of, until_waiting
from tests.factories import make_bella
from tests.faults.acts import hold
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def seats(db: None) -> Restaurant:
    """A pool of seats in a house that has tables as well."""
    return make_bella(capacity_mode="seats", seats=40)


def switch(house: Restaurant, mode: str) -> int:
    return Restaurant.objects.filter(pk=house.pk).update(capacity_mode=mode, seats=40)


@contextmanager
def elsewhere(call: Any) -> Iterator[Future[Any]]:
    """The call runs in a thread with a connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(outcome_of, call)


@contextmanager
def booking_in_the_middle(
    monkeypatch: pytest.MonkeyPatch, house: Restaurant, guest: Guest
) -> Iterator[tuple[Future[Any], threading.Event]]:
    """Somebody has read the rules of the house and written nothing yet, until told to go on."""
    has_read, may_write = threading.Event(), threading.Event()
    real = holds.decide_for

    def slow(*args: Any) -> Any:
        decision = real(*args)
        has_read.set()
        assert may_write.wait(10)
        return decision

    monkeypatch.setattr(holds, "decide_for", slow)
    with elsewhere(partial(hold, house, guest)) as booking:
        assert has_read.wait(10)
        yield booking, may_write


def test_a_switch_waits_for_a_booking_and_is_refused(
    clock: Clock, seats: Restaurant, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with booking_in_the_middle(monkeypatch, seats, guest) as (booking, may_write):
        with elsewhere(partial(switch, seats, "tables")) as switching:
            until_waiting()
            may_write.set()
        assert isinstance(booking.result(10), HeldPlace)
    outcome = switching.result()
    assert isinstance(outcome, IntegrityError)
    assert outcome.__cause__.diag.constraint_name == "restaurant_mode_unused"  # type: ignore[union-attr]
    seats.refresh_from_db()
    assert (seats.capacity_mode, broken(ALWAYS)) == ("seats", {})


def test_a_booking_waits_for_a_switch_and_is_made_by_the_new_rules(
    clock: Clock, seats: Restaurant, guest: Guest
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert switch(seats, "tables") == 1
            booking = pool.submit(outcome_of, partial(hold, seats, guest))
            until_waiting()
        assert isinstance(booking.result(10), HeldPlace)
    assert TableClaim.objects.filter(released_at=None).count() == 1
    assert broken(ALWAYS) == {}


def test_without_the_wait_a_party_loses_its_place(
    clock: Clock, seats: Restaurant, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the guard as it was, which looks at once."""
    guard = import_module("reservations.migrations.0003_capacity_mode_waits")
    with connection.cursor() as cursor:
        cursor.execute(guard.AS_BEFORE)
    try:
        with booking_in_the_middle(monkeypatch, seats, guest) as (booking, may_write):
            assert switch(seats, "tables") == 1
            may_write.set()
            assert isinstance(booking.result(10), HeldPlace)
        assert broken(ALWAYS).keys() == {"party_without_place"}
    finally:
        with connection.cursor() as cursor:
            cursor.execute(guard.WAITING)


def test_a_switch_waits_for_no_other_house_and_no_booking_for_another_booking(
    clock: Clock, seats: Restaurant, bella: Restaurant, guest: Guest
) -> None:
    with transaction.atomic():
        lock(Space.SERVICE_DAY, bella.public_id, clock.now.date())
        with elsewhere(partial(switch, seats, "tables")) as switching:
            assert switching.result(10) == 1
        with elsewhere(partial(hold, bella, guest)) as booking:
            assert isinstance(booking.result(10), HeldPlace)
    assert Hold.objects.count() == 1
