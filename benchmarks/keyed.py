"""``python -m benchmarks.keyed``: what a key, its limits and its rights cost a request.

In one process, through every layer but the socket, one request of each kind after the other: a
bare DRF view that answers a constant, and Couvert's views for programs. Prints the medians and
their ratios to the bare view, and how many statements each takes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import Any

from benchmarks import report
from benchmarks.dataset import Scale, restaurant_id
from benchmarks.stack import started

MOST = 3
"""Times the bare view, for one reservation."""
_WARM_UP = 50


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 0 whatever comes out, since times depend on the machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keyed", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--inside", default="", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.inside:
        _measure(Scale(**json.loads(chosen.inside)), chosen.rounds)
        return 0
    with started() as stack:
        report.heading("Data")
        found = stack.inside("benchmarks.dataset", "--restaurants", "20")
        report.heading("One request in one process")
        words = ("--inside", json.dumps(found["scale"]), "--rounds", str(chosen.rounds))
        stack.inside("benchmarks.keyed", *words)
    return 0


def _measure(scale: Scale, rounds: int) -> None:
    import django
    from django.conf import settings

    django.setup()
    settings.ROOT_URLCONF = "benchmarks.bare"
    settings.API_SOURCE_PER_HOUR = 10**9

    from benchmarks.inside import Recorder, call_with_key

    key, paths = _key(), _paths(scale)
    taken: dict[str, list[float]] = {name: [] for name in paths}
    for turn in range(rounds + _WARM_UP):
        for name, path in paths.items():
            began = time.perf_counter()
            call_with_key(path, key)
            if turn >= _WARM_UP:
                taken[name].append(time.perf_counter() - began)
    bare = statistics.median(taken["a bare DRF view"])
    for name, seconds in taken.items():
        with Recorder().listening() as heard:
            call_with_key(paths[name], key)
        p50 = statistics.median(seconds)
        goal = f"  (goal: {MOST} at most)" if name == "one reservation" else ""
        print(
            f"{name:32} p50 {p50 * 1000:6.2f} ms   {p50 / bare:5.1f} ×"
            f"   {len(heard.statements)} statements{goal}"
        )
    print(json.dumps(None))


def _key() -> str:
    from accounts.services.keys import create_key
    from core.actors import SYSTEM

    return create_key("Benchmark", by=SYSTEM, scopes=["*"], rate_per_hour=10**9).text


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
