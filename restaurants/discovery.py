"""How well a restaurant suits a guest: a score of 0 to 100 and the reasons for it. Pure.

The score is a weighted mean of six parts, each a share between 0 and 1:

========  ======  =================================================================================
part      weight  share
========  ======  =================================================================================
cuisine       30  1 when the house cooks a cuisine the guest named, else 0
price         10  1 in a price level the guest named, less half for every level away from it
features      15  how many of the features the guest asked for the house has
distance      15  1 at the guest's door, falling straight to 0 at the guest's reach
rating        15  the rating, pulled towards an average house by few reviews; 3 is 0, 5 is 1
learned       15  likes among the guest's swipes of similar houses, pulled towards one half by few
========  ======  =================================================================================

A part about which the *guest* said nothing (no cuisines, no location …) is left out, and the
others share its weight. Where the guest asked and the *house* has no answer, the part counts
one half; so does *learned* for a guest who never swiped. Nothing is guessed: every part can be
shown next to the score, and the reason quotes the strongest parts that speak for the house, in
words that can be checked against the same facts.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar

Trait = TypeVar("Trait", bound=Hashable)

Coordinates = tuple[float, float]
"""Latitude and longitude in degrees."""

DEFAULT_REACH_MILES = 5.0
"""How far a guest is taken to go who named no distance."""

AVERAGE_RATING = 4.0
AVERAGE_WEIGHT = 50
"""Every house starts out with fifty imagined reviews of an average house."""

HIGHLY_RATED = 4.3
"""From this rating on, after the imagined reviews, a house is called highly rated."""

NEUTRAL_SWIPES = 2
"""Every taste starts out with two imagined swipes, one of each."""

UNANSWERED = 0.5
"""The share of a part the guest asked about and the house gives no facts for."""

REASON_PARTS = 2
SEPARATOR = " • "

_EARTH_RADIUS_MILES = 3958.8
_MILES_PER_DEGREE = 69.0


class PartName(StrEnum):
    """The parts of a score, in the order in which reasons are read out."""

    CUISINE = "cuisine"
    FEATURES = "features"
    LEARNED = "learned"
    RATING = "rating"
    DISTANCE = "distance"
    PRICE = "price"


WEIGHTS: Mapping[PartName, int] = {
    PartName.CUISINE: 30,
    PartName.FEATURES: 15,
    PartName.LEARNED: 15,
    PartName.RATING: 15,
    PartName.DISTANCE: 15,
    PartName.PRICE: 10,
}

FEATURE_PHRASES: Mapping[str, str] = {
    "romantic": "Romantic atmosphere",
    "cozy": "Cozy atmosphere",
    "quiet": "Quiet atmosphere",
    "lively": "Lively atmosphere",
}
"""Features that read better as a phrase; any other feature is quoted as the house wrote it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a guest liked and passed on houses with one trait."""

    likes: int = 0
    passes: int = 0


@dataclass(frozen=True, slots=True)
class Taste:
    """What is known of a guest: what they said, and what they liked and passed on."""

    cuisines: tuple[str, ...] = ()
    price_levels: tuple[int, ...] = ()
    features: tuple[str, ...] = ()
    reach_miles: float | None = None
    location: Coordinates | None = None
    cuisine_swipes: Mapping[str, Tally] = field(default_factory=dict)
    price_swipes: Mapping[int, Tally] = field(default_factory=dict)
    feature_swipes: Mapping[str, Tally] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Swiped:
    """One swipe, with the traits of the house it was about."""

    liked: bool
    cuisines: tuple[str, ...]
    price_level: int
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Venue:
    """The facts about a house that a score may use."""

    public_id: str
    cuisines: tuple[str, ...]
    price_level: int
    features: tuple[str, ...] = ()
    rating: float | None = None
    review_count: int = 0
    location: Coordinates | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: its share of the full weight, and the words for it if it speaks well."""

    name: PartName
    share: float
    reason: str = ""
    """In English; pages write it in the reader's language, from the facts."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the reason is made of: ``cuisine``, ``feature``, ``price_level``, ``likes``."""

    @property
    def points(self) -> float:
        """What the part adds to the weighted sum."""
        return WEIGHTS[self.name] * self.share


