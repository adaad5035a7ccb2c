"""The tables of a date: plans that hold on some days, and single tables that are closed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from reservations.engine.availability import day, decide
from reservations.engine.explain import apply_changes, explain
from reservations.engine.floors import on_date
from reservations.engine.types import (
    STANDARD_FLOOR,
    Closure,
    Combination,
    Floor,
    Ledger,
    Pacing,
    Plan,
    Query,
    Reason,
    Table,
)
from reservations.engine.walltime import wall_to_minute
from tests.engine.builders import dinner
from tests.engine.builders import plan as plan_of
from tests.engine.builders import query as asked

FRIDAY = dt.date(2026, 5, 15)
SUNDAY = dt.date(2026, 5, 17)
T1, T2, T3 = (Table(number, str(number), 1, 4) for number in (1, 2, 3))
BOTH = Combination(7, (1, 2), 5, 8)


def arranged() -> Plan:
    standard = ((T1, T2), (BOTH,))
    return replace(
        plan_of(services=(dinner(),)),
        tables=standard[0],
        combinations=standard[1],
        floors=(
            Floor(5, "Brunch", (T1,), (), weekdays=frozenset({6})),
            Floor(6, "Late", (T1, T2, T3), (BOTH,), valid_from=dt.date(2026, 5, 16)),
            Floor(STANDARD_FLOOR, "", *standard),
        ),
    )


def test_the_first_plan_that_holds_counts_and_else_the_standard_one() -> None:
    plan = arranged()
    assert on_date(plan, FRIDAY) is plan
    sunday = on_date(plan, SUNDAY)
    assert (sunday.tables, sunday.combinations, sunday.floor_id) == ((T1,), (), 5)
    assert on_date(plan, SUNDAY + dt.timedelta(7)) is sunday
    assert on_date(plan, dt.date(2026, 5, 18)).tables == (T1, T2, T3)
    # From one date's tables to another's, and back to the standard.
    assert on_date(sunday, FRIDAY).tables == plan.tables
    assert on_date(sunday, SUNDAY) is sunday


def test_a_plan_without_others_stays_itself() -> None:
    plan = plan_of(services=(dinner(),))
    assert on_date(plan, FRIDAY) is plan


def totals(plan: Plan, query: Query) -> set[int]:
    return {offer.total for offer in day(plan, Ledger(), query)}


def test_offers_and_decisions_use_the_tables_of_their_date() -> None:
    plan = arranged()
    friday, sunday = asked(service_date=FRIDAY), asked(service_date=SUNDAY)
    assert (totals(plan, friday), totals(plan, sunday)) == ({2}, {1})
    big = {"party_size": 6}
    assert decide(plan, Ledger(), replace(friday, **big), "19:00").accepted  # type: ignore[arg-type]
    refused = decide(plan, Ledger(), replace(sunday, **big), "19:00")  # type: ignore[arg-type]
    assert [each.reason for each in refused.refusals] == [Reason.NO_TABLE_FITS]


def test_what_opens_a_slot_is_found_among_the_tables_of_the_date() -> None:
    plan = arranged()
    starts = wall_to_minute(plan.zone, SUNDAY, 19 * 60)
    assert starts is not None
    # The only table of that Sunday is free for an hour.
    taken = Ledger(uses=((1, starts + 60, starts + 400),))
    query = asked(service_date=SUNDAY)
    found = explain(plan, taken, query, "19:00")
    assert [change.value for change in found.for_house] == [60]
    assert decide(
        *apply_changes(on_date(plan, SUNDAY), taken, query, "19:00", found.for_house)
    ).accepted


def test_a_closed_table_is_taken_for_the_stretch_and_the_house_stays_open() -> None:
    plan = arranged()
    at = wall_to_minute(plan.zone, FRIDAY, 19 * 60)
    assert at is not None
    shut = replace(plan, closures=(Closure(1, at, at + 30, table_id=1),))
    offers = {offer.slot.label: offer for offer in day(shut, Ledger(), asked(service_date=FRIDAY))}
    assert (offers["19:00"].free, offers["19:00"].total) == (1, 2)
    # A party that would still sit there at seven cannot come at half past six either.
    assert offers["18:30"].free == 1
    assert offers["19:30"].free == 2
    assert {offer.slot.closed_by for offer in offers.values()} == {None}
    seating = decide(shut, Ledger(), asked(service_date=FRIDAY), "19:00").seating
    assert seating is not None
    assert seating.table_ids == (2,)


def test_a_quarter_of_an_hour_has_limits_of_its_own() -> None:
    steps = (Pacing(19 * 60, slot_covers=1), Pacing(19 * 60 + 30, slot_covers=0, slot_parties=9))
    service = dinner(slot_covers=4, pacing=steps)
    plan = replace(arranged(), services=(service,))
    query = asked(service_date=FRIDAY)
    offers = {offer.slot.label: offer for offer in day(plan, Ledger(), query)}
    assert offers["18:30"].available
    (refusal,) = offers["19:00"].refusals
    assert (refusal.reason, refusal.facts["limit"]) == (Reason.PACING_COVERS, 1)
    (refusal,) = offers["19:30"].refusals
    assert (refusal.reason, refusal.facts["limit"]) == (Reason.PACING_COVERS, 0)
    found = explain(plan, Ledger(), query, "19:00").for_house
    assert [change.value for change in found] == [2]
    changed = apply_changes(plan, Ledger(), query, "19:00", found)
    assert changed[0].services[0].slot_covers == 4
    decision = decide(*changed)
    assert decision.accepted
    assert decision.gauges[1].covers_allowed == 2
