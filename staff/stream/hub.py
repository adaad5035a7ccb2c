"""One reader of the audit trail for all screens that listen to this process."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections

from core.changes import Change, Changes, Mark, read_changes
from staff.live import Grant, as_json, grant_for, heard
from staff.stream import readings
from staff.stream.ear import Ear
from staff.stream.listener import Listener

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

_POLL = 1.0
"""Seconds after which the trail is read whether or not anybody was heard."""
_PAUSE = 0.01
"""Seconds between two readings: a burst of bookings is one."""


class Hub:
    """Listeners, the place all of them have come to, and the one thread that asks the database.

    A listener joins between two readings, and reads alone what happened from its own place to the
    common one. From then on one reading serves all of its house.
    """

    def __init__(self, redis_url: str) -> None:
        self.is_closing = False
        self.mark: Mark | None = None
        """None while nobody listens: then nothing is read."""
        self.read_at = 0.0
        self.ear = Ear(redis_url, self.wake)
        self._listeners: dict[int, set[Listener]] = defaultdict(set)
        self._joining: list[Listener] = []
        self._woken = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        # However many are at the door, a reading waits for one of them at most.
        self._door = asyncio.Semaphore(1)
        # One thread is one connection, and keeps readings in order.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")

    def __len__(self) -> int:
        return len(self._joining) + sum(map(len, self._listeners.values()))

    def start(self) -> None:
        """Begin to listen and to read."""
        self._tasks = {
            asyncio.create_task(self.ear.run()),
            asyncio.create_task(self._read_for_ever()),
        }

    async def close(self) -> None:
        """Let every listener go; they come back to another process, or to the next one."""
        self.is_closing = True
        for listener in self._all():
            listener.end(b"")
        # Their connections write what is left and close.
        for _ in range(100):
            if not len(self):
                break
            await asyncio.sleep(0.02)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.database(connections.close_all)
        self._thread.shutdown(wait=False)

    def wake(self) -> None:
        """Read soon."""
        self._woken.set()

    async def join(self, listener: Listener) -> None:
        """From the next reading on this one is told everything since its own place."""
        self._joining.append(listener)
        readings.LISTENERS.set(len(self))
        if not self._listeners.get(listener.house):
            await self.ear.follow(listener.house)
        self.wake()

    async def leave(self, listener: Listener) -> None:
        """This one is gone. Safe to repeat."""
        if listener in self._joining:
            self._joining.remove(listener)
        house = listener.house
        self._listeners[house].discard(listener)
        readings.LISTENERS.set(len(self))
        is_last = all(other.house != house for other in self._joining)
        if not self._listeners[house] and is_last:
            del self._listeners[house]
            await self.ear.leave(house)

    def place_of(self, listener: Listener) -> str:
        """Where one has come to who was written everything; empty while that is not sure."""
        is_even = listener in self._listeners.get(listener.house, ()) and not listener.is_behind
        return str(self.mark) if is_even and self.mark else ""

    def count_of(self, session_key: str) -> int:
        """How many connections one session has."""
        return sum(each.session_key == session_key for each in self._all())

    async def database(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call something that asks the database, in the thread with the connection."""

        def inside() -> T:
            close_old_connections()
            return function(*args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._thread, inside)

    async def grant(self, session_key: str, slug: str) -> Grant:
        """What somebody may hear, as of now. Raises what ``grant_for`` does."""
        async with self._door:
            return await self.database(grant_for, session_key, slug)

    def _all(self) -> list[Listener]:
        return [*self._joining, *(each for group in self._listeners.values() for each in group)]

    async def _read_for_ever(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._woken.wait(), _POLL if len(self) else None)
                readings.WAKES.labels("woken").inc()
            except TimeoutError:
                readings.WAKES.labels("polled").inc()
            self._woken.clear()
            if not len(self):
                self.mark = None
                continue
            try:
                await self._read()
            except Exception as error:  # noqa: BLE001 - whatever it was, the next reading tries again
                logger.warning("Trail not readable", extra={"error": type(error).__name__})
                await asyncio.sleep(_POLL / 2)
                self.wake()
            await asyncio.sleep(_PAUSE)

    async def _read(self) -> None:
        joining = list(self._joining)
        houses = [house for house, group in self._listeners.items() if group]
        own = [(each.after, each.house) for each in joining]
        common, alone = await self.database(_read_all, self.mark, houses, own)
        self.mark, self.read_at = common.mark, time.monotonic()
        # From here to the end nothing waits, so nobody leaves or joins in between.
        self._tell(common, houses)
        for listener, missed in zip(joining, alone, strict=True):
            if listener in self._joining:
                self._joining.remove(listener)
                self._listeners[listener.house].add(listener)
                listener.put(as_json(missed, listener.grant.hidden))
        readings.LISTENERS.set(len(self))

    def _tell(self, common: Changes, houses: Iterable[int]) -> None:
        now = time.time()
        of_house: dict[int, list[Change]] = defaultdict(list)
        for change in common.entries:
            of_house[change.restaurant_id].append(change)
            readings.LAG.observe(max(0.0, now - change.at))
        for house in houses if not common.is_whole else of_house:
            part = Changes(common.mark, tuple(of_house[house]), common.is_whole)
            told: dict[frozenset[str], bytes] = {}
            for listener in self._listeners.get(house, ()):
                hidden = listener.grant.hidden
                if hidden not in told:
                    worth = not part.is_whole or heard(part, hidden)
                    told[hidden] = as_json(part, hidden) if worth else b""
                if told[hidden]:
                    listener.put(told[hidden])


def _read_all(
    mark: Mark | None, houses: list[int], own: list[tuple[Mark | None, int]]
) -> tuple[Changes, list[Changes]]:
    """One reading for all, then what each of those who join has missed, up to the same place."""
    common = read_changes(mark, houses)
    if mark is None:
        # Nobody listened until now, so nobody was promised anything.
        common = Changes(common.mark)
    alone = [read_changes(after, [house], until=common.mark) for after, house in own]
    return common, alone
