"""Contract 5: business hours. Open to everybody; a key only says which restaurant is meant."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from api.auth import KeyCaller
from api.renderers import json_response
from api.serializers import PublicIdField, StrictSerializer
from api.venue import hours_shapes
from api.venue.base import VenueView
from api.venues import restaurant_of
from reservations.services.business_hours import business_hours
from restaurants.errors import RestaurantNotFound

CACHE_SECONDS = 60
VARY = "X-API-Key, Authorization, X-Restaurant-Id"


def _is_known(sent: str, tag: str) -> bool:
    """Whether the caller has this answer; proxies that compress mark a tag as weak (``W/``)."""
    known = {each.strip().removeprefix("W/") for each in sent.split(",")}
    return bool(known & {tag, "*"})


class HoursQuery(StrictSerializer):
    """Which restaurant, where an installation has several."""

    restaurant = PublicIdField("rest", required=False)


class BusinessHoursResponse(serializers.Serializer[Any]):
    """Everything about the hours of a house."""

    regularHours = serializers.DictField(  # noqa: N815  the wire's name
        child=serializers.JSONField(), help_text="By weekday, Sunday first"
    )
    specialHours = serializers.ListField(  # noqa: N815
        child=serializers.JSONField(), help_text="Other than regular hours, for 90 days"
    )
    currentStatus = serializers.JSONField(help_text="As of this minute")  # noqa: N815
    today = serializers.JSONField()
    upcomingWeek = serializers.ListField(child=serializers.JSONField())  # noqa: N815
    patterns = serializers.JSONField(help_text="From the past twelve weeks")
    services = serializers.JSONField()
    planning = serializers.JSONField()
    integration = serializers.JSONField()


class BusinessHoursView(VenueView):
    """``GET /api/business/hours``."""

    scopes = {"GET": ()}

    @extend_schema(
        summary="Business hours",
        operation_id="venue_business_hours",
        parameters=[
            HoursQuery,
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER),
            OpenApiParameter("ETag", str, OpenApiParameter.HEADER, response=[200, 304]),
        ],
        responses={200: BusinessHoursResponse, 304: None},
    )
    def get(self, request: Request) -> HttpResponse:
        """Regular and special hours, what is open now and what is free, patterns and plans.

        The same for a minute: send the `ETag` back as `If-None-Match` and get 304.
        """
        asked = self.query(request, HoursQuery)
        caller: object = request.user
        found = business_hours(restaurant_of(request, asked.get("restaurant")))
        if not found.house.is_listed and not isinstance(caller, KeyCaller):
            raise RestaurantNotFound
        answer = json_response(hours_shapes.business_hours(found))
        tag = f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
        if _is_known(request.headers.get("If-None-Match", ""), tag):
            answer = HttpResponse(status=304)
        answer.headers["ETag"] = tag
        whose = "private" if isinstance(caller, KeyCaller) else "public"
        answer.headers["Cache-Control"] = f"{whose}, max-age={CACHE_SECONDS}"
        answer.headers["Vary"] = VARY
        return answer
