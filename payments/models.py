"""Money as rows: what is asked for, what was taken, what goes back."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models

from core.ids import PublicIdField
from restaurants.models import DiningService, Restaurant


def default_refund_ladder() -> list[list[int]]:
    """Contract 2: everything back from 24 hours before, half from 4 hours."""
    return [[24, 100], [4, 50]]


def validate_ladder(value: object) -> None:
    """Accept ``[[hours, percent], …]`` with falling hours and shares that do not rise."""
    message = "Write [[24, 100], [4, 50]]: hours before, percent returned, falling."
    if not isinstance(value, list):
        raise ValidationError(message)
    last_hours, last_percent = None, 100
    for step in value:
        if not (isinstance(step, list) and len(step) == 2 and all(type(n) is int for n in step)):
            raise ValidationError(message)
        hours, percent = step
        if hours < 0 or not 0 <= percent <= last_percent or (last_hours or 10**6) <= hours:
            raise ValidationError(message)
        last_hours, last_percent = hours, percent


class Policy(models.Model):
    """What a party pays in advance, by size, service and date, and what comes back."""

    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="policies")
    name = models.CharField(max_length=80)
    amount = models.DecimalField(max_digits=9, decimal_places=3)
    per_person = models.BooleanField(default=True, help_text="Unset: one amount per booking.")
    service = models.ForeignKey(DiningService, on_delete=models.CASCADE, null=True, blank=True)
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
        help_text="[[24, 100], [4, 50]]: from 24 hours before 100 % back, from 4 hours 50 %.",
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
        ]

    def __str__(self) -> str:
        return self.name


class Payment(models.Model):
    """One attempt to take money. The row exists before the gateway hears of it.

    ``idempotency_key`` is what the gateway is told, on every retry; ``unknown`` is a state:
    the answer was lost, the money may have moved, the sweep will find out. Only forward.
    """

    class Status(models.TextChoices):
        """Where the money is."""

        REQUESTED = "requested", "Requested"
        UNKNOWN = "unknown", "Unknown, being settled"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"

    public_id = PublicIdField("pay")
    restaurant = models.ForeignKey(Restaurant, on_delete=models.PROTECT, related_name="payments")
    purpose = models.CharField(max_length=40, help_text="Public id of what is paid for")
    gateway = models.CharField(max_length=20)
    idempotency_key = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=12, decimal_places=3)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)
    method = models.JSONField(
        default=dict, help_text="What the gateway needs to charge: a token, or brand and last four"
    )
    card_brand = models.CharField(max_length=20, blank=True)
    card_last4 = models.CharField(max_length=4, blank=True)
    provider_reference = models.CharField(max_length=80, blank=True)
    failure_code = models.CharField(max_length=40, blank=True)
    failure_message = models.CharField(max_length=200, blank=True)
    refunded = models.DecimalField(
        max_digits=12, decimal_places=3, default=0, help_text="Sum of refunds that did not fail"
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Times the gateway was asked")
    next_check_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["idempotency_key"], name="payment_key_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_amount"),
            models.CheckConstraint(
                condition=models.Q(refunded__gte=0, refunded__lte=models.F("amount")),
                name="payment_refunds_within_amount",
            ),
            models.CheckConstraint(
                condition=models.Q(refunded=0) | models.Q(status="succeeded"),
                name="payment_refund_needs_capture",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"],
                condition=models.Q(status__in=["requested", "unknown"]),
                name="payment_open",
            ),
            models.Index(fields=["purpose"], name="payment_purpose"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.amount} {self.currency} {self.status}"


class Refund(models.Model):
    """Money on its way back. A row first; the gateway call, its retries and its answer follow."""

    class Status(models.TextChoices):
        """Where the money is."""

        REQUESTED = "requested", "Requested"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed, needs a person"

    public_id = PublicIdField("ref")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    idempotency_key = models.CharField(max_length=64)
    amount = models.DecimalField(max_digits=12, decimal_places=3)
    reason = models.CharField(max_length=60)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)
    provider_reference = models.CharField(max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["idempotency_key"], name="refund_key_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="refund_amount"),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(status="requested"),
                name="refund_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.amount} {self.status}"


class SandboxCharge(models.Model):
    """The sandbox provider's own books: what 'the card' was really charged.

    It stands for a system that is not ours. It is written outside of our transactions,
    remembers idempotency keys as providers do, and is only ever read through the gateway.
    """

    key = models.CharField(max_length=64)
    reference = models.CharField(max_length=80)
    kind = models.CharField(max_length=6, choices=[("charge", "Charge"), ("refund", "Refund")])
    charge_reference = models.CharField(max_length=80, blank=True)
    minor_amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    outcome = models.CharField(max_length=40, help_text="succeeded, or a decline code")
    brand = models.CharField(max_length=20, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["key"], name="sandbox_key_once")]

    def __str__(self) -> str:
        return f"{self.reference} {self.kind} {self.minor_amount} {self.currency} {self.outcome}"
