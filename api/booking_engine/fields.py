"""The request and the answers of a payment, field by field."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import PersonText, PublicIdField, StrictSerializer, WholeNumber

MOST = 99_999_999


class ProcessRequest(StrictSerializer):
    """A card token, and what it is charged for."""

    amount = WholeNumber(min_value=1, max_value=MOST)
    currency = PersonText(max_length=3)
    source_id = PersonText(max_length=255)
    reservation_id = PublicIdField("res")
    idempotency_key = PersonText(max_length=255, required=False)


class Card(serializers.Serializer[Any]):
    """What may be shown of the card."""

    brand = serializers.CharField()
    last4 = serializers.CharField()


class Processed(serializers.Serializer[Any]):
    """A payment."""

    payment_id = serializers.CharField()
    status = serializers.CharField(
        help_text="succeeded; authorized or saved where the house only secures the table; pending"
        " while the provider's answer is missing: send the same request again"
    )
    amount = serializers.IntegerField(help_text="In the currency's smallest unit")
    currency = serializers.CharField()
    reservation_id = serializers.CharField()
    reservation_status = serializers.CharField()
    card = Card(allow_null=True)


class ProcessedResponse(serializers.Serializer[Any]):
    """A payment, in the envelope."""

    success = serializers.BooleanField()
    data = Processed()  # type: ignore[assignment]


class ErrorDetail(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.CharField(help_text="UPPER_SNAKE, stable")
    message = serializers.CharField(help_text="One plain sentence that says what to do")
    details = serializers.DictField(child=serializers.JSONField())
    correlation_id = serializers.CharField(help_text="Quote this when you ask us")


class BookingEngineError(serializers.Serializer[Any]):
    """Every answer outside of 2xx."""

    success = serializers.BooleanField()
    error = ErrorDetail()
