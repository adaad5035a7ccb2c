"""Limits of the house as the stand meets them: counted for every party, set aside by a manager."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from reservations.engine import capacity
from reservations.engine import types as e
from reservations.engine.rules import PHYSICAL
from reservations.errors import LimitReached, SlotUnavailable
from reservations.selectors.days import read_day
from reservations.services.stand.acting import Acting
from restaurants.access import Capability, check_staff

TABLE_SEATS = "table_seats"
"""More guests than the table has chairs, by a manager's word."""

_WORDS = {
    e.Reason.SERVICE_FULL: gettext_noop("the service takes no more than %(limit)s covers"),
    e.Reason.PACING_COVERS: gettext_noop("no more than %(limit)s covers may arrive per quarter"),
    e.Reason.PACING_PARTIES: gettext_noop("no more than %(limit)s parties may arrive per quarter"),
    e.Reason.ONLINE_PACING_COVERS: gettext_noop(
        "no more than %(limit)s covers may arrive per quarter from online bookings"
    ),
    e.Reason.ONLINE_PACING_PARTIES: gettext_noop(
        "no more than %(limit)s parties may arrive per quarter from online bookings"
    ),
}
_SEATS = gettext_noop("the table seats no more than %(limit)s")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be counted: a party of a service from one minute to another."""

    service_id: int
    channel: e.Channel
    party_size: int
    starts: e.Minute
    ends: e.Minute


def gauges_for(
    acting: Acting, wanted: Wanted, *, overbook: bool, over: Collection[str] = ()
) -> tuple[tuple[e.GaugeClaim, ...], list[str]]:
    """What to count for a party, and which limits it passes.

    Read after the party's own counts were given back. ``over`` are limits the caller found passed
    besides. Raises LimitReached when a limit stands against it and ``overbook`` was not asked for;
    Forbidden when it was asked by somebody who may not; SlotUnavailable when a pool has no seats.
    """
    day = read_day(acting.house.public_id, acting.service_date, now=acting.at)
    plan = day.house.plan
    limits = capacity.limits_of(plan, acting.service_date, wanted.service_id, wanted.channel)
    minutes = wanted.ends - wanted.starts + plan.buffer_minutes
    found = capacity.refusals(limits, day.ledger, wanted.party_size, wanted.starts, minutes)
    if any(refusal.reason in PHYSICAL for refusal in found):
        raise SlotUnavailable(reasons=[str(refusal.reason) for refusal in found])
    check_limits(acting, found, overbook=overbook, over=over)
    query = e.Query(
        acting.service_date,
        wanted.party_size,
        wanted.starts,
        wanted.channel,
        waived=frozenset(refusal.reason for refusal in found),
    )
    counters = capacity.counters_of(plan, acting.service_date, wanted.service_id, wanted.channel)
    gauges = capacity.claims(counters, day.ledger, query, wanted.starts, minutes)
    return gauges, [*over, *(str(refusal.reason) for refusal in found)]


def check_limits(
    acting: Acting,
    refusals: Collection[e.Refusal],
    *,
    overbook: bool,
    over: Collection[str] = (),
    seats: int = 0,
) -> None:
    """Raise LimitReached unless nothing stands against it, or a manager sets it aside."""
    if not refusals and not over:
        return
    if overbook:
        check_staff(acting.by, Capability.OVERBOOK, acting.house.id)
        return
    words = [gettext(_WORDS[r.reason]) % {"limit": r.facts["limit"]} for r in refusals]
    if TABLE_SEATS in over:
        words.append(gettext(_SEATS) % {"limit": seats})
    text = gettext("A manager has to allow this: %(reasons)s.") % {"reasons": "; ".join(words)}
    raise LimitReached(text, reasons=[*over, *(str(r.reason) for r in refusals)])
