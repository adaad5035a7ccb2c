from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservations.engine.money import DEFAULT_REFUND_LADDER, DepositRule, RefundStep
from reservations.engine.policies import deposit_for, refund_amount, refund_percent
from tests.engine.builders import FRIDAY, dinner, plan

NEW_YORK = ZoneInfo("America/New_York")


def rule(number: int, amount: str = "25", **overrides: Any) -> DepositRule:
    return DepositRule(number, Decimal(amount), **overrides)


# Deposits


def test_a_deposit_per_head_or_for_the_table() -> None:
    per_head = plan(deposit_rules=(rule(1),))
    assert deposit_for(per_head, dinner(), FRIDAY, 4) == (Decimal(100), rule(1))
    flat = rule(1, "5.50", per_person=False)
    assert deposit_for(plan(deposit_rules=(flat,)), dinner(), FRIDAY, 4) == (Decimal("5.50"), flat)


def test_without_a_matching_rule_nothing_is_paid_in_advance() -> None:
    assert deposit_for(plan(), dinner(), FRIDAY, 4) == (Decimal(0), None)
    for_groups = plan(deposit_rules=(rule(1, min_party=6),))
    assert deposit_for(for_groups, dinner(), FRIDAY, 5) == (Decimal(0), None)


@pytest.mark.parametrize(
    ("bounds", "matches"),
    [
        ({}, True),
        ({"min_party": 4}, True),
        ({"min_party": 5}, False),
        ({"max_party": 4}, True),
        ({"max_party": 3}, False),
        ({"service_id": 1}, True),
        ({"service_id": 2}, False),
        ({"weekdays": frozenset({4})}, True),
        ({"weekdays": frozenset({5, 6})}, False),
        ({"valid_from": FRIDAY, "valid_until": FRIDAY}, True),
        ({"valid_from": FRIDAY + dt.timedelta(days=1)}, False),
        ({"valid_until": FRIDAY - dt.timedelta(days=1)}, False),
    ],
)
def test_a_rule_holds_within_its_bounds(bounds: dict[str, Any], matches: bool) -> None:
    only = rule(1, **bounds)
    found = deposit_for(plan(deposit_rules=(only,)), dinner(), FRIDAY, 4)[1]
    assert found == (only if matches else None)


def test_a_rule_of_a_service_does_not_hold_without_one() -> None:
    of = plan(deposit_rules=(rule(1, service_id=1), rule(2, "10")))
    assert deposit_for(of, None, FRIDAY, 2) == (Decimal(20), rule(2, "10"))


LADDER_OF_RULES = [
    rule(1, priority=1),
    rule(2, service_id=1),
    rule(3, valid_until=FRIDAY),
    rule(4, valid_from=FRIDAY),
    rule(5, weekdays=frozenset({4})),
    rule(6, min_party=2),
    rule(7, max_party=9),
    rule(8),
    rule(9),
]
"""From the most specific to the least."""


@pytest.mark.parametrize("first", range(len(LADDER_OF_RULES)))
def test_the_most_specific_rule_wins_and_of_equals_the_oldest(first: int) -> None:
    for rules in (LADDER_OF_RULES[first:], LADDER_OF_RULES[first:][::-1]):
        found = deposit_for(plan(deposit_rules=tuple(rules)), dinner(), FRIDAY, 4)[1]
        assert found == LADDER_OF_RULES[first]


# Refunds


def ago(hours: int, seconds: int = 0) -> tuple[dt.datetime, dt.datetime]:
    starts = dt.datetime(2026, 5, 15, 23, 0, tzinfo=dt.UTC)
    return starts, starts - dt.timedelta(hours=hours, seconds=seconds)


