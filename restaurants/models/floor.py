"""The floor: rooms, tables and the tables that may be pushed together."""

from __future__ import annotations

from django.db import models

from core.ids import PublicIdField
from restaurants.models.venue import Restaurant


class DiningRoom(models.Model):
    """A room or area guests can ask for: main room, terrace, bar."""

    public_id = PublicIdField("room")
    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="rooms")
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order in lists.")
    private_hire = models.BooleanField(
        default=False, db_default=False, help_text="Can be hired as a whole."
    )

    class Meta:
        ordering = ["restaurant", "position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["restaurant", "name"], name="room_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class DiningTable(models.Model):
    """One table: whom it seats, where it stands, who may be given it."""

    class Shape(models.TextChoices):
        """How it is drawn."""

        SQUARE = "square", "Square"
        ROUND = "round", "Round"
        LONG = "long", "Long"
        COUNTER = "counter", "Counter"

    class Access(models.TextChoices):
        """Who may be given it."""

        ONLINE = "online", "Online and in-house"
        IN_HOUSE = "in_house", "In-house only (staff, telephone)"
        WALK_IN = "walk_in", "Walk-ins only"

    public_id = PublicIdField("tbl")
    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="tables")
    room = models.ForeignKey(DiningRoom, on_delete=models.PROTECT, related_name="tables")
    label = models.CharField(max_length=10, help_text="The number on the floor plan.")
    min_seats = models.PositiveSmallIntegerField(default=1, help_text="Smallest party for it.")
    max_seats = models.PositiveSmallIntegerField()
    access = models.CharField(max_length=8, choices=Access.choices, default=Access.ONLINE)
    step_free = models.BooleanField(default=False, help_text="Reached without steps.")
    priority = models.SmallIntegerField(default=0, help_text="Higher is given away first.")
    is_active = models.BooleanField(default=True, help_text="Unset when it is out of use.")
    shape = models.CharField(max_length=7, choices=Shape.choices, default=Shape.SQUARE)
    x = models.FloatField(default=0, help_text="Position on the plan, in centimetres.")
    y = models.FloatField(default=0)
    width = models.FloatField(default=80)
    height = models.FloatField(default=80)
    rotation = models.SmallIntegerField(default=0, help_text="Degrees.")

    class Meta:
        ordering = ["restaurant", "label"]
        constraints = [
            models.UniqueConstraint(fields=["restaurant", "label"], name="table_label_once"),
            models.CheckConstraint(
                condition=models.Q(min_seats__gte=1, max_seats__gte=models.F("min_seats")),
                name="table_seat_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.min_seats}–{self.max_seats})"


class TableCombination(models.Model):
    """Tables that may be pushed together, and the parties that makes room for."""

    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.CASCADE, related_name="combinations"
    )
    tables = models.ManyToManyField(DiningTable, related_name="combinations")
    min_seats = models.PositiveSmallIntegerField()
    max_seats = models.PositiveSmallIntegerField()
    priority = models.SmallIntegerField(default=0, help_text="Higher is given away first.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["restaurant", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(min_seats__gte=1, max_seats__gte=models.F("min_seats")),
                name="combination_seat_range",
            ),
        ]

    def __str__(self) -> str:
        return f"Combination {self.pk} ({self.min_seats}–{self.max_seats})"
