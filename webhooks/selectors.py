"""Reading endpoints and deliveries: a key sees its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Prefetch, QuerySet

from webhooks.errors import DeliveryNotFound, EndpointNotFound
from webhooks.models import LIVE, Attempt, Delivery, Endpoint


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which part of an endpoint's log is wanted; newest first."""

    status: str = ""
    event: str = ""
    subject: str = ""
    before: str = ""
    """Public id of the last delivery of the page before."""
    limit: int = 50


def endpoints_of(key: str) -> list[Endpoint]:
    """The endpoints of a key (public id), newest first."""
    return list(_of(key).order_by("-id"))


def endpoint_of(key: str, endpoint: str) -> Endpoint:
    """One endpoint of a key. Raises EndpointNotFound, also for another key's."""
    found = _of(key).filter(public_id=endpoint).first()
    if found is None:
        raise EndpointNotFound
    return found


def delivery_of(key: str, delivery: str) -> Delivery:
    """One delivery of a key with its event and log. Raises DeliveryNotFound."""
    rows = Delivery.objects.filter(
        public_id=delivery, endpoint__key__public_id=key, endpoint__removed_at=None
    )
    log = Prefetch("log", Attempt.objects.order_by("id"))
    found = rows.select_related("event", "endpoint__key").prefetch_related(log).first()
    if found is None:
        raise DeliveryNotFound
    return found


def log_of(endpoint: Endpoint, query: LogQuery) -> tuple[list[Delivery], bool]:
    """One page of an endpoint's deliveries, newest first, and whether there are more.

    Raises DeliveryNotFound if ``before`` is not the endpoint's.
    """
    rows = Delivery.objects.filter(endpoint=endpoint)
    if query.before:
        last = rows.filter(public_id=query.before).values_list("pk", flat=True).first()
        if last is None:
            raise DeliveryNotFound
        rows = rows.filter(pk__lt=last)
    if query.status:
        rows = rows.filter(status=query.status)
    if query.event:
        rows = rows.filter(event__type=query.event)
    if query.subject:
        rows = rows.filter(event__subject=query.subject)
    found = list(rows.select_related("event").order_by("-id")[: query.limit + 1])
    return found[: query.limit], len(found) > query.limit


def waiting_and_dead(endpoints: list[Endpoint]) -> Mapping[tuple[int, str], int]:
    """How many deliveries of each endpoint are queued and how many are dead letters."""
    rows = Delivery.objects.filter(endpoint__in=endpoints).exclude(status=Delivery.Status.DELIVERED)
    counted = rows.values_list("endpoint_id", "status").annotate(number=Count("pk")).order_by()
    return {(endpoint, status): number for endpoint, status, number in counted}


def troubled_endpoints() -> QuerySet[Endpoint]:
    """Endpoints that need a person: disabled by us, or failing now."""
    disabled = Endpoint.objects.filter(LIVE, status=Endpoint.Status.DISABLED)
    failing = Endpoint.objects.filter(LIVE, status=Endpoint.Status.ACTIVE, warned_at__isnull=False)
    return disabled | failing


def _of(key: str) -> QuerySet[Endpoint]:
    return Endpoint.objects.filter(LIVE, key__public_id=key).select_related("key", "restaurant")
