"""Rows of the API itself: what was answered to a request that may come again."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from core.ids import PublicIdField


class IdempotencyRecord(models.Model):
    """One request with an ``Idempotency-Key``: in flight until it has a status, then its answer.

    Written before the work begins, so that of two equal requests one finds the other's row. The
    work keeps ``public_id`` with what it makes: should the process die between the work and the
    answer, the next request of the same key takes the row over and finds what was made.
    """

    public_id = PublicIdField("idem")
    caller = models.CharField(max_length=40, help_text="Public id of the key or guest.")
    key = models.CharField(max_length=255)
    operation = models.CharField(max_length=200, help_text="Method and path.")
    fingerprint = models.CharField(max_length=64, help_text="Of operation and body.")
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.BinaryField(default=bytes)
    created_at = models.DateTimeField()
    leased_until = models.DateTimeField(help_text="Until then somebody is at work on it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="idempotency_key_once"),
            models.CheckConstraint(
                condition=Q(status=None) | Q(status__range=(200, 499)),
                name="idempotency_final_status",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return f"{self.operation} by {self.caller}"
