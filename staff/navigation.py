"""The frame around every page of staff: where one may go, which house it is, who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from restaurants.access import Capability, HouseAccess
from restaurants.models import Restaurant
from staff import wording
from staff.access import access_here, house_url
from staff.presence import Presence
from staff.selectors import venues_of

MOST_IN_MENU = 20
"""Houses in the switcher; who has more finds them on the first page."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page of a house that stands in the navigation, and who sees it there."""

    title: Any
    page: str
    icon: str
    needs: Capability = Capability.SEE
    about: Any = ""
    is_daily: bool = True
    """Stands in the bar; what is set up once in a while stands in the menu behind it."""


PLACES = (
    Place(gettext_lazy("Today"), "house", "clock"),
    Place(gettext_lazy("Host stand"), "stand", "floor"),
    Place(gettext_lazy("Guests"), "guests", "guests"),
    Place(gettext_lazy("Reports"), "reports", "chart"),
    Place(gettext_lazy("Payments"), "payments", "card", Capability.OPERATE),
    Place(gettext_lazy("Set-up"), "setup", "settings"),
    Place(
        gettext_lazy("API keys"),
        "keys",
        "key",
        Capability.CONNECT,
        gettext_lazy("What programs and websites may do here, each with a key of its own."),
        is_daily=False,
    ),
    Place(
        gettext_lazy("Webhooks"),
        "webhooks",
        "signal",
        Capability.CONNECT,
        gettext_lazy("Who is told when something happens in the book, and how that went."),
        is_daily=False,
    ),
    Place(
        gettext_lazy("Texts"),
        "texts",
        "phone",
        Capability.CONNECT,
        gettext_lazy("Through whose account guests get text messages, and when not."),
        is_daily=False,
    ),
    Place(
        gettext_lazy("Partners"),
        "sources",
        "partners",
        Capability.CONNECT,
        gettext_lazy("The secrets with which platforms sign the bookings they send."),
        is_daily=False,
    ),
    Place(gettext_lazy("Log"), "log", "log", Capability.MANAGE, is_daily=False),
    Place(gettext_lazy("Tablets and PINs"), "tablets", "tablet", Capability.MANAGE, is_daily=False),
    Place(gettext_lazy("People"), "people", "people", Capability.OWN, is_daily=False),
)
"""In the order of the navigation. A new area of the house is one more line here."""


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the navigation or of the switcher."""

    title: Any
    url: str
    icon: str = ""
    about: Any = ""
    is_current: bool = False
    is_daily: bool = True


def frame(request: HttpRequest) -> dict[str, Any]:
    """``staff_frame`` for templates; a call, so that pages for guests pay nothing for it."""
    return {"staff_frame": _once(lambda: _frame(request))}


def places_at(venue: Restaurant, access: HouseAccess, path: str = "") -> list[Link]:
    """The pages of a house that this person may open."""
    found = []
    for place in PLACES:
        if access.allows(place.needs, venue.pk):
            url = house_url(venue, place.page)
            here = path == url if place.page == "house" else path.startswith(url)
            found.append(Link(place.title, url, place.icon, place.about, here, place.is_daily))
    return found


def _frame(request: HttpRequest) -> dict[str, Any]:
    access = access_here(request)
    venue: Restaurant | None = getattr(request, "venue", None)
    present: Presence | None = getattr(request, "present", None)
    rows = list(venues_of(access).only("name", "slug")[: MOST_IN_MENU + 1])
    places = places_at(venue, access, request.path) if venue else []
    return {
        "venue": venue,
        "places": [place for place in places if place.is_daily],
        "more": [place for place in places if not place.is_daily],
        "venues": [
            Link(row.name, same_page(request, row), is_current=row == venue)
            for row in rows[:MOST_IN_MENU]
        ],
        "has_more": len(rows) > MOST_IN_MENU,
        "role": role_at(access, venue) if venue else "",
        "tablet": present.tablet if present else None,
        "by_pin": bool(present and present.by_pin),
        "path": request.path,
    }


def same_page(request: HttpRequest, venue: Restaurant) -> str:
    """The page one is at, of another house; the house's first where the role does not open it.

    A page of one thing (a key, a payment) leads to the list that such things stand in.
    """
    match = request.resolver_match
    view: Any = getattr(match.func, "view_class", None) if match else None
    home = house_url(venue, "house")
    if match is None or "slug" not in match.kwargs or not hasattr(view, "needs"):
        return home
    name = match.url_name or ""
    if set(match.kwargs) == {"slug"} and hasattr(view, "get"):
        allowed = access_here(request).allows(view.needs, venue.pk)
        return house_url(venue, name) if allowed else home
    here: Restaurant | None = getattr(request, "venue", None)
    listed = places_at(here, access_here(request), request.path) if here else []
    current = next((each.url for each in listed if each.is_current), "")
    there = {link.url for link in places_at(venue, access_here(request))}
    url = current.replace(house_url(here, "house"), home, 1) if here and current else home
    return url if url in there else home


def role_at(access: HouseAccess, venue: Restaurant) -> Any:
    """``Owner``, ``Host`` …; an operator's role is the same everywhere."""
    if access.sees_all:
        return gettext_lazy("Operator")
    return wording.ROLES[access.roles[venue.pk]]


def _once(build: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    kept: list[dict[str, Any]] = []

    def built() -> dict[str, Any]:
        if not kept:
            kept.append(build())
        return kept[0]

    return built
