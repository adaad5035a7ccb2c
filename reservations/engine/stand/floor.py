"""Who has which table when: the ledger's claims, and who really sits where."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from core.intervals import contains
from reservations.engine.stand.types import (
    SHORTEST_STAY,
    SOON_WITHIN,
    Guest,
    Owner,
    TableState,
    Use,
)
from reservations.engine.types import Minute, Plan


@dataclass(frozen=True)
class Floor:
    """Who has which table when, asked by everything below. Make one with :func:`floor_of`."""

    plan: Plan
    now: Minute
    uses: Mapping[int, tuple[Use, ...]]
    """By table, in order of start. Includes who sits beyond a claim."""
    reset: int = 0
    """Minutes to clear a table."""
    span: tuple[Minute, Minute] | None = None
    """When the night begins and is over: what ends before or begins later is another one's."""

    def of_night(self, table_id: int) -> Iterator[Use]:
        """The uses of a table that belong to the night, in order of start."""
        begins, ends = self.span or (-_NEVER, _NEVER)
        for use in self.uses.get(table_id, ()):
            if use.start < ends and use.end > begins:
                yield use

    def taken(self, table_id: int, start: Minute, end: Minute, *without: int | None) -> Use | None:
        """The first use of a table that meets ``[start, end)``, but for these parties' own."""
        return _first(self.uses.get(table_id, ()), start, end, without)

    def free_until(
        self, table_ids: Iterable[int], start: Minute, *without: int | None
    ) -> Minute | None:
        """When the next use of any of these tables begins; None when there is none that night.

        ``start`` itself when one is taken then.
        """
        found = (_first(self.of_night(each), start, _NEVER, without) for each in table_ids)
        return min((max(use.start, start) for use in found if use is not None), default=None)

    def least(self, turn: int) -> int:
        """Minutes a table has to be free for before somebody sits down at it whose it is not.

        A short stay, and the time to clear it before the next party.
        """
        return min(SHORTEST_STAY, turn) + self.reset


_NEVER: Minute = 2**40


def _first(
    uses: Iterable[Use], start: Minute, end: Minute, without: Collection[int | None]
) -> Use | None:
    """The first of these, in order of start, that meets ``[start, end)``, but for some parties'."""
    for use in uses:
        if use.start >= end:
            return None
        if use.end > start and not (use.owner is Owner.PARTY and use.owner_id in without):
            return use
    return None


def floor_of(
    plan: Plan,
    uses: Iterable[Use],
    guests: Iterable[Guest],
    now: Minute,
    reset: int = 0,
    span: tuple[Minute, Minute] | None = None,
) -> Floor:
    """The floor at ``now``: the claims, and whoever sits at a table beyond theirs.

    A party that sits is taken to stay until it is expected to leave, or another minute. ``span``
    is the night's, where claims of other nights are among the uses.
    """
    by_table: dict[int, list[Use]] = {}
    covered: dict[tuple[int, int], Minute] = {}
    for use in uses:
        by_table.setdefault(use.table_id, []).append(use)
        if use.owner is Owner.PARTY:
            key = (use.table_id, use.owner_id)
            covered[key] = max(covered.get(key, use.end), use.end)
    for guest in guests:
        if not guest.sits:
            continue
        until = max(guest.until, now + 1)
        for table_id in guest.table_ids:
            if covered.get((table_id, guest.id), 0) < until:
                start = guest.starts if guest.seated is None else guest.seated
                extra = Use(table_id, start, until, Owner.PARTY, guest.id, guest.name)
                by_table.setdefault(table_id, []).append(extra)
    ordered = {
        table_id: tuple(sorted(found, key=lambda use: (use.start, use.end)))
        for table_id, found in by_table.items()
    }
    return Floor(plan, now, ordered, reset, span)


def state_of(floor: Floor, table_id: int, sitting: Collection[int]) -> TableState:
    """What a table is now; ``sitting`` are the ids of the parties that sit at it."""
    if sitting:
        return TableState.OCCUPIED
    now = floor.now
    current = [use for use in floor.of_night(table_id) if contains(use.start, use.end, now)]
    owners = {use.owner for use in current}
    for owner, state in _STATES:
        if owner in owners:
            return state
    coming = floor.free_until([table_id], now)
    if coming is not None and coming - now <= SOON_WITHIN:
        return TableState.SOON
    return TableState.FREE


_STATES = (
    (Owner.BLOCK, TableState.BLOCKED),
    (Owner.BUSSING, TableState.BUSSING),
    (Owner.PARTY, TableState.HELD),
    (Owner.HOLD, TableState.HELD),
)
