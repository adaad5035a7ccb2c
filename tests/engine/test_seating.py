from __future__ import annotations

from typing import Any

import pytest

from reservations.engine.availability import day, decide
from reservations.engine.seating import places_of
from reservations.engine.types import (
    Access,
    Channel,
    Closure,
    Combination,
    Ledger,
    Plan,
    Query,
    Reason,
    Refusal,
    TurnTime,
)
from tests.engine.builders import dinner, friday, ledger, plan, query, reasons, table, use


def seat(of: Plan, asked: Query, taken: Ledger | None = None, wall: str = "19:00") -> Any:
    decision = decide(of, taken or ledger(), asked, wall)
    return decision.seating.table_ids if decision.seating else reasons(decision)


def scores(of: Plan, asked: Query, taken: Ledger | None = None) -> dict[tuple[int, ...], Any]:
    decision = decide(of, taken or ledger(), asked, "19:00")
    return {candidate.table_ids: candidate.score for candidate in decision.candidates}


# Order of choice


def test_the_smallest_table_that_fits_is_taken() -> None:
    of = plan(tables=(table(1, 6), table(2, 2), table(3, 4)))
    assert seat(of, query(2)) == (2,)
    assert seat(of, query(3)) == (3,)
    assert seat(of, query(5)) == (1,)


def test_a_smaller_table_goes_before_a_larger_one_of_higher_priority() -> None:
    assert seat(plan(tables=(table(1, 4, priority=9), table(2, 2))), query(2)) == (2,)


def test_of_equal_tables_the_one_with_the_higher_priority_is_taken() -> None:
    of = plan(tables=(table(1, 2), table(2, 2, priority=5)))
    assert seat(of, query(2)) == (2,)


def test_a_single_table_goes_before_a_better_fitting_combination() -> None:
    of = plan(
        tables=(table(1, 2), table(2, 2), table(3, 8)),
        combinations=(Combination(1, (1, 2), 3, 4, priority=99),),
    )
    assert seat(of, query(4)) == (3,)
    assert seat(of, query(4), ledger(use(3, "18:00", "22:00"))) == (1, 2)


def test_few_tables_pushed_together_go_before_many() -> None:
    of = plan(
        tables=tuple(table(number, 2) for number in (1, 2, 3, 4)),
        combinations=(Combination(1, (1, 2, 3), 5, 6), Combination(2, (3, 4), 3, 7)),
    )
    assert seat(of, query(6)) == (3, 4)


def test_equal_tables_are_taken_in_order_of_labels_then_ids() -> None:
    of = plan(tables=(table(3, label="B"), table(2, label="A"), table(1, label="A")))
    assert [place.table_ids for place in places_of(of)] == [(1,), (2,), (3,)]
    assert seat(of, query(2)) == (1,)
    assert seat(of, query(2), ledger(use(1, "19:00", "20:00"))) == (2,)


def test_the_table_that_leaves_the_fewest_useless_minutes_is_taken() -> None:
    # 19:00 to 20:30: table 1 would stand empty for 30 minutes before the next party, table 2
    # for 15; both gaps are shorter than any turn, so nobody could use them.
    of = plan()
    taken = ledger(use(1, "21:00", "22:30"), use(2, "20:45", "22:15"))
    assert seat(of, query(2), taken) == (2,)
    assert scores(of, query(2), taken) == {(1,): (0, 0, 0, 30, 0), (2,): (0, 0, 0, 15, 1)}


def test_gaps_count_before_and_after_and_on_every_table_of_a_combination() -> None:
    of = plan(combinations=(Combination(1, (1, 2), 3, 4),))
    taken = ledger(use(1, "17:00", "18:40"), use(1, "20:40", "22:00"), use(2, "17:30", "18:45"))
    assert scores(of, query(4), taken) == {(1, 2): (1, 0, 0, 20 + 10 + 15, 2)}


@pytest.mark.parametrize(
    ("start", "end", "useless"),
    [
        ("17:30", "19:00", 0),  # back to back
        ("17:00", "18:59", 1),
        ("16:30", "17:31", 89),
        ("16:30", "17:30", 0),  # room for a whole turn
    ],
)
def test_a_gap_is_useless_when_no_turn_fits_into_it(start: str, end: str, useless: int) -> None:
    assert scores(plan(), query(2), ledger(use(1, start, end)))[(1,)][3] == useless


def test_the_edge_of_the_evening_makes_no_gap_useless() -> None:
    decision = decide(plan(), ledger(), query(2), "18:30")
    assert [candidate.score[3] for candidate in decision.candidates] == [0, 0]


def test_the_buffer_is_part_of_the_claim_and_of_what_counts_as_useful() -> None:
    of = plan(buffer_minutes=15)
    taken = ledger(use(1, "22:15", "23:00"), use(2, "20:40", "21:00"))
    decision = decide(of, taken, query(2), "19:00")
    assert decision.seating is not None
    assert decision.seating.claimed_until == friday("20:45")
    assert [c.table_ids for c in decision.candidates] == [(1,)]
    assert decision.candidates[0].score[3] == 90


