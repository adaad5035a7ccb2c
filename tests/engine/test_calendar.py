from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from reservations.engine.calendar import (
    find_slot,
    find_slots,
    is_open,
    longest_turn,
    readings_of,
    service_dates_of,
    services_on,
    slots_of,
    turn_for,
    unscheduled_slots,
)
from reservations.engine.types import (
    Closing,
    Closure,
    Opening,
    Plan,
    Reason,
    Slot,
    SpecialDay,
    TurnTime,
)
from tests.engine.builders import FRIDAY, dinner, friday, minute, plan

SATURDAY = FRIDAY + dt.timedelta(days=1)
LATE = dinner(first_seating=23 * 60, last_seating=25 * 60)


def labels(slots: tuple[Slot, ...]) -> list[str]:
    return [slot.label for slot in slots]


def closed(of: Plan, date: dt.date = FRIDAY) -> dict[str, Reason | None]:
    return {slot.label: slot.closed_by for slot in slots_of(of, date)}


# Slots


def test_slots_run_on_the_interval_from_the_first_to_the_last_seating_inclusive() -> None:
    slots = slots_of(plan(services=(dinner(last_seating=19 * 60 + 15, interval=15),)), FRIDAY)
    assert labels(slots) == ["18:00", "18:15", "18:30", "18:45", "19:00", "19:15"]
    assert slots[0].starts == friday("18:00")
    assert slots[0].wall == 1080


def test_a_last_seating_off_the_interval_ends_with_the_slot_before_it() -> None:
    assert labels(slots_of(plan(services=(dinner(last_seating=18 * 60 + 59),)), FRIDAY)) == [
        "18:00",
        "18:30",
    ]


def test_slots_past_midnight_belong_to_the_evening_before() -> None:
    slots = slots_of(plan(services=(LATE,)), FRIDAY)
    assert labels(slots) == ["23:00", "23:30", "00:00", "00:30", "01:00"]
    assert [slot.wall for slot in slots] == [1380, 1410, 1440, 1470, 1500]
    assert slots[3].starts == minute("2026-05-16 00:30")


def test_two_services_at_one_time_are_two_slots_in_order_of_instant() -> None:
    terrace = dinner(id=2, name="Terrace", first_seating=18 * 60 + 30, last_seating=18 * 60 + 30)
    slots = slots_of(plan(services=(terrace, dinner(last_seating=19 * 60))), FRIDAY)
    assert [(slot.label, slot.service.id) for slot in slots] == [
        ("18:00", 1),
        ("18:30", 1),
        ("18:30", 2),
        ("19:00", 1),
    ]


@pytest.mark.parametrize(
    ("service", "date", "runs"),
    [
        ({"weekdays": frozenset({4})}, FRIDAY, True),
        ({"weekdays": frozenset({4})}, SATURDAY, False),
        ({"valid_from": SATURDAY}, FRIDAY, False),
        ({"valid_from": FRIDAY, "valid_until": FRIDAY}, FRIDAY, True),
        ({"valid_until": FRIDAY}, SATURDAY, False),
        ({"on_date": FRIDAY, "weekdays": frozenset()}, FRIDAY, True),
        ({"on_date": FRIDAY}, SATURDAY, False),
        ({"on_date": FRIDAY, "valid_from": SATURDAY}, FRIDAY, True),
    ],
)
def test_a_service_runs_on_its_weekdays_in_its_season_or_on_its_one_date(
    service: dict[str, Any], date: dt.date, runs: bool
) -> None:
    assert bool(services_on(plan(services=(dinner(**service),)), date)) is runs


def test_a_service_for_one_date_is_added_to_those_of_the_weekday() -> None:
    brunch = dinner(id=2, first_seating=660, last_seating=660, on_date=FRIDAY)
    assert [s.id for s in services_on(plan(services=(dinner(), brunch)), FRIDAY)] == [1, 2]


@pytest.mark.parametrize("date", [dt.date.min, dt.date(1899, 12, 31), dt.date.max])
def test_dates_beyond_reach_have_no_slots_and_do_no_harm(date: dt.date) -> None:
    assert slots_of(plan(services=(LATE,)), date) == ()


