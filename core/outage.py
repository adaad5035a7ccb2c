"""What to do when PostgreSQL went away: discard what it broke, so that the next request works."""

from __future__ import annotations

from django.db import connections


def drop_broken_connections() -> None:
    """Discard idle connections that a restart of PostgreSQL broke; no other request gets one.

    This request's own connection is closed by Django at its end.
    """
    for connection in connections.all(initialized_only=True):
        pool = getattr(connection, "pool", None)
        if pool is not None and not pool.closed:
            pool.check()
