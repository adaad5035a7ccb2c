from __future__ import annotations

import datetime as dt

import pytest

from reservations.engine.calendar import is_open
from reservations.engine.opening import open_state, opening_of, regular_week
from reservations.engine.types import Closure, Opening, Plan, SpecialDay
from tests.engine.builders import FRIDAY, dinner, friday, minute, plan

SATURDAY = FRIDAY + dt.timedelta(days=1)
HOUSE = tuple(Opening(day, 9 * 60, 22 * 60) for day in range(7))
KITCHEN = tuple(
    Opening(day, opens, closes)
    for day in range(1, 6)
    for opens, closes in ((12 * 60, 14 * 60 + 30), (17 * 60, 21 * 60))
)


def pub(**more: object) -> Plan:
    return plan(openings=HOUSE, kitchen=KITCHEN, **more)


def closure(starts: str, ends: str, **more: object) -> Closure:
    return Closure(1, friday(starts), friday(ends), **more)  # type: ignore[arg-type]


def spans(*pairs: str) -> tuple[tuple[int, int], ...]:
    return tuple((friday(a), friday(b)) for a, b in (pair.split("-") for pair in pairs))


def test_a_regular_day_has_the_hours_of_its_weekday() -> None:
    day = opening_of(pub(), FRIDAY)
    assert day.venue == spans("09:00-22:00")
    assert day.kitchen == spans("12:00-14:30", "17:00-21:00")
    assert (day.is_special, day.is_closed, day.is_kitchen_closed, day.note) == (
        False,
        False,
        False,
        "",
    )


def test_a_kitchen_without_hours_on_a_weekday_is_closed_though_the_doors_open() -> None:
    monday = opening_of(pub(), FRIDAY + dt.timedelta(days=3))
    assert (monday.is_closed, monday.is_kitchen_closed, monday.is_special) == (False, True, False)


@pytest.mark.parametrize(
    ("special", "venue", "kitchen"),
    [
        (SpecialDay(FRIDAY, is_closed=True, note="Off"), (), ()),
        (
            SpecialDay(FRIDAY, opens=600, closes=1080, note="Off"),
            spans("10:00-18:00"),
            spans("10:00-18:00"),
        ),
        (
            SpecialDay(
                FRIDAY,
                opens=600,
                closes=960,
                kitchen_opens=720,
                kitchen_closes=900,
                note="Off",
            ),
            spans("10:00-16:00"),
            spans("12:00-15:00"),
        ),
        (
            SpecialDay(FRIDAY, kitchen_opens=720, kitchen_closes=900, note="Off"),
            spans("09:00-22:00"),
            spans("12:00-15:00"),
        ),
        (SpecialDay(FRIDAY, kitchen_closed=True, note="Off"), spans("09:00-22:00"), ()),
    ],
)
def test_a_special_day_replaces_the_hours(
    special: SpecialDay, venue: object, kitchen: object
) -> None:
    day = opening_of(pub(special_days=(special,)), FRIDAY)
    assert (day.venue, day.kitchen) == (venue, kitchen)
    assert (day.is_special, day.note) == (True, "Off")


def test_a_note_alone_makes_no_day_special() -> None:
    day = opening_of(pub(special_days=(SpecialDay(FRIDAY, note="Live music"),)), FRIDAY)
    assert (day.is_special, day.note) == (False, "Live music")


def test_a_closure_of_the_house_is_cut_out_and_one_of_a_room_is_not() -> None:
    early = opening_of(pub(closures=(closure("20:00", "23:00", note="Boiler"),)), FRIDAY)
    assert early.venue == spans("09:00-20:00")
    assert early.kitchen == spans("12:00-14:30", "17:00-20:00")
    assert (early.is_special, early.note) == (True, "Boiler")
    whole = opening_of(pub(closures=(closure("08:00", "23:00"),)), FRIDAY)
    assert whole.is_closed
    room = opening_of(pub(closures=(closure("20:00", "23:00", room_id=7),)), FRIDAY)
    assert (room.venue, room.is_special) == (spans("09:00-22:00"), False)