@dataclass(frozen=True, slots=True)
class Match:
    """A house, its score from 0 to 100, why, and the parts the score was made of."""

    venue: Venue
    score: int
    reason: str
    parts: tuple[Part, ...]
    distance_miles: float | None = None

    @property
    def exact_score(self) -> float:
        """The score before rounding; it breaks ties."""
        return _weighted_mean(self.parts)


def ranking(taste: Taste, venues: Iterable[Venue]) -> list[Match]:
    """Every venue matched, best first; equal scores by number of reviews, then by public id."""
    matches = [match(taste, venue) for venue in venues]
    return sorted(matches, key=lambda m: (-m.exact_score, -m.venue.review_count, m.venue.public_id))


def match(taste: Taste, venue: Venue) -> Match:
    """How well one venue suits the guest, and why. The same facts always give the same answer."""
    miles = distance_between(taste.location, venue.location)
    parts = tuple(
        part
        for part in (
            _cuisine(taste, venue),
            _features(taste, venue),
            _learned(taste, venue),
            _rating(venue),
            _distance(taste, miles),
            _price(taste, venue),
        )
        if part is not None
    )
    return Match(
        venue=venue,
        score=round(_weighted_mean(parts)),
        reason=_reason(parts, venue),
        parts=parts,
        distance_miles=miles,
    )


def learned_from(taste: Taste, swipes: Sequence[Swiped]) -> Taste:
    """The same taste, with likes and passes counted per cuisine, price level and feature."""
    return replace(
        taste,
        cuisine_swipes=_tallied((_key(c), s.liked) for s in swipes for c in set(s.cuisines)),
        price_swipes=_tallied((s.price_level, s.liked) for s in swipes),
        feature_swipes=_tallied((_key(f), s.liked) for s in swipes for f in set(s.features)),
    )


