"""Contract 1's reservation, as a web page may send it, and the answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import (
    EmailAddress,
    PersonText,
    ServiceDateField,
    StrictSerializer,
    WallTimeField,
    WholeNumber,
)

_LARGEST_PARTY = 10_000


@extend_schema_field({"type": "object", "additionalProperties": True})
class _Words(serializers.Field[dict[str, Any], Any, Any, Any]):
    """Anything in braces; not kept."""

    default_error_messages = {
        "required": "This field is missing.",
        "null": "This field must not be null.",
        "invalid": "Send an object in braces.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        return data

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return value


class WidgetReservationRequest(StrictSerializer):
    """What ``createReservation(data)`` sends. Source and metadata are contract 1's; the source of
    what a page books is always ``partner_website``, whatever it says."""

    customerName = PersonText(max_length=120, source="name")  # noqa: N815
    customerEmail = EmailAddress(source="email", required=False, allow_blank=True)  # noqa: N815
    customerPhone = PersonText(  # noqa: N815
        max_length=40, source="phone", required=False, allow_blank=True, default=""
    )
    date = ServiceDateField(source="service_date")
    time = WallTimeField()
    partySize = WholeNumber(min_value=1, max_value=_LARGEST_PARTY, source="party_size")  # noqa: N815
    specialRequests = PersonText(  # noqa: N815
        max_length=500,
        multiline=True,
        source="special_requests",
        required=False,
        allow_blank=True,
        default="",
    )
    source = PersonText(max_length=30, required=False)  # type: ignore[assignment]
    metadata = _Words(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Somebody must be reachable."""
        if not (attrs.setdefault("email", "") or attrs["phone"]):
            raise serializers.ValidationError(
                {"customerEmail": "Send an e-mail address or a telephone number."}
            )
        return attrs


class WidgetReservationFields(serializers.Serializer[Any]):
    """Contract 1's ``data``. With a deposit it is a hold still, and says where it is paid."""

    id = serializers.CharField()
    customerName = serializers.CharField()  # noqa: N815
    status = serializers.ChoiceField(["pending", "confirmed", "cancelled", "completed"])
    source = serializers.CharField()  # type: ignore[assignment]
    createdAt = serializers.DateTimeField()  # noqa: N815
    paymentUrl = serializers.URLField(required=False, help_text="Where the deposit is paid")  # noqa: N815
    expiresAt = serializers.DateTimeField(  # noqa: N815
        required=False, help_text="Until when the table is held"
    )


class WidgetReservationResponse(serializers.Serializer[Any]):
    """Contract 1's envelope."""

    success = serializers.BooleanField()
    data = WidgetReservationFields()  # type: ignore[assignment]


class WidgetError(serializers.Serializer[Any]):
    """Contract 1's envelope of errors."""

    success = serializers.BooleanField(help_text="false")
    error = serializers.CharField()
    code = serializers.CharField()
    details = serializers.DictField(child=serializers.JSONField())
