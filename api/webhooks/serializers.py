"""Requests about webhook endpoints, field by field. The second half describes answers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import (
    ABSENT,
    EmailAddress,
    ListOf,
    OneOf,
    PersonText,
    PublicIdField,
    StrictSerializer,
    WholeNumber,
)
from core.outbound import URL_LIMIT
from webhooks.events import TYPES
from webhooks.models import Delivery, Endpoint

_MOST_EVENTS = 40


class YesOrNo(serializers.BooleanField):
    """true or false, and nothing that could be taken for one."""

    default_error_messages = {**ABSENT, "invalid": "Send true or false, without quotes."}

    def to_internal_value(self, data: Any) -> bool:
        if type(data) is not bool:
            self.fail("invalid", input=data)
        return bool(data)


@extend_schema_field({"type": "string", "format": "date-time"})
class InstantField(serializers.Field[dt.datetime, str, str, Any]):
    """An instant in ISO 8601 with its offset."""

    default_error_messages = {
        **ABSENT,
        "invalid": "Send an instant with its offset, such as 2025-11-15T19:00:00Z.",
    }

    def to_internal_value(self, data: Any) -> dt.datetime:
        try:
            found = parse_datetime(data) if isinstance(data, str) else None
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or not _FIRST < found.year < _LAST:
            self.fail("invalid")
        return found

    def to_representation(self, value: dt.datetime) -> str:
        return value.isoformat()


_FIRST, _LAST = 2000, 9000


def _events(**kwargs: Any) -> ListOf:
    return ListOf(
        PersonText(max_length=40),
        min_length=1,
        max_length=_MOST_EVENTS,
        help_text=f"Any of {', '.join(TYPES)}; a family such as payment.*; or * for all",
        **kwargs,
    )


class EndpointRequest(StrictSerializer):
    """A new endpoint."""

    url = PersonText(max_length=URL_LIMIT, help_text="https://…, on the open internet")
    events = _events()
    contactEmail = EmailAddress(  # noqa: N815
        source="contact_email", help_text="Who is told when deliveries fail"
    )
    description = PersonText(max_length=120, required=False, allow_blank=True)
    restaurantId = PublicIdField(  # noqa: N815
        "rest", source="restaurant", required=False, help_text="Only events of this restaurant"
    )


class EndpointPatchRequest(StrictSerializer):
    """What is to change; what is left out stays."""

    url = PersonText(max_length=URL_LIMIT, required=False)
    events = _events(required=False)
    contactEmail = EmailAddress(source="contact_email", required=False)  # noqa: N815
    description = PersonText(max_length=120, required=False, allow_blank=True)
    active = YesOrNo(required=False, help_text="false pauses it; true calls it again")


class RotationRequest(StrictSerializer):
    """How long the old secret goes on signing beside the new one."""

    overlapHours = WholeNumber(  # noqa: N815
        min_value=0, max_value=168, source="overlap_hours", required=False, default=24
    )


class ReplayRequest(StrictSerializer):
    """What to send again: the dead letters, or everything that happened in a span of time."""

    since = InstantField(required=False)
    until = InstantField(required=False)
    include = OneOf(["dead", "all"], sentence="Send dead or all.", required=False, default="dead")


class LogRequest(StrictSerializer):
    """Which deliveries; newest first."""

    status = OneOf(
        list(Delivery.Status.values),
        sentence="Send queued, sending, delivered or dead.",
        required=False,
    )
    event = PersonText(max_length=40, required=False, help_text="A type of event")
    subject = PublicIdField("res", required=False, help_text="What it is about")
    before = PublicIdField("whd", required=False, help_text="The last id of the page before")
    limit = WholeNumber(min_value=1, max_value=100, required=False, default=50)


# --- Answers --------------------------------------------------------------------------------------


class EndpointResponse(serializers.Serializer[Any]):
    """An endpoint."""

    id = serializers.CharField(help_text="whe_…")
    url = serializers.CharField()
    description = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    contactEmail = serializers.CharField()  # noqa: N815
    restaurantId = serializers.CharField(allow_null=True)  # noqa: N815
    test = serializers.BooleanField(help_text="Hears of test bookings only: it is a test key's")
    status = serializers.ChoiceField(Endpoint.Status.choices)
    disabledReason = serializers.CharField(allow_null=True)  # noqa: N815
    failingSince = serializers.CharField(allow_null=True)  # noqa: N815
    lastSuccessAt = serializers.CharField(allow_null=True)  # noqa: N815
    queued = serializers.IntegerField()
    dead = serializers.IntegerField(help_text="Dead letters, which can be replayed")
    createdAt = serializers.CharField()  # noqa: N815


class EndpointsResponse(serializers.Serializer[Any]):
    """All endpoints of the key."""

    endpoints = EndpointResponse(many=True)
    eventTypes = serializers.DictField(  # noqa: N815
        child=serializers.CharField(), help_text="Every type there is, with what it tells"
    )


class NewSecretResponse(EndpointResponse):
    """An endpoint with its signing secret, shown this once."""

    secret = serializers.CharField(help_text="whsec_…")


class AttemptResponse(serializers.Serializer[Any]):
    """One call."""

    at = serializers.CharField()
    seconds = serializers.FloatField()
    status = serializers.IntegerField(allow_null=True, help_text="null: no answer")
    error = serializers.CharField(allow_null=True)
    answer = serializers.CharField(help_text="How the answer began")


class DeliveryResponse(serializers.Serializer[Any]):
    """One event on its way to one endpoint."""

    id = serializers.CharField(help_text="whd_…")
    endpointId = serializers.CharField()  # noqa: N815
    eventId = serializers.CharField(help_text="The webhook-id")  # noqa: N815
    type = serializers.CharField()
    order = serializers.IntegerField()
    subject = serializers.CharField()
    occurredAt = serializers.CharField()  # noqa: N815
    status = serializers.ChoiceField(Delivery.Status.choices)
    attempts = serializers.IntegerField()
    nextAttemptAt = serializers.CharField(allow_null=True)  # noqa: N815
    deliveredAt = serializers.CharField(allow_null=True)  # noqa: N815
    lastStatus = serializers.IntegerField(allow_null=True)  # noqa: N815
    lastError = serializers.CharField(allow_null=True)  # noqa: N815


class DeliveryDetailResponse(DeliveryResponse):
    """The same with its log and the event's data, personal data left out."""

    log = AttemptResponse(many=True)
    data = serializers.DictField(child=serializers.JSONField())  # type: ignore[assignment]


class LogResponse(serializers.Serializer[Any]):
    """One page of an endpoint's deliveries."""

    deliveries = DeliveryResponse(many=True)
    hasMore = serializers.BooleanField()  # noqa: N815


class ReplayResponse(serializers.Serializer[Any]):
    """How many deliveries are on their way again."""

    replayed = serializers.IntegerField()
