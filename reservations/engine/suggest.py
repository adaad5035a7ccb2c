"""The nearest times at which a party could come instead."""

from __future__ import annotations

from reservations.engine.availability import day
from reservations.engine.calendar import readings_of
from reservations.engine.seating import BEST_FIT, SeatingPolicy
from reservations.engine.types import Ledger, Minute, Offer, Plan, Query, WallMinute
from reservations.engine.walltime import boundary_to_minute

WITHIN_MINUTES = 120
"""How far from the wanted time a guest will usually go."""


def suggest(
    plan: Plan,
    ledger: Ledger,
    query: Query,
    wall: WallMinute | str,
    *,
    within: int = WITHIN_MINUTES,
    limit: int | None = None,
    policy: SeatingPolicy = BEST_FIT,
) -> tuple[Offer, ...]:
    """Bookable times up to ``within`` minutes away, nearest first, earlier before later.

    Each time once, whichever service has it; the wanted time itself is not among them, and
    need not be a slot. ``decide`` accepts every one of them at the same instant.
    """
    offers = day(plan, ledger, query, policy=policy)
    wanted = _instant(plan, query, wall, offers)
    if wanted is None:
        return ()
    times: dict[Minute, Offer] = {}
    for offer in offers:
        if offer.available and 0 < abs(offer.slot.starts - wanted) <= within:
            times.setdefault(offer.slot.starts, offer)
    nearest = sorted(times, key=lambda starts: (abs(starts - wanted), starts))
    return tuple(times[starts] for starts in nearest[:limit])


def _instant(
    plan: Plan, query: Query, wall: WallMinute | str, offers: tuple[Offer, ...]
) -> Minute | None:
    """The instant that was wanted; of a label's two, the one nearer to the day's slots."""
    instants = [
        boundary_to_minute(plan.zone, query.service_date, reading) for reading in readings_of(wall)
    ]
    if not instants or not offers:
        return None
    return min(
        instants, key=lambda instant: min(abs(offer.slot.starts - instant) for offer in offers)
    )
