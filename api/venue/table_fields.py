"""The requests of table bookings, field by field; then the answers, for the schema."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from api.serializers import (
    AnyJson,
    EmailAddress,
    ListOf,
    OneOf,
    PersonText,
    PublicIdField,
    ServiceDateField,
    StrictSerializer,
    WallTimeField,
    WholeNumber,
    YesNo,
)

MOST_GUESTS = 50
MOST_WISHES = 20
SHORTEST, LONGEST = 60, 240
MOST_ROWS = 100
MOST_PAGES = 10_000
BOOKING_TYPES = ("regular", "sunday_lunch")
STATUSES = ("pending", "pending_payment", "confirmed", "completed", "cancelled", "no_show")


class HintingSerializer(StrictSerializer):
    """A request whose fields integrators are known to misname: the answer says the right name."""

    hints: ClassVar[dict[str, str]] = {}

    def _unknown(self, name: str) -> str:
        right = self.hints.get(name.lower())
        return f"Use {right} instead." if right else super()._unknown(name)


class PartySize(WholeNumber):
    """The contract's bounds, in its words."""

    def __init__(self, **kwargs: Any) -> None:
        sentence = f"Party size must be between 1 and {MOST_GUESTS}"
        words = {"min_value": sentence, "max_value": sentence}
        super().__init__(min_value=1, max_value=MOST_GUESTS, error_messages=words, **kwargs)


class Minutes(WholeNumber):
    """How long a table is needed."""

    def __init__(self, **kwargs: Any) -> None:
        sentence = f"Duration must be between {SHORTEST} and {LONGEST} minutes"
        words = {"min_value": sentence, "max_value": sentence}
        super().__init__(min_value=SHORTEST, max_value=LONGEST, error_messages=words, **kwargs)


def _name(what: str) -> PersonText:
    words = {"required": f"{what} is required", "blank": f"{what} is required"}
    return PersonText(max_length=50, error_messages=words)


def _wishes(example: str) -> ListOf:
    return ListOf(
        PersonText(max_length=60),
        max_length=MOST_WISHES,
        required=False,
        allow_null=True,
        error_messages={"not_a_list": f"Send a list in brackets, such as {example}."},
    )


class AvailabilityQuery(HintingSerializer):
    """A date and a party; with ``time`` the answer is about that time alone."""

    hints: ClassVar[dict[str, str]] = {
        "guests": "party_size",
        "covers": "party_size",
        "people": "party_size",
        "duration_minutes": "duration",
    }

    date = ServiceDateField()
    party_size = PartySize()
    time = WallTimeField(required=False)
    duration = Minutes(required=False)
    booking_type = OneOf(BOOKING_TYPES, sentence="Send regular or sunday_lunch.", required=False)
    restaurant = PublicIdField("rest", required=False)


class CustomerFields(HintingSerializer):
    """Who books."""

    hints: ClassVar[dict[str, str]] = {
        "name": "first_name and last_name",
        "full_name": "first_name and last_name",
        "firstname": "first_name",
        "lastname": "last_name",
        "surname": "last_name",
        "phone": "mobile_number",
        "phone_number": "mobile_number",
        "mobile": "mobile_number",
        "sms_consent": "sms_opt_in",
    }

    first_name = _name("First name")
    last_name = _name("Last name")
    mobile_number = PersonText(
        max_length=30,
        error_messages={
            "required": "Mobile number is required",
            "blank": "Mobile number is required",
        },
    )
    email = EmailAddress(required=False, allow_null=True, allow_blank=True)
    sms_opt_in = YesNo(required=False, default=False, allow_null=True)


