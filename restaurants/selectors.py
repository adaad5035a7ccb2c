"""Reads about restaurants: the public list, one restaurant, its hours, and the discovery feed."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Cast, JSONObject, Lower

from accounts.errors import SessionEnded
from accounts.models import User
from core.errors import Invalid
from restaurants.discovery import (
    Coordinates,
    Match,
    Swiped,
    Taste,
    Venue,
    box_around,
    distance_between,
    learned_from,
    ranking,
)
from restaurants.errors import RestaurantNotFound
from restaurants.hours import DayHours, Stretch, week
from restaurants.models import (
    DiningRoom,
    DiningService,
    HappyHour,
    Menu,
    Offer,
    OpeningHours,
    Restaurant,
    SeasonalHours,
    Swipe,
)

FEED_POOL = 400
"""Most restaurants that are scored for one feed: the best rated of those that pass the filters."""

_ACCENTED = "àáâãäåāăąçćčďđèéêëēėęěìíîïīįłľñńňòóôõöøōőŕřśšşșťțùúûüūůűýÿžźż"
_PLAIN = "aaaaaaaaacccddeeeeeeeeiiiiiillnnnoooooooorrssssttuuuuuuuyyzzz"


# --- One restaurant, the public list -------------------------------------------------------------


def listed_restaurants() -> QuerySet[Restaurant]:
    """The restaurants the public may see."""
    return Restaurant.objects.filter(is_listed=True)


def restaurant_by_public_id(public_id: str) -> Restaurant | None:
    """The listed restaurant with this id, or None."""
    return listed_restaurants().filter(public_id=public_id).first()


def restaurant_by_slug(slug: str) -> Restaurant | None:
    """The listed restaurant at this address on the web, or None."""
    return listed_restaurants().filter(slug=slug).first()


@dataclass(frozen=True, slots=True)
class Address:
    """Whose a restaurant is, and where: what reading a guest's number or date needs."""

    id: int
    organization_id: int
    country: str


def address_of(public_id: str) -> Address:
    """Of any restaurant, listed or not; raises RestaurantNotFound."""
    columns = ("pk", "organization_id", "country")
    row = Restaurant.objects.filter(public_id=public_id).values_list(*columns).first()
    if row is None:
        raise RestaurantNotFound
    return Address(*row)


def weekly_hours(restaurant: Restaurant) -> tuple[DayHours, ...]:
    """The regular hours of the venue, Monday to Sunday, for display. One query."""
    rows = restaurant.opening_hours.filter(part=OpeningHours.Part.VENUE)
    return week(Stretch(*row) for row in rows.values_list("weekday", "opens", "closes"))


def menus_of(restaurant: Restaurant) -> list[Menu]:
    """The menus guests may read, with their dishes. Two queries."""
    return list(restaurant.menus.filter(is_active=True).prefetch_related("items"))


def services_of_these_rooms_alone(rooms: QuerySet[DiningRoom]) -> list[DiningService]:
    """Services limited to these rooms, switched off or not, with those rooms of each.

    Without them such a service would have none, which means all: so the rooms cannot go.
    """
    others = DiningRoom.objects.filter(services=OuterRef("pk")).exclude(pk__in=rooms.values("pk"))
    found = DiningService.objects.filter(~Exists(others), rooms__in=rooms).distinct()
    return list(found.prefetch_related("rooms").order_by("first_seating", "pk"))


def offers_of_these_services_alone(services: QuerySet[DiningService]) -> list[Offer]:
    """Offers limited to these services, switched off or not.

    Without them such an offer would have none, which means every service: so they cannot go.
    """
    others = DiningService.objects.filter(offers=OuterRef("pk"))
    others = others.exclude(pk__in=services.values("pk"))
    found = Offer.objects.filter(~Exists(others), services__in=services).distinct()
    return list(found.order_by("name", "pk"))


def current_offers(restaurant: Restaurant, today: dt.date) -> list[Offer]:
    """The offers that are on and not over yet, with their services. Two queries."""
    on = restaurant.offers.filter(is_active=True).exclude(valid_until__lt=today)
    return list(on.order_by("-price", "name").prefetch_related("services"))


@dataclass(frozen=True, slots=True)
class Hospitality:
    """What a house offers besides tables."""

    happy_hours: tuple[HappyHour, ...]
    seasons: tuple[SeasonalHours, ...]
    hire_spaces: tuple[str, ...]
    """Names of the rooms that can be hired."""
    hire_notice_hours: int


