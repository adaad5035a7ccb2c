"""The requests of discovery and details, field by field; then the answers, for the schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import (
    ABSENT,
    ListOf,
    OneOf,
    PersonText,
    PublicIdField,
    RealNumber,
    StrictSerializer,
    WholeNumber,
)
from restaurants.models import Swipe
from restaurants.services import FARTHEST_MILES, MOST_WORDS

PRICE_RANGES = {"$" * level: level for level in range(1, 5)}


# --- Requests -------------------------------------------------------------------------------------


class PriceRange(OneOf):
    """``$`` to ``$$$$``, one level of price."""

    def __init__(self, **kwargs: Any) -> None:
        sentence = "Price ranges are $, $$, $$$ and $$$$."
        super().__init__(list(PRICE_RANGES), sentence=sentence, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """The level, 1 to 4."""
        return PRICE_RANGES[super().to_internal_value(data)]


@extend_schema_field({"type": "string"})
class CommaSeparated(serializers.Field[tuple[Any, ...], str, str, Any]):
    """Several values in one parameter of a query string, with commas between them."""

    default_error_messages = {**ABSENT}

    def __init__(self, child: serializers.Field[Any, Any, Any, Any], **kwargs: Any) -> None:
        self.child = child
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> tuple[Any, ...]:
        """Every part by the rules of the child."""
        parts = [part.strip() for part in str(data).split(",")]
        return tuple(self.child.run_validation(part) for part in parts if part)

    def to_representation(self, value: tuple[Any, ...]) -> str:
        """Not sent out."""
        return ",".join(map(str, value))


def _miles(**kwargs: Any) -> RealNumber:
    return RealNumber(min_value=0.01, max_value=FARTHEST_MILES, **kwargs)


class DiscoveryQuery(StrictSerializer):
    """Whose feed (only the caller's own), how long, and what it is narrowed down to."""

    userId = PublicIdField("user", source="user", required=False)  # noqa: N815
    limit = WholeNumber(min_value=1, max_value=100, default=20)
    cuisine = CommaSeparated(
        PersonText(max_length=40), required=False, help_text="One or several, with commas"
    )
    priceRange = CommaSeparated(  # noqa: N815
        PriceRange(), required=False, source="price_levels", help_text="$ to $$$$, with commas"
    )
    maxDistance = _miles(required=False, source="max_distance", help_text="Miles")  # noqa: N815
    latitude = RealNumber(min_value=-90, max_value=90, required=False)
    longitude = RealNumber(min_value=-180, max_value=180, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A place on the map needs both coordinates."""
        if ("latitude" in attrs) != ("longitude" in attrs):
            missing = "longitude" if "latitude" in attrs else "latitude"
            raise serializers.ValidationError({missing: ["This field is missing."]})
        return attrs


class SwipeRequest(StrictSerializer):
    """A like or a pass."""

    userId = PublicIdField("user", source="user", required=False)  # noqa: N815
    action = OneOf(Swipe.Action.values, sentence="Send like or pass.")


class LocationRequest(StrictSerializer):
    """A place on the map."""

    latitude = RealNumber(min_value=-90, max_value=90)
    longitude = RealNumber(min_value=-180, max_value=180)


class PreferencesRequest(StrictSerializer):
    """What the guest looks for. What is left out is forgotten: this replaces what was said."""

    cuisines = ListOf(PersonText(max_length=40), max_length=MOST_WORDS, default=list)
    priceRange = ListOf(  # noqa: N815
        PriceRange(), max_length=4, default=list, source="price_levels"
    )
    features = ListOf(PersonText(max_length=60), max_length=MOST_WORDS, default=list)
    maxDistance = _miles(  # noqa: N815
        source="max_distance", required=False, allow_null=True, default=None, help_text="Miles"
    )
    location = LocationRequest(required=False, allow_null=True, default=None)


# --- Answers, for the schema ----------------------------------------------------------------------


class FeedLocation(serializers.Serializer[Any]):
    """Where, and how far from the guest."""

    address = serializers.CharField()
    city = serializers.CharField()
    distance = serializers.FloatField(allow_null=True, help_text="Miles; null without a location")


class FeedReservationInfo(serializers.Serializer[Any]):
    """Whether and for how much."""

    acceptsReservations = serializers.BooleanField()  # noqa: N815
    depositPerPerson = serializers.FloatField()  # noqa: N815


class FeedRestaurant(serializers.Serializer[Any]):
    """A restaurant as the feed shows it."""

    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    cuisine = serializers.ListField(child=serializers.CharField())
    priceRange = serializers.CharField()  # noqa: N815
    rating = serializers.FloatField(allow_null=True)
    reviewCount = serializers.IntegerField()  # noqa: N815
    images = serializers.ListField(child=serializers.URLField())
    location = FeedLocation()
    reservationInfo = FeedReservationInfo()  # noqa: N815


class FeedEntryResponse(serializers.Serializer[Any]):
    """One entry of the feed."""

    restaurant = FeedRestaurant()
    matchScore = serializers.IntegerField(min_value=0, max_value=100)  # noqa: N815
    matchReason = serializers.CharField()  # noqa: N815


class FullLocation(serializers.Serializer[Any]):
    """Where exactly."""

    address = serializers.CharField()
    city = serializers.CharField()
    state = serializers.CharField()
    zipCode = serializers.CharField()  # noqa: N815
    latitude = serializers.FloatField(allow_null=True)
    longitude = serializers.FloatField(allow_null=True)


class FullReservationInfo(FeedReservationInfo):
    """The rules of the book in a few words."""

    minimumPartySize = serializers.IntegerField()  # noqa: N815
    maximumPartySize = serializers.IntegerField()  # noqa: N815
    cancellationPolicy = serializers.CharField()  # noqa: N815


class DayResponse(serializers.Serializer[Any]):
    """One weekday; closing at or before opening is after midnight."""

    isOpen = serializers.BooleanField()  # noqa: N815
    openTime = serializers.CharField(allow_null=True)  # noqa: N815
    closeTime = serializers.CharField(allow_null=True)  # noqa: N815


class HoursResponse(serializers.Serializer[Any]):
    """The regular week."""

    monday = DayResponse()
    tuesday = DayResponse()
    wednesday = DayResponse()
    thursday = DayResponse()
    friday = DayResponse()
    saturday = DayResponse()
    sunday = DayResponse()


class RestaurantResponse(FeedRestaurant):
    """A restaurant in full."""

    location = FullLocation()  # type: ignore[assignment]
    reservationInfo = FullReservationInfo()  # noqa: N815
    hours = HoursResponse()
    features = serializers.ListField(child=serializers.CharField())


class SwipeResponse(serializers.Serializer[Any]):
    """What is remembered now."""

    success = serializers.BooleanField()
    restaurantId = serializers.CharField()  # noqa: N815
    action = serializers.ChoiceField(Swipe.Action.values)
