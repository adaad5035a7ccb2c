"""Where a party could sit: now, until when, and where it may be moved; always with the reasons."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reservations.engine.calendar import FALLBACK_TURN, turn_for
from reservations.engine.seating import Place, places_of
from reservations.engine.stand.floor import Floor
from reservations.engine.stand.types import (
    Guest,
    Owner,
    Quote,
    Suggestion,
    Verdict,
    Why,
)
from reservations.engine.types import DiningService, Minute, Plan


def turn_now(plan: Plan, service: DiningService | None, party_size: int) -> int:
    """Minutes a party of this size keeps a table, in a service or by the house's rule."""
    if service is not None:
        return turn_for(plan, service, party_size)
    for step in plan.turn_times:
        if party_size <= step.up_to:
            return step.minutes
    return plan.turn_times[-1].minutes if plan.turn_times else FALLBACK_TURN


def suggestions(
    floor: Floor,
    party_size: int,
    turn: int,
    *,
    start: Minute | None = None,
    guest: Guest | None = None,
    preferred: Collection[int] = (),
    limit: int = 5,
) -> tuple[Suggestion, ...]:
    """Places where a party can sit down at ``start`` (now), best first.

    Its own table leads if it is free. Then: room asked for, a whole turn before a short one, a
    single table before tables joined, few empty chairs, the section of who is next, and tables that
    nobody needs soon. ``preferred`` are the tables of that section.
    """
    at = floor.now if start is None else start
    without = None if guest is None else guest.id
    own = set(guest.table_ids) if guest else set()
    found: list[Suggestion] = []
    for place in places_of(floor.plan):
        if _unfit(floor.plan, place, party_size, guest) is not None:
            continue
        until = floor.free_until(place.table_ids, at, without)
        if until is not None and until < at + floor.least(turn):
            continue
        stay = turn if until is None else min(until - at - floor.reset, turn)
        found.append(_suggest(place, party_size, turn, stay, until, guest, own, preferred))
    found.sort(key=lambda each: each.score)
    best = min((each.score[4] for each in found), default=0)
    return tuple(_with_fit(each, best) for each in found[:limit])


def _with_fit(found: Suggestion, best: int) -> Suggestion:
    if found.score[4] != best:
        return found
    reasons = (*found.reasons, Why.BEST_FIT)
    return Suggestion(found.table_ids, found.until, found.minutes, reasons, found.score)


def _suggest(
    place: Place,
    party_size: int,
    turn: int,
    stay: int,
    until: Minute | None,
    guest: Guest | None,
    own: set[int],
    preferred: Collection[int],
) -> Suggestion:
    is_own = bool(own) and set(place.table_ids) == own
    in_room = guest is not None and guest.room_id is not None and place.rooms == {guest.room_id}
    is_next = bool(preferred) and set(place.table_ids) <= set(preferred)
    is_short = stay < turn
    joined = len(place.table_ids) - 1
    reasons = [
        why
        for why, holds in (
            (Why.ASSIGNED, is_own),
            (Why.ROOM_WISHED, in_room),
            (Why.SECTION_NEXT_UP, is_next),
            (Why.SHORT, is_short),
            (Why.JOINED, joined > 0),
        )
        if holds
    ]
    wished = guest is not None and guest.room_id is not None
    score = (
        int(not is_own),
        int(wished and not in_room),
        turn - stay,
        joined,
        place.max_seats - party_size,
        int(bool(preferred) and not is_next),
        -place.priority,
        place.rank,
    )
    return Suggestion(place.table_ids, until, stay, tuple(reasons), score)


def _unfit(plan: Plan, place: Place, party_size: int, guest: Guest | None) -> Why | None:
    """What about a place itself keeps a party from it."""
    if place.max_seats < party_size:
        return Why.TOO_SMALL
    if guest is not None and guest.step_free and not place.step_free:
        return Why.NOT_STEP_FREE
    own = guest is not None and set(place.table_ids) == set(guest.table_ids)
    spare = place.max_seats - party_size
    is_guarded = plan.max_spare_seats is not None and spare > plan.max_spare_seats
    if not own and (is_guarded or party_size < place.min_seats):
        return Why.TOO_LARGE
    return None


def quote(
    floor: Floor,
    party_size: int,
    service: DiningService | None = None,
    *,
    preferred: Collection[int] = (),
) -> Quote:
    """Whether a party of this size can sit down now, where, and until when.

    From when on, where it cannot, says the evening played forward (``engine/queueing``).
    """
    turn = turn_now(floor.plan, service, party_size)
    best = suggestions(floor, party_size, turn, preferred=preferred, limit=1)
    if best:
        found = best[0]
        leaves = None if found.until is None else found.until - floor.reset
        return Quote(
            party_size,
            found.table_ids,
            leaves,
            found.minutes,
            found.minutes < turn,
            reasons=found.reasons,
        )
    fitting = [p for p in places_of(floor.plan) if _unfit(floor.plan, p, party_size, None) is None]
    if not fitting:
        return Quote(party_size, reasons=(Why.TOO_SMALL,))
    return Quote(party_size, reasons=(Why.TAKEN,))


