"""``python -m benchmarks``: all parts, or ``--only`` some; ``--quick`` for a look that it works."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from benchmarks import burst, meter, pgbench, report
from benchmarks.dataset import Scale
from benchmarks.load import Outcome
from benchmarks.meter import Cpu
from benchmarks.rounds import Plan, Round, acquaint, by_turns, http_round
from benchmarks.stack import Stack, WebServer, started
from benchmarks.systems import COUVERT, PLAIN, SYSTEMS, TUNED, System, all_serving

PARTS = ("availability", "pairs", "burst", "queries")
_PGBENCH = "pgbench, the same statements"


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for."""
    chosen = _parser().parse_args(arguments)
    if chosen.quick:
        chosen.restaurants, chosen.days, chosen.per_day = 60, 6, 12
        chosen.rounds, chosen.seconds, chosen.bursts, chosen.clients = 1, 0.3, 2, 4
    began = time.monotonic()
    with started("bench-quick" if chosen.quick else "bench") as stack:
        plan = _data(stack, chosen)
        if chosen.profile:
            _profile(stack, plan.scale, chosen)
            return 0
        _run(stack, plan, chosen)
    print(f"\n{time.monotonic() - began:.0f} seconds in all")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny data, half-second rounds")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts of {', '.join(PARTS)}")
    parser.add_argument("--restaurants", type=int, default=Scale.restaurants)
    parser.add_argument("--days", type=int, default=Scale.days)
    parser.add_argument("--per-day", type=int, default=Scale.per_day)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one round")
    parser.add_argument("--bursts", type=int, default=20)
    parser.add_argument("--profile", choices=["availability", "pair"])
    parser.add_argument("--cold", action="store_true", help="with --profile: nothing known yet")
    return parser


def _data(stack: Stack, chosen: argparse.Namespace) -> Plan:
    report.heading("Data")
    arguments = {
        "--restaurants": chosen.restaurants,
        "--days": chosen.days,
        "--per-day": chosen.per_day,
    }
    words = [str(word) for pair in arguments.items() for word in pair]
    found = stack.inside("benchmarks.dataset", *words)
    return Plan(
        Scale(**found["scale"]),
        chosen.clients,
        chosen.rounds,
        chosen.seconds,
        warm_up=not chosen.quick,
        tokens=tuple(found["tokens"]),
    )


def _profile(stack: Stack, scale: Scale, chosen: argparse.Namespace) -> None:
    report.heading(f"Where the time goes: {chosen.profile}")
    stack.inside(
        "benchmarks.profiling",
        chosen.profile,
        json.dumps(asdict(scale)),
        *(["cold"] if chosen.cold else []),
    )


def _run(stack: Stack, plan: Plan, chosen: argparse.Namespace) -> None:
    parts = [part for part in PARTS if part in chosen.only.split(",")]
    ratios = report.Ratios()
    if set(parts) - {"queries"}:
        with all_serving(stack) as servers:
            acquaint(plan, servers)
            if "availability" in parts:
                _availability(stack, plan, servers, ratios)
            if "pairs" in parts:
                _pairs(stack, plan, servers, ratios)
            if "burst" in parts:
                _burst(plan, servers, chosen.bursts, ratios)
    if "queries" in parts:
        _queries(stack, plan.scale, ratios)
    ratios.show()


def _availability(
    stack: Stack, plan: Plan, servers: Mapping[System, WebServer], ratios: report.Ratios
) -> None:
    report.heading(f"Availability of a day over HTTP, {plan.clients} clients")
    found = by_turns(plan, _http(stack, plan, "availability", servers))
    report.rates("days", found.values())
    ratios.add(
        "availability of a day: Couvert to pseudo-code in plain Django",
        found[COUVERT.label],
        found[PLAIN.label],
        "≥ 25 ×",
    )
    ratios.add(
        "availability of a day: Couvert to the tuned pseudo-code",
        found[COUVERT.label],
        found[TUNED.label],
    )


def _http(
    stack: Stack, plan: Plan, kind: str, servers: Mapping[System, WebServer]
) -> dict[str, Round]:
    return {
        system.label: http_round(stack, plan, kind, system, servers[system]) for system in SYSTEMS
    }


def _pairs(
    stack: Stack, plan: Plan, servers: Mapping[System, WebServer], ratios: report.Ratios
) -> None:
    report.heading(f"Hold and confirm, {plan.clients} clients: pairs over HTTP, and pgbench")
    script = stack.inside("benchmarks.capture", json.dumps(asdict(plan.scale)), str(plan.clients))
    statements, commits = script["statements"], script["transactions"]
    (stack.data_dir / "log" / "pair.sql").write_text(script["text"])
    print(
        f"pgbench repeats the {statements} statements of a pair, as captured from Couvert's views"
    )
    print(f"({commits} transactions with BEGIN and COMMIT, the others commit by themselves)")
    rounds = _http(stack, plan, "pair", servers)
    rounds[_PGBENCH] = _pgbench_round(stack, plan, script)
    found = by_turns(plan, rounds)
    report.rates("pairs", found.values())
    ours = found[COUVERT.label]
    what = "hold and confirm: Couvert to"
    ratios.add(f"{what} pseudo-code in plain Django", ours, found[PLAIN.label], "≥ 5 ×")
    ratios.add(f"{what} the tuned pseudo-code", ours, found[TUNED.label])
    ratios.add(f"{what} {_PGBENCH}", ours, found[_PGBENCH], "≥ 35 %")


def _pgbench_round(stack: Stack, plan: Plan, script: Mapping[str, Any]) -> Round:
    share = script["spots"] // (plan.clients * (plan.rounds + 1))
    start = -share

    def run() -> tuple[Outcome, Cpu]:
        nonlocal start
        start += share
        before = meter.read(stack)
        outcome = pgbench.run(
            stack, script["text"], clients=plan.clients, seconds=max(plan.seconds, 1), start=start
        )
        return outcome, meter.read(stack) - before

    return run


def _burst(
    plan: Plan, servers: Mapping[System, WebServer], times: int, ratios: report.Ratios
) -> None:
    report.heading(f"{burst.GUESTS} guests at once for ten tables, {times} times")
    found = [
        burst.run(system, servers[system].port, plan.scale, plan.tokens, times)
        for system in SYSTEMS
    ]
    report.bursts(found)
    ratios.say("burst: tables sold by Couvert, of ten", f"{found[0].sold:.1f}", "10")
    ratios.say(
        "burst: refused by Couvert while a table was free",
        f"{found[0].refused_while_free:.1f}",
        "0",
    )
    ratios.say("burst: tables sold by the pseudo-code, of ten", f"{found[1].sold:.1f}")


def _queries(stack: Stack, scale: Scale, ratios: report.Ratios) -> None:
    report.heading("Statements per request")
    counted = stack.inside("benchmarks.queries", json.dumps(asdict(scale)))
    report.queries(counted)
    most = max(c["statements"] for c in counted if "availability" in c["endpoint"])
    ratios.say("availability of a day: most statements, cold or warm", str(most), "≤ 4")


if __name__ == "__main__":
    sys.exit(main())
