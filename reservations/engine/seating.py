"""Which table a party gets: the candidates, and the policy that picks among the free ones.

``SeatingPolicy`` is the seam for cleverer policies (repacking the not-yet-locked parties,
protecting large tables): they are handed the night and answer with a seating, moves
included. ``BestFit`` is the house's default; seating.md measured it against others.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from reservations.engine.calendar import service_of, shortest_claim, turn_for
from reservations.engine.memo import per_plan
from reservations.engine.night import Night, count_at, count_planes
from reservations.engine.types import (
    OPEN_TO,
    RULE_VERSION,
    Access,
    Candidate,
    Channel,
    Combination,
    DiningService,
    Minute,
    Plan,
    Query,
    Reason,
    Seating,
    Slot,
    Table,
)

NOWHERE: frozenset[int] = frozenset()


# Places


@dataclass(frozen=True, slots=True)
class Place:
    """Where a party could sit: one table, or tables pushed together."""

    table_ids: tuple[int, ...]
    min_seats: int
    max_seats: int
    priority: int
    rooms: frozenset[int | None]
    access: frozenset[Access]
    step_free: bool
    """Every table of it is."""
    rank: int
    """Its position in the order of labels: the last tie-break, so that replays agree."""


@per_plan(bound=1)
def places_of(plan: Plan) -> tuple[Place, ...]:
    """Every table and every combination of the floor, in order of labels, singles first.

    A combination with a table that the floor no longer has is left out.
    """
    tables = {table.id: table for table in sorted(plan.tables, key=lambda t: (t.label, t.id))}
    order = {table_id: position for position, table_id in enumerate(tables)}
    whole = [c for c in plan.combinations if c.table_ids and order.keys() >= set(c.table_ids)]
    whole.sort(key=lambda c: ([order[table_id] for table_id in c.table_ids], c.id))
    parts: list[tuple[Table | Combination, list[Table]]] = [(t, [t]) for t in tables.values()]
    parts += [(c, [tables[table_id] for table_id in c.table_ids]) for c in whole]
    return tuple(
        Place(
            table_ids=tuple(table.id for table in members),
            min_seats=source.min_seats,
            max_seats=source.max_seats,
            priority=source.priority,
            rooms=frozenset(table.room_id for table in members),
            access=frozenset(table.access for table in members),
            step_free=all(table.step_free for table in members),
            rank=rank,
        )
        for rank, (source, members) in enumerate(parts)
    )


class Need(NamedTuple):
    """What a request asks of a place, whatever the date and the hour."""

    party_size: int
    channel: Channel
    room_id: int | None
    step_free: bool
    service_id: int
    any_size: bool
    """Staff set the oversize guard aside for this request."""


def need_of(query: Query, service_id: int) -> Need:
    """The part of a query that decides which places qualify in a service."""
    return Need(
        query.party_size,
        query.channel,
        query.room_id,
        query.step_free,
        service_id,
        Reason.OVERSIZE in query.waived,
    )


def fits_place(need: Need, place: Place, service_rooms: frozenset[int]) -> bool:
    """Whether a place is where the party must sit and big enough: no rule can change that."""
    return (
        1 <= need.party_size <= place.max_seats
        and (not service_rooms or place.rooms <= service_rooms)
        and (need.room_id is None or place.rooms == {need.room_id})
        and (place.step_free or not need.step_free)
    )


def fits_size(plan: Plan, need: Need, place: Place) -> bool:
    """Whether a place is not too big, by its own minimum and by the house's oversize guard."""
    spare = place.max_seats - need.party_size
    return need.any_size or (
        place.min_seats <= need.party_size
        and (plan.max_spare_seats is None or spare <= plan.max_spare_seats)
    )


@per_plan(bound=2000)
def candidates_for(plan: Plan, need: Need) -> tuple[Place, ...]:
    """Where such a party may be seated on an empty floor, best fit first."""
    service = service_of(plan, need.service_id)
    found = [
        place
        for place in places_of(plan)
        if place.access <= OPEN_TO[need.channel]
        and fits_place(need, place, service.room_ids)
        and fits_size(plan, need, place)
    ]
    return tuple(sorted(found, key=lambda place: fit_of(place, need.party_size)))


def candidates(plan: Plan, query: Query, slot: Slot) -> tuple[Place, ...]:
    """Where this party may be seated at this slot on an empty floor, best fit first."""
    found = candidates_for(plan, need_of(query, slot.service.id))
    closed = closed_rooms(query, slot)
    return tuple(place for place in found if not place.rooms & closed) if closed else found


def closed_rooms(query: Query, slot: Slot) -> frozenset[int]:
    """The rooms that a closure shuts for this request."""
    if Reason.CLOSURE in query.waived:
        return NOWHERE
    if query.channel is Channel.ONLINE and slot.online_closed_rooms:
        return slot.closed_rooms | slot.online_closed_rooms
    return slot.closed_rooms


def turn_of(plan: Plan, query: Query, service: DiningService) -> int:
    """Minutes this party keeps its table: what was agreed with it, or the house's rule."""
    if query.turn_minutes is not None:
        return query.turn_minutes
    return turn_for(plan, service, query.party_size)


# Free starts