def test_the_same_question_has_the_same_answer_whatever_the_order_of_rows() -> None:
    tables = (table(1, 4), table(2, 2), table(3, 2))
    taken = (use(2, "18:00", "19:00"), use(3, "20:30", "21:00"))
    first = decide(plan(tables=tables), ledger(*taken), query(2), "19:00")
    second = decide(plan(tables=tables[::-1]), ledger(*taken[::-1]), query(2), "19:00")
    assert first.seating == second.seating
    assert first.candidates == second.candidates


# Who may sit where


def test_a_party_is_given_only_tables_meant_for_its_size() -> None:
    of = plan(tables=(table(1, 4, min_seats=3),))
    assert seat(of, query(3)) == (1,)
    assert seat(of, query(2)) == [Reason.OVERSIZE]
    assert seat(of, query(5)) == [Reason.NO_TABLE_FITS]


@pytest.mark.parametrize(
    ("channel", "tables"),
    [
        (Channel.ONLINE, {(1,)}),
        (Channel.IN_HOUSE, {(1,), (2,)}),
        (Channel.WALK_IN, {(1,), (2,), (3,)}),
    ],
)
def test_each_channel_is_given_its_classes_of_tables(
    channel: Channel, tables: set[tuple[int, ...]]
) -> None:
    of = plan(
        tables=(
            table(1),
            table(2, access=Access.IN_HOUSE),
            table(3, access=Access.WALK_IN),
        )
    )
    assert set(scores(of, query(2, channel=channel))) == tables


def test_a_combination_is_open_to_a_channel_when_all_its_tables_are() -> None:
    of = plan(
        tables=(table(1), table(2, access=Access.IN_HOUSE)),
        combinations=(Combination(1, (1, 2), 3, 4),),
    )
    assert seat(of, query(4)) == [Reason.NO_TABLE_FITS]
    assert seat(of, query(4, channel=Channel.IN_HOUSE)) == (1, 2)


def test_step_free_is_a_hard_need_and_holds_for_every_table_of_a_combination() -> None:
    of = plan(
        tables=(table(1), table(2, step_free=True), table(3, step_free=True)),
        combinations=(Combination(1, (1, 2), 3, 4), Combination(2, (2, 3), 3, 4)),
    )
    assert set(scores(of, query(2, step_free=True))) == {(2,), (3,)}
    assert set(scores(of, query(4, step_free=True))) == {(2, 3)}
    assert seat(of, query(2, step_free=True), ledger(use(2, "18:00", "22:00"))) == (3,)


def test_a_party_sits_in_the_room_it_asked_for_and_in_the_rooms_of_the_service() -> None:
    tables = (table(1), table(2, room_id=7), table(3, room_id=8))
    combinations = (Combination(1, (2, 3), 2, 4),)
    anywhere = plan(tables=tables, combinations=combinations)
    assert set(scores(anywhere, query(2))) == {(1,), (2,), (3,), (2, 3)}
    assert set(scores(anywhere, query(2, room_id=7))) == {(2,)}
    service = dinner(room_ids=frozenset({7, 8}))
    inside = plan(tables=tables, combinations=combinations, services=(service,))
    assert set(scores(inside, query(2))) == {(2,), (3,), (2, 3)}


def test_a_combination_with_a_table_that_is_gone_is_left_out() -> None:
    of = plan(combinations=(Combination(1, (1, 9), 3, 4), Combination(2, (), 3, 4)))
    assert [place.table_ids for place in places_of(of)] == [(1,), (2,)]


@pytest.mark.parametrize(
    ("guard", "tables"), [(None, {(1,), (2,)}), (2, {(1,), (2,)}), (1, {(1,)})]
)
def test_the_oversize_guard_limits_empty_chairs(guard: int, tables: set[tuple[int, ...]]) -> None:
    of = plan(tables=(table(1, 3), table(2, 4)), max_spare_seats=guard)
    assert set(scores(of, query(2))) == tables


def test_the_oversize_guard_holds_for_combinations_and_can_be_set_aside_by_staff() -> None:
    of = plan(
        tables=(table(1, 2), table(2, 4, min_seats=3)),
        combinations=(Combination(1, (1, 2), 4, 6),),
        max_spare_seats=1,
    )
    assert seat(of, query(4)) == (2,)
    assert decide(of, ledger(use(2, "18:00", "22:00")), query(4), "19:00").refusals == (
        Refusal(Reason.TABLES_TAKEN, {"asked": 4, "places": 1, "minutes": 90}),
    )
    aside = query(4, channel=Channel.IN_HOUSE, waived=frozenset({Reason.OVERSIZE}))
    assert seat(of, aside, ledger(use(2, "18:00", "19:00"))) == (2,)
    assert set(scores(of, query(1, waived=frozenset({Reason.OVERSIZE})))) == {(1,), (2,), (1, 2)}


