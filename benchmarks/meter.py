"""Processor time of the servers: comparable on a busy machine, where rates are not."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from benchmarks.stack import Stack, WebServer
from config import embedded


@dataclass(frozen=True)
class Cpu:
    """Seconds of processor time."""

    web: float = 0.0
    postgres: float = 0.0
    redis: float = 0.0

    @property
    def total(self) -> float:
        """What the system under test used."""
        return self.web + self.postgres + self.redis

    def __sub__(self, other: Cpu) -> Cpu:
        return Cpu(self.web - other.web, self.postgres - other.postgres, self.redis - other.redis)

    def __add__(self, other: Cpu) -> Cpu:
        return Cpu(self.web + other.web, self.postgres + other.postgres, self.redis + other.redis)


def read(stack: Stack, server: WebServer | None = None) -> Cpu:
    """What has been used so far."""
    servers = {found.name: found.pid for found in embedded.status(stack.data_dir)}
    return Cpu(
        web=_family(server.pid if server else None),
        postgres=_family(servers["PostgreSQL"]),
        redis=_family(servers["Redis"]),
    )


def _family(pid: int | None) -> float:
    """A process, its children, and those of its children that have ended."""
    if pid is None:
        return 0.0
    parent = psutil.Process(pid)
    own = parent.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in parent.children(recursive=True):
        try:
            used = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += used.user + used.system
    return float(total)
