"""The host stand's screen: server time of the floor, the timeline, the list, and of one change.

``python -m benchmarks.stand_screen``. Houses of 10 to 200 tables, from each of which one
party has left already, on servers of its own, asked through every layer but the network. Nothing is
asserted; a page has 200 ms, its queries are fixed.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.stack import started
from benchmarks.stand import DATE, NOW, ROUNDS, SIZES, full_house

if TYPE_CHECKING:
    from django.test import Client

    from restaurants.models import Restaurant

VIEWS = ("floor", "timeline", "list")
_PLAIN = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
"""Files by their own names: nothing has been collected here."""


def main() -> None:
    """Print a line for each size and each thing that is asked for."""
    with started("bench-screen") as stack:
        stack.manage("migrate", "-v", "0")
        found = stack.inside("benchmarks.stand_screen", "inside")
    print("                                      on the clock, ms      processor, ms")
    print("tables  parties  what          queries  least  median    least  median      bytes")
    for tables, parties, what, queries, (took, usual), (own, own_usual), size in found:
        print(
            f"{tables:6d} {parties:8d}  {what:15s} {queries:5d} {took:6.0f} {usual:7.0f}"
            f" {own:8.0f} {own_usual:7.0f} {size:10d}"
        )


def inside() -> None:
    """Measure, with Couvert's settings; print a JSON list."""
    from django.db import transaction
    from django.test import Client, override_settings

    # As a web process is: what it has loaded is not looked through for garbage any more.
    import config.wsgi  # noqa: F401
    from accounts.models import User
    from core import clock

    clock.now = lambda: NOW
    lines: list[Any] = []
    for tables, parties in SIZES:
        with transaction.atomic(), override_settings(ALLOWED_HOSTS=["*"], STORAGES=_PLAIN):
            house = full_house(tables, parties, with_left=True)
            client = Client(headers={"host": "localhost"})
            client.force_login(User.objects.create_superuser(f"s{tables}@example.com"))
            lines += [[tables, parties, *line] for line in _measure(client, house)]
            transaction.set_rollback(True)
    print(json.dumps(lines))


def _measure(client: Client, house: Restaurant) -> Iterator[list[Any]]:
    """Every view as a page; with nothing kept of what was drawn before; and what one deed sends."""
    base = f"/staff/r/{house.slug}/stand/"
    for view in VIEWS:
        asked = {"date": DATE.isoformat(), "view": view}
        yield [view, *_asked(client, base, asked)]
        yield [f"{view} anew", *_asked(client, base, asked, before=forget)]
        page = client.get(base, asked).content.decode()
        stamp = re.findall(r'data-stamp="([0-9a-f]+)"', page)[0]
        with transaction_of_its_own():
            _give_the_bill(house)
            yield [f"{view} change", *_asked(client, f"{base}fragment/", asked | {"stamp": stamp})]


@contextmanager
def transaction_of_its_own() -> Iterator[None]:
    """What happens inside is taken back."""
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def forget() -> None:
    """As a process that has just started: no piece was drawn yet."""
    from staff.views.stand import piece

    piece._rendered = piece._Rendered(6000)


def _give_the_bill(house: Restaurant) -> None:
    """One party that sits asks for the bill: its row, and its table or bar, look different."""
    from reservations.models import Reservation

    sitting = Reservation.objects.filter(restaurant=house, status="seated").first()
    assert sitting is not None
    Reservation.objects.filter(pk=sitting.pk).update(status="check_dropped", version=2)


def _asked(
    client: Client, address: str, fields: dict[str, str], before: Callable[[], None] = lambda: None
) -> list[Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address, fields)
    with CaptureQueriesContext(connection) as queries:
        size = len(client.get(address, fields).content)
        number = len(queries)
    took, own = [], []
    for _ in range(ROUNDS):
        before()
        began, used = time.perf_counter(), time.process_time()
        client.get(address, fields)
        took.append((time.perf_counter() - began) * 1000)
        own.append((time.process_time() - used) * 1000)
    return [number, *((min(each), statistics.median(each)) for each in (took, own)), size]


if __name__ == "__main__":
    inside() if sys.argv[1:] == ["inside"] else main()
