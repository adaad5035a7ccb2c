"""Counting attempts per address and per account in Redis, in fixed windows.

The counters are a courtesy to the machine and a hurdle for guessers, not a promise: when Redis is
away everybody passes (and a metric says so), because a restaurant that cannot take bookings is
worse than one that is slow to notice a guesser.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
from typing import ClassVar

from django.conf import settings
from django_redis import get_redis_connection
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from core import metrics

logger = logging.getLogger(__name__)

FAILED_OPEN = metrics.counter(
    "couvert_throttle_failed_open", "Requests let through uncounted because Redis was away"
)


class WindowThrottle(BaseThrottle):
    """At most ``limit`` attempts of one subject in ``seconds``.

    ``scope`` keeps the counters of different throttles apart. The counter is taken before the
    attempt (two at once cannot both be the last one) and can be given back with :meth:`forgive`.
    """

    scope: ClassVar[str]
    limit: ClassVar[int]
    seconds: ClassVar[int]

    _wait: float | None = None

    def subject(self, request: Request) -> str | None:
        """Whose attempts are counted; None to let this request through uncounted."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count this attempt and say whether it may go on."""
        subject = self.subject(request)
        if subject is None:
            return True
        key = self._key(subject)
        try:
            # One round trip and one transaction, with commands that Redis 6 knows.
            with get_redis_connection("default").pipeline() as pipe:
                pipe.set(key, 0, ex=self.seconds, nx=True)
                pipe.incr(key)
                pipe.ttl(key)
                _, used, left = pipe.execute()
        except (RedisError, OSError) as error:
            _note_absence(error)
            return True
        self._wait = float(max(left, 1))
        return int(used) <= self.limit

    def wait(self) -> float | None:
        """Seconds until the window ends."""
        return self._wait

    def forgive(self, request: Request) -> None:
        """Take back the attempt that :meth:`allow_request` counted: it was an honest one."""
        subject = self.subject(request)
        if subject is None:
            return
        try:
            with get_redis_connection("default").pipeline() as pipe:
                # Should the window have ended meanwhile, this starts a new one with nothing in it.
                pipe.set(self._key(subject), 1, ex=self.seconds, nx=True)
                pipe.decr(self._key(subject))
                pipe.execute()
        except (RedisError, OSError) as error:
            _note_absence(error)

    def _key(self, subject: str) -> str:
        # Keyed, so that whoever reads Redis learns no address.
        secret = settings.SECRET_KEY.encode()
        digest = hmac.new(secret, subject.encode(), hashlib.sha256).hexdigest()[:32]
        return f"couvert:throttle:{self.scope}:{digest}"


class AddressThrottle(WindowThrottle):
    """Per client address; a whole IPv6 /64 counts as one, since one line has that many."""

    def subject(self, request: Request) -> str | None:
        """The address, or None when the server does not know it (a unix socket)."""
        return client_network(request)


def client_network(request: Request) -> str | None:
    """The caller's address, with ``NUM_PROXIES`` trusted proxies in front; /64 for IPv6.

    ``X-Forwarded-For`` is read from the right, as far as our own proxies wrote it: what stands
    left of that, the caller may have made up.
    """
    address = request.META.get("REMOTE_ADDR") or ""
    proxies = api_settings.NUM_PROXIES or 0
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
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


def _note_absence(error: Exception) -> None:
    FAILED_OPEN.inc()
    logger.warning("Redis away, not counting attempts", extra={"error": type(error).__name__})
