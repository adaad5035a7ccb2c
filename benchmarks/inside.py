"""Couvert called from within this process: its WSGI application without a server around it."""

from __future__ import annotations

import io
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from benchmarks.dataset import GUESTS, PAIR_TIMES, Scale, restaurant_id, user_id
from benchmarks.looking import PAGES

CARD = {"type": "credit-card", "last4": "4242", "cardBrand": "Visa"}


@dataclass
class Statement:
    """One SQL statement as it was sent, and how long the answer took."""

    sql: str
    parameters: Any
    seconds: float


@dataclass
class Recorder:
    """Collects the statements of this process's connection."""

    statements: list[Statement] = field(default_factory=list)

    @contextmanager
    def listening(self) -> Iterator[Recorder]:
        """Record until the block ends."""
        with connection.execute_wrapper(self._run):
            yield self

    def _run(
        self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any
    ) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, parameters, many, context)
        finally:
            seconds = time.perf_counter() - began
            self.statements.append(Statement(sql, parameters, seconds))


def call(
    method: str, path: str, body: dict[str, Any] | None = None, *, token: str = "", query: str = ""
) -> tuple[int, Any]:
    """One request through every layer but the socket: status and decoded answer."""
    content = b"" if body is None else json.dumps(body).encode()
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
    status, answer = _ask(method, path, query, content, headers)
    return status, json.loads(answer) if answer else None


def call_with_key(address: str, key: str) -> Any:
    """GET as a program; the decoded answer, which must be a 200."""
    path, _, query = address.partition("?")
    status, answer = _ask("GET", path, query, b"", {"HTTP_X_API_KEY": key})
    return expect(200, (status, json.loads(answer)))


def page(kind: str, address: str) -> bytes:
    """A guest page of this kind (``looking.PAGES``), compressed as a browser gets it."""
    path, _, query = address.partition("?")
    names = {name: f"HTTP_{name.upper().replace('-', '_')}" for name in PAGES[kind].headers}
    headers = {names[name]: value for name, value in PAGES[kind].headers.items()}
    status, answer = _ask("GET", path, query, b"", headers | {"HTTP_ACCEPT_ENCODING": "gzip"})
    expect(200, (status, answer))
    return answer


def _ask(
    method: str, path: str, query: str, content: bytes, headers: Mapping[str, str]
) -> tuple[int, bytes]:
    from config.wsgi import application

    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **headers,
    }
    statuses: list[str] = []

    def start_response(status: str, _headers: Any, _error: Any = None) -> None:
        statuses.append(status)

    response = application(environ, start_response)
    answer = b"".join(response)
    if hasattr(response, "close"):
        response.close()
    return int(statuses[0][:3]), answer


@dataclass(frozen=True)
class Wish:
    """The body of a hold, and its guest's token."""

    body: dict[str, Any]
    token: str


class Guests:
    """A random but repeatable stream of guests, restaurants, days and times."""

    def __init__(self, scale: Scale, seed: int, days: int | None = None) -> None:
        """Of the first ``days`` bookable days only, if given."""
        from api.tokens import access_token

        self._scale = scale
        self._days = scale.bookable_days()[:days]
        self._chance = random.Random(seed)
        self._token = access_token
        self._next = self._chance.randrange(GUESTS)

    def warm_up(self) -> None:
        """Ask about every restaurant and day once, so that this process knows them all."""
        for number in range(1, self._scale.restaurants + 1):
            for day in self._days:
                date = self._scale.date(day).isoformat()
                body = {"restaurantId": restaurant_id(number), "date": date, "partySize": 2}
                availability(Wish(body, ""))

    def request(self) -> Wish:
        """The next guest's wish."""
        scale, chance = self._scale, self._chance
        self._next = self._next % GUESTS + 1
        user = user_id(self._next)
        body = {
            "userId": user,
            "restaurantId": restaurant_id(chance.randint(1, scale.restaurants)),
            "date": scale.date(chance.choice(self._days)).isoformat(),
            "time": chance.choice(PAIR_TIMES),
            "partySize": 2,
        }
        return Wish(body, self._token(user))


def availability(wish: Wish) -> Any:
    """A day of a restaurant."""
    body = {key: wish.body[key] for key in ("restaurantId", "date", "partySize")}
    return expect(200, call("POST", "/api/reservations/availability", body))


def pair(wish: Wish) -> Any:
    """Hold a table and confirm it."""
    held = expect(201, call("POST", "/api/reservations/hold", wish.body, token=wish.token))
    body = {
        "holdId": held["hold"]["holdId"],
        "userId": wish.body["userId"],
        "paymentMethod": CARD,
        "specialRequests": "Window seat please",
    }
    return expect(201, call("POST", "/api/reservations/confirm", body, token=wish.token))


def expect(status: int, answer: tuple[int, Any]) -> Any:
    """The body of an answer with this status; anything else ends the benchmark."""
    if answer[0] != status:
        raise RuntimeError(f"expected {status}, got {answer}")
    return answer[1]
