"""Guests who would come if a table came free."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from core.ids import PublicIdField
from reservations.models.links import TokenFields
from restaurants.models import Restaurant

LIVE_WAITS = ["waiting", "offered"]


class WaitlistEntry(TokenFields):
    """One party that wants a table on a date that had none for it.

    One live entry per restaurant, date and address or number. The nonce makes the link by which
    the guest leaves the list.
    """

    class Status(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", "Waiting"
        OFFERED = "offered", "A table was offered"
        BOOKED = "booked", "Booked"
        CANCELLED = "cancelled", "Left the list"
        EXPIRED = "expired", "The date has passed"

    public_id = PublicIdField("wait")
    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.PROTECT, related_name="waitlist", db_index=False
    )
    service_date = models.DateField()
    earliest = models.TimeField(help_text="On the restaurant's clock")
    latest = models.TimeField(help_text="Before the earliest: after midnight")
    party_size = models.PositiveIntegerField()
    step_free = models.BooleanField(default=False)
    name = models.CharField(max_length=120)
    email = models.EmailField(max_length=254, blank=True, help_text="In lower case")
    phone = models.CharField(max_length=20, blank=True, help_text="E.164, such as +12125550123")
    language = models.CharField(max_length=10)
    source = models.CharField(max_length=30, default="website")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    lapsed_offers = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="Offers it did not answer: it comes after those who have had none",
    )
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When a table was looked for")
    verdict = models.CharField(
        max_length=20, blank=True, db_default="", help_text="What came of it; a code"
    )
    verdict_facts = models.JSONField(default=dict, db_default={}, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["service_date", "created_at"]
        verbose_name_plural = "waitlist entries"
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "service_date", "email"],
                condition=Q(status__in=LIVE_WAITS) & ~Q(email=""),
                name="wait_once_per_email",
            ),
            models.UniqueConstraint(
                fields=["restaurant", "service_date", "phone"],
                condition=Q(status__in=LIVE_WAITS) & ~Q(phone=""),
                name="wait_once_per_phone",
            ),
            models.CheckConstraint(condition=~Q(email="") | ~Q(phone=""), name="wait_contact"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="wait_email_lower_case"),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__startswith="+"), name="wait_phone_e164"
            ),
            models.CheckConstraint(condition=Q(party_size__gte=1), name="wait_party"),
        ]
        indexes = [
            models.Index(
                fields=["service_date"], condition=Q(status__in=LIVE_WAITS), name="wait_live"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.service_date} for {self.party_size} ({self.status})"
