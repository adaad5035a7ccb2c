"""Endpoints: made, changed, tried, paused, removed; and the secrets that sign for them."""

from __future__ import annotations

import base64
import datetime as dt
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from django.db import transaction

from accounts.models import ApiKey
from core import audit, clock, jobs
from core.actors import Actor
from core.errors import Invalid
from core.outbound import Refused, check_url
from core.secrets import encrypt
from webhooks.errors import EndpointNotActive, EndpointNotFound, TooManyEndpoints
from webhooks.events import TEST, check_subscription
from webhooks.models import LIVE, Delivery, Endpoint, EndpointSecret, Event
from webhooks.services.feed import delivery_of, ensure_place
from webhooks.wire import wire

OVERLAP = dt.timedelta(hours=24)
"""How long the old secret goes on signing beside the new one, unless said otherwise."""
LONGEST_OVERLAP = dt.timedelta(days=7)
MOST_ENDPOINTS = 20
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewSecret:
    """An endpoint and its signing secret (``whsec_…``), to be shown this once."""

    endpoint: Endpoint
    secret: str


def create_endpoint(
    key: ApiKey,
    *,
    url: str,
    events: Iterable[str],
    contact_email: str,
    by: Actor,
    description: str = "",
    restaurant_id: int | None = None,
) -> NewSecret:
    """An endpoint of this key with a fresh secret; hears of what commits from now on.

    The contact is told when deliveries fail. Not repeatable: every call makes another one. Raises
    Invalid by field (see ``check_url`` and ``check_subscription``), and TooManyEndpoints.
    """
    _check_address(url)
    wanted = check_subscription(events, key.scopes)
    _check_restaurant(key, restaurant_id)
    with transaction.atomic():
        ApiKey.objects.select_for_update(of=("self",), no_key=True).get(pk=key.pk)
        if key.webhook_endpoints.filter(LIVE).count() >= MOST_ENDPOINTS:
            raise TooManyEndpoints
        ensure_place()
        endpoint = Endpoint.objects.create(
            key=key,
            restaurant_id=restaurant_id,
            url=url,
            description=description,
            events=wanted,
            contact_email=contact_email,
            created_at=clock.now(),
        )
        secret = _add_secret(endpoint)
        _record("created", endpoint, by, events=wanted)
    return NewSecret(endpoint, secret)


def faults(
    key: ApiKey,
    *,
    url: str | None,
    events: Iterable[str] | None,
    restaurant_id: int | None,
) -> list[Invalid]:
    """What ``create_endpoint`` would raise, all at once; what is None is not looked at."""
    checks: list[Callable[[], object]] = [partial(_check_restaurant, key, restaurant_id)]
    if url is not None:
        checks.append(partial(_check_address, url))
    if events is not None:
        checks.append(partial(check_subscription, events, key.scopes))
    found = []
    for check in checks:
        try:
            check()
        except Invalid as error:
            found.append(error)
    return found


def change_endpoint(
    endpoint: Endpoint,
    *,
    by: Actor,
    url: str | None = None,
    events: Iterable[str] | None = None,
    contact_email: str | None = None,
    description: str | None = None,
    active: bool | None = None,
) -> Endpoint:
    """Change what is given; under a lock on the row. Raises Invalid by field, EndpointNotFound.

    ``active`` False pauses it: what happens meanwhile goes to its dead letters, and can be
    replayed. True calls it again, also after it was disabled, and forgets its failures.
    """
    changes: dict[str, object] = {}
    if url is not None:
        _check_address(url)
        changes["url"] = url
    if events is not None:
        changes["events"] = check_subscription(events, endpoint.key.scopes)
    if contact_email is not None:
        changes["contact_email"] = contact_email
    if description is not None:
        changes["description"] = description
    with transaction.atomic():
        row = locked(endpoint)
        if active is not None:
            changes |= _switched(row, active=active)
        changed = [name for name, value in changes.items() if getattr(row, name) != value]
        if not changed:
            return row
        for name in changed:
            setattr(row, name, changes[name])
        row.save(update_fields=changed)
        _record("changed", row, by, fields=changed)
    return row


