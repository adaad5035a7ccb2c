"""The floor: rooms, tables and the tables that may be pushed together."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
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
    is_active = models.BooleanField(
        default=True,
        help_text="Unset when it is out of use. A floor plan may say otherwise on its days.",
    )
    shape = models.CharField(max_length=7, choices=Shape.choices, default=Shape.SQUARE)
    x = models.FloatField(
        default=0, help_text="Left edge in the room, in centimetres, before it is turned."
    )
    y = models.FloatField(default=0)
    width = models.FloatField(default=80)
    height = models.FloatField(default=80)
    rotation = models.SmallIntegerField(default=0, help_text="Degrees clockwise, about its middle.")

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


class FloorPlan(models.Model):
    """Another arrangement of the tables on some days: summer, brunch, a banquet.

    The tables' own positions are the standard plan; this one holds on the dates and weekdays it
    names. Where several hold on a date, the first by ``position`` counts.
    """

    public_id = PublicIdField("floor")
    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="floor_plans")
    name = models.CharField(max_length=60)
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        blank=True,
        help_text="Monday is 0; none is every day.",
    )
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="The first that holds counts.")
    is_active = models.BooleanField(default=True, help_text="Unset while it is being drawn.")

    class Meta:
        ordering = ["restaurant", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["restaurant", "name"], name="floor_plan_name_once"),
            models.CheckConstraint(
                condition=models.Q(weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]),
                name="floor_plan_weekdays",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from=None)
                | models.Q(valid_until=None)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="floor_plan_dates",
            ),
            models.CheckConstraint(
                condition=models.Q(is_active=False)
                | models.Q(weekdays__len__gt=0)
                | models.Q(valid_from__isnull=False)
                | models.Q(valid_until__isnull=False),
                name="floor_plan_has_days",
                violation_error_message="A plan that holds on every day is the standard one.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TablePlacement(models.Model):
    """Where a table stands in a floor plan, and whether it is used there.

    A table without one stands as in the standard plan.
    """

    plan = models.ForeignKey(FloorPlan, on_delete=models.CASCADE, related_name="placements")
    table = models.ForeignKey(DiningTable, on_delete=models.CASCADE, related_name="placements")
    in_use = models.BooleanField(default=True)
    x = models.FloatField()
    y = models.FloatField()
    rotation = models.SmallIntegerField(default=0)

    class Meta:
        ordering = ["plan", "id"]
        constraints = [models.UniqueConstraint(fields=["plan", "table"], name="placement_once")]

    def __str__(self) -> str:
        return f"{self.table_id} in {self.plan_id}"


class FloorFixture(models.Model):
    """What stands in a room besides tables, so that people recognise it: a wall, the bar, a door.

    Drawn only; nothing about bookings follows from it.
    """

    class Kind(models.TextChoices):
        """What it is."""

        WALL = "wall", "Wall"
        BAR = "bar", "Bar"
        DOOR = "door", "Door"
        TEXT = "text", "Text"

    room = models.ForeignKey(DiningRoom, on_delete=models.CASCADE, related_name="fixtures")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    label = models.CharField(max_length=40, blank=True)
    x = models.FloatField()
    y = models.FloatField()
    width = models.FloatField()
    height = models.FloatField()
    rotation = models.SmallIntegerField(default=0)

    class Meta:
        ordering = ["room", "id"]

    def __str__(self) -> str:
        return self.label or self.get_kind_display()


class FloorSave(models.Model):
    """The last save of a house's floor: what was there before, so that it can be undone."""

    restaurant = models.OneToOneField(
        Restaurant, on_delete=models.CASCADE, related_name="floor_save"
    )
    before = models.JSONField(encoder=DjangoJSONEncoder)
    digest = models.CharField(max_length=32, help_text="Of the floor as it was saved.")
    saved_at = models.DateTimeField()
    saved_by = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return f"{self.restaurant_id} {self.saved_at:%Y-%m-%d %H:%M}"
