from __future__ import annotations

from typing import Any

import pytest

from reservations.engine.availability import day, decide
from reservations.engine.capacity import cells_between, limits_of
from reservations.engine.types import (
    CapacityMode,
    Channel,
    Decision,
    Gauge,
    GaugeClaim,
    Ledger,
    Plan,
    Reason,
    Refusal,
    Used,
)
from tests.engine.builders import (
    FRIDAY,
    booked,
    cell_of,
    counted,
    dinner,
    friday,
    ledger,
    plan,
    query,
    reasons,
    table,
)

ROOMY = tuple(table(number, 8) for number in range(1, 9))


def limited(**limits: Any) -> Plan:
    return plan(tables=ROOMY, services=(dinner(**limits),))


def pool(seats: int = 10, **overrides: Any) -> Plan:
    return plan(capacity_mode=CapacityMode.SEATS, seats=seats, tables=(), **overrides)


def limiting(decision: Decision) -> list[GaugeClaim]:
    """The claims on counters that have a limit."""
    return [
        claim
        for claim in decision.gauges
        if claim.covers_allowed is not None or claim.parties_allowed is not None
    ]


@pytest.mark.parametrize(
    ("start", "end", "cells"),
    [(0, 15, [0]), (0, 16, [0, 1]), (14, 15, [0]), (14, 16, [0, 1]), (15, 45, [1, 2]), (7, 7, [0])],
)
def test_a_claim_counts_in_every_quarter_it_overlaps(
    start: int, end: int, cells: list[int]
) -> None:
    assert list(cells_between(start, end)) == cells


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("of", [limited(), pool()], ids=["tables", "seats"])
def test_a_party_is_counted_whether_a_limit_is_set_or_not(of: Plan, channel: Channel) -> None:
    decision = decide(of, ledger(), query(channel=channel), "19:00")
    online = [Gauge.SLOT_ONLINE] if channel is Channel.ONLINE else []
    free = [claim for claim in decision.gauges if claim.gauge is not Gauge.SEATS]
    assert free == [
        GaugeClaim(gauge, 1, cell_of(gauge, "19:00"), None, None)
        for gauge in [Gauge.SERVICE, Gauge.SLOT, *online]
    ]


@pytest.mark.parametrize("first", [0, 17 * 60, 19 * 60])
def test_the_first_seating_does_not_move_what_a_service_has_counted(first: int) -> None:
    before = limited(max_covers=10)
    after = limited(max_covers=10, first_seating=first)
    taken = booked(ledger(), decide(before, ledger(), query(8), "20:00"))
    refused = decide(after, taken, query(4), "20:00")
    assert refused.refusals == (Refusal(Reason.SERVICE_FULL, {"limit": 10, "used": 8, "asked": 4}),)


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ({"max_covers": 5}, Reason.SERVICE_FULL),
        ({"slot_covers": 5}, Reason.PACING_COVERS),
        ({"slot_parties": 1}, Reason.PACING_PARTIES),
        ({"online_slot_covers": 5}, Reason.ONLINE_PACING_COVERS),
        ({"online_slot_parties": 1}, Reason.ONLINE_PACING_PARTIES),
    ],
)
def test_a_limit_set_later_counts_who_came_before(limit: dict[str, int], reason: Reason) -> None:
    taken = booked(ledger(), decide(limited(), ledger(), query(4), "19:00"))
    assert reasons(decide(limited(**limit), taken, query(2), "19:00")) == [reason]


LIMITS = [
    ("max_covers", Gauge.SERVICE, "18:00", Reason.SERVICE_FULL),
    ("slot_covers", Gauge.SLOT, "19:00", Reason.PACING_COVERS),
    ("online_slot_covers", Gauge.SLOT_ONLINE, "19:00", Reason.ONLINE_PACING_COVERS),
]
PARTY_LIMITS = [
    ("slot_parties", Gauge.SLOT, Reason.PACING_PARTIES),
    ("online_slot_parties", Gauge.SLOT_ONLINE, Reason.ONLINE_PACING_PARTIES),
]


