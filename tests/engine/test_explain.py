from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reservations.engine.availability import decide
from reservations.engine.changes import Change, ChangeKind
from reservations.engine.explain import apply_changes, explain
from reservations.engine.types import (
    Access,
    CapacityMode,
    Channel,
    Closure,
    Combination,
    Gauge,
    Ledger,
    Opening,
    Plan,
    Query,
    Reason,
    TurnTime,
)
from tests.engine.builders import (
    counted,
    dinner,
    friday,
    ledger,
    minute,
    plan,
    query,
    reasons,
    table,
    use,
)

BOTH_TAKEN = ledger(use(1, "18:00", "22:30"), use(2, "18:00", "22:30"))


def house(
    of: Plan, taken: Ledger, asked: Query, wall: int | str = "19:00"
) -> list[tuple[ChangeKind, int]]:
    """The changes for the house, proven: together they open the slot, each is needed."""
    changes = explain(of, taken, asked, wall).for_house
    if changes:
        assert decide(*apply_changes(of, taken, asked, wall, changes)).accepted
    for change in changes:
        rest = [other for other in changes if other is not change]
        assert not decide(*apply_changes(of, taken, asked, wall, rest)).accepted
    return [(change.kind, change.value) for change in changes]


def guest(
    of: Plan, taken: Ledger, asked: Query, wall: int | str = "19:00"
) -> list[tuple[ChangeKind, int]]:
    """The changes for the guest, proven: each opens the book by itself."""
    changes = explain(of, taken, asked, wall).for_guest
    for change in changes:
        assert decide(*apply_changes(of, taken, asked, wall, [change])).accepted
    return [(change.kind, change.value) for change in changes]


def test_an_open_slot_needs_no_explanation() -> None:
    explanation = explain(plan(), ledger(), query(2), "19:00")
    assert explanation.decision.accepted
    assert (explanation.for_guest, explanation.for_house) == ((), ())


# For the guest


def test_a_guest_is_told_the_nearest_times_then_the_largest_smaller_party() -> None:
    of = plan(tables=(table(1, 2), table(2, 4)))
    taken = ledger(use(2, "19:00", "20:30"))
    assert guest(of, taken, query(4), "19:30") == [
        (ChangeKind.OTHER_TIME, 20 * 60 + 30),
        (ChangeKind.OTHER_TIME, 21 * 60),
        (ChangeKind.SMALLER_PARTY, 2),
    ]


def test_the_smaller_party_is_the_largest_that_the_limits_leave_room_for() -> None:
    of = plan(tables=(table(1, 8),), services=(dinner(max_covers=10, last_seating=1080),))
    full = counted(Gauge.SERVICE, "18:00", 7)
    assert guest(of, full, query(6), "18:00") == [(ChangeKind.SMALLER_PARTY, 3)]


def test_a_party_of_any_size_is_told_what_the_largest_table_or_the_pool_takes() -> None:
    of = plan(tables=(table(1, 8),), services=(dinner(last_seating=1080),))
    assert guest(of, ledger(), query(10**9), "18:00") == [(ChangeKind.SMALLER_PARTY, 8)]
    pool = replace(of, capacity_mode=CapacityMode.SEATS, seats=12)
    assert guest(pool, ledger(), query(10**9), "18:00") == [(ChangeKind.SMALLER_PARTY, 12)]


def test_when_nothing_helps_a_guest_nothing_is_promised() -> None:
    of = plan(services=(dinner(max_covers=0),))
    assert guest(of, ledger(), query(2)) == []
    assert guest(plan(tables=()), ledger(), query(2)) == []
    assert guest(plan(services=()), ledger(), query(2)) == []


def test_a_time_that_is_no_slot_is_answered_with_those_around_it() -> None:
    assert guest(plan(services=(dinner(last_seating=1110),)), ledger(), query(2), "18:20") == [
        (ChangeKind.OTHER_TIME, 1110),
        (ChangeKind.OTHER_TIME, 1080),
    ]


# For the house: rules and limits


