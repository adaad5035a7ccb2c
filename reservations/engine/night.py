"""One evening of the floor as integer bit masks: one bit per minute, set while a table is free.

Minutes rather than quarter hours, so that no turn, buffer or walk-in is ever rounded. A mask
of a whole night is some sixty machine words, and one operation on it answers a question for
all its minutes at once (../shared/performance.md has the measurements).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from reservations.engine.calendar import longest_turn, services_on, shortest_claim
from reservations.engine.memo import per_plan
from reservations.engine.types import Ledger, Minute, Plan
from reservations.engine.walltime import boundary_to_minute


def free_starts(free: int, minutes: int, known: int = 1) -> int:
    """The bits of ``free`` from which a run of ``minutes`` set bits begins.

    Doubles the run it knows about, so it takes log2(minutes) shifts instead of minutes.
    ``free`` may itself be the answer for a shorter run, of ``known`` minutes.
    """
    while known < minutes:
        step = min(known, minutes - known)
        free &= free >> step
        known += step
    return free


def count_planes(masks: Iterable[int]) -> tuple[int, ...]:
    """How many of ``masks`` have each bit set, as a binary number stood on end.

    Plane k holds bit k of the count of every minute. Adding a mask is a ripple of a few
    operations for the whole night, far cheaper than asking every mask about every slot.
    """
    planes: list[int] = []
    for mask in masks:
        carry = mask
        for level, plane in enumerate(planes):
            if not carry:
                break
            planes[level], carry = plane ^ carry, plane & carry
        if carry:
            planes.append(carry)
    return tuple(planes)


def count_at(planes: tuple[int, ...], bit: int) -> int:
    """The count that ``count_planes`` holds for one bit."""
    total = 0
    for level, plane in enumerate(planes):
        total |= (plane >> bit & 1) << level
    return total


@per_plan(bound=1)
def _shut_tables(plan: Plan) -> tuple[tuple[int, Minute, Minute], ...]:
    """Single tables that are closed: for a party it is as if they were taken."""
    return tuple(
        (closure.table_id, closure.starts, closure.ends)
        for closure in plan.closures
        if closure.table_id is not None
    )


_UNCLAIMED = -1
"""Stands for every table without a claim; ids of tables are positive."""


@dataclass(frozen=True, slots=True)
class Span:
    """The stretch of time a night looks at: ``length`` minutes from ``origin``."""

    origin: Minute
    length: int


@per_plan(bound=500)
def span_of(plan: Plan, service_date: dt.date) -> Span:
    """The time a service date's parties can be at table, with a margin on either side.

    The margin is the house's shortest claim: further away, what else is on a table can
    neither hinder a party nor make a gap useless.
    """
    margin = shortest_claim(plan)
    edges = [
        (
            boundary_to_minute(plan.zone, service_date, service.first_seating),
            boundary_to_minute(plan.zone, service_date, service.last_seating)
            + longest_turn(plan, service.id)
            + plan.buffer_minutes,
        )
        for service in services_on(plan, service_date)
    ]
    if not edges:
        return Span(boundary_to_minute(plan.zone, service_date, 0), 0)
    origin = min(edge[0] for edge in edges) - margin
    return Span(origin, max(edge[1] for edge in edges) + margin - origin)


class Night:
    """When each table is free, for the span of one service date.

    What lies outside the span is neither free nor asked for. Derived masks are remembered
    as long as the night lives; the claims it was built from never change.
    """

    __slots__ = ("_busy", "_runs", "_starts", "_whole", "derived", "length", "origin")

    def __init__(
        self, origin: Minute, length: int, uses: Iterable[tuple[int, Minute, Minute]]
    ) -> None:
        self.origin = origin
        self.length = length
        self._whole = (1 << length) - 1
        self._busy: dict[int, int] = {}
        self._starts: dict[tuple[int, int], int] = {}
        self._runs: dict[int, tuple[int, int]] = {}
        self.derived: dict[Hashable, object] = {}
        """For policies: what they worked out about this night, by their own keys."""
        busy = self._busy
        horizon = origin + length
        for table_id, starts, ends in uses:
            # Comparisons rather than min and max: this loop is a tenth of an availability.
            start = starts if starts > origin else origin  # noqa: FURB136
            end = ends if ends < horizon else horizon  # noqa: FURB136
            if start < end:
                taken = (1 << (end - origin)) - (1 << (start - origin))
                busy[table_id] = busy.get(table_id, 0) | taken

    @classmethod
    def of(
        cls, plan: Plan, ledger: Ledger, service_date: dt.date, turn_minutes: int | None = None
    ) -> Night:
        """The night of a service date as the ledger has it.

        A turn agreed with one party may be longer than any the house plans: it widens the
        span, since time beyond it counts as taken.
        """
        span = span_of(plan, service_date)
        shut = _shut_tables(plan)
        uses = (*ledger.uses, *shut) if shut else ledger.uses
        return cls(span.origin, span.length + (turn_minutes or 0), uses)

    def busy(self, table_id: int) -> int:
        """The minutes a table is spoken for."""
        return self._busy.get(table_id, 0)

    def free(self, table_ids: Iterable[int]) -> int:
        """The minutes at which all these tables are free together."""
        taken = 0
        for table_id in table_ids:
            taken |= self._busy.get(table_id, 0)
        return self._whole & ~taken

    def starts(self, table_ids: tuple[int, ...], minutes: int) -> int:
        """The minutes from which all these tables are free for ``minutes``."""
        found = self._starts_of(table_ids[0], minutes)
        for table_id in table_ids[1:]:
            found &= self._starts_of(table_id, minutes)
        return found

    def _starts_of(self, table_id: int, minutes: int) -> int:
        # Tables that nobody has claimed share one answer.
        row = table_id if table_id in self._busy else _UNCLAIMED
        found = self._starts.get((row, minutes))
        if found is None:
            known, free = self._runs.get(row, (0, 0))
            if not 1 <= known <= minutes:
                known, free = 1, self._whole & ~self._busy.get(row, 0)
            found = free_starts(free, minutes, known)
            self._runs[row] = minutes, found
            self._starts[row, minutes] = found
        return found

    def is_free(self, table_ids: tuple[int, ...], start: Minute, minutes: int) -> bool:
        """Whether all these tables are free for the whole stretch, all of it in the span."""
        return minutes <= self.free_for(table_ids, start)

    def free_for(self, table_ids: tuple[int, ...], start: Minute) -> int:
        """How many minutes from ``start`` on all these tables are free; 0 when taken."""
        bit = start - self.origin
        if not 0 <= bit < self.length:
            return 0
        ahead = (self._whole & ~self.free(table_ids)) >> bit
        return (ahead & -ahead).bit_length() - 1 if ahead else self.length - bit

    def gap_before(self, table_id: int, start: Minute) -> int | None:
        """Free minutes between the claim before ``start`` and it; None without one."""
        bit = start - self.origin
        earlier = self._busy.get(table_id, 0) & ((1 << bit) - 1)
        return bit - earlier.bit_length() if earlier else None

    def gap_after(self, table_id: int, end: Minute) -> int | None:
        """Free minutes between ``end`` and the claim that follows it; None without one."""
        later = self._busy.get(table_id, 0) >> (end - self.origin)
        return (later & -later).bit_length() - 1 if later else None
