"""The rules of the book that need no table: notice, window, party limits, closings, privacy.

Most bind the public only: staff may take a booking at short notice, beyond the window, for
a party of any size or in a private service. Nobody books the past or a closed house, unless
staff set that rule aside for the request (``Query.waived``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from reservations.engine.policies import deposit_for
from reservations.engine.types import (
    BookableOffer,
    Channel,
    Minute,
    Plan,
    Query,
    Reason,
    Refusal,
    Slot,
)
from reservations.engine.walltime import boundary_to_minute, minute_to_datetime

ORDER: tuple[Reason, ...] = (
    Reason.PAST,
    Reason.BEYOND_WINDOW,
    Reason.NO_SERVICE,
    Reason.NOT_A_SLOT,
    Reason.CLOSED,
    Reason.SPECIAL_DAY,
    Reason.KITCHEN_CLOSED,
    Reason.CLOSURE,
    Reason.PRIVATE,
    Reason.PREPAYMENT_NOT_SET_UP,
    Reason.OFFER_OVER,
    Reason.OFFER_NOT_THEN,
    Reason.PARTY_TOO_SMALL,
    Reason.PARTY_TOO_LARGE,
    Reason.CUT_OFF,
    Reason.LEAD_TIME,
    Reason.NO_TABLE_FITS,
    Reason.OVERSIZE,
    Reason.SERVICE_FULL,
    Reason.SEATS_TAKEN,
    Reason.TABLES_TAKEN,
    Reason.PACING_COVERS,
    Reason.PACING_PARTIES,
    Reason.ONLINE_PACING_COVERS,
    Reason.ONLINE_PACING_PARTIES,
)
"""Most fundamental first: the first refusal is the one to tell a guest who hears only one."""

_RANK = {reason: position for position, reason in enumerate(ORDER)}

PHYSICAL = frozenset(
    {Reason.NO_SERVICE, Reason.NO_TABLE_FITS, Reason.SEATS_TAKEN, Reason.TABLES_TAKEN}
)
"""What nobody can set aside: there is no such evening, no such table, no free seat."""


def in_force(refusals: Iterable[Refusal], query: Query) -> tuple[Refusal, ...]:
    """The refusals that no waiver of the request sets aside, most fundamental first.

    One for each reason: the plan and the service may both forbid a party's size.
    """
    waived = query.waived - PHYSICAL
    if query.party_size < 1:
        # A party of nobody is no matter of rules, so no one can set it aside.
        waived -= {Reason.PARTY_TOO_SMALL}
    kept = {r.reason: r for r in refusals if r.reason not in waived}
    return tuple(sorted(kept.values(), key=lambda refusal: _RANK[refusal.reason]))


@dataclass(frozen=True, slots=True)
class DayRules:
    """The rules as they stand for one request on one service date, whatever the slot."""

    whole_day: tuple[Refusal, ...]
    """What refuses every slot of the date."""
    is_public: bool
    lead_minutes: int
    cut_off: Minute | None
    """The instant from which the public comes too late for this date."""
    now: Minute
    unpayable: frozenset[int] = frozenset()
    """Services to be paid in advance for which no deposit asks this party to pay."""
    offer: BookableOffer | None = None
    """What is booked with the table."""

    @classmethod
    def of(cls, plan: Plan, query: Query) -> DayRules:
        """The rules for this request."""
        is_public = query.channel is Channel.ONLINE
        cut_off = None
        if is_public and plan.cut_off is not None:
            cut_off = boundary_to_minute(plan.zone, query.service_date, plan.cut_off)
        return cls(
            whole_day=tuple(_whole_day(plan, query, is_public)),
            is_public=is_public,
            lead_minutes=plan.lead_minutes if is_public else 0,
            cut_off=cut_off,
            now=query.now,
            unpayable=_unpayable(plan, query) if is_public else frozenset(),
            offer=plan.bookable_offer(query.offer_id),
        )

    def refusals(self, query: Query, slot: Slot) -> list[Refusal]:
        """Every rule that refuses this request at this slot, waived or not, in no order."""
        found = list(self.whole_day)
        if slot.starts < self.now:
            found.append(Refusal(Reason.PAST, {"minutes_ago": self.now - slot.starts}))
        elif self.is_public:
            found += self._too_late(slot.starts)
        for closing in slot.closings:
            if self.is_public or not closing.online_only:
                found.append(Refusal(closing.reason, {"note": closing.note}))
        if self.offer and self.offer.service_ids and slot.service.id not in self.offer.service_ids:
            found.append(Refusal(Reason.OFFER_NOT_THEN))
        if self.is_public:
            if slot.service.is_private:
                found.append(Refusal(Reason.PRIVATE))
            service = slot.service
            if service.id in self.unpayable:
                found.append(Refusal(Reason.PREPAYMENT_NOT_SET_UP))
            found += _party(query.party_size, service.min_party, service.max_party)
        return found

    def _too_late(self, starts: Minute) -> list[Refusal]:
        found = []
        notice = starts - self.now
        if notice < self.lead_minutes:
            facts: dict[str, int | str] = {"limit": self.lead_minutes, "notice": notice}
            found.append(Refusal(Reason.LEAD_TIME, facts))
        if self.cut_off is not None and self.now >= self.cut_off:
            found.append(Refusal(Reason.CUT_OFF, {"minutes_late": self.now - self.cut_off}))
        return found


def _whole_day(plan: Plan, query: Query, is_public: bool) -> list[Refusal]:
    found = []
    if is_public:
        today = minute_to_datetime(plan.zone, query.now).date()
        if (query.service_date - today).days > plan.window_days:
            last = today + dt.timedelta(days=plan.window_days)
            found.append(
                Refusal(
                    Reason.BEYOND_WINDOW,
                    {"limit": plan.window_days, "last_date": last.isoformat()},
                )
            )
        found += _party(query.party_size, max(plan.min_party, 1), plan.max_party)
    elif query.party_size < 1:
        found += _party(query.party_size, 1, None)
    return found + _offer(plan, query)


def _offer(plan: Plan, query: Query) -> list[Refusal]:
    """What keeps the chosen offer from this date: it is over, or has not begun."""
    if query.offer_id is None:
        return []
    offer = plan.bookable_offer(query.offer_id)
    if offer is None or (offer.valid_until and query.service_date > offer.valid_until):
        return [Refusal(Reason.OFFER_OVER)]
    if offer.valid_from and query.service_date < offer.valid_from:
        return [Refusal(Reason.OFFER_NOT_THEN)]
    return []


def _unpayable(plan: Plan, query: Query) -> frozenset[int]:
    return frozenset(
        service.id
        for service in plan.services
        if service.requires_prepayment
        and deposit_for(plan, service, query.service_date, query.party_size)[0] <= 0
    )


def _party(asked: int, smallest: int, largest: int | None) -> list[Refusal]:
    if asked < smallest:
        return [Refusal(Reason.PARTY_TOO_SMALL, {"limit": smallest, "asked": asked})]
    if largest is not None and asked > largest:
        return [Refusal(Reason.PARTY_TOO_LARGE, {"limit": largest, "asked": asked})]
    return []
