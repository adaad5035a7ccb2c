"""Who of the waitlist is offered a table that came free: fairly, and only what fits. Pure.

The order is: who has let fewer offers lapse, then who waits longer. The first in it for whom the
house has a time is asked, with one exception: a party that would leave chairs empty lets one that
waits behind it, and fills the same table better, go first. Whether a time is free is what the same
engine answers to everybody who books online.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.intervals import overlaps
from reservations.engine import availability
from reservations.engine.rules import DayRules
from reservations.engine.seating import places_of
from reservations.engine.types import (
    DAY_MINUTES,
    Decision,
    Ledger,
    Minute,
    Offer,
    Plan,
    Query,
    Seating,
    WallMinute,
)

FITS = 1
"""Chairs that may stay empty before a party behind that fits better goes first."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A party of the waitlist."""

    id: int
    party_size: int
    earliest: WallMinute
    latest: WallMinute
    """Wall minutes of the service date, both included."""
    joined: float
    """When, as a number that grows."""
    step_free: bool = False
    lapsed: int = 0
    """Offers it did not answer."""
    asked: frozenset[Minute] = frozenset()
    """Times it has been offered before: it is not asked twice."""


class Verdict(StrEnum):
    """What came of looking for a table for a party. Stable codes."""

    OFFERED = "offered"
    FULL = "full"
    """Every time it could come at is full."""
    NO_TIMES = "no_times"
    """The house seats nobody at the times it could come at, or they are over."""
    ASKED_BEFORE = "asked_before"
    """What is free it was offered before."""
    FITS_BETTER = "fits_better"
    """A party behind it fills the free table better; it is the next in line."""
    OUTRUN = "outrun"
    """What came free went to a party before it."""
    NEVER = "never"
    """The house's rules never allow such a party online on that date."""
    RESTING = "resting"
    """It is night: nobody is woken for a table of another day."""
    SWITCHED_OFF = "switched_off"
    """The house makes no offers by itself, or takes no bookings online now."""
    CANNOT_PAY = "cannot_pay"
    """The booking would have to be paid, and the house cannot take payments now."""
    UNREACHABLE = "unreachable"
    """There is no way to write to it."""
    HAS_BOOKED = "has_booked"
    """It has found a table since: a booking made after its wish, at such a time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one party with the figures behind it, JSON-able."""

    verdict: Verdict
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pick:
    """Who is asked, and what."""

    wish: Wish
    decision: Decision
    position: int
    """In the order, from 1."""
    spare: int
    """Chairs that stay empty."""
    passed: tuple[int, ...] = ()
    """Parties before it that it goes before, because it fits better."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one look says: who is asked, if anybody, and how it stands with all others."""

    pick: Pick | None
    findings: Mapping[int, Finding]
    possible: frozenset[int] = frozenset()
    """Parties that could have been asked."""


def order_of(wishes: Iterable[Wish]) -> list[Wish]:
    """The order in which parties are asked."""
    return sorted(wishes, key=lambda wish: (wish.lapsed, wish.joined, wish.id))


def choose(
    plan: Plan,
    ledger: Ledger,
    wishes: Iterable[Wish],
    base: Query,
    *,
    not_before: Minute,
) -> Round:
    """One look at a date. ``base`` has the date, the instant and the channel of every request.

    Only times from ``not_before`` on are offered: there has to be time to answer, and to come.
    """
    ordered = order_of(wishes)
    findings: dict[int, Finding] = {}
    options: list[tuple[int, Wish, Decision]] = []
    for position, wish in enumerate(ordered, start=1):
        found = _option(plan, ledger, wish, base, not_before)
        if isinstance(found, Decision):
            options.append((position, wish, found))
        else:
            findings[wish.id] = found
    passed: list[int] = []
    pick = None
    for index, (position, wish, decision) in enumerate(options):
        better = _better(plan, decision, options[index + 1 :])
        if better is None:
            spare = _spare(plan, decision)
            pick = Pick(wish, decision, position, spare, tuple(passed))
            break
        passed.append(wish.id)
        facts = {"by": better.id, "by_size": better.party_size, "spare": _spare(plan, decision)}
        findings[wish.id] = Finding(Verdict.FITS_BETTER, facts)
    return Round(pick, findings, frozenset(wish.id for _, wish, _ in options))


