"""Moving, staying, leaving, tables out of use and the house for a while, at the host stand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import NotFound
from reservations.engine.stand import TableState
from reservations.errors import (
    NotChangeable,
    PlaceTaken,
    SlotUnavailable,
)
from reservations.guests import Guest
from reservations.models import TableBlock
from reservations.services import stand
from reservations.services.availability import offers_of_day
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import (
    DATE,
    HOST,
    at,
    booked,
    check_promises,
    claimed,
    fresh,
    ids,
    make_house,
    put,
    read,
    tables_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(db: None) -> Restaurant:
    """Five tables of a house in New York."""
    return make_house()


# Moving


def test_a_party_that_sits_moves_and_its_table_is_cleared(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    clock.now = at("19:00")
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    clock.now = at("19:30")
    stand.move(row.public_id, ids(venue, "3"), expected=fresh(row).version, by=HOST)
    assert claimed(row) == [("19:30", "21:10")]
    night = read(venue, clock)
    assert [table.state for table in night.tables[:3]] == [
        TableState.BUSSING,
        TableState.FREE,
        TableState.OCCUPIED,
    ]
    check_promises()


def test_moving_onto_somebody_is_refused(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    other = booked(venue, "18:30", name="Bea")
    assert tables_of(other) == ["2"]
    with pytest.raises(PlaceTaken, match="Table 2 is taken by Bea from 18:30"):
        stand.move(row.public_id, ids(venue, "2"), expected=fresh(row).version, by=HOST)
    assert tables_of(row) == ["1"]


def test_two_parties_swap(venue: Restaurant, clock: Clock) -> None:
    row, other = booked(venue), booked(venue, "18:30", name="Bea")
    stand.swap(
        row.public_id,
        other.public_id,
        expected=fresh(row).version,
        other_expected=fresh(other).version,
        by=HOST,
    )
    assert (tables_of(row), tables_of(other)) == (["2"], ["1"])
    check_promises()


def test_tables_are_joined_and_split(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue, size=4)
    more = ids(venue, "4")[0]
    stand.merge(row.public_id, more, expected=fresh(row).version, by=HOST)
    assert tables_of(row) == ["3", "4"]
    check_promises()
    stand.split(row.public_id, more, expected=fresh(row).version, by=HOST)
    assert tables_of(row) == ["3"]
    check_promises()


def test_moved_to_another_time_it_is_counted_there(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    stand.change_time(row.public_id, at("20:15"), expected=fresh(row).version, by=HOST)
    assert fresh(row).starts_at == at("20:15")
    assert claimed(row) == [("20:15", "22:25")]
    check_promises()


def test_more_guests_get_a_larger_table(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    stand.change_size(row.public_id, 4, expected=fresh(row).version, by=HOST)
    assert (fresh(row).party_size, tables_of(row)) == (4, ["3"])
    stand.change_size(row.public_id, 6, expected=fresh(row).version, by=HOST)
    assert tables_of(row) == ["4", "5"]
    check_promises()


# Staying and leaving


def test_fifteen_minutes_more_or_who_stands_against_it(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue, "17:00")
    put(venue, row, "1")
    put(venue, booked(venue, "19:30", name="Bea"), "1")
    clock.now = at("17:00")
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    stand.extend(row.public_id, expected=fresh(row).version, by=HOST)
    assert fresh(row).expected_end == at("19:15")
    with pytest.raises(PlaceTaken, match="Table 1 is taken by Bea from 19:30"):
        stand.extend(row.public_id, expected=fresh(row).version, by=HOST)
    check_promises()


def test_leaving_early_frees_the_rest(
    venue: Restaurant, clock: Clock, new_guest: Callable[[], Guest]
) -> None:
    row = booked(venue)
    clock.now = at("19:00")
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    clock.now = at("19:20")
    stand.leave(row.public_id, expected=fresh(row).version, by=HOST)
    block = TableBlock.objects.get()
    assert (block.kind, block.starts_at, block.ends_at) == ("bussing", at("19:20"), at("19:30"))
    request = HoldRequest(venue.public_id, DATE, "19:30", 2)
    place_hold(request, new_guest(), by=HOST)
    check_promises()


def test_a_no_show_that_comes_after_all_gets_a_table_anew(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    clock.now = at("19:20")
    stand.no_show(row.public_id, expected=fresh(row).version, by=HOST)
    stand.walk_in(venue.public_id, DATE, 2, by=HOST)
    clock.now = at("19:40")
    stand.arrive(row.public_id, expected=fresh(row).version, by=HOST)
    row = fresh(row)
    assert (row.status, tables_of(row), claimed(row)) == ("arrived", ["2"], [("19:40", "21:50")])
    check_promises()


def test_a_no_show_before_its_time_is_refused(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    with pytest.raises(NotChangeable, match="time has not come"):
        stand.no_show(row.public_id, expected=fresh(row).version, by=HOST)


# Tables and the house


def test_a_blocked_table_is_nobodys(
    venue: Restaurant, clock: Clock, new_guest: Callable[[], Guest]
) -> None:
    done = stand.block(
        venue.public_id,
        DATE,
        ids(venue, "1", "2", "3", "4", "5"),
        at("18:00"),
        at("23:59"),
        by=HOST,
        note="wet",
    )
    with pytest.raises(SlotUnavailable):
        place_hold(HoldRequest(venue.public_id, DATE, "19:00", 2), new_guest(), by=HOST)
    clock.now = at("18:30")
    assert read(venue, clock).tables[0].state is TableState.BLOCKED
    stand.unblock(done.target, by=HOST)
    assert read(venue, clock).tables[0].state is TableState.FREE
    with pytest.raises(NotFound):
        stand.unblock(done.target, by=HOST)
    place_hold(HoldRequest(venue.public_id, DATE, "19:00", 2), new_guest(), by=HOST)
    check_promises()


def free_times(venue: Restaurant) -> list[str]:
    """Times that guests are offered for two."""
    found = offers_of_day(venue.public_id, DATE, 2)
    return [offer.slot.label for offer in found.offers if offer.available]


def test_a_pause_binds_what_guests_are_offered_and_hold(
    venue: Restaurant, clock: Clock, new_guest: Callable[[], Guest]
) -> None:
    clock.now = at("18:00")
    assert "19:00" in free_times(venue)
    stand.pause_online(venue.public_id, DATE, by=HOST, until=at("20:00"))
    assert free_times(venue)[0] == "20:00"
    with pytest.raises(SlotUnavailable):
        place_hold(HoldRequest(venue.public_id, DATE, "19:00", 2), new_guest(), by=HOST)
    booked(venue, "19:00")
    assert [brake.kind for brake in read(venue, clock).brakes] == ["pause"]
    stand.resume_online(venue.public_id, DATE, by=HOST)
    assert "19:00" in free_times(venue)
    stand.pause_online(venue.public_id, DATE, by=HOST)
    assert free_times(venue) == []


def test_a_cap_binds_the_next_hour(
    venue: Restaurant, clock: Clock, new_guest: Callable[[], Guest]
) -> None:
    clock.now = at("18:20")
    stand.cap_next_hour(venue.public_id, DATE, 2, by=HOST)
    place_hold(HoldRequest(venue.public_id, DATE, "19:00", 2), new_guest(), by=HOST)
    with pytest.raises(SlotUnavailable):
        place_hold(HoldRequest(venue.public_id, DATE, "19:00", 2), new_guest(), by=HOST)
    place_hold(HoldRequest(venue.public_id, DATE, "20:00", 2), new_guest(), by=HOST)
    night = read(venue, clock)
    assert [cell.online_limit for cell in night.pacing if cell.is_capped] == [2] * 5
    stand.lift_cap(venue.public_id, DATE, by=HOST)
    place_hold(HoldRequest(venue.public_id, DATE, "19:00", 2), new_guest(), by=HOST)
    check_promises()


def test_servers_get_parties_by_section_then_by_rotation(venue: Restaurant, clock: Clock) -> None:
    anna = stand.put_on_shift(venue.public_id, DATE, "Anna", by=HOST).target
    stand.put_on_shift(venue.public_id, DATE, "Ben", by=HOST)
    stand.give_section(anna, ids(venue, "1"), by=HOST)
    clock.now = at("19:00")
    for tables in (["1"], ["2"], ["3"]):
        stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, *tables))
        clock.advance(minutes=1)
    night = read(venue, clock)
    names = {server.id: server.name for server in night.servers}
    assert [names[party.server_id or 0] for party in night.parties] == ["Anna", "Ben", "Anna"]
    assert [(s.name, s.open_covers, s.pressure.value) for s in night.servers] == [
        ("Anna", 4, "third"),
        ("Ben", 2, "second"),
    ]
    stand.cut(anna, by=HOST)
    assert [names[pk] for pk in read(venue, clock).rotation] == ["Ben"]
