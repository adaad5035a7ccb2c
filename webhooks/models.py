"""Who wants to be told, what there is to tell, and how far each telling got."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from accounts.models import ApiKey
from core.ids import PublicIdField
from core.outbound import URL_LIMIT
from core.secrets import SecretField
from restaurants.models import Restaurant


class Endpoint(models.Model):
    """An address of an integrator's, and which events it wants; it sees what its key may see.

    ``failures`` counts in a row, over all deliveries; any success sets it back. While it grows,
    ``not_before`` keeps the address from being tried at every delivery.
    """

    class Status(models.TextChoices):
        """Whether it is called."""

        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused by its owner"
        DISABLED = "disabled", "Disabled after failures"

    public_id = PublicIdField("whe")
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="webhook_endpoints")
    restaurant = models.ForeignKey(
        Restaurant,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="webhook_endpoints",
        help_text="Only events of this one. Empty: of every restaurant the key works for.",
    )
    url = models.CharField(max_length=URL_LIMIT)
    description = models.CharField(max_length=120, blank=True)
    events = ArrayField(
        models.CharField(max_length=40),
        help_text="Types such as reservation.created, families such as payment.*, or * for all.",
    )
    contact_email = models.EmailField(
        max_length=254, help_text="Who is told when deliveries fail, before and when they stop."
    )
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ACTIVE)
    disabled_reason = models.CharField(max_length=200, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="Failed attempts in a row")
    failing_since = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(
        null=True, blank=True, help_text="Not called again before, because it failed or asked so"
    )
    warned_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True, help_text="To the minute")
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "webhook endpoint"
        constraints = [
            models.CheckConstraint(condition=~Q(events=[]), name="endpoint_wants_something"),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def restaurant_scope(self) -> int | None:
        """The one restaurant it hears of, by its own wish or its key's; None for every one."""
        return self.restaurant_id or self.key.restaurant_id


class EndpointSecret(models.Model):
    """One signing secret of an endpoint, encrypted. After a rotation the old one goes on signing
    beside the new one until ``expires_at``."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="secrets")
    secret = SecretField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=Q(expires_at=None),
                name="endpoint_one_current_secret",
            ),
        ]

    def __str__(self) -> str:
        return f"secret of {self.endpoint_id} since {self.created_at:%Y-%m-%d}"


class Event(models.Model):
    """Something that happened, as it is told. Holds no personal data: that is added when it is
    sent, for keys that may see it, as it stands then.

    ``order`` is the id of the audit entry it comes from: of two events about one thing, the one
    with the higher order happened later.
    """

    public_id = PublicIdField("evt")
    type = models.CharField(max_length=40)
    order = models.BigIntegerField(help_text="Grows with time; 0 for a test event")
    restaurant_id = models.BigIntegerField(null=True)
    subject = models.CharField(max_length=40, help_text="Public id of what it is about")
    is_test = models.BooleanField(default=False)
    data = models.JSONField(encoder=DjangoJSONEncoder)
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "type"], condition=~Q(order=0), name="event_told_once"
            ),
        ]
        indexes = [
            models.Index(fields=["subject"], name="event_subject"),
            models.Index(fields=["created_at"], name="event_created"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class Delivery(models.Model):
    """One event on its way to one endpoint; a row before it is anything else.

    A worker claims a row by moving it to ``sending`` with a lease; a lease that ran out is due
    again. What is ``dead`` is kept and can be replayed.
    """

    class Status(models.TextChoices):
        """How far it got."""

        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        DELIVERED = "delivered", "Delivered"
        DEAD = "dead", "Dead letter"

    public_id = PublicIdField("whd")
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Since it was queued")
    not_before = models.DateTimeField(help_text="Due from here on; while sending, end of the lease")
    queued_at = models.DateTimeField(help_text="When it was queued, or replayed last")
    last_status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="HTTP status")
    last_error = models.CharField(max_length=200, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="delivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "not_before", "id"],
                condition=Q(status__in=["queued", "sending"]),
                name="delivery_due",
            ),
            models.Index(fields=["endpoint", "-id"], name="delivery_log"),
            models.Index(
                fields=["endpoint", "-id"], condition=Q(status="dead"), name="delivery_dead"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id}: {self.status}"


class Attempt(models.Model):
    """One call of an endpoint: when, how long, what came back. The log integrators read."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField()
    seconds = models.FloatField()
    status = models.PositiveSmallIntegerField(null=True, help_text="Empty: no answer")
    error = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=500, blank=True, help_text="How the answer began")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.status or self.error}"


class FeedPlace(models.Model):
    """How far the audit trail has been turned into events (``core.feed.Place``); a single row."""

    only = models.BooleanField(primary_key=True, default=True)
    xid = models.BigIntegerField()
    entry_id = models.BigIntegerField()
    highest = models.BigIntegerField()
    floor = models.BigIntegerField(default=0)
    cluster = models.CharField(max_length=30, blank=True)
    ceiling = models.BigIntegerField(default=0)
    after = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(only=True), name="feed_has_one_place")]

    def __str__(self) -> str:
        return f"after {self.xid}/{self.entry_id}"


LIVE = Q(removed_at=None)
"""Endpoints that were not removed."""
