"""Tables that came free and were offered to who waits, and the work of looking for them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from core.ids import PublicIdField
from reservations.models.hold import Hold
from reservations.models.waitlist import WaitlistEntry
from restaurants.models import Restaurant

OPEN_OFFERS = ["open", "accepted"]
"""Statuses in which the table is kept for who was asked."""


class WaitOffer(models.Model):
    """One table kept for one party of the waitlist, for a quarter of an hour.

    Its hold keeps the table in the ledger, so no two offers can be of one table. The hold is the
    truth: the offer is over when the hold is, and was taken when the hold became a booking.
    """

    class Status(models.TextChoices):
        """What became of it."""

        OPEN = "open", "Waits for an answer"
        ACCEPTED = "accepted", "The guest is booking it"
        BOOKED = "booked", "Booked"
        DECLINED = "declined", "The guest did not want it"
        LAPSED = "lapsed", "Nobody answered in time"

    public_id = PublicIdField("offer")
    entry = models.ForeignKey(WaitlistEntry, on_delete=models.PROTECT, related_name="offers")
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="wait_offer")
    starts_at = models.DateTimeField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.OPEN)
    why = models.JSONField(default=dict, help_text="Why this party, and who was passed over")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="To be answered until then")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=Q(status__in=OPEN_OFFERS), name="offer_one_open"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="offer_range"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} ({self.status})"


class WaitLook(models.Model):
    """A date on which a table may have come free, to be looked at; gone when that was done."""

    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    service_date = models.DateField()
    since = models.DateTimeField()

    class Meta:
        ordering = ["since", "id"]
        constraints = [
            models.UniqueConstraint(fields=["restaurant", "service_date"], name="wait_look_once")
        ]

    def __str__(self) -> str:
        return f"{self.restaurant_id} {self.service_date}"


class WaitFeedPlace(models.Model):
    """How far the audit trail was read for tables that came free; a single row."""

    only = models.BooleanField(primary_key=True, default=True)
    xid = models.BigIntegerField()
    entry_id = models.BigIntegerField()
    highest = models.BigIntegerField()
    floor = models.BigIntegerField(default=0)
    cluster = models.CharField(max_length=30, blank=True)
    ceiling = models.BigIntegerField(default=0)
    after = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(only=True), name="wait_feed_has_one_place")
        ]

    def __str__(self) -> str:
        return f"after {self.xid}/{self.entry_id}"
