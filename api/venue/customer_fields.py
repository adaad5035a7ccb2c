"""The requests of the customer API, field by field; then the answers, for the schema."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from api.serializers import (
    EmailAddress,
    ListOf,
    PersonText,
    PublicIdField,
    StrictSerializer,
    YesNo,
)
from api.venue.table_fields import CustomerFields, HintingSerializer, PageQuery

_MOST_WORDS = 30


class CustomerQuery(PageQuery):
    """Whom to look for: a name, address or number in ``search``, or exactly one of the others."""

    search = PersonText(max_length=100, required=False)
    phone = PersonText(max_length=30, required=False)
    email = EmailAddress(required=False)


class RestaurantQuery(StrictSerializer):
    """Which restaurant's group, where an installation has several."""

    restaurant = PublicIdField("rest", required=False)


class CustomerUpdate(HintingSerializer):
    """What should be different; what is left out stays."""

    hints: ClassVar[dict[str, str]] = CustomerFields.hints

    first_name = PersonText(max_length=50, required=False)
    last_name = PersonText(max_length=50, required=False)
    mobile_number = PersonText(max_length=30, required=False, allow_blank=True)
    email = EmailAddress(required=False, allow_blank=True)
    sms_opt_in = YesNo(required=False)
    marketing_opt_in = YesNo(required=False)
    allergies = ListOf(PersonText(max_length=200), max_length=_MOST_WORDS, required=False)
    tags = ListOf(PersonText(max_length=40), max_length=_MOST_WORDS, required=False)
    notes = PersonText(max_length=2000, multiline=True, required=False, allow_blank=True)


class MergeRequest(StrictSerializer):
    """The record that becomes part of the one in the path."""

    merge_from = PublicIdField("cust")


class EraseRequest(StrictSerializer):
    """Why, for the audit trail: no names."""

    reason = PersonText(max_length=200, required=False, allow_blank=True)


# --- Answers, for the schema ---------------------------------------------------------------------


class CustomerData(serializers.Serializer[Any]):
    """One guest of the restaurant group."""

    customer_id = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    mobile_number = serializers.CharField(allow_null=True, help_text="E.164")
    email = serializers.CharField(allow_null=True)
    sms_opt_in = serializers.BooleanField()
    marketing_opt_in = serializers.BooleanField()
    allergies = serializers.ListField(child=serializers.CharField())
    tags = serializers.ListField(child=serializers.CharField())
    notes = serializers.CharField(allow_null=True)
    created_at = serializers.CharField()
    updated_at = serializers.CharField()


class Statistics(serializers.Serializer[Any]):
    """What the guest has done at the restaurants the key works for."""

    bookings = serializers.IntegerField()
    completed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    no_shows = serializers.IntegerField()
    last_visit = serializers.CharField(allow_null=True)
    next_visit = serializers.CharField(allow_null=True)


class DetailedCustomer(CustomerData):
    """One guest, with figures."""

    statistics = Statistics()


class CustomersData(serializers.Serializer[Any]):
    """A page of guests."""

    customers = CustomerData(many=True)
    pagination = serializers.DictField(child=serializers.IntegerField())


class CustomersResponse(serializers.Serializer[Any]):
    """A page of guests, in the envelope."""

    success = serializers.BooleanField()
    data = CustomersData()  # type: ignore[assignment]


class CustomerResponse(serializers.Serializer[Any]):
    """One guest, in the envelope."""

    success = serializers.BooleanField()
    data = DetailedCustomer()  # type: ignore[assignment]


class ExportResponse(serializers.Serializer[Any]):
    """Everything that is kept of a guest."""

    success = serializers.BooleanField()
    data = serializers.DictField(  # type: ignore[assignment]
        child=serializers.JSONField()
    )


class ErasedData(serializers.Serializer[Any]):
    """What was made nobody's."""

    customer_id = serializers.CharField()
    erased = serializers.BooleanField()
    bookings_anonymised = serializers.IntegerField()
    messages_anonymised = serializers.IntegerField()
    waitlist_entries_deleted = serializers.IntegerField()


class ErasedResponse(serializers.Serializer[Any]):
    """What was made nobody's, in the envelope."""

    success = serializers.BooleanField()
    data = ErasedData()  # type: ignore[assignment]
