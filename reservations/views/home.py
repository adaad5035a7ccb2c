"""Finding a restaurant: search, discovery, and the next free times of each."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext as _

from core import clock
from notifications.wording import number_text
from reservations.services.availability import DayOffers
from reservations.services.outlook import DayAhead, Wanted, evenings_of
from reservations.views import taste, wording
from reservations.views.base import GuestView
from reservations.views.likes import position_of, visitor_of
from reservations.views.times import Link
from reservations.views.why import of_a_day
from reservations.views.wishes import USUAL_PARTY, search_page
from restaurants.discovery import Coordinates, Match, PartName, match
from restaurants.models import Restaurant
from restaurants.search import (
    Search,
    Sort,
    Visitor,
    by_name,
    kinds_of_food,
    places,
    results_of,
    rows_of,
)
from restaurants.selectors import plain, venue_facts

PAGE_SIZE = 24
LONGEST_SEARCH = 100
MOST_GUESTS = 20
MOST_TIMES = 4
"""Times on a card."""
USUAL_TIME = "19:00"
DAYS_AHEAD = 730
_LAST_PAGE = 9999
_MILES = frozenset({"US", "GB", "LR", "MM"})
_KILOMETRES_PER_MILE = 1.609344

PLACEHOLDER = "img/table.svg"

_NUMBER = re.compile(r"[0-9]{1,3}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class Card:
    """One restaurant of the list."""

    name: str
    slug: str
    picture: str
    line: str
    """Cuisine and price."""
    city: str
    distance: str
    rating: str
    reviews: int
    about: str
    language: str
    """Of what the house says about itself."""
    reason: str
    """Why it suits this guest; empty if nothing in particular speaks for it."""
    accepts_reservations: bool
    liked: bool | None
    """None: neither liked nor passed on."""
    day: str
    """The day of the times below; empty when the guest named it."""
    times: tuple[Link, ...]
    no_times: str
    """Why there are none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as understood."""

    search: Search
    party: int
    date: dt.date | None
    time: str
    problem: str = ""

    @property
    def is_search(self) -> bool:
        """Whether anything but the party was asked for: then nothing is left out of the list."""
        return self.search.is_narrowed

    @property
    def is_asked(self) -> bool:
        """Whether anything was asked at all: the page then comes to the point."""
        return self.search.is_narrowed or self.date is not None or bool(self.time)

    def address(self, **changes: object) -> str:
        """The same search with changes, as a query string."""
        search = self.search
        fields: dict[str, object] = {
            "q": search.words,
            "place": search.place,
            "cuisine": search.cuisine,
            "party": self.party if self.party != USUAL_PARTY else "",
            "date": self.date.isoformat() if self.date else "",
            "time": self.time,
            "sort": "" if search.sort is Sort.BEST else search.sort.value,
        } | changes
        return "?" + urlencode({name: value for name, value in fields.items() if value})


class HomeView(GuestView):
    """``GET /?q=&place=&cuisine=&party=&date=&time=&sort=``: restaurants with their free times."""

    is_personal = False
    is_embeddable = False

    def get(self, request: HttpRequest) -> HttpResponse:
        """A fixed number of queries, whatever the number of restaurants."""
        asked = read_search(request.GET, position_of(request))
        visitor = visitor_of(request)
        listed = _listed(asked, visitor, request.GET.get("page", "1"))
        page = listed.page
        evenings = evenings_of(
            [row.public_id for row in listed.rows if row.accepts_reservations],
            Wanted(asked.party),
            asked.date,
        )
        cards = [
            card_of(row, listed.matches[row.public_id], asked, visitor, evenings.get(row.public_id))
            for row in listed.rows
        ]
        today = clock.now().date()
        cities = places()
        context = {
            "count": page.paginator.count,
            "page": page,
            "newer": asked.address(page=page.number - 1) if page.has_previous() else "",
            "older": asked.address(page=page.number + 1) if page.has_next() else "",
            "is_cut": listed.is_cut,
            "sorts": _sorts(asked, has_place=listed.has_place),
            "asked": asked,
            "search": asked.search,
            "words": asked.search.words,
            "cards": cards,
            "liked": _liked(visitor),
            "has_passed": False in visitor.swipes.values(),
            "cuisines": _links(asked, kinds_of_food()),
            "places": cities,
            "place": next((c for c in cities if plain(c) == plain(asked.search.place)), "")
            or asked.search.place,
            "here": position_of(request) is not None,
            "times": [f"{hour:02d}:{half:02d}" for hour in range(11, 24) for half in (0, 30)],
            "today": (today - dt.timedelta(days=1)).isoformat(),
            "last_day": (today + dt.timedelta(days=DAYS_AHEAD)).isoformat(),
            "most_guests": MOST_GUESTS,
        }
        return render(request, "reservations/home.html", context)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of a list: its rows, and why each suits the guest."""

    rows: list[Restaurant]
    matches: Mapping[str, Match]
    page: Page[Any]
    has_place: bool
    """Distances are known, so the nearest can come first."""
    is_cut: bool = False