def test_without_hours_of_its_own_the_kitchen_follows_the_venue_and_the_venue_the_services() -> (
    None
):
    assert opening_of(plan(openings=HOUSE), FRIDAY).kitchen == spans("09:00-22:00")
    assert opening_of(plan(), FRIDAY).venue == spans("18:00-22:30")
    [*_, week_friday, _, _] = regular_week(plan())
    assert (week_friday.venue, week_friday.kitchen) == (((1080, 1350),), ((1080, 1350),))


def test_the_regular_week_knows_no_special_day() -> None:
    week = regular_week(pub(special_days=(SpecialDay(FRIDAY, is_closed=True),)))
    assert [day.venue for day in week] == [((540, 1320),)] * 7
    assert [bool(day.kitchen) for day in week] == [False, True, True, True, True, True, False]


def test_what_is_open_says_until_when_and_what_is_shut_from_when() -> None:
    house = pub()
    at = open_state(house, friday("19:30"))
    assert (at.is_open, at.changes_at) == (True, friday("22:00"))
    cook = open_state(house, friday("15:00"), kitchen=True)
    assert (cook.is_open, cook.changes_at) == (False, friday("17:00"))
    late = open_state(house, friday("23:00"))
    assert (late.is_open, late.changes_at) == (False, minute("2026-05-16 09:00"))


def test_a_night_that_goes_on_past_midnight_is_one_stretch() -> None:
    house = plan(openings=(Opening(4, 1020, 1440), Opening(5, 0, 120)))
    assert open_state(house, friday("23:00")).changes_at == minute("2026-05-16 02:00")


def test_a_house_that_never_closes_has_no_closing_and_one_without_hours_no_opening() -> None:
    always = plan(openings=tuple(Opening(day, 0, 1440) for day in range(7)))
    assert (
        open_state(always, friday("12:00")).is_open,
        open_state(always, friday("12:00")).changes_at,
    ) == (
        True,
        None,
    )
    never = plan(services=())
    assert (
        open_state(never, friday("12:00")).is_open,
        open_state(never, friday("12:00")).changes_at,
    ) == (
        False,
        None,
    )


@pytest.mark.parametrize(
    "house",
    [
        plan(),
        pub(),
        pub(closures=(closure("13:00", "18:00"),)),
        pub(special_days=(SpecialDay(SATURDAY, is_closed=True),)),
        pub(special_days=(SpecialDay(FRIDAY, kitchen_opens=720, kitchen_closes=900),)),
        pub(special_days=(SpecialDay(FRIDAY, opens=600, closes=1500),)),
        plan(special_days=(SpecialDay(FRIDAY, opens=1140, closes=1200),)),
        plan(openings=(Opening(4, 1020, 1560),), services=(dinner(),)),
    ],
)
@pytest.mark.parametrize("kitchen", [False, True])
def test_it_agrees_with_the_calendar_at_every_quarter_of_an_hour(
    house: Plan, kitchen: bool
) -> None:
    """What changes next is where the calendar, asked from there on, answers otherwise."""
    first, last = friday("00:00") - 720, friday("00:00") + 2 * 1440 + 120
    changes_at: int | None = None
    is_open_later = is_open(house, last, kitchen=kitchen)
    for instant in range(last - 15, first, -15):
        is_open_now = is_open(house, instant, kitchen=kitchen)
        if is_open_now is not is_open_later:
            changes_at = instant + 15
        is_open_later = is_open_now
        state = open_state(house, instant, kitchen=kitchen)
        assert state.is_open is is_open_now, instant
        if changes_at is None:
            assert state.changes_at is None or state.changes_at >= last, instant
        else:
            assert state.changes_at == changes_at, instant


def test_who_opens_once_a_fortnight_says_when_and_who_is_shut_for_longer_does_not() -> None:
    shut = tuple(
        SpecialDay(FRIDAY + dt.timedelta(days=ahead), is_closed=True) for ahead in range(20)
    )
    for days, changes_at in ((14, friday("09:00") + 14 * 1440), (15, None)):
        house = pub(special_days=shut[:days])
        assert open_state(house, friday("08:00")).changes_at == changes_at
        assert open_state(house, friday("08:00")).is_open is False
