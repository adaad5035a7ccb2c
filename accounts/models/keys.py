"""Keys with which programs call the API: what each may do, and how it is recognised."""

from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from core.ids import PublicIdField

DEFAULT_RATE = 1000
"""Requests an hour (contract 5)."""


class ApiKey(models.Model):
    """One program's right to call the API, whatever secret it shows at the moment.

    The identity outlives its secrets: limits, webhooks, idempotency and the audit trail go by the
    key, and rotating only adds a secret. The restaurant is named by the model's label, so that
    accounts know nothing of what lies above them.
    """

    public_id = PublicIdField("key")
    name = models.CharField(max_length=80, help_text="Stands in the log beside all that it does.")
    restaurant = models.ForeignKey(
        "restaurants.Restaurant",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="api_keys",
        help_text="The one restaurant it works for. Empty: every restaurant of this installation.",
    )
    scopes = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    source = models.CharField(
        max_length=30,
        blank=True,
        help_text="The source its bookings are told from, such as opentable. Empty: the caller"
        " says so.",
    )
    is_test = models.BooleanField(
        "test key",
        default=False,
        help_text="Its bookings are marked, notify nobody and are taken back after a day.",
    )
    allowed_networks = ArrayField(
        models.CharField(max_length=49),
        default=list,
        blank=True,
        help_text="Addresses or networks it may call from. Empty: from anywhere.",
    )
    rate_per_hour = models.PositiveIntegerField(
        default=DEFAULT_RATE, validators=[MinValueValidator(1)]
    )
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=120, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="To the minute."
    )

    class Meta:
        ordering = ["name", "-created_at"]
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(condition=Q(rate_per_hour__gte=1), name="api_key_rate"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_open(self, now: dt.datetime) -> bool:
        """Whether it works at all at this moment."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class ApiKeySecret(models.Model):
    """One secret of a key: a part to find it by, and a keyed hash of the whole.

    After a rotation the old one goes on until ``expires_at``, so that no caller is cut off.
    """

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="secrets")
    lookup = models.CharField(max_length=16, unique=True, help_text="The public part.")
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Set by a rotation.")

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "secret of an API key"
        verbose_name_plural = "secrets of API keys"

    def __str__(self) -> str:
        return f"…{self.lookup}…"