def test_the_slots_of_a_plan_and_a_date_are_worked_out_once() -> None:
    of = plan()
    assert slots_of(of, FRIDAY) is slots_of(of, FRIDAY)
    assert slots_of(of, FRIDAY) is not slots_of(plan(), FRIDAY)


# The two nights


ALL_NIGHT = dinner(first_seating=22 * 60, last_seating=28 * 60, interval=30)

NIGHTS = [
    # zone, service date, labels that are left out, slots in all
    ("America/New_York", "2026-03-07", ["02:00", "02:30"], 11),
    ("America/New_York", "2026-10-31", [], 13),
    ("Europe/London", "2026-03-28", ["01:00", "01:30"], 11),
    ("Europe/London", "2026-10-24", [], 13),
    ("Europe/Paris", "2026-03-28", ["02:00", "02:30"], 11),
    ("Europe/Paris", "2026-10-24", [], 13),
    ("Australia/Lord_Howe", "2026-10-03", ["02:00"], 12),
    ("Australia/Lord_Howe", "2026-04-04", [], 13),
    ("America/Santiago", "2026-09-05", ["00:00", "00:30"], 11),
    ("America/Santiago", "2026-04-04", [], 13),
    ("America/Asuncion", "2024-10-05", ["00:00", "00:30"], 11),
    ("America/Asuncion", "2024-03-23", [], 13),
    ("Asia/Kathmandu", "2026-03-28", [], 13),
]


@pytest.mark.parametrize(("zone", "date", "missing", "count"), NIGHTS)
def test_on_the_nights_the_clocks_change_every_label_that_exists_is_one_slot(
    zone: str, date: str, missing: list[str], count: int
) -> None:
    where = ZoneInfo(zone)
    slots = slots_of(plan(zone=where, services=(ALL_NIGHT,)), dt.date.fromisoformat(date))
    usual = slots_of(plan(zone=where, services=(ALL_NIGHT,)), dt.date(2026, 6, 12))
    assert [label for label in labels(usual) if label not in labels(slots)] == missing
    assert len(slots) == count
    starts = [slot.starts for slot in slots]
    assert starts == sorted(set(starts))


def test_when_the_clocks_go_back_the_hour_between_two_labels_is_longer() -> None:
    slots = {
        slot.label: slot.starts
        for slot in slots_of(plan(services=(ALL_NIGHT,)), dt.date(2026, 10, 31))
    }
    assert slots["01:30"] - slots["01:00"] == 30
    assert slots["02:00"] - slots["01:30"] == 90


# Finding a slot


def test_half_past_midnight_of_friday_is_the_one_friday_serves() -> None:
    of = plan(services=(LATE,))
    found = find_slot(of, FRIDAY, "00:30")
    assert found is not None
    assert found.starts == minute("2026-05-16 00:30")
    assert find_slot(of, FRIDAY, 1470) is found
    assert find_slot(of, FRIDAY, 30) is None
    assert find_slot(of, FRIDAY, "19:00") is None


def test_a_slot_can_be_asked_for_by_service() -> None:
    of = plan(services=(dinner(), dinner(id=2)))
    assert [slot.service.id for slot in find_slots(of, FRIDAY, "19:00")] == [1, 2]
    found = find_slot(of, FRIDAY, "19:00", 2)
    assert found is not None
    assert found.service.id == 2
    assert find_slot(of, FRIDAY, "19:00", 3) is None


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        ("19:10", [1150]),
        (1150, [1150]),
        ("00:10", []),
        ("17:59", []),
        ("21:01", []),
        ("19", []),
        ("1e:10", []),
        ("19:75", []),
        ("29:10", []),
        ("", []),
        (-1, []),
        (10**9, []),
    ],
)
def test_a_time_off_the_interval_is_found_within_its_service_only(
    wall: int | str, expected: list[int]
) -> None:
    assert [slot.wall for slot in unscheduled_slots(plan(), FRIDAY, wall)] == expected


