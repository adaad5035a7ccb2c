"""What a house asks for in advance, and what comes back when a party cancels."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models

from restaurants.models import DiningService, Offer, Restaurant


class PolicyKind(models.TextChoices):
    """How a house protects its tables. The words are copied onto holds, bookings and payments."""

    DEPOSIT = "deposit", "Deposit: taken when booking, comes off the bill"
    PREPAYMENT = "prepayment", "Prepayment: the whole price, taken when booking"
    HOLD = "hold", "Hold: set aside on the card, let go after the visit"
    CARD = "card", "Card on file: nothing taken, charged for a no-show or a late cancellation"


def default_refund_ladder() -> list[list[int]]:
    """Contract 2: everything back from 24 hours before, half from 4 hours."""
    return [[24, 100], [4, 50]]


def validate_ladder(value: object) -> None:
    """Accept ``[[hours, percent], …]`` with falling hours and shares that do not rise."""
    message = "Write [[24, 100], [4, 50]]: hours before, percent returned, falling."
    if not isinstance(value, list):
        raise ValidationError(message)
    last_hours, last_percent = 10**6, 100
    for step in value:
        if not (isinstance(step, list) and len(step) == 2 and all(type(n) is int for n in step)):
            raise ValidationError(message)
        hours, percent = step
        if hours < 0 or not 0 <= percent <= last_percent or last_hours <= hours:
            raise ValidationError(message)
        last_hours, last_percent = hours, percent


class Policy(models.Model):
    """What a party pays in advance, by size, service and date, and what comes back."""

    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="policies")
    name = models.CharField(max_length=80)
    kind = models.CharField(
        max_length=12,
        choices=PolicyKind,
        default=PolicyKind.DEPOSIT,
        db_default=PolicyKind.DEPOSIT,
    )
    amount = models.DecimalField(
        max_digits=9,
        decimal_places=3,
        help_text="Taken or set aside when booking; of a card on file, the fee for a no-show.",
    )
    per_person = models.BooleanField(default=True, help_text="Unset: one amount per booking.")
    service = models.ForeignKey(DiningService, on_delete=models.CASCADE, null=True, blank=True)
    offer = models.ForeignKey(
        Offer,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="policies",
        help_text="Only bookings of this offer.",
    )
    min_party = models.PositiveSmallIntegerField(default=1)
    max_party = models.PositiveSmallIntegerField(null=True, blank=True)
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, help_text="Empty: every day."
    )
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    priority = models.SmallIntegerField(default=0, help_text="Higher wins where several apply.")
    refund_ladder = models.JSONField(
        default=default_refund_ladder,
        validators=[validate_ladder],
        help_text="[[24, 100], [4, 50]]: from 24 hours before 100 % back, from 4 hours 50 %."
        " What does not come back is the fee of a hold or a card on file.",
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["restaurant", "-priority", "name"]
        verbose_name_plural = "policies"
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="policy_amount"),
            models.CheckConstraint(
                condition=models.Q(min_party__gte=1)
                & (models.Q(max_party=None) | models.Q(max_party__gte=models.F("min_party"))),
                name="policy_party_range",
            ),
            models.CheckConstraint(
                condition=models.Q(weekdays__contained_by=[0, 1, 2, 3, 4, 5, 6]),
                name="policy_weekdays_valid",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=PolicyKind.values), name="policy_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AskedByPolicy(models.Model):
    """What a policy asked for: which one, and its name as it was, for it may be deleted.

    Both are empty where a person said how much.
    """

    policy = models.ForeignKey(
        Policy,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="Which policy asked for it",
    )
    policy_name = models.CharField(
        max_length=80, blank=True, default="", db_default="", help_text="Its name at that time"
    )

    class Meta:
        abstract = True


def policy_index(name: str) -> models.Index:
    """What deleting a policy looks for; most rows have none."""
    return models.Index(fields=["policy"], condition=models.Q(policy__isnull=False), name=name)
