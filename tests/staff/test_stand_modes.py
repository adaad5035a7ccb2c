"""Two taps: what a mode says of a place is what the deed does there, for a whole evening."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.errors import DomainError
from reservations.models import Reservation
from reservations.selectors.night import Night, PartyRow
from reservations.selectors.queue import Queue, queue_of
from reservations.services import stand
from restaurants.models import Restaurant
from staff.views.stand import words
from staff.views.stand.cells import mode_in_time
from staff.views.stand.modes import mode_of
from staff.views.stand.queue_words import wait_words
from tests.fixtures.domain import Clock
from tests.reservations.stand import (
    DATE,
    HOST,
    at,
    booked,
    fresh,
    ids,
    make_house,
    put,
    read,
    tables_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(clock: Clock) -> Restaurant:
    return make_house()


@pytest.fixture
def evening(venue: Restaurant, clock: Clock) -> dict[str, Reservation]:
    """Twenty past seven: one stays too long, two sit, some come, a table is to be cleared."""
    placed = (
        ("Over", "17:00", 2, ("1",)),
        ("Early", "17:30", 2, ("2",)),
        ("Gone", "17:00", 3, ("3",)),
        ("Six", "18:00", 6, ("4", "5")),
        ("Next", "19:30", 2, ("1",)),
        ("Bea", "20:00", 2, ("2",)),
        ("Jonas", "19:30", 4, ("3",)),
        ("Carla", "20:30", 4, ("4",)),
        ("Steps", "20:30", 2, ("5",)),
        ("Late", "22:00", 2, ("1",)),
    )
    rows = {}
    for name, time, size, labels in placed:
        rows[name] = booked(venue, time, size, name)
        put(venue, rows[name], *labels)
    Reservation.objects.filter(pk=rows["Steps"].pk).update(step_free=True)
    for name, time in (("Over", "17:00"), ("Gone", "17:05"), ("Early", "17:40"), ("Six", "18:00")):
        clock.now = at(time)
        stand.seat(rows[name].public_id, expected=fresh(rows[name]).version, by=HOST)
    clock.now = at("19:15") + dt.timedelta(seconds=20)
    gone = rows.pop("Gone")
    stand.leave(gone.public_id, expected=fresh(gone).version, by=HOST)
    venue.tables.filter(label__in="45").update(step_free=True)
    clock.now = at("19:20") + dt.timedelta(seconds=20)
    return rows


def refusal(act: Callable[[], Any]) -> str:
    """Why a deed is refused, empty for one that is done; everything is taken back."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                act()
                connection.check_constraints()
        except DomainError as error:
            return str(error) or type(error).__name__
        finally:
            transaction.set_rollback(True)
    return ""


def asked(mode: str, party: PartyRow) -> dict[str, str]:
    return {"mode": mode, "party": party.public_id}


def nobody_waits() -> Queue:
    raise AssertionError("the queue is not asked")


def given(queue: Queue) -> Callable[[], Queue]:
    return lambda: queue


def swap(party: PartyRow, other: str, other_expected: int) -> Callable[[], Any]:
    return lambda: stand.swap(
        party.public_id, other, expected=party.version, other_expected=other_expected, by=HOST
    )


def said_of_pairs(night: Night) -> list[tuple[PartyRow, PartyRow, bool, str]]:
    found = []
    for party in night.parties:
        mode = mode_in_time(night, asked("swap", party), nobody_waits)
        if mode is None:
            continue
        for other, place in mode["swaps"].items():
            second = next(each for each in night.parties if each.public_id == other)
            found.append((party, second, place["ok"], place["reason"]))
    return found


def test_any_two_parties_may_change_tables_where_it_is_green(
    venue: Restaurant, evening: dict[str, Reservation], clock: Clock
) -> None:
    night = read(venue, clock)
    pairs = said_of_pairs(night)
    assert len(pairs) == 9 * 8
    wrong = []
    for party, other, ok, reason in pairs:
        refused = refusal(swap(party, other.public_id, other.version))
        if ok == bool(refused):
            wrong.append((party.name, other.name, reason, refused))
    assert wrong == []
    green = {(party.name, other.name) for party, other, ok, _ in pairs if ok}
    assert green == {("Carla", "Steps"), ("Steps", "Carla")}
    assert all(ok or reason for _, _, ok, reason in pairs)


def test_a_table_is_green_for_a_swap_where_the_parties_may_change(
    venue: Restaurant, evening: dict[str, Reservation], clock: Clock
) -> None:
    six = fresh(evening["Six"])
    stand.leave(six.public_id, expected=six.version, by=HOST)
    clock.now = at("19:40")
    night = read(venue, clock)
    green = []
    for party in night.parties:
        mode = mode_of(night, asked("swap", party), nobody_waits)
        for place in mode.places.values() if mode else ():
            if place.ok and place.fields is not None:
                other, expected = place.fields["other"], int(place.fields["other_expected"])
                green.append((party.name, place.label, place.reason))
                assert refusal(swap(party, other, expected)) == "", green[-1]
    assert green == [("Carla", "5", "Steps"), ("Steps", "4", "Carla")]


