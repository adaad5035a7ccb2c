from __future__ import annotations

import ast
import copy
import gc
import pickle
import sys
import weakref
from pathlib import Path

import pytest

import reservations.engine
from reservations.engine.calendar import slots_of
from reservations.engine.memo import per_plan
from reservations.engine.types import Plan
from tests.engine.builders import FRIDAY, plan

ENGINE = Path(reservations.engine.__file__ or "").parent


def test_an_answer_is_worked_out_once_for_each_plan_and_argument() -> None:
    asked: list[tuple[Plan, int]] = []

    @per_plan(bound=10)
    def double(of: Plan, number: int) -> int:
        asked.append((of, number))
        return 2 * number

    one, other = plan(), plan()
    assert [double(one, 1), double(one, 1), double(one, 2), double(other, 1)] == [2, 2, 4, 2]
    assert asked == [(one, 1), (one, 2), (other, 1)]


def test_a_plan_remembers_no_more_than_its_bound() -> None:
    asked: list[int] = []

    @per_plan(bound=2)
    def same(of: Plan, number: int) -> int:
        asked.append(number)
        return number

    of = plan()
    for number in (1, 2, 1, 3, 3, 1):
        assert same(of, number) == number
    assert asked == [1, 2, 3, 1]


def test_none_is_an_answer_worth_remembering() -> None:
    asked: list[Plan] = []

    @per_plan(bound=1)
    def nothing(of: Plan) -> None:
        asked.append(of)

    of = plan()
    nothing(of)
    nothing(of)
    assert asked == [of]


def test_what_was_derived_from_a_plan_does_not_keep_it_alive() -> None:
    of = plan()
    slots_of(of, FRIDAY)
    gone = weakref.ref(of)
    del of
    gc.collect()
    assert gone() is None


def test_arguments_have_one_spelling() -> None:
    @per_plan(bound=1)
    def double(of: Plan, number: int) -> int:
        return 2 * number

    with pytest.raises(TypeError, match="positional"):
        double(plan(), number=1)


def test_a_plan_can_be_copied_and_sent_between_processes() -> None:
    of = plan()
    for twin in (copy.copy(of), pickle.loads(pickle.dumps(of))):
        assert twin != of
        assert slots_of(twin, FRIDAY) == slots_of(of, FRIDAY)


def test_the_engine_imports_nothing_but_the_standard_library_and_itself() -> None:
    files = [*ENGINE.glob("*.py"), ENGINE.parents[1] / "core" / "intervals.py"]
    assert len(files) > 15
    imported: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
            elif isinstance(node, ast.Import):
                imported.update(name.name for name in node.names)
    foreign = {
        module
        for module in imported
        if module.split(".")[0] not in sys.stdlib_module_names
        and not module.startswith("reservations.engine")
    }
    assert foreign == {"core.intervals"}


def test_the_engine_never_looks_at_the_clock() -> None:
    for file in ENGINE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in {"now", "today", "utcnow"}:
                # The instant that somebody hands over is one; a clock is not.
                of = node.value
                name = of.id if isinstance(of, ast.Name) else getattr(of, "attr", "")
                assert name in {"query", "base", "floor", "self"}, (file.name, node.lineno)
            if isinstance(node, ast.Import):
                assert {name.name for name in node.names}.isdisjoint({"time", "os", "random"})
