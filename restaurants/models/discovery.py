"""What a guest likes: stated preferences and the history of likes and passes."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import User
from restaurants.models.venue import Restaurant


class GuestPreferences(models.Model):
    """What a guest said they look for; everything is optional."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preferences")
    cuisines = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    price_levels = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(4)]),
        default=list,
        blank=True,
    )
    features = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    max_distance = models.FloatField(null=True, blank=True, help_text="Miles from the location.")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "guest preferences"

    def __str__(self) -> str:
        return f"Preferences of {self.user}"


class Swipe(models.Model):
    """A like or a pass. The last word counts; a swiped restaurant leaves the feed."""

    class Action(models.TextChoices):
        """Which."""

        LIKE = "like", "Like"
        PASS = "pass", "Pass"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="swipes")
    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="swipes")
    action = models.CharField(max_length=4, choices=Action.choices)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["user", "restaurant"], name="swipe_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.action} · {self.restaurant}"
