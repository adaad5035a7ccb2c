"""Writing the audit trail: an explicit call inside the service, never a model signal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core import clock, correlation, origin, wakeups
from core.actors import Actor
from core.models import AuditEntry


def record(
    verb: str, target: str, *, by: Actor, restaurant_id: int | None = None, **data: Any
) -> AuditEntry:
    """Append one entry to the trail, in the caller's transaction; screens hear of it after commit.

    ``verb`` is namespaced and past tense (``reservation.cancelled``), ``target`` a public id,
    ``data`` small and JSON-able, without card data or secrets.
    """
    entry = _entry(verb, target, by, restaurant_id, data)
    entry.save(force_insert=True)
    wakeups.announce(restaurant_id)
    return entry


def record_each(
    verb: str,
    target: str,
    deeds: Iterable[dict[str, Any]],
    *,
    by: Actor,
    restaurant_id: int | None = None,
) -> None:
    """:func:`record` for many deeds of one kind in one statement: an entry for each, in order."""
    entries = [_entry(verb, target, by, restaurant_id, data) for data in deeds]
    AuditEntry.objects.bulk_create(entries)
    wakeups.announce(restaurant_id)


def _entry(
    verb: str, target: str, by: Actor, restaurant_id: int | None, data: dict[str, Any]
) -> AuditEntry:
    return AuditEntry(
        at=clock.now(),
        verb=verb,
        target=target,
        restaurant_id=restaurant_id,
        actor_kind=by.kind,
        actor_id=by.id,
        actor_label=by.label,
        data=data,
        correlation_id=correlation.current(),
        origin=origin.current(),
    )
