"""The guest pages that are measured: which addresses a guest who looks around asks for."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from benchmarks.dataset import PAIR_TIMES, Scale

_HTMX = {"HX-Request": "true", "HX-Target": "times", "HX-Current-URL": "http://localhost/"}
_PLACES = ("", "New York", "Hoboken", "Jersey")
_WORDS = ("", "", "italian", "house 7", "garden", "french")

Chooser = Callable[[random.Random, Scale], str]


@dataclass(frozen=True)
class GuestPage:
    """One kind of page."""

    title: str
    address: Chooser
    """Another one every time: the chance and the scale decide."""
    headers: Mapping[str, str] = field(default_factory=dict)


def _day(chance: random.Random, scale: Scale) -> str:
    return scale.date(chance.choice(scale.bookable_days())).isoformat()


def _venue(chance: random.Random, scale: Scale, **asked: str) -> str:
    query = urlencode({"party": str(chance.randint(2, 6)), **asked})
    return f"/r/bench-{chance.randint(1, scale.restaurants)}/?{query}"


def _times(chance: random.Random, scale: Scale) -> str:
    return _venue(chance, scale, date=_day(chance, scale))


def _why(chance: random.Random, scale: Scale) -> str:
    return _venue(chance, scale, date=_day(chance, scale), time="19:00")


def _month(chance: random.Random, scale: Scale) -> str:
    day = _day(chance, scale)
    return _venue(chance, scale, date=day, month=scale.date(scale.days - 1).isoformat()[:7])


def _first_day(chance: random.Random, scale: Scale) -> str:
    return _venue(chance, scale)


def _search(chance: random.Random, scale: Scale) -> str:
    asked = {
        "q": chance.choice(_WORDS),
        "place": chance.choice(_PLACES),
        "party": str(chance.randint(2, 6)),
        "date": _day(chance, scale),
        "time": chance.choice(PAIR_TIMES),
    }
    return "/?" + urlencode({name: value for name, value in asked.items() if value})


PAGES: Mapping[str, GuestPage] = {
    "times": GuestPage("the times of a day (htmx)", _times, _HTMX),
    "why": GuestPage("the times, one asked for (htmx)", _why, _HTMX),
    "month": GuestPage("the calendar turned (htmx)", _month, _HTMX),
    "venue": GuestPage("a restaurant's whole page", _first_day),
    "feed": GuestPage("the home page", lambda _chance, _scale: "/"),
    "search": GuestPage("search by words, place, day", _search),
}
"""By the name a command line uses."""
