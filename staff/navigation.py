"""The frame around every page of staff: where one may go, which house it is, who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from restaurants.access import Capability, HouseAccess
from restaurants.models import Restaurant
from staff import wording
from staff.access import access_here, house_url
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


PLACES = (
    Place(gettext_lazy("Today"), "house", "clock"),
    Place(gettext_lazy("Payments"), "payments", "card", Capability.OPERATE),
    Place(
        gettext_lazy("API keys"),
        "keys",
        "key",
        Capability.CONNECT,
        gettext_lazy("What programs and websites may do here, each with a key of its own."),
    ),
    Place(
        gettext_lazy("Webhooks"),
        "webhooks",
        "signal",
        Capability.CONNECT,
        gettext_lazy("Who is told when something happens in the book, and how that went."),
    ),
    Place(
        gettext_lazy("Texts"),
        "texts",
        "phone",
        Capability.CONNECT,
        gettext_lazy("Through whose account guests get text messages, and when not."),
    ),
    Place(
        gettext_lazy("Partners"),
        "sources",
        "partners",
        Capability.CONNECT,
        gettext_lazy("The secrets with which platforms sign the bookings they send."),
    ),
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
            found.append(Link(place.title, url, place.icon, place.about, here))
    return found


def _frame(request: HttpRequest) -> dict[str, Any]:
    access = access_here(request)
    venue: Restaurant | None = getattr(request, "venue", None)
    rows = list(venues_of(access).only("name", "slug")[: MOST_IN_MENU + 1])
    return {
        "venue": venue,
        "places": places_at(venue, access, request.path) if venue else [],
        "venues": [
            Link(row.name, reverse("staff:house", args=[row.slug]), is_current=row == venue)
            for row in rows[:MOST_IN_MENU]
        ],
        "has_more": len(rows) > MOST_IN_MENU,
        "role": role_at(access, venue) if venue else "",
    }


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
