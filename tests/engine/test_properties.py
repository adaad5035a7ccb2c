from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reservations.engine.availability import day, decide
from reservations.engine.calendar import turn_for
from reservations.engine.changes import Change, ChangeKind
from reservations.engine.explain import apply_changes, explain
from reservations.engine.night import Night
from reservations.engine.seating import BEST_FIT, Choice, SeatingPolicy, places_of
from reservations.engine.suggest import suggest
from reservations.engine.types import (
    CapacityMode,
    GaugeKey,
    Ledger,
    Plan,
    Query,
    Reason,
    Seating,
    Slot,
)
from tests.engine.builders import booked, dinner, ledger, plan, query, reasons, table, use
from tests.engine.oracle import Broken, check_book, check_decision, free_places, is_free
from tests.engine.strategies import House, houses, ledgers, requests


def play(of: Plan, asked: Sequence[tuple[Query, int]], policy: SeatingPolicy = BEST_FIT) -> Ledger:
    """An evening: every request decided and, if accepted, written; the book checked each time."""
    book = ledger()
    allowed: dict[GaugeKey, tuple[int | None, int | None]] = {}
    for request, wall in asked:
        decision = decide(of, book, request, wall, policy=policy)
        check_decision(of, book, decision)
        if decision.accepted:
            book = booked(book, decision)
            for claim in decision.gauges:
                key = (claim.gauge, claim.service_id, claim.cell)
                allowed[key] = (claim.covers_allowed, claim.parties_allowed)
            check_book(book, allowed)
    return book


@settings(max_examples=40)
@given(houses(), st.data())
def test_no_evening_claims_a_table_twice_or_exceeds_a_limit_or_refuses_without_cause(
    house: House, data: st.DataObject
) -> None:
    evening = data.draw(st.lists(requests(house), min_size=1, max_size=12))
    book = play(house.plan, evening)
    # ``play`` had every step checked by the oracle; the whole evening is looked at once more.
    for (one, start, end), (other, begins, leaves) in combinations(book.uses, 2):
        assert one != other or end <= begins or leaves <= start


@settings(max_examples=40)
@given(houses(), st.data())
def test_what_shows_is_what_books(house: House, data: st.DataObject) -> None:
    taken = data.draw(ledgers(house))
    asked, _ = data.draw(requests(house))
    for offer in day(house.plan, taken, asked):
        slot = offer.slot
        decision = decide(house.plan, taken, asked, slot.wall, slot.service.id)
        assert offer.available is decision.accepted
        assert offer.refusals == decision.refusals
        check_decision(house.plan, taken, decision)
        if house.plan.capacity_mode is CapacityMode.TABLES:
            free = free_places(house.plan, taken, asked, slot)
            singles = [ids for ids in free if len(ids) == 1]
            assert offer.free == (len(singles) or min(len(free), offer.total))
            assert (offer.free == 0) is (not free)


@settings(max_examples=40)
@given(houses(), st.data())
def test_every_suggestion_can_be_booked_and_they_come_nearest_first(
    house: House, data: st.DataObject
) -> None:
    taken = data.draw(ledgers(house))
    asked, wall = data.draw(requests(house))
    offers = suggest(house.plan, taken, asked, wall)
    for offer in offers:
        assert decide(house.plan, taken, asked, offer.slot.wall).accepted
    instants = {offer.slot.starts for offer in offers}
    assert len(instants) == len(offers)
    assert offers == suggest(house.plan, taken, asked, wall)


@settings(max_examples=40)
@given(houses(), st.data())
def test_explanations_are_true_and_nothing_in_them_is_idle(
    house: House, data: st.DataObject
) -> None:
    taken = data.draw(ledgers(house))
    asked, wall = data.draw(requests(house))
    explanation = explain(house.plan, taken, asked, wall)

    def opens(changes: Sequence[Change]) -> bool:
        return decide(*apply_changes(house.plan, taken, asked, wall, changes)).accepted

    if explanation.decision.accepted:
        assert (explanation.for_guest, explanation.for_house) == ((), ())
        return
    for change in explanation.for_guest:
        assert opens([change])
    if explanation.for_house:
        assert opens(explanation.for_house)
    for size in range(len(explanation.for_house)):
        for fewer in combinations(explanation.for_house, size):
            assert not opens(fewer)


def every_change(of: Plan, asked: Query) -> list[Change]:
    """Anything the house could change at all, as far as it can be changed."""
    changes = [Change(ChangeKind.WAIVE, 0, reason) for reason in Reason]
    changes += [Change(ChangeKind.OPEN_TABLE, table.id) for table in of.tables]
    changes += [Change(ChangeKind.SPARE_SEATS, 99), Change(ChangeKind.RAISE_SEATS, 999)]
    turn = min(turn_for(of, service, asked.party_size) for service in of.services)
    if (asked.turn_minutes or turn) > 30:
        changes.append(Change(ChangeKind.SHORTER_TURN, 30))
    for service in of.services:
        changes += [
            Change(kind, 999, service_id=service.id)
            for kind in ChangeKind
            if kind.value.startswith("raise_") and kind is not ChangeKind.RAISE_SEATS
        ]
    return changes


