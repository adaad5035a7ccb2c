"""Money rules: what a party pays in advance, and what comes back when it cancels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from reservations.engine.money import DepositRule, RefundStep
from reservations.engine.types import DiningService, Plan

NO_DEPOSIT = Decimal(0)


def deposit_for(
    plan: Plan,
    service: DiningService | None,
    service_date: dt.date,
    party_size: int,
    offer_id: int | None = None,
) -> tuple[Decimal, DepositRule | None]:
    """The deposit of a party and the rule it rests on; zero and None when no rule matches.

    The most specific matching rule wins: by priority, then one for the offer that was booked,
    then one for this dining service, then one with dates, then one with weekdays, then one with
    a party size; of equals the oldest (lowest id). The amount is the party's, in the plan's
    currency, rounded half up to what the house's provider can move.
    """
    service_id = service.id if service is not None else None
    party = Party(service_id, service_date, party_size, offer_id)
    matching = [rule for rule in plan.deposit_rules if mismatch(rule, party) is None]
    if not matching:
        return NO_DEPOSIT, None
    rule = max(matching, key=_specificity)
    return amount_by(rule, party_size, plan), rule


def amount_by(rule: DepositRule, party_size: int, plan: Plan) -> Decimal:
    """What a rule asks of a whole party, as the house's provider can move it."""
    total = rule.amount * party_size if rule.per_person else rule.amount
    return whole(total, plan.money_unit)


@dataclass(frozen=True, slots=True)
class Party:
    """What rules about money look at."""

    service_id: int | None
    service_date: dt.date
    size: int
    offer_id: int | None = None


class Lost(StrEnum):
    """Why a rule does not decide what a party pays: it does not apply, or another one wins."""

    OFFER = "offer"
    SERVICE = "service"
    PARTY = "party"
    WEEKDAY = "weekday"
    DATES = "dates"
    PRIORITY = "priority"
    LESS_SPECIFIC = "less_specific"
    YOUNGER = "younger"


def mismatch(rule: DepositRule, party: Party) -> Lost | None:
    """The first thing that keeps a rule from applying to a party; None if it applies."""
    date = party.service_date
    largest = party.size if rule.max_party is None else rule.max_party
    applies = {
        Lost.OFFER: rule.offer_id in (None, party.offer_id),
        Lost.SERVICE: rule.service_id in (None, party.service_id),
        Lost.PARTY: rule.min_party <= party.size <= largest,
        Lost.WEEKDAY: not rule.weekdays or date.weekday() in rule.weekdays,
        Lost.DATES: (rule.valid_from or date) <= date <= (rule.valid_until or date),
    }
    return next((why for why, is_so in applies.items() if not is_so), None)


def outcome(
    rules: Iterable[DepositRule], party: Party
) -> tuple[DepositRule | None, list[tuple[DepositRule, Lost]]]:
    """The rule that decides for a party, and all others with what they lost by."""
    given = list(rules)
    applying = [rule for rule in given if mismatch(rule, party) is None]
    winner = max(applying, key=_specificity, default=None)
    losers = [(rule, _lost_by(rule, party, winner)) for rule in given if rule is not winner]
    return winner, losers


def _lost_by(rule: DepositRule, party: Party, winner: DepositRule | None) -> Lost:
    if (why := mismatch(rule, party)) is not None or winner is None:
        return why or Lost.YOUNGER
    mine, theirs = _specificity(rule), _specificity(winner)
    if mine[0] != theirs[0]:
        return Lost.PRIORITY
    return Lost.LESS_SPECIFIC if mine[:-1] != theirs[:-1] else Lost.YOUNGER


def _specificity(rule: DepositRule) -> tuple[int, bool, bool, bool, bool, bool, int]:
    return (
        rule.priority,
        rule.offer_id is not None,
        rule.service_id is not None,
        rule.valid_from is not None or rule.valid_until is not None,
        bool(rule.weekdays),
        rule.min_party > 1 or rule.max_party is not None,
        -rule.id,
    )


def refund_percent(ladder: Iterable[RefundStep], starts: dt.datetime, at: dt.datetime) -> int:
    """The percentage that comes back when a party due at ``starts`` cancels at ``at``.

    Counts elapsed time, to the second: on the night the clocks change, 12:00 to 12:00 is
    23 or 25 hours. A limit belongs to the better side, so exactly 24 hours' notice meets a
    step of 24 hours. Raises ValueError for a naive time.
    """
    notice = _seconds(starts) - _seconds(at)
    return max((step.percent for step in ladder if notice >= step.hours * 3600), default=0)


def _seconds(moment: dt.datetime) -> int:
    # Subtracting two datetimes of one zone compares their clock readings, not the instants.
    if moment.utcoffset() is None:
        raise ValueError("an instant needs a time zone")
    return (moment.astimezone(dt.UTC) - _EPOCH) // dt.timedelta(seconds=1)


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def refund_amount(amount: Decimal, percent: int, unit: Decimal) -> Decimal:
    """``percent`` of ``amount``, rounded half up to a multiple of ``unit``; all of it is all of it.

    ``unit`` is the smallest amount that the provider who has the money can move.
    """
    if percent == 100 and amount % unit:
        return amount
    return whole(amount * percent / 100, unit)


def whole(amount: Decimal, unit: Decimal) -> Decimal:
    """``amount`` rounded half up to a multiple of ``unit``."""
    return (amount / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP) * unit