def test_a_time_off_the_interval_past_midnight_belongs_to_the_evening_before() -> None:
    found = unscheduled_slots(plan(services=(LATE,)), FRIDAY, "00:10")
    assert [slot.wall for slot in found] == [1450]
    assert unscheduled_slots(plan(services=(LATE,)), FRIDAY, "00:10", 2) == ()


def test_a_label_can_mean_the_night_after() -> None:
    assert readings_of("00:30") == (30, 1470)


# Hours


def test_without_regular_hours_the_services_alone_decide() -> None:
    assert set(closed(plan()).values()) == {None}


def test_a_slot_starts_inside_opening_hours_and_not_when_they_end() -> None:
    of = plan(openings=(Opening(4, 18 * 60 + 30, 20 * 60),))
    assert closed(of) == {
        "18:00": Reason.CLOSED,
        "18:30": None,
        "19:00": None,
        "19:30": None,
        "20:00": Reason.CLOSED,
        "20:30": Reason.CLOSED,
        "21:00": Reason.CLOSED,
    }


def test_fridays_hours_reach_past_midnight() -> None:
    of = plan(services=(LATE,), openings=(Opening(4, 17 * 60, 24 * 60 + 30),))
    assert closed(of) == {
        "23:00": None,
        "23:30": None,
        "00:00": None,
        "00:30": Reason.CLOSED,
        "01:00": Reason.CLOSED,
    }


def test_hours_of_the_night_before_cover_an_early_slot_and_those_of_the_next_day_a_late_one() -> (
    None
):
    early = dinner(first_seating=30, last_seating=60)
    thursdays = plan(services=(early,), openings=(Opening(3, 17 * 60, 25 * 60),))
    assert closed(thursdays) == {"00:30": None, "01:00": Reason.CLOSED}
    saturdays = plan(services=(LATE,), openings=(Opening(5, 0, 60),))
    assert closed(saturdays)["00:30"] is None
    assert closed(saturdays)["23:30"] is Reason.CLOSED


def test_the_kitchen_has_hours_of_its_own() -> None:
    of = plan(openings=(Opening(4, 0, 1440),), kitchen=(Opening(4, 0, 20 * 60),))
    assert closed(of)["19:30"] is None
    assert closed(of)["20:00"] is Reason.KITCHEN_CLOSED


def test_a_closed_house_is_named_before_its_kitchen() -> None:
    of = plan(openings=(Opening(4, 0, 20 * 60),), kitchen=(Opening(4, 0, 20 * 60),))
    assert closed(of)["20:00"] is Reason.CLOSED


@pytest.mark.parametrize("openings", [(), (Opening(4, 0, 1440),)])
def test_a_special_day_closes_the_house_with_a_note(openings: tuple[Opening, ...]) -> None:
    christmas = SpecialDay(FRIDAY, is_closed=True, note="Merry Christmas")
    slots = slots_of(plan(openings=openings, special_days=(christmas,)), FRIDAY)
    assert {(slot.closed_by, slot.note) for slot in slots} == {
        (Reason.SPECIAL_DAY, "Merry Christmas")
    }
    assert set(closed(plan(openings=openings, special_days=(christmas,)), SATURDAY)) == set(
        closed(plan(), SATURDAY)
    )


@pytest.mark.parametrize("openings", [(), (Opening(4, 0, 1440),)])
def test_a_special_day_has_its_own_hours(openings: tuple[Opening, ...]) -> None:
    short = SpecialDay(FRIDAY, opens=18 * 60, closes=19 * 60, note="Staff party")
    slots = slots_of(plan(openings=openings, special_days=(short,)), FRIDAY)
    assert [(s.label, s.closed_by, s.note) for s in slots[1:3]] == [
        ("18:30", None, ""),
        ("19:00", Reason.SPECIAL_DAY, "Staff party"),
    ]


def test_a_special_day_can_close_the_kitchen_only() -> None:
    cold = SpecialDay(FRIDAY, kitchen_closed=True, note="Drinks only")
    slots = slots_of(plan(special_days=(cold,)), FRIDAY)
    assert {(s.closed_by, s.note) for s in slots} == {(Reason.KITCHEN_CLOSED, "Drinks only")}


