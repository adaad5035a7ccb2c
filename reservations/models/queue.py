"""Parties at the door that wait for a table, without a booking."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from core.ids import PublicIdField
from reservations.models.links import TokenFields
from reservations.models.reservation import Reservation
from restaurants.models import DiningRoom, Restaurant

LIVE_QUEUE = ["waiting", "called", "coming"]
"""Statuses of a party that still waits."""


class QueueEntry(TokenFields):
    """One party of the walk-in queue of a service date.

    ``promised_at`` is when it was told that its table would be ready: what is counted down, and
    what an overrun is measured by. The version is the database's, as that of a reservation is.
    """

    class Status(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", "Waits"
        CALLED = "called", "Was told that its table is ready"
        COMING = "coming", "Said that it comes to its table"
        SEATED = "seated", "Seated"
        LEFT = "left", "Left"
        NO_ANSWER = "no_answer", "Did not answer"

    public_id = PublicIdField("queue")
    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.PROTECT, related_name="queue", db_index=False
    )
    service_date = models.DateField()
    name = models.CharField(max_length=120)
    party_size = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    phone = models.CharField(max_length=20, blank=True, help_text="E.164, such as +12125550123")
    email = models.EmailField(max_length=254, blank=True, help_text="In lower case")
    language = models.CharField(max_length=10)
    room = models.ForeignKey(
        DiningRoom,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="Where it would like to sit",
    )
    step_free = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    quoted_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="What it was told; empty: nothing"
    )
    promised_at = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField()
    called_at = models.DateTimeField(null=True, blank=True)
    keep_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then its table is kept"
    )
    answered_at = models.DateTimeField(null=True, blank=True, help_text="When the guest answered")
    closed_at = models.DateTimeField(null=True, blank=True)
    reservation = models.ForeignKey(
        Reservation, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["restaurant", "service_date", "joined_at", "id"]
        verbose_name_plural = "queue entries"
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "service_date", "phone"],
                condition=Q(status__in=LIVE_QUEUE) & ~Q(phone=""),
                name="queue_once_per_phone",
            ),
            models.CheckConstraint(condition=Q(party_size__gte=1), name="queue_party"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="queue_email_lower"),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__startswith="+"), name="queue_phone_e164"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["called", "coming"]) | Q(called_at__isnull=False),
                name="queue_called_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["restaurant", "service_date"],
                condition=Q(status__in=LIVE_QUEUE),
                name="queue_live_of_day",
            ),
            models.Index(
                fields=["restaurant", "phone"],
                condition=Q(status__in=LIVE_QUEUE) & ~Q(phone=""),
                name="queue_live_by_phone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.service_date} for {self.party_size} ({self.status})"
