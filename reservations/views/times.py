"""The times of one day for one party, as the restaurant's page shows them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from core.errors import DomainError
from core.money import quantize
from reservations.engine.policies import deposit_for
from reservations.engine.types import DAY_MINUTES, DiningService, Offer, Reason, Refusal
from reservations.errors import NotAccepting, NotBookable
from reservations.selectors.houses import House
from reservations.sentences import FULL, sentence
from reservations.services.availability import DayOffers, alternatives, offers_of_day
from reservations.views import wording
from reservations.views.wishes import Wish, choice_of, search_page

LOOK_AHEAD_DAYS = 3
"""How far the page looks for a free table by itself; each day is one query."""

IN_A_WORD: Mapping[Reason, str] = {
    **dict.fromkeys(FULL, "Full"),
    Reason.PAST: "Past",
    Reason.LEAD_TIME: "Too soon",
    Reason.CUT_OFF: "By phone",
    Reason.BEYOND_WINDOW: "Too early",
    Reason.NOT_A_SLOT: "No seating",
    Reason.NO_SERVICE: "No service",
    Reason.CLOSED: "Closed",
    Reason.SPECIAL_DAY: "Closed",
    Reason.KITCHEN_CLOSED: "No kitchen",
    Reason.CLOSURE: "Not today",
    Reason.PRIVATE: "Private",
    Reason.PREPAYMENT_NOT_SET_UP: "By phone",
    Reason.PARTY_TOO_SMALL: "Too few",
    Reason.PARTY_TOO_LARGE: "Too many",
    Reason.NO_TABLE_FITS: "No table",
}
"""Under a greyed time: every reason there is."""


@dataclass(frozen=True, slots=True)
class Link:
    """Somewhere else to go."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One time, free or with the reason in a word."""

    time: str
    value: str
    """As the form sends it: with the service where another one has the same time."""
    why_not: str = ""
    is_chosen: bool = False
    is_next_day: bool = False
    """After midnight: the evening is the date's, the calendar says the next day."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """The times of one dining service, and what it asks for in advance."""

    name: str
    choices: tuple[Choice, ...]
    deposit: str
    refund: str


@dataclass(frozen=True, slots=True)
class Why:
    """A reason in a sentence, and the times it holds for."""

    sentence: str
    times: str


@dataclass(frozen=True, slots=True)
class Missed:
    """The time the guest wanted and cannot have, and the nearest they can."""

    time: str
    sentence: str
    instead: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """Everything the times panel says."""

    party: int
    date: dt.date
    date_text: str
    sittings: tuple[Sitting, ...] = ()
    free: int = 0
    refusal: str = ""
    """Why there is nothing to choose."""
    remedies: tuple[Link, ...] = ()
    """What to do then."""
    whys: tuple[Why, ...] = ()
    missed: Missed | None = None
    earlier_day: Link | None = None
    later_day: Link | None = None

    @property
    def summary(self) -> str:
        """What a screen reader hears when the panel changes."""
        times = {0: "no free time", 1: "1 free time"}.get(self.free, f"{self.free} free times")
        return f"{self.date_text}, {wording.guests(self.party)}: {times}."


def panel_for(house: House, wish: Wish, *, today: dt.date) -> Panel:
    """The panel a wish leads to. At most ``1 + LOOK_AHEAD_DAYS`` days are read.

    Without a date it is the first of these days with a free table, else today. Raises
    RestaurantNotFound.
    """
    date = wish.date or today
    answer = _ask(house, date, wish.party)
    next_free = None
    if isinstance(answer, DayOffers) and not _is_free(answer):
        next_free = _next_free(house, date, wish.party)
    if wish.date is None and next_free is not None:
        date, answer, next_free = next_free.day.service_date, next_free, None
    if isinstance(answer, DayOffers):
        panel = _panel(house, wish, answer, next_free)
    else:
        panel = _refused(house, wish.party, answer, date, today)
    last = today + dt.timedelta(days=house.plan.window_days)
    return replace(
        panel,
        earlier_day=_day_link(house, wish.party, date, -1) if today < date <= last else None,
        later_day=_day_link(house, wish.party, date, 1) if today <= date < last else None,
    )


def _ask(house: House, date: dt.date, party: int) -> DayOffers | NotBookable | NotAccepting:
    try:
        return offers_of_day(house.public_id, date, party)
    except (NotBookable, NotAccepting) as refusal:
        return refusal


def _is_free(answer: DayOffers) -> bool:
    return any(offer.available for offer in answer.offers)


def _next_free(house: House, date: dt.date, party: int) -> DayOffers | None:
    for days in range(1, LOOK_AHEAD_DAYS + 1):
        answer = _ask(house, date + dt.timedelta(days=days), party)
        if not isinstance(answer, DayOffers):
            return None
        if _is_free(answer):
            return answer
    return None


def _day_link(house: House, party: int, date: dt.date, days: int = 0) -> Link:
    date += dt.timedelta(days=days)
    return Link(wording.short_day(date), search_page(house.slug, party=party, date=date))


def _refused(
    house: House, party: int, refusal: DomainError, date: dt.date, today: dt.date
) -> Panel:
    """A request that can never be met as asked: why, and what can be done."""
    return Panel(
        party=party,
        date=date,
        date_text=wording.day(date),
        refusal=refusal.text,
        remedies=_remedies(house, party, refusal, date, today),
    )


def _remedies(
    house: House, party: int, refusal: DomainError, date: dt.date, today: dt.date
) -> tuple[Link, ...]:
    """What a guest can do about a request that can never be met as asked."""
    if refusal.code in (Reason.PARTY_TOO_LARGE.upper(), Reason.PARTY_TOO_SMALL.upper()):
        limit = int(refusal.details["limit"])
        url = search_page(house.slug, party=limit, date=date)
        return (Link(f"Times for {wording.guests(limit)}", url),)
    if refusal.code == Reason.BEYOND_WINDOW.upper():
        last = dt.date.fromisoformat(str(refusal.details["last_date"]))
        return (_titled(house, party, last, "The last day that can be booked"),)
    if refusal.code == Reason.PAST.upper():
        return (_titled(house, party, today, "Times today"),)
    return ()


def _titled(house: House, party: int, date: dt.date, title: str) -> Link:
    link = _day_link(house, party, date)
    return Link(f"{title}: {link.text}", link.url)


def _panel(house: House, wish: Wish, answer: DayOffers, next_free: DayOffers | None) -> Panel:
    date = answer.day.service_date
    # What has passed is of no use to anybody; everything else is shown, with its reason.
    shown = [offer for offer in answer.offers if not _has_passed(offer)]
    free = sum(offer.available for offer in shown)
    refusal = "" if free else _nothing_free(shown, wish.party)
    remedies = []
    if next_free is not None:
        remedies.append(_titled(house, wish.party, next_free.day.service_date, "Next free day"))
    hides_times = not free and not any(_first(offer).reason in FULL for offer in shown)
    return Panel(
        party=wish.party,
        date=date,
        date_text=wording.day(date),
        sittings=() if hides_times else _sittings(answer, shown, wish),
        free=free,
        refusal=refusal,
        remedies=tuple(remedies),
        whys=() if hides_times else _whys(shown),
        missed=_missed(house, answer, wish) if free else None,
    )


def _has_passed(offer: Offer) -> bool:
    return any(refusal.reason is Reason.PAST for refusal in offer.refusals)


def _first(offer: Offer) -> Refusal:
    return offer.refusals[0]


def _nothing_free(shown: list[Offer], party: int) -> str:
    """Why a day has no free time."""
    if not shown:
        return sentence(Refusal(Reason.NO_SERVICE))
    reasons = {_first(offer).reason for offer in shown}
    if reasons & FULL:
        return f"Every table for {wording.guests(party)} is taken on this day."
    return _in_words(_first(shown[0]))


def _in_words(refusal: Refusal) -> str:
    text = sentence(refusal)
    # The sentence for 'full' is contract 2's, which ends without a stop.
    text = text if text.endswith((".", "!", "?", "…")) else f"{text}."
    return f"{text} {refusal.facts.get('note', '')}".strip()


def _sittings(answer: DayOffers, shown: list[Offer], wish: Wish) -> tuple[Sitting, ...]:
    labels = Counter(offer.slot.label for offer in shown)
    twice = {label for label, times in labels.items() if times > 1}
    by_service: dict[int, list[Offer]] = {}
    for offer in shown:
        by_service.setdefault(offer.slot.service.id, []).append(offer)
    sittings = []
    for offers in by_service.values():
        service = offers[0].slot.service
        choices = tuple(_choice(offer, wish, twice) for offer in offers)
        sittings.append(Sitting(service.name, choices, *_deposit(answer, service)))
    return tuple(sittings)


def _choice(offer: Offer, wish: Wish, twice: AbstractSet[str]) -> Choice:
    label, service_id = offer.slot.label, offer.slot.service.id
    word = "" if offer.available else IN_A_WORD[_first(offer).reason]
    return Choice(
        time=label,
        value=choice_of(label, service_id if label in twice else None),
        why_not=word,
        is_chosen=offer.available and _is_wanted(offer, wish),
        is_next_day=offer.slot.wall >= DAY_MINUTES,
    )


def _is_wanted(offer: Offer, wish: Wish) -> bool:
    is_service = wish.service_id in (None, offer.slot.service.id)
    return is_service and offer.slot.label == wish.time


def _deposit(answer: DayOffers, service: DiningService) -> tuple[str, str]:
    """What a sitting asks for in advance and how it comes back; both empty for nothing."""
    plan, party = answer.day.house.plan, answer.query.party_size
    total, rule = deposit_for(plan, service, answer.day.service_date, party)
    if rule is None or total <= 0:
        return "", ""
    per_person = rule.amount if rule.per_person and party > 1 else None
    money = wording.deposit(quantize(total, plan.currency), per_person, plan.currency)
    ladder = [(step.hours, step.percent) for step in rule.refund_ladder]
    return money, wording.refund_in_short(ladder)


def _whys(shown: Iterable[Offer]) -> tuple[Why, ...]:
    times: dict[str, list[str]] = {}
    for offer in shown:
        if not offer.available:
            times.setdefault(_in_words(_first(offer)), []).append(offer.slot.label)
    return tuple(Why(text, ", ".join(labels)) for text, labels in times.items())


def _missed(house: House, answer: DayOffers, wish: Wish) -> Missed | None:
    """The wanted time, if it is not to be had."""
    offers = [offer for offer in answer.offers if _is_wanted(offer, wish)]
    if not wish.time or any(offer.available for offer in offers):
        return None
    refusal = _first(offers[0]) if offers else Refusal(Reason.NOT_A_SLOT)
    hours, minutes = map(int, wish.time.split(":"))
    wall = offers[0].slot.wall if offers else hours * 60 + minutes
    date = answer.day.service_date
    return Missed(
        time=wish.time,
        sentence=_in_words(refusal),
        instead=tuple(
            Link(time, search_page(house.slug, party=wish.party, date=date, time=time))
            for time in alternatives(answer.day, answer.query, wall)
        ),
    )
