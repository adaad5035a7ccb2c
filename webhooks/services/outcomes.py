"""What became of a call: the log, the next attempt, and what it says about the endpoint."""

from __future__ import annotations

import datetime as dt
import logging
import random
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from core import audit, clock
from core.actors import SYSTEM
from core.outbound import Answer
from notifications.services import queue
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services.claims import FAILURES_TO_PAUSE
from webhooks.services.endpoints import bury_waiting

logger = logging.getLogger(__name__)

STEPS = [
    dt.timedelta(seconds=5),
    dt.timedelta(seconds=30),
    dt.timedelta(minutes=2),
    dt.timedelta(minutes=10),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=1),
    dt.timedelta(hours=2),
    dt.timedelta(hours=4),
    dt.timedelta(hours=8),
    dt.timedelta(hours=8),
]
"""Between attempts, a fifth more or less: eleven attempts within about a day."""
MAX_ATTEMPTS = len(STEPS) + 1
GIVE_UP_AFTER = dt.timedelta(hours=30)
"""What waits this long for an endpoint that fails all the time is a dead letter."""

PAUSES = [dt.timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 600, 900)]
"""How long an endpoint that keeps failing is left alone, as a whole."""
LONGEST_WISH = dt.timedelta(hours=1)
"""The longest ``Retry-After`` that is honoured."""
WARN_AFTER = dt.timedelta(hours=4)
DISABLE_AFTER = dt.timedelta(days=3)

