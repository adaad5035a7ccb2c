"""Thirty-two guests want the same time at once, and there are ten tables."""

from __future__ import annotations

import json
import multiprocessing
import threading
import time
from dataclasses import dataclass

from benchmarks.dataset import BURST_TABLES, Scale, contract_id, restaurant_id, user_id
from benchmarks.load import Connection
from benchmarks.systems import System

GUESTS = 32
_TIME = "19:00"
_FIRST_DAY = 60
"""Days ahead, beyond the loaded ones."""


@dataclass(frozen=True)
class Evening:
    """One burst: the answers in the order in which they arrived."""

    sold: int
    refused_while_free: int
    """Refused although fewer than ten tables were sold, by what the guests could see."""
    reasons: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Bursts:
    """Many of them."""

    label: str
    evenings: tuple[Evening, ...]

    @property
    def sold(self) -> float:
        """Tables sold, on average."""
        return sum(evening.sold for evening in self.evenings) / len(self.evenings)

    @property
    def oversold(self) -> int:
        """Evenings on which more tables were sold than there are."""
        return sum(evening.sold > BURST_TABLES for evening in self.evenings)

    @property
    def refused_while_free(self) -> float:
        """Guests sent away in vain, on average."""
        return sum(evening.refused_while_free for evening in self.evenings) / len(self.evenings)


def run(system: System, port: int, scale: Scale, tokens: tuple[str, ...], times: int) -> Bursts:
    """``times`` bursts on evenings of their own, from a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        evenings = pool.apply(_evenings, (system, port, scale, tokens, times))
    return Bursts(system.label, tuple(evenings))


def _evenings(
    system: System, port: int, scale: Scale, tokens: tuple[str, ...], times: int
) -> list[Evening]:
    connections = [Connection(port) for _ in range(GUESTS)]
    found = []
    for number in range(times):
        bodies = [_body(system, scale, number, guest) for guest in range(GUESTS)]
        found.append(_evening(connections, bodies, tokens[number * GUESTS :]))
    for connection in connections:
        connection.close()
    return found


def _body(system: System, scale: Scale, number: int, guest: int) -> dict[str, object]:
    who, where = number * GUESTS + guest + 1, scale.burst
    is_contract = system.ids == "contract"
    return {
        "userId": contract_id("user", who) if is_contract else user_id(who),
        "restaurantId": contract_id("restaurant", where) if is_contract else restaurant_id(where),
        "date": scale.date(_FIRST_DAY + number).isoformat(),
        "time": _TIME,
        "partySize": 2,
    }


def _evening(
    connections: list[Connection], bodies: list[dict[str, object]], tokens: tuple[str, ...]
) -> Evening:
    answers: list[tuple[float, int, str]] = []
    start = threading.Barrier(GUESTS + 1)

    def ask(connection: Connection, body: dict[str, object], token: str) -> None:
        start.wait()
        status, answer = connection.post("/api/reservations/hold", body, token)
        text = "" if status == 201 else str(json.loads(answer).get("error", answer))
        answers.append((time.perf_counter(), status, text))

    threads = [
        threading.Thread(target=ask, args=(connection, body, token))
        for connection, body, token in zip(connections, bodies, tokens, strict=False)
    ]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return _judge(sorted(answers), time.perf_counter() - began)


def _judge(answers: list[tuple[float, int, str]], seconds: float) -> Evening:
    """In the end a table was free on every evening that sold fewer than ten.

    On others, only a refusal that does not claim the tables to be gone can have come too early:
    it did, if the tenth sale was answered later.
    """
    sales = [at for at, status, _ in answers if status == 201]
    refusals = [(at, text) for at, status, text in answers if status != 201]
    if len(sales) < BURST_TABLES:
        in_vain = len(refusals)
    else:
        last = sales[BURST_TABLES - 1]
        in_vain = sum(at < last and "No tables" not in text for at, text in refusals)
    reasons = tuple(sorted({text for _, text in refusals}))
    return Evening(len(sales), in_vain, reasons, seconds)
