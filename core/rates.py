"""Counting attempts in Redis, in fixed windows, per client address or whoever else asks.

The counters are a courtesy to the machine and a hurdle for guessers and hoarders, not a promise:
when Redis is away everybody passes (and a metric says so), because a restaurant that cannot take
bookings is worse than one that is slow to notice a guesser. What must hold is kept elsewhere.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django_redis import get_redis_connection
from redis.exceptions import RedisError

from core import metrics, tokens

logger = logging.getLogger(__name__)

FAILED_OPEN = metrics.counter(
    "couvert_throttle_failed_open", "Requests let through uncounted because Redis was away"
)


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``limit`` attempts of one subject in ``seconds``; ``scope`` keeps counters apart."""

    scope: str
    limit: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Count:
    """How often a subject has tried in the window that runs, this attempt included."""

    used: int
    seconds_left: int
    """Until the window ends; at least 1."""


def count(window: Window, subject: str) -> Count | None:
    """Count one attempt, before it is made: two at once cannot both be the last one.

    None when Redis is away. Never raises.
    """
    key = _key(window, subject)
    try:
        # One round trip and one transaction, with commands that Redis 6 knows.
        with get_redis_connection("default").pipeline() as pipe:
            pipe.set(key, 0, ex=window.seconds, nx=True)
            pipe.incr(key)
            pipe.ttl(key)
            _, used, left = pipe.execute()
    except (RedisError, OSError) as error:
        _note_absence(error)
        return None
    return Count(int(used), max(int(left), 1))


def forgive(window: Window, subject: str) -> None:
    """Take back the attempt that :func:`count` counted: it was an honest one. Never raises."""
    try:
        with get_redis_connection("default").pipeline() as pipe:
            # Should the window have ended meanwhile, this starts a new one with nothing in it.
            pipe.set(_key(window, subject), 1, ex=window.seconds, nx=True)
            pipe.decr(_key(window, subject))
            pipe.execute()
    except (RedisError, OSError) as error:
        _note_absence(error)


def first_use(scope: str, token: str, seconds: int) -> bool:
    """Whether ``token`` is used for the first time in ``seconds``; True when Redis is away."""
    key = _key(Window(scope, 1, seconds), token)
    try:
        return bool(get_redis_connection("default").set(key, 1, ex=seconds, nx=True))
    except (RedisError, OSError) as error:
        _note_absence(error)
        return True


def fingerprint(text: str) -> str:
    """``text`` as 32 hex digits, keyed: whoever reads the counters learns no address."""
    return tokens.fingerprint("guest", text)[:32]


def client_network(meta: Mapping[str, Any]) -> str | None:
    """The caller's address with ``TRUSTED_PROXIES`` proxies in front; /64 for IPv6.

    ``X-Forwarded-For`` is read from the right, as far as our own proxies wrote it: what stands
    left of that, the caller may have made up. None when the server does not know the address.
    """
    address = str(meta.get("REMOTE_ADDR") or "")
    proxies = settings.TRUSTED_PROXIES
    forwarded = str(meta.get("HTTP_X_FORWARDED_FOR", ""))
    if proxies and forwarded:
        hops = [hop.strip() for hop in forwarded.split(",")]
        address = hops[-min(proxies, len(hops))]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address or None
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


def guest_network(meta: Mapping[str, Any]) -> str | None:
    """:func:`client_network`, or None where it would be a proxy that nobody told us of.

    A private address that forwards for others, with ``TRUSTED_PROXIES`` unset, is every guest's at
    once: counting it would shut out all of them.
    """
    address = client_network(meta)
    if address is None or settings.TRUSTED_PROXIES or "HTTP_X_FORWARDED_FOR" not in meta:
        return address
    try:
        is_private = ipaddress.ip_network(address).is_private
    except ValueError:
        return address
    if not is_private:
        return address
    logger.warning("A proxy stands in front: set TRUSTED_PROXIES, or guests cannot be told apart")
    return None


def _key(window: Window, subject: str) -> str:
    return f"couvert:throttle:{window.scope}:{fingerprint(subject)}"


def _note_absence(error: Exception) -> None:
    FAILED_OPEN.inc()
    logger.warning("Redis away, not counting attempts", extra={"error": type(error).__name__})
