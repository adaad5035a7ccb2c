"""Changes of the request or of the house's rules, and carrying them out: on values, not on rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from reservations.engine.availability import slots_for
from reservations.engine.seating import turn_of
from reservations.engine.types import (
    Access,
    Channel,
    Decision,
    DiningService,
    Ledger,
    Pacing,
    Plan,
    Query,
    Reason,
    WallMinute,
)


class ChangeKind(StrEnum):
    """The kinds of smallest change that would open a refused slot."""

    OTHER_TIME = "other_time"
    SMALLER_PARTY = "smaller_party"
    RAISE_SERVICE_COVERS = "raise_service_covers"
    RAISE_SLOT_COVERS = "raise_slot_covers"
    RAISE_SLOT_PARTIES = "raise_slot_parties"
    RAISE_ONLINE_SLOT_COVERS = "raise_online_slot_covers"
    RAISE_ONLINE_SLOT_PARTIES = "raise_online_slot_parties"
    RAISE_SEATS = "raise_seats"
    OPEN_TABLE = "open_table"
    """Give a table of another access class to this channel."""
    SPARE_SEATS = "spare_seats"
    """Allow more empty chairs at the table (oversize guard)."""
    SHORTER_TURN = "shorter_turn"
    FREE_TABLE = "free_table"
    """Whoever has a table then leaves it by that time, or sits elsewhere."""
    WAIVE = "waive"
    """Staff set aside one rule of the calendar or of the booking window for this request."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change to the request or to the house's rules."""

    kind: ChangeKind
    value: int
    """New wall minute, party size, limit, spare seats, turn minutes or table id, by kind."""
    reason: Reason | None = None
    """The refusal it answers (WAIVE: the rule set aside)."""
    service_id: int | None = None
    """The dining service whose limit is raised (RAISE_* of a service)."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a slot is closed and the smallest change that would open it."""

    decision: Decision
    for_guest: tuple[Change, ...] = ()
    """Alternatives the guest can choose from, nearest first; each alone suffices."""
    for_house: tuple[Change, ...] = ()
    """The fewest changes of the house's rules which together open the slot; empty if none can."""


RAISES = {
    Reason.SERVICE_FULL: (ChangeKind.RAISE_SERVICE_COVERS, "max_covers"),
    Reason.PACING_COVERS: (ChangeKind.RAISE_SLOT_COVERS, "slot_covers"),
    Reason.PACING_PARTIES: (ChangeKind.RAISE_SLOT_PARTIES, "slot_parties"),
    Reason.ONLINE_PACING_COVERS: (ChangeKind.RAISE_ONLINE_SLOT_COVERS, "online_slot_covers"),
    Reason.ONLINE_PACING_PARTIES: (ChangeKind.RAISE_ONLINE_SLOT_PARTIES, "online_slot_parties"),
}
"""The limit of the dining service that each refusal asks to be raised."""

_FIELDS = dict(RAISES.values())
_OF_A_QUARTER = frozenset(_FIELDS.values()) - {"max_covers"}


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
        elif change.kind is ChangeKind.FREE_TABLE:
            ledger = _freed(plan, ledger, query, wall, change.value)
        else:
            plan = _changed_plan(plan, query.channel, change)
            query = _changed_query(query, change)
    return plan, ledger, query, wall


def _freed(
    plan: Plan, ledger: Ledger, query: Query, wall: WallMinute | str, table_id: int
) -> Ledger:
    """The ledger with a table free from the asked time on, as far as a party could sit there."""
    slots = slots_for(plan, query, wall)
    if not slots:
        return ledger
    start = min(slot.starts for slot in slots)
    turns = [turn_of(plan, query, slot.service) for slot in slots]
    end = max(slot.starts for slot in slots) + max(turns) + plan.buffer_minutes
    uses = []
    for table, since, until in ledger.uses:
        if table != table_id or since >= end or until <= start:
            uses.append((table, since, until))
        elif since < start:
            uses.append((table, since, start))
    return replace(ledger, uses=tuple(uses))


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
        services = [
            _raised(service, _FIELDS[change.kind], change.value)
            if service.id == change.service_id
            else service
            for service in plan.services
        ]
        return replace(plan, services=tuple(services))
    return plan


def _raised(service: DiningService, name: str, least: int) -> DiningService:
    """The service with this limit no lower than ``least``, in every quarter of an hour."""
    raised: dict[str, Any] = {name: _at_least(getattr(service, name), least)}
    if name in _OF_A_QUARTER:
        raised["pacing"] = tuple(_raised_step(step, name, least) for step in service.pacing)
    return replace(service, **raised)


def _raised_step(step: Pacing, name: str, least: int) -> Pacing:
    raised: dict[str, Any] = {name: _at_least(getattr(step, name), least)}
    return replace(step, **raised)


def _at_least(limit: int | None, least: int) -> int | None:
    return None if limit is None else max(limit, least)
