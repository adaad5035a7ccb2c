"""The pacing strip: who arrives in each quarter of an hour, against what may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.intervals import overlaps
from reservations.engine.stand.types import Cell15, Guest
from reservations.engine.types import CELL_MINUTES, Cap, Cell, DiningService, Minute, Plan


def pacing(plan: Plan, guests: Iterable[Guest], first: Minute, last: Minute) -> tuple[Cell15, ...]:
    """Every quarter of an hour from ``first`` to ``last`` with who arrives in it, and its limit.

    Parties count at the time they booked, whether they have come or not; those that gave their
    table back do not. Limits of services that run at once add up; a cap of the host stand binds.
    """
    covers: dict[Cell, list[int]] = {}
    for guest in guests:
        counts = covers.setdefault(guest.starts // CELL_MINUTES, [0, 0, 0])
        counts[0] += guest.party_size
        counts[1] += 1
        if guest.seated is not None:
            really = covers.setdefault(guest.seated // CELL_MINUTES, [0, 0, 0])
            really[2] += guest.party_size
    cells = range(first // CELL_MINUTES, -(-last // CELL_MINUTES))
    return tuple(_cell(plan, cell, covers.get(cell, [0, 0, 0]), ()) for cell in cells)


def with_limits(
    cells: Iterable[Cell15], plan: Plan, running: Mapping[Cell, Sequence[DiningService]]
) -> tuple[Cell15, ...]:
    """The same cells with the limits of the services that seat guests in each."""
    return tuple(
        _cell(
            plan,
            each.start // CELL_MINUTES,
            [each.covers, each.parties, each.seated],
            running.get(each.start // CELL_MINUTES, ()),
        )
        for each in cells
    )


def _cell(
    plan: Plan, cell: Cell, counts: Sequence[int], services: Sequence[DiningService]
) -> Cell15:
    start = cell * CELL_MINUTES
    caps = [c for c in plan.caps if overlaps(start, start + CELL_MINUTES, c.starts, c.ends)]
    limit = _capped(_sum(s.slot_covers for s in services), caps, online=False)
    online = _capped(_sum(s.online_slot_covers for s in services), caps, online=True)
    covers, parties, seated = counts
    return Cell15(start, covers, parties, limit, online, seated, bool(caps))


def _sum(limits: Iterable[int | None]) -> int | None:
    """The limits added up; None where one of them, or all, are none."""
    found = list(limits)
    if not found or any(limit is None for limit in found):
        return None
    return sum(limit for limit in found if limit is not None)


def _capped(limit: int | None, caps: Iterable[Cap], *, online: bool) -> int | None:
    found = [cap.covers for cap in caps if cap.online_only is online]
    return min(found if limit is None else [limit, *found], default=None)
