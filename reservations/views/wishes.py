"""What a guest asks for in an address: party, date, time, place. Odd input becomes a sentence."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reservations.engine.types import Plan
from reservations.services.outlook import Wanted
from reservations.views import campaign

USUAL_PARTY = 2

WAITLIST_URL_NAME = "waitlist-join"
"""The page that offers to tell a guest when a table becomes free; see :func:`waitlist_page`."""

_NUMBER = re.compile(r"[0-9]{1,4}")
_STEP = re.compile(r"-?1")
_ID = re.compile(r"[0-9]{1,18}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_TIME = re.compile(r"(?P<time>([01][0-9]|2[0-3]):[0-5][0-9])(@(?P<service>[0-9]{1,18}))?")


@dataclass(frozen=True, slots=True)
class Wish:
    """A search as understood: a party, and perhaps a date, a time and where to sit."""

    party: int
    date: dt.date | None = None
    """None: the next day with a free table."""
    time: str = ""
    service_id: int | None = None
    """Which service, where two offer the same time: ``19:00@7``."""
    problems: tuple[str, ...] = ()
    """What could not be read, in words."""
    room_id: int | None = None
    """None: wherever the house likes."""
    step_free: bool = False
    high_chair: bool = False
    """Not a rule of the book: it goes along as a wish to the restaurant."""
    offer_id: int | None = None
    """What is booked with the table."""
    month: dt.date | None = None
    """The month the calendar is turned to; None is that of the date."""

    @property
    def choice(self) -> str:
        """The time, with its service if one was named, as forms and addresses carry it."""
        return choice_of(self.time, self.service_id)

    @property
    def wanted(self) -> Wanted:
        """The part of it that every day is asked."""
        return Wanted(self.party, self.room_id, self.step_free, self.offer_id)


def read_wish(asked: Mapping[str, str], plan: Plan) -> Wish:
    """The wish in a query string or a form. Never raises: what makes no sense is left out."""
    problems = []
    party = _party(asked.get("party", ""))
    if party is None:
        party = min(max(USUAL_PARTY, plan.min_party), plan.max_party)
        if asked.get("party"):
            problems.append(
                ngettext(
                    "We could not read the number of guests, so these are times for %(party)d.",
                    "We could not read the number of guests, so these are times for %(party)d.",
                    party,
                )
                % {"party": party}
            )
    date = _date(asked.get("date", ""))
    if date is None and asked.get("date"):
        problems.append(_("We could not read that date, so this is the next day that suits."))
    time = _TIME.fullmatch(asked.get("time", ""))
    service = time["service"] if time else None
    room = asked.get("room", "")
    offer = asked.get("offer", "")
    month = asked.get("month", "")
    return Wish(
        _stepped(party, asked.get("step", ""), plan),
        date,
        time["time"] if time else "",
        int(service) if service else None,
        tuple(problems),
        room_id=int(room) if _ID.fullmatch(room) else None,
        step_free=asked.get("step_free", "") == "1",
        high_chair=asked.get("high_chair", "") == "1",
        offer_id=int(offer) if _ID.fullmatch(offer) else None,
        month=_date(f"{month}-01") if _MONTH.fullmatch(month) else None,
    )


def _stepped(party: int, step: str, plan: Plan) -> int:
    """One guest more or fewer, for who pressed a button without JavaScript; within the limits."""
    if not _STEP.fullmatch(step):
        return party
    return min(max(party + int(step), plan.min_party), plan.max_party)


def choice_of(time: str, service_id: int | None) -> str:
    """``19:00``, or ``19:00@7`` where the time alone does not say which service is meant."""
    return time if service_id is None else f"{time}@{service_id}"


def _party(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None


def _date(text: str) -> dt.date | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def search_page(
    slug: str,
    *,
    party: int,
    date: dt.date | None = None,
    time: str = "",
    like: Wish | None = None,
    month: dt.date | None = None,
) -> str:
    """The address that shows a restaurant's times; ``time`` is the one the guest wants.

    ``like`` is the wish whose room and needs still hold. ``month`` turns the calendar.
    """
    asked = {"party": str(party)}
    if date is not None:
        asked["date"] = date.isoformat()
    if time:
        asked["time"] = time
    if month is not None:
        asked["month"] = f"{month:%Y-%m}"
    if like is not None:
        asked |= needs_of(like)
    asked |= campaign.current().parameters()
    return f"{reverse('restaurant', args=[slug])}?{urlencode(asked, safe=':')}#times"


def needs_of(wish: Wish) -> dict[str, str]:
    """Where to sit and what is needed, as an address or a form carries it."""
    needs = {}
    if wish.room_id is not None:
        needs["room"] = str(wish.room_id)
    if wish.step_free:
        needs["step_free"] = "1"
    if wish.high_chair:
        needs["high_chair"] = "1"
    if wish.offer_id is not None:
        needs["offer"] = str(wish.offer_id)
    return needs


def in_room(wish: Wish, room_id: int | None) -> Wish:
    """The same wish for another room, or for any."""
    return replace(wish, room_id=room_id)


def waitlist_page(slug: str, *, party: int, date: dt.date, time: str = "") -> str:
    """Where a guest asks to be told of a free table; empty while Couvert has no such page."""
    try:
        page = reverse(WAITLIST_URL_NAME, args=[slug])
    except NoReverseMatch:
        return ""
    asked = {"date": date.isoformat(), "party": str(party)} | ({"time": time} if time else {})
    return f"{page}?{urlencode(asked, safe=':')}"