class TableBookingRequest(HintingSerializer):
    """A new booking."""

    hints: ClassVar[dict[str, str]] = {
        "occasion": "celebration_type",
        "celebration": "celebration_type",
        "special_requests": "special_requirements",
        "notes": "special_requirements",
        "duration": "duration_minutes",
        "guests": "party_size",
        "covers": "party_size",
        "people": "party_size",
        "type": "booking_type",
        "dietary": "dietary_requirements",
        "dietary_needs": "dietary_requirements",
        "allergens": "allergies",
        "first_name": "customer.first_name",
        "last_name": "customer.last_name",
        "mobile_number": "customer.mobile_number",
        "email": "customer.email",
        "name": "customer.first_name and customer.last_name",
    }

    booking_type = OneOf(BOOKING_TYPES, sentence="Send regular.")
    date = ServiceDateField()
    time = WallTimeField()
    customer = CustomerFields()
    party_size = PartySize()
    duration_minutes = Minutes(required=False, allow_null=True)
    special_requirements = PersonText(
        max_length=500, multiline=True, required=False, allow_null=True, allow_blank=True
    )
    dietary_requirements = _wishes('["vegetarian", "vegan"]')
    allergies = _wishes('["nuts", "shellfish"]')
    celebration_type = PersonText(max_length=60, required=False, allow_null=True, allow_blank=True)
    source = PersonText(  # type: ignore[assignment]
        max_length=30, required=False, allow_null=True, allow_blank=True
    )
    menu_selections = ListOf(AnyJson(), required=False, help_text="For Sunday lunch only")
    restaurant = PublicIdField("rest", required=False)


class BookingQuery(StrictSerializer):
    """Proof that the caller speaks for the guest, where no header has it."""

    customer_phone = PersonText(max_length=30, required=False)
    customer_email = EmailAddress(required=False)
    restaurant = PublicIdField("rest", required=False)


class UpdateFields(HintingSerializer):
    """What should be different."""

    hints: ClassVar[dict[str, str]] = TableBookingRequest.hints

    date = ServiceDateField(required=False)
    time = WallTimeField(required=False)
    party_size = PartySize(required=False)
    duration_minutes = Minutes(required=False)
    special_requirements = PersonText(
        max_length=500, multiline=True, required=False, allow_blank=True
    )


class UpdateRequest(StrictSerializer):
    """Proof, and what should be different."""

    customer_phone = PersonText(max_length=30, required=False)
    customer_email = EmailAddress(required=False)
    updates = UpdateFields()


class CancelRequest(StrictSerializer):
    """Proof, and why."""

    customer_phone = PersonText(max_length=30, required=False)
    customer_email = EmailAddress(required=False)
    reason = PersonText(max_length=500, multiline=True, required=False, allow_blank=True)


class PageQuery(HintingSerializer):
    """Which part of a list."""

    hints: ClassVar[dict[str, str]] = {"per_page": "limit", "offset": "page"}

    page = WholeNumber(min_value=1, max_value=MOST_PAGES, default=1)
    limit = WholeNumber(min_value=1, max_value=MOST_ROWS, default=20)
    restaurant = PublicIdField("rest", required=False)


class SearchQuery(PageQuery):
    """Which bookings."""

    date_from = ServiceDateField(required=False)
    date_to = ServiceDateField(required=False)
    status = OneOf(STATUSES, sentence=f"Send one of {', '.join(STATUSES)}.", required=False)
    booking_type = OneOf(BOOKING_TYPES, sentence="Send regular or sunday_lunch.", required=False)
    search = PersonText(max_length=100, required=False)


# --- Answers, for the schema ---------------------------------------------------------------------


class TimesResponse(serializers.Serializer[Any]):
    """The times of a day, or one of them."""

    success = serializers.BooleanField()
    data = serializers.DictField(  # type: ignore[assignment]
        child=serializers.JSONField()
    )


class BookedDetails(serializers.Serializer[Any]):
    """What was booked."""

    date = serializers.CharField()
    time = serializers.CharField()
    party_size = serializers.IntegerField()
    duration_minutes = serializers.IntegerField()
    special_requirements = serializers.CharField(allow_null=True)
    occasion = serializers.CharField(allow_null=True)


class PaymentQuery(HintingSerializer):
    """Whose payment page."""

    booking_id = PublicIdField("res")


