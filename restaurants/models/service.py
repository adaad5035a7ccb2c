"""Dining services (Lunch, Dinner, Brunch), turn times and offers."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.ids import PublicIdField
from restaurants.models.floor import DiningRoom
from restaurants.models.hours import Weekday
from restaurants.models.venue import Restaurant


class DiningService(models.Model):
    """When guests may sit down, for how long, and how many at once.

    It runs on ``weekdays`` or on one ``date``; several may run on one day. A last seating
    before the first one is after midnight and belongs to the evening before.
    """

    public_id = PublicIdField("serv")
    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="services")
    name = models.CharField(max_length=60)
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(choices=Weekday.choices), default=list, blank=True
    )
    date = models.DateField(null=True, blank=True, help_text="Instead of weekdays: this day only.")
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    first_seating = models.TimeField()
    last_seating = models.TimeField(help_text="Before the first seating: after midnight.")
    slot_minutes = models.PositiveSmallIntegerField(default=30, help_text="A slot every … minutes.")
    min_party = models.PositiveSmallIntegerField(default=1)
    max_party = models.PositiveSmallIntegerField(null=True, blank=True)
    max_covers = models.PositiveIntegerField(
        null=True, blank=True, help_text="Most guests in the whole service; empty is no limit."
    )
    slot_covers = models.PositiveIntegerField(
        null=True, blank=True, help_text="Pacing: most guests arriving per quarter of an hour."
    )
    slot_parties = models.PositiveIntegerField(
        null=True, blank=True, help_text="Pacing: most parties arriving per quarter of an hour."
    )
    online_slot_covers = models.PositiveIntegerField(
        null=True, blank=True, help_text="As above, for online bookings alone."
    )
    online_slot_parties = models.PositiveIntegerField(null=True, blank=True)
    rooms = models.ManyToManyField(
        DiningRoom, blank=True, related_name="services", help_text="None chosen: all rooms."
    )
    requires_prepayment = models.BooleanField(default=False)
    auto_confirm = models.BooleanField(default=True, help_text="Unset: staff accept each booking.")
    is_private = models.BooleanField(default=False, help_text="Never offered to the public.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["restaurant", "first_seating"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(slot_minutes__range=(5, 240)), name="service_slot_minutes"
            ),
            models.CheckConstraint(
                condition=models.Q(min_party__gte=1)
                & (models.Q(max_party=None) | models.Q(max_party__gte=models.F("min_party"))),
                name="service_party_range",
            ),
            models.CheckConstraint(
                condition=models.Q(date=None, weekdays__len__gt=0)
                | models.Q(date__isnull=False, weekdays__len=0),
                name="service_weekdays_or_date",
            ),
            models.CheckConstraint(
                condition=models.Q(weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]),
                name="service_weekdays_valid",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from=None)
                | models.Q(valid_until=None)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="service_validity_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PacingStep(models.Model):
    """A quarter of an hour of a service with limits of its own; empty is the service's limit.

    ``at`` is a reading of the clock at a quarter; before the first seating it is after midnight.
    """

    service = models.ForeignKey(DiningService, on_delete=models.CASCADE, related_name="pacing")
    at = models.TimeField()
    slot_covers = models.PositiveIntegerField(null=True, blank=True)
    slot_parties = models.PositiveIntegerField(null=True, blank=True)
    online_slot_covers = models.PositiveIntegerField(null=True, blank=True)
    online_slot_parties = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["service", "at"]
        constraints = [
            models.UniqueConstraint(fields=["service", "at"], name="pacing_step_once"),
            models.CheckConstraint(
                condition=models.Q(at__minute__in=[0, 15, 30, 45]), name="pacing_step_quarter"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%H:%M}"


class TurnTime(models.Model):
    """How long parties of up to ``up_to`` guests keep a table, for one service or all of them."""

    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="turn_times")
    service = models.ForeignKey(
        DiningService,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="turn_times",
        help_text="Empty: every service without its own.",
    )
    up_to = models.PositiveSmallIntegerField("party up to")
    minutes = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["restaurant", "service", "up_to"]
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "service", "up_to"],
                nulls_distinct=False,
                name="turn_time_once",
            ),
            models.CheckConstraint(
                condition=models.Q(minutes__range=(15, 720), up_to__gte=1), name="turn_time_range"
            ),
        ]

    def __str__(self) -> str:
        return f"up to {self.up_to}: {self.minutes} min"


class Offer(models.Model):
    """A promotion or a bookable offer: a menu, a price, an occasion."""

    public_id = PublicIdField("offer")
    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="offers")
    services = models.ManyToManyField(
        DiningService, blank=True, related_name="offers", help_text="None chosen: every service."
    )
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    is_bookable = models.BooleanField(default=True, help_text="Guests can choose it when booking.")
    price = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    per_person = models.BooleanField(default=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["restaurant", "name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price=None) | models.Q(price__gte=0), name="offer_price"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from=None)
                | models.Q(valid_until=None)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="offer_validity_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name
