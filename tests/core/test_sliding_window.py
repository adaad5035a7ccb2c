"""The window that slides: exact at its edges, one decision at a time."""

from __future__ import annotations

import threading
import time

import pytest

from core import rates
from core.rates import Window

HOUR = Window("test-slide", 4, 3600)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> object:
    """Sets the time of day by which windows are told apart."""

    def move(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: seconds)

    return move


def test_the_limit_holds_over_the_edge_of_two_windows(at: object) -> None:
    start = 1_000 * 3600.0
    at(start + 3599)  # type: ignore[operator]
    taken = [rates.slide(HOUR, "edge") for _ in range(5)]
    assert [each is not None and each.is_within for each in taken] == [True] * 4 + [False]
    # A second later a new window begins, and the old one counts almost whole.
    at(start + 3601)  # type: ignore[operator]
    one, two = rates.slide(HOUR, "edge"), rates.slide(HOUR, "edge")
    assert one is not None
    assert two is not None
    assert (one.is_within, two.is_within) == (True, False)


def test_refusals_do_not_prolong_the_wait(at: object) -> None:
    start = 2_000 * 3600.0
    at(start)  # type: ignore[operator]
    for _ in range(4):
        rates.slide(HOUR, "patient")
    for _ in range(100):
        refused = rates.slide(HOUR, "patient")
    assert refused is not None
    assert not refused.is_within
    at(refused.frees_at + 1)  # type: ignore[operator]
    again = rates.slide(HOUR, "patient")
    assert again is not None
    assert again.is_within


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize("minute", [0, 17, 59])
def test_the_wait_that_is_told_is_enough_and_no_longer_than_an_hour(
    at: object, limit: int, minute: int
) -> None:
    window = Window(f"test-wait-{limit}-{minute}", limit, 3600)
    now = 5_000 * 3600.0 + minute * 60
    for _ in range(5):
        at(now)  # type: ignore[operator]
        allowance = rates.slide(window, "waiting")
        while allowance is not None and allowance.is_within:
            allowance = rates.slide(window, "waiting")
        assert allowance is not None
        assert 0 <= allowance.frees_at - now <= 3600
        now = allowance.frees_at + 1
        at(now)  # type: ignore[operator]
        again = rates.slide(window, "waiting")
        assert again is not None
        assert again.is_within


def test_what_is_left_is_told(at: object) -> None:
    at(3_000 * 3600.0)  # type: ignore[operator]
    left = [rates.slide(HOUR, "counting") for _ in range(5)]
    assert [each.remaining for each in left if each] == [3, 2, 1, 0, 0]


def test_many_at_once_get_no_more_than_the_limit() -> None:
    window = Window("test-slide-race", 10, 3600)
    results: list[bool] = []

    def ask() -> None:
        for _ in range(5):
            allowance = rates.slide(window, "crowd")
            assert allowance is not None
            results.append(allowance.is_within)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(results), sum(results)) == (40, 10)