class PaymentDetails(serializers.Serializer[Any]):
    """What is to be paid before the booking stands."""

    amount = serializers.FloatField()
    deposit_amount = serializers.FloatField(help_text="The same")
    total_amount = serializers.FloatField(help_text="As far as it is known in advance")
    outstanding_amount = serializers.FloatField(help_text="Of the total, due on arrival")
    currency = serializers.CharField()
    payment_url = serializers.CharField(help_text="Send the guest's browser there")
    expires_at = serializers.CharField(help_text="In UTC; then the table is free again")


class Booked(serializers.Serializer[Any]):
    """A new booking."""

    booking_id = serializers.CharField()
    booking_reference = serializers.CharField(help_text="Such as TB-2026-1234")
    status = serializers.CharField(
        help_text="confirmed, pending while the house decides, or pending_payment"
    )
    customer_id = serializers.CharField(allow_null=True)
    booking_details = BookedDetails()
    confirmation_sent = serializers.BooleanField(help_text="An e-mail or a text is on its way")
    sms_status = serializers.ChoiceField(
        ["not_sent", "queued", "sent", "delivered", "failed", "unknown"],
        help_text="Of the text to the guest: of a guest with a number only, or with sms_opt_in",
    )
    payment_required = serializers.BooleanField(
        required=False, help_text="Only, and true, with pending_payment"
    )
    payment_details = PaymentDetails(required=False)


class BookedResponse(serializers.Serializer[Any]):
    """A new booking, in the envelope."""

    success = serializers.BooleanField()
    data = Booked()  # type: ignore[assignment]


class CancellationPolicy(serializers.Serializer[Any]):
    """Until when what comes back."""

    full_refund_until = serializers.CharField(allow_null=True)
    partial_refund_until = serializers.CharField(allow_null=True)
    refund_percentage = serializers.IntegerField()


class TableBooking(serializers.Serializer[Any]):
    """One booking as its guest sees it."""

    id = serializers.CharField()
    reference = serializers.CharField()
    status = serializers.CharField()
    date = serializers.CharField()
    time = serializers.CharField()
    party_size = serializers.IntegerField()
    customer_name = serializers.CharField()
    special_requirements = serializers.CharField(allow_null=True)
    dietary_requirements = serializers.ListField(child=serializers.CharField())
    allergies = serializers.ListField(child=serializers.CharField())
    can_cancel = serializers.BooleanField()
    cancellation_policy = CancellationPolicy()


class TableBookingResponse(serializers.Serializer[Any]):
    """One booking."""

    booking = TableBooking()


class UpdatedBooking(serializers.Serializer[Any]):
    """What became of a change."""

    reference = serializers.CharField()
    status = serializers.CharField()
    updates_applied = serializers.BooleanField()


class UpdatedResponse(serializers.Serializer[Any]):
    """A changed booking."""

    booking = UpdatedBooking()


class RefundDetails(serializers.Serializer[Any]):
    """What goes back."""

    eligible = serializers.BooleanField()
    amount = serializers.FloatField()
    processing_time = serializers.CharField(allow_null=True)


class CancelledResponse(serializers.Serializer[Any]):
    """A cancelled booking."""

    booking_id = serializers.CharField()
    status = serializers.CharField()
    refund_details = RefundDetails()


class ListedBooking(serializers.Serializer[Any]):
    """One booking of a list."""

    booking_id = serializers.CharField()
    booking_reference = serializers.CharField()
    customer_name = serializers.CharField()
    date = serializers.CharField()
    time = serializers.CharField()
    party_size = serializers.IntegerField()
    status = serializers.CharField()
    booking_type = serializers.CharField()


class Pagination(serializers.Serializer[Any]):
    """Where a list stands."""

    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    total = serializers.IntegerField()
    total_pages = serializers.IntegerField()


class SearchResponse(serializers.Serializer[Any]):
    """A page of bookings."""

    bookings = ListedBooking(many=True)
    pagination = Pagination()