def distance_between(a: Coordinates | None, b: Coordinates | None) -> float | None:
    """Miles along the surface of the earth (haversine), or None when either end is unknown."""
    if a is None or b is None:
        return None
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    half_lat = (lat_b - lat_a) / 2
    half_lon = math.radians(b[1] - a[1]) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * _EARTH_RADIUS_MILES * math.asin(math.sqrt(min(1.0, chord)))


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the map that holds everything within a distance, for an index to look up."""

    south: float
    north: float
    west: float
    east: float


def box_around(centre: Coordinates, miles: float) -> Box | None:
    """The box around ``centre``; None when it would span a pole or the date line."""
    latitude, longitude = centre
    tall = miles / _MILES_PER_DEGREE
    if abs(latitude) + tall >= 89:
        return None
    # The parallel is shortest at the edge nearest the pole; 1 % covers the ellipsoid and rounding.
    wide = 1.01 * tall / math.cos(math.radians(abs(latitude) + tall))
    tall *= 1.01
    if longitude - wide < -180 or longitude + wide > 180:
        return None
    return Box(latitude - tall, latitude + tall, longitude - wide, longitude + wide)


def _weighted_mean(parts: tuple[Part, ...]) -> float:
    return 100 * sum(part.points for part in parts) / sum(WEIGHTS[part.name] for part in parts)


def _key(text: str) -> str:
    return text.strip().casefold()


def _tallied(votes: Iterable[tuple[Trait, bool]]) -> dict[Trait, Tally]:
    counts: dict[Trait, list[int]] = {}
    for trait, liked in votes:
        counts.setdefault(trait, [0, 0])[0 if liked else 1] += 1
    return {trait: Tally(likes, passes) for trait, (likes, passes) in counts.items()}


def _cuisine(taste: Taste, venue: Venue) -> Part | None:
    if not taste.cuisines:
        return None
    wanted = {_key(cuisine) for cuisine in taste.cuisines}
    for cuisine in venue.cuisines:
        if _key(cuisine) in wanted:
            return Part(PartName.CUISINE, 1.0, f"Loves {cuisine} cuisine", {"cuisine": cuisine})
    return Part(PartName.CUISINE, 0.0 if venue.cuisines else UNANSWERED)


def _price(taste: Taste, venue: Venue) -> Part | None:
    if not taste.price_levels:
        return None
    gap = min(abs(venue.price_level - level) for level in taste.price_levels)
    reason = f"In your price range ({'$' * venue.price_level})" if gap == 0 else ""
    return Part(PartName.PRICE, max(0.0, 1 - gap / 2), reason, {"price_level": venue.price_level})


def _features(taste: Taste, venue: Venue) -> Part | None:
    wanted = {_key(feature) for feature in taste.features}
    if not wanted:
        return None
    present = [feature for feature in venue.features if _key(feature) in wanted]
    if not present:
        return Part(PartName.FEATURES, 0.0 if venue.features else UNANSWERED)
    # The guest's own order says which feature matters most.
    order = [_key(feature) for feature in taste.features]
    first = min(present, key=lambda feature: order.index(_key(feature)))
    found = {_key(feature) for feature in present}
    phrase = FEATURE_PHRASES.get(_key(first), first)
    return Part(PartName.FEATURES, len(found) / len(wanted), phrase, {"feature": first})


def _distance(taste: Taste, miles: float | None) -> Part | None:
    if taste.location is None:
        return None
    if miles is None:
        return Part(PartName.DISTANCE, UNANSWERED)
    share = max(0.0, 1 - miles / (taste.reach_miles or DEFAULT_REACH_MILES))
    return Part(PartName.DISTANCE, share, f"{miles:.1f} miles away" if share >= 0.5 else "")


def _rating(venue: Venue) -> Part:
    reviews = venue.review_count if venue.rating is not None else 0
    total = AVERAGE_WEIGHT * AVERAGE_RATING + reviews * (venue.rating or 0.0)
    shrunk = total / (AVERAGE_WEIGHT + reviews)
    reason = "Highly rated" if shrunk >= HIGHLY_RATED else ""
    return Part(PartName.RATING, min(1.0, max(0.0, (shrunk - 3) / 2)), reason)


def _learned(taste: Taste, venue: Venue) -> Part:
    """Cuisine says most about taste, so it counts as much as price and features together."""
    cuisines = [taste.cuisine_swipes.get(_key(c), Tally()) for c in venue.cuisines]
    features = [taste.feature_swipes.get(_key(f), Tally()) for f in venue.features]
    price = taste.price_swipes.get(venue.price_level, Tally())
    share = (2 * _affinity(cuisines) + _affinity([price]) + _affinity(features)) / 4
    return Part(PartName.LEARNED, share, *(_learned_reason(taste, venue) if share > 0.5 else ()))


def _affinity(tallies: list[Tally]) -> float:
    """The mean share of likes, each pulled towards one half by two imagined swipes."""
    if not tallies:
        return 0.5
    shares = [
        (t.likes + NEUTRAL_SWIPES / 2) / (t.likes + t.passes + NEUTRAL_SWIPES) for t in tallies
    ]
    return sum(shares) / len(shares)


def _learned_reason(taste: Taste, venue: Venue) -> tuple[str, dict[str, Any]]:
    """Quote the trait of this house the guest liked most often, if likes outnumber passes."""
    traits = [(taste.cuisine_swipes.get(_key(c), Tally()), "cuisine", c) for c in venue.cuisines]
    traits += [(taste.feature_swipes.get(_key(f), Tally()), "feature", f) for f in venue.features]
    liked = [(tally.likes - tally.passes, tally, kind, name) for tally, kind, name in traits]
    # max() keeps the first of equals, so a cuisine wins over a feature.
    lead, tally, kind, name = max(liked, key=lambda entry: entry[0], default=(0, Tally(), "", ""))
    if lead <= 0:
        return "", {}
    places = "place" if tally.likes == 1 else "places"
    text = f"{name} cuisine" if kind == "cuisine" else name
    return f"Liked {tally.likes} {places} with {text}", {"likes": tally.likes, kind: name}


def _reason(parts: tuple[Part, ...], venue: Venue) -> str:
    """The strongest parts that speak for the house, or else a plain fact about it."""
    speaking = [part for part in parts if part.reason]
    strongest = sorted(speaking, key=lambda part: -part.points)[:REASON_PARTS]
    if strongest:
        order = list(PartName)
        strongest.sort(key=lambda part: order.index(part.name))
        return SEPARATOR.join(part.reason for part in strongest)
    if venue.rating is not None and venue.review_count:
        guests = "guest" if venue.review_count == 1 else "guests"
        return f"Rated {venue.rating:.1f} by {venue.review_count} {guests}"
    if venue.cuisines:
        return f"{venue.cuisines[0]} cuisine"
    return f"Price range {'$' * venue.price_level}"
