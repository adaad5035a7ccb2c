"""What a house offers besides tables: cheaper hours at the bar, and hours that change by season."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from restaurants.models.hours import Weekday
from restaurants.models.venue import Restaurant


class HappyHour(models.Model):
    """When the bar is cheaper. Told to guests; nothing about bookings follows from it."""

    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="happy_hours")
    weekdays = ArrayField(models.PositiveSmallIntegerField(choices=Weekday.choices))
    starts = models.TimeField()
    ends = models.TimeField(help_text="At or before the start: the next morning.")

    class Meta:
        ordering = ["restaurant", "starts", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(weekdays__len__gt=0)
                & models.Q(weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]),
                name="happy_hour_weekdays",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts:%H:%M}–{self.ends:%H:%M}"


class Month(models.IntegerChoices):
    """January is 1, as in :class:`datetime.date`."""

    JANUARY = 1, "January"
    FEBRUARY = 2, "February"
    MARCH = 3, "March"
    APRIL = 4, "April"
    MAY = 5, "May"
    JUNE = 6, "June"
    JULY = 7, "July"
    AUGUST = 8, "August"
    SEPTEMBER = 9, "September"
    OCTOBER = 10, "October"
    NOVEMBER = 11, "November"
    DECEMBER = 12, "December"


class SeasonalHours(models.Model):
    """What changes in some months of every year, in words: "Garden open until 23:00".

    Told to guests; the hours that decide about bookings are opening hours and special days.
    """

    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="seasons")
    name = models.CharField(max_length=60, help_text="Such as Summer hours.")
    first_month = models.PositiveSmallIntegerField(choices=Month.choices)
    last_month = models.PositiveSmallIntegerField(
        choices=Month.choices, help_text="Before the first: into the next year."
    )
    changes = models.CharField(max_length=200, help_text="Shown to guests.")

    class Meta:
        ordering = ["restaurant", "first_month", "id"]
        verbose_name_plural = "seasonal hours"
        constraints = [
            models.UniqueConstraint(fields=["restaurant", "name"], name="season_name_once"),
            models.CheckConstraint(
                condition=models.Q(first_month__range=(1, 12), last_month__range=(1, 12)),
                name="season_months",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def includes(self, month: int) -> bool:
        """Whether it is on in this month (1 to 12)."""
        if self.first_month <= self.last_month:
            return self.first_month <= month <= self.last_month
        return month >= self.first_month or month <= self.last_month
