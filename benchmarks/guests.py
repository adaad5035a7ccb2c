"""``python -m benchmarks.guests``: how long the server takes for guest pages, with a large book.

One client and several, over HTTP, each request for another restaurant, day and party. ``--profile``
shows instead where the time of one kind of page goes, in this process without a server.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from benchmarks import load, meter, report
from benchmarks.dataset import Scale
from benchmarks.load import Task
from benchmarks.looking import PAGES
from benchmarks.rounds import Measured
from benchmarks.stack import Stack, WebServer, serving, started

MOST_TIMES_P95 = 60
"""Milliseconds for the times of a day, with one client."""


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 0 whatever comes out, since times depend on the machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guests", description=__doc__)
    parser.add_argument("--restaurants", type=int, default=Scale.restaurants)
    parser.add_argument("--days", type=int, default=Scale.days)
    parser.add_argument("--per-day", type=int, default=Scale.per_day)
    parser.add_argument("--clients", type=int, default=8, help="of the second half")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each kind of page")
    parser.add_argument("--only", default=",".join(PAGES), help=f"of {', '.join(PAGES)}")
    parser.add_argument("--profile", choices=sorted(PAGES))
    chosen = parser.parse_args(arguments)
    with started() as stack:
        report.heading("Data")
        words = ("--restaurants", chosen.restaurants, "--days", chosen.days)
        found = stack.inside(
            "benchmarks.dataset", *map(str, words), "--per-day", str(chosen.per_day)
        )
        scale = Scale(**found["scale"])
        if not (stack.data_dir / "static" / "staticfiles.json").exists():
            stack.collect_static()
        if chosen.profile:
            stack.inside("benchmarks.profiling", chosen.profile, json.dumps(asdict(scale)))
            return 0
        with serving(stack, "guests") as server:
            server.wait()
            _measure(stack, server, scale, chosen)
    return 0


def _measure(stack: Stack, server: WebServer, scale: Scale, chosen: argparse.Namespace) -> None:
    kinds = [kind for kind in PAGES if kind in chosen.only.split(",")]
    # An hour in service: every process has compiled the templates and met the restaurants.
    for kind in ("tour", *kinds):
        load.run(Task(kind, "couvert", server.port, scale, 60 if kind == "tour" else 1, 8))
    for clients in (1, chosen.clients):
        report.heading(
            f"Guest pages over HTTP, {scale.restaurants:,} restaurants, {clients} clients"
        )
        found = {}
        for kind in kinds:
            task = Task(kind, "couvert", server.port, scale, chosen.seconds, clients, seed=clients)
            before = meter.read(stack, server)
            outcome = load.run(task)
            cpu = meter.read(stack, server) - before
            found[kind] = Measured(PAGES[kind].title, outcome, cpu)
        report.rates("pages", found.values())
        if clients == 1 and "times" in found:
            p95 = found["times"].outcome.percentile(0.95)
            is_met = "✓" if p95 < MOST_TIMES_P95 else "✗"
            print(f"  {is_met} goal: the times of a day with one client, p95 < {MOST_TIMES_P95} ms")


if __name__ == "__main__":
    sys.exit(main())