def hospitality_of(restaurant_id: int) -> Hospitality:
    """Happy hours, seasons and private hire. Three queries."""
    house = Restaurant.objects.filter(pk=restaurant_id)
    rooms = house.filter(rooms__private_hire=True).order_by("rooms__position", "rooms__name")
    spaces = list(rooms.values_list("rooms__name", "private_hire_notice_hours"))
    return Hospitality(
        happy_hours=tuple(HappyHour.objects.filter(restaurant=restaurant_id)),
        seasons=tuple(SeasonalHours.objects.filter(restaurant=restaurant_id)),
        hire_spaces=tuple(name for name, _ in spaces),
        hire_notice_hours=spaces[0][1] if spaces else 0,
    )


def matching_restaurants(
    words: str = "", *, cuisine: str = "", price_levels: Sequence[int] = ()
) -> QuerySet[Restaurant]:
    """Listed restaurants in which every word occurs in name, city, address or cuisine.

    Case and accents are ignored (``cafe`` finds *Café*), without a database extension.
    """
    found = listed_restaurants().order_by("name", "id")
    if words.strip():
        found = found.alias(plain_text=plain_text("name", "city", "address", "cuisine"))
        for word in plain(words).split():
            found = found.filter(plain_text__contains=word)
    return _filtered(found, [cuisine] if cuisine else [], price_levels)


def plain(text: str) -> str:
    """``text`` in lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    stripped = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return stripped.translate(str.maketrans(_ACCENTED, _PLAIN))


def plain_text(*columns: str) -> Func:
    """The columns in one text as :func:`plain` would have it, in SQL."""
    parts = [Cast(column, TextField()) for column in columns]
    return _Plain(Func(Value(" "), *parts, function="concat_ws", output_field=TextField()))


class _Plain(Func):
    """The same in SQL, for the letters Latin alphabets use.

    Looking for sixty letters in a text takes ten times as long as putting it in lower case, so only
    a text with a letter beyond ASCII (one that takes more than a byte) is looked through.
    """

    template = (
        # S608: constants of this module; what is searched for is a parameter.
        "(SELECT CASE WHEN octet_length(t) = length(t) THEN lower(t)"  # noqa: S608
        f" ELSE translate(lower(t), '{_ACCENTED}', '{_PLAIN}') END"
        " FROM (SELECT %(expressions)s AS t) plain)"
    )
    output_field = TextField()


# --- Discovery -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FeedFilters:
    """What a request narrows the feed down to. Unlike preferences, these are strict."""

    cuisines: tuple[str, ...] = ()
    price_levels: tuple[int, ...] = ()
    max_distance: float | None = None
    location: Coordinates | None = None


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One restaurant of a feed, with its score and reasons."""

    restaurant: Restaurant
    match: Match


@dataclass(frozen=True, slots=True)
class KnownGuest:
    """An account, and everything about it that discovery may use."""

    user_id: int
    taste: Taste


def known_guest(user: str) -> KnownGuest:
    """The guest with this public id: what they said, liked and passed on. One query.

    Raises SessionEnded for an account that is gone or locked.
    """
    history = Swipe.objects.filter(user=OuterRef("pk")).order_by("pk")
    traits = JSONObject(
        action="action",
        cuisine="restaurant__cuisine",
        price="restaurant__price_level",
        features="restaurant__features",
    )
    row = (
        User.objects.filter(public_id=user, is_active=True)
        .values_list(
            "pk",
            "preferences__cuisines",
            "preferences__price_levels",
            "preferences__features",
            "preferences__max_distance",
            "preferences__latitude",
            "preferences__longitude",
            ArraySubquery(history.values(json=traits)),
        )
        .first()
    )
    if row is None:
        raise SessionEnded
    user_id, cuisines, price_levels, features, reach, latitude, longitude, swipes = row
    stated = Taste(
        cuisines=tuple(cuisines or ()),
        price_levels=tuple(price_levels or ()),
        features=tuple(features or ()),
        reach_miles=reach,
        location=None if latitude is None or longitude is None else (latitude, longitude),
    )
    return KnownGuest(user_id, learned_from(stated, [_swiped(swipe) for swipe in swipes]))


def _swiped(raw: dict[str, object]) -> Swiped:
    return Swiped(
        liked=raw["action"] == Swipe.Action.LIKE,
        cuisines=tuple(raw["cuisine"]),  # type: ignore[arg-type]
        price_level=int(raw["price"]),  # type: ignore[call-overload]
        features=tuple(raw["features"]),  # type: ignore[arg-type]
    )


