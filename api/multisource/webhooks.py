"""``POST /api/webhooks/reservations``: what platforms send by themselves, signed."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty
from rest_framework.request import Request

from api.multisource import serializers as wire
from api.multisource.errors import handle_error
from api.multisource.views import update_of
from api.parsers import MAX_BODY_BYTES, BodyTooLarge, parse_object
from api.renderers import json_response
from api.throttling import AddressThrottle
from api.venues import HEADER as RESTAURANT
from api.views import DialectView, public
from reservations.services.inbound import Event, Message, Report, receive, sender_of


class WebhooksByAddress(AddressThrottle):
    """Messages from one address: signing is no proof of patience."""

    scope = "webhooks-address"
    limit = 1200
    seconds = 60


def _header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(
        name, str, OpenApiParameter.HEADER, required=True, description=description
    )


def _source(sent: dict[str, Any]) -> str:
    try:
        return str(wire.SourceField().run_validation(sent.get("source", empty)))
    except ValidationError as error:
        raise ValidationError({"source": error.detail}) from error


@public
class ReservationWebhookView(DialectView):
    """``POST /api/webhooks/reservations``."""

    handle_error = staticmethod(handle_error)
    error_shape = wire.MultisourceError
    throttle_classes = (WebhooksByAddress,)

    @extend_schema(
        summary="Receive an event of a platform",
        operation_id="multisource_webhook",
        parameters=[
            _header("webhook-id", "Of this event; the same when it is sent again"),
            _header("webhook-timestamp", "Seconds since 1970; at most five minutes off"),
            _header("webhook-signature", "v1,base64(HMAC-SHA256(secret, id.timestamp.body))"),
            OpenApiParameter(
                RESTAURANT,
                str,
                OpenApiParameter.HEADER,
                description="Where one source has secrets of several restaurants; optional",
            ),
        ],
        request=wire.WebhookRequest,
        responses={200: wire.WebhookResponse},
    )
    def post(self, request: Request) -> HttpResponse:
        """A booking made, changed or cancelled elsewhere; signed as by Standard Webhooks.

        Applied once, however often it arrives. What is older by `updatedAt` than what was told
        before changes nothing (`stale`); a cancellation before its booking is remembered. An
        answer other than 2xx asks to be sent the same event again.
        """
        body = request._request.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
        sent = parse_object(body)
        message = Message(
            request.headers.get("webhook-id", "")[:200],
            request.headers.get("webhook-timestamp", ""),
            request.headers.get("webhook-signature", ""),
            body,
        )
        # Whose secret it is, the body says; nothing else of it counts before it is verified.
        source = _source(sent)
        sender = sender_of(message, source, restaurant=request.headers.get(RESTAURANT, ""))
        said = wire.WebhookRequest.read(sent)
        data = said["report"]
        report = Report(
            Event(said["event"].removeprefix("reservation.")),
            data["external_id"],
            update_of(data),
        )
        receipt = receive(sender, message, report)
        answer = {
            "id": receipt.reservation,
            "externalId": report.external_id,
            "outcome": receipt.outcome,
            "repeated": receipt.is_repeat,
        }
        return json_response({"success": True, "data": answer})
