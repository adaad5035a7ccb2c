"""The fewest changes of the house's own rules that would open a refused slot.

Every rule that refuses needs a change of its own: a limit is raised to exactly what this
party needs, another rule is set aside for it. For the floor each place is asked what keeps
the party from it, and the place that needs the fewest changes is taken.
"""

from __future__ import annotations

from dataclasses import replace

from reservations.engine import capacity
from reservations.engine.availability import decide, slots_for
from reservations.engine.changes import RAISES, Change, ChangeKind, apply_changes
from reservations.engine.night import Night
from reservations.engine.rules import PHYSICAL
from reservations.engine.seating import (
    Place,
    SeatingPolicy,
    closed_rooms,
    fit_of,
    fits_place,
    fits_size,
    need_of,
    places_of,
    turn_of,
)
from reservations.engine.types import (
    OPEN_TO,
    CapacityMode,
    Channel,
    Decision,
    Ledger,
    Plan,
    Query,
    Reason,
    Refusal,
    Slot,
    WallMinute,
)

SHORTEST_TURN = 30
"""Minutes. Nobody is asked to eat faster than this."""

_PREFERENCE = (
    ChangeKind.SPARE_SEATS,
    ChangeKind.OPEN_TABLE,
    ChangeKind.SHORTER_TURN,
    ChangeKind.RAISE_SEATS,
    ChangeKind.WAIVE,
)
"""Of equally few changes, those that cost the house least come first."""

Changes = tuple[Change, ...]


def for_house(
    plan: Plan, ledger: Ledger, query: Query, wall: WallMinute | str, policy: SeatingPolicy
) -> Changes:
    """The fewest changes which together make ``decide`` accept, none of them idle.

    Looks at every slot the request can mean. Empty when no change of a rule is enough.
    """
    first: Changes = ()
    asked = query
    if not slots_for(plan, query, wall):
        first = (Change(ChangeKind.WAIVE, 0, Reason.NOT_A_SLOT),)
        asked = replace(query, waived=query.waived | {Reason.NOT_A_SLOT})
    proposals = []
    for slot in slots_for(plan, asked, wall):
        decision = decide(plan, ledger, asked, slot.wall, slot.service.id, policy=policy)
        changes = _for_slot(plan, ledger, decision, slot)
        if changes is not None:
            proposals.append(first + changes)
    for proposal in sorted(proposals, key=len):
        if _opens(plan, ledger, query, wall, policy, proposal):
            return _necessary(plan, ledger, query, wall, policy, proposal)
    return ()


def _opens(
    plan: Plan,
    ledger: Ledger,
    query: Query,
    wall: WallMinute | str,
    policy: SeatingPolicy,
    changes: Changes,
) -> bool:
    changed = apply_changes(plan, ledger, query, wall, changes)
    return decide(*changed, policy=policy).accepted


def _necessary(
    plan: Plan,
    ledger: Ledger,
    query: Query,
    wall: WallMinute | str,
    policy: SeatingPolicy,
    changes: Changes,
) -> Changes:
    """The changes without those that turn out idle: a policy may know how to do without."""
    for change in changes:
        rest = tuple(other for other in changes if other is not change)
        if _opens(plan, ledger, query, wall, policy, rest):
            changes = rest
    return changes


def _for_slot(plan: Plan, ledger: Ledger, decision: Decision, slot: Slot) -> Changes | None:
    """What opens one slot; None when nothing does."""
    query = decision.query
    if query.party_size < 1:
        return None
    changes = [_for_rule(refusal, slot, query) for refusal in decision.refusals]
    rules = tuple(change for change in changes if change is not None)
    # A closure that is set aside for the slot opens its rooms as well.
    *_, eased, _ = apply_changes(plan, ledger, query, slot.wall, rules)
    if plan.capacity_mode is CapacityMode.SEATS:
        return rules + _for_pool(plan, ledger, eased, slot)
    floor = _for_floor(plan, ledger, eased, slot)
    return None if floor is None else rules + floor


