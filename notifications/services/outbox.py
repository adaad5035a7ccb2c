"""The outbox: messages are rows first; a worker claims them, sends them and records it.

Mails are delivered at least once: a worker that dies after handing one over and before recording
it sends it again, under the same Message-ID. Texts are sent at most once: one that may have left
is ``unknown`` and looked for (see ``tracing``).
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
from notifications.channels.base import AnswerLost, DeliveryFailed, OptedOut, Receipt
from notifications.channels.registry import channel_named
from notifications.models import MOST_LOOKS, Message, SmsReply
from notifications.reach import INSTEAD
from notifications.rendering import KINDS
from notifications.selectors import active_sms_account
from notifications.services import allowance, consents

logger = logging.getLogger(__name__)

DUE = (Message.Status.QUEUED, Message.Status.SENDING)
LEASE = dt.timedelta(minutes=2)
"""Longer than any channel's time-out: only a worker that died loses its row to another."""
MAX_ATTEMPTS = 6
SWEEP_SECONDS = 60.0
"""A sweep ends after this long whatever is left: the next one goes on, on any worker."""

LOOK_AFTER = dt.timedelta(minutes=1)
"""When it is first looked up what became of a text whose answer was lost."""
ASK_AFTER = dt.timedelta(minutes=15)
"""When a text is asked about that nobody has told us the end of."""
TOO_LATE = frozenset(
    {"reservation_reminder", "table_ready", "queue_joined", "waitlist_offered", "answer_refused"}
)
"""Kinds that are of no use once the visit has begun, or some time after they were written."""
READY_FOR = dt.timedelta(minutes=30)

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
    channel: str = "email",
) -> Message:
    """Put a message into the outbox, in the caller's transaction; it leaves soon after commit.

    ``payload`` holds the facts as JSON values (see ``rendering``) but no secret: the address of
    a page is made from ``about``, a public id, when the message is sent (see ``links``). Without
    a restaurant it comes from the installation. ``language`` is the reader's. ``channel`` and
    ``recipient`` are what ``reach.way_to`` says; its ``kept`` belongs into the payload. Not
    idempotent: call it once per event. Raises ValueError for a kind nobody can write.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no message of the kind {kind!r}")
    message = Message.objects.create(
        restaurant_id=restaurant_id,
        about=about,
        channel=channel,
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

    One that failed or waits is due at once. One that was sent, or may have been, is copied,
    because mail systems drop a second mail with the same Message-ID, and because what becomes of
    the first text may still be heard of. One that is being sent is left alone. Returns the row
    that will be sent.
    """
    now = clock.now()
    with transaction.atomic():
        row = Message.objects.select_for_update().get(pk=message.pk)
        audit.record("message.resent", row.public_id, by=by, restaurant_id=row.restaurant_id)
        was_sent = row.status in (Message.Status.SENT, Message.Status.UNKNOWN) or row.reference
        if was_sent:
            return queue(
                row.kind,
                restaurant_id=row.restaurant_id,
                about=row.about,
                recipient=row.recipient,
                payload=row.payload,
                language=row.language,
                channel=row.channel,
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
    """The next due message, ours until its lease ends; in another state if it is not to be sent."""
    with transaction.atomic(durable=True):
        message = (
            Message.objects.select_for_update(skip_locked=True)
            .filter(status__in=DUE, not_before__lte=now)
            .order_by("not_before", "id")
            .first()
        )
        if message is None:
            return None
        is_text = message.channel == Message.Channel.SMS
        if is_text and message.status == Message.Status.SENDING:
            # Its worker died, before or after it had sent it: look before anything else.
            _set_unknown(message, now)
        elif message.attempts >= MAX_ATTEMPTS:
            # Only a lease that ran out gets here: this message ends the worker that sends it.
            message.status = Message.Status.FAILED
            message.last_error = "No worker finished sending this message."
            message.save(update_fields=["status", "last_error"])
        elif not (is_text and _has_to_wait(message, now)):
            message.status = Message.Status.SENDING
            message.attempts += 1
            message.not_before = now + LEASE
            if is_text:
                # Counts from before it is sent, and is looked for from here on.
                message.sent_at = now
            message.save(update_fields=["status", "attempts", "not_before", "sent_at"])
        return message


def _has_to_wait(message: Message, now: dt.datetime) -> bool:
    """Put a text off, or give it up, where it may not leave now."""
    if _is_too_late(message, now):
        reason: allowance.Wait | None = allowance.Wait(None, "It came too late to be of use.")
    else:
        account = active_sms_account(message.restaurant_id or 0)
        reason = allowance.wait_for(message, account, now)
    if reason is None:
        return False
    if reason.until is None:
        message.status = Message.Status.FAILED
        write_instead(message, now)
    else:
        message.status = Message.Status.QUEUED
        message.not_before = reason.until
    message.last_error = reason.why
    message.save(update_fields=["status", "not_before", "last_error"])
    return True


def _is_too_late(message: Message, now: dt.datetime) -> bool:
    if message.kind not in TOO_LATE:
        return False
    if until := message.payload.get("offer_until"):
        return dt.datetime.fromisoformat(until) < now
    starts_at = message.payload.get("starts_at")
    if message.kind != "reservation_reminder" or not starts_at:
        return message.created_at + READY_FOR < now
    return dt.datetime.fromisoformat(starts_at) < now


def _set_unknown(message: Message, now: dt.datetime) -> None:
    message.status = Message.Status.UNKNOWN
    message.not_before = now + LOOK_AFTER
    message.last_error = "The answer was lost; it may have been sent."
    message.save(update_fields=["status", "not_before", "last_error"])


def _send(message: Message) -> bool:
    try:
        receipt = channel_named(message.channel).send(message)
    except AnswerLost:
        _record_lost(message)
        return False
    except OptedOut as error:
        _remember(message, error)
        _record_failure(message, error, permanent=True)
        return False
    except DeliveryFailed as error:
        _record_failure(message, error, permanent=error.permanent)
        return False
    except Exception as error:
        # One message that cannot be written must not keep the others from their readers.
        logger.exception("message could not be sent", extra={"message_id": message.public_id})
        _record_failure(message, DeliveryFailed(f"Not sent: {type(error).__name__}"))
        return False
    _record_sent(message, receipt)
    return True


def _record_sent(message: Message, receipt: Receipt | None) -> None:
    """Whoever else has claimed it meanwhile: it is sent."""
    sent: dict[str, Any] = {"status": Message.Status.SENT, "sent_at": clock.now(), "last_error": ""}
    rows = Message.objects.filter(pk=message.pk)
    if receipt is None:
        rows.update(**sent)
        return
    # The provider may have told us more of it before it answered: that is newer. And without its
    # id there is nothing to ask about.
    rows.filter(reference="").update(
        **sent,
        reference=receipt.reference,
        delivery=receipt.state,
        segments=receipt.segments,
        account_id=receipt.account_id,
        not_before=clock.now() + ASK_AFTER,
        error_code=None,
        looks=0 if receipt.reference else MOST_LOOKS,
    )


def _record_lost(message: Message) -> None:
    """It may have been sent. Only while it is still this worker's."""
    logger.warning("a text's answer was lost", extra={"message_id": message.public_id})
    with transaction.atomic():
        row = Message.objects.select_for_update().get(pk=message.pk)
        if row.status == Message.Status.SENDING and row.attempts == message.attempts:
            _set_unknown(row, clock.now())


def _remember(message: Message, error: DeliveryFailed) -> None:
    """The provider knows that this number wants no texts: so do we from now on."""
    if message.restaurant_id is not None:
        consents.remember(
            message.restaurant_id,
            message.recipient,
            SmsReply.What.OUT,
            how=str(error.code or "refused"),
            reference=message.public_id,
            at=clock.now(),
        )


def _record_failure(message: Message, error: DeliveryFailed, *, permanent: bool = False) -> None:
    failed = permanent or message.attempts >= MAX_ATTEMPTS
    if failed:
        logger.error("message failed", extra={"message_id": message.public_id})
    now = clock.now()
    with transaction.atomic():
        # Only while it is still this worker's: another may have sent it after the lease.
        is_ours = Message.objects.filter(
            pk=message.pk, status=Message.Status.SENDING, attempts=message.attempts
        ).update(
            status=Message.Status.FAILED if failed else Message.Status.QUEUED,
            not_before=_later(now, message.attempts),
            last_error=str(error)[:200],
            error_code=error.code,
            **({"sent_at": None} if message.channel == Message.Channel.SMS else {}),
        )
        if is_ours and failed:
            write_instead(message, now)


def write_instead(message: Message, at: dt.datetime) -> None:
    """The same by mail, where the guest left an address for when a text does not arrive.

    In the transaction that made the text ``failed``, or gave up looking for it: hence once.
    """
    email = str(message.payload.get(INSTEAD, ""))
    if message.channel != Message.Channel.SMS or not email:
        return
    queue(
        message.kind,
        restaurant_id=message.restaurant_id,
        about=message.about,
        recipient=email,
        payload={name: value for name, value in message.payload.items() if name != INSTEAD},
        language=message.language,
        at=at,
    )


def _later(at: dt.datetime, attempts: int) -> dt.datetime:
    """The back-off after ``attempts`` tries, a fifth more or less so that rows spread out."""
    step = _STEPS[min(attempts, len(_STEPS)) - 1]
    return at + step * random.uniform(0.8, 1.2)  # noqa: S311 - nothing here is secret