# Moving and stretching


def verdict(
    floor: Floor,
    guest: Guest,
    table_ids: Sequence[int],
    start: Minute,
    end: Minute,
    *,
    seats: int | None = None,
    leaving: int | None = None,
) -> Verdict:
    """Whether a party may have these tables for ``[start, end)``, its own claims set aside.

    ``seats`` is how many the tables hold together; None asks the plan. ``end`` leaves out the time
    to clear the table, which is asked for besides. ``leaving`` is a party that gives up its tables
    at the same moment.
    """
    if start < floor.now and not guest.sits and start != guest.starts:
        return Verdict(False, Why.PAST)
    end += floor.plan.buffer_minutes
    return _verdict(floor, guest, table_ids, start, end, seats, leaving)


def verdict_now(
    floor: Floor, guest: Guest, table_ids: Sequence[int], turn: int, *, seats: int | None = None
) -> Verdict:
    """Whether a party may sit down at these tables now, for a short stay of its turn at least."""
    end = floor.now + floor.least(turn)
    return _verdict(floor, guest, table_ids, floor.now, end, seats)


def _verdict(
    floor: Floor,
    guest: Guest,
    table_ids: Sequence[int],
    start: Minute,
    end: Minute,
    seats: int | None,
    leaving: int | None = None,
) -> Verdict:
    room = seats_of(floor.plan, table_ids) if seats is None else seats
    if room < guest.party_size:
        return Verdict(False, Why.TOO_SMALL, str(room))
    if guest.step_free and not all(t.step_free for t in floor.plan.tables if t.id in table_ids):
        return Verdict(False, Why.NOT_STEP_FREE)
    for table_id in table_ids:
        use = floor.taken(table_id, start, end, guest.id, leaving)
        if use is not None:
            return Verdict(False, _BY_OWNER[use.owner], use.label)
    until = floor.free_until(table_ids, start, guest.id, leaving)
    return Verdict(True, until=until)


def swap_verdicts(floor: Floor, one: Guest, other: Guest) -> tuple[Verdict, Verdict]:
    """Whether each of two parties may have the other's tables, both changing at once.

    Each keeps its own time. Where they share a table there is nothing to change.
    """
    if set(one.table_ids) & set(other.table_ids):
        shared = Verdict(False, Why.SHARED)
        return shared, shared
    return _in_place_of(floor, one, other), _in_place_of(floor, other, one)


def _in_place_of(floor: Floor, guest: Guest, leaving: Guest) -> Verdict:
    start, end = guest.needs(floor.now)
    return verdict(floor, guest, leaving.table_ids, start, end, leaving=leaving.id)


def block_verdict(floor: Floor, table_id: int, start: Minute, end: Minute) -> Verdict:
    """Whether nobody has a table for ``[start, end)``, so that it may be blocked."""
    use = floor.taken(table_id, start, end)
    if use is not None:
        return Verdict(False, _BY_OWNER[use.owner], use.label)
    return Verdict(True, until=floor.free_until((table_id,), start))


_BY_OWNER = {
    Owner.PARTY: Why.TAKEN,
    Owner.HOLD: Why.HELD,
    Owner.BLOCK: Why.BLOCKED,
    Owner.BUSSING: Why.BUSSING,
}


def seats_of(plan: Plan, table_ids: Sequence[int]) -> int:
    """How many these tables seat: as a place of the plan, or else chair by chair."""
    wanted = set(table_ids)
    for place in places_of(plan):
        if set(place.table_ids) == wanted:
            return place.max_seats
    return sum(table.max_seats for table in plan.tables if table.id in wanted)


def legal_cells(
    floor: Floor, guest: Guest, starts: Sequence[Minute], minutes: int | None = None
) -> dict[int, tuple[Verdict, ...]]:
    """For each table, whether the party may be moved there at each of these starts, and why not.

    ``minutes`` is how long it would stay; None is as long as it has now.
    """
    stay = guest.until - guest.starts if minutes is None else minutes
    return {
        table.id: tuple(
            verdict(floor, guest, (table.id,), start, start + stay, seats=table.max_seats)
            for start in starts
        )
        for table in floor.plan.tables
    }


def legal_ends(floor: Floor, guest: Guest, ends: Sequence[Minute]) -> tuple[Verdict, ...]:
    """Whether the party could stay until each of these, where it is; and why not."""
    start = guest.starts if guest.seated is None else guest.seated
    room = max(seats_of(floor.plan, guest.table_ids), guest.party_size)
    return tuple(
        Verdict(False, Why.PAST)
        if end <= max(start, floor.now if guest.sits else start)
        else verdict(floor, guest, guest.table_ids, start, end, seats=room)
        for end in ends
    )