@pytest.mark.parametrize(
    ("limits", "gauge", "clock", "kind", "needed"),
    [
        ({"max_covers": 10}, Gauge.SERVICE, "18:00", ChangeKind.RAISE_SERVICE_COVERS, 13),
        ({"slot_covers": 10}, Gauge.SLOT, "19:00", ChangeKind.RAISE_SLOT_COVERS, 13),
        ({"slot_parties": 3}, Gauge.SLOT, "19:00", ChangeKind.RAISE_SLOT_PARTIES, 4),
        (
            {"online_slot_covers": 10},
            Gauge.SLOT_ONLINE,
            "19:00",
            ChangeKind.RAISE_ONLINE_SLOT_COVERS,
            13,
        ),
        (
            {"online_slot_parties": 3},
            Gauge.SLOT_ONLINE,
            "19:00",
            ChangeKind.RAISE_ONLINE_SLOT_PARTIES,
            4,
        ),
    ],
)
def test_a_limit_is_raised_to_exactly_what_is_needed(
    limits: dict[str, int], gauge: Gauge, clock: str, kind: ChangeKind, needed: int
) -> None:
    of = plan(tables=(table(1, 4),), services=(dinner(**limits),))
    full = counted(gauge, clock, 9, 3)
    assert house(of, full, query(4)) == [(kind, needed)]
    change = explain(of, full, query(4), "19:00").for_house[0]
    short = replace(change, value=needed - 1)
    assert not decide(*apply_changes(of, full, query(4), "19:00", [short])).accepted


RULES: list[tuple[Reason, dict[str, Any], dict[str, Any]]] = [
    (Reason.PAST, {}, {"now": friday("22:00")}),
    (Reason.LEAD_TIME, {"lead_minutes": 9999}, {}),
    (Reason.CUT_OFF, {"cut_off": 0}, {}),
    (Reason.BEYOND_WINDOW, {"window_days": 0}, {"now": minute("2026-05-13 12:00")}),
    (Reason.CLOSED, {"openings": (Opening(0, 0, 60),)}, {}),
    (Reason.CLOSURE, {"closures": (Closure(1, 0, 10**8),)}, {}),
    (Reason.PRIVATE, {"services": (dinner(is_private=True),)}, {}),
    (Reason.PREPAYMENT_NOT_SET_UP, {"services": (dinner(requires_prepayment=True),)}, {}),
    (Reason.PARTY_TOO_SMALL, {"min_party": 3}, {}),
    (Reason.PARTY_TOO_LARGE, {"max_party": 1}, {}),
]


@pytest.mark.parametrize(("reason", "rules", "asked"), RULES)
def test_a_rule_is_set_aside_for_this_request(
    reason: Reason, rules: dict[str, Any], asked: dict[str, Any]
) -> None:
    explanation = explain(plan(**rules), ledger(), query(2, **asked), "19:00")
    assert explanation.for_house == (Change(ChangeKind.WAIVE, 0, reason),)
    assert house(plan(**rules), ledger(), query(2, **asked)) == [(ChangeKind.WAIVE, 0)]


def test_a_time_off_the_interval_needs_that_rule_set_aside_and_those_it_meets_there() -> None:
    of = plan(cut_off=0)
    explanation = explain(of, ledger(), query(2), "19:10")
    assert reasons(explanation.decision) == [Reason.NOT_A_SLOT]
    assert [change.reason for change in explanation.for_house] == [
        Reason.NOT_A_SLOT,
        Reason.CUT_OFF,
    ]
    assert len(house(of, ledger(), query(2), "19:10")) == 2


def test_every_rule_that_refuses_needs_its_own_change() -> None:
    of = plan(
        openings=(Opening(0, 0, 60),),
        lead_minutes=9999,
        services=(dinner(max_covers=1, slot_covers=1, slot_parties=0),),
        tables=(table(1, 4, access=Access.IN_HOUSE),),
        max_spare_seats=1,
    )
    assert house(of, ledger(), query(2)) == [
        (ChangeKind.WAIVE, 0),
        (ChangeKind.WAIVE, 0),
        (ChangeKind.RAISE_SERVICE_COVERS, 2),
        (ChangeKind.RAISE_SLOT_COVERS, 2),
        (ChangeKind.RAISE_SLOT_PARTIES, 1),
        (ChangeKind.OPEN_TABLE, 1),
        (ChangeKind.SPARE_SEATS, 2),
    ]


# For the house: the floor


def test_a_table_kept_for_staff_can_be_opened_to_the_public() -> None:
    of = plan(tables=(table(1), table(2), table(3, access=Access.IN_HOUSE)))
    assert house(of, BOTH_TAKEN, query(2)) == [(ChangeKind.OPEN_TABLE, 3)]


def test_a_table_kept_for_the_door_is_opened_to_the_channel_that_asks() -> None:
    of = plan(tables=(table(1, access=Access.WALK_IN),))
    asked = query(2, channel=Channel.IN_HOUSE)
    assert house(of, ledger(), asked) == [(ChangeKind.OPEN_TABLE, 1)]
    opened = apply_changes(of, ledger(), asked, "19:00", [Change(ChangeKind.OPEN_TABLE, 1)])[0]
    assert opened.tables[0].access is Access.IN_HOUSE
    assert of.tables[0].access is Access.WALK_IN


