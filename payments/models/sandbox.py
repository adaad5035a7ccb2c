"""The books of the provider that needs nobody."""

from __future__ import annotations

from django.db import models


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
    taking = models.CharField(
        max_length=6,
        choices=[("charge", "Charge"), ("hold", "Hold"), ("card", "Card")],
        default="charge",
        db_default="charge",
    )
    token = models.CharField(max_length=40, blank=True, db_default="")
    captured_minor = models.BigIntegerField(default=0, db_default=0)
    purpose = models.CharField(max_length=40, blank=True, db_default="")
    return_url = models.CharField(max_length=300, blank=True, db_default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["key"], name="sandbox_key_once")]

    def __str__(self) -> str:
        return f"{self.reference} {self.kind} {self.minor_amount} {self.currency} {self.outcome}"
