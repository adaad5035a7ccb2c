"""Embedded services: a real PostgreSQL and a real Redis for whoever has none.

With ``DATABASE_URL`` / ``REDIS_URL`` unset, settings call ``ensure_database_url()`` and
``ensure_redis_url()``. The servers live under ``DATA_DIR``, listen on private unix sockets only and
are shared by every Couvert process with the same ``DATA_DIR``. Test runs get servers of their own,
tuned for speed instead of durability. By hand: ``python -m config.embedded {start,stop,status}``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from config.embedded import locks
from config.embedded.errors import EmbeddedServiceError
from config.embedded.layout import Layout, layout_of
from config.embedded.postgres import Postgres
from config.embedded.postgres import binary as postgres_binary
from config.embedded.redis_server import Redis
from config.embedded.redis_server import binary as redis_binary

__all__ = [
    "EmbeddedServiceError",
    "Status",
    "database_url",
    "ensure_database_url",
    "ensure_redis_url",
    "postgres_binary",
    "redis_binary",
    "redis_url",
    "status",
    "stop",
    "stop_if_unused",
]


@dataclass(frozen=True)
class Status:
    """One server as ``python -m config.embedded status`` shows it."""

    name: str
    answers: bool
    pid: int | None
    url: str


def database_url(data_dir: Path, *, durable: bool = True) -> str:
    """The embedded database's address; starts nothing."""
    return Postgres(layout_of(data_dir, durable=durable)).url


def redis_url(data_dir: Path, *, durable: bool = True) -> str:
    """The embedded Redis's address; starts nothing."""
    return Redis(layout_of(data_dir, durable=durable)).url


def ensure_database_url(data_dir: Path, *, durable: bool = True) -> str:
    """The address of a running PostgreSQL, started if need be; one connection when it runs."""
    server = Postgres(layout_of(data_dir, durable=durable))
    _ensure(server)
    return server.url


def ensure_redis_url(data_dir: Path, *, durable: bool = True) -> str:
    """The address of a running Redis, started if need be. One PING when it runs."""
    server = Redis(layout_of(data_dir, durable=durable))
    _ensure(server)
    return server.url


def _ensure(server: Postgres | Redis) -> None:
    if locks.take_lease(server.layout) and server.answers():
        return
    with locks.exclusive(server.layout):
        # Whoever held the lock before us may have started it.
        locks.take_lease(server.layout)
        if not server.answers():
            server.start()


def stop(data_dir: Path, *, durable: bool = True) -> list[str]:
    """Stop both servers whoever uses them; returns the names of those that were running."""
    layout = layout_of(data_dir, durable=durable)
    if not layout.base.exists():
        return []
    with locks.exclusive(layout):
        locks.drop_lease(layout)
        return _stop(layout)


def stop_if_unused(data_dir: Path, *, durable: bool = True) -> list[str]:
    """Give up our own use of the servers and stop them unless another process uses them."""
    layout = layout_of(data_dir, durable=durable)
    if not layout.base.exists():
        return []
    with locks.exclusive(layout), locks.nobody_else(layout) as alone:
        return _stop(layout) if alone else []


def _stop(layout: Layout) -> list[str]:
    return [server.name for server in (Redis(layout), Postgres(layout)) if server.stop()]


def status(data_dir: Path, *, durable: bool = True) -> list[Status]:
    """Both servers and whether they answer."""
    layout = layout_of(data_dir, durable=durable)
    return [
        Status(server.name, server.answers(), server.process(), server.url)
        for server in (Postgres(layout), Redis(layout))
    ]
