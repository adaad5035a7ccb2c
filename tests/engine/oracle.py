"""What must be true of any answer, worked out the slow way: loops, dates and no bit masks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import combinations

from core.intervals import overlaps
from reservations.engine.types import (
    OPEN_TO,
    CapacityMode,
    Channel,
    Decision,
    Gauge,
    GaugeKey,
    Ledger,
    Plan,
    Query,
    Reason,
    Slot,
    TableUse,
    Used,
)

NOTHING = Used(0, 0)


class Broken(AssertionError):
    """An answer that is not true."""


def require(condition: bool, what: str) -> None:
    if not condition:
        raise Broken(what)


def turn_minutes(plan: Plan, query: Query, slot: Slot) -> int:
    if query.turn_minutes is not None:
        return query.turn_minutes
    steps = slot.service.turn_times or plan.turn_times
    fitting = [step.minutes for step in steps if query.party_size <= step.up_to]
    return fitting[0] if fitting else steps[-1].minutes


def places(plan: Plan, query: Query, slot: Slot) -> list[tuple[int, ...]]:
    """Tables and combinations this party may have on an empty floor."""
    by_id = {table.id: table for table in plan.tables}
    found = []
    for source, ids in [(table, (table.id,)) for table in plan.tables] + [
        (combination, combination.table_ids) for combination in plan.combinations
    ]:
        members = [by_id[table_id] for table_id in ids]
        closed = set(slot.closed_rooms)
        if query.channel is Channel.ONLINE:
            closed |= slot.online_closed_rooms
        if Reason.CLOSURE in query.waived:
            closed = set()
        fits = source.max_seats >= query.party_size
        if Reason.OVERSIZE not in query.waived:
            fits = fits and source.min_seats <= query.party_size
            if plan.max_spare_seats is not None:
                fits = fits and source.max_seats - query.party_size <= plan.max_spare_seats
        if fits and all(
            member.access in OPEN_TO[query.channel]
            and (member.step_free or not query.step_free)
            and (query.room_id is None or member.room_id == query.room_id)
            and (not slot.service.room_ids or member.room_id in slot.service.room_ids)
            and member.room_id not in closed
            for member in members
        ):
            found.append(ids)
    return found


def is_free(ledger: Ledger, table_ids: Iterable[int], start: int, end: int) -> bool:
    return not any(
        use.table_id in table_ids and overlaps(use.start, use.end, start, end)
        for use in map(TableUse._make, ledger.uses)
    )


def free_places(plan: Plan, ledger: Ledger, query: Query, slot: Slot) -> list[tuple[int, ...]]:
    end = slot.starts + turn_minutes(plan, query, slot) + plan.buffer_minutes
    return [ids for ids in places(plan, query, slot) if is_free(ledger, ids, slot.starts, end)]


def broken_limits(plan: Plan, ledger: Ledger, query: Query, slot: Slot) -> set[Reason]:
    """The limits that this party would exceed, counted anew."""
    service = slot.service
    party = query.party_size
    cell = slot.starts // 15
    midnight = (query.service_date - dt.date(1970, 1, 1)).days * 96
    whole = ledger.gauges.get((Gauge.SERVICE, service.id, midnight), NOTHING)
    total = ledger.gauges.get((Gauge.SLOT, service.id, cell), NOTHING)
    online = ledger.gauges.get((Gauge.SLOT_ONLINE, service.id, cell), NOTHING)
    checks = [
        (Reason.SERVICE_FULL, service.max_covers, whole.covers + party),
        (Reason.PACING_COVERS, service.slot_covers, total.covers + party),
        (Reason.PACING_PARTIES, service.slot_parties, total.parties + 1),
    ]
    if query.channel is Channel.ONLINE:
        checks += [
            (Reason.ONLINE_PACING_COVERS, service.online_slot_covers, online.covers + party),
            (Reason.ONLINE_PACING_PARTIES, service.online_slot_parties, online.parties + 1),
        ]
    broken = {reason for reason, limit, asked in checks if limit is not None and asked > limit}
    broken -= query.waived
    if plan.capacity_mode is CapacityMode.SEATS:
        end = slot.starts + turn_minutes(plan, query, slot) + plan.buffer_minutes
        for (gauge, _, at), used in ledger.gauges.items():
            during = overlaps(at * 15, at * 15 + 15, slot.starts, end)
            if gauge is Gauge.SEATS and during and used.covers + party > plan.seats:
                broken.add(Reason.SEATS_TAKEN)
        if party > plan.seats:
            broken.add(Reason.SEATS_TAKEN)
    return broken


def check_decision(plan: Plan, ledger: Ledger, decision: Decision) -> None:
    """Refused for true reasons only, and for all of them; seated only where there is room."""
    slot, query = decision.slot, decision.query
    given = {refusal.reason for refusal in decision.refusals}
    require(decision.accepted is not bool(given), "accepted or refused, never both")
    if slot is None:
        require(not decision.accepted, "nobody is seated at no time")
        return
    counted = {
        reason
        for reason in given
        if reason.value.endswith(("_covers", "_parties", "_full", "seats_taken"))
    }
    require(counted == broken_limits(plan, ledger, query, slot), "limits counted right")
    if plan.capacity_mode is CapacityMode.TABLES:
        check_tables(plan, ledger, decision, slot, given)
    check_counted(plan, ledger, decision, slot)


def check_counted(plan: Plan, ledger: Ledger, decision: Decision, slot: Slot) -> None:
    """Whoever is accepted is counted everywhere, limit or not, within what each limit allows."""
    query, service = decision.query, slot.service
    cell = slot.starts // 15
    midnight = (query.service_date - dt.date(1970, 1, 1)).days * 96
    expected: dict[GaugeKey, tuple[int | None, int | None]] = {
        (Gauge.SERVICE, service.id, midnight): (service.max_covers, None),
        (Gauge.SLOT, service.id, cell): (service.slot_covers, service.slot_parties),
    }
    if query.channel is Channel.ONLINE:
        online = (service.online_slot_covers, service.online_slot_parties)
        expected[Gauge.SLOT_ONLINE, service.id, cell] = online
    if plan.capacity_mode is CapacityMode.SEATS:
        end = slot.starts + turn_minutes(plan, query, slot) + plan.buffer_minutes
        expected |= {
            (Gauge.SEATS, 0, at): (plan.seats, None)
            for at in range(cell, cell + 200)
            if overlaps(at * 15, at * 15 + 15, slot.starts, end)
        }
    claimed = {(c.gauge, c.service_id, c.cell): c for c in decision.gauges}
    require(len(claimed) == len(decision.gauges), "no counter is moved twice")
    require(set(claimed) == (set(expected) if decision.accepted else set()), "all is counted")
    for key, claim in claimed.items():
        used = ledger.gauges.get(key, NOTHING)
        needs = (used.covers + query.party_size, used.parties + 1)
        given = (claim.covers_allowed, claim.parties_allowed)
        for limit, allowed, needed in zip(expected[key], given, needs, strict=True):
            right = allowed == limit or (limit is not None and allowed == needed > limit)
            require(right, "a counter allows its limit, or just what staff let in")


def check_tables(
    plan: Plan, ledger: Ledger, decision: Decision, slot: Slot, given: set[Reason]
) -> None:
    free = free_places(plan, ledger, decision.query, slot)
    require(
        {candidate.table_ids for candidate in decision.candidates} == set(free),
        "the candidates are the places that are free",
    )
    require(not (Reason.TABLES_TAKEN in given and free), "nobody is refused while a table is free")
    if not free:
        floor = {Reason.TABLES_TAKEN, Reason.OVERSIZE, Reason.NO_TABLE_FITS, Reason.CLOSURE}
        require(bool(given & floor), "without a place nobody is accepted")
    seating = decision.seating
    if seating is not None:
        minutes = turn_minutes(plan, decision.query, slot)
        require(seating.table_ids in free, "the party sits where there is room")
        require(seating.starts == slot.starts, "it sits when it asked to")
        require(seating.ends == slot.starts + minutes, "it keeps its whole turn")
        require(seating.claimed_until == seating.ends + plan.buffer_minutes, "and the buffer")


def check_book(ledger: Ledger, allowed: dict[GaugeKey, tuple[int | None, int | None]]) -> None:
    """No table is claimed twice at once and no counter is above what it was allowed."""
    for one, other in combinations(map(TableUse._make, ledger.uses), 2):
        require(
            one.table_id != other.table_id
            or not overlaps(one.start, one.end, other.start, other.end),
            f"table {one.table_id} is claimed twice",
        )
    for key, used in ledger.gauges.items():
        covers, parties = allowed[key]
        require(covers is None or used.covers <= covers, f"{key} has too many covers")
        require(parties is None or used.parties <= parties, f"{key} has too many parties")
