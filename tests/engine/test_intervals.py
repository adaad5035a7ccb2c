from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intervals import contains, intersection, merge, overlaps, subtract

EIGHT_RELATIONS = [
    ("before", (0, 10), (20, 30), False),
    ("meets", (0, 20), (20, 30), False),
    ("overlaps its start", (10, 25), (20, 30), True),
    ("starts with it", (20, 25), (20, 30), True),
    ("lies within it", (22, 28), (20, 30), True),
    ("ends with it", (25, 30), (20, 30), True),
    ("is the same", (20, 30), (20, 30), True),
    ("overlaps its end", (25, 40), (20, 30), True),
    ("contains it", (10, 40), (20, 30), True),
    ("is met by", (30, 40), (20, 30), False),
    ("after", (40, 50), (20, 30), False),
]


@pytest.mark.parametrize(("relation", "a", "b", "expected"), EIGHT_RELATIONS)
def test_every_relation_of_two_intervals_and_its_mirror_image(
    relation: str, a: tuple[int, int], b: tuple[int, int], expected: bool
) -> None:
    assert overlaps(*a, *b) is expected
    assert overlaps(*b, *a) is expected


@pytest.mark.parametrize(("point", "expected"), [(9, False), (10, True), (19, True), (20, False)])
def test_an_interval_holds_its_start_and_not_its_end(point: int, expected: bool) -> None:
    assert contains(10, 20, point) is expected


def test_an_empty_interval_overlaps_nothing_not_even_itself() -> None:
    assert not overlaps(10, 10, 0, 20)
    assert not overlaps(10, 10, 10, 10)
    assert not overlaps(20, 10, 0, 30)


def test_the_part_two_intervals_share() -> None:
    assert intersection((0, 20), (10, 30)) == (10, 20)
    assert intersection((0, 20), (20, 30)) is None


def test_touching_and_overlapping_intervals_become_one() -> None:
    assert merge([(30, 40), (0, 10), (10, 20), (15, 18), (50, 50)]) == [(0, 20), (30, 40)]


def test_what_is_left_when_parts_are_cut_out() -> None:
    assert subtract((0, 100), []) == [(0, 100)]
    assert subtract((0, 100), [(-5, 10), (40, 50), (90, 120)]) == [(10, 40), (50, 90)]
    assert subtract((0, 100), [(0, 100)]) == []
    assert subtract((0, 100), [(200, 300)]) == [(0, 100)]


spans = st.tuples(st.integers(0, 40), st.integers(0, 40))


@given(spans, spans)
def test_overlap_means_a_common_point(a: tuple[int, int], b: tuple[int, int]) -> None:
    assert overlaps(*a, *b) is bool(set(range(*a)) & set(range(*b)))


@given(spans, st.lists(spans, max_size=6))
def test_cutting_and_merging_agree_with_sets_of_points(
    whole: tuple[int, int], parts: list[tuple[int, int]]
) -> None:
    taken = {point for part in parts for point in range(*part)}
    assert {p for part in merge(parts) for p in range(*part)} == taken
    left = {p for part in subtract(whole, parts) for p in range(*part)}
    assert left == set(range(*whole)) - taken
