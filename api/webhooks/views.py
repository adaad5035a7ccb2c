"""Subscribing, looking at the log, sending again. A key manages its own endpoints only."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.models import ApiKey
from api.auth import key_of
from api.errors import bare, camel, handler_of
from api.idempotency import idempotent
from api.keyed import KeyedView
from api.renderers import json_response
from api.venues import restaurant_of
from api.webhooks import serializers as wire
from api.webhooks import shapes
from restaurants.models import Restaurant
from webhooks.events import TYPES
from webhooks.models import Delivery, Endpoint
from webhooks.selectors import (
    LogQuery,
    delivery_of,
    endpoint_of,
    endpoints_of,
    log_of,
    waiting_and_dead,
)
from webhooks.services import endpoints, replay

_MANAGE = ("manage:webhooks",)


class WebhooksView(KeyedView):
    """Every method takes ``manage:webhooks``."""

    handle_error = staticmethod(handler_of(bare, names=camel))
    scopes = dict.fromkeys(("GET", "POST", "PATCH", "DELETE"), _MANAGE)

    @staticmethod
    def endpoint(request: Request, endpoint_id: str) -> Endpoint:
        """One of the caller's. Raises EndpointNotFound."""
        return endpoint_of(key_of(request).public_id, endpoint_id)

    @staticmethod
    def delivery(request: Request, delivery_id: str) -> Delivery:
        """One of the caller's. Raises DeliveryNotFound."""
        return delivery_of(key_of(request).public_id, delivery_id)


def _shown(row: Endpoint) -> dict[str, Any]:
    return shapes.endpoint(row, waiting_and_dead([row]))


class EndpointsView(WebhooksView):
    """``GET POST /api/webhook-endpoints``."""

    @extend_schema(
        summary="Your webhook endpoints",
        operation_id="webhooks_list",
        responses={200: wire.EndpointsResponse},
    )
    def get(self, request: Request) -> HttpResponse:
        """All of the key's endpoints, newest first, and the types of event there are."""
        rows = endpoints_of(key_of(request).public_id)
        numbers = waiting_and_dead(rows)
        shown = [shapes.endpoint(row, numbers) for row in rows]
        return json_response({"endpoints": shown, "eventTypes": TYPES})

    @extend_schema(
        summary="Subscribe an address to events",
        operation_id="webhooks_create",
        request=wire.EndpointRequest,
        responses={201: wire.NewSecretResponse},
    )
    def post(self, request: Request) -> HttpResponse:
        """The answer holds the signing secret (`whsec_…`), which is shown this once.

        No `Idempotency-Key`: the answer would have to be kept, and the secret with it.
        """
        asked = self.body(request, wire.EndpointRequest)
        named = asked.pop("restaurant", None)
        if named is not None:
            house = restaurant_of(request, named)
            asked["restaurant_id"] = Restaurant.objects.only("pk").get(public_id=house).pk
        caller = key_of(request)
        key = ApiKey.objects.select_related("restaurant").get(public_id=caller.public_id)
        made = endpoints.create_endpoint(key, by=caller.as_actor(), **asked)
        return json_response(_shown(made.endpoint) | {"secret": made.secret}, 201)


class EndpointView(WebhooksView):
    """``GET PATCH DELETE /api/webhook-endpoints/:id``."""

    @extend_schema(
        summary="One webhook endpoint",
        operation_id="webhooks_get",
        responses={200: wire.EndpointResponse},
    )
    def get(self, request: Request, endpoint_id: str) -> HttpResponse:
        """How it is set up and how it does."""
        return json_response(_shown(self.endpoint(request, endpoint_id)))

    @extend_schema(
        summary="Change, pause or enable an endpoint",
        operation_id="webhooks_change",
        request=wire.EndpointPatchRequest,
        responses={200: wire.EndpointResponse},
    )
    def patch(self, request: Request, endpoint_id: str) -> HttpResponse:
        """What happens while it is paused or disabled becomes dead letters, to be replayed."""
        asked = self.body(request, wire.EndpointPatchRequest)
        row = self.endpoint(request, endpoint_id)
        by = key_of(request).as_actor()
        return json_response(_shown(endpoints.change_endpoint(row, by=by, **asked)))

    @extend_schema(
        summary="Remove an endpoint",
        operation_id="webhooks_remove",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, endpoint_id: str) -> HttpResponse:
        """It is not called again, and its log is gone."""
        row = self.endpoint(request, endpoint_id)
        endpoints.remove_endpoint(row, by=key_of(request).as_actor())
        return HttpResponse(status=204)


