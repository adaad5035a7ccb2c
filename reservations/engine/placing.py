"""What each place of the floor says to one request: free and how well it fits, or why not.

The same places, night and policy that ``decide`` asks: a place is free here exactly when it is
among the candidates of the decision. Where tables are taken, ``by_freeing`` finds the ones that
would be enough, and lets ``decide`` prove it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reservations.engine.availability import decide, slots_for
from reservations.engine.changes import Change, ChangeKind, apply_changes
from reservations.engine.floors import on_date
from reservations.engine.night import Night
from reservations.engine.seating import (
    BEST_FIT,
    Need,
    Place,
    SeatingPolicy,
    candidates,
    closed_rooms,
    fit_of,
    fits_place,
    fits_size,
    need_of,
    places_of,
    turn_of,
)
from reservations.engine.types import (
    OPEN_TO,
    CapacityMode,
    Ledger,
    Minute,
    Plan,
    Query,
    Reason,
    Slot,
    WallMinute,
)


class PlaceAnswer(StrEnum):
    """What keeps a request from a place; the first that holds. Stable codes."""

    FREE = "free"
    TOO_SMALL = "too_small"
    NOT_OF_SERVICE = "not_of_service"
    """The service does not seat guests in its room."""
    OTHER_ROOM = "other_room"
    """The party asked for another room."""
    NOT_STEP_FREE = "not_step_free"
    OTHER_CHANNEL = "other_channel"
    """Kept for another kind of booking."""
    TOO_LARGE = "too_large"
    """More empty chairs, or fewer guests, than the house allows."""
    ROOM_CLOSED = "room_closed"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class PlaceTold:
    """One table, or tables that may be joined, and what it says."""

    table_ids: tuple[int, ...]
    min_seats: int
    max_seats: int
    answer: PlaceAnswer
    score: tuple[int, ...] = ()
    """Where it is free: as the policy scores it; lowest wins."""
    taken: tuple[tuple[int, Minute, Minute], ...] = ()
    """Where it is taken: table, from when, until when (the time to clear included)."""

    @property
    def is_free(self) -> bool:
        """Whether the party could sit there."""
        return self.answer is PlaceAnswer.FREE


def places_told(
    plan: Plan, ledger: Ledger, query: Query, slot: Slot, *, policy: SeatingPolicy = BEST_FIT
) -> tuple[PlaceTold, ...]:
    """Every place, the free ones first as the policy ranks them; none in mode *seats*."""
    plan = on_date(plan, query.service_date)
    if plan.capacity_mode is CapacityMode.SEATS:
        return ()
    night = Night.of(plan, ledger, query.service_date, query.turn_minutes)
    scores = {
        each.table_ids: each.score for each in policy.seat(night, plan, query, slot).candidates
    }
    need = need_of(query, slot.service.id)
    end = slot.starts + turn_of(plan, query, slot.service) + plan.buffer_minutes
    found = []
    for place in places_of(plan):
        score = scores.get(place.table_ids)
        answer = PlaceAnswer.FREE if score is not None else _against(plan, query, slot, need, place)
        uses = _uses(plan, ledger, place.table_ids, slot.starts, end)
        taken = uses if answer is PlaceAnswer.TAKEN else ()
        seats = (place.min_seats, place.max_seats)
        found.append(PlaceTold(place.table_ids, *seats, answer, score or (), taken))
    order = list(PlaceAnswer)
    fits = {place.table_ids: fit_of(place, query.party_size) for place in places_of(plan)}
    free = sorted((told for told in found if told.is_free), key=lambda told: told.score)
    # What is taken stands before what can never be.
    rest = sorted(
        (told for told in found if not told.is_free),
        key=lambda told: (-order.index(told.answer), fits[told.table_ids]),
    )
    return (*free, *rest)


def _against(plan: Plan, query: Query, slot: Slot, need: Need, place: Place) -> PlaceAnswer:
    """The first thing that keeps the request from a place that is no candidate."""
    checks = (
        (need.party_size > place.max_seats, PlaceAnswer.TOO_SMALL),
        (
            bool(slot.service.room_ids) and not place.rooms <= slot.service.room_ids,
            PlaceAnswer.NOT_OF_SERVICE,
        ),
        (
            need.room_id is not None and place.rooms != {need.room_id},
            PlaceAnswer.OTHER_ROOM,
        ),
        (not fits_place(need, place, slot.service.room_ids), PlaceAnswer.NOT_STEP_FREE),
        (not place.access <= OPEN_TO[query.channel], PlaceAnswer.OTHER_CHANNEL),
        (not fits_size(plan, need, place), PlaceAnswer.TOO_LARGE),
        (bool(place.rooms & closed_rooms(query, slot)), PlaceAnswer.ROOM_CLOSED),
    )
    return next((answer for holds, answer in checks if holds), PlaceAnswer.TAKEN)


def _uses(
    plan: Plan, ledger: Ledger, table_ids: tuple[int, ...], start: Minute, end: Minute
) -> tuple[tuple[int, Minute, Minute], ...]:
    """What these tables are spoken for within ``[start, end)``, closures of single ones too."""
    shut = [
        (closure.table_id, closure.starts, closure.ends)
        for closure in plan.closures
        if closure.table_id is not None
    ]
    met = [
        (table, since, until)
        for table, since, until in (*ledger.uses, *shut)
        if table in table_ids and since < end and until > start
    ]
    return tuple(sorted(met, key=lambda use: (use[1], use[0])))


def by_freeing(
    plan: Plan,
    ledger: Ledger,
    query: Query,
    wall: WallMinute | str,
    *,
    policy: SeatingPolicy = BEST_FIT,
    limit: int = 5,
) -> tuple[Change, ...]:
    """Single tables each of which, free from that time on, would open a refused slot.

    Of the places the party fits, those where all but one table are free; best fit first. Each is
    proven: ``apply_changes`` clears the table and ``decide`` accepts. Empty when something other
    than the floor refuses as well, or nothing does.
    """
    plan = on_date(plan, query.service_date)
    decision = decide(plan, ledger, query, wall, policy=policy)
    reasons = {refusal.reason for refusal in decision.refusals}
    if reasons != {Reason.TABLES_TAKEN}:
        return ()
    found: dict[int, Change] = {}
    for slot in slots_for(plan, query, wall):
        end = slot.starts + turn_of(plan, query, slot.service) + plan.buffer_minutes
        for place in candidates(plan, query, slot):
            met = {use[0] for use in _uses(plan, ledger, place.table_ids, slot.starts, end)}
            if len(met) == 1:
                table = met.pop()
                change = Change(ChangeKind.FREE_TABLE, table, Reason.TABLES_TAKEN)
                found.setdefault(table, change)
    proven = (
        change
        for change in found.values()
        if decide(*apply_changes(plan, ledger, query, wall, [change]), policy=policy).accepted
    )
    return tuple(change for change, _ in zip(proven, range(limit), strict=False))
