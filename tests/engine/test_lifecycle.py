from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from reservations.engine.lifecycle import (
    HOLDS_TABLE,
    PRESENT,
    STEPS,
    TERMINAL,
    UPCOMING,
    ActorKind,
    IllegalStep,
    Status,
    allowed,
    can_undo,
    check,
    steps_from,
)

G, S, Y, P = ActorKind.GUEST, ActorKind.STAFF, ActorKind.SYSTEM, ActorKind.PARTNER


def test_the_states_are_those_of_the_design() -> None:
    assert [status.value for status in Status] == [
        "requested", "pending", "pending_payment", "confirmed", "reconfirmed",
        "partially_arrived", "arrived", "partially_seated", "seated", "check_dropped", "paid",
        "completed", "cancelled", "no_show", "declined", "expired",
    ]  # fmt: skip
    assert set(STEPS) == set(Status)


def test_every_state_is_upcoming_present_or_over() -> None:
    assert sorted([*UPCOMING, *PRESENT, *TERMINAL]) == sorted(Status)


def test_nobody_who_has_sat_is_cancelled() -> None:
    """A cancelled party that sat is a walk-in that was undone: figures rest on it."""
    sat = {Status.PARTIALLY_SEATED, Status.SEATED, Status.CHECK_DROPPED, Status.PAID}
    assert STEPS[Status.COMPLETED] == {}
    back = [status for status in sat if set(STEPS[status]) - sat - {Status.COMPLETED}]
    assert back == []


def test_a_table_is_held_from_the_promise_until_the_party_leaves() -> None:
    assert (UPCOMING | PRESENT) - {Status.REQUESTED} == HOLDS_TABLE


def test_every_state_can_be_reached_and_left_unless_it_is_over() -> None:
    reached = {after for steps in STEPS.values() for after in steps}
    assert reached | {Status.REQUESTED} == set(Status)
    assert {status for status in Status if not STEPS[status]} == TERMINAL - {
        Status.NO_SHOW,
        Status.EXPIRED,
    }


def test_nobody_steps_from_a_state_to_itself() -> None:
    assert [status for status in Status if status in STEPS[status]] == []


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (G, {Status.RECONFIRMED, Status.CANCELLED}),
        (Y, {Status.RECONFIRMED, Status.CANCELLED, Status.NO_SHOW}),
        (
            S,
            {
                Status.RECONFIRMED,
                Status.PARTIALLY_ARRIVED,
                Status.ARRIVED,
                Status.PARTIALLY_SEATED,
                Status.SEATED,
                Status.CANCELLED,
                Status.NO_SHOW,
            },
        ),
    ],
)
def test_what_each_may_do_with_a_confirmed_party(actor: ActorKind, expected: set[Status]) -> None:
    assert set(steps_from(Status.CONFIRMED, actor)) == expected


def test_a_guest_only_ever_cancels_or_reconfirms() -> None:
    taken = {after for before in Status for after in steps_from(before, G)}
    assert taken == {Status.CANCELLED, Status.RECONFIRMED}


def test_a_guest_cannot_cancel_once_here() -> None:
    assert {status for status in Status if allowed(status, Status.CANCELLED, G)} == UPCOMING


def test_only_the_clock_lets_something_expire() -> None:
    for before in Status:
        for actor in (G, S, P):
            assert not allowed(before, Status.EXPIRED, actor)
    assert {s for s in Status if allowed(s, Status.EXPIRED, Y)} == {
        Status.REQUESTED,
        Status.PENDING,
        Status.PENDING_PAYMENT,
    }


def test_a_party_given_up_that_comes_after_all_is_brought_back_by_staff_only() -> None:
    assert steps_from(Status.NO_SHOW, S) == (Status.ARRIVED, Status.SEATED)
    for actor in (G, Y, P):
        assert steps_from(Status.NO_SHOW, actor) == ()


def test_a_whole_evening_can_be_walked() -> None:
    evening = [
        (Status.REQUESTED, Y),
        (Status.PENDING, S),
        (Status.PENDING_PAYMENT, Y),
        (Status.CONFIRMED, G),
        (Status.RECONFIRMED, S),
        (Status.PARTIALLY_ARRIVED, S),
        (Status.ARRIVED, S),
        (Status.PARTIALLY_SEATED, S),
        (Status.SEATED, P),
        (Status.CHECK_DROPPED, P),
        (Status.PAID, Y),
        (Status.COMPLETED, Y),
    ]
    for (before, actor), (after, _) in pairwise(evening):
        check(before, after, actor)
        assert after in steps_from(before, actor)


def test_a_step_the_table_does_not_know_is_refused_with_its_words() -> None:
    with pytest.raises(IllegalStep, match="guest may not take a party from confirmed to seated"):
        check(Status.CONFIRMED, Status.SEATED, G)
    with pytest.raises(IllegalStep) as caught:
        check(Status.CANCELLED, Status.CONFIRMED, S)
    assert (caught.value.before, caught.value.after, caught.value.actor) == (
        Status.CANCELLED,
        Status.CONFIRMED,
        S,
    )


STEP_AT = dt.datetime(2026, 11, 1, 5, 59, 55, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(-1, False), (0, True), (9.9, True), (10, True), (10.001, False)]
)
def test_a_step_can_be_taken_back_for_ten_seconds(seconds: float, expected: bool) -> None:
    assert can_undo(STEP_AT, STEP_AT + dt.timedelta(seconds=seconds)) is expected


def test_ten_seconds_are_ten_seconds_when_the_clocks_go_back() -> None:
    # 01:59:55 before the change and 01:00:03 after it are eight seconds apart.
    zone = ZoneInfo("America/New_York")
    before = dt.datetime(2026, 11, 1, 1, 59, 55, tzinfo=zone)
    after = dt.datetime(2026, 11, 1, 1, 0, 3, fold=1, tzinfo=zone)
    assert can_undo(before, after)
    assert not can_undo(before, after + dt.timedelta(seconds=3))