_GONE = 410
_ASKS_TO_WAIT = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt: an answer, or why there was none."""

    status: int | None = None
    error: str = ""
    answer: str = ""
    seconds: float = 0.0
    retry_after: int | None = None
    is_final: bool = False
    """Trying again would change nothing."""

    @classmethod
    def of(cls, answer: Answer) -> Outcome:
        """Of an answer: 2xx took it, 410 wants nothing any more, anything else is a failure."""
        wish = answer.retry_after if answer.status in _ASKS_TO_WAIT else None
        return cls(
            status=answer.status,
            error="" if 200 <= answer.status < 300 else _meaning(answer.status),
            answer=answer.body[:500],
            seconds=answer.seconds,
            retry_after=wish,
            is_final=answer.status == _GONE,
        )

    @property
    def is_success(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and not self.error


def record(delivery: Delivery, outcome: Outcome) -> None:
    """Write down one attempt and decide what follows; in a transaction of its own.

    Locks the endpoint's row, then the delivery's. A delivery that another worker has meanwhile
    taken over, because our lease had run out, keeps that worker's state; a success counts anyway.
    """
    now = clock.now()
    with transaction.atomic(durable=True):
        Attempt.objects.create(
            delivery=delivery,
            at=now,
            seconds=outcome.seconds,
            status=outcome.status,
            error=outcome.error[:200],
            answer=outcome.answer,
        )
        if outcome.is_success:
            _succeeded(delivery, outcome, now)
        else:
            _failed(delivery, outcome, now)


def bury_hopeless() -> int:
    """Give up what waited for too long for an endpoint that fails all the time; how many."""
    now = clock.now()
    waiting = Delivery.objects.filter(
        status=Delivery.Status.QUEUED,
        queued_at__lt=now - GIVE_UP_AFTER,
        endpoint__failing_since__lt=now - DISABLE_AFTER / 3,
    )
    return waiting.update(
        status=Delivery.Status.DEAD, last_error="The endpoint did not take anything for too long."
    )


def _succeeded(delivery: Delivery, outcome: Outcome, now: dt.datetime) -> None:
    # Only when it says something new: ten thousand successes are not ten thousand rows to lock.
    Endpoint.objects.filter(
        Q(failures__gt=0) | Q(last_success_at=None) | Q(last_success_at__lt=now - _A_MINUTE),
        pk=delivery.endpoint_id,
    ).update(failures=0, failing_since=None, not_before=None, warned_at=None, last_success_at=now)
    Delivery.objects.filter(pk=delivery.pk).update(
        status=Delivery.Status.DELIVERED,
        delivered_at=now,
        last_status=outcome.status,
        last_error="",
    )


_A_MINUTE = dt.timedelta(minutes=1)


def _failed(delivery: Delivery, outcome: Outcome, now: dt.datetime) -> None:
    endpoint = Endpoint.objects.select_for_update().get(pk=delivery.endpoint_id)
    is_dead = outcome.is_final or delivery.attempts >= MAX_ATTEMPTS
    if endpoint.status != Endpoint.Status.ACTIVE or endpoint.removed_at is not None:
        is_dead = True
    Delivery.objects.filter(
        pk=delivery.pk, status=Delivery.Status.SENDING, attempts=delivery.attempts
    ).update(
        status=Delivery.Status.DEAD if is_dead else Delivery.Status.QUEUED,
        not_before=_later(now, delivery.attempts),
        last_status=outcome.status,
        last_error=outcome.error[:200],
    )
    if is_dead:
        logger.warning("webhook is a dead letter", extra={"delivery": delivery.public_id})
    _blame(endpoint, outcome, now, is_dead=is_dead)


def _blame(endpoint: Endpoint, outcome: Outcome, now: dt.datetime, *, is_dead: bool) -> None:
    """Count the failure against the endpoint; pause it, warn its owner, or disable it."""
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    pause = _pause(endpoint.failures)
    if outcome.retry_after is not None:
        pause = max(pause, min(dt.timedelta(seconds=outcome.retry_after), LONGEST_WISH))
    if pause:
        endpoint.not_before = now + pause
    fields = ["failures", "failing_since", "not_before"]
    endpoint.save(update_fields=fields)
    if endpoint.status != Endpoint.Status.ACTIVE or endpoint.removed_at is not None:
        return
    failing = now - endpoint.failing_since
    if outcome.status == _GONE:
        disable(endpoint, "It answered 410 Gone.", now)
    elif failing >= DISABLE_AFTER and endpoint.failures > FAILURES_TO_PAUSE:
        disable(endpoint, f"It failed for {DISABLE_AFTER.days} days: {outcome.error}", now)
    elif endpoint.warned_at is None and (is_dead or failing >= WARN_AFTER):
        endpoint.warned_at = now
        endpoint.save(update_fields=["warned_at"])
        _tell_owner("webhook_failing", endpoint, outcome.error, now)


def disable(endpoint: Endpoint, reason: str, now: dt.datetime) -> None:
    """Stop calling an endpoint, and tell its owner; in the caller's transaction, its row locked."""
    endpoint.status = Endpoint.Status.DISABLED
    endpoint.disabled_reason = reason[:200]
    endpoint.save(update_fields=["status", "disabled_reason"])
    bury_waiting(endpoint.pk, "The endpoint was disabled.")
    audit.record(
        "webhook.disabled",
        endpoint.public_id,
        by=SYSTEM,
        restaurant_id=endpoint.restaurant_scope,
        url=endpoint.url,
        reason=reason,
    )
    _tell_owner("webhook_disabled", endpoint, reason, now)
    logger.warning("webhook endpoint disabled", extra={"endpoint": endpoint.public_id})


def _tell_owner(kind: str, endpoint: Endpoint, reason: str, now: dt.datetime) -> None:
    queue(
        kind,
        restaurant_id=endpoint.restaurant_scope,
        about=endpoint.public_id,
        recipient=endpoint.contact_email,
        payload={
            "restaurant": "Couvert",
            "endpoint": endpoint.public_id,
            "url": endpoint.url,
            "reason": reason,
            "installation": settings.PUBLIC_URL,
        },
        at=now,
    )


def _pause(failures: int) -> dt.timedelta:
    beyond = failures - FAILURES_TO_PAUSE
    if beyond < 0:
        return dt.timedelta(0)
    return PAUSES[min(beyond, len(PAUSES) - 1)] * random.uniform(0.8, 1.2)  # noqa: S311


def _later(at: dt.datetime, attempts: int) -> dt.datetime:
    """The back-off after ``attempts`` tries, a fifth more or less so that rows spread out."""
    step = STEPS[min(max(attempts, 1), len(STEPS)) - 1]
    return at + step * random.uniform(0.8, 1.2)  # noqa: S311 - nothing here is secret


def _meaning(status: int) -> str:
    if 300 <= status < 400:
        return f"It answered {status}: redirects are not followed. Give the final address."
    if status == _GONE:
        return "It answered 410: it wants nothing any more."
    return f"It answered {status}."
