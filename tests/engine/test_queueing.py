"""What a party at the door is told: how long, and why."""

from __future__ import annotations

from typing import Any

import pytest

from reservations.engine import stand
from reservations.engine.lifecycle import Status
from reservations.engine.queueing import (
    Cause,
    Reason,
    Turn,
    Waiting,
    expected_end,
    least_stay,
    played,
    quote_for,
    quotes,
    rounded,
    size_class,
    usual_turn,
)
from reservations.engine.stand import Guest, Owner, Use
from reservations.engine.types import Combination
from tests.engine.builders import dinner, friday, table
from tests.engine.test_stand import party, plan_of

SEVEN = friday("19:00")


def sitting(number: int, table_id: int, since: int, **more: Any) -> Guest:
    """Two guests at a table since then, booked for an hour and a half."""
    values: dict[str, Any] = {
        "status": Status.SEATED,
        "table_ids": (table_id,),
        "starts": since,
        "ends": since + 90,
        "seated": since,
        "service_id": 1,
    }
    return party(number, **(values | more))


def floor_of(plan: Any, *guests: Guest, reset: int = 0, more: tuple[Use, ...] = ()) -> stand.Floor:
    uses = [
        Use(t, g.starts, g.ends, Owner.PARTY, g.id, g.name) for g in guests for t in g.table_ids
    ]
    return stand.floor_of(plan, [*uses, *more], guests, SEVEN, reset)


def test_a_free_table_is_now() -> None:
    wait = quote_for(floor_of(plan_of(2)), (), (), Waiting(1, 2))
    assert (wait.at, wait.minutes, wait.table_ids, wait.position) == (SEVEN, 0, (1,), 1)
    assert wait.reasons == (Reason(Cause.FREE, 1),)


def test_the_wait_is_until_who_sits_there_leaves_and_the_table_is_cleared() -> None:
    guests = [sitting(1, 1, SEVEN - 60)]
    wait = quote_for(floor_of(plan_of(2), *guests, reset=7), guests, (), Waiting(1, 2))
    assert (wait.at, wait.minutes) == (SEVEN + 37, 40)
    assert wait.reasons == (Reason(Cause.LEAVES, 1, SEVEN + 37),)


def test_one_party_before_you_sits_there_first() -> None:
    guests = [sitting(1, 1, SEVEN - 60)]
    floor = floor_of(plan_of(2), *guests)
    first, second = quotes(floor, guests, [Waiting(7, 2), Waiting(8, 2)])
    assert (first.position, first.at, first.ahead) == (1, SEVEN + 30, 0)
    assert (second.position, second.at, second.ahead) == (2, SEVEN + 120, 1)
    assert second.reasons == (
        Reason(Cause.LEAVES, 1, SEVEN + 30),
        Reason(Cause.QUEUE, 1, SEVEN + 120),
    )


def test_a_party_of_another_size_is_not_in_the_way() -> None:
    guests = [sitting(1, 1, SEVEN - 60), sitting(2, 2, SEVEN - 70)]
    floor = floor_of(plan_of(2, 6), *guests)
    four, two = quotes(floor, guests, [Waiting(1, 4), Waiting(2, 2)])
    assert (four.table_ids, four.at) == ((2,), SEVEN + 20)
    assert (two.table_ids, two.at, two.ahead) == ((1,), SEVEN + 30, 0)


def test_a_booking_that_follows_too_soon_is_waited_for_too() -> None:
    guests = [
        sitting(1, 1, SEVEN - 90, ends=SEVEN + 10),
        party(2, starts=SEVEN + 60, ends=SEVEN + 150),
    ]
    wait = quote_for(floor_of(plan_of(2), *guests), guests, (), Waiting(1, 2))
    assert wait.at == SEVEN + 150
    assert [(r.cause, r.at) for r in wait.reasons] == [
        (Cause.LEAVES, SEVEN + 10),
        (Cause.BOOKED, SEVEN + 150),
    ]


def test_history_counts_from_twelve_visits_on() -> None:
    guests = [sitting(1, 1, SEVEN - 60)]
    floor = floor_of(plan_of(2), *guests)

    def at(visits: int) -> int | None:
        turns = {(1, 0): Turn(70, visits)}
        return quote_for(floor, guests, (), Waiting(1, 2), service=dinner(), turns=turns).at

    assert (at(11), at(12)) == (SEVEN + 30, SEVEN + 10)


