"""The outbox: every message to a guest is a row before it is anything else."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from core.ids import PublicIdField
from restaurants.models import Restaurant


class Message(models.Model):
    """One message to one guest, written in the transaction of what it tells about.

    ``payload`` holds the facts; text is made from them when the message is sent. A worker
    claims a row by moving it to ``sending`` with a lease; a lease that ran out is due again.
    """

    class Channel(models.TextChoices):
        """How it travels."""

        EMAIL = "email", "E-mail"

    class Status(models.TextChoices):
        """How far it got."""

        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed, needs a person"

    public_id = PublicIdField("msg")
    restaurant = models.ForeignKey(
        Restaurant,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
        help_text="Empty: from this installation itself, such as a link to sign in",
    )
    about = models.CharField(
        max_length=40, help_text="Public id of the booking, waitlist entry or request to sign in"
    )
    channel = models.CharField(max_length=5, choices=Channel.choices, default=Channel.EMAIL)
    kind = models.CharField(max_length=40, help_text="Names the template: reservation_confirmed")
    language = models.CharField(max_length=10, default="en", db_default="en")
    recipient = models.CharField(max_length=254)
    payload = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(help_text="Due from here on; while sending, end of the lease")
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=models.Q(status__in=["queued", "sending"]),
                name="message_due",
            ),
            models.Index(fields=["about"], name="message_about"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} about {self.about}: {self.status}"
