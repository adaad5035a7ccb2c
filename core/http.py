"""Requests to partners whose address we know (payment providers): the only place that sends them.

Addresses that strangers chose are called through :mod:`core.outbound`.
"""

from __future__ import annotations

import json
import ssl
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import certifi
import httpx

CONNECT_SECONDS = 5.0
READ_SECONDS = 12.0
"""Between two packets of an answer; a person may be waiting for it."""
BODY_LIMIT = 5_000_000
"""Bytes of an answer that are read; a page of a provider's books has some hundred thousand."""

LOST: tuple[type[Exception], ...] = (httpx.RequestError,)
"""What a request without a whole answer raises, also through a library that was given
:func:`connection`. It may have arrived."""

NEVER_SENT: tuple[type[Exception], ...] = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
)
"""Those of them that say that nothing left: there was no connection."""


class Lost(Exception):
    """No answer, half of one, or one that is no JSON although the request seems to have worked."""


def connection() -> httpx.Client:
    """A client that keeps its connections: with time-outs, no redirects, no proxies, no netrc.

    They end with the client, whether it is closed or forgotten.
    """
    transport = httpx.HTTPTransport(verify=_tls(), trust_env=False)
    client = httpx.Client(
        transport=transport,
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=False,
    )
    weakref.finalize(client, transport.close)
    return client


@cache
def _tls() -> ssl.SSLContext:
    """Reading the issuers the world trusts takes longer than a request."""
    return ssl.create_default_context(cafile=certifi.where())


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, whatever its status."""

    status: int
    data: dict[str, Any] = field(default_factory=dict, repr=False)
    """The JSON object of the body; empty when there is none, or when a failure comes as a page."""

    @property
    def is_success(self) -> bool:
        """Whether the status is one of 2xx."""
        return 200 <= self.status < 300


class JsonClient:
    """One partner's API, in JSON. Threads may share it. Sends each request once."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url.rstrip("/")
        self._client = connection()

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | Mapping[str, Any] | list[Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send ``body`` (bytes as they are, anything else as JSON); raises :class:`Lost`."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        kind = {} if content is None else {"Content-Type": "application/json"}
        return self._ask(method, path, {**kind, **headers}, query, content=content)

    def send_form(
        self, path: str, form: Mapping[str, str], *, user: str, password: str, accept: str
    ) -> Reply:
        """Post a form as ``user`` (HTTP Basic); raises :class:`Lost`."""
        return self._ask("POST", path, {"Accept": accept}, None, data=form, auth=(user, password))

    def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None,
        **more: Any,
    ) -> Reply:
        try:
            with self._client.stream(
                method, self._base + path, headers=headers, params=query, **more
            ) as answer:
                text = _read(answer)
        except LOST as error:
            raise Lost(type(error).__name__) from error
        return _reply(answer.status_code, text)


def fetch(url: str, *, limit: int) -> bytes | None:
    """The document at ``url`` (https only); None when it cannot be had or is longer than that."""
    if not url.startswith("https://"):
        return None
    try:
        with connection() as client, client.stream("GET", url) as answer:
            return _read(answer, limit) if answer.status_code == httpx.codes.OK else None
    except (httpx.RequestError, httpx.InvalidURL, Lost):
        return None


def _read(answer: httpx.Response, limit: int | None = None) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > (limit or BODY_LIMIT):
            raise Lost("The answer is too long.")
        parts.append(part)
    return b"".join(parts)


def _reply(status: int, text: bytes) -> Reply:
    is_success = 200 <= status < 300
    if not text.strip():
        return Reply(status)
    try:
        data = json.loads(text)
    except ValueError as error:
        if is_success:
            raise Lost("The answer is no JSON.") from error
        return Reply(status)
    if isinstance(data, dict):
        return Reply(status, data)
    if is_success:
        raise Lost("The answer is no JSON object.")
    return Reply(status)
