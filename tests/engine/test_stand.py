"""The host stand's own rules: states, alerts, quotes, where to go, pacing, the rotation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intervals import overlaps
from reservations.engine import stand
from reservations.engine.lifecycle import Status
from reservations.engine.stand import AlertKind, Guest, Owner, Use, Why
from reservations.engine.types import Cap, Combination, Plan, TurnTime
from tests.engine.builders import FRIDAY, NEW_YORK, dinner, friday, table

SEVEN = friday("19:00")


def plan_of(*sizes: int, **overrides: Any) -> Plan:
    """A floor of tables 1, 2, 3 … with an hour and a half for everybody."""
    values: dict[str, Any] = {
        "restaurant_id": 1,
        "version": 1,
        "zone": NEW_YORK,
        "tables": tuple(table(number, seats) for number, seats in enumerate(sizes, start=1)),
        "services": (dinner(),),
        "turn_times": (TurnTime(99, 90),),
    }
    return Plan(**(values | overrides))


def party(number: int = 1, **overrides: Any) -> Guest:
    """A party of two at seven on table 1, for an hour and a half."""
    values: dict[str, Any] = {
        "id": number,
        "status": Status.CONFIRMED,
        "party_size": 2,
        "starts": SEVEN,
        "ends": SEVEN + 90,
        "table_ids": (1,),
        "name": f"P{number}",
    }
    return Guest(**(values | overrides))


def uses_of(*guests: Guest) -> list[Use]:
    """What these parties claim."""
    return [
        Use(table_id, guest.starts, guest.ends, Owner.PARTY, guest.id, guest.name)
        for guest in guests
        for table_id in guest.table_ids
    ]


def floor_of(
    plan: Plan, *guests: Guest, now: int = SEVEN, more: tuple[Use, ...] = ()
) -> stand.Floor:
    """The floor with these parties' claims."""
    return stand.floor_of(plan, [*uses_of(*guests), *more], guests, now)


# States


@pytest.mark.parametrize(
    ("owner", "state"),
    [
        (Owner.PARTY, "held"),
        (Owner.HOLD, "held"),
        (Owner.BLOCK, "blocked"),
        (Owner.BUSSING, "bussing"),
    ],
)
def test_a_table_is_what_it_is_taken_for(owner: Owner, state: str) -> None:
    floor = floor_of(plan_of(2), more=(Use(1, SEVEN - 5, SEVEN + 5, owner, 9),))
    assert stand.state_of(floor, 1, ()).value == state
    assert stand.state_of(floor, 1, (4,)).value == "occupied"


@pytest.mark.parametrize(("minutes", "state"), [(30, "soon"), (31, "free")])
def test_a_table_is_taken_soon_half_an_hour_before(minutes: int, state: str) -> None:
    floor = floor_of(plan_of(2), more=(Use(1, SEVEN + minutes, SEVEN + 99, Owner.PARTY, 9),))
    assert stand.state_of(floor, 1, ()).value == state


def test_who_sits_beyond_the_claim_still_has_the_table() -> None:
    guest = party(status=Status.SEATED, seated=SEVEN, ends=SEVEN + 90)
    floor = floor_of(plan_of(2), guest, now=SEVEN + 120)
    taken = floor.taken(1, SEVEN + 120, SEVEN + 121)
    assert taken is not None
    assert taken.owner_id == guest.id


# Alerts


def alerts(
    *guests: Guest, now: int = SEVEN, plan: Plan | None = None
) -> list[tuple[str, int, int]]:
    """Kind, party and minutes of every alert."""
    floor = floor_of(plan or plan_of(2, 2), *guests, now=now)
    return [(a.kind.value, a.party_id, a.minutes) for a in stand.alerts_of(floor, guests)]


def test_late_begins_after_ten_minutes() -> None:
    assert alerts(party(), now=SEVEN + 10) == []
    assert alerts(party(), now=SEVEN + 11) == [("late", 1, 11)]
    assert alerts(party(status=Status.ARRIVED), now=SEVEN + 11) == []


def test_an_overstay_is_foreseen_and_becomes_a_conflict() -> None:
    sits = party(1, status=Status.SEATED, seated=SEVEN + 20, expected_end=SEVEN + 110)
    coming = party(2, starts=SEVEN + 100, ends=SEVEN + 190)
    assert alerts(sits, coming, now=SEVEN + 30) == [("overstay", 1, 10)]
    assert alerts(sits, coming, now=SEVEN + 105) == [("conflict", 2, 5), ("overstay", 1, 5)]


