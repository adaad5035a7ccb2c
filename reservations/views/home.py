"""The list of restaurants, with search."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static

from reservations.views.base import GuestView
from restaurants.models import Restaurant
from restaurants.selectors import matching_restaurants

PAGE_SIZE = 24
LONGEST_SEARCH = 100
_LAST_PAGE = 9999

PLACEHOLDER = "img/table.svg"


@dataclass(frozen=True, slots=True)
class Card:
    """One restaurant of the list."""

    name: str
    slug: str
    picture: str
    line: str
    """Cuisine and price."""
    city: str
    rating: str
    reviews: int
    accepts_reservations: bool


class HomeView(GuestView):
    """``GET /``: every listed restaurant, or those in which all words of ``q`` occur."""

    is_personal = False

    def get(self, request: HttpRequest) -> HttpResponse:
        """Two queries, whatever the number of restaurants."""
        words = clean_words(request.GET.get("q", ""))
        pages = Paginator(matching_restaurants(words), PAGE_SIZE)
        page = pages.get_page(_page_number(request.GET.get("page", "1")))
        context = {
            "words": words,
            "count": pages.count,
            "cards": [card_of(restaurant) for restaurant in page],
            "page": page,
            "newer": _page_link(words, page.number - 1) if page.has_previous() else "",
            "older": _page_link(words, page.number + 1) if page.has_next() else "",
        }
        return render(request, "reservations/home.html", context)


def clean_words(typed: str) -> str:
    """What a guest searches for: short enough, and printable (PostgreSQL refuses NUL)."""
    printable = "".join(char if char.isprintable() else " " for char in typed)
    return " ".join(printable.split())[:LONGEST_SEARCH]


def card_of(restaurant: Restaurant) -> Card:
    """A restaurant as a card shows it."""
    return Card(
        name=restaurant.name,
        slug=restaurant.slug,
        picture=picture_of(*restaurant.images),
        line=kind_of(restaurant),
        city=restaurant.city,
        rating="" if restaurant.rating is None else f"{restaurant.rating:.1f}",
        reviews=restaurant.review_count,
        accepts_reservations=restaurant.accepts_reservations,
    )


def kind_of(restaurant: Restaurant) -> str:
    """``Italian, Mediterranean · $$``, with the sign of the restaurant's own currency."""
    sign = {"EUR": "€", "GBP": "£", "JPY": "¥"}.get(restaurant.currency, "$")
    parts = [", ".join(restaurant.cuisine), sign * restaurant.price_level]
    return " · ".join(part for part in parts if part)


def picture_of(*images: str) -> str:
    """The first picture from this server, else a drawing; pages load nothing from elsewhere."""
    for image in images:
        if image.startswith("/") and not image.startswith("//"):
            return image
        if image and "://" not in image and not image.startswith("//"):
            return static(image)
    return static(PLACEHOLDER)


def _page_number(asked: str) -> int:
    if not asked.isdecimal():
        return 1
    # Python refuses to convert thousands of digits.
    return int(asked) if len(asked) <= len(str(_LAST_PAGE)) else _LAST_PAGE


def _page_link(words: str, number: int) -> str:
    asked = {"q": words} if words else {}
    return "?" + urlencode({**asked, "page": number})
