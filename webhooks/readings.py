"""What ``/metrics`` shows about webhooks."""

from __future__ import annotations

from django.db.models import Count, Min

from core import clock, feed, metrics
from webhooks.models import Delivery, FeedPlace


def register() -> None:
    """Add the readings; may be repeated."""
    metrics.register_reading(
        "couvert_webhook_deliveries",
        "Webhook deliveries by status, those that arrived left out",
        _by_status,
        labels=("status",),
    )
    metrics.register_reading(
        "couvert_webhook_oldest_due_seconds",
        "How long the delivery that is due for longest has waited",
        _oldest,
    )
    metrics.register_reading(
        "couvert_webhook_feed_held_back_seconds",
        "Age of the oldest transaction that keeps events from being told",
        _held_back,
    )


def _by_status() -> metrics.Reading:
    rows = Delivery.objects.exclude(status=Delivery.Status.DELIVERED)
    counted = rows.values_list("status").annotate(number=Count("pk")).order_by()
    known = dict.fromkeys((status for status in Delivery.Status if status != "delivered"), 0)
    found = {status: float(number) for status, number in counted}
    return {(str(status),): found.get(str(status), 0.0) for status in known}


def _oldest() -> metrics.Reading:
    now = clock.now()
    due = Delivery.objects.filter(
        status=Delivery.Status.QUEUED, not_before__lte=now, endpoint__status="active"
    ).aggregate(oldest=Min("not_before"))["oldest"]
    return {(): (now - due).total_seconds() if due else 0.0}


def _held_back() -> metrics.Reading:
    return {(): feed.lag() if FeedPlace.objects.exists() else 0.0}
