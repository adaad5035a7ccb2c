"""Every place says why; the free ones are the decision's candidates; freeing a table opens it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from reservations.engine.availability import decide, slots_for
from reservations.engine.changes import ChangeKind
from reservations.engine.explain import apply_changes
from reservations.engine.placing import PlaceAnswer, by_freeing, places_told
from reservations.engine.types import (
    Access,
    CapacityMode,
    Channel,
    Closure,
    Combination,
    Ledger,
    Plan,
    Query,
    Table,
)
from tests.engine.builders import friday, ledger, plan, query, table, use

NOTHING = ledger()


def told(of: Plan, taken: Ledger, asked: Query, wall: str = "19:00") -> dict[tuple[int, ...], str]:
    (slot,) = slots_for(of, asked, wall)
    return {each.table_ids: each.answer for each in places_told(of, taken, asked, slot)}


def test_each_place_says_the_first_thing_against_it() -> None:
    tables = (
        table(1, 2, step_free=True),
        table(2, 4, step_free=True),
        table(3, 4, step_free=True, access=Access.WALK_IN),
        table(4, 4, step_free=True),
        table(5, 4, step_free=False),
        table(6, 12, step_free=True),
    )
    of = replace(plan(tables=tables), max_spare_seats=4)
    taken = ledger(use(4, "18:00", "19:30"))
    assert told(of, taken, query(3, step_free=True)) == {
        (2,): PlaceAnswer.FREE,
        (4,): PlaceAnswer.TAKEN,
        (6,): PlaceAnswer.TOO_LARGE,
        (3,): PlaceAnswer.OTHER_CHANNEL,
        (5,): PlaceAnswer.NOT_STEP_FREE,
        (1,): PlaceAnswer.TOO_SMALL,
    }


def test_a_taken_place_says_from_when_until_when() -> None:
    of = plan(tables=(table(1, 2),))
    taken = ledger(use(1, "18:00", "19:30"), use(1, "20:15", "22:00"))
    (slot,) = slots_for(of, query(2), "19:00")
    (place,) = places_told(of, taken, query(2), slot)
    assert place.taken == (
        (1, friday("18:00"), friday("19:30")),
        (1, friday("20:15"), friday("22:00")),
    )


def test_a_pool_of_seats_has_no_places() -> None:
    of = replace(plan(tables=()), capacity_mode=CapacityMode.SEATS, seats=20)
    assert told(of, NOTHING, query(2)) == {}


def test_freeing_is_offered_only_where_the_engine_then_accepts() -> None:
    tables = (table(1, 2), table(2, 4), table(3, 2))
    of = plan(tables=tables, combinations=(Combination(9, (1, 3), 3, 4),))
    taken = ledger(use(1, "18:00", "19:30"), use(2, "18:30", "20:00"), use(3, "18:00", "19:30"))
    asked = query(3)
    (change,) = by_freeing(of, taken, asked, "19:00")
    assert (change.kind, change.value) == (ChangeKind.FREE_TABLE, 2)
    opened = decide(*apply_changes(of, taken, asked, "19:00", [change]))
    assert opened.seating is not None
    assert opened.seating.table_ids == (2,)


def test_one_table_of_two_that_are_joined_may_be_enough() -> None:
    tables = (table(1, 2), table(3, 2))
    of = plan(tables=tables, combinations=(Combination(9, (1, 3), 3, 4),))
    (change,) = by_freeing(of, ledger(use(3, "18:00", "21:30")), query(4), "19:00")
    assert change.value == 3


def test_nothing_is_freed_for_what_another_rule_refuses() -> None:
    of = replace(plan(tables=(table(1, 2),)), max_party=4)
    assert by_freeing(of, ledger(use(1, "18:00", "20:00")), query(6), "19:00") == ()
    assert by_freeing(of, NOTHING, query(2), "19:00") == ()


def test_a_table_that_is_shut_is_not_freed() -> None:
    shut = Closure(id=5, starts=friday("18:00"), ends=friday("23:00"), table_id=1)
    of = replace(plan(tables=(table(1, 2),)), closures=(shut,))
    assert told(of, NOTHING, query(2)) == {(1,): PlaceAnswer.TAKEN}
    assert by_freeing(of, NOTHING, query(2), "19:00") == ()


@pytest.mark.parametrize("seed", range(40))
def test_free_places_are_the_candidates_of_the_decision(seed: int) -> None:
    dice = random.Random(seed)
    tables: list[Table] = [
        replace(
            table(number, dice.choice([2, 2, 4, 6])),
            access=dice.choice(list(Access)),
            step_free=dice.random() < 0.7,
            priority=dice.randrange(3),
        )
        for number in range(1, 8)
    ]
    of = replace(
        plan(tables=tuple(tables), combinations=(Combination(9, (1, 2), 3, 8),)),
        max_spare_seats=dice.choice([None, 1, 3]),
    )
    uses = [
        use(dice.randrange(1, 8), f"{hour}:00", f"{hour + 1}:{dice.choice(['15', '45'])}")
        for hour in dice.sample(range(17, 22), 4)
    ]
    taken = ledger(*uses)
    asked = query(
        dice.randrange(1, 9),
        channel=dice.choice(list(Channel)),
        step_free=dice.random() < 0.3,
    )
    for wall in ("18:00", "19:00", "20:30"):
        (slot,) = slots_for(of, asked, wall)
        free = [each for each in places_told(of, taken, asked, slot) if each.is_free]
        decision = decide(of, taken, asked, wall)
        assert [(each.table_ids, each.score) for each in free] == [
            (each.table_ids, each.score) for each in decision.candidates
        ]
        if decision.seating is not None:
            assert free[0].table_ids == decision.seating.table_ids
        for change in by_freeing(of, taken, asked, wall):
            assert decide(*apply_changes(of, taken, asked, wall, [change])).accepted
