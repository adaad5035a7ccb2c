"""Where the time of one request goes: ``python -m benchmarks --profile availability|pair``, and
``python -m benchmarks.guests --profile times|month|search|…`` for guest pages.

In this process, one request after the other, everything warm: the same few restaurants and days
are asked about again and again. ``--cold`` takes all of them, so that most are seen for the
first time.
"""

from __future__ import annotations

import dataclasses
import json
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks.dataset import Scale
from benchmarks.looking import PAGES
from benchmarks.sampling import Samples, sampling

if TYPE_CHECKING:
    from benchmarks.inside import Guests

_SECONDS = 8.0
_SHOWN = 40


def main() -> None:
    """Profile one kind of request: arguments are the kind, the scale as JSON, perhaps "cold"."""
    import django

    django.setup()
    kind, scale = sys.argv[1], Scale(**json.loads(sys.argv[2]))
    is_cold = "cold" in sys.argv[3:]
    if not is_cold:
        scale = dataclasses.replace(scale, restaurants=min(scale.restaurants, 120))
    once = _page(kind, scale) if kind in PAGES else _api(kind, scale, is_cold=is_cold)
    _repeat(once, _SECONDS / 3 if is_cold else _SECONDS / 2)
    _time_statements(once)
    with sampling() as samples:
        calls = _repeat(once, _SECONDS)
    _show(samples, calls)
    print(json.dumps(None))


def _page(kind: str, scale: Scale) -> Callable[[], object]:
    from benchmarks import inside

    chance = random.Random(1)
    return lambda: inside.page(kind, PAGES[kind].address(chance, scale))


def _api(kind: str, scale: Scale, *, is_cold: bool) -> Callable[[], object]:
    from benchmarks import inside

    guests = inside.Guests(scale, seed=time.time_ns(), days=None if is_cold else 10)
    if not is_cold:
        guests.warm_up()
    return _availability(guests) if kind == "availability" else _pair(guests)


def _availability(guests: Guests) -> Callable[[], None]:
    from benchmarks import inside

    return lambda: inside.availability(guests.request())


def _pair(guests: Guests) -> Callable[[], None]:
    from benchmarks import inside

    return lambda: inside.pair(guests.request())


def _repeat(once: Callable[[], object], seconds: float) -> int:
    calls, deadline = 0, time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        once()
        calls += 1
    return calls


def _time_statements(once: Callable[[], object]) -> None:
    from benchmarks.inside import Recorder

    recorder = Recorder()
    cpu, began = time.process_time(), time.perf_counter()
    calls = _repeat(once, _SECONDS)
    wall = (time.perf_counter() - began) / calls
    cpu = (time.process_time() - cpu) / calls
    with recorder.listening():
        calls = _repeat(once, _SECONDS / 2)
    print(f"one call: {1000 * wall:.2f} ms, of which this process computes {1000 * cpu:.2f} ms")
    totals: dict[str, list[float]] = defaultdict(list)
    for statement in recorder.statements:
        totals[_short(statement.sql)].append(statement.seconds)
    waiting = sum(map(sum, totals.values())) / calls
    count = len(recorder.statements) / calls
    print(f"statements: {count:.1f} a call, {1000 * waiting:.2f} ms (driver and transit included)")
    for sql, seconds in sorted(totals.items(), key=lambda item: -sum(item[1])):
        each = 1000 * sum(seconds) / calls
        print(f"  {each:7.3f} ms  × {len(seconds) / calls:4.2f}  {sql}")


def _short(sql: str) -> str:
    text = re.sub(r"\s+", " ", sql).strip()
    text = re.sub(r"SAVEPOINT \"[^\"]+\"", "SAVEPOINT …", text)
    return text if len(text) <= 110 else f"{text[:70]} … {text[-36:]}"


def _show(samples: Samples, calls: int) -> None:
    print(f"\nprocessor time of {calls} calls, by where the innermost Python function stands")
    for name, count in samples.groups.most_common():
        print(f"  {samples.share(count)}  {name}")
    print("\nby function, what it calls in C included")
    for name, count in samples.own.most_common(_SHOWN):
        print(f"  {samples.share(count)}  {name}")
    print("\nby function, everything it calls included")
    for name, count in samples.within.most_common(_SHOWN * 2):
        print(f"  {samples.share(count)}  {name}")


if __name__ == "__main__":
    main()
