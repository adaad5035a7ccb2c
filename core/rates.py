"""Counting attempts in Redis, in fixed windows, per client address or whoever else asks.

The counters are a courtesy to the machine and a hurdle for guessers and hoarders, not a promise:
when Redis is away everybody passes (and a metric says so), because a restaurant that cannot take
bookings is worse than one that is slow to notice a guesser. What must hold is kept elsewhere.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django_redis import get_redis_connection
from redis.exceptions import NoScriptError, RedisError

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


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a sliding window says of one more request."""

    limit: int
    remaining: int
    """How many more may follow at once."""
    frees_at: float
    """When there is more again: seconds since 1970."""
    is_within: bool


_SLIDE = """
local used = math.floor(tonumber(redis.call('GET', KEYS[2]) or '0') * tonumber(ARGV[2]))
local now = tonumber(redis.call('GET', KEYS[1]) or '0')
if used + now >= tonumber(ARGV[1]) then
  return {used, now, 0}
end
now = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return {used, now, 1}
"""


_SLIDE_SHA = hashlib.sha1(_SLIDE.encode(), usedforsecurity=False).hexdigest()


def _script(keys: tuple[str, ...], arguments: tuple[Any, ...]) -> Any:
    """Run the script by its name; by its text where Redis has forgotten it."""
    redis = get_redis_connection("default")
    try:
        return redis.evalsha(_SLIDE_SHA, len(keys), *keys, *arguments)
    except NoScriptError:
        return redis.eval(_SLIDE, len(keys), *keys, *arguments)


def slide(window: Window, subject: str) -> Allowance | None:
    """Count one request in a window that slides, and say what is left.

    The window before counts for the share of it that is still in view, as if its requests had
    come evenly. A refused request is not counted, so that a caller who knocks on gets in as soon
    as there is room. One script, hence one decision however many ask at once. None when Redis is
    away.
    """
    now = time.time()
    number, elapsed = divmod(now, window.seconds)
    weight = 1 - elapsed / window.seconds
    # Both keys in one slot of a cluster.
    base = f"couvert:slide:{{{window.scope}:{fingerprint(subject)}}}"
    keys = (f"{base}:{int(number)}", f"{base}:{int(number) - 1}")
    arguments = (window.limit, f"{weight:.9f}", window.seconds * 2)
    try:
        before, current, is_within = _script(keys, arguments)
    except (RedisError, OSError) as error:
        _note_absence(error)
        return None
    frees_in = _frees_in(window, elapsed, int(before), int(current))
    remaining = max(window.limit - int(before) - int(current), 0)
    return Allowance(window.limit, remaining, now + frees_in, bool(is_within))


def _frees_in(window: Window, elapsed: float, before: int, current: int) -> float:
    """Seconds until one more fits than now; the end of the window when it is not full."""
    left = window.seconds - elapsed
    room = window.limit - current
    if before + current < window.limit:
        return left
    if room > 0:
        # What came before shrinks with the weight until it fits; it was rounded down, so count on
        # one more.
        return left * (1 - room / (before + 1))
    return left + window.seconds * max(1 - window.limit / max(current, 1), 0.0)


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


def reset(window: Window, subject: str) -> None:
    """Forget every attempt that was counted in the window that runs. Never raises."""
    try:
        get_redis_connection("default").delete(_key(window, subject))
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


def client_address(meta: Mapping[str, Any]) -> str | None:
    """The caller's address with ``TRUSTED_PROXIES`` proxies in front.

    ``X-Forwarded-For`` is read from the right, as far as our own proxies wrote it: what stands
    left of that, the caller may have made up. None when the server does not know the address.
    """
    address = str(meta.get("REMOTE_ADDR") or "")
    proxies = settings.TRUSTED_PROXIES
    forwarded = str(meta.get("HTTP_X_FORWARDED_FOR", ""))
    if proxies and forwarded:
        hops = [hop.strip() for hop in forwarded.split(",")]
        address = hops[-min(proxies, len(hops))]
    return _plain(address) or None


def client_network(meta: Mapping[str, Any]) -> str | None:
    """:func:`client_address`, or for IPv6 its /64, since one line has that many addresses."""
    address = client_address(meta)
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


def _plain(address: str) -> str:
    """An address in its one form: without the port that some proxies write, and IPv4 as such.

    A socket for both families shows IPv4 as ``::ffff:192.0.2.1``; all of those share one /64.
    """
    bare = address
    if address.startswith("["):
        bare = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        bare = address.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(bare)
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def is_this_machine(network: str) -> bool:
    """Whether an address or network of :func:`client_network` is the loopback."""
    try:
        return ipaddress.ip_network(network).is_loopback
    except ValueError:
        return False


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