def test_the_guard_is_relaxed_by_as_many_chairs_as_the_best_free_table_needs() -> None:
    of = plan(tables=(table(1, 6), table(2, 8)), max_spare_seats=1)
    assert house(of, ledger(), query(2)) == [(ChangeKind.SPARE_SEATS, 4)]
    assert house(of, ledger(use(1, "19:00", "20:00")), query(2)) == [(ChangeKind.SPARE_SEATS, 6)]


def test_a_table_for_larger_parties_is_given_by_setting_the_guard_aside() -> None:
    of = plan(tables=(table(1, 4, min_seats=3),))
    explanation = explain(of, ledger(), query(2), "19:00")
    assert explanation.for_house == (Change(ChangeKind.WAIVE, 0, Reason.OVERSIZE),)
    assert house(of, ledger(), query(2)) == [(ChangeKind.WAIVE, 0)]


def test_the_turn_is_shortened_to_the_longest_that_fits() -> None:
    of = plan(tables=(table(1), table(2)), buffer_minutes=10)
    taken = ledger(use(1, "20:00", "22:00"), use(2, "20:20", "22:00"))
    assert house(of, taken, query(2)) == [(ChangeKind.SHORTER_TURN, 70)]


def test_a_free_table_of_staff_is_opened_before_a_turn_is_shortened() -> None:
    of = plan(tables=(table(1), table(2, access=Access.IN_HOUSE)))
    assert house(of, ledger(use(1, "20:00", "22:00")), query(2)) == [(ChangeKind.OPEN_TABLE, 2)]


@pytest.mark.parametrize(("until", "expected"), [("19:30", True), ("19:29", False)])
def test_nobody_is_asked_to_eat_in_less_than_half_an_hour(until: str, expected: bool) -> None:
    of = plan(tables=(table(1),))
    taken = ledger(use(1, until, "22:00"))
    assert house(of, taken, query(2)) == ([(ChangeKind.SHORTER_TURN, 30)] if expected else [])


def test_a_turn_agreed_too_long_can_be_shortened() -> None:
    of = plan(tables=(table(1),))
    taken = ledger(use(1, "21:30", "23:00"))
    assert house(of, taken, query(2, turn_minutes=240)) == [(ChangeKind.SHORTER_TURN, 150)]


def test_a_shut_room_can_be_opened_when_no_other_place_is_left() -> None:
    of = plan(
        tables=(table(1, room_id=7), table(2, room_id=8)),
        closures=(Closure(1, friday("18:00"), friday("22:00"), room_id=7, online_only=True),),
    )
    taken = ledger(use(2, "18:00", "22:30"))
    explanation = explain(of, taken, query(2), "19:00")
    assert explanation.for_house == (Change(ChangeKind.WAIVE, 0, Reason.CLOSURE),)
    assert house(of, taken, query(2)) == [(ChangeKind.WAIVE, 0)]


def test_a_party_too_big_for_the_open_rooms_may_be_given_another_table_instead() -> None:
    of = plan(
        tables=(table(1, 4, room_id=7), table(2, 4, room_id=8, access=Access.IN_HOUSE)),
        closures=(Closure(1, friday("18:00"), friday("22:00"), room_id=7),),
    )
    assert reasons(decide(of, ledger(), query(4), "19:00")) == [Reason.CLOSURE]
    assert house(of, ledger(), query(4)) == [(ChangeKind.OPEN_TABLE, 2)]


def test_setting_a_closure_of_the_slot_aside_opens_its_rooms_too() -> None:
    of = plan(
        tables=(table(1, room_id=7),),
        closures=(
            Closure(1, friday("18:00"), friday("22:00")),
            Closure(2, friday("18:00"), friday("22:00"), room_id=7),
        ),
    )
    assert house(of, ledger(), query(2)) == [(ChangeKind.WAIVE, 0)]


def test_the_place_that_needs_the_fewest_changes_is_proposed() -> None:
    of = plan(
        tables=(table(1), table(2, access=Access.IN_HOUSE), table(3, access=Access.IN_HOUSE)),
        combinations=(Combination(1, (1, 2), 3, 4), Combination(2, (2, 3), 3, 4)),
    )
    assert house(of, ledger(), query(4)) == [(ChangeKind.OPEN_TABLE, 2)]
    taken = ledger(use(1, "18:00", "22:30"))
    assert house(of, taken, query(4)) == [(ChangeKind.OPEN_TABLE, 2), (ChangeKind.OPEN_TABLE, 3)]


def test_one_change_that_costs_more_goes_before_two_that_cost_less() -> None:
    of = plan(tables=(table(1), table(2, 6, access=Access.IN_HOUSE)), max_spare_seats=0)
    taken = ledger(use(1, "20:00", "22:00"))
    assert house(of, taken, query(2)) == [(ChangeKind.SHORTER_TURN, 60)]


