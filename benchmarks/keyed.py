"""``python -m benchmarks.keyed``: what a key, its limits and its rights cost a request.

Over HTTP, one client on one connection, one request of each kind after the other: a bare DRF view
that answers a constant, and Couvert's views for programs. Prints the medians and their ratios to
the bare view, and how many statements each takes.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import time
from typing import Any

from benchmarks import report
from benchmarks.dataset import Scale, restaurant_id
from benchmarks.stack import WebServer, serving, started

MOST = 3
"""Times the bare view, for one reservation."""
_WARM_UP = 100


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 0 whatever comes out, since times depend on the machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keyed", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--inside", default="", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.inside:
        _prepare(Scale(**json.loads(chosen.inside)))
        return 0
    with started() as stack:
        report.heading("Data")
        found = stack.inside("benchmarks.dataset", "--restaurants", "20")
        asked = stack.inside("benchmarks.keyed", "--inside", json.dumps(found["scale"]))
        report.heading("One request over HTTP")
        settings = "benchmarks.keyed_settings"
        with serving(stack, "keyed", DJANGO_SETTINGS_MODULE=settings, WEB_WORKERS="1") as server:
            server.wait()
            _show(
                _measure(server, asked["paths"], asked["key"], chosen.rounds), asked["statements"]
            )
    return 0


def _measure(
    server: WebServer, paths: dict[str, str], key: str, rounds: int
) -> dict[str, list[float]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    taken: dict[str, list[float]] = {name: [] for name in paths}
    for turn in range(rounds + _WARM_UP):
        for name, path in paths.items():
            began = time.perf_counter()
            connection.request("GET", path, headers={"X-API-Key": key})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
            if turn >= _WARM_UP:
                taken[name].append(time.perf_counter() - began)
    return taken


def _show(taken: dict[str, list[float]], statements: dict[str, int]) -> None:
    bare = statistics.median(taken["a bare DRF view"])
    for name, seconds in taken.items():
        p50 = statistics.median(seconds)
        goal = f"  (goal: {MOST} × at most)" if name == "one reservation" else ""
        print(
            f"{name:24} p50 {p50 * 1000:6.2f} ms  {p50 / bare:5.1f} ×"
            f"  {statements[name]} statements{goal}"
        )


def _prepare(scale: Scale) -> None:
    """A key, the addresses and their statements, as JSON."""
    import django

    django.setup()

    from accounts.services.keys import create_key
    from benchmarks.inside import Recorder, call_with_key
    from core.actors import SYSTEM

    key = create_key("Benchmark", by=SYSTEM, scopes=["*"], rate_per_hour=10**9).text
    paths, statements = _paths(scale), {"a bare DRF view": 0}
    for name, path in paths.items():
        if name not in statements:
            call_with_key(path, key)
            with Recorder().listening() as heard:
                call_with_key(path, key)
            statements[name] = len(heard.statements)
    print(json.dumps({"key": key, "paths": paths, "statements": statements}))


def _paths(scale: Scale) -> dict[str, str]:
    from reservations.models import Reservation

    house = restaurant_id(1)
    rows = Reservation.objects.filter(restaurant__public_id=house).order_by("service_date")
    first: Any = rows.first()
    last: Any = rows.last()
    days = f"{first.service_date},{last.service_date}"
    return {
        "a bare DRF view": "/api/bare",
        "one reservation": f"/api/reservations/{first.public_id}",
        "a list of a hundred": f"/api/reservations?restaurantId={house}&dateRange={days}&limit=100",
        "what is free on a day": f"/api/table-bookings/availability?restaurant={house}"
        f"&date={scale.date(scale.bookable_days()[0])}&party_size=2",
    }


if __name__ == "__main__":
    raise SystemExit(main())
