"""Where bookings come from: what each source told, its secret, and what it sent."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from core.ids import PublicIdField
from core.secrets import SecretField
from reservations.engine.sources import LONGEST_SOURCE
from reservations.models.reservation import Reservation
from restaurants.models import Restaurant

LONGEST_EXTERNAL_ID = 80
LONGEST_REQUEST_KEY = 40


def _source() -> models.CharField[str, str]:
    return models.CharField(max_length=LONGEST_SOURCE, help_text="Such as opentable")


class SourceRecord(models.Model):
    """What one source told of one booking, as it told it.

    Several records of one reservation are one visit that arrived from several sources: the
    primary one's data stand in the reservation, the others are kept beside it. A record without
    a reservation remembers a cancellation that arrived before its booking.
    """

    class Status(models.TextChoices):
        """Whether its source still expects the guest."""

        LIVE = "live", "Booked"
        CANCELLED = "cancelled", "Cancelled by its source"

    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reservation = models.ForeignKey(
        Reservation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="source_records",
    )
    source = _source()
    external_id = models.CharField(
        max_length=LONGEST_EXTERNAL_ID, blank=True, help_text="Its id at the source"
    )
    request_key = models.CharField(
        max_length=LONGEST_REQUEST_KEY, blank=True, help_text="Of the request that told it"
    )
    is_test = models.BooleanField(default=False)
    is_primary = models.BooleanField(default=False, help_text="Its data stand in the reservation.")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.LIVE)
    guest_name = models.CharField(max_length=120, blank=True)
    guest_email = models.EmailField(max_length=254, blank=True)
    guest_phone = models.CharField(max_length=20, blank=True)
    service_date = models.DateField(null=True, blank=True)
    time = models.CharField(max_length=5, blank=True)
    party_size = models.PositiveIntegerField(null=True, blank=True)
    special_requests = models.TextField(blank=True)
    metadata = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    commission = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    partner_fee = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    told_at = models.DateTimeField(
        null=True, blank=True, help_text="By the source's clock: what is older is out of date."
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "source", "external_id", "is_test"],
                condition=~Q(external_id=""),
                name="source_record_once",
            ),
            models.UniqueConstraint(
                fields=["request_key"],
                condition=~Q(request_key=""),
                name="source_record_request_once",
            ),
            models.UniqueConstraint(
                fields=["reservation"], condition=Q(is_primary=True), name="source_record_primary"
            ),
            models.CheckConstraint(
                condition=Q(reservation__isnull=False) | Q(is_primary=False, status="cancelled"),
                name="source_record_of_nothing",
            ),
            models.CheckConstraint(
                condition=Q(source__regex=r"^[a-z0-9][a-z0-9_-]*$"), name="source_record_source"
            ),
        ]
        indexes = [
            models.Index(
                fields=["service_date"],
                condition=Q(is_primary=True, status="live", is_test=False),
                name="source_record_expected",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.external_id}".strip()


class SourceSecret(models.Model):
    """The secret with which a source signs what it sends to one restaurant.

    Encrypted at rest. During a rotation two of them are good, until the old one's time is over.
    """

    public_id = PublicIdField("whs")
    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.CASCADE, related_name="source_secrets"
    )
    source = _source()
    is_test = models.BooleanField(default=False, help_text="What it signs are test bookings.")
    secret = SecretField(editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Set by a rotation.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["source", "-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(source__regex=r"^[a-z0-9][a-z0-9_-]*$"), name="source_secret_source"
            ),
        ]
        indexes = [
            models.Index(
                fields=["source"], condition=Q(revoked_at=None), name="source_secret_in_use"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.public_id}"


class InboundDelivery(models.Model):
    """One message of a source, with its raw bytes; stored only after its signature was right."""

    class Outcome(models.TextChoices):
        """What became of it."""

        APPLIED = "applied", "Applied"
        STALE = "stale", "Out of date: something newer was there"
        REFUSED = "refused", "Refused: tried again when it is sent again"

    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    source = _source()
    delivery_id = models.CharField(max_length=200)
    event = models.CharField(max_length=40, blank=True)
    body = models.BinaryField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    error = models.CharField(max_length=60, blank=True, help_text="Code of the refusal")
    reservation = models.ForeignKey(
        Reservation, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "inbound deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "source", "delivery_id"], name="inbound_delivery_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.delivery_id}"
