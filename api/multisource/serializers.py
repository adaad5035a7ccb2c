"""Contract 1's requests, and the answers as the schema shows them."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import (
    ABSENT,
    EmailAddress,
    OneOf,
    PersonText,
    PublicIdField,
    ServiceDateField,
    StrictSerializer,
    WallTimeField,
    WholeNumber,
)
from reservations.engine.sources import source_name
from reservations.selectors.bookings import LONGEST_PAGE

_LARGEST_PARTY = 10_000
_LONGEST_METADATA = 4_096
_MOST_MONEY = Decimal(1_000_000)
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})", re.ASCII
)

STATUSES = ("pending", "confirmed", "cancelled", "completed")
EVENTS = ("reservation.created", "reservation.updated", "reservation.cancelled")
DEFAULT_PAGE = 50


@extend_schema_field({"type": "string", "format": "date-time"})
class InstantField(serializers.Field[dt.datetime, str, str, Any]):
    """An instant with its offset, such as ``2024-02-01T10:00:00Z``."""

    default_error_messages = {
        **ABSENT,
        "invalid": "Send an instant with its offset, such as 2024-02-01T10:00:00Z.",
    }

    def to_internal_value(self, data: Any) -> dt.datetime:
        if not isinstance(data, str) or not _INSTANT.fullmatch(data):
            self.fail("invalid")
        try:
            return dt.datetime.fromisoformat(data).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            self.fail("invalid")

    def to_representation(self, value: dt.datetime) -> str:
        return value.isoformat()


@extend_schema_field({"type": "string", "maxLength": 30, "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]*$"})
class SourceField(serializers.Field[str, str, str, Any]):
    """The name of a source; capitals do not matter."""

    default_error_messages = {
        **ABSENT,
        "invalid": "Use letters, digits, - and _, 30 at most, such as opentable.",
    }

    def to_internal_value(self, data: Any) -> str:
        name = source_name(data) if isinstance(data, str) else None
        if name is None:
            self.fail("invalid")
        return name

    def to_representation(self, value: str) -> str:
        return value


_METADATA_SCHEMA = {
    "type": "object",
    "additionalProperties": True,
    "properties": {
        "platform": {"type": "string"},
        "referenceNumber": {"type": "string"},
        "commission": {"type": "number"},
        "partnerFee": {"type": "number"},
        "originalUrl": {"type": "string"},
        "restaurantId": {"type": "string"},
        "partnerSite": {"type": "string"},
    },
}
_MONEY = ("commission", "partnerFee")
_TEXTS = ("platform", "referenceNumber", "originalUrl", "restaurantId", "partnerSite")


@extend_schema_field(_METADATA_SCHEMA)
class MetadataField(serializers.Field[dict[str, Any], Any, Any, Any]):
    """The source's own words: anything in braces; what the contract names has its type."""

    default_error_messages = {
        **ABSENT,
        "invalid": "Send an object in braces.",
        "too_long": f"Send at most {_LONGEST_METADATA} characters of JSON.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        if len(str(data)) > _LONGEST_METADATA:
            self.fail("too_long")
        wrong = {name: ["Send a text."] for name in _TEXTS if not _is_text(data.get(name))}
        wrong |= {
            name: ["Send an amount from 0 to 1000000."]
            for name in _MONEY
            if not _is_amount(data.get(name))
        }
        if wrong:
            raise serializers.ValidationError(wrong)
        return data

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return value


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_amount(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and 0 <= value <= _MOST_MONEY)


def amount_of(metadata: dict[str, Any], name: str) -> Decimal | None:
    """An amount that the source named, or None."""
    value = metadata.get(name)
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.001"))


def _text(longest: int, domain_name: str, **kwargs: Any) -> PersonText:
    kwargs = {"required": False, "allow_blank": True} | kwargs
    return PersonText(max_length=longest, source=domain_name, **kwargs)


def _party(**kwargs: Any) -> WholeNumber:
    return WholeNumber(min_value=1, max_value=_LARGEST_PARTY, source="party_size", **kwargs)


_STATUS_SENTENCE = "Send pending, confirmed, cancelled or completed."


class ReservationRequest(StrictSerializer):
    """Contract 1's reservation. An e-mail address or a telephone number is needed."""

    customerName = _text(120, "name", required=True, allow_blank=False)  # noqa: N815
    customerEmail = EmailAddress(source="email", required=False, allow_blank=True)  # noqa: N815
    customerPhone = _text(40, "phone")  # noqa: N815
    date = ServiceDateField(source="service_date")
    time = WallTimeField()
    partySize = _party()  # noqa: N815
    specialRequests = _text(500, "special_requests", multiline=True)  # noqa: N815
    source = SourceField(required=False, source="told_by")  # type: ignore[assignment]
    externalId = _text(80, "external_id")  # noqa: N815
    metadata = MetadataField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Somebody must be reachable."""
        if not (attrs.get("email") or attrs.get("phone")):
            raise serializers.ValidationError(
                {"customerEmail": "Send an e-mail address or a telephone number."}
            )
        return attrs


class ReservationUpdate(StrictSerializer):
    """What is different now; what is left out stays. Only what is sent is changed."""

    status = OneOf(STATUSES, sentence=_STATUS_SENTENCE, required=False)
    customerName = _text(120, "name", allow_blank=False)  # noqa: N815
    customerEmail = EmailAddress(source="email", required=False, allow_blank=True)  # noqa: N815
    customerPhone = _text(40, "phone")  # noqa: N815
    date = ServiceDateField(source="service_date", required=False)
    time = WallTimeField(required=False)
    partySize = _party(required=False)  # noqa: N815
    specialRequests = _text(500, "special_requests", multiline=True)  # noqa: N815
    source = SourceField(required=False, source="told_by")  # type: ignore[assignment]
    externalId = _text(80, "external_id")  # noqa: N815
    metadata = MetadataField(required=False)
    updatedAt = InstantField(  # noqa: N815
        required=False,
        source="told_at",
        help_text="By the source's clock: what is older than the last is not applied",
    )


class ReservationsQuery(StrictSerializer):
    """Filters, all of them optional, and where a page begins."""

    source = SourceField(required=False, source="told_by")  # type: ignore[assignment]
    status = OneOf(STATUSES, sentence=_STATUS_SENTENCE, required=False)
    date = ServiceDateField(required=False)
    dateRange = PersonText(  # noqa: N815
        max_length=21, required=False, help_text="Two dates with a comma: 2024-02-01,2024-02-29"
    )
    limit = WholeNumber(min_value=1, max_value=LONGEST_PAGE, required=False, default=DEFAULT_PAGE)
    after = PublicIdField("res", required=False, help_text="The last id you have")
    restaurantId = PublicIdField("rest", required=False, source="restaurant")  # noqa: N815

    def validate_dateRange(self, value: str) -> tuple[dt.date, dt.date]:  # noqa: N802
        """Both dates, the first not after the second."""
        parts = value.split(",")
        if len(parts) != 2:
            raise serializers.ValidationError(
                "Send two dates with a comma, such as 2024-02-01,2024-02-29."
            )
        field = ServiceDateField()
        first, last = (field.run_validation(part.strip()) for part in parts)
        if first > last:
            raise serializers.ValidationError("The first date must not be after the second.")
        return first, last

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One date or a range of them."""
        if "date" in attrs and "dateRange" in attrs:
            raise serializers.ValidationError({"dateRange": "Send date or dateRange, not both."})
        return attrs


class RestaurantQuery(StrictSerializer):
    """Which restaurant, where a key works for several."""

    restaurantId = PublicIdField("rest", required=False, source="restaurant")  # noqa: N815


class FiguresQuery(RestaurantQuery):
    """A period of service dates, both included; the last thirty days when left out."""

    to = ServiceDateField(required=False, source="last")
    format = OneOf(("json", "csv"), sentence="Send json or csv.", required=False, default="json")

    def get_fields(self) -> dict[str, Any]:
        """``from`` is a word of Python's."""
        return {"from": ServiceDateField(required=False, source="first"), **super().get_fields()}


class WebhookData(StrictSerializer):
    """What happened to one booking. With date, time and partySize an unknown one can be made."""

    externalId = PersonText(max_length=80, source="external_id")  # noqa: N815
    status = OneOf(STATUSES, sentence=_STATUS_SENTENCE, required=False)
    updatedAt = InstantField(source="told_at")  # noqa: N815
    customerName = _text(120, "name", allow_blank=False)  # noqa: N815
    customerEmail = EmailAddress(source="email", required=False, allow_blank=True)  # noqa: N815
    customerPhone = _text(40, "phone")  # noqa: N815
    date = ServiceDateField(source="service_date", required=False)
    time = WallTimeField(required=False)
    partySize = _party(required=False)  # noqa: N815
    specialRequests = _text(500, "special_requests", multiline=True)  # noqa: N815
    metadata = MetadataField(required=False)


class WebhookRequest(StrictSerializer):
    """Contract 1's event."""

    event = OneOf(EVENTS, sentence=f"Send {', '.join(EVENTS[:-1])} or {EVENTS[-1]}.")
    source = SourceField(source="told_by")  # type: ignore[assignment]
    data = WebhookData(source="report")  # type: ignore[assignment]


class CreatedFields(serializers.Serializer[Any]):
    """Contract 1's answer to a new reservation."""

    id = serializers.CharField()
    customerName = serializers.CharField()  # noqa: N815
    status = serializers.ChoiceField(STATUSES)
    source = serializers.CharField(help_text="Whose data count")  # type: ignore[assignment]
    createdAt = serializers.DateTimeField()  # noqa: N815


class TellingFields(serializers.Serializer[Any]):
    """One source that told of the booking."""

    source = serializers.CharField()  # type: ignore[assignment]
    externalId = serializers.CharField(allow_null=True)  # noqa: N815
    isPrimary = serializers.BooleanField(help_text="Its data count")  # noqa: N815
    isLive = serializers.BooleanField(help_text="False once this source has cancelled")  # noqa: N815


class LinkedCreatedFields(CreatedFields):
    """With everybody who told of it, when they are several."""

    sources = TellingFields(many=True, required=False)


class CreatedResponse(serializers.Serializer[Any]):
    """Contract 1's envelope."""

    success = serializers.BooleanField()
    data = LinkedCreatedFields()  # type: ignore[assignment]


class SourcedReservationFields(CreatedFields):
    """A reservation in full."""

    restaurantId = serializers.CharField()  # noqa: N815
    customerEmail = serializers.CharField(allow_null=True)  # noqa: N815
    customerPhone = serializers.CharField(allow_null=True)  # noqa: N815
    date = serializers.DateField()
    time = serializers.CharField()
    partySize = serializers.IntegerField()  # noqa: N815
    specialRequests = serializers.CharField(allow_blank=True)  # noqa: N815
    confirmationCode = serializers.CharField()  # noqa: N815
    externalId = serializers.CharField(allow_null=True)  # noqa: N815
    metadata = serializers.DictField(child=serializers.JSONField())
    updatedAt = serializers.DateTimeField()  # noqa: N815
    sources = TellingFields(many=True)


class ReservationResponse(serializers.Serializer[Any]):
    """One reservation."""

    success = serializers.BooleanField()
    data = SourcedReservationFields()  # type: ignore[assignment]


class Paging(serializers.Serializer[Any]):
    """How a list goes on."""

    limit = serializers.IntegerField()
    hasMore = serializers.BooleanField()  # noqa: N815
    next = serializers.URLField(allow_null=True, help_text="Address of what follows")


class ReservationsResponse(serializers.Serializer[Any]):
    """A page of reservations."""

    success = serializers.BooleanField()
    data = SourcedReservationFields(many=True)  # type: ignore[assignment]
    pagination = Paging()


class WebhookFields(serializers.Serializer[Any]):
    """What became of an event."""

    id = serializers.CharField(allow_null=True, help_text="The reservation; null if never seen")
    externalId = serializers.CharField()  # noqa: N815
    outcome = serializers.ChoiceField(["applied", "stale"])
    repeated = serializers.BooleanField(help_text="Was received before; nothing was done")


class WebhookResponse(serializers.Serializer[Any]):
    """Contract 1's envelope."""

    success = serializers.BooleanField()
    data = WebhookFields()  # type: ignore[assignment]


class SourceFiguresFields(serializers.Serializer[Any]):
    """What a source brought; money in the restaurant's currency."""

    source = serializers.CharField()  # type: ignore[assignment]
    totalReservations = serializers.IntegerField()  # noqa: N815
    totalCovers = serializers.IntegerField()  # noqa: N815
    avgPartySize = serializers.FloatField(allow_null=True)  # noqa: N815
    totalRevenue = serializers.FloatField(  # noqa: N815
        allow_null=True, help_text="Estimated; null where the restaurant says no average spend"
    )
    commission = serializers.FloatField()
    cancellations = serializers.IntegerField()
    noShows = serializers.IntegerField()  # noqa: N815
    completed = serializers.IntegerField()
    linked = serializers.IntegerField(help_text="Told of as well, where another source counts")
    avgLeadTimeHours = serializers.FloatField(allow_null=True)  # noqa: N815


class FiguresFields(serializers.Serializer[Any]):
    """A period by source."""

    restaurantId = serializers.CharField()  # noqa: N815
    currency = serializers.CharField()
    to = serializers.DateField()
    sources = SourceFiguresFields(many=True)
    total = SourceFiguresFields()

    def get_fields(self) -> dict[str, Any]:
        """``from`` is a word of Python's."""
        return {"from": serializers.DateField(), **super().get_fields()}


class FiguresResponse(serializers.Serializer[Any]):
    """Contract 1's envelope."""

    success = serializers.BooleanField()
    data = FiguresFields()  # type: ignore[assignment]


class MultisourceError(serializers.Serializer[Any]):
    """Contract 1's envelope of errors."""

    success = serializers.BooleanField(help_text="false")
    error = serializers.CharField()
    code = serializers.CharField()
    details = serializers.DictField(child=serializers.JSONField())
