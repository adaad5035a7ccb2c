"""The booking engine alone: microseconds of processor time, and ratios to the plain way.

``python -m benchmarks.engine``. Floors of 10 to 200 tables with neighbours that can be pushed
together, slots from 11:00 to 22:00 every half hour, six parties booked on every table. The
plain way asks the same question by comparing intervals, place by place and slot by slot.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from core.intervals import overlaps
from reservations.engine.availability import day, decide
from reservations.engine.calendar import slots_of, turn_for, wall_to_minute
from reservations.engine.explain import explain
from reservations.engine.night import Night
from reservations.engine.seating import BEST_FIT, candidates
from reservations.engine.types import (
    Combination,
    DiningService,
    Ledger,
    Plan,
    Query,
    Table,
    TableUse,
)

DATE = dt.date(2026, 5, 15)
SIZES = range(1, 13)
SEATS = (2, 2, 2, 4, 4, 4, 4, 6, 6, 8)
ROUNDS = 7
BUDGET = 0.05
"""Seconds of processor time spent on one round of one measurement."""


@dataclass(frozen=True)
class Evening:
    """A house, its bookings and a request of the public for two."""

    plan: Plan
    ledger: Ledger
    query: Query


def evening(tables: int) -> Evening:
    """A floor of so many tables, each booked six times, the same on every run."""
    dice = random.Random(tables)
    service = DiningService(
        id=1,
        name="All day",
        first_seating=11 * 60,
        last_seating=22 * 60,
        interval=30,
        weekdays=frozenset(range(7)),
        max_covers=100 * tables,
        slot_covers=20 * tables,
        slot_parties=8 * tables,
    )
    floor = tuple(
        Table(number, f"T{number:03}", 1, SEATS[number % len(SEATS)], step_free=number % 2 == 0)
        for number in range(tables)
    )
    joined = tuple(
        Combination(number, (one.id, two.id), one.max_seats + 1, one.max_seats + two.max_seats)
        for number, (one, two) in enumerate(zip(floor[::2], floor[1::2], strict=False))
    )
    plan = Plan(
        restaurant_id=1,
        version=1,
        zone=ZoneInfo("America/New_York"),
        tables=floor,
        combinations=joined,
        services=(service,),
    )
    opens = wall_to_minute(plan.zone, DATE, service.first_seating) or 0
    uses = []
    for table in floor:
        cursor = opens
        for _ in range(6):
            cursor += dice.choice((0, 0, 15, 30, 45))
            stay = dice.choice((90, 90, 120))
            uses.append(TableUse(table.id, cursor, cursor + stay))
            cursor += stay
    return Evening(plan, Ledger(tuple(uses)), Query(DATE, 2, opens - 60))


def microseconds(work: Callable[[], object]) -> float:
    """The median processor time of one call."""
    work()
    started = time.process_time()
    work()
    once = max(time.process_time() - started, 1e-6)
    calls = max(int(BUDGET / once), 1)
    rounds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(calls):
            work()
        rounds.append((time.process_time() - started) / calls)
    return statistics.median(rounds) * 1e6


def plain_day(of: Evening) -> list[bool]:
    """Which slots have a free place, by comparing intervals."""
    plan, query = of.plan, of.query
    answers = []
    for slot in slots_of(plan, DATE):
        ends = slot.starts + turn_for(plan, slot.service, query.party_size) + plan.buffer_minutes
        answers.append(
            any(
                all(
                    use.table_id not in place.table_ids
                    or not overlaps(use.start, use.end, slot.starts, ends)
                    for use in map(TableUse._make, of.ledger.uses)
                )
                for place in candidates(plan, query, slot)
            )
        )
    return answers


def seatable_sizes(of: Evening) -> list[list[bool]]:
    """For twelve party sizes, which slots have a free place: one night, masks only."""
    night = Night.of(of.plan, of.ledger, DATE)
    slots = slots_of(of.plan, DATE)
    return [
        list(BEST_FIT.can_seat(night, of.plan, replace(of.query, party_size=size), slots))
        for size in SIZES
    ]


def measure(tables: int) -> None:
    """Print one floor's figures."""
    of = evening(tables)
    plan, ledger, query = of.plan, of.ledger, of.query
    sizes = [replace(query, party_size=size) for size in SIZES]
    free = [offer.free > 0 for offer in day(plan, ledger, query)]
    if free != plain_day(of):
        raise SystemExit("the masks and the intervals disagree")
    base = microseconds(lambda: day(plan, ledger, query))
    works: list[tuple[str, Callable[[], object]]] = [
        ("the night's masks from its claims", lambda: Night.of(plan, ledger, DATE)),
        ("one decision", lambda: decide(plan, ledger, query, "19:00")),
        ("why not, and what would help", lambda: explain(plan, ledger, query, "19:00")),
        ("12 party sizes, seatable or not", lambda: seatable_sizes(of)),
        ("12 party sizes, days with reasons", lambda: [day(plan, ledger, q) for q in sizes]),
        ("a day under a plan never seen", lambda: day(replace(plan), ledger, query)),
        ("a day the plain way", lambda: plain_day(of)),
    ]
    print(f"\n{tables} tables, {len(plan.combinations)} combinations, {len(ledger.uses)} claims")
    print(f"  {'a day for two':<36}{base:>12.1f} µs{1:>10.2f}")
    for name, work in works:
        taken = microseconds(work)
        print(f"  {name:<36}{taken:>12.1f} µs{taken / base:>10.2f}")


def main() -> None:
    """Print the figures of every floor; the last column is relative to one day."""
    for tables in (10, 20, 60, 200):
        measure(tables)


if __name__ == "__main__":
    main()