@settings(max_examples=25)
@given(houses(), st.data())
def test_nothing_smaller_than_the_explanation_would_open_the_slot(
    house: House, data: st.DataObject
) -> None:
    taken = data.draw(ledgers(house))
    asked, wall = data.draw(requests(house))
    explanation = explain(house.plan, taken, asked, wall)
    if explanation.decision.accepted:
        return
    found = len(explanation.for_house)
    # Where the engine knows no way at all, there must be none with one or two changes.
    for size in range(1, min(found, 3) if found else 2):
        for changes in combinations(every_change(house.plan, asked), size):
            assert not decide(*apply_changes(house.plan, taken, asked, wall, changes)).accepted


@settings(max_examples=40)
@given(houses(), st.data())
def test_where_no_change_is_offered_every_place_is_taken_too_soon(
    house: House, data: st.DataObject
) -> None:
    """Honest, and not merely silent: with a place for half an hour there is a way."""
    taken = data.draw(ledgers(house))
    asked, wall = data.draw(requests(house))
    explanation = explain(house.plan, taken, asked, wall)
    slot = explanation.decision.slot
    if explanation.decision.accepted or explanation.for_house or slot is None:
        return
    assert house.plan.capacity_mode is CapacityMode.TABLES
    tables = {table.id: table for table in house.plan.tables}
    soon = slot.starts + min(30, asked.turn_minutes or 30) + house.plan.buffer_minutes
    for place in places_of(house.plan):
        members = [tables[table_id] for table_id in place.table_ids]
        if (
            place.max_seats >= asked.party_size
            and all(m.step_free or not asked.step_free for m in members)
            and all(asked.room_id in (None, m.room_id) for m in members)
            and all(
                not slot.service.room_ids or m.room_id in slot.service.room_ids for m in members
            )
        ):
            assert not is_free(taken, place.table_ids, slot.starts, soon)


# Policies of another kind, and whether the checks above would notice a bad one


@dataclass(frozen=True)
class Careless:
    """Takes the first table whoever sits there."""

    version: str = "careless/1"

    def can_seat(
        self, night: Night, plan: Plan, query: Query, slots: Sequence[Slot]
    ) -> Sequence[bool]:
        return [True for _ in slots]

    def seat(self, night: Night, plan: Plan, query: Query, slot: Slot) -> Choice:
        return Choice(Seating((1,), slot.starts, slot.starts + 90, slot.starts + 90))


@dataclass(frozen=True)
class Timid:
    """Never seats anybody."""

    version: str = "timid/1"

    def can_seat(
        self, night: Night, plan: Plan, query: Query, slots: Sequence[Slot]
    ) -> Sequence[bool]:
        return [False for _ in slots]

    def seat(self, night: Night, plan: Plan, query: Query, slot: Slot) -> Choice:
        return Choice(None, BEST_FIT.seat(night, plan, query, slot).candidates)


def test_the_checks_notice_a_policy_that_claims_a_table_twice() -> None:
    taken = ledger(use(1, "18:00", "20:00"))
    decision = decide(plan(), taken, query(2), "19:00", policy=Careless())
    assert decision.rule_version == "careless/1"
    with pytest.raises(Broken):
        check_decision(plan(), taken, decision)
    with pytest.raises(Broken, match="table 1 is claimed twice"):
        check_book(booked(taken, decision), {})


def test_the_checks_notice_a_policy_that_refuses_while_a_table_is_free() -> None:
    decision = decide(plan(), ledger(), query(2), "19:00", policy=Timid())
    assert reasons(decision) == [Reason.TABLES_TAKEN]
    with pytest.raises(Broken, match="while a table is free"):
        check_decision(plan(), ledger(), decision)


def test_the_checks_notice_a_limit_that_is_exceeded() -> None:
    of = plan(services=(dinner(max_covers=4),))
    once = decide(of, ledger(), query(2), "19:00")
    book = ledger()
    allowed: dict[GaugeKey, tuple[int | None, int | None]] = {
        (claim.gauge, claim.service_id, claim.cell): (claim.covers_allowed, None)
        for claim in once.gauges
    }
    for _ in range(2):
        book = Ledger((), booked(book, once).gauges)
        check_book(book, allowed)
    with pytest.raises(Broken, match="too many covers"):
        check_book(Ledger((), booked(book, once).gauges), allowed)
    late = decide(of, book, query(2), "19:00")
    with pytest.raises(Broken, match="limits counted right"):
        check_decision(of, book, replace(late, refusals=(), seating=once.seating))


def test_a_policy_that_moves_others_decides_what_shows_and_what_books() -> None:
    full = ledger(use(1, "18:00", "22:00"), use(2, "18:00", "22:00"))
    offers = day(plan(), full, query(2), policy=Careless())
    assert [(offer.available, offer.free) for offer in offers][:2] == [(True, 0), (True, 0)]
    assert [o.available for o in day(plan(), ledger(), query(2), policy=Timid())] == [False] * 7


def test_no_way_is_promised_that_a_policy_would_refuse() -> None:
    of = plan(cut_off=0)
    assert explain(of, ledger(), query(2), "19:00").for_house == (
        Change(ChangeKind.WAIVE, 0, Reason.CUT_OFF),
    )
    assert explain(of, ledger(), query(2), "19:00", policy=Timid()).for_house == ()


def test_no_change_is_proposed_that_a_policy_can_do_without() -> None:
    of = plan(tables=(table(1, 8),), max_spare_seats=0, cut_off=0)
    changes = explain(of, ledger(), query(2), "19:00", policy=Careless()).for_house
    assert changes == (Change(ChangeKind.WAIVE, 0, Reason.CUT_OFF),)
