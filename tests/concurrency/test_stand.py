"""Two hosts and many guests at one moment: one word counts, and no table is given twice.

The controls show that lock, version and constraint are what sees to that.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from core.models import AuditEntry
from reservations.errors import StaleParty
from reservations.guests import Guest
from reservations.models import Reservation, TableBlock
from reservations.proof.invariants import OVERLAPPING_CLAIMS
from reservations.selectors.night import night_of
from reservations.services import stand
from reservations.services.holds import HoldRequest, place_hold
from reservations.services.stand import acting, sweeps
from restaurants.models import Restaurant
from tests import factories
from tests.concurrency.guards import without
from tests.concurrency.together import at_once, kind, outcome_of, until_waiting
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, check_promises, tables_of

pytestmark = pytest.mark.django_db(transaction=True)

NewGuest = Callable[[], Guest]
CLAIMS = ("reservations_tableclaim", "claim_table_once")


def venue_of(*sizes: int) -> Restaurant:
    """A house with these tables, two hours a party and ten minutes to clear."""
    found = factories.make_restaurant(buffer_minutes=10, window_days=365)
    factories.make_service(found, first_seating=dt.time(11))
    factories.make_tables(found, *sizes)
    found.turn_times.create(up_to=99, minutes=120)
    return found


def version(row: Reservation) -> int:
    """The party's version now."""
    return Reservation.objects.values_list("version", flat=True).get(pk=row.pk)


def test_of_two_hosts_on_one_party_one_wins_and_the_other_is_told(clock: Clock) -> None:
    row = booked(venue_of(2))
    clock.now = at("19:05")
    seen = version(row)
    arrive = partial(stand.arrive, row.public_id, expected=seen, by=HOST)
    gone = partial(stand.no_show, row.public_id, expected=seen, by=HOST)
    assert kind(at_once([arrive, gone])) == {"StaleParty": 1, "Undo": 1}
    check_promises()


def test_without_versions_the_second_host_overwrites_the_first(clock: Clock) -> None:
    """The control: what was asked for last is what counts, unseen."""
    row = booked(venue_of(2))
    clock.now = at("19:05")
    stand.arrive(row.public_id, expected=version(row), by=HOST)
    stand.no_show(row.public_id, expected=version(row), by=HOST)
    assert Reservation.objects.get(pk=row.pk).status == "no_show"


def test_a_double_tap_at_one_moment_is_one_walk_in(clock: Clock) -> None:
    venue = venue_of(2, 2)
    clock.now = at("19:00")
    tap = partial(stand.walk_in, venue.public_id, DATE, 2, by=HOST, key="tap")
    outcomes = at_once([tap, tap, tap])
    assert len({each.token for each in outcomes}) == 1
    assert Reservation.objects.count() == 1


def both_read_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two actions read the night before either writes: the worst of all timings."""
    barrier = threading.Barrier(2)

    def read(*args: Any) -> Any:
        found = night_of(*args)
        barrier.wait(30)
        return found

    monkeypatch.setattr(acting, "night_of", read)
    monkeypatch.setattr(acting, "lock", lambda *_, **__: None)


def two_walk_ins(venue: Restaurant) -> dict[str, int]:
    """Two hosts seat two walk-ins at the only table."""
    walk_in = partial(stand.walk_in, venue.public_id, DATE, 2, by=HOST)
    return kind(at_once([walk_in, walk_in]))


def test_two_walk_ins_for_the_last_table(clock: Clock) -> None:
    venue = venue_of(2)
    clock.now = at("19:00")
    assert two_walk_ins(venue) == {"PlaceTaken": 1, "Undo": 1}
    check_promises()


def test_without_the_lock_the_database_refuses_the_second(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = venue_of(2)
    clock.now = at("19:00")
    both_read_first(monkeypatch)
    assert two_walk_ins(venue) == {"SlotUnavailable": 1, "Undo": 1}
    check_promises()


def test_without_lock_and_constraint_both_sit_at_one_table(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: if this fails, the tests above prove nothing."""
    venue = venue_of(2)
    clock.now = at("19:00")
    both_read_first(monkeypatch)
    with without(*CLAIMS):
        assert two_walk_ins(venue) == {"Undo": 2}
        assert len(OVERLAPPING_CLAIMS.violations()) == 1