def test_a_closed_saturday_leaves_fridays_night_alone() -> None:
    of = plan(
        services=(LATE,),
        openings=(Opening(4, 17 * 60, 26 * 60),),
        special_days=(SpecialDay(SATURDAY, is_closed=True),),
    )
    assert set(closed(of).values()) == {None}


def test_a_closed_saturday_has_no_early_hours_to_lend_to_fridays_night() -> None:
    of = plan(
        services=(LATE,),
        openings=(Opening(4, 17 * 60, 24 * 60), Opening(5, 0, 120)),
        special_days=(SpecialDay(SATURDAY, is_closed=True),),
    )
    assert closed(of) == {
        "23:00": None,
        "23:30": None,
        "00:00": Reason.CLOSED,
        "00:30": Reason.CLOSED,
        "01:00": Reason.CLOSED,
    }


def test_a_special_day_with_half_an_opening_changes_nothing() -> None:
    assert set(closed(plan(special_days=(SpecialDay(FRIDAY, opens=600),))).values()) == {None}


# Closures


def closure(**overrides: Any) -> Closure:
    values: dict[str, Any] = {
        "id": 1,
        "starts": friday("19:00"),
        "ends": friday("20:00"),
        "note": "Burst pipe",
    }
    return Closure(**(values | overrides))


def test_no_slot_starts_during_a_closure() -> None:
    of = plan(closures=(closure(),))
    slots = slots_of(of, FRIDAY)
    assert [slot.label for slot in slots if slot.closed_by is Reason.CLOSURE] == ["19:00", "19:30"]
    assert slots[2].note == "Burst pipe"
    assert slots[2].closings == (Closing(Reason.CLOSURE, "Burst pipe"),)


def test_a_closure_of_one_service_leaves_the_others() -> None:
    of = plan(services=(dinner(), dinner(id=2)), closures=(closure(service_id=2),))
    assert [slot.closed_by for slot in find_slots(of, FRIDAY, "19:00")] == [None, Reason.CLOSURE]


def test_a_closure_of_a_room_shuts_the_room_and_not_the_slot() -> None:
    slot = find_slot(plan(closures=(closure(room_id=7),)), FRIDAY, "19:00")
    assert slot is not None
    assert slot.closed_by is None
    assert slot.closed_rooms == {7}
    assert slot.online_closed_rooms == frozenset()


def test_a_service_whose_rooms_are_all_shut_is_closed() -> None:
    terrace = dinner(room_ids=frozenset({7, 8}))
    one = plan(services=(terrace,), closures=(closure(room_id=7),))
    both = plan(services=(terrace,), closures=(closure(room_id=7), closure(id=2, room_id=8)))
    assert closed(one)["19:00"] is None
    assert closed(both)["19:00"] is Reason.CLOSURE


def test_a_closure_for_the_public_says_so() -> None:
    slot = find_slot(plan(closures=(closure(online_only=True),)), FRIDAY, "19:00")
    assert slot is not None
    assert (slot.closed_by, slot.online_closed) == (Reason.CLOSURE, True)
    room = find_slot(plan(closures=(closure(online_only=True, room_id=7),)), FRIDAY, "19:00")
    assert room is not None
    assert room.closed_rooms == frozenset()
    assert room.online_closed_rooms == {7}


@pytest.mark.parametrize("order", [1, -1])
def test_a_closure_for_everybody_goes_before_one_for_the_public(order: int) -> None:
    both = (closure(online_only=True, note="Phone us"), closure(id=2, note="Closed"))[::order]
    slot = find_slot(plan(closures=both), FRIDAY, "19:00")
    assert slot is not None
    assert slot.closings == (Closing(Reason.CLOSURE, "Closed"),)


def test_all_that_closes_a_slot_is_kept_hours_first() -> None:
    of = plan(openings=(Opening(0, 0, 60),), closures=(closure(online_only=True),))
    slot = find_slot(of, FRIDAY, "19:00")
    assert slot is not None
    assert (slot.closed_by, slot.online_closed) == (Reason.CLOSED, False)
    assert [closing.reason for closing in slot.closings] == [Reason.CLOSED, Reason.CLOSURE]
    assert slot.closings[1].online_only


