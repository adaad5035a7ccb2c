"""The load client: a process of its own with a few threads, each on one kept-alive connection.

Requests are written to the socket as bytes and answers are cut out of it by their length, which
costs a twentieth of what the servers under test spend on a request.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.dataset import PAIR_TIMES, Scale, contract_id, restaurant_id, user_id
from benchmarks.looking import PAGES

_CONTRACT = "contract"
_CARD = {"type": "credit-card", "last4": "4242", "cardBrand": "Visa"}


class Connection:
    """One HTTP/1.1 connection that is kept open."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def post(self, path: str, body: dict[str, Any], token: str = "") -> tuple[int, bytes]:
        """Send one request and read its answer: status and body."""
        content = json.dumps(body).encode()
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"{bearer}Content-Length: {len(content)}\r\n\r\n"
        )
        self._socket.sendall(head.encode() + content)
        return self._answer()

    def get(self, path: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Ask for a page as a browser does: status and compressed body."""
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n{more}\r\n"
        self._socket.sendall(head.encode())
        return self._answer()

    def _answer(self) -> tuple[int, bytes]:
        while (end := self._rest.find(b"\r\n\r\n")) < 0:
            self._receive()
        head = self._rest[:end]
        at = head.lower().find(b"content-length:")
        if at < 0:
            raise ConnectionError(f"an answer without a length: {head[:200]!r}")
        length = int(head[at + 15 :].split(b"\r", 1)[0])
        while len(self._rest) < end + 4 + length:
            self._receive()
        content = self._rest[end + 4 : end + 4 + length]
        self._rest = self._rest[end + 4 + length :]
        return int(head[9:12]), content

    def _receive(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._rest += data

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


@dataclass(frozen=True)
class Task:
    """What to ask of which server, by how many clients, for how long."""

    kind: str
    """``availability``, ``pair``, or ``tour``: one look at every restaurant by every client, so
    that every worker process knows them all, as it does after an hour in service; or the name of
    a guest page (``looking.PAGES``)."""
    system: str
    """``couvert`` or ``contract``: which ids to use."""
    port: int
    scale: Scale
    seconds: float
    clients: int
    seed: int = 1
    tokens: tuple[str, ...] = ()
    """One per guest, the first guest's first."""


@dataclass
class Outcome:
    """What the clients saw. Latencies are of whole units (a pair is one), in seconds."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    client_cpu: float = 0.0

    @property
    def done(self) -> int:
        """Units that were carried out as asked."""
        return len(self.latencies)

    @property
    def rate(self) -> float:
        """Units per second."""
        return self.done / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """A latency in milliseconds."""
        ordered = sorted(self.latencies)
        if not ordered:
            return float("nan")
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]

    def add(self, other: Outcome) -> None:
        """Take another round into account."""
        self.latencies += other.latencies
        self.statuses += other.statuses
        self.seconds += other.seconds
        self.client_cpu += other.client_cpu


def run(task: Task) -> Outcome:
    """Carry out ``task`` in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_work, (task,))


def _work(task: Task) -> Outcome:
    outcomes = [Outcome() for _ in range(task.clients)]
    ready = threading.Barrier(task.clients)
    threads = [
        threading.Thread(target=_client, args=(task, number, outcome, ready))
        for number, outcome in enumerate(outcomes)
    ]
    cpu, began = time.process_time(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = Outcome()
    for outcome in outcomes:
        total.add(outcome)
    total.seconds = time.perf_counter() - began
    total.client_cpu = time.process_time() - cpu
    return total


def _client(task: Task, number: int, outcome: Outcome, ready: threading.Barrier) -> None:
    connection = Connection(task.port)
    unit = _UNITS.get(task.kind, _page)
    asks = _tour(task, number) if task.kind == "tour" else _asks(task, number)
    ready.wait()
    deadline = time.perf_counter() + task.seconds
    for ask in asks:
        began = time.perf_counter()
        if began > deadline:
            break
        try:
            status = unit(connection, task, ask)
        except OSError as error:
            outcome.statuses[f"connection lost: {error}"] += 1
            connection = Connection(task.port)
            continue
        outcome.statuses[status] += 1
        if status == "ok":
            outcome.latencies.append(time.perf_counter() - began)
    connection.close()


@dataclass(frozen=True)
class _Ask:
    """One guest, one restaurant, one day, one time."""

    guest: int
    restaurant: int
    date: str
    time: str


def _asks(task: Task, number: int) -> Iterator[_Ask]:
    """An endless, repeatable stream; no two clients share a guest."""
    chance = random.Random(f"{task.seed}/{number}")
    days = task.scale.web_days()
    guests = range(number + 1, max(len(task.tokens), task.clients) + 1, task.clients)
    while True:
        for guest in guests:
            yield _Ask(
                guest,
                chance.randint(1, task.scale.restaurants),
                task.scale.date(chance.choice(days)).isoformat(),
                chance.choice(PAIR_TIMES),
            )


def _tour(task: Task, number: int) -> Iterator[_Ask]:
    date = task.scale.date(task.scale.bookable_days()[0]).isoformat()
    for restaurant in range(1, task.scale.restaurants + 1):
        yield _Ask(number + 1, restaurant, date, PAIR_TIMES[0])


def _availability(connection: Connection, task: Task, ask: _Ask) -> str:
    body = {"restaurantId": _restaurant(task, ask), "date": ask.date, "partySize": 2}
    status, answer = connection.post("/api/reservations/availability", body)
    return "ok" if status == 200 else _problem(status, answer)


def _pair(connection: Connection, task: Task, ask: _Ask) -> str:
    """Hold a table and confirm it, as one guest."""
    token = task.tokens[ask.guest - 1]
    user = contract_id("user", ask.guest) if _is_contract(task) else user_id(ask.guest)
    body = {
        "userId": user,
        "restaurantId": _restaurant(task, ask),
        "date": ask.date,
        "time": ask.time,
        "partySize": 2,
    }
    status, answer = connection.post("/api/reservations/hold", body, token)
    if status != 201:
        return _problem(status, answer)
    held = json.loads(answer)["hold"]["holdId"]
    body = {
        "holdId": held,
        "userId": user,
        "paymentMethod": _CARD,
        "specialRequests": "Window seat please",
    }
    status, answer = connection.post("/api/reservations/confirm", body, token)
    return "ok" if status == 201 else _problem(status, answer)


def _page(connection: Connection, task: Task, ask: _Ask) -> str:
    """Look at a guest page."""
    page = PAGES[task.kind]
    # The ask is the chance: the same guest of the same round looks at the same page again.
    path = page.address(random.Random(f"{task.seed}{ask}"), task.scale)
    status, answer = connection.get(path, page.headers)
    return "ok" if status == 200 else _problem(status, answer)


_UNITS = {"pair": _pair, "availability": _availability, "tour": _availability}


def _problem(status: int, answer: bytes) -> str:
    return f"{status} {answer[:160].decode(errors='replace')}"


def _is_contract(task: Task) -> bool:
    return task.system == _CONTRACT


def _restaurant(task: Task, ask: _Ask) -> str:
    number = ask.restaurant
    return contract_id("restaurant", number) if _is_contract(task) else restaurant_id(number)
