"""Why not 19:30, and what is the least that would have to change.

The guest is told what they can change: the time, the size of the party. The house is told
the fewest of its own rules that, changed together, open the slot. Both are promises:
``apply_changes`` carries them out and ``decide`` then accepts; without any one of the
house's changes it refuses. Where nothing helps, nothing is promised.
"""

from __future__ import annotations

from dataclasses import replace

from reservations.engine.availability import decide, slots_for
from reservations.engine.changes import Change, ChangeKind, Explanation, apply_changes
from reservations.engine.floors import on_date
from reservations.engine.remedies import for_house
from reservations.engine.seating import BEST_FIT, SeatingPolicy, places_of
from reservations.engine.suggest import suggest
from reservations.engine.types import (
    CapacityMode,
    Ledger,
    Plan,
    Query,
    WallMinute,
)

__all__ = ["apply_changes", "explain", "for_guest"]


def explain(
    plan: Plan,
    ledger: Ledger,
    query: Query,
    wall: WallMinute | str,
    *,
    policy: SeatingPolicy = BEST_FIT,
) -> Explanation:
    """The decision for a time and, if it refuses, what would open it.

    ``for_guest``: the nearest other times, then the largest smaller party; any one suffices.
    ``for_house``: the fewest changes of rules; all of them together suffice, and none is
    idle. Empty where only another floor or another evening would help.
    """
    plan = on_date(plan, query.service_date)
    decision = decide(plan, ledger, query, wall, policy=policy)
    if decision.accepted:
        return Explanation(decision)
    guest = for_guest(plan, ledger, query, wall, policy=policy)
    house = for_house(plan, ledger, query, wall, policy)
    return Explanation(decision, guest, house)


def for_guest(
    plan: Plan,
    ledger: Ledger,
    query: Query,
    wall: WallMinute | str,
    *,
    policy: SeatingPolicy = BEST_FIT,
) -> tuple[Change, ...]:
    """What the guest could ask for instead of a refused time: the first half of ``explain``.

    For pages, which show it to whoever looks; the house's half costs ten times as much.
    """
    plan = on_date(plan, query.service_date)
    changes = [
        Change(ChangeKind.OTHER_TIME, offer.slot.wall)
        for offer in suggest(plan, ledger, query, wall, policy=policy)
    ]
    smaller = _smaller_party(plan, ledger, query, wall, policy)
    if smaller is not None:
        changes.append(Change(ChangeKind.SMALLER_PARTY, smaller))
    return tuple(changes)


def _smaller_party(
    plan: Plan, ledger: Ledger, query: Query, wall: WallMinute | str, policy: SeatingPolicy
) -> int | None:
    """The largest smaller party that would be accepted at this very time."""
    if not slots_for(plan, query, wall):
        return None
    if plan.capacity_mode is CapacityMode.SEATS:
        largest = plan.seats
    else:
        largest = max((place.max_seats for place in places_of(plan)), default=0)
    for size in range(min(query.party_size - 1, largest), 0, -1):
        smaller = replace(query, party_size=size)
        if decide(plan, ledger, smaller, wall, policy=policy).accepted:
            return size
    return None
