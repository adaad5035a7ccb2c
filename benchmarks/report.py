"""Tables for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.burst import GUESTS, Bursts
from benchmarks.dataset import BURST_TABLES
from benchmarks.rounds import Measured

_WIDTH = 34


def heading(text: str) -> None:
    """A part begins."""
    print(f"\n{text}\n{'─' * len(text)}", flush=True)


def rates(unit: str, measured: Iterable[Measured]) -> None:
    """Rates, latencies and costs; milliseconds of processor time are for one unit."""
    print(
        f"{'':{_WIDTH}}{unit + '/s':>9}{'p50 ms':>8}{'p95 ms':>8}{'per CPU s':>11}"
        f"{'web':>8}{'postgres':>10}{'redis':>7}{'client':>8}"
    )
    for one in measured:
        done = max(one.outcome.done, 1)
        costs = [one.cpu.web, one.cpu.postgres, one.cpu.redis, one.outcome.client_cpu]
        web, postgres, redis, client = (1000 * cost / done for cost in costs)
        print(
            f"{one.label:{_WIDTH}}{one.outcome.rate:>9,.1f}{one.outcome.percentile(0.5):>8.1f}"
            f"{one.outcome.percentile(0.95):>8.1f}{one.per_cpu_second:>11,.1f}"
            f"{web:>8.2f}{postgres:>10.2f}{redis:>7.2f}{client:>8.2f}"
        )
        complain(one.outcome.statuses)
    print("  (web, postgres, redis, client: milliseconds of processor time for one)", flush=True)


def complain(statuses: Counter[str]) -> None:
    """Answers other than the one that was asked for."""
    for text, count in statuses.most_common(4):
        if text != "ok":
            print(f"  {count} × {text}")


def bursts(found: Iterable[Bursts]) -> None:
    """How many tables were sold, and who was sent away in vain."""
    print(f"{'':{_WIDTH}}{'sold':>8}{'least':>7}{'oversold':>10}{'refused while free':>20}")
    for one in found:
        least = min(evening.sold for evening in one.evenings)
        print(
            f"{one.label:{_WIDTH}}{one.sold:>8.1f}{least:>7}{one.oversold:>10}"
            f"{one.refused_while_free:>20.1f}"
        )
    print(f"  (of {BURST_TABLES} tables, {GUESTS} guests; refusals per evening)", flush=True)


def queries(counted: Sequence[Mapping[str, Any]]) -> None:
    """Statements of each endpoint."""
    print(f"{'':44}{'statements':>10}{'ms':>8}")
    for one in counted:
        print(f"{one['endpoint']:44}{one['statements']:>10}{one['milliseconds']:>8.2f}")
    print("  (milliseconds in one process, without a server; availability: the best of 25)")


class Ratios:
    """The table at the end: what came out, and what was hoped for."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, what: str, ours: Measured, theirs: Measured, goal: str = "") -> None:
        """One system's rate as a multiple of another's, by the clock and by processor time."""
        by_rate = _ratio(ours.outcome.rate, theirs.outcome.rate)
        by_cpu = _ratio(ours.per_cpu_second, theirs.per_cpu_second)
        self._lines.append(f"{what:64}{by_rate:>8}{by_cpu:>12}{goal:>10}")

    def say(self, what: str, value: str, goal: str = "") -> None:
        """Something that is no ratio."""
        self._lines.append(f"{what:64}{value:>8}{'':>12}{goal:>10}")

    def show(self) -> None:
        """Print all of it."""
        heading("Ratios of this run")
        print(f"{'':64}{'by rate':>8}{'by CPU time':>12}{'goal':>10}")
        print("\n".join(self._lines), flush=True)


def _ratio(ours: float, theirs: float) -> str:
    if not theirs:
        return "–"
    ratio = ours / theirs
    return f"{ratio:.1f} ×" if ratio >= 2 else f"{100 * ratio:.0f} %"
