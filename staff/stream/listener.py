"""One open connection of a browser: what it may hear, and what waits to be written to it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from core.changes import Mark
from staff.live import Grant

_MOST_WAITING = 64
"""Messages; who is that far behind reads slower than the house changes, and begins anew."""

END = b""
"""The message after which there is none."""


class Listener:
    """Filled by the hub, emptied by the connection it belongs to."""

    def __init__(self, session_key: str, slug: str, grant: Grant, after: Mark | None) -> None:
        self.session_key = session_key
        self.slug = slug
        self.grant = grant
        self.after = after
        self.ending = b""
        """What is written last, once it was told to end."""
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(_MOST_WAITING)
        self._task = asyncio.current_task()

    @property
    def house(self) -> int:
        """The restaurant it listens to."""
        return self.grant.restaurant_id

    @property
    def is_behind(self) -> bool:
        """Whether something waits to be written."""
        return not self._waiting.empty()

    def put(self, message: bytes) -> None:
        """Another message, as JSON."""
        try:
            self._waiting.put_nowait(message)
        except asyncio.QueueFull:
            # Writing may be what hangs, so it is not asked to end but ended.
            if self._task:
                self._task.cancel()

    def end(self, ending: bytes) -> None:
        """Nothing after what waits already, but ``ending``."""
        self.ending = ending
        with suppress(asyncio.QueueFull):
            self._waiting.put_nowait(END)

    async def next(self, patience: float) -> bytes | None:
        """The next message; ``END`` after the last, None when there was none for so long."""
        try:
            return await asyncio.wait_for(self._waiting.get(), patience)
        except TimeoutError:
            return None
