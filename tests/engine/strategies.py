"""Houses, evenings and requests that Hypothesis invents: small, odd and mostly full."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from reservations.engine.calendar import slots_of
from reservations.engine.types import (
    Access,
    CapacityMode,
    Channel,
    Closure,
    Combination,
    DiningService,
    Gauge,
    GaugeKey,
    Ledger,
    Opening,
    Plan,
    Query,
    Reason,
    SpecialDay,
    Table,
    TableUse,
    TurnTime,
    Used,
)
from reservations.engine.walltime import boundary_to_minute

# Ordinary evenings and those on which the clocks change, past midnight or at it.
EVENINGS = [
    ("America/New_York", dt.date(2026, 5, 15)),
    ("America/New_York", dt.date(2026, 3, 7)),
    ("America/New_York", dt.date(2026, 10, 31)),
    ("Europe/London", dt.date(2026, 10, 24)),
    ("Australia/Lord_Howe", dt.date(2026, 10, 3)),
    ("Australia/Lord_Howe", dt.date(2026, 4, 4)),
    ("America/Santiago", dt.date(2026, 9, 5)),
    ("Asia/Kathmandu", dt.date(2026, 5, 15)),
]


# A request made a season too early, during the evening, or after it.
ODD_HOURS = [-1440 * 100, 19 * 60, 40 * 60]


@dataclass(frozen=True)
class House:
    plan: Plan
    date: dt.date
    opens: int
    """Its local midnight, to place claims by."""


six = st.integers(0, 5)


@st.composite
def rarely(draw: st.DrawFn, strategy: st.SearchStrategy[Any], usual: Any = None) -> Any:
    """Mostly ``usual``: a request that everything forbids teaches little."""
    return draw(strategy) if draw(six) == 5 else usual


# Made once: a strategy that is made anew for each drawing is examined anew as well.
rooms = st.sampled_from([None, 1, 2])
limits = rarely(st.integers(0, 16))
few_parties = rarely(st.integers(0, 3))
seldom = rarely(st.just(True), usual=False)
accesses = rarely(st.sampled_from(Access), usual=Access.ONLINE)
channels = rarely(st.sampled_from(Channel), usual=Channel.ONLINE)
largest_parties = rarely(st.integers(2, 6))
rooms_of_services = rarely(st.just(frozenset({1, 2})), usual=frozenset())
one_or_two = rarely(st.integers(1, 2))
one_or_two_else_none = rarely(st.integers(1, 2), usual=0)
cut_offs = rarely(st.integers(12 * 60, 26 * 60))
at_most_four = rarely(st.just(4), usual=20)
lead_times = rarely(st.just(300), usual=0)
hours_of_asking = rarely(st.sampled_from(ODD_HOURS), usual=10 * 60)
turns = rarely(st.integers(20, 240))
waivers = rarely(st.frozensets(st.sampled_from(Reason)), usual=frozenset())
odd_minutes = rarely(st.integers(0, 2000))


@st.composite
def tables(draw: st.DrawFn, number: int) -> Table:
    seats = draw(st.integers(2, 6))
    return Table(
        id=number,
        label=draw(st.sampled_from(["A", "B", "C"])),
        min_seats=draw(rarely(st.integers(1, seats), usual=1)),
        max_seats=seats,
        priority=draw(st.integers(0, 2)),
        room_id=draw(rooms),
        access=draw(accesses),
        step_free=draw(st.booleans()),
    )


@st.composite
def combinations(draw: st.DrawFn, number: int, floor: list[Table]) -> Combination:
    members = draw(
        st.lists(st.sampled_from(floor), min_size=2, max_size=3, unique_by=lambda t: t.id)
    )
    seats = sum(member.max_seats for member in members)
    return Combination(
        number,
        tuple(m.id for m in members),
        draw(st.integers(1, seats)),
        seats,
        draw(st.integers(0, 2)),
    )


turn_times = st.sampled_from(
    [(TurnTime(99, 90),), (TurnTime(2, 45), TurnTime(4, 70)), (TurnTime(3, 25), TurnTime(9, 120))]
)


@st.composite
def services(draw: st.DrawFn, number: int) -> DiningService:
    first = draw(st.sampled_from([18 * 60, 18 * 60 + 20, 23 * 60, 25 * 60]))
    return DiningService(
        id=number,
        name=f"Service {number}",
        first_seating=first,
        last_seating=first + draw(st.sampled_from([0, 60, 150])),
        interval=draw(st.sampled_from([10, 15, 30, 45])),
        weekdays=frozenset(range(7)),
        turn_times=draw(st.one_of(st.just(()), turn_times)),
        max_party=draw(largest_parties),
        max_covers=draw(limits),
        slot_covers=draw(limits),
        slot_parties=draw(few_parties),
        online_slot_covers=draw(limits),
        online_slot_parties=draw(few_parties),
        room_ids=draw(rooms_of_services),
        is_private=draw(seldom),
    )


@st.composite
def closures(draw: st.DrawFn, number: int, opens: int) -> Closure:
    starts = opens + draw(st.integers(17 * 60, 26 * 60))
    return Closure(
        id=number,
        starts=starts,
        ends=starts + draw(st.integers(1, 180)),
        service_id=draw(one_or_two),
        room_id=draw(rooms),
        online_only=draw(st.booleans()),
    )


@st.composite
def houses(draw: st.DrawFn) -> House:
    zone_name, date = draw(st.sampled_from(EVENINGS))
    zone = ZoneInfo(zone_name)
    opens = boundary_to_minute(zone, date, 0)
    floor = [draw(tables(number)) for number in range(1, draw(st.integers(1, 5)) + 1)]
    joined = draw(st.integers(0, 3)) if len(floor) > 1 else 0
    hours = draw(rarely(st.just((Opening(date.weekday(), 17 * 60, 25 * 60 + 30),)), usual=()))
    special = SpecialDay(date, opens=18 * 60, closes=24 * 60)
    plan = Plan(
        restaurant_id=1,
        version=1,
        zone=zone,
        capacity_mode=draw(st.sampled_from([CapacityMode.TABLES] * 3 + [CapacityMode.SEATS])),
        seats=draw(st.integers(0, 20)),
        max_party=draw(at_most_four),
        lead_minutes=draw(lead_times),
        cut_off=draw(cut_offs),
        buffer_minutes=draw(st.sampled_from([0, 0, 10, 15])),
        max_spare_seats=draw(few_parties),
        turn_times=draw(turn_times),
        tables=tuple(floor),
        combinations=tuple(draw(combinations(number, floor)) for number in range(1, joined + 1)),
        services=tuple(draw(services(number)) for number in range(1, draw(st.integers(1, 2)) + 1)),
        openings=hours,
        special_days=draw(rarely(st.just((special,)), usual=())),
        closures=tuple(
            draw(closures(number, opens)) for number in range(draw(one_or_two_else_none))
        ),
    )
    return House(plan, date, opens)


@st.composite
def ledgers(draw: st.DrawFn, house: House) -> Ledger:
    """Claims that no policy made: walk-ins at odd minutes, blocks, even overlapping ones."""
    uses = []
    for _ in range(draw(st.integers(0, 8))):
        table = draw(st.sampled_from(house.plan.tables))
        start = house.opens + draw(st.integers(16 * 60, 28 * 60))
        uses.append(TableUse(table.id, start, start + draw(st.integers(1, 200))))
    return Ledger(tuple(uses), draw(gauges(house)))


@st.composite
def gauges(draw: st.DrawFn, house: House) -> dict[GaugeKey, Used]:
    """Counters that are already partly used, now and then beyond their limits."""
    used = st.builds(Used, covers=st.integers(0, 10), parties=st.integers(0, 3))
    slots = slots_of(house.plan, house.date)
    counted: dict[GaugeKey, Used] = {}
    for slot in draw(st.lists(st.sampled_from(slots), max_size=4)) if slots else ():
        cell = slot.starts // 15
        midnight = (house.date - dt.date(1970, 1, 1)).days * 96
        counted[Gauge.SERVICE, slot.service.id, midnight] = draw(used)
        counted[Gauge.SLOT, slot.service.id, cell] = draw(used)
        counted[Gauge.SLOT_ONLINE, slot.service.id, cell] = draw(used)
        counted[Gauge.SEATS, 0, cell + draw(st.integers(0, 6))] = draw(used)
    return counted


@st.composite
def queries(draw: st.DrawFn, house: House) -> Query:
    return Query(
        service_date=house.date,
        party_size=draw(st.integers(1, 6)),
        now=house.opens + draw(hours_of_asking),
        channel=draw(channels),
        room_id=draw(one_or_two),
        step_free=draw(seldom),
        turn_minutes=draw(turns),
        waived=draw(waivers),
    )


@st.composite
def requests(draw: st.DrawFn, house: House) -> tuple[Query, int]:
    """A query and a wall minute: mostly a slot of the evening, sometimes not."""
    walls = [slot.wall for slot in slots_of(house.plan, house.date)] or [19 * 60]
    odd = draw(odd_minutes)
    return draw(queries(house)), draw(st.sampled_from(walls)) if odd is None else odd
