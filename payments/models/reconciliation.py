"""Where our books and a provider's differ, day by day."""

from __future__ import annotations

from django.db import models

from payments.models.ledger import Payment, Refund
from payments.models.provider import ProviderAccount
from restaurants.models import Restaurant


class Reconciliation(models.Model):
    """The comparison of one account's books with ours, for one day (UTC)."""

    account = models.ForeignKey(
        ProviderAccount,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reconciliations",
        help_text="Empty for the sandbox.",
    )
    provider = models.CharField(max_length=10)
    day = models.DateField()
    movements = models.PositiveIntegerField(default=0, help_text="Lines in the provider's books")
    differences = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-day", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "account", "day"],
                nulls_distinct=False,
                name="reconciliation_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.day}"


class ReconciliationDifference(models.Model):
    """Something the provider's books say otherwise than ours. Resolved when it is gone, or by a
    person who says why it may stay."""

    class Kind(models.TextChoices):
        """What is different."""

        MISSING_HERE = "missing_here", "Only the provider has it"
        MISSING_THERE = "missing_there", "Only we have it"
        AMOUNT = "amount", "The amounts differ"
        STATE = "state", "It moved there, and not here"

    account = models.ForeignKey(
        ProviderAccount,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="differences",
    )
    provider = models.CharField(max_length=10)
    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.CASCADE, null=True, blank=True, related_name="differences"
    )
    day = models.DateField(help_text="In whose comparison it was found (UTC)")
    kind = models.CharField(max_length=13, choices=Kind)
    what = models.CharField(max_length=6, choices=[("charge", "Charge"), ("refund", "Refund")])
    reference = models.CharField(max_length=80, help_text="The provider's id of it")
    purpose = models.CharField(max_length=40, blank=True)
    payment = models.ForeignKey(
        Payment, on_delete=models.CASCADE, null=True, blank=True, related_name="differences"
    )
    refund = models.ForeignKey(
        Refund, on_delete=models.CASCADE, null=True, blank=True, related_name="differences"
    )
    ours = models.CharField(max_length=60, help_text="What our books say")
    theirs = models.CharField(max_length=60, help_text="What the provider's books say")
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(
        max_length=120, blank=True, help_text="Empty: it was gone when we looked again"
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "account", "what", "reference", "kind"],
                nulls_distinct=False,
                name="difference_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["missing_here", "missing_there", "amount", "state"]),
                name="difference_kind_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["day"], condition=models.Q(resolved_at=None), name="difference_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.what} {self.reference}"