def remove_endpoint(endpoint: Endpoint, *, by: Actor) -> bool:
    """Never call it again; what was still to be sent becomes dead letters. False if it was gone."""
    with transaction.atomic():
        now = clock.now()
        gone = Endpoint.objects.filter(LIVE, pk=endpoint.pk).update(removed_at=now)
        if gone:
            bury_waiting(endpoint.pk, "The endpoint was removed.")
            endpoint.secrets.all().delete()
            _record("removed", endpoint, by)
    return bool(gone)


def rotate_secret(endpoint: Endpoint, *, by: Actor, overlap: dt.timedelta = OVERLAP) -> NewSecret:
    """A new secret; the old one signs beside it for ``overlap`` (none: it stops at once).

    At most two sign at a time: one that was already on its way out ends now. Raises Invalid for
    an overlap that is negative or too long, and EndpointNotFound.
    """
    if not dt.timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Invalid(overlap_hours="Send 0 to 168 hours.")
    with transaction.atomic():
        row = locked(endpoint)
        row.secrets.exclude(expires_at=None).delete()
        row.secrets.update(expires_at=clock.now() + overlap)
        secret = _add_secret(row)
        _record("secret_rotated", row, by, hours=overlap.total_seconds() / 3600)
    return NewSecret(row, secret)


def send_test(endpoint: Endpoint, *, by: Actor) -> Delivery:
    """Queue a test event for this endpoint alone; sent within seconds.

    Raises EndpointNotActive and EndpointNotFound. Not repeatable: every call is another event.
    """
    now = clock.now()
    with transaction.atomic():
        row = locked(endpoint)
        if row.status != Endpoint.Status.ACTIVE:
            raise EndpointNotActive
        event = Event.objects.create(
            type=TEST,
            order=0,
            restaurant_id=row.restaurant_scope,
            subject=row.public_id,
            is_test=True,
            data=wire().example(row.public_id),
            occurred_at=now,
            created_at=now,
        )
        delivery = delivery_of(event, row, is_open=True)
        delivery.save()
        if row.not_before is not None:
            # Whoever asks for a test has put something right, and wants to know now.
            row.not_before = None
            row.save(update_fields=["not_before"])
        _record("tested", row, by)
        jobs.wake("webhooks.dispatch")
    return delivery


def locked(endpoint: Endpoint) -> Endpoint:
    """The row as it is now, ours until the transaction ends. Raises EndpointNotFound."""
    rows = Endpoint.objects.select_for_update(of=("self",)).select_related("key")
    row = rows.filter(LIVE, pk=endpoint.pk).first()
    if row is None:
        raise EndpointNotFound
    return row


def bury_waiting(endpoint_id: int, reason: str) -> int:
    """Turn what waits for an endpoint into dead letters, in the caller's transaction; how many.

    What is being sent at this moment is left to whoever sends it.
    """
    waiting = Delivery.objects.filter(endpoint_id=endpoint_id, status=Delivery.Status.QUEUED)
    return waiting.update(status=Delivery.Status.DEAD, last_error=reason)


def _switched(row: Endpoint, *, active: bool) -> dict[str, object]:
    if not active:
        if row.status != Endpoint.Status.ACTIVE:
            return {}
        bury_waiting(row.pk, "The endpoint was paused.")
        return {"status": Endpoint.Status.PAUSED}
    return {
        "status": Endpoint.Status.ACTIVE,
        "disabled_reason": "",
        "failures": 0,
        "failing_since": None,
        "not_before": None,
        "warned_at": None,
    }


def _add_secret(endpoint: Endpoint) -> str:
    raw = secrets.token_bytes(_SECRET_BYTES)
    secret = "whsec_" + base64.b64encode(raw).decode()
    EndpointSecret.objects.create(endpoint=endpoint, secret=encrypt(secret), created_at=clock.now())
    return secret


def _check_address(url: str) -> None:
    try:
        check_url(url)
    except Refused as error:
        raise Invalid(url=str(error)) from error


def _check_restaurant(key: ApiKey, restaurant_id: int | None) -> None:
    if restaurant_id is not None and key.restaurant_id not in (None, restaurant_id):
        raise Invalid(restaurant_id="This key does not work for that restaurant.")


def _record(what: str, endpoint: Endpoint, by: Actor, **data: object) -> None:
    audit.record(
        f"webhook.{what}",
        endpoint.public_id,
        by=by,
        restaurant_id=endpoint.restaurant_scope,
        **{"url": endpoint.url, **data},
    )
