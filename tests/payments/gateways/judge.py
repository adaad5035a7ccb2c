"""A provider on the loopback that judges every request by the provider's own schema.

The schema files and the server that reads them (``specstub.py``) are not part of this repository;
``COUVERT_SPECS`` names their directory, ``../shared/specs/payments`` beside the repository is the
default, and tests that need them are skipped with a reason where they are absent.

What a schema cannot know is scripted by whoever makes a :class:`Judge`: its ``answer`` keeps the
books of one pretended account. The connection can be cut before or after a request counts.
"""

from __future__ import annotations

import importlib.util
import json
import socket
import struct
import threading
import urllib.parse
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from config import env

_BESIDE = Path(__file__).resolve().parents[4] / "shared" / "specs" / "payments"

Reply = tuple[int, dict[str, Any]]


def specs() -> Path:
    """The directory of schema files; skips the test that asks where there is none."""
    given = env.text("COUVERT_SPECS")
    directory = Path(given) if given else _BESIDE
    if not (directory / "specstub.py").is_file():
        pytest.skip(f"no provider schemas in {directory} (set COUVERT_SPECS)")
    return directory


def sample(name: str) -> Any:
    """A JSON file from beside the schemas."""
    return json.loads((specs() / name).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Request:
    """One call that the schema allows."""

    method: str
    route: str
    """As the schema writes it: ``/v1/refunds/{refund}``."""
    path: str
    query: Mapping[str, list[str]]
    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def id(self) -> str:
        """What stands in the place of the route's last ``{name}``."""
        here = zip(self.route.split("/"), self.path.split("/"), strict=True)
        found = [part for name, part in here if name.startswith("{")]
        return urllib.parse.unquote(found[-1]) if found else ""

    def asked(self, name: str, default: str = "") -> str:
        """One parameter of the query."""
        return self.query.get(name, [default])[0]


@dataclass(frozen=True)
class Call:
    """What a client sent, whether the schema allows it or not."""

    method: str
    route: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]


class CutOff(Exception):
    """Raised by an answerer: the connection ends without an answer."""


class Reset(CutOff):
    """Raised by an answerer: the connection is reset in the middle of the answer."""


@dataclass
class Judge:
    """The server: ``answer`` is asked for what the schema allows, ``extra`` first, for what it
    leaves out (PayPal's tokens). Close it at the end."""

    files: tuple[str, ...]
    answer: Callable[[Request], Reply]
    extra: Callable[[str, str, bytes, Mapping[str, str]], Reply | None] | None = None
    _fault: str | Reply = field(default="", init=False)
    _while_reading: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        module = _module(specs())
        self._stub = module.Stub(_spec(specs(), self.files), self._answer, self.extra)
        # A connection that was cut on purpose is not worth a traceback on the terminal.
        self._stub.server.handle_error = lambda *_: None
        self._stub.server.daemon_threads = True
        self._hang_up = self._stub.server.shutdown_request
        self._stub.server.shutdown_request = self._end
        self.url: str = self._stub.url

    @property
    def violations(self) -> list[Any]:
        """What the provider would object to; a client that is right has none."""
        return list(self._stub.violations)

    @property
    def calls(self) -> list[Call]:
        """Every request so far."""
        return [
            Call(method, route or "", body or {}, headers)
            for method, route, body, _, headers in self._stub.seen
        ]

    def posts(self, route: str) -> list[Call]:
        """The requests to one route that may change something."""
        return [call for call in self.calls if call.method != "GET" and call.route == route]

    @contextmanager
    def losing_answers(self) -> Iterator[None]:
        """What is asked is done, and the connection is cut before the answer."""
        yield from self._with("after")

    @contextmanager
    def unreachable(self) -> Iterator[None]:
        """The connection is cut before what is asked is done; reading fails as well."""
        self._while_reading = True
        try:
            yield from self._with("before")
        finally:
            self._while_reading = False

    @contextmanager
    def answering(self, status: int, body: dict[str, Any]) -> Iterator[None]:
        """Nothing is done, and this is the answer."""
        yield from self._with((status, body))

    def close(self) -> None:
        """Stop listening; in a while, because the server looks twice a second."""
        threading.Thread(target=self._stub.close, daemon=True).start()

    def _with(self, fault: str | Reply) -> Iterator[None]:
        self._fault = fault
        try:
            yield
        finally:
            self._fault = ""

    def _end(self, connection: socket.socket) -> None:
        """Called in the thread of a request, whatever became of it."""
        if getattr(_asked, "is_reset", False):
            _asked.is_reset = False
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n{")
            # Closed without lingering, a socket sends a reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        else:
            self._hang_up(connection)

    def _answer(self, method: str, route: str, body: Any, headers: Mapping[str, str]) -> Reply:
        fault = self._fault if method != "GET" or self._while_reading else ""
        if fault == "before":
            raise CutOff
        if isinstance(fault, tuple):
            return fault
        path, query = _asked.path, urllib.parse.parse_qs(_asked.query)
        try:
            reply = self.answer(Request(method, route, path, query, body or {}, headers))
        except Reset:
            _asked.is_reset = True
            raise
        if fault == "after":
            raise CutOff
        return reply


_asked = threading.local()
"""The address of the request that is being judged: the schema's reader passes on its route only;
and whether its connection is to be reset."""


@lru_cache
def _module(directory: Path) -> Any:
    found = importlib.util.spec_from_file_location("specstub", directory / "specstub.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@lru_cache
def _spec(directory: Path, files: tuple[str, ...]) -> Any:
    base = _module(directory).Spec

    class Spec(base):  # type: ignore[misc, valid-type]
        """Also notes the address."""

        def judge(self, method: str, path: str, query: str = "", *rest: Any) -> Any:
            _asked.path, _asked.query = path, query
            return super().judge(method, path, query, *rest)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        return Spec(*(directory / file for file in files))
