"""How long a party at the door waits: worked out from who sits where, and said with the reasons.

The evening is played forward. Whoever sits leaves when such parties usually do (or when the host
says so), the table is cleared, parties that booked come when they booked, and the queue sits down
in its order, each at the first place that fits it for most of its turn. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from reservations.engine.lifecycle import Status
from reservations.engine.seating import Place, places_of
from reservations.engine.stand.floor import Floor
from reservations.engine.stand.places import turn_now
from reservations.engine.stand.types import SHORTEST_STAY, Guest, Owner
from reservations.engine.types import DiningService, Minute

LEAST_VISITS = 12
"""Visits of a kind from which on what they took counts more than what was planned."""
STEP = 5
"""Minutes. A quote is rounded up to a whole number of these."""
ANY_MINUTE = 5
"""Minutes a party is taken to stay that should have left by now."""
AFTER_CHECK = 15
"""Minutes a party is taken to stay once it has its bill."""
AFTER_PAYING = 5
"""…and once it has paid."""
SIZES = (2, 4, 6)
"""Upper ends of the sizes that are counted together; the last is everybody larger."""


def size_class(party_size: int) -> int:
    """The sizes a party is counted with, as a number from 0."""
    return sum(party_size > top for top in SIZES)


@dataclass(frozen=True, slots=True)
class Turn:
    """How long visits of one kind really took."""

    minutes: int
    """The median."""
    visits: int


Turns = Mapping[tuple[int, int], Turn]
"""By service and size class."""


def usual_turn(turns: Turns, service_id: int | None, party_size: int, planned: int) -> int:
    """Minutes a party of this size really stays; ``planned`` where too few were seen."""
    seen = None if service_id is None else turns.get((service_id, size_class(party_size)))
    return planned if seen is None or seen.visits < LEAST_VISITS else seen.minutes


@dataclass(frozen=True, slots=True)
class Waiting:
    """A party of the queue, in its order."""

    id: int
    party_size: int
    room_id: int | None = None
    step_free: bool = False
    table_ids: tuple[int, ...] = ()
    """Tables that are kept for it now, because it was called."""


class Cause(StrEnum):
    """What a wait is for. Stable codes."""

    FREE = "free"
    """A table is free now."""
    KEPT = "kept"
    """Its table is ready and kept for it."""
    LEAVES = "leaves"
    """Who sits there is expected to leave."""
    CLEARED = "cleared"
    """It is being cleared."""
    BLOCKED = "blocked"
    """It is out of use, or kept for somebody else."""
    BOOKED = "booked"
    """A party that booked has it first."""
    QUEUE = "queue"
    """A party that waits longer has it first."""
    UNKNOWN = "unknown"
    """The house counts seats and has no tables to wait for: a person has to say."""
    NO_TABLE = "no_table"
    """No place of the floor seats so many, or none as it has to be."""
    TOO_LATE = "too_late"
    """Nothing comes free before the last seating."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of the explanation, in order of time."""

    cause: Cause
    table_id: int | None = None
    at: Minute | None = None
    """When that is over."""


@dataclass(frozen=True, slots=True)
class Wait:
    """When a party of the queue can sit down, where, and why not sooner."""

    id: int
    party_size: int
    position: int
    """From 1."""
    at: Minute | None
    """None: not tonight."""
    minutes: int | None
    """From now, rounded up to whole steps; 0 is now."""
    table_ids: tuple[int, ...] = ()
    reasons: tuple[Reason, ...] = ()
    ahead: int = 0
    """Parties of the queue that sit at one of these tables first."""

    @property
    def is_now(self) -> bool:
        """A place is free, or kept, at this moment."""
        return self.minutes == 0


@dataclass(slots=True)
class _Busy:
    """A stretch a table is taken for, in the evening that is played forward."""

    start: Minute
    end: Minute
    cause: Cause