def _for_rule(refusal: Refusal, slot: Slot, query: Query) -> Change | None:
    """The change that answers a refusal of the calendar or of a limit; the floor's is None."""
    reason = refusal.reason
    if reason in RAISES and not refusal.facts.get("capped"):
        needed = int(refusal.facts["used"]) + int(refusal.facts["asked"])
        return Change(RAISES[reason][0], needed, reason, slot.service.id)
    if reason in PHYSICAL or reason is Reason.OVERSIZE:
        return None
    if reason is Reason.CLOSURE and not any(
        closing.reason is Reason.CLOSURE
        and (query.channel is Channel.ONLINE or not closing.online_only)
        for closing in slot.closings
    ):
        return None  # only rooms are shut: the floor may know another place
    return Change(ChangeKind.WAIVE, 0, reason)


def _for_pool(plan: Plan, ledger: Ledger, query: Query, slot: Slot) -> Changes:
    """The longest shorter turn that finds seats, or else more seats."""
    turn = turn_of(plan, query, slot.service)
    for minutes in (turn, *range(turn - 1, SHORTEST_TURN - 1, -1)):
        used = capacity.seats_used(ledger, slot.starts, minutes + plan.buffer_minutes)
        if used + query.party_size <= plan.seats:
            shorter = Change(ChangeKind.SHORTER_TURN, minutes, Reason.SEATS_TAKEN)
            return () if minutes == turn else (shorter,)
    used = capacity.seats_used(ledger, slot.starts, turn + plan.buffer_minutes)
    return (Change(ChangeKind.RAISE_SEATS, used + query.party_size, Reason.SEATS_TAKEN),)


def _for_floor(plan: Plan, ledger: Ledger, query: Query, slot: Slot) -> Changes | None:
    """What gives the party the place that needs the fewest changes; None without any place."""
    night = Night.of(plan, ledger, query.service_date, query.turn_minutes)
    need = need_of(query, slot.service.id)
    proposals = [
        (_cost(changes), fit_of(place, query.party_size), changes)
        for place in places_of(plan)
        if fits_place(need, place, slot.service.room_ids)
        and (changes := _for_place(plan, night, query, slot, place)) is not None
    ]
    return min(proposals, key=lambda proposal: proposal[:2])[2] if proposals else None


def _cost(changes: Changes) -> tuple[int, list[int], int]:
    """Few changes before many, then cheap kinds, then the longest turn."""
    kinds = [_PREFERENCE.index(change.kind) for change in changes]
    turn = sum(change.value for change in changes if change.kind is ChangeKind.SHORTER_TURN)
    return len(changes), sorted(kinds), -turn


def _for_place(plan: Plan, night: Night, query: Query, slot: Slot, place: Place) -> Changes | None:
    """Everything that keeps the party from one place; None when it is taken too soon."""
    access = {table.id: table.access for table in plan.tables}
    changes = [
        Change(ChangeKind.OPEN_TABLE, table_id, Reason.NO_TABLE_FITS)
        for table_id in place.table_ids
        if access[table_id] not in OPEN_TO[query.channel]
    ]
    if place.rooms & closed_rooms(query, slot):
        changes.append(Change(ChangeKind.WAIVE, 0, Reason.CLOSURE))
    if not fits_size(plan, need_of(query, slot.service.id), place):
        if place.min_seats <= query.party_size:
            spare = place.max_seats - query.party_size
            changes.append(Change(ChangeKind.SPARE_SEATS, spare, Reason.OVERSIZE))
        else:
            changes.append(Change(ChangeKind.WAIVE, 0, Reason.OVERSIZE))
    minutes = night.free_for(place.table_ids, slot.starts) - plan.buffer_minutes
    if minutes < turn_of(plan, query, slot.service):
        if minutes < SHORTEST_TURN:
            return None
        changes.append(Change(ChangeKind.SHORTER_TURN, minutes, Reason.TABLES_TAKEN))
    return tuple(changes)
