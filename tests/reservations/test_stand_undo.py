"""Undo at the host stand: everything exactly as it was, or nothing and why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from core.errors import NotFound
from reservations.errors import (
    UndoImpossible,
)
from reservations.models import Reservation
from reservations.services import stand
from reservations.services.stand import Undo
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import (
    DATE,
    HOST,
    at,
    booked,
    check_promises,
    fingerprint,
    fresh,
    ids,
    make_house,
    tables_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(db: None) -> Restaurant:
    """Five tables of a house in New York."""
    return make_house()


# Undo


def _arrive(row: Reservation, venue: Restaurant) -> Undo:
    return stand.arrive(row.public_id, expected=fresh(row).version, by=HOST)


def _seat(row: Reservation, venue: Restaurant) -> Undo:
    return stand.seat(row.public_id, expected=fresh(row).version, by=HOST)


def _seat_elsewhere(row: Reservation, venue: Restaurant) -> Undo:
    return stand.seat(row.public_id, expected=fresh(row).version, by=HOST, tables=ids(venue, "3"))


def _no_show(row: Reservation, venue: Restaurant) -> Undo:
    return stand.no_show(row.public_id, expected=fresh(row).version, by=HOST)


def _move(row: Reservation, venue: Restaurant) -> Undo:
    return stand.move(row.public_id, ids(venue, "4", "5"), expected=fresh(row).version, by=HOST)


def _merge(row: Reservation, venue: Restaurant) -> Undo:
    return stand.merge(row.public_id, ids(venue, "3")[0], expected=fresh(row).version, by=HOST)


def _extend(row: Reservation, venue: Restaurant) -> Undo:
    return stand.extend(row.public_id, expected=fresh(row).version, by=HOST)


def _resize(row: Reservation, venue: Restaurant) -> Undo:
    return stand.change_size(row.public_id, 6, expected=fresh(row).version, by=HOST)


def _retime(row: Reservation, venue: Restaurant) -> Undo:
    return stand.change_time(row.public_id, at("21:00"), expected=fresh(row).version, by=HOST)


def _block(row: Reservation, venue: Restaurant) -> Undo:
    return stand.block(
        venue.public_id, DATE, ids(venue, "4", "5"), at("19:00"), at("20:00"), by=HOST
    )


def _pause(row: Reservation, venue: Restaurant) -> Undo:
    return stand.pause_online(venue.public_id, DATE, by=HOST)


def _cap(row: Reservation, venue: Restaurant) -> Undo:
    return stand.cap_next_hour(venue.public_id, DATE, 2, by=HOST)


def _note(row: Reservation, venue: Restaurant) -> Undo:
    return stand.write_note(venue.public_id, DATE, "86 fish", by=HOST)


def _shift(row: Reservation, venue: Restaurant) -> Undo:
    return stand.put_on_shift(venue.public_id, DATE, "Anna", by=HOST)


EVERY = [
    _arrive,
    _seat,
    _seat_elsewhere,
    _no_show,
    _move,
    _merge,
    _extend,
    _resize,
    _retime,
    _block,
    _pause,
    _cap,
    _note,
    _shift,
]


@pytest.mark.parametrize("action", EVERY)
def test_undo_restores_every_row_exactly(
    venue: Restaurant, clock: Clock, action: Callable[[Reservation, Restaurant], Undo]
) -> None:
    venue.services.update(slot_covers=8)
    row = booked(venue)
    clock.now = at("19:03") + dt.timedelta(microseconds=123_457)
    stand.write_note(venue.public_id, DATE, "before", by=HOST, service=row.service_id)
    booked(venue, "21:00", name="Bea")
    before, seen = fingerprint(), fresh(row).version
    done = action(row, venue)
    assert fingerprint() != before
    clock.advance(seconds=10)
    assert stand.undo(done.token, by=HOST) == done.said
    assert fingerprint() == before
    assert fresh(row).version >= seen
    assert stand.undo(done.token, by=HOST) == done.said
    assert fingerprint() == before
    check_promises()


@pytest.mark.parametrize("last", ["check_dropped", "paid", "completed"])
def test_undo_restores_the_steps_at_the_table(venue: Restaurant, clock: Clock, last: str) -> None:
    row = booked(venue)
    clock.now = at("19:03")
    while fresh(row).status != last:
        before = fingerprint()
        done = stand.next_state(row.public_id, expected=fresh(row).version, by=HOST)
    stand.undo(done.token, by=HOST)
    assert fingerprint() == before
    check_promises()


def test_undo_of_a_swap(venue: Restaurant, clock: Clock) -> None:
    row, other = booked(venue), booked(venue, "18:30", name="Bea")
    before = fingerprint()
    done = stand.swap(
        row.public_id,
        other.public_id,
        expected=fresh(row).version,
        other_expected=fresh(other).version,
        by=HOST,
    )
    stand.undo(done.token, by=HOST)
    assert fingerprint() == before


def test_undo_of_a_walk_in_cancels_it(venue: Restaurant, clock: Clock) -> None:
    clock.now = at("19:00")
    done = stand.walk_in(venue.public_id, DATE, 2, by=HOST)
    stand.undo(done.token, by=HOST)
    row = Reservation.objects.get()
    assert (row.status, tables_of(row)) == ("cancelled", [])
    check_promises()


def test_undo_is_over_after_ten_seconds(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    done = _arrive(row, venue)
    clock.advance(seconds=10, microseconds=1)
    with pytest.raises(UndoImpossible, match="More than ten seconds"):
        stand.undo(done.token, by=HOST)
    assert fresh(row).status == "arrived"


def test_undo_is_refused_when_somebody_changed_it_since(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    clock.now = at("19:00")
    first = _arrive(row, venue)
    _seat(row, venue)
    with pytest.raises(UndoImpossible, match="Ada was changed by Hanna Host at 19:00"):
        stand.undo(first.token, by=HOST)
    assert fresh(row).status == "seated"


def test_undo_is_refused_when_the_table_is_somebody_elses_now(
    venue: Restaurant, clock: Clock
) -> None:
    row = booked(venue)
    clock.now = at("19:10")
    done = _no_show(row, venue)
    stand.walk_in(venue.public_id, DATE, 2, by=HOST, name="Bea")
    before = fingerprint()
    with pytest.raises(UndoImpossible, match="Table 1 has been given to Bea meanwhile"):
        stand.undo(done.token, by=HOST)
    assert fingerprint() == before
    check_promises()


def test_undo_is_refused_when_the_limit_is_used_up_since(venue: Restaurant, clock: Clock) -> None:
    venue.services.update(slot_covers=2)
    row = booked(venue)
    clock.now = at("19:10")
    done = _no_show(row, venue)
    stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, "2"))
    before = fingerprint()
    with pytest.raises(UndoImpossible, match="Somebody else has taken the place"):
        stand.undo(done.token, by=HOST)
    assert fingerprint() == before


def test_nobody_undoes_at_another_house(venue: Restaurant, clock: Clock) -> None:
    done = _arrive(booked(venue), venue)
    with pytest.raises(NotFound):
        stand.undo(done.token, by=HOST, restaurant="rest_other")
