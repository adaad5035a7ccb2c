"""Sending: many calls at a time in threads, everything about them written by one."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from standardwebhooks.webhooks import Webhook

from core import clock, outbound
from core.outbound import Answer
from core.secrets import SecretLost, decrypt
from webhooks.events import may_see_people
from webhooks.models import Delivery, Endpoint
from webhooks.services.claims import claim
from webhooks.services.outcomes import MAX_ATTEMPTS, Outcome, record
from webhooks.wire import wire

logger = logging.getLogger(__name__)

SLOTS = 16
"""Calls under way at a time in one process: what it keeps in memory, whatever waits."""
SWEEP_SECONDS = 20.0
"""A sweep takes nothing new after this long: the next one goes on, on any worker."""
USER_AGENT = "Couvert-Webhooks/1"

_CLOSED = "The API key is revoked or has expired."


@dataclass(frozen=True, slots=True)
class Call:
    """One request, ready to be made without looking at the database again."""

    url: str
    body: bytes
    headers: Mapping[str, str]


class NotSendable(Exception):
    """A delivery that cannot be made into a request; the text says why."""


def deliver_due(most: int | None = None) -> int:
    """Send what is due, for ``SWEEP_SECONDS`` or up to ``most`` deliveries; how many were tried.

    Each is claimed in one transaction, sent outside of any, and recorded in another. At least
    once: a process that dies in between leaves a lease that runs out. May run twice and at once.
    """
    tried, deadline = 0, time.monotonic() + SWEEP_SECONDS
    flying: dict[Future[Answer], Delivery] = {}
    with ThreadPoolExecutor(SLOTS, thread_name_prefix="webhook") as pool:
        while True:
            room = SLOTS - len(flying) if most is None else min(SLOTS - len(flying), most - tried)
            taken: list[Delivery] = []
            if room > 0 and time.monotonic() < deadline:
                busy = Counter(delivery.endpoint_id for delivery in flying.values())
                taken = claim(room, busy, clock.now())
            tried += len(taken)
            for delivery in taken:
                _launch(pool, delivery, flying)
            if not flying and not taken:
                return tried
            done, _ = wait(flying, return_when=FIRST_COMPLETED)
            for future in done:
                delivery = flying.pop(future)
                record(delivery, outcome_of(future))


def _launch(
    pool: ThreadPoolExecutor, delivery: Delivery, flying: dict[Future[Answer], Delivery]
) -> None:
    try:
        call = prepare(delivery, clock.now())
    except NotSendable as error:
        record(delivery, Outcome(error=str(error), is_final=True))
        return
    except Exception as error:
        # One event that cannot be written must not keep the others from their readers.
        logger.exception("event could not be written", extra={"delivery": delivery.public_id})
        record(delivery, Outcome(error=f"Not sent: {type(error).__name__}"))
        return
    flying[pool.submit(outbound.post, call.url, call.body, call.headers)] = delivery


def prepare(delivery: Delivery, now: dt.datetime) -> Call:
    """The signed request of a delivery as of now.

    Raises NotSendable when the key is shut or no secret can be read.
    """
    endpoint, event = delivery.endpoint, delivery.event
    if delivery.attempts > MAX_ATTEMPTS:
        # Only leases that ran out get here: this delivery ends the worker that sends it.
        raise NotSendable("No worker finished sending this.")
    if not endpoint.key.is_open(now):
        raise NotSendable(_CLOSED)
    body = wire().body(delivery, event, with_people=may_see_people(endpoint.key.scopes))
    text = body.decode()
    signatures = [
        Webhook(secret).sign(event.public_id, now.astimezone(dt.UTC), text)
        for secret in _secrets(endpoint, now)
    ]
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": event.public_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
        "couvert-delivery": delivery.public_id,
        "couvert-attempt": str(delivery.attempts),
    }
    return Call(endpoint.url, body, headers)


def outcome_of(future: Future[Answer]) -> Outcome:
    """What became of a call, in the words of the log."""
    error = future.exception()
    if error is None:
        return Outcome.of(future.result())
    if isinstance(error, outbound.Refused | outbound.Unreachable):
        return Outcome(error=str(error)[:200])
    logger.error("webhook call failed", exc_info=error)
    return Outcome(error=f"Not sent: {type(error).__name__}")


def _secrets(endpoint: Endpoint, now: dt.datetime) -> list[str]:
    """The current one first, then the one before it while it overlaps."""
    rows = [row for row in endpoint.secrets.all() if row.expires_at is None or row.expires_at > now]
    found = []
    for row in rows:
        try:
            found.append(decrypt(row.secret))
        except SecretLost:
            logger.exception("webhook secret is lost", extra={"endpoint": endpoint.public_id})
    if not found:
        raise NotSendable("The signing secret cannot be read any more. Rotate it.")
    return found
