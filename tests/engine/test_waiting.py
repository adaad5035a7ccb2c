"""Who of the waitlist is offered what came free."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reservations.engine.types import Channel, Ledger, Plan, Query
from reservations.engine.waiting import (
    Pick,
    Round,
    Verdict,
    Wish,
    choose,
    is_backwards,
    order_of,
    window_of,
)
from tests.engine.builders import FRIDAY, NOW, friday, plan, table


def wish(number: int = 1, size: int = 2, **overrides: Any) -> Wish:
    """A party that could come from six to nine, and joined in the order of the numbers."""
    values: dict[str, Any] = {"earliest": 18 * 60, "latest": 21 * 60, "joined": number}
    return Wish(number, size, **(values | overrides))


def look(house: Plan, *wishes: Wish, uses: Any = (), now: int = NOW) -> Round:
    base = Query(FRIDAY, 1, now, Channel.ONLINE)
    return choose(house, Ledger(uses=tuple(uses)), wishes, base, not_before=now + 15)


def picked(found: Round) -> Pick:
    assert found.pick is not None
    return found.pick


def test_who_waits_longest_is_asked_for_the_time_in_the_middle() -> None:
    pick = picked(look(plan(), wish(2), wish(1)))
    assert (pick.wish.id, pick.position, pick.spare) == (1, 1, 0)
    assert pick.decision.slot is not None
    assert pick.decision.slot.label == "19:30"


def test_a_party_that_does_not_fit_is_passed_over_and_told_why() -> None:
    found = look(plan(tables=(table(1, 2),)), wish(1, 4), wish(2, 2))
    assert picked(found).wish.id == 2
    assert found.findings[1].verdict is Verdict.FULL
    assert found.findings[1].facts == {"times": 7, "reasons": {"no_table_fits": 7}}


def test_a_large_table_goes_to_the_party_that_fills_it() -> None:
    found = look(plan(tables=(table(1, 6),)), wish(1, 2), wish(2, 6))
    pick = picked(found)
    assert (pick.wish.id, pick.position, pick.spare, pick.passed) == (2, 2, 0, (1,))
    assert found.findings[1].verdict is Verdict.FITS_BETTER
    assert found.findings[1].facts == {"by": 2, "by_size": 6, "spare": 4}


def test_one_empty_chair_is_no_reason_to_pass_anybody_over() -> None:
    assert picked(look(plan(tables=(table(1, 4),)), wish(1, 3), wish(2, 4))).wish.id == 1


def test_two_parties_at_different_times_do_not_stand_in_each_others_way() -> None:
    early = wish(1, 2, earliest=18 * 60, latest=18 * 60)
    late = wish(2, 6, earliest=21 * 60, latest=21 * 60)
    assert picked(look(plan(tables=(table(1, 6),)), early, late)).wish.id == 1


def test_who_let_an_offer_lapse_comes_after_who_has_had_none() -> None:
    assert [w.id for w in order_of([wish(1, lapsed=1), wish(2), wish(3)])] == [2, 3, 1]


def test_nobody_is_asked_twice_for_one_time() -> None:
    alone = wish(1, earliest=19 * 60, latest=19 * 60, asked=frozenset({friday("19:00")}))
    found = look(plan(), alone)
    assert found.pick is None
    assert found.findings[1].verdict is Verdict.ASKED_BEFORE
    assert found.findings[1].facts == {"times": ["19:00"]}


def test_there_has_to_be_time_to_answer() -> None:
    last = wish(1, earliest=18 * 60, latest=18 * 60)
    assert look(plan(), last, now=friday("17:46")).findings[1].verdict is Verdict.NO_TIMES
    assert picked(look(plan(), last, now=friday("17:45"))).wish.id == 1


def test_a_party_too_large_for_the_house_never_gets_one() -> None:
    found = look(plan(max_party=4), wish(1, 5))
    assert found.findings[1].verdict is Verdict.NEVER
    assert found.findings[1].facts == {"reason": "party_too_large"}


@pytest.mark.parametrize(
    ("earliest", "latest", "window"),
    [
        (1140, 1230, (1140, 1230)),
        (1380, 30, (1380, 1470)),
        (30, 60, (1470, 1500)),
        # Any time, and a breakfast: of the date itself.
        (0, 1439, (0, 1439)),
        (330, 660, (330, 660)),
    ],
)
def test_after_midnight_is_the_same_evening(
    earliest: int, latest: int, window: tuple[int, int]
) -> None:
    assert window_of(earliest, latest, 6 * 60) == window
    assert not is_backwards(earliest, latest, 6 * 60)


@pytest.mark.parametrize(
    ("earliest", "latest", "expected"),
    [(1320, 1140, True), (1320, 360, True), (1320, 359, False), (90, 30, True), (330, 660, False)],
)
def test_a_latest_reading_before_the_earliest_is_past_midnight_or_none(
    earliest: int, latest: int, expected: bool
) -> None:
    assert is_backwards(earliest, latest, 6 * 60) is expected


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 2)), min_size=1, max_size=8),
    st.lists(st.integers(2, 6), min_size=1, max_size=4),
)
def test_nobody_who_fits_waits_in_vain(parties: list[tuple[int, int]], floor: list[int]) -> None:
    """Simulated to the end: offers are taken one by one, each on chairs that are there, and who is
    left over is left because no free table seats it; nobody goes before a longer wait of its own
    size."""
    house = plan(tables=tuple(table(n, seats) for n, seats in enumerate(floor, start=1)))
    only = {"earliest": 19 * 60, "latest": 19 * 60}
    left = {n: wish(n, size, lapsed=lapsed, **only) for n, (size, lapsed) in enumerate(parties, 1)}
    uses: list[tuple[int, int, int]] = []
    seated: list[Wish] = []
    while (pick := look(house, *left.values(), uses=uses).pick) is not None:
        seating = pick.decision.seating
        assert seating is not None
        taken = {table_id for table_id, _, _ in uses}
        assert taken.isdisjoint(seating.table_ids)
        same = [w for w in order_of(left.values()) if w.party_size == pick.wish.party_size]
        assert same[0] == pick.wish
        uses += [(t, seating.starts, seating.claimed_until) for t in seating.table_ids]
        seated.append(left.pop(pick.wish.id))
    free = [t.max_seats for t in house.tables if t.id not in {u[0] for u in uses}]
    assert all(w.party_size > max(free, default=0) for w in left.values())
