"""Finding a restaurant on the pages: words, place, kind of food, nearness, and what a guest likes.

The scores and reasons are discovery's (``restaurants.discovery``). An account's likes are rows; a
visitor without one has theirs in the session, and hands them to the same pure functions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import Count, F, Func, QuerySet, TextField
from django.db.models.functions import Collate

from restaurants.discovery import (
    Coordinates,
    Match,
    Swiped,
    Taste,
    Venue,
    learned_from,
    ranking,
)
from restaurants.models import Restaurant, Swipe
from restaurants.selectors import (
    FEED_POOL,
    known_guest,
    listed_restaurants,
    matching_restaurants,
    plain,
    plain_text,
)

MOST_FACETS = 40
"""Most kinds of food and places that a search offers by name."""


class Sort(StrEnum):
    """In which order restaurants are listed."""

    BEST = "best"
    NEAR = "near"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; everything may be empty."""

    words: str = ""
    place: str = ""
    cuisine: str = ""
    location: Coordinates | None = None
    """Where the guest said they are."""
    sort: Sort = Sort.BEST

    @property
    def is_narrowed(self) -> bool:
        """Whether the guest asked for something in particular."""
        return bool(self.words or self.place or self.cuisine)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks: their taste, and what they liked or passed on before (by public id)."""

    taste: Taste = field(default_factory=Taste)
    swipes: Mapping[str, bool] = field(default_factory=dict)
    """True is a like."""


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found, best first, without the rows themselves."""

    matches: Sequence[Match]
    centre: Coordinates | None
    """Where distances are measured from: the guest, or the middle of the place they named."""
    is_cut: bool
    """There are more than are ranked; sorted by name all of them can be seen."""


def visitor_with_account(user: str) -> Visitor:
    """An account (by public id): two queries. Raises SessionEnded when it is gone or locked."""
    rows = Swipe.objects.filter(user__public_id=user)
    swipes = {
        public_id: action == Swipe.Action.LIKE
        for public_id, action in rows.values_list("restaurant__public_id", "action")
    }
    return Visitor(known_guest(user).taste, swipes)


def visitor_with_session(swipes: Mapping[str, bool]) -> Visitor:
    """A browser and the likes it remembers. One query, none without likes."""
    if not swipes:
        return Visitor()
    rows = listed_restaurants().filter(public_id__in=list(swipes)).order_by("pk")
    history = [
        Swiped(swipes[public_id], tuple(cuisine), price, tuple(features))
        for public_id, cuisine, price, features in rows.values_list(
            "public_id", "cuisine", "price_level", "features"
        )
    ]
    return Visitor(learned_from(Taste(), history), swipes)


def results_of(search: Search, visitor: Visitor) -> Results:
    """The restaurants a search finds, ranked. One query, whatever their number.

    Without words, place or cuisine it is the discovery feed: what the guest liked or passed on has
    left it. At most ``FEED_POOL`` are ranked, the best rated.
    """
    found = _narrowed(search)
    if not search.is_narrowed and visitor.swipes:
        found = found.exclude(public_id__in=list(visitor.swipes))
    rows = found.order_by(F("rating").desc(nulls_last=True), "-review_count", "public_id")
    pool = [
        _venue(*row)
        for row in rows.values_list(
            "public_id",
            "cuisine",
            "price_level",
            "features",
            "rating",
            "review_count",
            "latitude",
            "longitude",
        )[: FEED_POOL + 1]
    ]
    centre = search.location or (_middle(pool) if search.place else visitor.taste.location)
    matches = ranking(replace(visitor.taste, location=centre), pool[:FEED_POOL])
    if search.sort is Sort.NEAR and centre is not None:
        matches.sort(key=_nearness)
    return Results(matches, centre, is_cut=len(pool) > FEED_POOL)


def by_name(search: Search) -> QuerySet[Restaurant]:
    """The same restaurants from A to Z, however many."""
    return _narrowed(search).order_by("name", "id")


def rows_of(public_ids: Sequence[str]) -> dict[str, Restaurant]:
    """The rows behind some results, by public id. One query."""
    return {row.public_id: row for row in listed_restaurants().filter(public_id__in=public_ids)}


def kinds_of_food() -> list[str]:
    """The cuisines that listed restaurants name, the commonest first. One query."""
    return _commonest(listed_restaurants().annotate(named=_Unnest("cuisine")))


def places() -> list[str]:
    """The cities of listed restaurants, those with most restaurants first. One query."""
    return _commonest(listed_restaurants().exclude(city="").annotate(named=F("city")))


class _Unnest(Func):
    """Each element of an array as a row of its own."""

    function = "unnest"
    output_field = TextField()
    set_returning = True


def _commonest(restaurants: QuerySet[Any]) -> list[str]:
    """What they are ``named``, counted where the rows are: a page shows a few of thousands."""
    counted = restaurants.order_by().values("named").annotate(times=Count("pk"))
    return list(
        counted.order_by("-times", Collate("named", "C")).values_list("named", flat=True)[
            :MOST_FACETS
        ]
    )


def _narrowed(search: Search) -> QuerySet[Restaurant]:
    found = matching_restaurants(search.words, cuisine=search.cuisine)
    words = plain(search.place).split()
    if words:
        columns = ("city", "state", "postal_code", "address", "country")
        found = found.alias(plain_place=plain_text(*columns))
        for word in words:
            found = found.filter(plain_place__contains=word)
    return found


def _venue(
    public_id: str,
    cuisine: Sequence[str],
    price_level: int,
    features: Sequence[str],
    rating: Decimal | None,
    review_count: int,
    latitude: float | None,
    longitude: float | None,
) -> Venue:
    return Venue(
        public_id=public_id,
        cuisines=tuple(cuisine),
        price_level=price_level,
        features=tuple(features),
        rating=None if rating is None else float(rating),
        review_count=review_count,
        location=None if latitude is None or longitude is None else (latitude, longitude),
    )


def _middle(venues: Sequence[Venue]) -> Coordinates | None:
    """The mean position of what is there: without a map of the world, the best middle there is."""
    known = [venue.location for venue in venues if venue.location is not None]
    if not known:
        return None
    return (
        sum(latitude for latitude, _ in known) / len(known),
        sum(longitude for _, longitude in known) / len(known),
    )


def _nearness(match: Match) -> tuple[float, float]:
    miles = match.distance_miles
    return (math.inf if miles is None else miles, -match.exact_score)