def test_the_refusal_names_the_smallest_table_that_is_too_big() -> None:
    of = plan(tables=(table(1, 8), table(2, 6)), max_spare_seats=1)
    assert decide(of, ledger(), query(2), "19:00").refusals == (
        Refusal(Reason.OVERSIZE, {"asked": 2, "smallest": 6}),
    )


# Closed rooms


def shut(**overrides: Any) -> Plan:
    closure = Closure(1, friday("19:00"), friday("19:30"), room_id=7, **overrides)
    tables = (table(1, room_id=7), table(2, room_id=8))
    return plan(tables=tables, closures=(closure,), combinations=(Combination(1, (1, 2), 3, 4),))


def test_nobody_is_seated_in_a_room_that_is_shut() -> None:
    assert set(scores(shut(), query(2))) == {(2,)}
    assert seat(shut(), query(4)) == [Reason.CLOSURE]
    assert seat(shut(), query(4), wall="19:30") == (1, 2)
    assert seat(shut(), query(2), ledger(use(2, "18:00", "22:00"))) == [Reason.TABLES_TAKEN]


def test_a_room_shut_for_the_public_is_open_to_staff_and_to_a_waiver() -> None:
    online = shut(online_only=True)
    assert set(scores(online, query(2))) == {(2,)}
    assert set(scores(online, query(2, channel=Channel.IN_HOUSE))) == {(1,), (2,)}
    aside = query(2, waived=frozenset({Reason.CLOSURE}))
    assert set(scores(shut(), aside)) == {(1,), (2,)}


def test_slots_during_and_after_a_rooms_closure_are_counted_apart() -> None:
    offers = {
        offer.slot.label: (offer.free, offer.total) for offer in day(shut(), ledger(), query())
    }
    assert (offers["18:30"], offers["19:00"], offers["19:30"]) == ((2, 2), (1, 1), (2, 2))


# What is counted


def test_free_tables_are_those_free_for_the_whole_turn() -> None:
    taken = ledger(use(1, "20:00", "21:00"))
    free = {offer.slot.label: (offer.free, offer.total) for offer in day(plan(), taken, query())}
    assert free == {
        "18:00": (2, 2),
        "18:30": (2, 2),
        "19:00": (1, 2),
        "19:30": (1, 2),
        "20:00": (1, 2),
        "20:30": (1, 2),
        "21:00": (2, 2),
    }


def test_a_table_is_free_only_if_the_buffer_fits_as_well() -> None:
    of = plan(tables=(table(1),), buffer_minutes=15)
    for until, free in (("20:44", 0), ("20:45", 1)):
        taken = ledger(use(1, until, "23:00"))
        offer = next(o for o in day(of, taken, query()) if o.slot.label == "19:00")
        assert (offer.free, offer.available) == (free, free == 1)
        assert decide(of, taken, query(), "19:00").accepted is (free == 1)


def test_where_only_combinations_fit_they_are_what_is_counted() -> None:
    of = plan(
        tables=(table(1), table(2), table(3)),
        combinations=(Combination(1, (1, 2), 3, 4), Combination(2, (2, 3), 3, 4)),
    )
    offer = day(of, ledger(use(3, "18:00", "19:00")), query(4))[0]
    assert (offer.free, offer.total, offer.available) == (1, 2, True)


def test_when_the_last_single_is_taken_a_free_combination_still_counts() -> None:
    of = plan(
        tables=(table(1), table(2), table(3, 4), table(4), table(5)),
        combinations=(Combination(1, (1, 2), 3, 4), Combination(2, (4, 5), 3, 4)),
    )
    offer = day(of, ledger(use(3, "18:00", "19:30")), query(4))[0]
    assert (offer.free, offer.total, offer.available) == (1, 1, True)


def test_a_refused_slot_still_tells_the_truth_about_its_tables() -> None:
    offers = day(plan(lead_minutes=1000), ledger(), query(2))
    assert {(offer.free, offer.total, offer.available) for offer in offers} == {(2, 2, False)}


def test_the_turn_of_the_party_decides_how_long_a_table_must_be_free() -> None:
    of = plan(turn_times=(TurnTime(1, 60), TurnTime(2, 120)))
    taken = ledger(use(1, "20:00", "22:00"), use(2, "20:00", "22:00"))
    assert seat(of, query(1), taken) == (1,)
    assert seat(of, query(2), taken) == [Reason.TABLES_TAKEN]
    assert seat(of, query(2, turn_minutes=60), taken) == (1,)
    assert seat(of, query(1, turn_minutes=61), taken) == [Reason.TABLES_TAKEN]


def test_a_turn_longer_than_any_planned_is_honoured() -> None:
    decision = decide(plan(), ledger(), query(2, turn_minutes=600), "21:00")
    assert decision.seating is not None
    assert decision.seating.ends == friday("21:00") + 600