@pytest.mark.parametrize(("field", "gauge", "clock", "reason"), LIMITS)
def test_covers_fill_a_limit_to_the_last_and_not_beyond(
    field: str, gauge: Gauge, clock: str, reason: Reason
) -> None:
    of = limited(**{field: 10})
    accepted = decide(of, counted(gauge, clock, 6), query(4), "19:00")
    claim = GaugeClaim(gauge, 1, cell_of(gauge, clock), 10, None)
    assert limiting(accepted) == [claim]
    refused = decide(of, counted(gauge, clock, 7), query(4), "19:00")
    assert refused.refusals == (Refusal(reason, {"limit": 10, "used": 7, "asked": 4}),)
    assert refused.gauges == ()


@pytest.mark.parametrize(("field", "gauge", "reason"), PARTY_LIMITS)
def test_parties_fill_a_limit_to_the_last_and_not_beyond(
    field: str, gauge: Gauge, reason: Reason
) -> None:
    of = limited(**{field: 3})
    accepted = decide(of, counted(gauge, "19:00", 20, 2), query(4), "19:00")
    assert limiting(accepted) == [GaugeClaim(gauge, 1, cell_of(gauge, "19:00"), None, 3)]
    refused = decide(of, counted(gauge, "19:00", 20, 3), query(4), "19:00")
    assert refused.refusals == (Refusal(reason, {"limit": 3, "used": 3, "asked": 1}),)


@pytest.mark.parametrize("channel", [Channel.IN_HOUSE, Channel.WALK_IN])
def test_the_limit_for_the_public_does_not_count_what_staff_take(channel: Channel) -> None:
    of = limited(online_slot_covers=2, slot_covers=20)
    decision = decide(of, ledger(), query(4, channel=channel), "19:00")
    assert [claim.gauge for claim in decision.gauges] == [Gauge.SERVICE, Gauge.SLOT]
    assert reasons(decide(of, ledger(), query(4), "19:00")) == [Reason.ONLINE_PACING_COVERS]


def test_pacing_of_one_slot_leaves_the_next_alone() -> None:
    of = limited(slot_covers=4)
    full = counted(Gauge.SLOT, "19:00", 4)
    assert reasons(decide(of, full, query(), "19:00")) == [Reason.PACING_COVERS]
    assert decide(of, full, query(), "19:30").accepted
    assert decide(of, full, query(), "18:30").accepted


def test_slots_of_one_quarter_of_an_hour_share_its_pacing() -> None:
    of = plan(tables=ROOMY, services=(dinner(interval=5, slot_parties=1),))
    taken = booked(ledger(), decide(of, ledger(), query(), "19:05"))
    verdicts = {
        clock: decide(of, taken, query(), clock).accepted
        for clock in ("18:55", "19:00", "19:10", "19:15")
    }
    assert verdicts == {"18:55": True, "19:00": False, "19:10": False, "19:15": True}


def test_services_have_counters_of_their_own() -> None:
    terrace = dinner(id=2, max_covers=4)
    of = plan(tables=ROOMY, services=(dinner(max_covers=4), terrace))
    full = counted(Gauge.SERVICE, "18:00", 4)
    decision = decide(of, full, query(4), "19:00")
    assert decision.slot is not None
    assert decision.slot.service.id == 2
    assert reasons(decide(of, full, query(4), "19:00", 1)) == [Reason.SERVICE_FULL]


def test_a_service_counts_a_party_past_midnight_on_its_own_evening() -> None:
    late = dinner(first_seating=23 * 60, last_seating=25 * 60, max_covers=4)
    decision = decide(plan(services=(late,)), ledger(), query(), "00:30")
    assert [claim.cell for claim in limiting(decision)] == [cell_of(Gauge.SERVICE, "00:30")]


def test_a_limit_of_zero_lets_nobody_in() -> None:
    assert reasons(decide(limited(max_covers=0), ledger(), query(1), "19:00")) == [
        Reason.SERVICE_FULL
    ]