def test_hosts_and_guests_race_for_the_floor(clock: Clock, new_guest: NewGuest) -> None:
    venue = venue_of(2, 2, 4)
    parties = [booked(venue, "18:00", name=name) for name in "AB"]
    clock.now = at("18:10")
    floor = [table.public_id for table in venue.tables.order_by("label")]
    calls: list[Callable[[], Any]] = []
    for row in parties:
        seat = partial(stand.seat, row.public_id, expected=version(row), by=HOST)
        calls += [partial(seat, tables=[floor[2]]), partial(seat, suggested=True)]
    calls += [partial(stand.walk_in, venue.public_id, DATE, 2, by=HOST) for _ in range(2)]
    for time in ("18:30", "19:00", "20:30"):
        request = HoldRequest(venue.public_id, DATE, time, 2)
        calls += [partial(place_hold, request, new_guest(), by=HOST) for _ in range(2)]
    outcomes = at_once(calls)
    known = {"HeldPlace", "PlaceTaken", "SlotUnavailable", "StaleParty", "Undo"}
    assert set(kind(outcomes)) <= known
    assert kind(outcomes)["Undo"] >= 2
    check_promises()


def test_an_undo_and_a_guest_race_for_the_table(clock: Clock, new_guest: NewGuest) -> None:
    venue = venue_of(2)
    row = booked(venue, "19:00")
    clock.now = at("19:01")
    done = stand.no_show(row.public_id, expected=version(row), by=HOST)
    request = HoldRequest(venue.public_id, DATE, "19:30", 2)
    outcomes = at_once(
        [
            partial(stand.undo, done.token, by=HOST),
            partial(place_hold, request, new_guest(), by=HOST),
        ]
    )
    won = kind(outcomes)
    assert won in ({"SlotUnavailable": 1, "str": 1}, {"HeldPlace": 1, "UndoImpossible": 1})
    assert tables_of(row) == (["1"] if "str" in won else [])
    check_promises()


def test_swaps_both_ways_at_once_do_not_wait_for_each_other(clock: Clock) -> None:
    venue = venue_of(2, 2)
    one, two = booked(venue, "19:00", name="A"), booked(venue, "18:30", name="B")
    clock.now = at("17:00")
    there = partial(
        stand.swap,
        one.public_id,
        two.public_id,
        expected=version(one),
        other_expected=version(two),
        by=HOST,
    )
    back = partial(
        stand.swap,
        two.public_id,
        one.public_id,
        expected=version(two),
        other_expected=version(one),
        by=HOST,
    )
    outcomes = at_once([there, back])
    assert kind(outcomes) == {"StaleParty": 1, "Undo": 1}
    assert isinstance(next(o for o in outcomes if not isinstance(o, stand.Undo)), StaleParty)
    check_promises()


def test_a_table_that_is_cleared_while_its_time_ends_is_so_once(clock: Clock) -> None:
    venue = venue_of(2)
    clock.now = at("19:00")
    done = stand.walk_in(venue.public_id, DATE, 2, by=HOST)
    row = Reservation.objects.get(public_id=done.target)
    stand.leave(row.public_id, expected=row.version, by=HOST)
    block = TableBlock.objects.get()
    table = block.table.public_id
    clock.now = block.ends_at
    found: list[Any] = []

    def clear() -> None:
        found.append(outcome_of(lambda: stand.cleared(venue.public_id, DATE, table, by=HOST)))

    thread = threading.Thread(target=clear)
    with transaction.atomic():
        assert sweeps.end_clearing() == 1
        thread.start()
        until_waiting(1)
    thread.join(30)
    assert kind(found) == {"NotFound": 1}
    assert AuditEntry.objects.filter(verb="table.cleared").count() == 1
