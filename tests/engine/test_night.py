from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservations.engine.night import Night, count_at, count_planes, free_starts, span_of
from reservations.engine.types import Ledger, TableUse
from tests.engine.builders import FRIDAY, dinner, friday, ledger, minute, plan, use


def bits(mask: int) -> set[int]:
    return {bit for bit in range(mask.bit_length()) if mask >> bit & 1}


# Masks


@given(st.sets(st.integers(0, 200)), st.integers(1, 60))
def test_a_start_is_free_when_every_minute_after_it_is(free: set[int], minutes: int) -> None:
    mask = sum(1 << bit for bit in free)
    expected = {start for start in free if set(range(start, start + minutes)) <= free}
    assert bits(free_starts(mask, minutes)) == expected


@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 40)), max_size=4),
    st.lists(st.integers(1, 60), min_size=1, max_size=6),
)
def test_asking_for_one_turn_after_another_gives_what_asking_for_each_alone_gives(
    claims: list[tuple[int, int]], turns: list[int]
) -> None:
    uses = [TableUse(1, start, start + length) for start, length in claims]
    night = Night(0, 120, uses)
    for minutes in turns:
        for table_id in (1, 2):
            alone = Night(0, 120, uses).starts((table_id,), minutes)
            assert night.starts((table_id,), minutes) == alone
            assert bits(alone) == {
                bit for bit in range(120) if night.is_free((table_id,), bit, minutes)
            }


@given(st.lists(st.sets(st.integers(0, 40)), max_size=20))
def test_counting_planes_count_the_masks_that_have_a_bit(sets: list[set[int]]) -> None:
    planes = count_planes(sum(1 << bit for bit in members) for members in sets)
    for bit in range(42):
        assert count_at(planes, bit) == sum(bit in members for members in sets)


# Nights


def test_a_claim_takes_its_minutes_and_not_the_one_it_ends_with() -> None:
    night = Night(100, 60, [TableUse(1, 110, 120)])
    assert bits(night.busy(1)) == set(range(10, 20))
    assert night.free_for((1,), 100) == 10
    assert night.free_for((1,), 110) == 0
    assert night.free_for((1,), 119) == 0
    assert night.free_for((1,), 120) == 40


def test_what_lies_outside_the_night_is_cut_off_and_never_free() -> None:
    night = Night(100, 60, [TableUse(1, 0, 105), TableUse(1, 155, 9999), TableUse(1, 0, 50)])
    assert bits(night.busy(1)) == set(range(5)) | set(range(55, 60))
    assert night.free_for((1,), 105) == 50
    assert night.free_for((2,), 99) == 0
    assert night.free_for((2,), 160) == 0
    assert not night.is_free((2,), 150, 11)
    assert night.is_free((2,), 150, 10)


def test_tables_pushed_together_are_free_while_all_of_them_are() -> None:
    night = Night(0, 100, [TableUse(1, 10, 20), TableUse(2, 50, 60)])
    assert night.free_for((1, 2), 20) == 30
    assert bits(night.starts((1, 2), 30)) == {20} | set(range(60, 71))
    assert bits(night.free((1, 2))) == set(range(100)) - set(range(10, 20)) - set(range(50, 60))


def test_gaps_are_measured_to_the_neighbouring_claims_only() -> None:
    night = Night(0, 300, [TableUse(1, 0, 50), TableUse(1, 200, 250)])
    assert night.gap_before(1, 65) == 15
    assert night.gap_after(1, 155) == 45
    assert night.gap_before(1, 50) == 0
    assert night.gap_after(1, 250) is None
    assert night.gap_before(2, 65) is None


ORIGIN = friday("18:00") - 90
LENGTH = 180 + 90 + 90 + 90


def test_a_night_spans_every_turn_of_its_services_and_a_margin() -> None:
    span = span_of(plan(), FRIDAY)
    assert (span.origin, span.length) == (ORIGIN, LENGTH)
    buffered = span_of(plan(buffer_minutes=15), FRIDAY)
    assert (buffered.origin, buffered.length) == (ORIGIN - 15, LENGTH + 45)


def test_a_turn_agreed_with_a_party_widens_its_night() -> None:
    assert Night.of(plan(), ledger(), FRIDAY, 400).length == LENGTH + 400


def test_a_date_without_service_has_an_empty_night() -> None:
    closed = plan(services=(dinner(weekdays=frozenset()),))
    night = Night.of(closed, ledger(use(1, "18:00", "19:00")), FRIDAY)
    assert (night.length, night.busy(1)) == (0, 0)


@pytest.mark.parametrize(
    ("date", "hours"), [("2026-03-07", 2), ("2026-06-12", 3), ("2026-10-31", 4)]
)
def test_a_night_is_as_long_as_the_clocks_make_it(date: str, hours: int) -> None:
    late = dinner(first_seating=25 * 60, last_seating=28 * 60)
    span = span_of(plan(services=(late,)), dt.date.fromisoformat(date))
    assert span.length == hours * 60 + 3 * 90


def test_a_claim_keeps_its_minutes_when_the_clocks_go_back() -> None:
    late = dinner(first_seating=25 * 60, last_seating=28 * 60)
    of = plan(services=(late,))
    date = dt.date(2026, 10, 31)
    first, second = minute("2026-11-01 01:30"), minute("2026-11-01 01:30", fold=1)
    assert second - first == 60
    night = Night.of(of, Ledger((TableUse(1, first, second),)), date)
    assert night.free_for((1,), first) == 0
    assert night.free_for((1,), second) > 90
    assert night.free_for((1,), first - 30) == 30
