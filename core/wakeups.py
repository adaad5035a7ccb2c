"""Telling those who watch a house that something was committed there.

Only a hint, by Redis: the event streams read the audit trail when they get it, and once a second
without it. So it may be lost, and costs a request that changes the book next to nothing when
nobody watches, or Redis is away.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from django.db import connection, transaction
from django_redis import get_redis_connection

logger = logging.getLogger(__name__)

CHANNELS = "couvert:changed:"
"""A channel is this and a restaurant's primary key."""

_LOOK_EVERY = 0.25
"""Seconds for which a process believes what it learnt about who listens: asking costs as much as
telling, and most houses that are booked at are watched by nobody."""
_AWAY = 5.0
"""Seconds in which Redis is left alone after it failed: each try may cost half of one."""


class _Listened:
    """The channels somebody listens to, as this process last saw them."""

    def __init__(self) -> None:
        self._channels: frozenset[str] = frozenset()
        self.again_at = 0.0
        """By the monotonic clock."""

    def tell(self, channel: str) -> None:
        """Publish, if somebody listens."""
        now = time.monotonic()
        client = None
        try:
            if now >= self.again_at:
                client = get_redis_connection("default")
                found = client.pubsub_channels(f"{CHANNELS}*")
                self._channels = frozenset(name.decode() for name in found)
                self.again_at = now + _LOOK_EVERY
            if channel in self._channels:
                (client or get_redis_connection("default")).publish(channel, b"")
        except NotImplementedError:
            # The cache of this process is no Redis (a proof, a test): there is nobody to tell.
            self._channels, self.again_at = frozenset(), now + _AWAY
        except Exception as error:  # noqa: BLE001 - whatever Redis does, the deed is done
            self._channels, self.again_at = frozenset(), now + _AWAY
            logger.warning("Redis away, streams will poll", extra={"error": type(error).__name__})


_listened = _Listened()


@dataclass(frozen=True, slots=True)
class _Announcement:
    """What is run after the commit. Two of one house are equal, and so registered once."""

    restaurant_id: int

    def __call__(self) -> None:
        _listened.tell(f"{CHANNELS}{self.restaurant_id}")


def announce(restaurant_id: int | None) -> None:
    """Wake the streams of this house once the surrounding transaction has committed.

    Once for a transaction, however often it is called in it. Never raises.
    """
    if restaurant_id is None:
        return
    announcement = _Announcement(restaurant_id)
    # One that a savepoint took with it when it was rolled back is not in this list any more.
    if not any(entry[1] == announcement for entry in connection.run_on_commit):
        transaction.on_commit(announcement)


def forget_listeners() -> None:
    """Ask anew who listens at the next change (tests start from scratch)."""
    _listened.again_at = 0.0
