"""The actions of the host stand, through the real services and database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from core.errors import Forbidden
from core.models import AuditEntry
from reservations.engine.stand import AlertKind, TableState
from reservations.errors import (
    AlreadyBooked,
    LimitReached,
    NotChangeable,
    PlaceTaken,
    StaleParty,
)
from reservations.models import NightNote, Reservation, StandAction
from reservations.selectors.queue import queue_of
from reservations.services import stand
from reservations.services.stand import Undo
from restaurants.models import Restaurant
from tests import factories
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
    manager,
    put,
    read,
    tables_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(db: None) -> Restaurant:
    """Five tables of a house in New York."""
    return make_house()


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


def test_a_move_of_a_party_whose_table_is_fixed_is_another_version(
    venue: Restaurant, clock: Clock
) -> None:
    """Only its claims change; the second host, who sees the old table, is told all the same."""
    row, other = booked(venue), booked(venue, name="Bea")
    put(venue, row, "3")
    put(venue, other, "4")
    clock.now = at("18:55")
    acts: dict[str, Callable[[int], Undo]] = {
        "move": lambda seen: stand.move(row.public_id, ids(venue, "5"), expected=seen, by=HOST),
        "swap": lambda seen: stand.swap(
            row.public_id,
            other.public_id,
            expected=seen,
            other_expected=fresh(other).version,
            by=HOST,
        ),
        "merge": lambda seen: stand.merge(row.public_id, *ids(venue, "3"), expected=seen, by=HOST),
        "split": lambda seen: stand.split(row.public_id, *ids(venue, "3"), expected=seen, by=HOST),
    }
    for name, act in acts.items():
        seen = fresh(row).version
        done = act(seen)
        assert fresh(row).version == done.version == seen + 1, name
        with pytest.raises(StaleParty):
            act(seen)
    stand.undo(done.token, by=HOST)
    assert fresh(row).version == seen + 2


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


def test_the_same_tap_on_another_date_is_another_one(venue: Restaurant, clock: Clock) -> None:
    for date in (DATE, DATE + dt.timedelta(days=1), DATE):
        stand.write_note(venue.public_id, date, "86 fish", by=HOST, key="tap")
    assert NightNote.objects.count() == StandAction.objects.count() == 2


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
    assert queue_of(read(venue, clock)).seat_now(2).free_at is not None


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


# Another date's list


@pytest.mark.parametrize("time", ["19:00", "03:59"])
@pytest.mark.parametrize("action", ["arrive", "partly_arrived", "seat", "next_state"])
def test_nobody_comes_or_sits_down_on_the_list_of_tomorrow(
    action: str, time: str, venue: Restaurant, clock: Clock
) -> None:
    row = booked(venue)
    clock.now = at(time) - dt.timedelta(days=time == "19:00")
    with pytest.raises(NotChangeable, match=r"the list of 10 November, not tonight's"):
        getattr(stand, action)(row.public_id, expected=fresh(row).version, by=HOST)
    assert (fresh(row).status, claimed(row)) == ("confirmed", [("19:00", "21:10")])


def test_nobody_walks_in_waits_leaves_or_is_told_on_another_list(
    venue: Restaurant, clock: Clock
) -> None:
    here, sits = booked(venue), booked(venue, name="Bo")
    clock.now = at("18:55")
    for row in (here, sits):
        stand.arrive(row.public_id, expected=fresh(row).version, by=HOST)
    stand.seat(sits.public_id, expected=fresh(sits).version, by=HOST)
    clock.now = at("19:00") + dt.timedelta(days=1)
    every: list[Callable[[], Undo]] = [
        lambda: stand.walk_in(venue.public_id, DATE, 2, by=HOST),
        lambda: stand.join_queue(venue.public_id, DATE, 2, name="Cy", by=HOST),
        lambda: stand.table_ready(here.public_id, expected=fresh(here).version, by=HOST),
        lambda: stand.leave(sits.public_id, expected=fresh(sits).version, by=HOST),
    ]
    for refused in every:
        with pytest.raises(NotChangeable, match="not tonight's"):
            refused()
    assert Reservation.objects.count() == 2


@pytest.mark.parametrize("time", ["04:00", "12:00", "24:30", "27:59"])
def test_early_on_the_day_and_after_midnight_it_is_still_that_night(
    time: str, venue: Restaurant, clock: Clock
) -> None:
    row = booked(venue)
    clock.now = at(time)
    stand.arrive(row.public_id, expected=fresh(row).version, by=HOST)
    assert fresh(row).status == "arrived"
