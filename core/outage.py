"""What to do when PostgreSQL went away: discard what it broke, so that the next request works."""

from __future__ import annotations

from django.db import connections


def drop_broken_connections() -> None:
    """Discard connections that a restart of PostgreSQL broke, idle ones of the pool included."""
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()
        pool = getattr(connection, "pool", None)
        if pool is not None and not pool.closed:
            pool.check()
