"""Money rules: what a party pays in advance, and what comes back when it cancels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

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
    currency.
    """
    service_id = service.id if service is not None else None
    matching = [
        rule
        for rule in plan.deposit_rules
        if rule.offer_id in (None, offer_id)
        and _matches(rule, service_id, service_date, party_size)
    ]
    if not matching:
        return NO_DEPOSIT, None
    rule = max(matching, key=_specificity)
    return (rule.amount * party_size if rule.per_person else rule.amount), rule


def _matches(
    rule: DepositRule, service_id: int | None, service_date: dt.date, party_size: int
) -> bool:
    return (
        rule.service_id in (None, service_id)
        and rule.min_party <= party_size
        and (rule.max_party is None or party_size <= rule.max_party)
        and (not rule.weekdays or service_date.weekday() in rule.weekdays)
        and (rule.valid_from is None or rule.valid_from <= service_date)
        and (rule.valid_until is None or service_date <= rule.valid_until)
    )


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


def refund_amount(amount: Decimal, percent: int, exponent: int) -> Decimal:
    """``percent`` of ``amount``, rounded half up to the currency's smallest unit.

    ``exponent`` is the number of decimals of the currency (ISO 4217): 0, 2 or 3.
    """
    share = amount * percent / 100
    return share.quantize(Decimal(1).scaleb(-exponent), rounding=ROUND_HALF_UP)
