"""The actions of the host stand, through the real services and database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from core.actors import Actor, ActorKind
from core.errors import Forbidden, NotFound
from core.models import AuditEntry
from reservations.engine.stand import AlertKind, TableState
from reservations.errors import (
    AlreadyBooked,
    LimitReached,
    NotChangeable,
    PlaceTaken,
    SlotUnavailable,
    StaleParty,
    UndoImpossible,
)
from reservations.guests import Guest
from reservations.models import Reservation, StandAction, TableBlock
from reservations.selectors.night import Night, night_of
from reservations.services import stand
from reservations.services.availability import offers_of_day
from reservations.services.holds import HoldRequest, place_hold
from reservations.services.stand import Undo
from restaurants.models import Membership, Restaurant
from tests import factories
from tests.fixtures.domain import Clock
from tests.reservations.stand import (
    DATE,
    HOST,
    at,
    booked,
    check_promises,
    claimed,
    fingerprint,
    tables_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(db: None) -> Restaurant:
    """Five tables, the last two may be joined; two hours each and ten minutes to clear."""
    found = factories.make_restaurant(buffer_minutes=10, min_party=1, max_party=12)
    factories.make_service(found, first_seating=dt.time(11))
    tables = factories.make_tables(found, 2, 2, 4, 4, 4)
    factories.make_combination(*tables[3:], low=5, high=8)
    found.turn_times.create(up_to=99, minutes=120)
    return found


def fresh(row: Reservation) -> Reservation:
    """The row as it is now."""
    return Reservation.objects.get(pk=row.pk)


def read(venue: Restaurant, clock: Clock) -> Night:
    """The night as the stand shows it."""
    return night_of(venue.pk, DATE, clock.now)


def ids(venue: Restaurant, *labels: str) -> list[str]:
    """Public ids of tables."""
    return [venue.tables.get(label=label).public_id for label in labels]


def put(venue: Restaurant, row: Reservation, *labels: str) -> None:
    """Give a party these tables."""
    stand.move(row.public_id, ids(venue, *labels), expected=fresh(row).version, by=HOST)


def manager(venue: Restaurant) -> Actor:
    """Somebody who may overbook."""
    user = factories.make_user(is_staff=True)
    Membership.objects.create(user=user, restaurant=venue, role="manager")
    return Actor(ActorKind.STAFF, user.public_id, "Max Manager")


# A whole evening


def test_an_evening_in_single_taps(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    steps = []
    for minute, status in (
        ("18:58", "arrived"),
        ("19:02", "seated"),
        ("20:40", "check_dropped"),
        ("20:45", "paid"),
        ("20:50", "completed"),
    ):
        clock.now = at(minute)
        done = stand.next_state(row.public_id, expected=fresh(row).version, by=HOST)
        row = fresh(row)
        steps.append(row.status)
        assert row.status == status
        assert done.version == row.version
        check_promises()
    assert (row.arrived_at, row.seated_at, row.check_at, row.paid_at, row.left_at) == (
        at("18:58"),
        at("19:02"),
        at("20:40"),
        at("20:45"),
        at("20:50"),
    )
    assert tables_of(row) == []
    night = read(venue, clock)
    assert night.tables[0].state is TableState.BUSSING
    stand.cleared(venue.public_id, DATE, night.tables[0].public_id, by=HOST)
    assert read(venue, clock).tables[0].state is TableState.FREE
    check_promises()


def test_the_trail_names_the_date_and_who(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    clock.now = at("18:58")
    stand.arrive(row.public_id, expected=fresh(row).version, by=HOST)
    entry = AuditEntry.objects.get(verb="reservation.arrived")
    assert (entry.target, entry.actor_label, entry.restaurant_id) == (
        row.public_id,
        "Hanna Host",
        venue.pk,
    )
    assert entry.data["service_date"] == "2025-11-10"


def test_a_step_the_lifecycle_does_not_know_is_refused(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    with pytest.raises(NotChangeable, match="Ada is “Confirmed”"):
        stand.set_state(row.public_id, "paid", expected=fresh(row).version, by=HOST)


# Two screens, one party


def test_an_older_version_is_told_who_changed_it(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    clock.now = at("19:42")
    seen = fresh(row).version
    stand.arrive(row.public_id, expected=seen, by=HOST)
    with pytest.raises(StaleParty) as refused:
        stand.no_show(row.public_id, expected=seen, by=HOST)
    assert refused.value.text == "Ada was changed by Hanna Host at 19:42 on another screen."
    assert refused.value.details["version"] == fresh(row).version
    assert fresh(row).status == "arrived"


def test_the_same_tap_twice_is_one_action(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    clock.now = at("18:55")
    seen = fresh(row).version
    first = stand.arrive(row.public_id, expected=seen, by=HOST, key="tap")
    assert stand.arrive(row.public_id, expected=seen, by=HOST, key="tap") == first
    assert StandAction.objects.count() == 1
    one = stand.walk_in(venue.public_id, DATE, 2, by=HOST, key="w")
    assert stand.walk_in(venue.public_id, DATE, 2, by=HOST, key="w").target == one.target
    assert Reservation.objects.count() == 2


def test_any_write_of_a_reservation_raises_its_version(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    seen = fresh(row).version
    Reservation.objects.filter(pk=row.pk).update(guest_name="Bea", version=0)
    assert fresh(row).version == seen + 1
    Reservation.objects.filter(pk=row.pk).update(guest_name="Bea")
    assert fresh(row).version == seen + 1


def test_a_time_the_guest_has_already_is_refused(venue: Restaurant, clock: Clock) -> None:
    account = factories.make_user()
    row = booked(venue, user_id=account.pk)
    booked(venue, "20:30", user_id=account.pk)
    with pytest.raises(AlreadyBooked):
        stand.change_time(row.public_id, at("20:30"), expected=fresh(row).version, by=HOST)


# Sitting down


def test_an_early_party_has_its_table_from_now_on(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    clock.now = at("18:40")
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    assert claimed(row) == [("18:40", "21:10")]
    assert fresh(row).expected_end == at("20:40")
    check_promises()


def test_a_late_party_has_its_whole_turn_where_nobody_follows(
    venue: Restaurant, clock: Clock
) -> None:
    row = booked(venue)
    clock.now = at("19:25")
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    assert claimed(row) == [("19:00", "21:35")]
    check_promises()


def test_a_late_party_keeps_its_table_up_to_the_next_one_which_is_warned(
    venue: Restaurant, clock: Clock
) -> None:
    row = booked(venue, "17:00")
    following = booked(venue, "19:30", name="Bea")
    put(venue, row, "1")
    put(venue, following, "1")
    clock.now = at("17:35")
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    assert claimed(row) == [("17:00", "19:30")]
    night = read(venue, clock)
    assert [(a.kind, a.party_id, a.against_id, a.minutes) for a in night.alerts] == [
        (AlertKind.OVERSTAY, row.pk, following.pk, 5)
    ]
    check_promises()


def test_early_at_a_table_that_is_taken_is_refused_with_who_has_it(
    venue: Restaurant, clock: Clock
) -> None:
    first = booked(venue, "17:00")
    second = booked(venue, "19:30", name="Bea")
    put(venue, first, "1")
    put(venue, second, "1")
    clock.now = at("17:00")
    stand.seat(first.public_id, expected=fresh(first).version, by=HOST)
    clock.now = at("18:50")
    with pytest.raises(PlaceTaken, match="Table 1 is taken by Ada") as refused:
        stand.seat(second.public_id, expected=fresh(second).version, by=HOST)
    assert refused.value.details["against"] == "Ada"
    stand.seat(second.public_id, expected=fresh(second).version, by=HOST, suggested=True)
    assert tables_of(second) == ["2"]
    check_promises()


def test_seated_at_a_chosen_table_leaves_the_other_free(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    clock.now = at("19:00")
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST, tables=ids(venue, "3"))
    assert (tables_of(row), fresh(row).is_locked) == (["3"], True)
    assert read(venue, clock).tables[0].state is TableState.FREE
    check_promises()


def test_too_few_chairs_need_a_manager(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue, size=4)
    clock.now = at("19:00")
    more: dict[str, Any] = {"expected": fresh(row).version, "tables": ids(venue, "1")}
    with pytest.raises(LimitReached, match="no more than 2"):
        stand.seat(row.public_id, by=HOST, **more)
    with pytest.raises(Forbidden):
        stand.seat(row.public_id, by=HOST, overbook=True, **more)
    stand.seat(row.public_id, by=manager(venue), overbook=True, **more)
    assert fresh(row).overbooked == ["table_seats"]
    assert AuditEntry.objects.filter(verb="reservation.overbooked").count() == 1
    check_promises()


# Walk-ins


def test_a_walk_in_sits_at_the_best_table(venue: Restaurant, clock: Clock) -> None:
    clock.now = at("19:07")
    done = stand.walk_in(venue.public_id, DATE, 3, by=HOST)
    row = Reservation.objects.get(public_id=done.target)
    assert done.said == "Walk-in seated at 3"
    assert (row.status, row.channel, row.party_size) == ("seated", "walk_in", 3)
    assert claimed(row) == [("19:07", "21:17")]
    check_promises()


def test_a_walk_in_before_the_next_party_has_until_then(venue: Restaurant, clock: Clock) -> None:
    for name in "ABCDE":
        booked(venue, "20:30", size=2, name=name)
    clock.now = at("19:00")
    done = stand.walk_in(venue.public_id, DATE, 2, by=HOST)
    row = Reservation.objects.get(public_id=done.target)
    assert (row.expected_end, claimed(row)) == (at("20:20"), [("19:00", "20:30")])
    check_promises()


def test_a_full_house_says_so(venue: Restaurant, clock: Clock) -> None:
    clock.now = at("19:00")
    for _ in range(5):
        stand.walk_in(venue.public_id, DATE, 2, by=HOST)
    with pytest.raises(PlaceTaken, match="No table is free for 2 guests now"):
        stand.walk_in(venue.public_id, DATE, 2, by=HOST)
    assert read(venue, clock).quote(2).free_at is not None


def test_pacing_binds_walk_ins_until_a_manager_says_otherwise(
    venue: Restaurant, clock: Clock
) -> None:
    venue.services.update(slot_covers=4)
    booked(venue, size=4)
    clock.now = at("19:05")
    with pytest.raises(LimitReached, match="no more than 4 covers"):
        stand.walk_in(venue.public_id, DATE, 2, by=HOST)
    done = stand.walk_in(venue.public_id, DATE, 2, by=manager(venue), overbook=True)
    row = Reservation.objects.get(public_id=done.target)
    assert row.overbooked == ["pacing_covers"]
    check_promises()


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
