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

_NOBODY_LISTENS = 1.0
"""Seconds in which a house that nobody watches is not announced again."""
_AWAY = 5.0
"""Seconds in which Redis is left alone after it failed: each try may cost half of one."""

_quiet_until: dict[int | None, float] = {}
"""By restaurant, and under None for all of them; by the monotonic clock."""


@dataclass(frozen=True, slots=True)
class _Announcement:
    """What is run after the commit. Two of one house are equal, and so registered once."""

    restaurant_id: int

    def __call__(self) -> None:
        now = time.monotonic()
        if now < max(_quiet_until.get(self.restaurant_id, 0.0), _quiet_until.get(None, 0.0)):
            return
        try:
            heard = get_redis_connection("default").publish(f"{CHANNELS}{self.restaurant_id}", b"")
        except Exception as error:  # noqa: BLE001 - whatever Redis does, the deed is done
            _quiet_until[None] = now + _AWAY
            logger.warning("Redis away, streams will poll", extra={"error": type(error).__name__})
        else:
            if not heard:
                _quiet_until[self.restaurant_id] = now + _NOBODY_LISTENS


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


def forget_quiet() -> None:
    """Announce the next change whatever was learnt before (tests start from scratch)."""
    _quiet_until.clear()
