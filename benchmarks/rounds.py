"""Measuring by turns: a round of each system, then the next round, so that noise hits all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks import load, meter
from benchmarks.dataset import Scale
from benchmarks.load import Outcome, Task
from benchmarks.meter import Cpu
from benchmarks.stack import Stack, WebServer
from benchmarks.systems import COUVERT, System


@dataclass(frozen=True)
class Plan:
    """How long to look, by how many clients."""

    scale: Scale
    clients: int
    rounds: int
    seconds: float
    """Of one round."""
    warm_up: bool = True
    """Begin with a round that does not count."""
    tokens: tuple[str, ...] = ()
    """One per guest."""


@dataclass
class Measured:
    """What the clients saw of one system, and what it cost."""

    label: str
    outcome: Outcome = field(default_factory=Outcome)
    cpu: Cpu = field(default_factory=Cpu)

    @property
    def per_cpu_second(self) -> float:
        """Units per second of processor time of web server, PostgreSQL and Redis together."""
        return self.outcome.done / self.cpu.total if self.cpu.total else 0.0

    def add(self, outcome: Outcome, cpu: Cpu) -> None:
        """Take another round into account."""
        self.outcome.add(outcome)
        self.cpu += cpu


Round = Callable[[], tuple[Outcome, Cpu]]


def by_turns(plan: Plan, systems: Mapping[str, Round]) -> dict[str, Measured]:
    """Each system as often as the plan says, one after the other."""
    measured = {label: Measured(label) for label in systems}
    for number in range(-1 if plan.warm_up else 0, plan.rounds):
        for label, run in systems.items():
            result = run()
            if number >= 0:
                measured[label].add(*result)
    return measured


def http_round(stack: Stack, plan: Plan, kind: str, system: System, server: WebServer) -> Round:
    """A round of requests to one system; every round asks for other things."""

    def run() -> tuple[Outcome, Cpu]:
        task = Task(
            kind,
            system.ids,
            server.port,
            plan.scale,
            plan.seconds,
            plan.clients,
            seed=time.time_ns(),
            tokens=plan.tokens,
        )
        before = meter.read(stack, server)
        outcome = load.run(task)
        return outcome, meter.read(stack, server) - before

    return run


def acquaint(plan: Plan, servers: Mapping[System, WebServer]) -> None:
    """Let every worker process of Couvert see every restaurant, as after an hour in service."""
    server = servers[COUVERT]
    load.run(Task("tour", COUVERT.ids, server.port, plan.scale, 30, max(plan.clients, 4)))
