"""Hearing from Redis that something was committed at a house: a hint, never the news itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import redis.asyncio as redis

from core.wakeups import CHANNELS

logger = logging.getLogger(__name__)

_AGAIN = 1.0
"""Seconds between tries to reach Redis."""
_NOBODY = f"{CHANNELS}-"
"""Heard always, so that there is a connection to notice the end of."""


class Ear:
    """Listens for the houses it was told of; says when one of them changed.

    While Redis is away it hears nothing, and comes back by itself.
    """

    def __init__(self, url: str, on_change: Callable[[], None]) -> None:
        self._url = url
        self._on_change = on_change
        self._houses: set[int] = set()
        self._news: redis.client.PubSub | None = None
        self.is_connected = False

    async def follow(self, house: int) -> None:
        """Listen for one more house."""
        self._houses.add(house)
        await self._tell("subscribe", house)

    async def leave(self, house: int) -> None:
        """And not any more."""
        self._houses.discard(house)
        await self._tell("unsubscribe", house)

    async def run(self) -> None:
        """For ever, until cancelled."""
        while True:
            try:
                await self._listen()
            except (redis.RedisError, OSError) as error:
                if self.is_connected:
                    logger.warning("Redis away, polling", extra={"error": type(error).__name__})
            finally:
                self.is_connected, self._news = False, None
            await asyncio.sleep(_AGAIN)

    async def _listen(self) -> None:
        client = redis.Redis.from_url(self._url, socket_connect_timeout=1, health_check_interval=15)
        try:
            news = client.pubsub(ignore_subscribe_messages=True)
            await news.subscribe(_NOBODY, *(f"{CHANNELS}{house}" for house in self._houses))
            self._news, self.is_connected = news, True
            # Whatever was announced before this moment.
            self._on_change()
            while True:
                if await news.get_message(timeout=5.0) is not None:
                    self._on_change()
        finally:
            await client.aclose()

    async def _tell(self, how: str, house: int) -> None:
        if self._news is None:
            return
        try:
            await getattr(self._news, how)(f"{CHANNELS}{house}")
        except (redis.RedisError, OSError):
            # The listening side notices as well, and begins anew with all houses.
            logger.debug("Redis away", exc_info=True)