def _option(
    plan: Plan, ledger: Ledger, wish: Wish, base: Query, not_before: Minute
) -> Decision | Finding:
    """The time this party would be offered; or why there is none."""
    query = Query(
        service_date=base.service_date,
        party_size=wish.party_size,
        now=base.now,
        channel=base.channel,
        step_free=wish.step_free,
    )
    never = DayRules.of(plan, query).whole_day
    if never:
        return Finding(Verdict.NEVER, {"reason": str(never[0].reason)})
    wanted = [
        offer
        for offer in availability.day(plan, ledger, query)
        if is_within(wish, offer.slot.wall) and offer.slot.starts >= not_before
    ]
    if not wanted:
        return Finding(Verdict.NO_TIMES)
    free = [offer for offer in wanted if offer.available]
    if not free:
        return Finding(Verdict.FULL, {"times": len(wanted), "reasons": _reasons(wanted)})
    new = [offer for offer in free if offer.slot.starts not in wish.asked]
    if not new:
        return Finding(Verdict.ASKED_BEFORE, {"times": [offer.slot.label for offer in free]})
    new.sort(key=lambda offer: (_off_centre(wish, offer.slot.wall), offer.slot.starts))
    for offer in new:
        decision = availability.decide(
            plan, ledger, query, offer.slot.wall, service_id=offer.slot.service.id
        )
        if decision.accepted:
            return decision
    return Finding(Verdict.FULL, {"times": len(wanted), "reasons": _reasons(wanted)})


def window_of(earliest: WallMinute, latest: WallMinute, day_turns: WallMinute) -> tuple[int, int]:
    """Two clock readings as wall minutes of a date; what is before ``day_turns`` is the morning
    after. But a window that goes on through the day begins on the date: 00:00 to 23:59 is any time.
    """
    if earliest < day_turns <= latest:
        return earliest, latest
    low = earliest + DAY_MINUTES * (earliest < day_turns)
    high = latest + DAY_MINUTES * (latest < day_turns)
    return low, high + DAY_MINUTES * (high < low)


def is_backwards(earliest: WallMinute, latest: WallMinute, day_turns: WallMinute) -> bool:
    """Whether the latest of two clock readings is before the earliest on one evening.

    ``22:00 to 00:30`` is not: half past midnight is of the same evening.
    """
    return latest < earliest and not latest < day_turns <= earliest


def is_within(wish: Wish, wall: WallMinute) -> bool:
    """Whether a time is one the party could come at."""
    return wish.earliest <= wall <= wish.latest


def _off_centre(wish: Wish, wall: WallMinute) -> int:
    return abs(2 * wall - wish.earliest - wish.latest)


def _reasons(offers: Iterable[Offer]) -> dict[str, int]:
    """How many of the times each reason stands against, most first."""
    counts = Counter(str(refusal.reason) for offer in offers for refusal in offer.refusals)
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _better(
    plan: Plan,
    decision: Decision,
    behind: Sequence[tuple[int, Wish, Decision]],
) -> Wish | None:
    """A party behind that fills the same table better, where this one leaves chairs empty."""
    spare = _spare(plan, decision)
    if spare <= FITS:
        return None
    rivals = [
        (_spare(plan, theirs), position, other)
        for position, other, theirs in behind
        if _collide(decision.seating, theirs.seating) and _spare(plan, theirs) < spare
    ]
    return min(rivals, key=lambda each: each[:2])[2] if rivals else None


def _collide(one: Seating | None, other: Seating | None) -> bool:
    return (
        one is not None
        and other is not None
        and not set(one.table_ids).isdisjoint(other.table_ids)
        and overlaps(one.starts, one.claimed_until, other.starts, other.claimed_until)
    )


def _spare(plan: Plan, decision: Decision) -> int:
    """Chairs that stay empty; 0 where seats are counted instead of tables."""
    seating = decision.seating
    if seating is None or not seating.table_ids:
        return 0
    wanted = set(seating.table_ids)
    for place in places_of(plan):
        if set(place.table_ids) == wanted:
            return place.max_seats - decision.query.party_size
    return 0
