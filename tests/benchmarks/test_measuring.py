"""What the benchmarks compute from what they saw."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from benchmarks.burst import _judge
from benchmarks.capture import Sample, _compose, _substitute, _values
from benchmarks.dataset import Scale
from benchmarks.load import Outcome
from benchmarks.meter import Cpu
from benchmarks.report import Ratios
from benchmarks.rounds import Measured, Plan, by_turns


def test_percentiles_are_of_all_rounds_in_milliseconds() -> None:
    outcome = Outcome([0.001, 0.003], Counter(ok=2), seconds=1.0)
    outcome.add(Outcome([0.002, 0.010], Counter(ok=2), seconds=1.0))

    assert outcome.rate == 2.0
    assert outcome.percentile(0.5) == 3.0
    assert outcome.percentile(0.95) == 10.0


def test_the_first_round_of_each_system_does_not_count() -> None:
    seen: list[str] = []

    def run_of(name: str, seconds: float) -> tuple[Outcome, Cpu]:
        seen.append(name)
        return Outcome([seconds], seconds=1.0), Cpu(web=0.5)

    systems = {"a": lambda: run_of("a", 1.0), "b": lambda: run_of("b", 2.0)}
    plan = Plan(Scale(), clients=1, rounds=2, seconds=1.0)

    found = by_turns(plan, systems)

    assert seen == ["a", "b"] * 3
    assert found["a"].outcome.done == 2
    assert found["a"].per_cpu_second == 2.0


def test_ratios_compare_rates_and_processor_time(capsys: pytest.CaptureFixture[str]) -> None:
    fast = Measured("fast", Outcome([0.1] * 60, seconds=1.0), Cpu(web=1.0))
    slow = Measured("slow", Outcome([0.1] * 20, seconds=1.0), Cpu(web=0.5, postgres=0.5))

    ratios = Ratios()
    ratios.add("fast to slow", fast, slow, "≥ 2 ×")
    ratios.show()

    assert capsys.readouterr().out.splitlines()[-1].split() == (
        ["fast", "to", "slow", "3.0", "×", "3.0", "×", "≥", "2", "×"]
    )


def test_refusals_before_the_tenth_sale_are_in_vain() -> None:
    sales = [(float(at), 201, "") for at in range(10)]
    busy = "Another user is currently booking this slot. Please try again."

    early = _judge([*sales, (4.5, 409, busy)], 1.0)
    late = _judge([*sales, (9.5, 409, busy)], 1.0)
    full = _judge([*sales, (4.5, 409, "No tables available for this time slot")], 1.0)

    assert [early.refused_while_free, late.refused_while_free, full.refused_while_free] == [1, 0, 0]


def test_with_a_table_left_every_refusal_was_in_vain() -> None:
    evening = _judge([(0.0, 201, ""), (1.0, 409, "No tables"), (2.0, 409, "x")], 1.0)

    assert (evening.sold, evening.refused_while_free) == (1, 2)


def test_placeholders_of_both_kinds_are_filled_in_order() -> None:
    named = "SELECT %(b)s, %(a)s, %(b)s, 10 %% 3"
    assert _values(named, {"a": 1, "b": 2}) == [2, 1, 2]
    assert _substitute(named, ["x", "y", "z"]) == "SELECT x, y, z, 10 % 3"
    assert _values("SELECT %s, %s", [1, 2]) == [1, 2]
    assert _substitute("SELECT '50 %%'", []) == "SELECT '50 %%'"


@pytest.mark.django_db
def test_a_text_around_a_known_id_is_composed_of_it() -> None:
    samples = [Sample(facts={"hold": name}) for name in ("hold_a", "hold_b")]
    values = ("deposit:hold_a:0", "deposit:hold_b:0")

    assert _compose(values, samples, {"hold": "'hold_' || :g"}) == (
        "('deposit:' || 'hold_' || :g || ':0')"
    )


def test_web_guests_and_pgbench_never_meet() -> None:
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    scale = Scale(days=30, first=tomorrow.isoformat())

    assert not set(scale.web_days()) & set(scale.pgbench_days())
    assert {*scale.web_days(), *scale.pgbench_days()} == set(scale.bookable_days())
