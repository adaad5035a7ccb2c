"""The ASGI application: one path that streams, and three for operators."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host

from core.changes import Mark
from core.errors import NotFound
from staff.live import Grant, SignedOut
from staff.stream import readings
from staff.stream.hub import Hub
from staff.stream.listener import END, Listener

logger = logging.getLogger(__name__)

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Answer = tuple[int, bytes, str]
"""Status, body, type."""

MOST_LISTENERS = 2000
MOST_OF_A_SESSION = 20
"""Connections at a time; a browser has one for each house it looks at."""

_STREAM = re.compile(r"/staff/r/([-a-zA-Z0-9_]{1,80})/stand/stream")
_SESSION_KEY = re.compile(r"[a-z0-9]{32}")
"""What Django makes. Anything else is nobody's, and some of it no database takes (``\\0``)."""
_JSON = "application/json"
HTTP_SIGNED_OUT = 401


class Refused(Exception):
    """No stream for this request."""

    def __init__(self, status: int) -> None:
        self.status = status


class Application:
    """Serves ``/staff/r/<slug>/stand/stream``, ``/healthz``, ``/readyz`` and ``/metrics``.

    ``metrics_page`` answers the last, for who may read it. A server that knows lifespans starts
    and closes it; ``close`` before that lets go of the streams, which no server would wait for.
    """

    def __init__(self, metrics_page: Callable[[Mapping[str, str], str], Answer]) -> None:
        self.hub: Hub | None = None
        self._metrics_page = metrics_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def close(self) -> None:
        """End every stream and stop reading. Safe to repeat."""
        hub, self.hub = self.hub, None
        if hub is not None:
            await hub.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.hub = Hub(settings.REDIS_URL)
        self.hub.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        found = _STREAM.fullmatch(scope["path"])
        if scope["method"] not in ("GET", "HEAD"):
            await _whole(send, 405, b"")
        elif found is None:
            await _whole(send, *await self._page(scope, headers))
        elif self.hub is None or self.hub.is_closing:
            await _whole(send, 503, b"")
        else:
            await _Stream(self.hub, found[1], scope, headers).run(receive, send)

    async def _page(self, scope: Scope, headers: Mapping[str, str]) -> Answer:
        match scope["path"]:
            case "/healthz":
                return 200, b'{"status":"ok"}', _JSON
            case "/readyz":
                return await self._readyz()
            case "/metrics":
                client = scope.get("client") or ("", 0)
                return self._metrics_page(headers, client[0])
            case _:
                return 404, b"", _JSON

    async def _readyz(self) -> Answer:
        """Ready with the database; without Redis it polls, and says so."""
        hub, is_ready = self.hub, False
        if hub is not None and not hub.is_closing:
            with suppress(Exception):
                await asyncio.wait_for(hub.database(_ask), 3)
                is_ready = True
        said = {
            "status": "ok" if is_ready else "unavailable",
            "checks": {"database": {"ok": is_ready}},
            "wakes": "redis" if hub is not None and hub.ear.is_connected else "polling",
            "listeners": len(hub) if hub is not None else 0,
        }
        return (200 if is_ready else 503), orjson.dumps(said), _JSON


