"""Who serves: by section, else in turn; said at the second party, refused at the third."""

from __future__ import annotations

import pytest

from reservations.errors import ServerBusy
from reservations.models import QueueEntry, Reservation
from reservations.services import stand
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, check_promises, fresh, ids, make_house
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