def rounded(minutes: int) -> int:
    """Up to a whole number of steps."""
    return -(-max(minutes, 0) // STEP) * STEP


def least_stay(turn: int) -> int:
    """Minutes a place has to be free for before a party is promised it: most of its turn."""
    return min(turn, max(SHORTEST_STAY, turn * 3 // 4))


def expected_end(guest: Guest, now: Minute, turns: Turns) -> Minute:
    """When a party that sits is expected to leave; never before ``now``.

    What the host said counts first. Else its seating and what such parties take; its bill and its
    paying bring it forward.
    """
    seated = guest.starts if guest.seated is None else guest.seated
    planned = guest.ends - guest.starts
    said = guest.expected_end
    is_set_by_hand = said is not None and abs(said - seated - planned) > 1
    end = guest.until
    if not is_set_by_hand:
        end = seated + usual_turn(turns, guest.service_id, guest.party_size, planned)
    if guest.status is Status.PAID:
        end = min(end, now + AFTER_PAYING)
    elif guest.status is Status.CHECK_DROPPED:
        end = min(end, now + AFTER_CHECK)
    return end if end > now else now + ANY_MINUTE


@dataclass(frozen=True, slots=True)
class Line:
    """The evening played forward: the whole queue has sat down in it."""

    floor: Floor
    waits: tuple[Wait, ...]
    """Of each party, in its order."""
    _busy: Mapping[int, Sequence[_Busy]]
    _service: DiningService | None
    _turns: Turns
    _last: Minute | None

    def next(self, party: Waiting) -> Wait:
        """What a party that joins the end of the queue now is told. May be asked for any number of
        parties: none of them joins."""
        turn = _turn(self.floor, self._service, self._turns, party.party_size)
        position = len(self.waits) + 1
        return _wait(self.floor, self._busy, party, position, turn, self._last)


def played(
    floor: Floor,
    guests: Iterable[Guest],
    queue: Sequence[Waiting],
    *,
    service: DiningService | None = None,
    turns: Turns | None = None,
    last: Minute | None = None,
) -> Line:
    """Play the evening forward for a queue. ``last`` is the last seating.

    A party that cannot sit at a place of the room it wished for tonight waits for any.
    """
    known: Turns = turns or {}
    busy = _evening(floor, guests, known, queue)
    found: list[Wait] = []

    def sits(party: Waiting, at: Minute, table_ids: Iterable[int]) -> None:
        end = at + _turn(floor, service, known, party.party_size) + floor.reset
        for table_id in table_ids:
            busy.setdefault(table_id, []).append(_Busy(at, end, Cause.QUEUE))

    # What is kept for a party that was called is nobody else's, not even of who waits longer.
    for party in queue:
        sits(party, floor.now, party.table_ids)
    for position, party in enumerate(queue, start=1):
        turn = _turn(floor, service, known, party.party_size)
        wait = _wait(floor, busy, party, position, turn, last)
        found.append(wait)
        if wait.at is not None and not party.table_ids:
            sits(party, wait.at, wait.table_ids)
    return Line(floor, tuple(found), busy, service, known, last)


def quotes(
    floor: Floor,
    guests: Iterable[Guest],
    queue: Sequence[Waiting],
    *,
    service: DiningService | None = None,
    turns: Turns | None = None,
    last: Minute | None = None,
) -> tuple[Wait, ...]:
    """When each party of the queue can sit down, in its order; see :func:`played`."""
    return played(floor, guests, queue, service=service, turns=turns, last=last).waits


def quote_for(
    floor: Floor,
    guests: Iterable[Guest],
    queue: Sequence[Waiting],
    party: Waiting,
    *,
    service: DiningService | None = None,
    turns: Turns | None = None,
    last: Minute | None = None,
) -> Wait:
    """What a party that joins the end of the queue now is told."""
    line = played(floor, guests, queue, service=service, turns=turns, last=last)
    return line.next(replace(party, table_ids=()))


def _turn(floor: Floor, service: DiningService | None, turns: Turns, party_size: int) -> int:
    planned = turn_now(floor.plan, service, party_size)
    return usual_turn(turns, service.id if service else None, party_size, planned)


def _evening(
    floor: Floor, guests: Iterable[Guest], turns: Turns, queue: Iterable[Waiting]
) -> dict[int, list[_Busy]]:
    """Who has which table when, as it is expected to come."""
    leave = {guest.id: expected_end(guest, floor.now, turns) for guest in guests if guest.sits}
    kept = {table_id for party in queue for table_id in party.table_ids}
    busy: dict[int, list[_Busy]] = {}
    for table_id, uses in floor.uses.items():
        stretches = busy.setdefault(table_id, [])
        for use in uses:
            sits = use.owner is Owner.PARTY and use.owner_id in leave
            end = leave[use.owner_id] + floor.reset if sits else use.end
            # What is kept for a party of the queue is that party's own.
            own = table_id in kept and use.owner is Owner.BLOCK and use.start <= floor.now
            if end > floor.now and not own:
                cause = Cause.LEAVES if sits else _CAUSES[use.owner]
                stretches.append(_Busy(use.start, end, cause))
    return busy


_CAUSES = {
    Owner.PARTY: Cause.BOOKED,
    Owner.HOLD: Cause.BOOKED,
    Owner.BLOCK: Cause.BLOCKED,
    Owner.BUSSING: Cause.CLEARED,
}


def _wait(
    floor: Floor,
    busy: Mapping[int, Sequence[_Busy]],
    party: Waiting,
    position: int,
    turn: int,
    last: Minute | None,
) -> Wait:
    size = party.party_size
    if party.table_ids:
        why = tuple(Reason(Cause.KEPT, table_id) for table_id in party.table_ids)
        return Wait(party.id, size, position, floor.now, 0, party.table_ids, why)
    if not floor.plan.tables:
        return Wait(party.id, size, position, None, None, (), (Reason(Cause.UNKNOWN),))
    fitting = [place for place in places_of(floor.plan) if _fits(floor, place, party)]
    if not fitting:
        return Wait(party.id, size, position, None, None, (), (Reason(Cause.NO_TABLE),))
    wished = [place for place in fitting if place.rooms == {party.room_id}]
    best = _first(floor, busy, wished or fitting, size, turn)
    if wished and last is not None and best[0] > last:
        best = _first(floor, busy, fitting, size, turn)
    at, place = best
    if last is not None and at > max(last, floor.now):
        return Wait(party.id, size, position, None, None, (), (Reason(Cause.TOO_LATE),))
    reasons, ahead = _reasons(floor.now, busy, place, at)
    return Wait(
        party.id, size, position, at, rounded(at - floor.now), place.table_ids, reasons, ahead
    )


def _fits(floor: Floor, place: Place, party: Waiting) -> bool:
    spare = place.max_seats - party.party_size
    guard = floor.plan.max_spare_seats
    return (
        place.min_seats <= party.party_size <= place.max_seats
        and (guard is None or spare <= guard)
        and (place.step_free or not party.step_free)
    )


def _first(
    floor: Floor,
    busy: Mapping[int, Sequence[_Busy]],
    fitting: Iterable[Place],
    size: int,
    turn: int,
) -> tuple[Minute, Place]:
    """The place that is free first; of equals single tables, few empty chairs, order of labels."""
    found = [(_free_from(floor, busy, place, turn), place) for place in fitting]
    return min(
        found,
        key=lambda each: (
            each[0],
            len(each[1].table_ids),
            each[1].max_seats - size,
            -each[1].priority,
            each[1].rank,
        ),
    )


def _free_from(
    floor: Floor, busy: Mapping[int, Sequence[_Busy]], place: Place, turn: int
) -> Minute:
    taken = [each for table_id in place.table_ids for each in busy.get(table_id, ())]
    stay = least_stay(turn) + floor.reset
    for at in sorted({floor.now, *(max(each.end, floor.now) for each in taken)}):
        if not any(each.start < at + stay and each.end > at for each in taken):
            return at
    raise AssertionError("after the last end every table is free")


def _reasons(
    now: Minute, busy: Mapping[int, Sequence[_Busy]], place: Place, at: Minute
) -> tuple[tuple[Reason, ...], int]:
    """Everything that has these tables before ``at``, in order of time; parties of the queue."""
    before = [
        (each.end, table_id, each.cause)
        for table_id in place.table_ids
        for each in busy.get(table_id, ())
        if each.start < at
    ]
    if at == now or not before:
        return tuple(Reason(Cause.FREE, table_id) for table_id in place.table_ids), 0
    before.sort()
    reasons = tuple(Reason(cause, table_id, end) for end, table_id, cause in before)
    return reasons, sum(cause is Cause.QUEUE for _, _, cause in before)
