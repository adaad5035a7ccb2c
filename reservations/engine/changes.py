"""Carrying out a change of the request or of the house's rules, on values, not on rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from reservations.engine.types import (
    Access,
    Change,
    ChangeKind,
    Channel,
    Ledger,
    Plan,
    Query,
    Reason,
    WallMinute,
)

RAISES = {
    Reason.SERVICE_FULL: (ChangeKind.RAISE_SERVICE_COVERS, "max_covers"),
    Reason.PACING_COVERS: (ChangeKind.RAISE_SLOT_COVERS, "slot_covers"),
    Reason.PACING_PARTIES: (ChangeKind.RAISE_SLOT_PARTIES, "slot_parties"),
    Reason.ONLINE_PACING_COVERS: (ChangeKind.RAISE_ONLINE_SLOT_COVERS, "online_slot_covers"),
    Reason.ONLINE_PACING_PARTIES: (ChangeKind.RAISE_ONLINE_SLOT_PARTIES, "online_slot_parties"),
}
"""The limit of the dining service that each refusal asks to be raised."""

_FIELDS = dict(RAISES.values())


def apply_changes(
    plan: Plan,
    ledger: Ledger,
    query: Query,
    wall: WallMinute | str,
    changes: Iterable[Change],
) -> tuple[Plan, Ledger, Query, WallMinute | str]:
    """The same question after these changes: what to hand to ``decide``.

    A change of the house's rules makes a new plan; the given one stays as it is.
    """
    for change in changes:
        if change.kind is ChangeKind.OTHER_TIME:
            wall = change.value
        else:
            plan = _changed_plan(plan, query.channel, change)
            query = _changed_query(query, change)
    return plan, ledger, query, wall


def _changed_query(query: Query, change: Change) -> Query:
    if change.kind is ChangeKind.SMALLER_PARTY:
        return replace(query, party_size=change.value)
    if change.kind is ChangeKind.SHORTER_TURN:
        return replace(query, turn_minutes=change.value)
    if change.kind is ChangeKind.WAIVE and change.reason is not None:
        return replace(query, waived=query.waived | {change.reason})
    return query


def _changed_plan(plan: Plan, channel: Channel, change: Change) -> Plan:
    if change.kind is ChangeKind.SPARE_SEATS:
        return replace(plan, max_spare_seats=change.value)
    if change.kind is ChangeKind.RAISE_SEATS:
        return replace(plan, seats=change.value)
    if change.kind is ChangeKind.OPEN_TABLE:
        opened = {change.value: Access(channel)}
        tables = [replace(t, access=opened.get(t.id, t.access)) for t in plan.tables]
        return replace(plan, tables=tuple(tables))
    if change.kind in _FIELDS:
        raised: dict[str, Any] = {_FIELDS[change.kind]: change.value}
        services = [
            replace(service, **raised) if service.id == change.service_id else service
            for service in plan.services
        ]
        return replace(plan, services=tuple(services))
    return plan
