"""Sending again what was sent or given up; and forgetting what is old."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet

from core import audit, clock, jobs
from core.actors import Actor
from core.errors import Invalid
from webhooks.errors import EndpointNotActive
from webhooks.models import Delivery, Endpoint, Event
from webhooks.services.endpoints import locked

KEPT = dt.timedelta(days=30)
"""How long events, deliveries and their log are kept, and so can be replayed."""

_DONE = (Delivery.Status.DELIVERED, Delivery.Status.DEAD)


def replay(delivery: Delivery, *, by: Actor) -> Delivery:
    """Send one delivery again, with the same ``webhook-id``, as soon as possible.

    One that waits is due now; one that is being sent is left alone. Raises EndpointNotActive and
    EndpointNotFound.
    """
    with transaction.atomic():
        endpoint = _callable(delivery.endpoint)
        row = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
        if row.status != Delivery.Status.SENDING:
            _queue(Delivery.objects.filter(pk=row.pk))
        _record(endpoint, by, deliveries=1, delivery=row.public_id)
    row.refresh_from_db()
    return row


def replay_many(
    endpoint: Endpoint,
    *,
    by: Actor,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    only_dead: bool = True,
) -> int:
    """Send again what happened in ``[since, until)``: the dead letters, or everything; how many.

    One statement, whatever their number. Raises EndpointNotActive, EndpointNotFound, and Invalid
    when ``until`` is not after ``since``.
    """
    if since is not None and until is not None and until <= since:
        raise Invalid(until="Send an instant after since.")
    with transaction.atomic():
        row = _callable(endpoint)
        statuses = (Delivery.Status.DEAD,) if only_dead else _DONE
        rows = Delivery.objects.filter(endpoint=row, status__in=statuses)
        if since is not None:
            rows = rows.filter(event__occurred_at__gte=since)
        if until is not None:
            rows = rows.filter(event__occurred_at__lt=until)
        number = _queue(rows)
        _record(row, by, deliveries=number)
    return number


def forget_old(limit: int = 5_000) -> int:
    """Delete events older than ``KEPT`` with deliveries and log; at most ``limit``; how many.

    What still waits is kept, however old its event. May be repeated.
    """
    aged = Event.objects.filter(created_at__lt=clock.now() - KEPT).exclude(
        deliveries__status__in=(Delivery.Status.QUEUED, Delivery.Status.SENDING)
    )
    keys = list(aged.order_by("created_at").values_list("pk", flat=True)[:limit])
    Event.objects.filter(pk__in=keys).delete()
    return len(keys)


def _callable(endpoint: Endpoint) -> Endpoint:
    row = locked(endpoint)
    if row.status != Endpoint.Status.ACTIVE:
        raise EndpointNotActive
    return row


def _queue(rows: QuerySet[Delivery]) -> int:
    now = clock.now()
    number = rows.update(
        status=Delivery.Status.QUEUED,
        attempts=0,
        not_before=now,
        queued_at=now,
        last_error="",
        delivered_at=None,
    )
    jobs.wake("webhooks.dispatch")
    return number


def _record(endpoint: Endpoint, by: Actor, **data: object) -> None:
    audit.record(
        "webhook.replayed",
        endpoint.public_id,
        by=by,
        restaurant_id=endpoint.restaurant_scope,
        url=endpoint.url,
        **data,
    )
