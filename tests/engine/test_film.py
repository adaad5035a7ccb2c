"""The evening at an instant is what the deeds up to then said last."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reservations.engine.film import (
    BlockThen,
    Event,
    HoldThen,
    PartyThen,
    ServerThen,
    state_after,
    state_at,
)
from reservations.engine.lifecycle import Status

START = 1_700_000_000


def party(status: str = "confirmed", **more: Any) -> dict[str, Any]:
    return {
        "date": "2025-11-10",
        "status": status,
        "size": 2,
        "starts": START,
        "ends": START + 7200,
        **more,
    }


def block(ends: int) -> dict[str, Any]:
    return {"table": 4, "kind": "bussing", "starts": START, "ends": ends}


def test_a_party_is_as_its_last_deed_left_it() -> None:
    events = [
        Event(1, START, "reservation.confirmed", "res_a", {"res_a": party(tables=[3])}),
        Event(2, START + 60, "reservation.moved", "res_a", {"res_a": party(tables=[4, 5])}),
        Event(3, START + 90, "reservation.cancelled", "res_a", {"res_a": party("cancelled")}),
    ]
    assert state_at(events, START - 1).parties == {}
    assert state_at(events, START + 59).parties["res_a"].table_ids == (3,)
    assert state_at(events, START + 60).parties["res_a"].table_ids == (4, 5)
    assert state_at(events, START + 90).parties == {
        "res_a": PartyThen("2025-11-10", Status.CANCELLED, 2, START, START + 7200)
    }


def test_a_table_is_free_when_its_minutes_are_over_without_a_deed() -> None:
    events = [Event(1, START, "table.to_clear", "block_a", {"block_a": block(START + 600)})]
    until = START + 600
    kept = {"block_a": BlockThen(4, "bussing", START, until, until)}
    assert state_at(events, START + 599).blocks == kept
    assert state_at(events, START + 600).blocks == {}


def test_one_deed_may_say_how_several_stood_and_that_something_is_gone() -> None:
    events = [
        Event(1, START, "reservation.completed", "res_a", {"res_a": party("completed")}),
        Event(2, START, "table.to_clear", "block_a", {"block_a": block(START + 600)}),
        Event(
            3,
            START + 5,
            "reservation.undone",
            "res_a",
            {"res_a": party("seated", tables=[4]), "block_a": None},
        ),
    ]
    now = state_at(events, START + 5)
    assert now.parties["res_a"].status is Status.SEATED
    assert now.blocks == {}


def test_what_was_never_written_down_is_said_to_be_unknown() -> None:
    old = Event(1, START, "reservation.arrived", "res_a")
    assert state_after([old], START).unknown == {"res_a"}
    new = Event(2, START, "reservation.seated", "res_a", {"res_a": party("seated")})
    assert state_after([old, new], START).unknown == frozenset()


def test_a_hold_is_over_when_its_time_is_or_somebody_ends_it() -> None:
    held = {"date": "2025-11-10", "size": 2, "expires": START + 600, "tables": [3]}
    longer = held | {"expires": START + 900, "from": START, "until": START + 7200}
    events = [
        Event(1, START, "hold.placed", "hold_a", {"hold_a": held}),
        Event(2, START + 60, "hold.extended", "hold_a", {"hold_a": longer}),
        Event(3, START + 90, "hold.placed", "hold_b", {"hold_b": held}),
        Event(4, START + 120, "hold.released", "hold_b", {"hold_b": None}),
    ]
    short = HoldThen("2025-11-10", 2, START + 600, (3,))
    kept = HoldThen("2025-11-10", 2, START + 900, (3,), START, START + 7200)
    assert state_at(events, START + 59).holds == {"hold_a": short}
    assert state_at(events, START + 90).holds == {"hold_a": kept, "hold_b": short}
    assert state_at(events, START + 899).holds == {"hold_a": kept}
    assert state_at(events, START + 900).holds == {}


def test_a_section_is_whose_it_was_given_to_last() -> None:
    def server(pk: int, *tables: int, is_cut: bool = False) -> dict[str, Any]:
        return {"id": pk, "section": list(tables), "cut": is_cut}

    events = [
        Event(1, START, "server.section", "srv_a", {"srv_a": server(1, 4, 5)}),
        Event(
            2,
            START + 60,
            "server.section",
            "srv_b",
            {"srv_b": server(2, 5), "srv_a": server(1, 4)},
        ),
        Event(3, START + 90, "server.cut", "srv_a", {"srv_a": server(1, 4, is_cut=True)}),
        Event(4, START + 95, "stand.undone", "srv_b", {"srv_b": None}),
    ]
    assert state_at(events, START).servers == {"srv_a": ServerThen(1, (4, 5))}
    assert state_at(events, START + 60).servers == {
        "srv_a": ServerThen(1, (4,)),
        "srv_b": ServerThen(2, (5,)),
    }
    assert state_at(events, START + 95).servers == {"srv_a": ServerThen(1, (4,), True)}


def test_whatever_stands_somewhere_is_unknown_until_it_is_told() -> None:
    old = [
        Event(number, START, "any.thing", target)
        for number, target in enumerate(
            ("res_a", "hold_a", "block_a", "srv_a", "rest_a", "queue_a")
        )
    ]
    assert state_after(old, START).unknown == {"res_a", "hold_a", "block_a", "srv_a"}


KEYS = st.sampled_from(["res_a", "res_b", "block_c"])
STATES = st.one_of(
    st.none(),
    st.builds(party, st.sampled_from([each.value for each in Status])),
)


@st.composite
def evenings(draw: st.DrawFn) -> list[Event]:
    steps = draw(st.lists(st.tuples(st.integers(0, 300), KEYS, STATES), max_size=20))
    events, at = [], START
    for number, (wait, key, of_party) in enumerate(steps):
        at += wait
        state = block(at + wait) if key == "block_c" and of_party else of_party
        events.append(Event(number, at, "any.thing", key, {key: state}))
    return events


@given(evenings(), st.randoms(use_true_random=False), st.integers(0, 6000))
def test_the_order_in_which_deeds_are_read_does_not_matter(
    events: list[Event], dice: Any, after: int
) -> None:
    instant = START + after
    mixed = list(events)
    dice.shuffle(mixed)
    assert state_at(mixed, instant) == state_at(events, instant)


@given(evenings(), st.integers(0, 6000))
def test_what_comes_later_changes_nothing_of_before(events: list[Event], after: int) -> None:
    instant = START + after
    done = [event for event in events if event.at <= instant]
    assert state_at(events, instant) == state_after(done, instant)


@given(evenings())
def test_at_the_end_everybody_is_as_last_told(events: list[Event]) -> None:
    end = max((event.at for event in events), default=START)
    last = {key: state for event in events for key, state in event.states.items()}
    there = {key for key, state in last.items() if state is not None and "status" in state}
    assert set(state_at(events, end).parties) == there
