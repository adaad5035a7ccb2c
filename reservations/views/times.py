"""The panel of a restaurant's page: a month, one day's times, and what to do if there are none."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import DomainError
from reservations.engine.policies import deposit_for
from reservations.engine.types import DAY_MINUTES, DiningService, Offer, Reason, Refusal
from reservations.errors import NotAccepting, NotBookable
from reservations.selectors.houses import House
from reservations.services.availability import DayOffers, offers_of_day
from reservations.services.outlook import (
    DayAhead,
    Month,
    month_of,
    reason_for_none,
    why_not,
)
from reservations.services.party_requests import may_ask
from reservations.views import why, wording
from reservations.views.month import MonthPage, month_page, other_days, search_pages, times_text
from reservations.views.offers import wanted_offer, without_offer
from reservations.views.rooms import RoomChoice, room_choices
from reservations.views.why import in_a_sentence, in_a_word
from reservations.views.wishes import Wish, choice_of, in_room, needs_of, search_page, waitlist_page


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
    why_url: str = ""
    """Where the reason is told in full, with what could be done instead."""
    is_chosen: bool = False
    is_next_day: bool = False
    """After midnight: the evening is the date's, the calendar says the next day."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """The times of one dining service, and what it asks for in advance."""

    name: str
    choices: tuple[Choice, ...]
    free: str
    deposit: str
    refund: str

    @property
    def is_full(self) -> bool:
        """Nothing to choose: shown folded up."""
        return all(choice.why_not for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Why:
    """A reason in a sentence, and the times it holds for, each leading to what else there is."""

    sentence: str
    times: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """The time the guest wanted and cannot have, why, and the nearest they can."""

    time: str
    sentence: str
    instead: tuple[Link, ...]
    smaller: Link | None = None
    elsewhere: str = ""
    """Rooms that have the time although the one asked for has not."""
    elsewhere_url: str = ""
    waitlist: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """Everything the times panel says."""

    party: int
    date: dt.date
    date_text: str
    wish: Wish
    month: MonthPage | None = None
    rooms: tuple[RoomChoice, ...] = ()
    sittings: tuple[Sitting, ...] = ()
    free: int = 0
    refusal: str = ""
    """Why there is nothing to choose."""
    remedies: tuple[Link, ...] = ()
    """What to do then."""
    waitlist: str = ""
    ask: str = ""
    """Where a party that is too large for this page asks the house itself."""
    too_large: str = ""
    """The meals that take no such party online, while others do."""
    offer: str = ""
    """What is booked with the table."""
    whys: tuple[Why, ...] = ()
    missed: Missed | None = None
    earlier_day: Link | None = None
    later_day: Link | None = None

    @property
    def summary(self) -> str:
        """What a screen reader hears when the panel changes."""
        free = {0: _("no free time"), 1: _("1 free time")}.get(
            self.free, _("%(free)d free times") % {"free": self.free}
        )
        return f"{self.date_text}, {wording.guests(self.party)}: {free}."

    @property
    def needs(self) -> list[tuple[str, str]]:
        """The hidden fields of the form that holds a time."""
        return list(needs_of(self.wish).items())

    @property
    def room(self) -> str:
        """The room asked for, as the form above carries it."""
        return "" if self.wish.room_id is None else str(self.wish.room_id)


def panel_for(house: House, wish: Wish, *, today: dt.date) -> Panel:
    """The panel a wish leads to; at most three reads of the book, whatever is asked.

    Without a date it is the first day with a free time in this month or the next, else today.
    Raises RestaurantNotFound.
    """
    if wish.room_id not in house.rooms:
        wish = in_room(wish, None)
    last = today + dt.timedelta(days=house.plan.window_days)
    try:
        month, chosen = _looked_at(house, wish, today, last)
    except NotAccepting as refusal:
        return _refused(house, wish, refusal, wish.date or today, today)
    date, answer = chosen.date, chosen.answer
    if isinstance(answer, DayOffers):
        panel = _panel(month, wish, answer)
    else:
        panel = _refused(house, wish, answer, date, today)
    return replace(
        panel,
        month=month_page(month, date, search_pages(house, wish), today=today),
        earlier_day=_day_link(house, wish, date, -1) if today < date <= last else None,
        later_day=_day_link(house, wish, date, 1) if today <= date < last else None,
    )


def _looked_at(house: House, wish: Wish, today: dt.date, last: dt.date) -> tuple[Month, DayAhead]:
    """The month to show and the day whose times to show."""

    def read(date: dt.date) -> Month:
        return month_of(house.public_id, wish.wanted, min(max(date, today), last))

    month = read(wish.month or wish.date or today)
    if wish.date is not None:
        return month, month.on(wish.date) or _single_day(house, wish, wish.date)
    first = month.next_free(max(today, month.first) - dt.timedelta(days=1))
    if first is None and wish.month is None:
        following = _following(month, last)
        if following is not None and (found := (later := read(following)).next_free(today)):
            return later, later.days[found.day - 1]
    day = first or max(today, month.first)
    return month, month.days[day.day - 1]


def _following(month: Month, last: dt.date) -> dt.date | None:
    """The first of the next month, if it can be booked already."""
    following = (month.first + dt.timedelta(days=31)).replace(day=1)
    return following if following <= last else None


def _single_day(house: House, wish: Wish, date: dt.date) -> DayAhead:
    """A date outside the month that is shown."""
    try:
        answer: DayOffers | NotBookable = offers_of_day(
            house.public_id,
            date,
            wish.party,
            room_id=wish.room_id,
            step_free=wish.step_free,
            offer_id=wish.offer_id,
        )
    except NotBookable as refusal:
        answer = refusal
    free = sum(o.available for o in answer.offers) if isinstance(answer, DayOffers) else 0
    return DayAhead(date, free, None, answer)


def _day_link(house: House, wish: Wish, date: dt.date, days: int = 0) -> Link:
    date += dt.timedelta(days=days)
    url = search_page(house.slug, party=wish.party, date=date, time=wish.choice, like=wish)
    return Link(wording.short_day(date), url)


def _refused(
    house: House, wish: Wish, refusal: DomainError, date: dt.date, today: dt.date
) -> Panel:
    """A request that can never be met as asked: why, and what can be done."""
    text = refusal.text
    if isinstance(refusal, NotBookable):
        reason = Reason(refusal.code.lower())
        text = in_a_sentence(Refusal(reason, refusal.details))
        if reason is Reason.PAST:
            text = _("This day has passed.")
    return Panel(
        party=wish.party,
        date=date,
        date_text=wording.day(date),
        wish=wish,
        refusal=text,
        remedies=_remedies(house, wish, refusal, date, today),
        ask=ask_page(house, wish, date) if wish.party > house.plan.max_party else "",
    )


def ask_page(house: House, wish: Wish, date: dt.date) -> str:
    """Where a large party asks the house; empty if that is not for this house."""
    if not may_ask(house):
        return ""
    asked = {"party": str(wish.party), "date": date.isoformat()}
    if wish.time:
        asked["time"] = wish.time
    return f"{reverse('party-ask', args=[house.slug])}?{urlencode(asked, safe=':')}"


def _remedies(
    house: House, wish: Wish, refusal: DomainError, date: dt.date, today: dt.date
) -> tuple[Link, ...]:
    """What a guest can do about a request that can never be met as asked."""
    if refusal.code in (Reason.PARTY_TOO_LARGE.upper(), Reason.PARTY_TOO_SMALL.upper()):
        limit = int(refusal.details["limit"])
        url = search_page(house.slug, party=limit, date=date, like=wish)
        text = ngettext("Times for %(limit)d guest", "Times for %(limit)d guests", limit)
        return (Link(text % {"limit": limit}, url),)
    if refusal.code == Reason.BEYOND_WINDOW.upper():
        last = dt.date.fromisoformat(str(refusal.details["last_date"]))
        return (_titled(house, wish, last, _("The last day that can be booked")),)
    if refusal.code == Reason.PAST.upper():
        return (_titled(house, wish, today, _("Times today")),)
    if refusal.code in (Reason.OFFER_OVER.upper(), Reason.OFFER_NOT_THEN.upper()):
        return (_alone(house, wish, date),)
    return ()


def _alone(house: House, wish: Wish, date: dt.date) -> Link:
    """The times of the day for the table alone."""
    return Link(_("Times without the offer"), _day_link(house, without_offer(wish), date).url)


def _titled(house: House, wish: Wish, date: dt.date, title: str) -> Link:
    link = _day_link(house, wish, date)
    return Link(f"{title}: {link.text}", link.url)


def _panel(month: Month, wish: Wish, answer: DayOffers) -> Panel:
    house, date = month.house, answer.day.service_date
    # What has passed, or is another meal than the chosen offer's, is of no use to anybody;
    # everything else is shown, with its reason.
    shown = [offer for offer in answer.offers if not _is_beside_the_point(offer)]
    free = sum(offer.available for offer in shown)
    is_full = any(why.is_full(_first(offer)) for offer in shown if offer.refusals)
    hides_times = not free and not is_full
    panel = Panel(
        party=wish.party,
        date=date,
        date_text=wording.day(date),
        wish=wish,
        rooms=room_choices(house, wish, answer),
        sittings=() if hides_times else _sittings(answer, shown, wish),
        free=free,
        whys=() if hides_times else _whys(wish, answer, shown),
        missed=_missed(house, answer, wish) if free else None,
        ask=_ask(house, shown, wish, date),
        too_large=_too_large(shown) if free else "",
        offer=wanted_offer(house.plan, wish),
    )
    if free:
        return panel
    waitlist = waitlist_page(house.slug, party=wish.party, date=date, time=wish.time)
    return replace(
        panel,
        refusal=_nothing_free(shown, wish, answer),
        remedies=(
            *(Link(*link) for link in other_days(month, wish, date)),
            *([_alone(house, wish, date)] if wish.offer_id is not None else []),
        ),
        waitlist=waitlist if is_full else "",
    )


def _said(answer: DayOffers, refusal: Refusal) -> str:
    """A reason in words; the time to clear the table is the house's business."""
    facts = dict(refusal.facts)
    if "minutes" in facts:
        facts["minutes"] = int(facts["minutes"]) - answer.day.house.plan.buffer_minutes
    return in_a_sentence(Refusal(refusal.reason, facts), answer.query)


def _is_beside_the_point(offer: Offer) -> bool:
    return any(r.reason in (Reason.PAST, Reason.OFFER_NOT_THEN) for r in offer.refusals)


def _large(shown: Iterable[Offer]) -> list[Offer]:
    """Times of meals that take no party of this size online."""
    return [o for o in shown if any(r.reason is Reason.PARTY_TOO_LARGE for r in o.refusals)]


def _ask(house: House, shown: Iterable[Offer], wish: Wish, date: dt.date) -> str:
    """Where the party asks for a meal that takes no such party online; empty if none does so."""
    for offer in _large(shown):
        return ask_page(house, replace(wish, time=wish.time or offer.slot.label), date)
    return ""


def _too_large(shown: Iterable[Offer]) -> str:
    """``Lunch (up to 6 guests), Brunch (up to 4 guests)``."""
    limits = {o.slot.service.name: o.slot.service.max_party or 0 for o in _large(shown)}
    limit = _("%(meal)s (up to %(party)s)")
    return ", ".join(
        limit % {"meal": meal, "party": wording.guests(most)} for meal, most in limits.items()
    )


def _first(offer: Offer) -> Refusal:
    return offer.refusals[0]


def _nothing_free(shown: Sequence[Offer], wish: Wish, answer: DayOffers) -> str:
    """Why a day has no free time."""
    served = [r.reason for offer in answer.offers for r in offer.refusals]
    if not shown and Reason.OFFER_NOT_THEN in served:
        return _("This offer is not served on this day.")
    if not any(why.is_full(_first(offer)) for offer in shown if offer.refusals):
        return in_a_sentence(reason_for_none(shown), answer.query)
    party = wording.guests(wish.party)
    if wish.room_id is not None:
        room = answer.day.house.rooms[wish.room_id]
        text = _("%(room)s is fully booked for %(party)s on this day.")
        return text % {"room": room, "party": party}
    if wish.step_free:
        text = _("Every step-free table for %(party)s is taken on this day.")
        return text % {"party": party}
    return _("Every table for %(party)s is taken on this day.") % {"party": party}


def _sittings(answer: DayOffers, shown: list[Offer], wish: Wish) -> tuple[Sitting, ...]:
    labels = Counter(offer.slot.label for offer in shown)
    twice = {label for label, times in labels.items() if times > 1}
    by_service: dict[int, list[Offer]] = {}
    for offer in shown:
        by_service.setdefault(offer.slot.service.id, []).append(offer)
    sittings = []
    for offers in by_service.values():
        service = offers[0].slot.service
        choices = tuple(_choice(answer, offer, wish, twice) for offer in offers)
        free = times_text(sum(offer.available for offer in offers))
        sittings.append(Sitting(service.name, choices, free, *_deposit(answer, service)))
    return tuple(sittings)


def _choice(answer: DayOffers, offer: Offer, wish: Wish, twice: AbstractSet[str]) -> Choice:
    label, service_id = offer.slot.label, offer.slot.service.id
    value = choice_of(label, service_id if label in twice else None)
    return Choice(
        time=label,
        value=value,
        why_not="" if offer.available else in_a_word(_first(offer)),
        why_url="" if offer.available else _at(answer, wish, value).url,
        is_chosen=offer.available and _is_wanted(offer, wish),
        is_next_day=offer.slot.wall >= DAY_MINUTES,
    )


def _at(answer: DayOffers, wish: Wish, time: str) -> Link:
    """The same day with another wanted time."""
    house, date = answer.day.house, answer.day.service_date
    url = search_page(house.slug, party=wish.party, date=date, time=time, like=wish)
    return Link(time.partition("@")[0], url)


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
    money = wording.deposit(total, per_person, plan.currency)
    ladder = [(step.hours, step.percent) for step in rule.refund_ladder]
    said = {
        "hold": _("%(money)s is set aside on your card."),
        "card": _("Your card secures the table, for fees up to %(money)s."),
        "prepayment": _("Price %(money)s."),
    }.get(rule.kind, _("Deposit %(money)s."))
    return said % {"money": money}, wording.refund_in_short(ladder, rule.kind)


def _whys(wish: Wish, answer: DayOffers, shown: Iterable[Offer]) -> tuple[Why, ...]:
    times: dict[str, list[Link]] = {}
    for offer in shown:
        if not offer.available:
            text = _said(answer, _first(offer))
            times.setdefault(text, []).append(_at(answer, wish, offer.slot.label))
    return tuple(Why(text, tuple(links)) for text, links in times.items())


def _missed(house: House, answer: DayOffers, wish: Wish) -> Missed | None:
    """The wanted time, if it is not to be had: the engine's explanation in the guest's words."""
    if not wish.time:
        return None
    found = why_not(answer, wish.time, wish.service_id)
    if found is None:
        return None
    date = answer.day.service_date
    smaller = None
    if found.smaller_party is not None and found.smaller_party >= house.plan.min_party:
        url = search_page(
            house.slug, party=found.smaller_party, date=date, time=wish.choice, like=wish
        )
        party = wording.guests(found.smaller_party)
        text = _("%(time)s for %(party)s") % {"time": wish.time, "party": party}
        smaller = Link(text, url)
    waitlist = waitlist_page(house.slug, party=wish.party, date=date, time=wish.time)
    return Missed(
        time=wish.time,
        sentence=_said(answer, found.refusal),
        instead=tuple(_at(answer, wish, time) for time in found.other_times),
        smaller=smaller,
        elsewhere=", ".join(found.elsewhere),
        elsewhere_url=search_page(
            house.slug, party=wish.party, date=date, time=wish.choice, like=in_room(wish, None)
        )
        if found.elsewhere
        else "",
        waitlist=waitlist if why.is_full(found.refusal) else "",
    )