def discovery_feed(user: str, filters: FeedFilters, limit: int) -> list[FeedEntry]:
    """The restaurants that suit the guest best, best first. Two queries, whatever their number.

    Raises SessionEnded for an account that is gone or locked, Invalid for a longest distance
    from nowhere.
    """
    guest = known_guest(user)
    taste = replace(guest.taste, location=filters.location or guest.taste.location)
    if filters.max_distance is not None and taste.location is None:
        raise Invalid(max_distance="Say from where: send latitude and longitude as well.")
    by_id = {r.public_id: r for r in feed_candidates(guest.user_id, taste, filters)}
    matches = ranking(taste, [venue_facts(restaurant) for restaurant in by_id.values()])
    return [FeedEntry(by_id[match.venue.public_id], match) for match in matches[:limit]]


def feed_candidates(user_id: int, taste: Taste, filters: FeedFilters) -> list[Restaurant]:
    """The restaurants worth scoring for this guest: listed and not yet swiped.

    Filters and a stated longest distance are strict. Stated cuisines and price levels narrow
    the feed as long as something is left; when nothing is, they only count in the score. One
    query, whatever the number of restaurants; at most ``FEED_POOL`` rows, the best rated.
    """
    location = taste.location
    miles = filters.max_distance if filters.max_distance is not None else taste.reach_miles
    swiped = Swipe.objects.filter(user=user_id, restaurant=OuterRef("pk"))
    found = listed_restaurants().filter(~Exists(swiped))
    found = _filtered(found, filters.cuisines, filters.price_levels)
    if location is not None and miles is not None:
        found = _within_box(found, location, miles)
    found = found.alias(cuisine_keys=_LowerArray("cuisine")).annotate(
        suits=ExpressionWrapper(_stated(taste), output_field=BooleanField())
    )
    pool = list(
        found.order_by("-suits", F("rating").desc(nulls_last=True), "-review_count", "public_id")[
            :FEED_POOL
        ]
    )
    if location is not None and miles is not None:
        pool = [r for r in pool if _is_near(r, location, miles)]
    return [*(restaurant for restaurant in pool if restaurant.suits)] or [*pool]


def venue_facts(restaurant: Restaurant) -> Venue:
    """The facts of a restaurant that discovery may use."""
    return Venue(
        public_id=restaurant.public_id,
        cuisines=tuple(restaurant.cuisine),
        price_level=restaurant.price_level,
        features=tuple(restaurant.features),
        rating=None if restaurant.rating is None else float(restaurant.rating),
        review_count=restaurant.review_count,
        location=_coordinates(restaurant),
    )


class _LowerArray(Cast):
    """A text array in lower case, so that filters ignore case."""

    def __init__(self, column: str) -> None:
        super().__init__(Lower(Cast(column, TextField())), ArrayField(TextField()))


def _filtered(
    restaurants: QuerySet[Restaurant], cuisines: Sequence[str], price_levels: Sequence[int]
) -> QuerySet[Restaurant]:
    if cuisines:
        restaurants = restaurants.alias(cuisine_keys=_LowerArray("cuisine")).filter(
            cuisine_keys__overlap=[cuisine.lower() for cuisine in cuisines]
        )
    if price_levels:
        restaurants = restaurants.filter(price_level__in=price_levels)
    return restaurants


def _stated(taste: Taste) -> Q:
    """The condition that a restaurant suits the stated cuisines and price levels."""
    suits = Q(pk__isnull=False)
    if taste.cuisines:
        suits &= Q(cuisine_keys__overlap=[cuisine.lower() for cuisine in taste.cuisines])
    if taste.price_levels:
        suits &= Q(price_level__in=taste.price_levels)
    return suits


def _within_box(
    restaurants: QuerySet[Restaurant], centre: Coordinates, miles: float
) -> QuerySet[Restaurant]:
    box = box_around(centre, miles)
    if box is None:
        return restaurants.filter(latitude__isnull=False, longitude__isnull=False)
    return restaurants.filter(
        latitude__range=(box.south, box.north), longitude__range=(box.west, box.east)
    )


def _is_near(restaurant: Restaurant, centre: Coordinates, miles: float) -> bool:
    distance = distance_between(centre, _coordinates(restaurant))
    return distance is not None and distance <= miles


def _coordinates(restaurant: Restaurant) -> Coordinates | None:
    if restaurant.latitude is None or restaurant.longitude is None:
        return None
    return (restaurant.latitude, restaurant.longitude)