class _Stream:
    """One request for a stream, from the door to the end."""

    def __init__(self, hub: Hub, slug: str, scope: Scope, headers: Mapping[str, str]) -> None:
        self._hub = hub
        self._slug = slug
        self._headers = headers
        self._is_head = scope["method"] == "HEAD"
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        # A browser that reconnects by itself asks the same address, but knows better by now.
        self._after = Mark.parse(headers.get("last-event-id") or asked.get("after", [""])[0])
        cookies = parse_cookie(headers.get("cookie", ""))
        key = cookies.get(settings.SESSION_COOKIE_NAME, "")
        self._session_key = key if _SESSION_KEY.fullmatch(key) else ""

    async def run(self, receive: Receive, send: Send) -> None:
        """Refuse, or stream until somebody goes."""
        try:
            shared = self._shared()
            self._check_room()
            grant = await self._grant()
        except Refused as refused:
            readings.ENDED.labels("refused").inc()
            await _whole(send, refused.status, b"")
            return
        except Exception:
            logger.exception("Nobody can be let in to the stream now")
            readings.ENDED.labels("failed").inc()
            await _whole(send, 503, b"")
            return
        await send(_start(200, "text/event-stream", {"x-accel-buffering": "no", **shared}))
        if self._is_head:
            await send({"type": "http.response.body", "body": b""})
            return
        listener = Listener(self._session_key, self._slug, grant, self._after)
        await self._hub.join(listener)
        gone = asyncio.create_task(_disconnected(receive, listener))
        try:
            # A browser that reconnects by itself waits so long; and how often the heart beats.
            await _write(send, b"retry: 2000\n" + _event("beat", "", _every()))
            await self._stream(listener, send)
        finally:
            gone.cancel()
            await self._hub.leave(listener)

    async def _stream(self, listener: Listener, send: Send) -> None:
        while True:
            message = await listener.next(settings.STREAM_HEARTBEAT)
            if message is None:
                text = await self._beat(listener)
            elif message == END:
                await send({"type": "http.response.body", "body": listener.ending})
                return
            else:
                readings.MESSAGES.inc()
                text = _event("changed", orjson.loads(message)["place"], message)
            if text:
                await _write(send, text)

    async def _beat(self, listener: Listener) -> bytes:
        """A sign of life with the place. Where the right to listen is gone, the end is near."""
        place = self._hub.place_of(listener)
        try:
            listener.grant = await self._grant()
        except Refused as refused:
            why = "signed-out" if refused.status == HTTP_SIGNED_OUT else "not-allowed"
            readings.ENDED.labels(why).inc()
            listener.end(_event("end", "", orjson.dumps({"why": why})))
            return b""
        except Exception:  # noqa: BLE001 - without the database nothing is told or given away
            place = ""
        return _event("beat", place, _every())

    async def _grant(self) -> Grant:
        if not self._session_key:
            raise Refused(HTTP_SIGNED_OUT)
        try:
            return await self._hub.grant(self._session_key, self._slug)
        except SignedOut:
            raise Refused(HTTP_SIGNED_OUT) from None
        except NotFound:
            raise Refused(404) from None
        except PermissionDenied:
            raise Refused(403) from None

    def _check_room(self) -> None:
        if len(self._hub) >= MOST_LISTENERS:
            raise Refused(503)
        if self._hub.count_of(self._session_key) >= MOST_OF_A_SESSION:
            raise Refused(429)

    def _shared(self) -> dict[str, str]:
        """Headers for a page at the pages' own port of this host; none are needed behind a proxy.

        Another port is another origin, though not another site: the cookie comes along, and who
        may read the answer is said here. Any other origin is refused, and so is a host not ours.
        """
        host = self._headers.get("host", "")
        domain, _ = split_domain_port(host)
        if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
            raise Refused(400)
        origin = self._headers.get("origin")
        if origin is None:
            return {}
        page = urlsplit(origin)
        if page.scheme in ("http", "https") and page.netloc == host:
            return {}
        is_ours = page.scheme == "http" and page.netloc in _pages_at(domain)
        if not is_ours:
            raise Refused(403)
        return {
            "access-control-allow-origin": origin,
            "access-control-allow-credentials": "true",
            "vary": "origin",
        }


def _event(kind: str, place: str, data: bytes) -> bytes:
    known = f"id: {place}\n" if place else ""
    return f"event: {kind}\n{known}data: ".encode() + data + b"\n\n"


def _every() -> bytes:
    return orjson.dumps({"every": settings.STREAM_HEARTBEAT})


def _pages_at(domain: str) -> tuple[str, ...]:
    """How an origin names the pages' port of this host."""
    port = settings.WEB_PORT
    return (f"{domain}:{port}", domain) if port == 80 else (f"{domain}:{port}",)


async def _disconnected(receive: Receive, listener: Listener) -> None:
    """Ends the listener when the browser is gone."""
    while (await receive())["type"] != "http.disconnect":
        continue
    readings.ENDED.labels("left").inc()
    listener.end(b"")


def _ask() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _start(status: int, kind: str, more: Mapping[str, str]) -> dict[str, Any]:
    headers = {"content-type": kind, "cache-control": "no-store", **more}
    return {
        "type": "http.response.start",
        "status": status,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    }


async def _whole(send: Send, status: int, body: bytes, kind: str = _JSON) -> None:
    await send(_start(status, kind, {"content-length": str(len(body))}))
    await send({"type": "http.response.body", "body": body})


async def _write(send: Send, text: bytes) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": True})