@pytest.mark.parametrize(
    ("hours", "seconds", "percent"),
    [
        (48, 0, 100),
        (24, 0, 100),
        (24, -1, 50),
        (4, 1, 50),
        (4, 0, 50),
        (4, -1, 0),
        (0, 0, 0),
        (-1, 0, 0),
    ],
)
def test_the_ladder_is_climbed_to_the_second(hours: int, seconds: int, percent: int) -> None:
    assert refund_percent(DEFAULT_REFUND_LADDER, *ago(hours, seconds)) == percent


def test_parts_of_a_second_do_not_count() -> None:
    starts, at = ago(24)
    assert refund_percent(DEFAULT_REFUND_LADDER, starts, at.replace(microsecond=999_999)) == 100


@pytest.mark.parametrize(
    ("starts", "hours_by_the_clock", "percent"),
    [
        # 23 hours pass between noon and noon in March, 25 in November.
        ("2026-03-08 12:00", 24, 50),
        ("2026-03-08 12:00", 25, 100),
        ("2026-11-01 12:00", 24, 100),
        ("2026-11-01 12:00", 23, 100),
        ("2026-11-01 12:00", 22, 50),
    ],
)
def test_hours_are_those_that_pass_and_not_those_the_clock_shows(
    starts: str, hours_by_the_clock: int, percent: int
) -> None:
    begins = dt.datetime.fromisoformat(starts).replace(tzinfo=NEW_YORK)
    by_the_clock = begins - dt.timedelta(hours=hours_by_the_clock)
    assert refund_percent(DEFAULT_REFUND_LADDER, begins, by_the_clock) == percent


def test_the_order_of_the_steps_does_not_matter_and_no_steps_refund_nothing() -> None:
    steps = (RefundStep(0, 10), RefundStep(48, 100), RefundStep(4, 50))
    assert refund_percent(steps, *ago(5)) == 50
    assert refund_percent(steps, *ago(0)) == 10
    assert refund_percent((), *ago(100)) == 0


def test_a_naive_time_is_refused() -> None:
    starts, at = ago(24)
    with pytest.raises(ValueError, match="time zone"):
        refund_percent(DEFAULT_REFUND_LADDER, starts.replace(tzinfo=None), at)
    with pytest.raises(ValueError, match="time zone"):
        refund_percent(DEFAULT_REFUND_LADDER, starts, at.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("amount", "percent", "unit", "expected"),
    [
        ("50.00", 50, "0.01", "25.00"),
        ("25.01", 50, "0.01", "12.51"),
        ("25.03", 50, "0.01", "12.52"),
        ("1001", 50, "1", "501"),
        ("1.001", 50, "0.001", "0.501"),
        ("5.05", 50, "0.01", "2.53"),
        ("5.050", 50, "0.001", "2.525"),
        ("25", 100, "0.01", "25.00"),
        ("500.50", 100, "1", "500.50"),
        ("25", 0, "0.01", "0.00"),
        ("0.01", 33, "0.01", "0.00"),
    ],
)
def test_a_refund_is_rounded_half_up_to_what_can_be_moved(
    amount: str, percent: int, unit: str, expected: str
) -> None:
    found = refund_amount(Decimal(amount), percent, Decimal(unit))
    assert str(found) == expected


@given(st.integers(0, 10**7), st.integers(0, 100), st.sampled_from([0, 2, 3]))
def test_a_refund_is_never_more_than_was_paid(units: int, percent: int, exponent: int) -> None:
    unit = Decimal(1).scaleb(-exponent)
    refund = refund_amount(units * unit, percent, unit)
    assert Decimal(0) <= refund <= units * unit
    assert refund.as_tuple().exponent == -exponent


def test_a_party_pays_what_its_provider_can_move() -> None:
    rules = (rule(1, "1.675"),)
    hundredths = plan(deposit_rules=rules, money_unit=Decimal("0.01"))
    assert deposit_for(hundredths, dinner(), FRIDAY, 3)[0] == Decimal("5.03")
    thousandths = plan(deposit_rules=rules, money_unit=Decimal("0.001"))
    assert deposit_for(thousandths, dinner(), FRIDAY, 3)[0] == Decimal("5.025")