def test_a_red_swap_says_against_whom(
    venue: Restaurant, evening: dict[str, Reservation], clock: Clock
) -> None:
    night = read(venue, clock)
    said = {(one.name, two.name): reason for one, two, _, reason in said_of_pairs(night)}
    assert said["Late", "Next"] == "The same table"
    assert said["Late", "Jonas"] == "Jonas cannot have table 1: 2 seats"
    assert said["Bea", "Next"] == "Taken · Late"
    assert said["Carla", "Jonas"] == "Jonas cannot have table 4: Taken · Six"
    assert said["Steps", "Jonas"] == "Has steps"


def test_parties_at_the_same_table_have_nothing_to_change(
    venue: Restaurant, evening: dict[str, Reservation], clock: Clock
) -> None:
    one, other = fresh(evening["Next"]), fresh(evening["Late"])
    refused = refusal(
        lambda: stand.swap(
            one.public_id,
            other.public_id,
            expected=one.version,
            other_expected=other.version,
            by=HOST,
        )
    )
    assert refused == "Next and Late both have table 1: nothing would change."
    assert tables_of(other) == ["1"]


def test_a_table_is_green_for_blocking_where_nobody_has_it(
    venue: Restaurant, evening: dict[str, Reservation], clock: Clock
) -> None:
    for time in ("19:20", "20:05", "21:00"):
        clock.now = at(time) + dt.timedelta(seconds=20)
        mode = mode_of(read(venue, clock), {"mode": "block"}, nobody_waits)
        assert mode is not None
        for place in mode.places.values():
            table = ids(venue, place.label)
            hour = dt.timedelta(hours=1)
            refused = refusal(
                lambda table=table, hour=hour: stand.block(  # type: ignore[misc]
                    venue.public_id, DATE, table, clock.now, clock.now + hour, by=HOST
                )
            )
            assert place.ok is not bool(refused), (time, place, refused)


def test_blocking_says_who_comes_first(
    venue: Restaurant, evening: dict[str, Reservation], clock: Clock
) -> None:
    stand.cleared(venue.public_id, DATE, *ids(venue, "3"), by=HOST)
    mode = mode_of(read(venue, clock), {"mode": "block"}, nobody_waits)
    assert mode is not None
    said = {place.label: (place.ok, place.reason, place.short) for place in mode.places.values()}
    assert said["3"] == (False, "Taken · Jonas", "Taken")
    assert said["1"] == (False, "Somebody sits there", "Somebody sits there")


def test_a_choice_asks_the_database_nothing(
    venue: Restaurant, evening: dict[str, Reservation], clock: Clock
) -> None:
    night = read(venue, clock)
    with CaptureQueriesContext(connection) as found:
        said_of_pairs(night)
        mode_of(night, {"mode": "block"}, nobody_waits)
    assert len(found) == 0


# Seat now


def test_a_walk_in_sits_where_seat_now_says_and_nowhere_else(
    venue: Restaurant, clock: Clock
) -> None:
    for label in "12345":
        put(venue, booked(venue, "20:00", 2, label), label)
    answers = {}
    for time in ("19:19", "19:20", "19:21", "19:25", "19:30", "19:31"):
        clock.now = at(time)
        queue = queue_of(read(venue, clock))
        found = queue.seat_now(2)
        mode = mode_of(queue.night, {"mode": "walk_in", "size": "2"}, given(queue))
        assert mode is not None
        for place in mode.places.values():
            table = ids(venue, place.label)
            refused = refusal(
                lambda table=table: stand.walk_in(  # type: ignore[misc]
                    venue.public_id, DATE, 2, tables=table, by=HOST
                )
            )
            assert place.ok is (refused == "") is found.is_yes, (time, place, refused)
        answers[time] = words.quote_line(queue.night, found)
    short = "Yes: table 1 until 19:50. That is {} min, not a whole turn."
    late = "Not now. Nothing comes free for long enough before the last seating."
    assert answers == {
        "19:19": short.format(31),
        "19:20": short.format(30),
        **dict.fromkeys(("19:21", "19:25", "19:30", "19:31"), late),
    }


def test_seat_now_promises_no_more_than_the_queue(
    venue: Restaurant, evening: dict[str, Reservation], clock: Clock
) -> None:
    said = {}
    for time in ("19:20", "20:35", "21:40", "22:05"):
        clock.now = at(time)
        queue = queue_of(read(venue, clock))
        last = queue.night.minute(at("22:00"))
        for size, wait in queue.waits(range(1, 13)).items():
            quote = queue.seat_now(size)
            assert quote.is_yes or (quote.free_at, wait.is_now) == (wait.at, False), (time, size)
            assert quote.free_at is None or queue.night.floor.now < quote.free_at <= last
            line, short = (
                words.quote_line(queue.night, quote),
                words.quote_short(queue.night, quote),
            )
            said[time, size] = (short, line, wait_words(wait, queue.night))
    late = "othing comes free for long enough before the last seating"
    assert said["20:35", 6] == ("full", f"Not now. N{late}.", f"n{late}")
    assert said["20:35", 2][:2] == ("at 21:40", "Not now. A table is free at about 21:40.")
    assert said["20:35", 9][0] == "none"