class FreeStarts:
    """From which minutes of a night the candidates of a request are free for its whole turn."""

    __slots__ = ("_combined", "_planes", "_singles", "any", "total")

    def __init__(self, singles: list[int], combined: list[int]) -> None:
        self.any = 0
        """The minutes at which at least one place is."""
        for starts in (*singles, *combined):
            self.any |= starts
        self.total = len(singles) or len(combined)
        """Tables that could take the party on an empty floor; else the combinations."""
        self._singles = singles
        self._combined = combined
        self._planes: tuple[tuple[int, ...], tuple[int, ...]] | None = None

    def free_at(self, bit: int) -> int:
        """Tables that could take the party; when none is left, combinations (up to total)."""
        if self._planes is None:
            self._planes = count_planes(self._singles), count_planes(self._combined)
        singles, combined = self._planes
        return count_at(singles, bit) or min(count_at(combined, bit), self.total)


def free_starts_of(night: Night, plan: Plan, query: Query, slot: Slot) -> FreeStarts:
    """The free starts of this request's candidates at slots of this kind."""
    minutes = turn_of(plan, query, slot.service) + plan.buffer_minutes
    key = (need_of(query, slot.service.id), minutes, closed_rooms(query, slot))
    known = night.derived.get(key)
    if not isinstance(known, FreeStarts):
        known = _free_starts(night, candidates(plan, query, slot), minutes)
        night.derived[key] = known
    return known


def _free_starts(night: Night, places: Iterable[Place], minutes: int) -> FreeStarts:
    singles: list[int] = []
    combined: list[int] = []
    for place in places:
        starts = night.starts(place.table_ids, minutes)
        (singles if len(place.table_ids) == 1 else combined).append(starts)
    return FreeStarts(singles, combined)


def kind_of(slot: Slot) -> Hashable:
    """What slots must have in common to have the same candidates for one request."""
    if slot.closed_rooms or slot.online_closed_rooms:
        return slot.service.id, slot.closed_rooms, slot.online_closed_rooms
    return slot.service.id


# Policies


@dataclass(frozen=True, slots=True)
class Choice:
    """What a policy answers: where the party sits (or None), and what it chose from."""

    seating: Seating | None
    candidates: tuple[Candidate, ...] = ()


class SeatingPolicy(Protocol):
    """Decides where a party sits. The calendar and the limits have been asked already.

    ``can_seat`` must say of each slot whether ``seat`` would find a seating there: what is
    shown rests on the one and what is booked on the other.
    """

    @property
    def version(self) -> str:
        """Stamped on every decision, so that a replay knows which rules were in force."""

    def can_seat(
        self, night: Night, plan: Plan, query: Query, slots: Sequence[Slot]
    ) -> Sequence[bool]:
        """For each slot, whether ``seat`` would find a seating."""

    def seat(self, night: Night, plan: Plan, query: Query, slot: Slot) -> Choice:
        """The seating at one slot, and the candidates with their scores, best first."""


@dataclass(frozen=True, slots=True)
class BestFit:
    """Singles before combinations, smallest fit, priority, fewest useless gaps, label.

    Takes the first free place in that order and moves nobody.
    """

    version: str = RULE_VERSION

    def can_seat(
        self, night: Night, plan: Plan, query: Query, slots: Sequence[Slot]
    ) -> Sequence[bool]:
        """For each slot, whether some candidate is free for the whole turn."""
        anywhere: dict[Hashable, int] = {}
        answers = []
        for slot in slots:
            kind = kind_of(slot)
            starts = anywhere.get(kind)
            if starts is None:
                starts = anywhere[kind] = free_starts_of(night, plan, query, slot).any
            answers.append(starts >> (slot.starts - night.origin) & 1 == 1)
        return answers

    def seat(self, night: Night, plan: Plan, query: Query, slot: Slot) -> Choice:
        """The best free place by score; every free place is listed with its own."""
        ends = slot.starts + turn_of(plan, query, slot.service)
        until = ends + plan.buffer_minutes
        scored = [
            Candidate(place.table_ids, self.score(night, plan, query, place, slot.starts, until))
            for place in candidates(plan, query, slot)
            if night.is_free(place.table_ids, slot.starts, until - slot.starts)
        ]
        scored.sort(key=lambda candidate: candidate.score)
        if not scored:
            return Choice(None)
        return Choice(Seating(scored[0].table_ids, slot.starts, ends, until), tuple(scored))

    def score(
        self, night: Night, plan: Plan, query: Query, place: Place, starts: Minute, until: Minute
    ) -> tuple[int, ...]:
        """Extra tables, empty chairs, priority, minutes made unsellable, rank: lowest wins."""
        *fit, rank = fit_of(place, query.party_size)
        return (*fit, useless_minutes(night, plan, place.table_ids, starts, until), rank)


BEST_FIT = BestFit()


def fit_of(place: Place, party_size: int) -> tuple[int, ...]:
    """How well a place fits by itself: extra tables, empty chairs, priority, rank."""
    spare = place.max_seats - party_size
    return (len(place.table_ids) - 1, spare, -place.priority, place.rank)


def useless_minutes(
    night: Night, plan: Plan, table_ids: tuple[int, ...], starts: Minute, until: Minute
) -> int:
    """Minutes this claim would leave on its tables that no party could ever use.

    A gap is useless when it lies between two claims and is shorter than the house's shortest
    turn. What lies between a claim and the edge of the evening is not: nobody is kept out
    of it, and it may still serve an earlier or a later sitting.
    """
    shortest = shortest_claim(plan)
    gaps = [
        gap
        for table_id in table_ids
        for gap in (night.gap_before(table_id, starts), night.gap_after(table_id, until))
    ]
    return sum(gap for gap in gaps if gap is not None and gap < shortest)