def test_a_limit_that_staff_set_aside_counts_the_party_and_allows_just_that() -> None:
    of = limited(max_covers=10, slot_covers=8, slot_parties=2)
    full = Ledger(
        gauges={
            (Gauge.SERVICE, 1, cell_of(Gauge.SERVICE, "18:00")): Used(9, 3),
            (Gauge.SLOT, 1, friday("19:00") // 15): Used(8, 2),
        }
    )
    aside = frozenset({Reason.SERVICE_FULL, Reason.PACING_COVERS, Reason.PACING_PARTIES})
    decision = decide(of, full, query(4, channel=Channel.IN_HOUSE, waived=aside), "19:00")
    assert [(c.covers_allowed, c.parties_allowed) for c in decision.gauges] == [(13, None), (12, 3)]


def test_a_limit_set_aside_but_not_reached_stays_what_it_was() -> None:
    decision = decide(
        limited(max_covers=10), ledger(), query(waived=frozenset({Reason.SERVICE_FULL})), "19:00"
    )
    assert [claim.covers_allowed for claim in limiting(decision)] == [10]


# A pool of seats


def test_a_pool_claims_its_seats_in_every_quarter_of_the_turn_and_the_buffer() -> None:
    decision = decide(pool(buffer_minutes=10), ledger(), query(4), "19:00")
    assert decision.seating is not None
    assert decision.seating.table_ids == ()
    assert decision.seating.ends == friday("20:30")
    assert decision.seating.claimed_until == friday("20:40")
    first = friday("19:00") // 15
    assert limiting(decision) == [
        GaugeClaim(Gauge.SEATS, 0, first + step, 10, None) for step in range(7)
    ]


def test_the_fullest_quarter_decides_how_many_seats_are_free() -> None:
    busy = counted(Gauge.SEATS, "20:15", 7, service_id=0)
    free = {offer.slot.label: (offer.free, offer.total) for offer in day(pool(), busy, query())}
    assert free == {
        "18:00": (10, 10),
        "18:30": (10, 10),
        "19:00": (3, 10),
        "19:30": (3, 10),
        "20:00": (3, 10),
        "20:30": (10, 10),
        "21:00": (10, 10),
    }
    assert decide(pool(), busy, query(3), "19:00").accepted
    assert decide(pool(), busy, query(4), "19:00").refusals == (
        Refusal(Reason.SEATS_TAKEN, {"limit": 10, "used": 7, "asked": 4}),
    )


def test_a_fuller_quarter_counts_whatever_comes_after_it() -> None:
    first = friday("19:00") // 15
    busy = Ledger(
        gauges={
            (Gauge.SEATS, 0, first + 1): Used(9, 3),
            (Gauge.SEATS, 0, first + 2): Used(5, 3),
        }
    )
    assert decide(pool(), busy, query(2), "19:00").refusals[0].facts["used"] == 9


def test_services_share_one_pool() -> None:
    of = pool(services=(dinner(), dinner(id=2, first_seating=1110, last_seating=1110)))
    taken = booked(ledger(), decide(of, ledger(), query(8), "19:00"))
    assert reasons(decide(of, taken, query(4), "18:30", 2)) == [Reason.SEATS_TAKEN]


def test_seats_are_physical_and_cannot_be_waived() -> None:
    asked = query(11, channel=Channel.IN_HOUSE, waived=frozenset({Reason.SEATS_TAKEN}))
    assert reasons(decide(pool(), ledger(), asked, "19:00")) == [Reason.SEATS_TAKEN]


def test_more_seats_used_than_there_are_leave_none_free() -> None:
    busy = counted(Gauge.SEATS, "18:00", 12, service_id=0)
    assert day(pool(), busy, query())[0].free == 0


def test_limits_are_chosen_by_the_plans_data() -> None:
    of = pool(services=(dinner(max_covers=9, slot_covers=4, online_slot_parties=2),))
    assert [limit.gauge for limit in limits_of(of, FRIDAY, 1, Channel.ONLINE)] == [
        Gauge.SERVICE,
        Gauge.SLOT,
        Gauge.SLOT_ONLINE,
        Gauge.SEATS,
    ]
    assert [limit.gauge for limit in limits_of(of, FRIDAY, 1, Channel.WALK_IN)] == [
        Gauge.SERVICE,
        Gauge.SLOT,
        Gauge.SEATS,
    ]
    assert limits_of(plan(), FRIDAY, 1, Channel.ONLINE) == ()