class RotationView(WebhooksView):
    """``POST /api/webhook-endpoints/:id/rotate-secret``."""

    @extend_schema(
        summary="A new signing secret",
        operation_id="webhooks_rotate",
        request=wire.RotationRequest,
        responses={200: wire.NewSecretResponse},
    )
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        """For `overlapHours` every message carries two signatures, by the new and the old one."""
        asked = self.body(request, wire.RotationRequest)
        made = endpoints.rotate_secret(
            self.endpoint(request, endpoint_id),
            by=key_of(request).as_actor(),
            overlap=dt.timedelta(hours=asked["overlap_hours"]),
        )
        return json_response(_shown(made.endpoint) | {"secret": made.secret})


class TestView(WebhooksView):
    """``POST /api/webhook-endpoints/:id/test``."""

    @extend_schema(
        summary="Send a test event",
        operation_id="webhooks_test",
        request=None,
        responses={202: wire.DeliveryResponse},
    )
    @idempotent
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        """A `webhook.test` goes out within seconds; look at the delivery for what came of it."""
        row = self.endpoint(request, endpoint_id)
        sent = endpoints.send_test(row, by=key_of(request).as_actor())
        return json_response(shapes.delivery(sent, row.public_id), 202)


class EndpointReplayView(WebhooksView):
    """``POST /api/webhook-endpoints/:id/replay``."""

    @extend_schema(
        summary="Send many again",
        operation_id="webhooks_replay_many",
        request=wire.ReplayRequest,
        responses={202: wire.ReplayResponse},
    )
    @idempotent
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        """The dead letters, or with `include` = `all` everything, that happened in the span."""
        asked = self.body(request, wire.ReplayRequest)
        number = replay.replay_many(
            self.endpoint(request, endpoint_id),
            by=key_of(request).as_actor(),
            since=asked.get("since"),
            until=asked.get("until"),
            only_dead=asked["include"] == "dead",
        )
        return json_response({"replayed": number}, 202)


class LogView(WebhooksView):
    """``GET /api/webhook-endpoints/:id/deliveries``."""

    @extend_schema(
        summary="The log of an endpoint",
        operation_id="webhooks_log",
        parameters=[wire.LogRequest],
        responses={200: wire.LogResponse},
    )
    def get(self, request: Request, endpoint_id: str) -> HttpResponse:
        """Newest first; the next page begins `before` the last id. Kept for 30 days."""
        query = LogQuery(**self.query(request, wire.LogRequest))
        row = self.endpoint(request, endpoint_id)
        found, has_more = log_of(row, query)
        shown = [shapes.delivery(each, row.public_id) for each in found]
        return json_response({"deliveries": shown, "hasMore": has_more})


class DeliveryView(WebhooksView):
    """``GET /api/webhook-deliveries/:id``."""

    @extend_schema(
        summary="One delivery with every attempt",
        operation_id="webhooks_delivery",
        responses={200: wire.DeliveryDetailResponse},
    )
    def get(self, request: Request, delivery_id: str) -> HttpResponse:
        """When it was tried, what came back, and what it told."""
        return json_response(shapes.detail(self.delivery(request, delivery_id)))


class DeliveryReplayView(WebhooksView):
    """``POST /api/webhook-deliveries/:id/replay``."""

    @extend_schema(
        summary="Send one again",
        operation_id="webhooks_replay",
        request=None,
        responses={202: wire.DeliveryResponse},
    )
    @idempotent
    def post(self, request: Request, delivery_id: str) -> HttpResponse:
        """With the same `webhook-id`, whether it arrived or not."""
        found = self.delivery(request, delivery_id)
        row = replay.replay(found, by=key_of(request).as_actor())
        return json_response(shapes.delivery(row, found.endpoint.public_id), 202)
