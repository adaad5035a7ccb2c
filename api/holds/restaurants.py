"""Contract 2, endpoints 7 and 8: discovery and details; and what discovery learns from."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urljoin

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from api.auth import require_self
from api.holds import restaurant_fields as wire
from api.holds.base import HoldsView, OneselfView
from api.renderers import json_response
from api.views import public
from payments.selectors import NO_TERMS, Terms, terms_of
from restaurants.discovery import Taste
from restaurants.errors import RestaurantNotFound
from restaurants.hours import DayHours
from restaurants.models import Restaurant, Swipe
from restaurants.selectors import (
    FeedEntry,
    FeedFilters,
    discovery_feed,
    known_guest,
    restaurant_by_public_id,
    weekly_hours,
)
from restaurants.services import StatedPreferences, set_preferences, swipe


class DiscoveryView(OneselfView):
    """``GET /api/restaurants/discovery?userId=&limit=``."""

    @extend_schema(
        summary="Restaurants that suit you",
        operation_id="holds_discovery",
        parameters=[wire.DiscoveryQuery],
        responses={200: wire.FeedEntryResponse(many=True)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Best match first, without what was swiped. Stated preferences narrow the feed down."""
        asked = self.query(request, wire.DiscoveryQuery)
        caller = require_self(request, asked.get("user"))
        has_place = "latitude" in asked
        filters = FeedFilters(
            cuisines=asked.get("cuisine", ()),
            price_levels=asked.get("price_levels", ()),
            max_distance=asked.get("max_distance"),
            location=(asked["latitude"], asked["longitude"]) if has_place else None,
        )
        feed = discovery_feed(caller.public_id, filters, asked["limit"])
        terms = terms_of(entry.restaurant.pk for entry in feed)
        site = request.build_absolute_uri("/")
        return json_response(
            [feed_entry(entry, terms.get(entry.restaurant.pk, NO_TERMS), site) for entry in feed]
        )


@public
class RestaurantView(HoldsView):
    """``GET /api/restaurants/:id``."""

    @extend_schema(
        summary="One restaurant",
        operation_id="holds_restaurant",
        parameters=[OpenApiParameter("restaurant_id", str, OpenApiParameter.PATH)],
        responses={200: wire.RestaurantResponse},
    )
    def get(self, request: Request, restaurant_id: str) -> HttpResponse:
        """Everything a guest wants to know before choosing a time."""
        found = restaurant_by_public_id(restaurant_id)
        if found is None:
            raise RestaurantNotFound
        terms = terms_of([found.pk]).get(found.pk, NO_TERMS)
        site = request.build_absolute_uri("/")
        return json_response(details(found, weekly_hours(found), terms, site))


class SwipeView(OneselfView):
    """``POST /api/restaurants/:id/swipe``: beyond the contract, for what its feed learns from."""

    @extend_schema(
        summary="Like or pass on a restaurant",
        operation_id="holds_swipe",
        parameters=[OpenApiParameter("restaurant_id", str, OpenApiParameter.PATH)],
        request=wire.SwipeRequest,
        responses={200: wire.SwipeResponse},
    )
    def post(self, request: Request, restaurant_id: str) -> HttpResponse:
        """The last word counts; a swiped restaurant leaves the feed."""
        asked = self.body(request, wire.SwipeRequest)
        caller = require_self(request, asked.get("user"))
        row = swipe(restaurant_id, user=caller.public_id, action=Swipe.Action(asked["action"]))
        return json_response({"success": True, "restaurantId": restaurant_id, "action": row.action})


class PreferencesView(OneselfView):
    """``GET`` and ``PUT /api/preferences``: beyond the contract, for what its feed starts from."""

    @extend_schema(
        summary="What you look for",
        operation_id="holds_preferences",
        responses={200: wire.PreferencesRequest},
    )
    def get(self, request: Request) -> HttpResponse:
        """What the guest said, in the form PUT takes."""
        caller = require_self(request, None)
        return json_response(preferences(known_guest(caller.public_id).taste))

    @extend_schema(
        summary="Say what you look for",
        operation_id="holds_set_preferences",
        request=wire.PreferencesRequest,
        responses={200: wire.PreferencesRequest},
    )
    def put(self, request: Request) -> HttpResponse:
        """Replaces everything said before."""
        asked = self.body(request, wire.PreferencesRequest)
        location = asked["location"] or {"latitude": None, "longitude": None}
        caller = require_self(request, None)
        set_preferences(
            caller.public_id,
            StatedPreferences(
                cuisines=tuple(asked["cuisines"]),
                price_levels=tuple(asked["price_levels"]),
                features=tuple(asked["features"]),
                max_distance=asked["max_distance"],
                **location,
            ),
        )
        return json_response(preferences(known_guest(caller.public_id).taste))


# --- Answers --------------------------------------------------------------------------------------


def feed_entry(entry: FeedEntry, terms: Terms, site: str) -> dict[str, Any]:
    """One restaurant of the feed."""
    headline, miles = _headline(entry.restaurant, site), entry.match.distance_miles
    return {
        "restaurant": {
            **headline,
            # Of what the details have in full, the feed prints the first.
            "cuisine": headline["cuisine"][:1],
            "images": headline["images"][:1],
            "location": {
                "address": entry.restaurant.address,
                "city": entry.restaurant.city,
                "distance": None if miles is None else round(miles, 1),
            },
            "reservationInfo": {
                "acceptsReservations": entry.restaurant.accepts_reservations,
                "depositPerPerson": terms.deposit_per_person,
            },
        },
        "matchScore": entry.match.score,
        "matchReason": entry.match.reason,
    }


def details(
    restaurant: Restaurant, hours: tuple[DayHours, ...], terms: Terms, site: str
) -> dict[str, Any]:
    """The restaurant in full."""
    return {
        **_headline(restaurant, site),
        "location": {
            "address": restaurant.address,
            "city": restaurant.city,
            "state": restaurant.state,
            "zipCode": restaurant.postal_code,
            "latitude": restaurant.latitude,
            "longitude": restaurant.longitude,
        },
        "reservationInfo": {
            "acceptsReservations": restaurant.accepts_reservations,
            "depositPerPerson": terms.deposit_per_person,
            "minimumPartySize": restaurant.min_party,
            "maximumPartySize": restaurant.max_party,
            "cancellationPolicy": restaurant.cancellation_policy or terms.cancellation_text,
        },
        "hours": {
            day.name: {
                "isOpen": day.is_open,
                "openTime": _reading(day.opens),
                "closeTime": _reading(day.closes),
            }
            for day in hours
        },
        "features": restaurant.features,
    }


def preferences(taste: Taste) -> dict[str, Any]:
    """What the guest said."""
    return {
        "cuisines": taste.cuisines,
        "priceRange": ["$" * level for level in taste.price_levels],
        "features": taste.features,
        "maxDistance": taste.reach_miles,
        "location": None
        if taste.location is None
        else {"latitude": taste.location[0], "longitude": taste.location[1]},
    }


def _headline(restaurant: Restaurant, site: str) -> dict[str, Any]:
    return {
        "id": restaurant.public_id,
        "name": restaurant.name,
        "description": restaurant.description,
        "cuisine": restaurant.cuisine,
        "priceRange": "$" * restaurant.price_level,
        "rating": restaurant.rating,
        "reviewCount": restaurant.review_count,
        "images": [urljoin(site, image) for image in restaurant.images],
    }


def _reading(time: dt.time | None) -> str | None:
    return None if time is None else time.strftime("%H:%M")
