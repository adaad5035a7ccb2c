"""When the house is open: regular hours of venue and kitchen, special days, closures."""

from __future__ import annotations

from django.db import models

from restaurants.models.floor import DiningRoom, DiningTable
from restaurants.models.venue import Restaurant


class Weekday(models.IntegerChoices):
    """Monday is 0, as in :meth:`datetime.date.weekday`."""

    MONDAY = 0, "Monday"
    TUESDAY = 1, "Tuesday"
    WEDNESDAY = 2, "Wednesday"
    THURSDAY = 3, "Thursday"
    FRIDAY = 4, "Friday"
    SATURDAY = 5, "Saturday"
    SUNDAY = 6, "Sunday"


class OpeningHours(models.Model):
    """One stretch of regular opening. Closing at or before opening means after midnight."""

    class Part(models.TextChoices):
        """Of what."""

        VENUE = "venue", "Venue"
        KITCHEN = "kitchen", "Kitchen"

    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.CASCADE, related_name="opening_hours"
    )
    part = models.CharField(max_length=7, choices=Part.choices, default=Part.VENUE)
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices)
    opens = models.TimeField()
    closes = models.TimeField(help_text="At or before the opening time: the next morning.")

    class Meta:
        ordering = ["restaurant", "part", "weekday", "opens"]
        verbose_name_plural = "opening hours"
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "part", "weekday", "opens"], name="opening_hours_once"
            ),
            models.CheckConstraint(
                condition=models.Q(weekday__range=(0, 6)), name="opening_hours_weekday"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class SpecialDay(models.Model):
    """A date with its own hours: a holiday, a late night, a day without kitchen."""

    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.CASCADE, related_name="special_days"
    )
    date = models.DateField()
    is_closed = models.BooleanField(default=False)
    opens = models.TimeField(null=True, blank=True)
    closes = models.TimeField(null=True, blank=True)
    kitchen_closed = models.BooleanField(default=False)
    kitchen_opens = models.TimeField(
        null=True, blank=True, help_text="Empty: the kitchen keeps the day's own hours."
    )
    kitchen_closes = models.TimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True, help_text="Shown to guests.")

    class Meta:
        ordering = ["restaurant", "date"]
        constraints = [
            models.UniqueConstraint(fields=["restaurant", "date"], name="special_day_once"),
            models.CheckConstraint(
                condition=models.Q(opens__isnull=True, closes__isnull=True)
                | models.Q(opens__isnull=False, closes__isnull=False),
                name="special_day_both_times",
            ),
            models.CheckConstraint(
                condition=models.Q(kitchen_opens__isnull=True, kitchen_closes__isnull=True)
                | models.Q(
                    kitchen_opens__isnull=False,
                    kitchen_closes__isnull=False,
                    kitchen_closed=False,
                ),
                name="special_day_kitchen_times",
                violation_error_message=(
                    "A kitchen that is closed has no hours, and one with hours has both."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.note}".strip()


class Closure(models.Model):
    """No slot starts between these instants: a slot, a day, or 'from now on'.

    One of a single table keeps parties from it for the whole stretch instead.
    """

    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="closures")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    service = models.ForeignKey(
        "restaurants.DiningService", on_delete=models.CASCADE, null=True, blank=True
    )
    room = models.ForeignKey(DiningRoom, on_delete=models.CASCADE, null=True, blank=True)
    table = models.ForeignKey(
        DiningTable, on_delete=models.CASCADE, null=True, blank=True, related_name="closures"
    )
    online_only = models.BooleanField(default=False, help_text="Staff may still book.")
    note = models.CharField(max_length=200, blank=True, help_text="Shown to guests.")
    pauses = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="The service date whose online booking staff paused by it, at the host stand.",
    )

    class Meta:
        ordering = ["restaurant", "-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="closure_range"
            ),
            models.CheckConstraint(
                condition=models.Q(table=None)
                | models.Q(service=None, room=None, online_only=False),
                name="closure_of_a_table",
                violation_error_message="A table is closed for everybody and every service.",
            ),
        ]

    def __str__(self) -> str:
        starts, ends = (at.astimezone(self.restaurant.tz) for at in (self.starts_at, self.ends_at))
        return f"{starts:%Y-%m-%d %H:%M}–{ends:%H:%M} {self.note}".strip()


class PacingCap(models.Model):
    """For a short while fewer guests may arrive per quarter of an hour than the services allow.

    Set at the host stand when kitchen or floor are behind. It binds slots that start within it,
    of every service, besides their own limits; what is booked already stays.
    """

    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="caps")
    service_date = models.DateField(help_text="The date it was set for.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    covers = models.PositiveSmallIntegerField(
        help_text="Most guests arriving per quarter of an hour."
    )
    online_only = models.BooleanField(default=True, help_text="Staff may still book more.")

    class Meta:
        ordering = ["restaurant", "-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="cap_range"
            )
        ]

    def __str__(self) -> str:
        return f"{self.covers} per quarter, {self.starts_at:%Y-%m-%d %H:%M}–{self.ends_at:%H:%M}"
