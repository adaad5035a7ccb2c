"""What the staff area reads: houses of a person, and what programs and partners have there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, Max, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Lower

from accounts.models import ApiKey, ApiKeySecret
from core.errors import NotFound
from reservations.models import InboundDelivery, SourceSecret
from restaurants.access import HouseAccess
from restaurants.errors import NotHere
from restaurants.models import Membership, Restaurant, Tablet
from webhooks.errors import DeliveryNotFound, EndpointNotFound
from webhooks.models import LIVE, Attempt, Delivery, Endpoint


def venues_of(access: HouseAccess, *, words: str = "") -> QuerySet[Restaurant]:
    """The restaurants a person works at, by name; an operator's are all there are."""
    rows = Restaurant.objects.order_by("name", "pk")
    if not access.sees_all:
        rows = rows.filter(pk__in=access.restaurants())
    return rows.filter(Q(name__icontains=words) | Q(slug__icontains=words)) if words else rows


def venue_at(access: HouseAccess, slug: str) -> Restaurant:
    """One of the person's restaurants. Raises NotFound, also for a house of others."""
    found = venues_of(access).filter(slug=slug).first()
    if found is None:
        raise NotFound
    return found


def people_at(venue: Restaurant) -> QuerySet[Membership]:
    """Who works at this house, by name, with their accounts."""
    rows = Membership.objects.filter(restaurant=venue).select_related("user", "restaurant")
    return rows.order_by(Lower("user__full_name"), "user__email")


def person_at(venue: Restaurant, user_id: str) -> Membership:
    """One of them. Raises NotHere, also for who works at another house."""
    found = people_at(venue).filter(user__public_id=user_id).first()
    if found is None:
        raise NotHere
    return found


def tablets_at(venue: Restaurant) -> QuerySet[Tablet]:
    """The tablets of this house that work, by name."""
    return Tablet.objects.filter(restaurant=venue, revoked_at=None).select_related("restaurant")


def tablet_at(venue: Restaurant, public_id: str) -> Tablet:
    """One of them. Raises NotFound, also for another house's."""
    found = tablets_at(venue).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def keys_at(venue: Restaurant, access: HouseAccess) -> QuerySet[ApiKey]:
    """The API keys of this house, and for an operator those that work everywhere."""
    rows = ApiKey.objects.filter(restaurant=venue)
    if access.sees_all:
        rows |= ApiKey.objects.filter(restaurant=None)
    secrets = Prefetch("secrets", ApiKeySecret.objects.order_by("-created_at", "-pk"))
    return rows.prefetch_related(secrets).select_related("restaurant").order_by("name", "-pk")


def key_at(venue: Restaurant, access: HouseAccess, public_id: str) -> ApiKey:
    """One of them. Raises NotFound, also for another house's."""
    found = keys_at(venue, access).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def endpoints_at(venue: Restaurant) -> QuerySet[Endpoint]:
    """The webhook endpoints that hear of this house alone, newest first."""
    of_it = Q(restaurant=venue) | Q(restaurant=None, key__restaurant=venue)
    rows = Endpoint.objects.filter(LIVE, of_it)
    return rows.select_related("key", "restaurant").order_by("-pk")


def endpoint_at(venue: Restaurant, public_id: str) -> Endpoint:
    """One of them. Raises EndpointNotFound, also for another house's."""
    found = endpoints_at(venue).filter(public_id=public_id).first()
    if found is None:
        raise EndpointNotFound
    return found


def delivery_at(endpoint: Endpoint, public_id: str) -> Delivery:
    """One delivery of this endpoint with its event and log. Raises DeliveryNotFound."""
    log = Prefetch("log", Attempt.objects.order_by("pk"))
    rows = Delivery.objects.filter(endpoint=endpoint, public_id=public_id)
    found = rows.select_related("event", "endpoint__key").prefetch_related(log).first()
    if found is None:
        raise DeliveryNotFound
    return found


def secrets_at(venue: Restaurant) -> QuerySet[SourceSecret]:
    """The secrets with which partner sources sign, by source, newest first."""
    return SourceSecret.objects.filter(restaurant=venue).order_by("source", "-created_at", "-pk")


def secret_at(venue: Restaurant, public_id: str) -> SourceSecret:
    """One of them. Raises NotFound, also for another house's."""
    found = secrets_at(venue).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def last_heard(venue: Restaurant) -> dict[str, dt.datetime]:
    """When each source's last signed message arrived; of those of the last thirty days."""
    rows = InboundDelivery.objects.filter(restaurant=venue).values_list("source")
    return dict(rows.annotate(last=Max("received_at")).order_by())


@dataclass(frozen=True, slots=True)
class Trouble:
    """What of a house's connections needs a person."""

    dead_letters: bool
    disabled: bool


def trouble_at(venue: Restaurant) -> Trouble:
    """Whether an endpoint was disabled, and whether dead letters are kept. One query."""
    dead = Delivery.objects.filter(endpoint=OuterRef("pk"), status=Delivery.Status.DEAD)
    rows = endpoints_at(venue).annotate(is_dead=Exists(dead))
    found = list(rows.values_list("status", "is_dead"))
    return Trouble(
        dead_letters=any(is_dead for _, is_dead in found),
        disabled=any(status == Endpoint.Status.DISABLED for status, _ in found),
    )