def _listed(asked: Asked, visitor: Visitor, page: str) -> Listed:
    number = _page_number(page)
    if asked.search.sort is Sort.NAME:
        return _from_a_to_z(asked.search, visitor, number)
    results = results_of(asked.search, visitor)
    shown = Paginator(results.matches, PAGE_SIZE).get_page(number)
    matches = {each.venue.public_id: each for each in shown}
    found = rows_of(list(matches))
    rows = [found[public_id] for public_id in matches if public_id in found]
    return Listed(rows, matches, shown, results.centre is not None, results.is_cut)


def _from_a_to_z(search: Search, visitor: Visitor, number: int) -> Listed:
    shown = Paginator(by_name(search), PAGE_SIZE).get_page(number)
    rows = list(shown)
    taste = replace(visitor.taste, location=search.location or visitor.taste.location)
    matches = {row.public_id: match(taste, venue_facts(row)) for row in rows}
    return Listed(rows, matches, shown, taste.location is not None)


def read_search(query: QueryDict, here: Coordinates | None) -> Asked:
    """The search in an address. Never raises: what makes no sense is left out, and said."""
    party = query.get("party", "")
    asked_date = query.get("date", "")
    date = _date(asked_date)
    time = query.get("time", "")
    sort = query.get("sort", "")
    search = Search(
        words=clean_words(query.get("q", "")),
        place=clean_words(query.get("place", "")),
        cuisine=clean_words(query.get("cuisine", ""))[:40],
        location=here,
        sort=Sort(sort) if sort in list(Sort) else Sort.BEST,
    )
    step = {"1": 1, "-1": -1}.get(query.get("step", ""), 0)
    number = int(party) if _NUMBER.fullmatch(party) else USUAL_PARTY
    return Asked(
        search,
        min(max(number + step, 1), MOST_GUESTS),
        date,
        time if _TIME.fullmatch(time) else "",
        _("We could not use that date, so these are the next free times.")
        if asked_date and date is None
        else "",
    )


def _date(text: str) -> dt.date | None:
    """A date guests can mean; neither long ago nor years ahead."""
    if not _DATE.fullmatch(text):
        return None
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        return None
    today = clock.now().date()
    return date if -1 <= (date - today).days <= DAYS_AHEAD else None


def clean_words(typed: str) -> str:
    """What a guest searches for: short enough, and printable (PostgreSQL refuses NUL)."""
    printable = "".join(char if char.isprintable() else " " for char in typed)
    return " ".join(printable.split())[:LONGEST_SEARCH]


def card_of(
    restaurant: Restaurant,
    matched: Match,
    asked: Asked,
    visitor: Visitor,
    evening: DayAhead | None,
) -> Card:
    """A restaurant as a card shows it."""
    times = _times(restaurant, asked, evening)
    return Card(
        name=restaurant.name,
        slug=restaurant.slug,
        picture=picture_of(*restaurant.images),
        line=kind_of(restaurant),
        city=restaurant.city,
        distance=distance_text(matched.distance_miles, restaurant.country),
        rating="" if restaurant.rating is None else number_text(restaurant.rating, 1),
        reviews=restaurant.review_count,
        about=restaurant.description.partition("\n")[0],
        language=restaurant.language,
        reason=_reason(matched),
        accepts_reservations=restaurant.accepts_reservations,
        liked=visitor.swipes.get(restaurant.public_id),
        day=_day_of(restaurant, evening) if evening and times and not asked.date else "",
        times=times,
        no_times=_no_times(asked, evening) if evening and not times else "",
    )