@pytest.mark.parametrize(
    ("more", "end"),
    [
        ({}, SEVEN + 30),
        ({"expected_end": SEVEN + 45}, SEVEN + 45),
        ({"status": Status.CHECK_DROPPED}, SEVEN + 15),
        ({"status": Status.PAID}, SEVEN + 5),
        ({"seated": SEVEN - 200, "starts": SEVEN - 200, "ends": SEVEN - 110}, SEVEN + 5),
    ],
)
def test_who_sits_leaves_when_the_host_the_bill_or_the_plan_says(
    more: dict[str, Any], end: int
) -> None:
    assert expected_end(sitting(1, 1, SEVEN - 60, **more), SEVEN, {}) == end


def test_tables_are_joined_where_no_single_one_seats_so_many() -> None:
    guests = [sitting(1, 1, SEVEN - 60), sitting(2, 2, SEVEN - 40)]
    plan = plan_of(4, 4, combinations=(Combination(1, (1, 2), 5, 8),))
    wait = quote_for(floor_of(plan, *guests), guests, (), Waiting(1, 6))
    assert (wait.table_ids, wait.at) == ((1, 2), SEVEN + 50)
    assert [r.table_id for r in wait.reasons] == [1, 2]


def test_a_party_that_was_called_has_its_table_and_others_wait_for_it() -> None:
    block = Use(1, SEVEN - 1, SEVEN + 9, Owner.BLOCK, 5)
    floor = floor_of(plan_of(2), more=(block,))
    called, next_one = quotes(floor, (), [Waiting(1, 2, table_ids=(1,)), Waiting(2, 2)])
    assert (called.minutes, called.reasons) == (0, (Reason(Cause.KEPT, 1),))
    assert (next_one.at, next_one.ahead) == (SEVEN + 90, 1)


def test_what_is_kept_for_a_party_behind_is_not_offered_to_who_waits_longer() -> None:
    """The second was called to table 1: the first is told of table 2, the third waits for one."""
    block = Use(1, SEVEN, SEVEN + 10, Owner.BLOCK, 5, "kept")
    floor = floor_of(plan_of(2, 2), more=(block,))
    line = [Waiting(1, 2), Waiting(2, 2, table_ids=(1,)), Waiting(3, 2)]
    first, called, third = quotes(floor, (), line)
    assert (first.table_ids, first.minutes, first.reasons) == ((2,), 0, (Reason(Cause.FREE, 2),))
    assert (called.table_ids, called.reasons) == ((1,), (Reason(Cause.KEPT, 1),))
    assert third.minutes is not None
    assert third.minutes > 0


def test_no_table_and_no_time_left_are_said() -> None:
    guests = [sitting(1, 1, SEVEN - 60)]
    floor = floor_of(plan_of(2), *guests)
    large, late = quotes(floor, guests, [Waiting(1, 9), Waiting(2, 2)], last=SEVEN + 20)
    assert (large.at, large.minutes, large.reasons) == (None, None, (Reason(Cause.NO_TABLE),))
    assert (late.at, late.minutes, late.reasons) == (None, None, (Reason(Cause.TOO_LATE),))


def test_a_wish_for_a_room_is_kept_while_it_can_be() -> None:
    guests = [sitting(1, 2, SEVEN - 60)]
    plan = plan_of(tables=(table(1, 2, room_id=1), table(2, 2, room_id=2)))
    floor = floor_of(plan, *guests)
    assert quote_for(floor, guests, (), Waiting(1, 2, room_id=2)).table_ids == (2,)
    soon = quote_for(floor, guests, (), Waiting(1, 2, room_id=2), last=SEVEN + 20)
    assert soon.table_ids == (1,)


def test_a_step_free_table_is_no_wish_but_a_need() -> None:
    plan = plan_of(tables=(table(1, 2), table(2, 2, step_free=True)))
    assert quote_for(floor_of(plan), (), (), Waiting(1, 2, step_free=True)).table_ids == (2,)


def test_who_asks_how_long_does_not_join() -> None:
    guests = [sitting(1, 1, SEVEN - 60)]
    line = played(floor_of(plan_of(2), *guests), guests, [Waiting(7, 2)])
    first, second = line.next(Waiting(0, 2)), line.next(Waiting(0, 2))
    assert first == second
    assert (first.position, first.at, first.ahead) == (2, SEVEN + 120, 1)


def test_a_house_that_counts_seats_has_no_table_to_wait_for() -> None:
    wait = quote_for(floor_of(plan_of()), (), (), Waiting(1, 2))
    assert (wait.at, wait.minutes, wait.reasons) == (None, None, (Reason(Cause.UNKNOWN),))


def test_figures() -> None:
    assert [rounded(m) for m in (-3, 0, 1, 5, 6)] == [0, 0, 5, 5, 10]
    assert [size_class(n) for n in (1, 2, 3, 4, 5, 6, 7, 20)] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert [least_stay(turn) for turn in (20, 30, 60, 120)] == [20, 30, 45, 90]
    assert usual_turn({}, None, 2, 90) == 90
