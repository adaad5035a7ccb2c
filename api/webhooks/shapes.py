"""Answers about endpoints and deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.webhooks.payloads import instant, reservation_seen_by
from webhooks.models import Attempt, Delivery, Endpoint

Numbers = Mapping[tuple[int, str], int]

_WAITS = frozenset({Delivery.Status.QUEUED, Delivery.Status.SENDING})


def endpoint(row: Endpoint, numbers: Numbers) -> dict[str, Any]:
    """An endpoint; its secret is never in here."""
    house = row.restaurant or row.key.restaurant
    return {
        "id": row.public_id,
        "url": row.url,
        "description": row.description,
        "events": row.events,
        "contactEmail": row.contact_email,
        "restaurantId": house.public_id if house else None,
        "test": row.key.is_test,
        "status": row.status,
        "disabledReason": row.disabled_reason or None,
        "failingSince": instant(row.failing_since),
        "lastSuccessAt": instant(row.last_success_at),
        "queued": numbers.get((row.pk, "queued"), 0) + numbers.get((row.pk, "sending"), 0),
        "dead": numbers.get((row.pk, "dead"), 0),
        "createdAt": instant(row.created_at),
    }


def delivery(row: Delivery, endpoint_id: str) -> dict[str, Any]:
    """A line of the log."""
    event = row.event
    return {
        "id": row.public_id,
        "endpointId": endpoint_id,
        "eventId": event.public_id,
        "type": event.type,
        "order": event.order,
        "subject": event.subject,
        "occurredAt": instant(event.occurred_at),
        "status": row.status,
        "attempts": row.attempts,
        "nextAttemptAt": instant(row.not_before) if row.status in _WAITS else None,
        "deliveredAt": instant(row.delivered_at),
        "lastStatus": row.last_status,
        "lastError": row.last_error or None,
    }


def detail(row: Delivery) -> dict[str, Any]:
    """A delivery with every attempt, and what was told without what is personal."""
    data = {name: value for name, value in row.event.data.items() if name != "restaurantId"}
    if "reservation" in data:
        data["reservation"] = reservation_seen_by(row.event, row.endpoint.key.source)
    return delivery(row, row.endpoint.public_id) | {
        "log": [attempt(each) for each in row.log.all()],
        "data": data,
    }


def attempt(row: Attempt) -> dict[str, Any]:
    """One call."""
    return {
        "at": instant(row.at),
        "seconds": row.seconds,
        "status": row.status,
        "error": row.error or None,
        "answer": row.answer,
    }
