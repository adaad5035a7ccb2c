"""``INSERT … SELECT`` into a model's table, with its indexes away meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import Model
from django.db.models.fields import NOT_PROVIDED


def insert_select(model: type[Model], source: str, **columns: str) -> None:
    """Fill ``model``'s table from ``source`` (what follows FROM), an SQL expression per column.

    Columns that are not given get the database's or the model's default, so that a new one does not
    break this.
    """
    names, values = [], []
    for field in model._meta.local_concrete_fields:
        if field.column in columns:
            names.append(field.column)
            values.append(columns[field.column])
        elif not (field.null or field.primary_key) and field.db_default is NOT_PROVIDED:
            names.append(field.column)
            values.append(_default(field))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(names)})"
            f" SELECT {', '.join(values)} FROM {source}"
        )


def _default(field: Any) -> str:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return "now()"
    if field.default is NOT_PROVIDED and not field.empty_strings_allowed:
        raise ValueError(f"{field} has no default: say what it should be")
    value = field.get_db_prep_save(field.get_default(), connection)
    with connection.cursor() as cursor:
        from psycopg import sql

        kind = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
        text = sql.Literal(value).as_string(cursor.connection)
    return f"{text}::{kind}"


@contextmanager
def without_indexes(table: str, *, primary_key: bool = False) -> Iterator[None]:
    """Drop a table's indexes and unique constraints, and make them anew afterwards.

    The primary key only if nothing refers to it (``primary_key``).
    """
    kinds = ["u", "x", *(["p"] if primary_key else [])]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype = ANY(%s)",
            [table, kinds],
        )
        constraints = cursor.fetchall()
        for name, _ in constraints:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}" CASCADE')
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = %s::regclass AND NOT indisprimary",
            [table],
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for _, definition in indexes:
            cursor.execute(definition)
        for name, definition in constraints:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def reset_sequence(table: str, column: str = "id") -> None:
    """After rows with given keys."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence(%s, %s), (SELECT max({column}) FROM {table}))",
            [table, column],
        )
