"""What houses call themselves and why they suit a guest, in the reader's language.

Cuisines and features are the houses' own words. Those that many use are known here; any other
word is shown as the house wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from restaurants.discovery import Part, PartName

_CUISINES = frozenset(
    {
        gettext_noop("American"),
        gettext_noop("Bistro"),
        gettext_noop("British"),
        gettext_noop("Chinese"),
        gettext_noop("French"),
        gettext_noop("Greek"),
        gettext_noop("Indian"),
        gettext_noop("Italian"),
        gettext_noop("Japanese"),
        gettext_noop("Korean"),
        gettext_noop("Lebanese"),
        gettext_noop("Mediterranean"),
        gettext_noop("Mexican"),
        gettext_noop("Moroccan"),
        gettext_noop("Portuguese"),
        gettext_noop("Pub"),
        gettext_noop("Seafood"),
        gettext_noop("Spanish"),
        gettext_noop("Steakhouse"),
        gettext_noop("Sushi"),
        gettext_noop("Thai"),
        gettext_noop("Turkish"),
        gettext_noop("Vegan"),
        gettext_noop("Vegetarian"),
        gettext_noop("Vietnamese"),
    }
)
_FEATURES = frozenset(
    {
        gettext_noop("Beer Garden"),
        gettext_noop("Casual"),
        gettext_noop("Cocktail Bar"),
        gettext_noop("Counter Seating"),
        gettext_noop("Cozy"),
        gettext_noop("Dog Friendly"),
        gettext_noop("Family Friendly"),
        gettext_noop("Garden"),
        gettext_noop("Late Supper"),
        gettext_noop("Lively"),
        gettext_noop("Natural Wine"),
        gettext_noop("Outdoor Seating"),
        gettext_noop("Private Dining"),
        gettext_noop("Quiet"),
        gettext_noop("Riverside"),
        gettext_noop("Romantic"),
        gettext_noop("Rooftop"),
        gettext_noop("Step-free"),
        gettext_noop("Sunday Roast"),
        gettext_noop("Tasting Menu"),
        gettext_noop("Terrace"),
        gettext_noop("Vegan Options"),
        gettext_noop("Vegetarian Friendly"),
        gettext_noop("Wine Bar"),
    }
)
_PHRASES: Mapping[str, str] = {
    "romantic": gettext_noop("Romantic atmosphere"),
    "cozy": gettext_noop("Cozy atmosphere"),
    "quiet": gettext_noop("Quiet atmosphere"),
    "lively": gettext_noop("Lively atmosphere"),
}
"""The phrases of ``restaurants.discovery.FEATURE_PHRASES``."""


def cuisine(name: str) -> str:
    """``Italian``, ``Italienne``."""
    return _(name) if name in _CUISINES else name


def feature(name: str) -> str:
    """``Terrace``, ``Terrasse``."""
    return _(name) if name in _FEATURES else name


def reason(part: Part) -> str:
    """Why a house suits the guest; a part that has nothing to quote keeps its own words."""
    write = _REASONS.get(part.name)
    return write(part.facts) if write else part.reason


def _cuisine(facts: Mapping[str, Any]) -> str:
    return _("Loves %(cuisine)s cuisine") % {"cuisine": _within(cuisine(facts["cuisine"]))}


def _feature(facts: Mapping[str, Any]) -> str:
    name = facts["feature"]
    phrase = _PHRASES.get(name.strip().casefold())
    return _(phrase) if phrase else feature(name)


def _learned(facts: Mapping[str, Any]) -> str:
    likes = facts["likes"]
    if "cuisine" in facts:
        text = ngettext(
            "Liked %(likes)d place with %(cuisine)s cuisine",
            "Liked %(likes)d places with %(cuisine)s cuisine",
            likes,
        )
        return text % {"likes": likes, "cuisine": _within(cuisine(facts["cuisine"]))}
    text = ngettext(
        "Liked %(likes)d place with %(feature)s", "Liked %(likes)d places with %(feature)s", likes
    )
    return text % {"likes": likes, "feature": feature(facts["feature"])}


def _within(name: str) -> str:
    """A cuisine inside a sentence: English keeps its capital, French has none."""
    return name if _(name) == name else name[:1].lower() + name[1:]


_REASONS: Mapping[PartName, Callable[[Mapping[str, Any]], str]] = {
    PartName.CUISINE: _cuisine,
    PartName.FEATURES: _feature,
    PartName.LEARNED: _learned,
    PartName.RATING: lambda _facts: _("Highly rated"),
    PartName.PRICE: lambda _facts: _("In your price range"),
}
