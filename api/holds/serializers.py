"""Contract 2's requests, field by field. The second half describes answers, for the schema."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import (
    OneOf,
    PersonText,
    PublicIdField,
    ServiceDateField,
    StrictSerializer,
    WallTimeField,
    WholeNumber,
)
from reservations.selectors.bookings import LONGEST_PAGE

_LARGEST_PARTY = 10_000
"""Beyond any restaurant; the restaurant's own limit is the service's to say."""


def _party(**kwargs: Any) -> WholeNumber:
    return WholeNumber(min_value=1, max_value=_LARGEST_PARTY, source="party_size", **kwargs)


class AvailabilityRequest(StrictSerializer):
    """Which day, for how many."""

    restaurantId = PublicIdField("rest", source="restaurant")  # noqa: N815
    date = ServiceDateField(source="service_date")
    partySize = _party()  # noqa: N815


class HoldRequest(StrictSerializer):
    """Which table to keep; ``userId`` must be the caller's own."""

    userId = PublicIdField("user", source="user")  # noqa: N815
    restaurantId = PublicIdField("rest", source="restaurant")  # noqa: N815
    date = ServiceDateField(source="service_date")
    time = WallTimeField()
    partySize = _party()  # noqa: N815


class UserQuery(StrictSerializer):
    """Whose hold; may be left out, as it can only be the caller's."""

    userId = PublicIdField("user", source="user", required=False)  # noqa: N815


class PaymentMethodRequest(StrictSerializer):
    """How to pay. The sandbox takes brand and last four digits, as the contract prints them;
    a real gateway needs its ``token``."""

    type = PersonText(max_length=30, default="credit-card")
    token = PersonText(max_length=120, required=False)
    number = PersonText(max_length=30, required=False, help_text="Test cards only; never stored")
    last4 = PersonText(max_length=4, required=False)
    cardBrand = PersonText(max_length=20, required=False)  # noqa: N815


class ConfirmRequest(StrictSerializer):
    """What turns a hold into a reservation."""

    holdId = PublicIdField("hold", source="hold")  # noqa: N815
    userId = PublicIdField("user", source="user")  # noqa: N815
    paymentMethod = PaymentMethodRequest(  # noqa: N815
        source="method", required=False, allow_null=True, default=None
    )
    specialRequests = PersonText(  # noqa: N815
        max_length=1000,
        multiline=True,
        source="special_requests",
        required=False,
        allow_blank=True,
        allow_null=True,
        default="",
    )


class CancelRequest(StrictSerializer):
    """Whose reservation; may be left out, as it can only be the caller's."""

    userId = PublicIdField("user", source="user", required=False)  # noqa: N815


class ReservationsQuery(StrictSerializer):
    """Which part of the list."""

    filter = OneOf(["upcoming", "past"], default="upcoming", sentence="Send upcoming or past.")
    limit = WholeNumber(min_value=1, max_value=LONGEST_PAGE, default=LONGEST_PAGE)
    after = PublicIdField(
        "res",
        required=False,
        help_text="The last reservationId you have; the address in `Link` sets it",
    )


class SlotResponse(serializers.Serializer[Any]):
    """One time of the day."""

    time = serializers.CharField(help_text="HH:MM on the restaurant's clock")
    available = serializers.BooleanField(help_text="A hold would be accepted now")
    availableTables = serializers.IntegerField(  # noqa: N815
        help_text="Tables free for the whole stay which take this party"
    )
    totalTables = serializers.IntegerField()  # noqa: N815


class AvailabilityResponse(serializers.Serializer[Any]):
    """A day's times and the deposit."""

    slots = SlotResponse(many=True)
    depositPerPerson = serializers.FloatField()  # noqa: N815
    totalDeposit = serializers.FloatField()  # noqa: N815


class _Secured(serializers.Serializer[Any]):
    """How the amount is secured, where it is not a deposit."""

    paymentKind = serializers.ChoiceField(  # noqa: N815
        ["prepayment", "hold", "card"],
        required=False,
        help_text="Left out for a deposit. prepayment: depositAmount is the price, taken when"
        " confirming. hold: depositAmount is set aside on the card. card: the card is kept, and"
        " depositAmount is the most that can be charged for a no-show or a late cancellation.",
    )


class HoldFields(_Secured):
    """A table that is kept. Instants are epoch milliseconds."""

    holdId = serializers.CharField()  # noqa: N815
    userId = serializers.CharField()  # noqa: N815
    restaurantId = serializers.CharField()  # noqa: N815
    date = serializers.DateField()
    time = serializers.CharField()
    partySize = serializers.IntegerField()  # noqa: N815
    depositAmount = serializers.FloatField()  # noqa: N815
    createdAt = serializers.IntegerField()  # noqa: N815
    expiresAt = serializers.IntegerField()  # noqa: N815


class HoldResponse(serializers.Serializer[Any]):
    """The hold and how long it lasts."""

    hold = HoldFields()
    totalDeposit = serializers.FloatField()  # noqa: N815
    expiresIn = serializers.IntegerField(help_text="Seconds")  # noqa: N815


class ActiveHoldResponse(_Secured):
    """The caller's hold, as the countdown page needs it."""

    holdId = serializers.CharField()  # noqa: N815
    restaurantId = serializers.CharField()  # noqa: N815
    restaurantName = serializers.CharField()  # noqa: N815
    date = serializers.DateField()
    time = serializers.CharField()
    partySize = serializers.IntegerField()  # noqa: N815
    depositAmount = serializers.FloatField()  # noqa: N815
    expiresAt = serializers.IntegerField()  # noqa: N815


class ReservationFields(_Secured):
    """A reservation."""

    reservationId = serializers.CharField()  # noqa: N815
    confirmationCode = serializers.CharField()  # noqa: N815
    userId = serializers.CharField()  # noqa: N815
    restaurantId = serializers.CharField()  # noqa: N815
    restaurantName = serializers.CharField()  # noqa: N815
    date = serializers.DateField()
    time = serializers.CharField()
    partySize = serializers.IntegerField()  # noqa: N815
    depositAmount = serializers.FloatField()  # noqa: N815
    status = serializers.ChoiceField(["pending", "confirmed", "cancelled", "completed"])
    createdAt = serializers.IntegerField()  # noqa: N815


class ConfirmResponse(serializers.Serializer[Any]):
    """The reservation and a sentence for the guest."""

    reservation = ReservationFields()
    message = serializers.CharField()


class ListedReservation(_Secured):
    """A reservation in the guest's own list."""

    reservationId = serializers.CharField()  # noqa: N815
    confirmationCode = serializers.CharField()  # noqa: N815
    restaurantId = serializers.CharField()  # noqa: N815
    restaurantName = serializers.CharField()  # noqa: N815
    restaurantImage = serializers.CharField(allow_null=True)  # noqa: N815
    cuisine = serializers.ListField(child=serializers.CharField())
    date = serializers.DateField()
    time = serializers.CharField()
    partySize = serializers.IntegerField()  # noqa: N815
    depositAmount = serializers.FloatField()  # noqa: N815
    status = serializers.ChoiceField(["pending", "confirmed", "cancelled", "completed"])
    createdAt = serializers.IntegerField()  # noqa: N815


class CancelResponse(serializers.Serializer[Any]):
    """What comes back, and when."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    refundAmount = serializers.FloatField()  # noqa: N815
    refundPercentage = serializers.IntegerField()  # noqa: N815
