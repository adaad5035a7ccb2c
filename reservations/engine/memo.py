"""Remembering what follows from a plan alone, for as long as that plan lives."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from enum import Enum
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast
from weakref import WeakKeyDictionary

from reservations.engine.types import Plan


class _Unknown(Enum):
    TOKEN = 0


_UNKNOWN = _Unknown.TOKEN

P = ParamSpec("P")
R = TypeVar("R")


def per_plan(
    bound: int,
) -> Callable[[Callable[Concatenate[Plan, P], R]], Callable[Concatenate[Plan, P], R]]:
    """Memoise ``function(plan, *args)`` by the plan's identity and the other arguments.

    Promises: a plan is not kept alive by what was derived from it, and no plan remembers
    more than ``bound`` answers (arguments come from requests, so they must not be able to
    fill the memory). Two threads may compute the same answer; neither sees half of one.
    """

    def decorate(
        function: Callable[Concatenate[Plan, P], R],
    ) -> Callable[Concatenate[Plan, P], R]:
        answers: WeakKeyDictionary[Plan, dict[Hashable, R]] = WeakKeyDictionary()

        @wraps(function)
        def remembered(plan: Plan, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if kwargs:
                raise TypeError(f"{function.__name__} takes positional arguments only")
            key = cast("tuple[Hashable, ...]", args)
            known = answers.get(plan)
            if known is None:
                known = answers.setdefault(plan, {})
            answer = known.get(key, _UNKNOWN)
            if not isinstance(answer, _Unknown):
                return answer
            answer = function(plan, *args, **kwargs)
            if len(known) >= bound:
                # Starting again is simpler than a queue and just as good here: the next
                # requests ask for the same few dates and party sizes.
                known.clear()
            known[key] = answer
            return answer

        return remembered

    return decorate
