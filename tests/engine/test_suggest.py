from __future__ import annotations

import datetime as dt

import pytest

from reservations.engine.suggest import suggest
from reservations.engine.types import Ledger, Plan
from tests.engine.builders import dinner, ledger, minute, plan, query, table, use

ONE = plan(tables=(table(1),), services=(dinner(first_seating=720, last_seating=1380),))


def times(
    wall: int | str, taken: Ledger | None = None, of: Plan = ONE, within: int = 120, limit: int = 99
) -> list[str]:
    found = suggest(of, taken or ledger(), query(2), wall, within=within, limit=limit)
    return [offer.slot.label for offer in found]


def test_the_nearest_time_comes_first_and_the_earlier_one_on_a_tie() -> None:
    taken = ledger(use(1, "19:00", "20:30"))
    assert times("19:00", taken) == ["17:30", "20:30", "17:00", "21:00"]


def test_two_hours_away_is_still_near_and_more_is_not() -> None:
    assert times("19:00") == [
        "18:30", "19:30", "18:00", "20:00", "17:30", "20:30", "17:00", "21:00",
    ]  # fmt: skip
    assert times("19:00", within=30) == ["18:30", "19:30"]
    assert times("19:00", within=29) == []


def test_as_many_as_asked_for() -> None:
    assert times("19:00", limit=3) == ["18:30", "19:30", "18:00"]


def test_the_wanted_time_need_not_be_a_slot() -> None:
    assert times("19:10", within=30) == ["19:00", "19:30"]
    assert times(1150, within=30) == ["19:00", "19:30"]


@pytest.mark.parametrize("wall", ["noon", "", "29:00", -1])
def test_what_is_no_time_has_no_neighbours(wall: int | str) -> None:
    assert times(wall) == []


def test_a_date_without_service_has_nothing_to_suggest() -> None:
    assert times("19:00", of=plan(services=())) == []


def test_after_midnight_means_the_night_of_the_service() -> None:
    late = plan(services=(dinner(first_seating=23 * 60, last_seating=25 * 60),))
    found = suggest(late, ledger(), query(2), "00:15", within=30)
    assert [offer.slot.starts for offer in found] == [
        minute("2026-05-16 00:00"),
        minute("2026-05-16 00:30"),
    ]


def test_a_time_that_two_services_have_is_suggested_once() -> None:
    of = plan(services=(dinner(max_party=1), dinner(id=2), dinner(id=3)))
    found = suggest(of, ledger(), query(2), "19:00", within=30)
    assert [(o.slot.label, o.slot.service.id) for o in found] == [("18:30", 2), ("19:30", 2)]


def test_distance_is_time_that_passes_and_not_what_the_clock_shows() -> None:
    night = plan(services=(dinner(first_seating=25 * 60, last_seating=28 * 60),))
    asked = query(2, service_date=dt.date(2026, 10, 31), now=minute("2026-10-31 09:00"))
    found = suggest(night, ledger(), asked, "01:30", within=60)
    # 02:00 is ninety minutes after the first 01:30 of that night.
    assert [offer.slot.label for offer in found] == ["01:00"]
