"""The host stand's screen: server time of the floor, the list, and of one small change.

``python -m benchmarks.stand_screen``. Houses of 10 to 200 tables on servers of its own, asked
through every layer but the network. Nothing is asserted; a page has 200 ms, its queries are fixed.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

from benchmarks.stack import started
from benchmarks.stand import DATE, NOW, ROUNDS, SIZES, full_house

if TYPE_CHECKING:
    from django.test import Client

    from restaurants.models import Restaurant

_PLAIN = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
"""Files by their own names: nothing has been collected here."""


def main() -> None:
    """Print a line for each size."""
    with started("bench-screen") as stack:
        stack.manage("migrate", "-v", "0")
        found = stack.inside("benchmarks.stand_screen", "inside")
    print("tables  parties  what      queries   ms   own ms      bytes")
    for tables, parties, what, queries, took, own, size in found:
        print(f"{tables:6d} {parties:8d}  {what:8s} {queries:8d} {took:5.0f} {own:8.0f} {size:10d}")


def inside() -> None:
    """Measure, with Couvert's settings; print a JSON list."""
    import django

    django.setup()
    from django.db import transaction
    from django.test import Client, override_settings

    from accounts.models import User
    from core import clock

    clock.now = lambda: NOW
    lines: list[Any] = []
    for tables, parties in SIZES:
        with transaction.atomic(), override_settings(ALLOWED_HOSTS=["*"], STORAGES=_PLAIN):
            house = full_house(tables, parties)
            client = Client(headers={"host": "localhost"})
            client.force_login(User.objects.create_superuser(f"s{tables}@example.com"))
            lines += [[tables, parties, *line] for line in _measure(client, house)]
            transaction.set_rollback(True)
    print(json.dumps(lines))


def _measure(client: Client, house: Restaurant) -> list[list[Any]]:
    """The floor, the list, and what is sent after one party was given its bill."""
    from reservations.models import Reservation

    base = f"/staff/r/{house.slug}/stand/"
    date = DATE.isoformat()
    found = [
        ["floor", *_asked(client, f"{base}?date={date}")],
        ["list", *_asked(client, f"{base}?date={date}&view=list")],
    ]
    page = client.get(f"{base}?date={date}").content.decode()
    stamp = re.findall(r'data-stamp="([0-9a-f]+)"', page)[0]
    sitting = Reservation.objects.filter(restaurant=house, status="seated").first()
    if sitting is not None:
        Reservation.objects.filter(pk=sitting.pk).update(status="check_dropped")
    found.append(["change", *_asked(client, f"{base}fragment/?date={date}&stamp={stamp}")])
    return found


def _asked(client: Client, address: str) -> list[Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        size = len(client.get(address).content)
    number = len(queries)
    took, own = [], []
    for _ in range(ROUNDS):
        began, used = time.perf_counter(), time.process_time()
        client.get(address)
        took.append((time.perf_counter() - began) * 1000)
        own.append((time.process_time() - used) * 1000)
    return [number, statistics.median(took), statistics.median(own), size]


if __name__ == "__main__":
    inside() if sys.argv[1:] == ["inside"] else main()
