"""What is free and who may have it: one calculation for what is shown and for what is booked.

``day`` lists every slot of a service date, ``decide`` answers for one; both ask the same
``_Evening``, so an offer is available exactly when the decision at the same instant accepts.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

from reservations.engine import capacity
from reservations.engine.calendar import find_slots, services_on, slots_of, unscheduled_slots
from reservations.engine.capacity import Limit, counters_of, limits_of
from reservations.engine.floors import on_date
from reservations.engine.night import Night
from reservations.engine.rules import DayRules, in_force
from reservations.engine.seating import (
    BEST_FIT,
    Choice,
    FreeStarts,
    SeatingPolicy,
    candidates,
    candidates_for,
    closed_rooms,
    fits_place,
    free_starts_of,
    kind_of,
    need_of,
    places_of,
    turn_of,
)
from reservations.engine.types import (
    OPEN_TO,
    CapacityMode,
    Channel,
    Decision,
    GaugeClaim,
    Ledger,
    Offer,
    Plan,
    Query,
    Reason,
    Refusal,
    Seating,
    Slot,
    WallMinute,
)
from reservations.engine.walltime import minute_to_datetime


def day(
    plan: Plan, ledger: Ledger, query: Query, *, policy: SeatingPolicy = BEST_FIT
) -> tuple[Offer, ...]:
    """Every slot of the service date with its free tables and, if refused, every reason.

    The slots are those of ``query.service_id`` if it is given. The public is not shown the
    slots of a private service at all.
    """
    evening = _Evening(plan, ledger, query, policy)
    shown = [
        slot
        for slot in slots_of(plan, query.service_date)
        if query.service_id in (None, slot.service.id) and not _is_hidden(query, slot)
    ]
    return evening.offers(shown)


def decide(
    plan: Plan,
    ledger: Ledger,
    query: Query,
    wall: WallMinute | str,
    service_id: int | None = None,
    *,
    policy: SeatingPolicy = BEST_FIT,
) -> Decision:
    """Whether this party may come at this time, where it sits, and otherwise every reason.

    ``wall`` is a wall minute of the service date, or the label guests see. Where several
    services have that time, it is the first one that accepts; if none does, the reasons of
    the one nearest to accepting.
    """
    slots = slots_for(plan, query, wall, service_id)
    if not slots:
        return Decision(
            query,
            None,
            refusals=_no_slot(plan, query, wall, service_id),
            rule_version=policy.version,
        )
    evening = _Evening(plan, ledger, query, policy)
    return min((evening.decide(slot) for slot in slots), key=_distance)


def slots_for(
    plan: Plan, query: Query, wall: WallMinute | str, service_id: int | None = None
) -> tuple[Slot, ...]:
    """The slots a request can mean; times off the interval only if staff waived that rule."""
    wanted = service_id if service_id is not None else query.service_id
    found = find_slots(plan, query.service_date, wall, wanted)
    if not found and Reason.NOT_A_SLOT in query.waived:
        found = unscheduled_slots(plan, query.service_date, wall, wanted)
    return found


def _distance(decision: Decision) -> tuple[bool, int]:
    """How far a decision is from acceptance; a refusal as private comes after any other."""
    reasons = [refusal.reason for refusal in decision.refusals]
    return Reason.PRIVATE in reasons, len(reasons)


def _is_hidden(query: Query, slot: Slot) -> bool:
    return (
        slot.service.is_private
        and query.channel is Channel.ONLINE
        and Reason.PRIVATE not in query.waived
    )


def _no_slot(
    plan: Plan, query: Query, wall: WallMinute | str, service_id: int | None
) -> tuple[Refusal, ...]:
    """Why a time is no slot at all, and what else would have refused it."""
    wanted = service_id if service_id is not None else query.service_id
    services = [
        service for service in services_on(plan, query.service_date) if wanted in (None, service.id)
    ]
    reason = Reason.NOT_A_SLOT if services else Reason.NO_SERVICE
    found = [Refusal(reason, {"asked": wall}), *DayRules.of(plan, query).whole_day]
    today = minute_to_datetime(plan.zone, query.now).date()
    if query.service_date < today:
        found.append(Refusal(Reason.PAST, {"days_ago": (today - query.service_date).days}))
    # Waiving the interval does not help here: no service seats guests around that time.
    return in_force(found, replace(query, waived=query.waived - {Reason.NOT_A_SLOT}))


@dataclass(slots=True)
class _Sitting:
    """What all slots of one kind share for one request: limits, minutes, free starts."""

    limits: tuple[Limit, ...]
    minutes: int
    """The claim on the table: turn and buffer."""
    floor: FreeStarts | None = None
    """From when the candidates are free; only lists of offers count them."""
    no_table: Refusal | None = None
    """Why there is no place; worked out when first needed."""


class _Evening:
    """A request on one service date: what ``day`` and ``decide`` both ask."""

    __slots__ = ("_sittings", "ledger", "night", "plan", "policy", "query", "rules")

    def __init__(self, plan: Plan, ledger: Ledger, query: Query, policy: SeatingPolicy) -> None:
        plan = on_date(plan, query.service_date)
        self.plan = plan
        self.ledger = ledger
        self.query = query
        self.policy = policy
        self.rules = DayRules.of(plan, query)
        self.night = Night.of(plan, ledger, query.service_date, query.turn_minutes)
        self._sittings: dict[Hashable, _Sitting] = {}

    def offers(self, slots: list[Slot]) -> tuple[Offer, ...]:
        """The offers of these slots, in their order."""
        if self.plan.capacity_mode is CapacityMode.SEATS:
            return tuple(self._pool_offer(slot) for slot in slots)
        seatable = self.policy.can_seat(self.night, self.plan, self.query, slots)
        return tuple(self._floor_offer(slot, ok) for slot, ok in zip(slots, seatable, strict=True))

    def _pool_offer(self, slot: Slot) -> Offer:
        sitting = self._sitting(slot)
        free = capacity.free_seats(self.plan, self.ledger, slot.starts, sitting.minutes)
        return Offer(slot, free, self.plan.seats, self._refusals(slot, sitting, True))

    def _floor_offer(self, slot: Slot, is_seatable: bool) -> Offer:
        sitting = self._sitting(slot)
        if sitting.floor is None:
            sitting.floor = free_starts_of(self.night, self.plan, self.query, slot)
        floor = sitting.floor
        free = floor.free_at(slot.starts - self.night.origin)
        return Offer(slot, free, floor.total, self._refusals(slot, sitting, is_seatable))

    def decide(self, slot: Slot) -> Decision:
        """The decision for one slot."""
        choice = self._choose(slot)
        sitting = self._sitting(slot)
        refusals = self._refusals(slot, sitting, choice.seating is not None)
        gauges: tuple[GaugeClaim, ...] = ()
        if not refusals:
            asked = self.query
            counters = counters_of(self.plan, asked.service_date, slot.service.id, asked.channel)
            gauges = capacity.claims(counters, self.ledger, asked, slot.starts, sitting.minutes)
        return Decision(
            query=self.query,
            slot=slot,
            seating=None if refusals else choice.seating,
            gauges=gauges,
            refusals=refusals,
            candidates=choice.candidates,
            rule_version=self.policy.version,
        )

    def _choose(self, slot: Slot) -> Choice:
        if self.plan.capacity_mode is CapacityMode.TABLES:
            return self.policy.seat(self.night, self.plan, self.query, slot)
        ends = slot.starts + turn_of(self.plan, self.query, slot.service)
        return Choice(Seating((), slot.starts, ends, ends + self.plan.buffer_minutes))

    def _sitting(self, slot: Slot) -> _Sitting:
        kind = kind_of(slot)
        known = self._sittings.get(kind)
        if known is None:
            plan, query = self.plan, self.query
            known = self._sittings[kind] = _Sitting(
                limits=limits_of(plan, query.service_date, slot.service.id, query.channel),
                minutes=turn_of(plan, query, slot.service) + plan.buffer_minutes,
            )
        return known

    def _refusals(self, slot: Slot, sitting: _Sitting, is_seatable: bool) -> tuple[Refusal, ...]:
        found = self.rules.refusals(self.query, slot)
        if sitting.limits:
            found += capacity.refusals(
                sitting.limits, self.ledger, self.query.party_size, slot.starts, sitting.minutes
            )
        if not is_seatable:
            if sitting.no_table is None:
                sitting.no_table = self._no_table(slot, sitting.minutes)
            found.append(sitting.no_table)
        return in_force(found, self.query) if found else ()

    def _no_table(self, slot: Slot, minutes: int) -> Refusal:
        """Why the floor has no place: all taken, shut, too big, or none that is big enough."""
        plan, query = self.plan, self.query
        asked = query.party_size
        if possible := candidates(plan, query, slot):
            return Refusal(
                Reason.TABLES_TAKEN,
                {"asked": asked, "places": len(possible), "minutes": minutes},
            )
        need = need_of(query, slot.service.id)
        if candidates_for(plan, need):
            return Refusal(Reason.CLOSURE, {"rooms": len(closed_rooms(query, slot))})
        big_enough = [
            place.max_seats
            for place in places_of(plan)
            if place.access <= OPEN_TO[query.channel]
            and fits_place(need, place, slot.service.room_ids)
        ]
        if big_enough:
            return Refusal(Reason.OVERSIZE, {"asked": asked, "smallest": min(big_enough)})
        return Refusal(Reason.NO_TABLE_FITS, {"asked": asked})
