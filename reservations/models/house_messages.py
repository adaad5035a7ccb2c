"""What guests write to the house about a booking."""

from __future__ import annotations

from django.db import models

from core.ids import PublicIdField
from reservations.models.reservation import Reservation
from restaurants.models import Restaurant

LONGEST_MESSAGE = 1000


class HouseMessage(models.Model):
    """One note from a guest, until somebody of the house has read it."""

    public_id = PublicIdField("note")
    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reservation = models.ForeignKey(
        Reservation, on_delete=models.PROTECT, related_name="house_messages"
    )
    text = models.CharField(max_length=LONGEST_MESSAGE)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=""), name="house_message_has_text")
        ]
        indexes = [
            models.Index(
                fields=["restaurant", "created_at"],
                condition=models.Q(read_at__isnull=True),
                name="house_message_unread",
            )
        ]

    def __str__(self) -> str:
        return f"{self.public_id} about reservation {self.reservation_id}"
