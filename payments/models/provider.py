"""A restaurant's account with a payment provider, and what the provider tells us unasked."""

from __future__ import annotations

from django.db import models

from core.ids import PublicIdField
from core.secrets import SecretField
from restaurants.models import Restaurant


class ProviderAccount(models.Model):
    """With whom a restaurant takes money. At most one takes new payments; old ones stay, for
    refunds.

    ``credentials`` is an encrypted JSON object of the secrets the adapter needs; ``settings``
    holds what is public (publishable key, location, application).
    """

    class Provider(models.TextChoices):
        """The adapters there are; the sandbox needs no account."""

        STRIPE = "stripe", "Stripe"
        SQUARE = "square", "Square"
        PAYPAL = "paypal", "PayPal"

    public_id = PublicIdField("acct")
    restaurant = models.ForeignKey(
        Restaurant, on_delete=models.PROTECT, related_name="provider_accounts"
    )
    provider = models.CharField(max_length=10, choices=Provider)
    is_test = models.BooleanField(default=True, help_text="Test mode: no real money moves.")
    is_active = models.BooleanField(default=True, help_text="Takes new payments.")
    credentials = SecretField(blank=True, editable=False)
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["restaurant", "-is_active", "provider"]
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant"],
                condition=models.Q(is_active=True),
                name="provider_account_one_active",
            ),
            models.CheckConstraint(
                condition=models.Q(provider__in=["stripe", "square", "paypal"]),
                name="provider_account_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()}{' (test)' if self.is_test else ''}"


class ProviderEvent(models.Model):
    """A verified message from a provider: stored once, answered at once, looked into later."""

    account = models.ForeignKey(
        ProviderAccount, on_delete=models.CASCADE, null=True, blank=True, related_name="events"
    )
    provider = models.CharField(max_length=10)
    event_id = models.CharField(max_length=120)
    type = models.CharField(max_length=80)
    references = models.JSONField(default=list, help_text="The provider's ids of what it is about")
    occurred_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "account", "event_id"],
                nulls_distinct=False,
                name="provider_event_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(processed_at=None),
                name="provider_event_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.type} {self.event_id}"