def _times(restaurant: Restaurant, asked: Asked, evening: DayAhead | None) -> tuple[Link, ...]:
    """The free times nearest to the wanted one, by the clock."""
    if evening is None or not isinstance(evening.answer, DayOffers):
        return ()
    hour, minute = map(int, (asked.time or USUAL_TIME).split(":"))
    free = {o.slot.wall: o.slot.label for o in evening.answer.offers if o.available}
    near = sorted(free, key=lambda wall: (abs(wall - hour * 60 - minute), wall))[:MOST_TIMES]
    return tuple(
        Link(
            free[wall],
            search_page(restaurant.slug, party=asked.party, date=evening.date, time=free[wall]),
        )
        for wall in sorted(near)
    )


def _day_of(restaurant: Restaurant, evening: DayAhead) -> str:
    today = clock.now().astimezone(restaurant.tz).date()
    return _("Today") if evening.date == today else wording.short_day(evening.date)


def _no_times(asked: Asked, evening: DayAhead) -> str:
    reason = of_a_day(evening.reason) if evening.reason is not None else _("no free times")
    party = wording.guests(asked.party)
    if asked.date is None:
        return _("No table for %(party)s today or tomorrow") % {"party": party}
    return _("No table for %(party)s: %(reason)s") % {"party": party, "reason": reason}


def _reason(matched: Match) -> str:
    """What speaks for it, strongest first; its distance stands elsewhere."""
    speaking = [p for p in matched.parts if p.reason and p.name is not PartName.DISTANCE]
    strongest = sorted(speaking, key=lambda p: -p.points)[:2]
    return " · ".join(taste.reason(part) for part in strongest)


def _liked(visitor: Visitor) -> list[Restaurant]:
    liked = [public_id for public_id, is_liked in visitor.swipes.items() if is_liked]
    rows = rows_of(liked) if liked else {}
    return [rows[public_id] for public_id in reversed(liked) if public_id in rows]


def _links(asked: Asked, cuisines: list[str]) -> list[dict[str, Any]]:
    chosen = asked.search.cuisine.casefold()
    return [
        {
            "text": taste.cuisine(name),
            "url": asked.address(cuisine="" if name.casefold() == chosen else name),
            "is_chosen": name.casefold() == chosen,
        }
        for name in cuisines
    ]


def _sorts(asked: Asked, *, has_place: bool) -> list[dict[str, Any]]:
    names = {Sort.BEST: _("Best match"), Sort.NEAR: _("Nearest"), Sort.NAME: _("A to Z")}
    return [
        {
            "text": text,
            "url": asked.address(sort="" if sort is Sort.BEST else sort.value),
            "is_chosen": asked.search.sort is sort,
        }
        for sort, text in names.items()
        if has_place or sort is not Sort.NEAR
    ]


def distance_text(miles: float | None, country: str) -> str:
    """``0.8 mi``, ``1.3 km``: in what people of the restaurant's country reckon with."""
    if miles is None:
        return ""
    far, unit = (miles, _("mi")) if country in _MILES else (miles * _KILOMETRES_PER_MILE, _("km"))
    return f"{number_text(far, 1 if far < 10 else 0)}\xa0{unit}"


def kind_of(restaurant: Restaurant) -> str:
    """``Italian, Mediterranean · $$``, with the sign of the restaurant's own currency."""
    sign = {"EUR": "€", "GBP": "£", "JPY": "¥"}.get(restaurant.currency, "$")
    parts = [
        ", ".join(taste.cuisine(name) for name in restaurant.cuisine),
        sign * restaurant.price_level,
    ]
    return " · ".join(part for part in parts if part)


def picture_of(*images: str) -> str:
    """The first picture from this server, else a drawing; pages load nothing from elsewhere."""
    return next(iter(pictures_of(*images)), static(PLACEHOLDER))


def pictures_of(*images: str) -> list[str]:
    """The pictures that come from this server."""
    found = []
    for image in images:
        if image.startswith("/") and not image.startswith("//"):
            found.append(image)
        elif image and "://" not in image and not image.startswith("//"):
            found.append(static(image))
    return found


def _page_number(asked: str) -> int:
    if not asked.isdecimal():
        return 1
    # Python refuses to convert thousands of digits.
    return int(asked) if len(asked) <= len(str(_LAST_PAGE)) else _LAST_PAGE
