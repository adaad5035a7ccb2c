"""From a database URL to Django's DATABASES entry, with the way connections are kept."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import environ
from django.core.exceptions import ImproperlyConfigured

from config import env

_PATIENCE = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=60s"
"""Nobody waits for a row for ever, and a process that stands still lets go of its rows."""


def database_from_url(url: str) -> dict[str, Any]:
    """The DATABASES entry for ``url``. Refuses anything but PostgreSQL.

    ``DATABASE_CONNECTIONS`` chooses how connections are kept:

    - ``pool``: shared by the threads of a process; the web servers' default (``config/wsgi.py``);
    - ``persistent``: one per thread, kept for a minute; the default elsewhere;
    - ``close``: a new one each time, for when an outside pooler keeps them.
    """
    database: dict[str, Any] = environ.Env.db_url_config(url)
    if database["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            "DATABASE_URL must point to PostgreSQL (postgresql://user@host/name)."
        )
    database["HOST"] = unquote(database["HOST"])
    options: dict[str, Any] = {"connect_timeout": 5, **database.get("OPTIONS", {})}
    prepare_after = env.number("DATABASE_PREPARE_THRESHOLD", 3)
    if prepare_after > 0:
        # Server-side parameters are what lets PostgreSQL keep a plan. PgBouncer before 1.21 cannot
        # carry prepared statements from one transaction to the next: set the threshold to 0 there.
        options |= {"server_side_binding": True, "prepare_threshold": prepare_after}
        # Nor can it carry these; where they are missing, core.locks sets its own per transaction.
        options.setdefault("options", _PATIENCE)
    database["OPTIONS"] = options
    return database | _kept(options)


def _kept(options: dict[str, Any]) -> dict[str, Any]:
    kept = env.text("DATABASE_CONNECTIONS", "persistent")
    if kept == "pool":
        options["pool"] = {
            "min_size": env.number("DATABASE_POOL_MIN", 2),
            "max_size": env.number("DATABASE_POOL_MAX", 8),
            # Nobody is helped by waiting longer for a connection than a guest waits for a page.
            "timeout": 4,
            # The pool backs off exponentially up to here and then starts afresh with the next
            # request: a longer time would delay the recovery after an outage.
            "reconnect_timeout": 4,
        }
        return {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
    if kept == "persistent":
        return {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    if kept == "close":
        return {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
    raise ImproperlyConfigured("DATABASE_CONNECTIONS must be pool, persistent or close.")
