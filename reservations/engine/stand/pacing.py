"""The pacing strip: who arrives in each quarter of an hour, against what may."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from core.intervals import overlaps
from reservations.engine.capacity import counters_of
from reservations.engine.stand.types import Cell15, Guest
from reservations.engine.types import (
    CELL_MINUTES,
    Cap,
    Cell,
    Channel,
    DiningService,
    Gauge,
    Minute,
    Plan,
)


def pacing(guests: Iterable[Guest], first: Minute, last: Minute) -> tuple[Cell15, ...]:
    """Every quarter of an hour from ``first`` to ``last`` with who arrives in it.

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
    return tuple(_counted(cell, *covers.get(cell, (0, 0, 0))) for cell in cells)


def _counted(cell: Cell, covers: int, parties: int, seated: int) -> Cell15:
    return Cell15(cell * CELL_MINUTES, covers, parties, limit=None, seated=seated)


def with_limits(
    cells: Iterable[Cell15],
    plan: Plan,
    service_date: dt.date,
    running: Mapping[Cell, Sequence[DiningService]],
) -> tuple[Cell15, ...]:
    """The same cells with the limits of the services that seat guests in each on the date."""
    return tuple(_limited(each, plan, service_date, running) for each in cells)


def _limited(
    each: Cell15,
    plan: Plan,
    service_date: dt.date,
    running: Mapping[Cell, Sequence[DiningService]],
) -> Cell15:
    cell = each.start // CELL_MINUTES
    services = running.get(cell, ())

    def limit_of(gauge: Gauge) -> int | None:
        return _sum(_usual(plan, service_date, service, gauge, cell) for service in services)

    caps = [
        c for c in plan.caps if overlaps(each.start, each.start + CELL_MINUTES, c.starts, c.ends)
    ]
    return replace(
        each,
        limit=_capped(limit_of(Gauge.SLOT), caps, online=False),
        online_limit=_capped(limit_of(Gauge.SLOT_ONLINE), caps, online=True),
        is_capped=bool(caps),
    )


def _usual(
    plan: Plan, service_date: dt.date, service: DiningService, gauge: Gauge, cell: Cell
) -> int | None:
    limits = counters_of(plan, service_date, service.id, Channel.ONLINE)
    return next(limit for limit in limits if limit.gauge is gauge).usual((cell,))[0]


def _sum(limits: Iterable[int | None]) -> int | None:
    """The limits added up; None where one of them, or all, are none."""
    found = list(limits)
    if not found or any(limit is None for limit in found):
        return None
    return sum(limit for limit in found if limit is not None)


def _capped(limit: int | None, caps: Iterable[Cap], *, online: bool) -> int | None:
    found = [cap.covers for cap in caps if cap.online_only is online]
    return min(found if limit is None else [limit, *found], default=None)