# Dates and open doors


@pytest.mark.parametrize(
    ("instant", "dates"),
    [
        ("2026-05-15 23:30", [FRIDAY]),
        ("2026-05-16 00:30", [FRIDAY]),
        ("2026-05-16 02:29", [FRIDAY]),
        ("2026-05-16 02:30", [SATURDAY]),
        ("2026-05-16 12:00", [SATURDAY]),
    ],
)
def test_an_instant_after_midnight_belongs_to_the_evening_that_still_runs(
    instant: str, dates: list[dt.date]
) -> None:
    assert service_dates_of(plan(services=(LATE,)), minute(instant)) == tuple(dates)


def test_where_two_dates_are_at_table_the_later_service_comes_first() -> None:
    early = dinner(id=2, first_seating=60, last_seating=120)
    of = plan(services=(LATE, early))
    assert service_dates_of(of, minute("2026-05-16 01:15")) == (SATURDAY, FRIDAY)


@pytest.mark.parametrize(
    ("clock", "venue", "kitchen"),
    [
        ("16:59", False, False),
        ("17:00", True, True),
        ("22:00", True, False),
        ("23:00", False, False),
    ],
)
def test_the_house_is_open_by_its_hours_and_the_kitchen_by_its_own(
    clock: str, venue: bool, kitchen: bool
) -> None:
    of = plan(openings=(Opening(4, 1020, 1380),), kitchen=(Opening(4, 1020, 1320),))
    assert is_open(of, friday(clock)) is venue
    assert is_open(of, friday(clock), kitchen=True) is kitchen


def test_without_hours_the_house_is_open_from_the_first_seating_to_the_last_turns_end() -> None:
    of = plan()
    states = [is_open(of, friday(clock)) for clock in ("17:59", "18:00", "22:29", "22:30")]
    assert states == [False, True, True, False]


def test_the_house_opened_last_night_is_still_open_after_midnight() -> None:
    of = plan(openings=(Opening(4, 1020, 1560),))
    assert is_open(of, minute("2026-05-16 01:59"))
    assert not is_open(of, minute("2026-05-16 02:00"))


def test_a_closure_of_the_house_shuts_its_doors_and_one_of_a_room_does_not() -> None:
    assert not is_open(plan(closures=(closure(),)), friday("19:00"))
    assert is_open(plan(closures=(closure(room_id=7),)), friday("19:00"))
    assert is_open(plan(closures=(closure(online_only=True),)), friday("19:00"))


def test_special_days_close_doors_and_kitchens() -> None:
    hours = (Opening(4, 0, 1440),)
    shut = plan(special_days=(SpecialDay(FRIDAY, is_closed=True),))
    shut_by_hours = plan(openings=hours, special_days=(SpecialDay(FRIDAY, is_closed=True),))
    assert not is_open(shut_by_hours, friday("19:00"))
    cold = plan(special_days=(SpecialDay(FRIDAY, kitchen_closed=True),))
    assert not is_open(shut, friday("19:00"))
    assert is_open(cold, friday("19:00"))
    assert not is_open(cold, friday("19:00"), kitchen=True)


# Turns


@pytest.mark.parametrize(("party", "minutes"), [(1, 90), (2, 90), (3, 120), (4, 120), (9, 120)])
def test_a_party_keeps_its_table_by_its_size_and_the_largest_by_the_last_step(
    party: int, minutes: int
) -> None:
    of = plan(turn_times=(TurnTime(2, 90), TurnTime(4, 120)))
    assert turn_for(of, of.services[0], party) == minutes


def test_a_service_has_turn_times_of_its_own() -> None:
    quick = dinner(turn_times=(TurnTime(99, 45),))
    of = plan(services=(quick,))
    assert turn_for(of, quick, 2) == 45
    assert longest_turn(of, 1) == 45


def test_a_house_without_turn_times_gives_two_hours() -> None:
    of = plan(turn_times=())
    assert turn_for(of, of.services[0], 2) == 120
    assert longest_turn(of, 1) == 120
