"""Rows that belong to no app: the audit trail and the heartbeats of background processes."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class AuditEntry(models.Model):
    """Who did what to what, when. Written in the same transaction as the deed; never changed.

    The actor's label is stored as text, so that history outlives accounts. A trigger
    refuses UPDATE and DELETE (migration 0002).
    """

    at = models.DateTimeField()
    verb = models.CharField(
        max_length=60, help_text="Namespaced, past tense: reservation.cancelled"
    )
    target = models.CharField(max_length=40, help_text="Public id of what was changed")
    restaurant_id = models.BigIntegerField(null=True)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=60, blank=True)
    actor_label = models.CharField(max_length=120, blank=True)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder, help_text="Before, after, why")
    correlation_id = models.CharField(max_length=64, blank=True)
    origin = models.CharField(
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text="Of staff: the tablet, or the network without its last part",
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["restaurant_id", "-at"], name="audit_restaurant_at"),
            models.Index(fields=["target"], name="audit_target"),
        ]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.target}"


class Heartbeat(models.Model):
    """The last sign of life of a background process, read by ``/readyz``."""

    name = models.CharField(max_length=40, primary_key=True)
    beaten_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.beaten_at:%H:%M:%S}"
