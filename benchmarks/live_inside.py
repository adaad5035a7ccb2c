"""The part of ``benchmarks.live`` that knows Couvert: screens and changes in one process."""

from __future__ import annotations

import asyncio
import json
import math
import sys
import time
from collections import defaultdict
from statistics import quantiles
from typing import Any

import django

django.setup(set_prefix=False)

# Models must be there before these are loaded.
from django.conf import settings  # noqa: E402
from django.contrib.auth import (  # noqa: E402
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.contrib.sessions.backends.cached_db import SessionStore  # noqa: E402
from django.db import transaction  # noqa: E402

from accounts.models import User  # noqa: E402
from core import audit, wakeups  # noqa: E402
from core.actors import SYSTEM  # noqa: E402
from restaurants.models import Restaurant  # noqa: E402

_PAUSE = 0.02
"""Seconds between two changes: longer than the stream waits between two readings."""


async def main(port: int, changes: int, screens: int) -> list[dict[str, Any]]:
    """The two rows."""
    house, session = await asyncio.to_thread(_who)
    heard: dict[str, list[float]] = defaultdict(list)
    ready = [asyncio.Event() for _ in range(screens)]
    path = f"/staff/r/{house.slug}/stand/stream"
    listening = [asyncio.create_task(_listen(port, path, session, heard, each)) for each in ready]
    await asyncio.gather(*(each.wait() for each in ready))
    rows = [await _row("woken by Redis", "w", house, changes, screens, heard)]
    # As after a failure: nothing is announced for the rest of this process.
    wakeups._listened = wakeups._Listened()
    wakeups._listened.again_at = math.inf
    rows.append(await _row("Redis away, once a second", "p", house, changes // 8, screens, heard))
    for task in listening:
        task.cancel()
    return rows


async def _row(
    label: str,
    letter: str,
    house: Restaurant,
    changes: int,
    screens: int,
    heard: dict[str, list[float]],
) -> dict[str, Any]:
    began: dict[str, float] = {}
    for n in range(changes):
        target = f"res_{letter}{n}"
        began[target] = time.perf_counter()
        await asyncio.to_thread(_change, house, target)
        await asyncio.sleep(_PAUSE)
    deadline = time.perf_counter() + 5
    while sum(len(heard[target]) for target in began) < changes * screens:
        if time.perf_counter() > deadline:
            break
        await asyncio.sleep(0.05)
    taken = [1000 * (at - since) for target, since in began.items() for at in heard[target]]
    cuts = quantiles(taken, n=20)
    number = f"{len(taken)}/{changes * screens}"
    return {"label": label, "p50": cuts[9], "p95": cuts[18], "most": max(taken), "heard": number}


async def _listen(
    port: int, path: str, session: str, heard: dict[str, list[float]], ready: asyncio.Event
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    cookie = f"{settings.SESSION_COOKIE_NAME}={session}"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
    async for line in reader:
        if line.startswith(b'data: {"place"'):
            at = time.perf_counter()
            ready.set()
            for event in json.loads(line[6:])["events"]:
                heard[event["target"]].append(at)


def _change(house: Restaurant, target: str) -> None:
    with transaction.atomic():
        audit.record("reservation.changed", target, by=SYSTEM, restaurant_id=house.pk)


def _who() -> tuple[Restaurant, str]:
    """A house, and the session of somebody who may see it."""
    user = User.objects.filter(email="bench@example.com").first()
    user = user or User.objects.create_superuser("bench@example.com")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return Restaurant.objects.order_by("pk")[0], str(session.session_key)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(*map(int, sys.argv[1:4])))))