def test_a_party_beyond_its_time_is_told_of_where_nobody_follows() -> None:
    sits = party(1, status=Status.SEATED, seated=SEVEN, expected_end=SEVEN + 90)
    assert alerts(sits, now=SEVEN + 90) == []
    assert alerts(sits, now=SEVEN + 97) == [("overstay", 1, 7)]


def test_people_who_need_care() -> None:
    here = party(1, status=Status.ARRIVED, has_allergy=True)
    known = party(2, starts=SEVEN + 15, is_vip=True, table_ids=(2,))
    owes = party(3, starts=SEVEN + 40, owes=True, table_ids=())
    assert alerts(here, known, owes) == [
        ("allergy", 1, 0),
        ("unassigned", 3, 0),
        ("payment_missing", 3, 40),
        ("vip_soon", 2, 15),
    ]


def test_a_pool_of_seats_has_no_unassigned_parties() -> None:
    pool = plan_of(capacity_mode="seats")
    assert alerts(party(table_ids=()), plan=pool) == []


# Now, until when


def test_a_quote_is_the_smallest_free_table_and_until_the_next_party() -> None:
    coming = party(1, starts=SEVEN + 60, ends=SEVEN + 150, table_ids=(1,))
    floor = floor_of(plan_of(2, 4), coming)
    assert stand.quote(floor, 2).table_ids == (2,)
    assert stand.quote(floor, 2).until is None
    short = floor_of(plan_of(2), coming)
    found = stand.quote(short, 2)
    assert (found.table_ids, found.until, found.minutes, found.is_short) == (
        (1,),
        SEVEN + 60,
        60,
        True,
    )


def test_nowhere_now_says_why() -> None:
    sits = party(1, status=Status.SEATED, seated=SEVEN, expected_end=SEVEN + 25)
    sits = replace(sits, ends=SEVEN + 25)
    found = stand.quote(floor_of(plan_of(2), sits), 2)
    assert (found.is_yes, found.reasons) == (False, (Why.TAKEN,))
    assert stand.quote(floor_of(plan_of(2)), 3).reasons == (Why.TOO_SMALL,)


def test_suggestions_lead_with_the_own_table_and_say_why() -> None:
    plan = plan_of(2, 2, 2, combinations=(Combination(1, (2, 3), 3, 4),))
    guest = party(table_ids=(2,), status=Status.ARRIVED)
    found = stand.suggestions(floor_of(plan, guest), 2, 90, guest=guest, preferred={3})
    assert [each.table_ids for each in found] == [(2,), (3,), (1,)]
    assert found[0].reasons == (Why.ASSIGNED, Why.BEST_FIT)
    assert found[1].reasons == (Why.SECTION_NEXT_UP, Why.BEST_FIT)
    joined = stand.suggestions(floor_of(plan), 4, 90)
    assert joined[0].reasons == (Why.JOINED, Why.BEST_FIT)


intervals = st.tuples(st.integers(1, 3), st.integers(-120, 240), st.integers(15, 180))


@given(st.lists(intervals, max_size=12), st.integers(1, 5))
def test_no_suggestion_meets_a_use(taken: list[tuple[int, int, int]], size: int) -> None:
    plan = plan_of(2, 4, 4, combinations=(Combination(1, (1, 2), 5, 6),))
    more = tuple(
        Use(number, SEVEN + start, SEVEN + start + length, Owner.PARTY, 100 + index)
        for index, (number, start, length) in enumerate(taken)
    )
    floor = floor_of(plan, more=more)
    for found in stand.suggestions(floor, size, 90):
        assert found.minutes >= stand.SHORTEST_STAY
        assert not any(
            use.table_id in found.table_ids
            and overlaps(use.start, use.end, SEVEN, SEVEN + found.minutes)
            for use in more
        )
    quoted = stand.quote(floor, size)
    assert quoted.is_yes == bool(stand.suggestions(floor, size, 90))


# Where to


