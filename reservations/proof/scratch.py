"""A book of its own: a schema beside the real one, in the same database, dropped at the end.

Everything the schema contains comes from the migrations, run with ``search_path`` set to it
alone, so a connection that works there cannot see the real tables. The name of the schema is the
``application_name`` of all its connections: one without connections was left by a crash.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from core.locks import SCRATCH_SCHEMA
from reservations.selectors.houses import forget_houses

_LEFT_BEHIND = """
SELECT nspname FROM pg_namespace n
WHERE starts_with(nspname, %s) AND nspowner = current_user::regrole
  AND NOT EXISTS (SELECT FROM pg_stat_activity
                  WHERE application_name = n.nspname AND datname = current_database())
"""
_END_CONNECTIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = %s AND datname = current_database() AND pid <> pg_backend_pid()
"""
_OPTIONS_OF_POOLS = ("pool",)


@contextmanager
def scratch_schema() -> Iterator[str]:
    """A new empty schema, by name, as long as the block lasts. Clears what crashed runs left."""
    name = f"{SCRATCH_SCHEMA}{secrets.token_hex(4)}"
    keeper = _connection_to(name)
    try:
        drop_left_behind(keeper)
        _execute(keeper, f'CREATE SCHEMA "{name}"')
        yield name
    finally:
        _drop(keeper, name)
        keeper.close()


@contextmanager
def working_in(schema: str, **options: str) -> Iterator[dict[str, Any]]:
    """This thread's default connection leads into the schema, and to nothing else.

    Yields the settings that let another process connect the same way. The ordinary connection
    is put aside as it is, transaction and all. ``options`` are server settings.
    """
    ordinary = connections["default"]
    inside = _connection_to(schema, search_path=schema, **options)
    connections["default"] = inside
    _forget()
    try:
        yield inside.settings_dict
    finally:
        inside.close()
        connections["default"] = ordinary
        _forget()


def use_connection(settings_dict: dict[str, Any]) -> None:
    """Make the settings of :func:`working_in` this process's default connection."""
    connections["default"] = type(connections["default"])(settings_dict, "default")


def migrate() -> None:
    """Build the tables, constraints and triggers of Couvert where the connection leads."""
    call_command("migrate", verbosity=0, interactive=False)


def drop_left_behind(keeper: BaseDatabaseWrapper | None = None) -> list[str]:
    """Drop the scratch schemas that nobody is connected to; returns their names."""
    database = keeper or connection
    with database.cursor() as cursor:
        cursor.execute(_LEFT_BEHIND, [SCRATCH_SCHEMA])
        names = [row[0] for row in cursor.fetchall()]
    for name in names:
        _execute(database, f'DROP SCHEMA IF EXISTS "{name}" CASCADE')
    return names


def may_set(parameter: str) -> bool:
    """Whether this database user may change a server setting for its own connections."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_parameter_privilege(%s, 'SET')", [parameter])
        return bool(cursor.fetchone()[0])


def _connection_to(schema: str, **server_settings: str) -> BaseDatabaseWrapper:
    """A connection of its own: unpooled, and known by the schema's name."""
    new = connections["default"].copy()
    given: dict[str, Any] = {
        key: value
        for key, value in new.settings_dict.get("OPTIONS", {}).items()
        if key not in _OPTIONS_OF_POOLS
    }
    settings = " ".join(f"-c {key}={value}" for key, value in server_settings.items())
    given["options"] = f"{given.get('options', '')} {settings}".strip()
    given["application_name"] = schema
    new.settings_dict["OPTIONS"] = given
    return new


def _drop(keeper: BaseDatabaseWrapper, name: str) -> None:
    with keeper.cursor() as cursor:
        cursor.execute(_END_CONNECTIONS, [name])
    _execute(keeper, f'DROP SCHEMA IF EXISTS "{name}" CASCADE')


def _execute(database: Any, statement: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(statement)


def _forget() -> None:
    """Keys of one schema mean something else in another."""
    forget_houses()
    ContentType.objects.clear_cache()
