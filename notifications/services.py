"""The outbox: messages are rows first; a worker claims them, sends them and records it.

Delivery is at least once. A worker that dies after handing a message over and before
recording it sends it again, under the same Message-ID.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import time
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from core import audit, clock, jobs
from core.actors import Actor
from notifications.channels.base import DeliveryFailed
from notifications.channels.registry import channel_named
from notifications.models import Message
from notifications.rendering import KINDS

logger = logging.getLogger(__name__)

DUE = (Message.Status.QUEUED, Message.Status.SENDING)
LEASE = dt.timedelta(minutes=2)
"""Longer than any channel's time-out: only a worker that died loses its row to another."""
MAX_ATTEMPTS = 6
SWEEP_SECONDS = 60.0
"""A sweep ends after this long whatever is left: the next one goes on, on any worker."""

_STEPS = [dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480)]


def queue(
    kind: str,
    *,
    restaurant_id: int | None,
    about: str,
    recipient: str,
    payload: Mapping[str, Any],
    at: dt.datetime,
    language: str = "en",
) -> Message:
    """Put an e-mail into the outbox, in the caller's transaction; it leaves soon after commit.

    ``payload`` holds the facts as JSON values (see ``rendering``) but no secret: the address of
    a page is made from ``about``, a public id, when the message is sent (see ``links``). Without
    a restaurant it comes from the installation. ``language`` is the reader's. Not idempotent:
    call it once per event. Raises ValueError for a kind nobody can write.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no message of the kind {kind!r}")
    message = Message.objects.create(
        restaurant_id=restaurant_id,
        about=about,
        kind=kind,
        language=language,
        recipient=recipient,
        payload=dict(payload),
        not_before=at,
        created_at=at,
    )
    jobs.wake("notifications.deliver_due")
    return message


def deliver_due(limit: int = 100) -> int:
    """Send up to ``limit`` due messages and say how many were handed over.

    Due is what is queued for now, and what a worker claimed and did not finish within its
    lease. Each message is claimed in one transaction, sent outside of any, and recorded in
    another. Failures are tried again five times over about eleven hours; then, or at once
    when the recipient is refused, the message is ``failed`` and waits for a person. Safe to
    run twice and at once: workers never claim the same row.
    """
    sent = 0
    deadline = time.monotonic() + SWEEP_SECONDS
    for _ in range(limit):
        message = _claim(clock.now()) if time.monotonic() < deadline else None
        if message is None:
            break
        if message.status == Message.Status.SENDING:
            sent += _send(message)
    return sent


def resend(message: Message, by: Actor) -> Message:
    """Send a message again at the wish of a member of staff; opens its own transaction.

    One that failed or waits is due at once. One that was sent is copied, because mail systems
    drop a second mail with the same Message-ID. One that is being sent is left alone. Returns
    the row that will be sent.
    """
    now = clock.now()
    with transaction.atomic():
        row = Message.objects.select_for_update().get(pk=message.pk)
        audit.record("message.resent", row.public_id, by=by, restaurant_id=row.restaurant_id)
        if row.status == Message.Status.SENT:
            return queue(
                row.kind,
                restaurant_id=row.restaurant_id,
                about=row.about,
                recipient=row.recipient,
                payload=row.payload,
                language=row.language,
                at=now,
            )
        if row.status != Message.Status.SENDING:
            row.status = Message.Status.QUEUED
            row.attempts = 0
            row.not_before = now
            row.save(update_fields=["status", "attempts", "not_before"])
            jobs.wake("notifications.deliver_due")
        return row


def _claim(now: dt.datetime) -> Message | None:
    """The next due message, ours until its lease ends; ``failed`` if it had all its attempts."""
    with transaction.atomic(durable=True):
        message = (
            Message.objects.select_for_update(skip_locked=True)
            .filter(status__in=DUE, not_before__lte=now)
            .order_by("not_before", "id")
            .first()
        )
        if message is None:
            return None
        if message.attempts >= MAX_ATTEMPTS:
            # Only a lease that ran out gets here: this message ends the worker that sends it.
            message.status = Message.Status.FAILED
            message.last_error = "No worker finished sending this message."
            message.save(update_fields=["status", "last_error"])
            return message
        message.status = Message.Status.SENDING
        message.attempts += 1
        message.not_before = now + LEASE
        message.save(update_fields=["status", "attempts", "not_before"])
        return message


def _send(message: Message) -> bool:
    try:
        channel_named(message.channel).send(message)
    except DeliveryFailed as error:
        _record_failure(message, str(error), permanent=error.permanent)
        return False
    except Exception as error:
        # One message that cannot be written must not keep the others from their readers.
        logger.exception("message could not be sent", extra={"message_id": message.public_id})
        _record_failure(message, f"Not sent: {type(error).__name__}", permanent=False)
        return False
    # Whoever else has claimed it meanwhile: it is sent.
    Message.objects.filter(pk=message.pk).update(
        status=Message.Status.SENT, sent_at=clock.now(), last_error=""
    )
    return True


def _record_failure(message: Message, reason: str, *, permanent: bool) -> None:
    failed = permanent or message.attempts >= MAX_ATTEMPTS
    if failed:
        logger.error("message failed", extra={"message_id": message.public_id})
    # Only while it is still this worker's: another may have sent it after the lease.
    Message.objects.filter(
        pk=message.pk, status=Message.Status.SENDING, attempts=message.attempts
    ).update(
        status=Message.Status.FAILED if failed else Message.Status.QUEUED,
        not_before=_later(clock.now(), message.attempts),
        last_error=reason[:200],
    )


def _later(at: dt.datetime, attempts: int) -> dt.datetime:
    """The back-off after ``attempts`` tries, a fifth more or less so that rows spread out."""
    step = _STEPS[min(attempts, len(_STEPS)) - 1]
    return at + step * random.uniform(0.8, 1.2)  # noqa: S311 - nothing here is secret
