"""Who serves: by section, else in turn; said at the second party, refused at the third."""

from __future__ import annotations

import pytest

from reservations.errors import ServerBusy
from reservations.models import QueueEntry, Reservation
from reservations.services import stand
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import (
    DATE,
    HOST,
    at,
    booked,
    check_promises,
    fresh,
    ids,
    make_house,
    read,
)
from tests.reservations.stand import fingerprint as book_as_it_is

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(db: None, clock: Clock) -> Restaurant:
    """Anna alone serves, at seven; two parties have just sat down."""
    house = make_house()
    stand.put_on_shift(house.public_id, DATE, "Anna", by=HOST)
    clock.now = at("19:00")
    first = stand.walk_in(house.public_id, DATE, 2, by=HOST, tables=ids(house, "1"))
    second = stand.walk_in(house.public_id, DATE, 2, by=HOST, tables=ids(house, "2"))
    assert first.said == "Walk-in seated at 1"
    assert second.said == "Walk-in seated at 2 · Anna just got another party"
    return house


def test_a_third_party_in_a_quarter_of_an_hour_is_refused_and_nothing_written(
    venue: Restaurant, clock: Clock
) -> None:
    before = book_as_it_is()
    with pytest.raises(ServerBusy) as refused:
        stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, "3"))
    assert refused.value.text == "Anna was given two parties in the last 15 minutes."
    assert book_as_it_is() == before
    check_promises()


def test_a_host_may_insist(venue: Restaurant, clock: Clock) -> None:
    stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, "3"), insist=True)
    assert set(Reservation.objects.values_list("server__name", flat=True)) == {"Anna"}
    assert Reservation.objects.count() == 3
    check_promises()


def test_a_quarter_of_an_hour_later_nobody_has_to(venue: Restaurant, clock: Clock) -> None:
    clock.advance(minutes=15)
    done = stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, "3"))
    assert done.said == "Walk-in seated at 3"


@pytest.mark.parametrize("verb", ["seat", "next_state", "queue"])
def test_whoever_sits_down_is_asked_for(verb: str, venue: Restaurant, clock: Clock) -> None:
    if verb == "queue":
        waits = stand.join_queue(venue.public_id, DATE, 2, name="Cy", by=HOST).target

        def sit(insist: bool) -> None:
            now = QueueEntry.objects.get().version
            stand.seat_queued(waits, expected=now, by=HOST, insist=insist)
    else:
        row = booked(venue, size=4)
        stand.arrive(row.public_id, expected=fresh(row).version, by=HOST)
        deed = getattr(stand, verb)

        def sit(insist: bool) -> None:
            deed(row.public_id, expected=fresh(row).version, by=HOST, insist=insist)

    with pytest.raises(ServerBusy):
        sit(False)
    sit(True)
    check_promises()


def test_another_server_takes_them(venue: Restaurant, clock: Clock) -> None:
    stand.put_on_shift(venue.public_id, DATE, "Ben", by=HOST)
    done = stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, "3"))
    assert Reservation.objects.get(public_id=done.target).server.name == "Ben"  # type: ignore[union-attr]


def test_who_is_cut_takes_no_more_in_their_own_section_either(
    venue: Restaurant, clock: Clock
) -> None:
    ben = stand.put_on_shift(venue.public_id, DATE, "Ben", by=HOST).target
    stand.give_section(ben, ids(venue, "3"), by=HOST)
    stand.cut(ben, by=HOST)
    clock.advance(minutes=20)
    done = stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, "3"))
    assert Reservation.objects.get(public_id=done.target).server.name == "Anna"  # type: ignore[union-attr]


def test_a_step_that_seats_them_is_asked_for_too(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue, size=4)
    stand.arrive(row.public_id, expected=fresh(row).version, by=HOST)
    with pytest.raises(ServerBusy):
        stand.set_state(row.public_id, "seated", expected=fresh(row).version, by=HOST)
    stand.set_state(row.public_id, "seated", expected=fresh(row).version, by=HOST, insist=True)
    assert fresh(row).status == "seated"
    check_promises()


def test_who_is_cut_and_named_did_not_just_get_another_party(
    venue: Restaurant, clock: Clock
) -> None:
    ben = stand.put_on_shift(venue.public_id, DATE, "Ben", by=HOST).target
    stand.cut(ben, by=HOST)
    done = stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, "3"), server=ben)
    assert done.said == "Walk-in seated at 3"


@pytest.mark.parametrize("is_cut", [False, True], ids=["works", "cut"])
def test_who_was_assigned_before_serves_unless_cut(
    is_cut: bool, venue: Restaurant, clock: Clock
) -> None:
    """Cara has the section, and is next up; Bob was assigned."""
    clock.advance(minutes=20)
    row = booked(venue, "19:30", size=4)
    cara = stand.put_on_shift(venue.public_id, DATE, "Cara", by=HOST).target
    stand.give_section(cara, ids(venue, "3", "4", "5"), by=HOST)
    bob = stand.put_on_shift(venue.public_id, DATE, "Bob", by=HOST).target
    stand.assign_server(row.public_id, bob, expected=fresh(row).version, by=HOST)
    if is_cut:
        stand.cut(bob, by=HOST)
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    assert fresh(row).server.name == ("Cara" if is_cut else "Bob")  # type: ignore[union-attr]
    check_promises()


def test_who_was_assigned_and_has_two_parties_is_asked_for(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue, size=4)
    anna = read(venue, clock).servers[0].public_id
    stand.put_on_shift(venue.public_id, DATE, "Ben", by=HOST)
    stand.assign_server(row.public_id, anna, expected=fresh(row).version, by=HOST)
    with pytest.raises(ServerBusy) as refused:
        stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    assert refused.value.text.startswith("Anna ")
