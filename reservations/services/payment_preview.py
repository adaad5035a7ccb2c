"""What a party would pay in advance, which policy says so, and why the others do not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from core import clock
from payments.models import Policy
from reservations.engine.calendar import slots_of
from reservations.engine.money import DepositRule
from reservations.engine.policies import Lost, Party, amount_by, outcome
from reservations.selectors.days import read_day
from reservations.selectors.houses import House
from reservations.services.taking import kind_for, taken_kind
from reservations.terms import headline, refund_lines


@dataclass(frozen=True, slots=True)
class Loser:
    """A policy that does not decide, and the sentence that says why."""

    policy_id: int
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What one party would be asked for, at one dining service of a date."""

    service: str
    """Name of the dining service; empty where none is served that day."""
    service_id: int | None
    amount: Decimal
    """Zero: nothing is asked for."""
    per_person: Decimal | None
    """None for one amount per booking."""
    currency: str
    kind: str
    """deposit, prepayment, hold or card: as the house's provider can do it."""
    is_fallback: bool
    """The provider cannot do what the policy says; a deposit of as much stands in."""
    is_saved_first: bool
    """A hold so far ahead that the card is saved now and asked shortly before the visit."""
    headline: str
    lines: tuple[str, ...]
    """The ladder with real dates, as a guest would read it now."""
    policy_id: int | None
    policy: str
    why: str
    losers: tuple[Loser, ...]


def preview_payment(
    restaurant: str,
    service_date: dt.date,
    party_size: int,
    *,
    service_id: int | None = None,
    offer_id: int | None = None,
) -> list[Preview]:
    """What a party would pay on a date, by the very rules that ask it; one answer per service.

    For ``service_id`` alone if it is given. Changes nothing and asks nobody. Raises
    RestaurantNotFound. Two queries.
    """
    now = clock.now()
    house = read_day(restaurant, service_date, now=now).house
    names = {
        row.pk: row.name for row in Policy.objects.filter(restaurant_id=house.id, is_active=True)
    }
    starts = _starts(house, service_date)
    wanted = {pk: at for pk, at in starts.items() if service_id in (None, pk)}
    if not wanted:
        wanted = {service_id: _midday(house, service_date)}
    return [
        _preview(house, Party(pk, service_date, party_size, offer_id), at, names, now)
        for pk, at in wanted.items()
    ]


def _starts(house: House, service_date: dt.date) -> dict[int | None, dt.datetime]:
    """The first time of each dining service of a date."""
    first: dict[int | None, dt.datetime] = {}
    for slot in slots_of(house.plan, service_date):
        at = dt.datetime.fromtimestamp(slot.starts * 60, dt.UTC)
        first[slot.service.id] = min(at, first.get(slot.service.id, at))
    return first


def _midday(house: House, service_date: dt.date) -> dt.datetime:
    return dt.datetime.combine(service_date, dt.time(12), house.zone)


def _preview(
    house: House, party: Party, starts_at: dt.datetime, names: dict[int, str], now: dt.datetime
) -> Preview:
    rule, losers = outcome(house.plan.deposit_rules, party)
    services = {service.id: service.name for service in house.plan.services}
    lost = tuple(Loser(other.id, names.get(other.id, ""), _sentence(why)) for other, why in losers)
    amount, kind = Decimal(0), "deposit"
    if rule is not None:
        amount = amount_by(rule, party.size, house.plan)
        kind = kind_for(rule.kind, house, starts_at, now)
    is_saved_first = taken_kind(kind, house, starts_at, now) != kind
    return Preview(
        service=services.get(party.service_id or 0, ""),
        service_id=party.service_id,
        amount=amount,
        per_person=rule.amount if rule is not None and rule.per_person else None,
        currency=house.currency,
        kind=kind,
        is_fallback=rule is not None and kind != rule.kind,
        is_saved_first=is_saved_first,
        headline=_headline(kind, amount, house, is_saved_first=is_saved_first),
        lines=_lines(rule, amount, kind, house, starts_at, now),
        policy_id=rule.id if rule else None,
        policy=names.get(rule.id, "") if rule else "",
        why=_reason(rule, losers),
        losers=lost,
    )


def _headline(kind: str, amount: Decimal, house: House, *, is_saved_first: bool) -> str:
    if amount <= 0:
        return gettext("Nothing is paid in advance.")
    return headline("hold_later" if is_saved_first else kind, amount, house.currency)


def _lines(
    rule: DepositRule | None,
    amount: Decimal,
    kind: str,
    house: House,
    starts_at: dt.datetime,
    now: dt.datetime,
) -> tuple[str, ...]:
    if rule is None or amount <= 0:
        return ()
    ladder = [(step.hours, step.percent) for step in rule.refund_ladder]
    return tuple(
        refund_lines(
            ladder,
            starts_at,
            house.zone,
            total=amount,
            currency=house.currency,
            now=now,
            kind=kind,
            unit=house.plan.money_unit,
        )
    )


def _reason(rule: DepositRule | None, losers: list[tuple[DepositRule, Lost]]) -> str:
    """Why the winner wins: by what the nearest rival lost."""
    if rule is None:
        return gettext("No policy applies to this party.")
    rivals = {why for _, why in losers}
    if Lost.PRIORITY in rivals:
        return gettext("It applies, and has the highest priority.")
    if Lost.LESS_SPECIFIC in rivals:
        return gettext("It applies, and says more exactly for whom than the others.")
    if Lost.YOUNGER in rivals:
        return gettext("It applies, and is older than the others that do.")
    return gettext("It is the only one that applies.")


def _sentence(why: Lost) -> str:
    sentences = {
        Lost.OFFER: gettext("Only for bookings of another offer."),
        Lost.SERVICE: gettext("Only for another dining service."),
        Lost.PARTY: gettext("Only for parties of another size."),
        Lost.WEEKDAY: gettext("Only on other days of the week."),
        Lost.DATES: gettext("Only on other dates."),
        Lost.PRIORITY: gettext("Applies, but another one has a higher priority."),
        Lost.LESS_SPECIFIC: gettext("Applies, but another one says more exactly for whom."),
        Lost.YOUNGER: gettext("Applies, but another one like it is older."),
    }
    return sentences[why]
