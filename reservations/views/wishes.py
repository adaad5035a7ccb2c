"""What a guest asks for in an address: party, date, time. Odd input becomes a sentence."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from reservations.engine.types import Plan

USUAL_PARTY = 2

_NUMBER = re.compile(r"[0-9]{1,4}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"(?P<time>([01][0-9]|2[0-3]):[0-5][0-9])(@(?P<service>[0-9]{1,18}))?")


@dataclass(frozen=True, slots=True)
class Wish:
    """A search as understood: a party, and perhaps a date and a time."""

    party: int
    date: dt.date | None = None
    """None: the next day with a free table."""
    time: str = ""
    service_id: int | None = None
    """Which service, where two offer the same time: ``19:00@7``."""
    problems: tuple[str, ...] = ()
    """What could not be read, in words."""

    @property
    def choice(self) -> str:
        """The time, with its service if one was named, as forms and addresses carry it."""
        return choice_of(self.time, self.service_id)


def read_wish(asked: Mapping[str, str], plan: Plan) -> Wish:
    """The wish in a query string or a form. Never raises: what makes no sense is left out."""
    problems = []
    party = _party(asked.get("party", ""))
    if party is None:
        party = min(max(USUAL_PARTY, plan.min_party), plan.max_party)
        if asked.get("party"):
            problems.append(
                f"We could not read the number of guests, so these are times for {party}."
            )
    date = _date(asked.get("date", ""))
    if date is None and asked.get("date"):
        problems.append("We could not read that date, so this is the next day that suits.")
    time = _TIME.fullmatch(asked.get("time", ""))
    service = time["service"] if time else None
    return Wish(
        party,
        date,
        time["time"] if time else "",
        int(service) if service else None,
        tuple(problems),
    )


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


def search_page(slug: str, *, party: int, date: dt.date | None = None, time: str = "") -> str:
    """The address that shows a restaurant's times; ``time`` is the one the guest wants."""
    asked = {"party": str(party)}
    if date is not None:
        asked["date"] = date.isoformat()
    if time:
        asked["time"] = time
    return f"{reverse('restaurant', args=[slug])}?{urlencode(asked, safe=':')}#times"
