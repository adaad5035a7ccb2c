"""Limits that are counts: covers of a service, pacing of a quarter hour, seats of a pool.

Each limit says which counters a party would move. The ledger keeps one row per counter with
``CHECK (used <= allowed)``, so what is decided here is enforced there (DESIGN, decision 2).
Every party is counted, limit or not, so that a limit set tomorrow knows who booked today.

Pacing counts arrivals per quarter of an hour, not per slot: with a slot every five minutes,
the three slots of one quarter share its limit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reservations.engine.calendar import service_of
from reservations.engine.memo import per_plan
from reservations.engine.types import (
    CELL_MINUTES,
    DAY_MINUTES,
    Cap,
    CapacityMode,
    Cell,
    Channel,
    DiningService,
    Gauge,
    GaugeClaim,
    Ledger,
    Minute,
    Plan,
    Query,
    Reason,
    Refusal,
    Used,
)
from reservations.engine.walltime import wall_to_minute

COVERS_REASON = {
    Gauge.SERVICE: Reason.SERVICE_FULL,
    Gauge.SLOT: Reason.PACING_COVERS,
    Gauge.SLOT_ONLINE: Reason.ONLINE_PACING_COVERS,
    Gauge.SEATS: Reason.SEATS_TAKEN,
}
PARTIES_REASON = {
    Gauge.SLOT: Reason.PACING_PARTIES,
    Gauge.SLOT_ONLINE: Reason.ONLINE_PACING_PARTIES,
}
"""Which reason each limit gives when it would be exceeded."""

_NOTHING = Used(covers=0, parties=0)
_EPOCH = dt.date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that is in force for a dining service of one date and a channel."""

    gauge: Gauge
    service_id: int
    covers: int | None
    parties: int | None = None
    cell: Cell | None = None
    """The only counter of a limit on the whole service."""
    own: Mapping[Cell, tuple[int | None, int | None]] = field(default_factory=dict, compare=False)
    """Quarters of an hour with limits of their own: covers and parties."""
    caps: tuple[Cap, ...] = ()
    """What the host stand allows less for a while, in the quarters it concerns."""

    @property
    def is_set(self) -> bool:
        """False when it only counts and can refuse nobody."""
        return (
            self.covers is not None or self.parties is not None or bool(self.own) or bool(self.caps)
        )

    def usual(self, cells: Sequence[Cell]) -> tuple[int | None, int | None]:
        """Covers and parties of these counters by the rules: the cell's own limit, or the usual."""
        if not self.own or len(cells) != 1:
            return self.covers, self.parties
        return self.own.get(cells[0], (self.covers, self.parties))

    def allowed(self, cells: Sequence[Cell]) -> tuple[int | None, int | None]:
        """The same, and no more covers than the host stand allows for now."""
        covers, parties = self.usual(cells)
        capped = [cap.covers for cap in self.caps if _is_in(cells[0], cap)]
        return min(capped if covers is None else [covers, *capped], default=None), parties

    def cells(self, starts: Minute, minutes: int) -> Sequence[Cell]:
        """The counters that a party arriving at ``starts`` for ``minutes`` would move."""
        if self.cell is not None:
            return (self.cell,)
        if self.gauge is Gauge.SEATS:
            return cells_between(starts, starts + minutes)
        return (starts // CELL_MINUTES,)


def _is_in(cell: Cell, cap: Cap) -> bool:
    """Whether a quarter of an hour begins within a cap, or holds its beginning."""
    return cap.starts // CELL_MINUTES <= cell and cell * CELL_MINUTES < cap.ends


def cells_between(start: int, end: int) -> range:
    """Every quarter of an hour that ``[start, end)`` overlaps."""
    return range(start // CELL_MINUTES, -(-end // CELL_MINUTES))


def service_cell(service_date: dt.date) -> Cell:
    """Where the covers of a date's services are counted: its midnight, in UTC.

    The date and no clock time, so that nothing that is edited later moves the counter.
    """
    return (service_date.toordinal() - _EPOCH) * (DAY_MINUTES // CELL_MINUTES)


@per_plan(bound=1000)
def counters_of(
    plan: Plan, service_date: dt.date, service_id: int, channel: Channel
) -> tuple[Limit, ...]:
    """All that counts a party of this channel in a service, whether a limit is set or not."""
    service = service_of(plan, service_id)
    wanted = [
        Limit(Gauge.SERVICE, service_id, service.max_covers, cell=service_cell(service_date)),
        Limit(
            Gauge.SLOT,
            service_id,
            service.slot_covers,
            service.slot_parties,
            own=_own_limits(plan, service_date, service, ("slot_covers", "slot_parties")),
            caps=tuple(cap for cap in plan.caps if not cap.online_only),
        ),
    ]
    if channel is Channel.ONLINE:
        wanted.append(
            Limit(
                Gauge.SLOT_ONLINE,
                service_id,
                service.online_slot_covers,
                service.online_slot_parties,
                own=_own_limits(
                    plan, service_date, service, ("online_slot_covers", "online_slot_parties")
                ),
                caps=tuple(cap for cap in plan.caps if cap.online_only),
            )
        )
    if plan.capacity_mode is CapacityMode.SEATS:
        # A pool is one for the whole house: services that overlap share it, hence service 0.
        wanted.append(Limit(Gauge.SEATS, 0, plan.seats))
    return tuple(wanted)


def _own_limits(
    plan: Plan, service_date: dt.date, service: DiningService, names: tuple[str, str]
) -> dict[Cell, tuple[int | None, int | None]]:
    """What single quarters of the service allow on this date, where it differs from the rest."""
    usual = tuple(getattr(service, name) for name in names)
    found: dict[Cell, tuple[int | None, int | None]] = {}
    for step in service.pacing:
        starts = wall_to_minute(plan.zone, service_date, step.wall)
        own = [getattr(step, name) for name in names]
        if starts is not None and own != [None, None]:
            covers, parties = (
                limit if limit is not None else other
                for limit, other in zip(own, usual, strict=True)
            )
            found[starts // CELL_MINUTES] = (covers, parties)
    return found


@per_plan(bound=1000)
def limits_of(
    plan: Plan, service_date: dt.date, service_id: int, channel: Channel
) -> tuple[Limit, ...]:
    """The limits a party of this channel meets in a service, chosen by the plan's data."""
    counters = counters_of(plan, service_date, service_id, channel)
    return tuple(counter for counter in counters if counter.is_set)


def refusals(
    limits: Iterable[Limit], ledger: Ledger, party_size: int, starts: Minute, minutes: int
) -> list[Refusal]:
    """Every limit this party would exceed, with the figures; empty when it fits in all.

    Knows nothing of waivers: the caller sets aside what staff have set aside.
    """
    found: list[Refusal] = []
    for limit in limits:
        cells = limit.cells(starts, minutes)
        used = _fullest(ledger, limit, cells)
        covers, parties = limit.allowed(cells)
        if covers is not None and used.covers + party_size > covers:
            refusal = _refusal(COVERS_REASON[limit.gauge], covers, used.covers, party_size)
            found.append(refusal if covers == limit.usual(cells)[0] else _capped(refusal))
        if parties is not None and used.parties + 1 > parties:
            reason = PARTIES_REASON[limit.gauge]
            found.append(_refusal(reason, parties, used.parties, 1))
    return found


def claims(
    counters: Iterable[Limit], ledger: Ledger, query: Query, starts: Minute, minutes: int
) -> tuple[GaugeClaim, ...]:
    """What accepting the party adds to the ledger's counters, and what they must allow.

    Takes ``counters_of``, not ``limits_of``: without a limit the party is counted and anything
    allowed. A limit that staff set aside still counts the party: it then allows just what the
    party makes it, so the excess is visible and goes no further.
    """
    return tuple(
        GaugeClaim(
            gauge=limit.gauge,
            service_id=limit.service_id,
            cell=cell,
            covers_allowed=_allowed(
                limit.allowed((cell,))[0],
                used.covers + query.party_size,
                COVERS_REASON[limit.gauge] in query.waived,
            ),
            parties_allowed=_allowed(
                limit.allowed((cell,))[1],
                used.parties + 1,
                PARTIES_REASON.get(limit.gauge) in query.waived,
            ),
        )
        for limit in counters
        for cell in limit.cells(starts, minutes)
        for used in [ledger.gauges.get((limit.gauge, limit.service_id, cell), _NOTHING)]
    )


def seats_used(ledger: Ledger, starts: Minute, minutes: int) -> int:
    """The most seats of the pool that are taken at any time of a stretch."""
    pool = Limit(Gauge.SEATS, 0, covers=None)
    return _fullest(ledger, pool, cells_between(starts, starts + minutes)).covers


def free_seats(plan: Plan, ledger: Ledger, starts: Minute, minutes: int) -> int:
    """Seats of the pool that stay free for the whole stretch."""
    return max(plan.seats - seats_used(ledger, starts, minutes), 0)


def _fullest(ledger: Ledger, limit: Limit, cells: Sequence[Cell]) -> Used:
    """The most that any of these counters has counted."""
    if len(cells) == 1:
        return ledger.gauges.get((limit.gauge, limit.service_id, cells[0]), _NOTHING)
    covers = parties = 0
    for cell in cells:
        used = ledger.gauges.get((limit.gauge, limit.service_id, cell))
        if used is not None:
            covers, parties = max(covers, used.covers), max(parties, used.parties)
    return Used(covers, parties)


def _refusal(reason: Reason, limit: int, used: int, asked: int) -> Refusal:
    return Refusal(reason, {"limit": limit, "used": used, "asked": asked})


def _capped(refusal: Refusal) -> Refusal:
    """The same, and that a cap of the host stand says so and no limit of the service."""
    return Refusal(refusal.reason, {**refusal.facts, "capped": 1})


def _allowed(limit: int | None, needed: int, is_waived: bool) -> int | None:
    return max(limit, needed) if limit is not None and is_waived else limit