def test_cells_say_yes_or_why_not() -> None:
    mine, other = party(1), party(2, starts=SEVEN + 60, ends=SEVEN + 150, table_ids=(2,))
    blocked = Use(3, SEVEN, SEVEN + 60, Owner.BLOCK, 7, "wet")
    floor = floor_of(plan_of(2, 2, 2, 1), mine, other, now=SEVEN - 60, more=(blocked,))
    cells = stand.legal_cells(floor, mine, [SEVEN, SEVEN + 150])
    assert [(v.ok, v.why) for v in cells[1]] == [(True, None), (True, None)]
    assert [(v.ok, v.why, v.against) for v in cells[2]] == [
        (False, Why.TAKEN, "P2"),
        (True, None, ""),
    ]
    assert [v.why for v in cells[3]] == [Why.BLOCKED, None]
    assert [v.why for v in cells[4]] == [Why.TOO_SMALL, Why.TOO_SMALL]
    assert [v.why for v in stand.legal_cells(floor, mine, [SEVEN - 90])[1]] == [Why.PAST]


def test_ends_are_legal_up_to_the_next_party() -> None:
    mine = party(1, status=Status.SEATED, seated=SEVEN)
    coming = party(2, starts=SEVEN + 120, ends=SEVEN + 210)
    floor = floor_of(plan_of(2, buffer_minutes=10), mine, coming, now=SEVEN + 30)
    ends = [SEVEN + 20, SEVEN + 100, SEVEN + 110, SEVEN + 111]
    verdicts = stand.legal_ends(floor, mine, ends)
    assert [v.why for v in verdicts] == [Why.PAST, None, None, Why.TAKEN]


@given(st.lists(intervals, max_size=10), st.integers(0, 240))
def test_a_verdict_is_what_the_uses_say(taken: list[tuple[int, int, int]], start: int) -> None:
    more = tuple(
        Use(number, SEVEN + at, SEVEN + at + length, Owner.PARTY, 100 + index)
        for index, (number, at, length) in enumerate(taken)
    )
    floor = floor_of(plan_of(2, 2, 2), more=more)
    guest = party(1, table_ids=())
    for number in (1, 2, 3):
        found = stand.verdict(floor, guest, (number,), SEVEN + start, SEVEN + start + 90)
        meets = any(
            use.table_id == number
            and overlaps(use.start, use.end, SEVEN + start, SEVEN + start + 90)
            for use in more
        )
        assert found.ok is not meets


# Pacing


def test_the_strip_counts_arrivals_against_limit_and_cap() -> None:
    service = dinner(slot_covers=8, online_slot_covers=6)
    plan = plan_of(2, services=(service,), caps=(Cap(SEVEN, SEVEN + 15, 2),))
    guests = [party(1), party(2, party_size=4, seated=SEVEN + 16), party(3, starts=SEVEN + 15)]
    cells = stand.pacing(guests, SEVEN, SEVEN + 30)
    running = {cell.start // 15: (service,) for cell in cells}
    first, second = stand.with_limits(cells, plan, FRIDAY, running)
    assert (first.covers, first.parties, first.limit, first.online_limit) == (6, 2, 8, 2)
    assert (second.covers, second.online_limit, second.seated) == (2, 6, 4)
    assert (first.is_capped, second.is_capped, first.is_over) == (True, False, False)


# Servers


def test_who_waited_longest_is_next() -> None:
    servers = [
        stand.ServerLoad(1, 0, last_seated=SEVEN, open_covers=2),
        stand.ServerLoad(2, 1, last_seated=SEVEN - 20, open_covers=8),
        stand.ServerLoad(3, 2),
        stand.ServerLoad(4, 3, is_cut=True),
    ]
    assert stand.next_up(servers) == (3, 2, 1)


@pytest.mark.parametrize(
    ("recent", "is_cut", "pressure"),
    [(0, False, "fine"), (1, False, "second"), (2, False, "third"), (0, True, "cut")],
)
def test_a_second_table_is_warned_of_and_a_third_is_not_given(
    recent: int, is_cut: bool, pressure: str
) -> None:
    load = stand.ServerLoad(1, 0, is_cut=is_cut, recent=recent)
    assert stand.pressure_of(load).value == pressure


def test_alerts_come_the_most_pressing_first() -> None:
    order = list(AlertKind)
    assert order[0] is AlertKind.CONFLICT
    assert order[-1] is AlertKind.VIP_SOON