def test_a_closure_for_the_public_is_none_of_the_staffs_business() -> None:
    of = plan(
        tables=(table(1, room_id=7), table(2, room_id=8, access=Access.WALK_IN)),
        closures=(
            Closure(1, friday("18:00"), friday("22:00"), online_only=True),
            Closure(2, friday("18:00"), friday("22:00"), room_id=7),
        ),
    )
    asked = query(2, channel=Channel.IN_HOUSE)
    assert reasons(decide(of, ledger(), asked, "19:00")) == [Reason.CLOSURE]
    assert house(of, ledger(), asked) == [(ChangeKind.OPEN_TABLE, 2)]


def test_the_slot_that_needs_the_fewest_changes_is_proposed() -> None:
    two = dinner(id=2, max_covers=0)
    of = plan(services=(dinner(max_covers=0, slot_covers=0, turn_times=(TurnTime(9, 60),)), two))
    explanation = explain(of, ledger(), query(2), "19:00")
    assert explanation.for_house == (
        Change(ChangeKind.RAISE_SERVICE_COVERS, 2, Reason.SERVICE_FULL, service_id=2),
    )


def test_what_cannot_be_changed_is_not_promised() -> None:
    assert house(plan(), BOTH_TAKEN, query(2)) == []
    assert house(plan(tables=()), ledger(), query(2)) == []
    assert house(plan(), ledger(), query(3)) == []
    assert house(plan(), ledger(), query(2, step_free=True)) == []
    assert house(plan(), ledger(), query(2, room_id=99)) == []
    assert house(plan(services=()), ledger(), query(2)) == []
    assert house(plan(), ledger(), query(2), "12:00") == []
    assert house(plan(), ledger(), query(2), "nonsense") == []
    assert house(plan(), ledger(), query(0)) == []


# For the house: a pool of seats


def pool(**overrides: Any) -> Plan:
    return plan(capacity_mode=CapacityMode.SEATS, seats=10, tables=(), **overrides)


def test_a_pool_with_seats_for_a_while_shortens_the_turn() -> None:
    # A buffer of ten minutes: a turn of 65 ends its claim with the quarter before 20:15.
    of = pool(buffer_minutes=10)
    busy = counted(Gauge.SEATS, "20:15", 9, service_id=0)
    assert house(of, busy, query(4)) == [(ChangeKind.SHORTER_TURN, 65)]


def test_a_pool_that_is_full_from_the_start_needs_more_seats() -> None:
    busy = counted(Gauge.SEATS, "19:00", 9, service_id=0)
    assert house(pool(), busy, query(4)) == [(ChangeKind.RAISE_SEATS, 13)]


def test_a_pool_with_seats_needs_only_its_rules_changed() -> None:
    assert house(pool(cut_off=0), ledger(), query(4)) == [(ChangeKind.WAIVE, 0)]


def test_a_pools_turn_can_be_shortened_to_half_an_hour_and_no_further() -> None:
    for clock, expected in (
        ("19:30", (ChangeKind.SHORTER_TURN, 30)),
        ("19:15", (ChangeKind.RAISE_SEATS, 13)),
    ):
        busy = counted(Gauge.SEATS, clock, 9, service_id=0)
        assert house(pool(), busy, query(4)) == [expected]


def test_a_turn_already_shorter_than_half_an_hour_is_not_shortened() -> None:
    of = pool(turn_times=(TurnTime(99, 20),))
    busy = counted(Gauge.SEATS, "19:15", 9, service_id=0)
    assert house(of, busy, query(4)) == [(ChangeKind.RAISE_SEATS, 13)]


# Applying


def test_changes_leave_the_house_as_it_is() -> None:
    of = plan(services=(dinner(max_covers=0), dinner(id=2)))
    raised = Change(ChangeKind.RAISE_SERVICE_COVERS, 8, Reason.SERVICE_FULL, service_id=1)
    changed, taken, asked, wall = apply_changes(of, BOTH_TAKEN, query(2), "19:00", [raised])
    assert [service.max_covers for service in changed.services] == [8, None]
    assert [service.max_covers for service in of.services] == [0, None]
    assert (taken, asked, wall) == (BOTH_TAKEN, query(2), "19:00")


def test_a_change_without_effect_changes_nothing() -> None:
    idle = Change(ChangeKind.WAIVE, 0, None)
    of = plan()
    assert apply_changes(of, ledger(), query(2), "19:00", [idle]) == (
        of,
        ledger(),
        query(2),
        "19:00",
    )
