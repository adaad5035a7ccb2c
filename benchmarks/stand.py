"""The host stand's night: how long reading one takes, and with how many statements.

``python -m benchmarks.stand``. Houses of 10 to 200 tables with three or four parties on each, on
servers of its own. Nothing is asserted; a page of the stand has 200 ms for all it does.
"""

from __future__ import annotations

import datetime as dt
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.stack import started

if TYPE_CHECKING:
    from restaurants.models import DiningService, DiningTable, Restaurant

SIZES = ((10, 30), (40, 150), (120, 400), (200, 800))
ROUNDS = 9
DATE = dt.date(2026, 5, 15)
NOW = dt.datetime(2026, 5, 15, 19, tzinfo=dt.UTC)


def main() -> None:
    """Print a line for each size."""
    with started("bench-stand") as stack:
        stack.manage("migrate", "-v", "0")
        found = stack.inside("benchmarks.stand", "inside")
    print("tables  parties  statements   read ms  of it processor  quote ms  where one may go ms")
    for tables, parties, statements, (read, own), (quote, _), (cells, _) in found:
        print(
            f"{tables:6d} {parties:8d} {statements:11d} {read:9.1f} {own:16.1f}"
            f" {quote:9.2f} {cells:20.1f}"
        )


def inside() -> None:
    """Measure, with Couvert's settings; print a JSON list."""
    import django

    django.setup()
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from reservations.selectors.night import night_of

    lines = []
    for tables, parties in SIZES:
        with transaction.atomic():
            house = full_house(tables, parties)
            night = night_of(house.pk, DATE, NOW)
            with CaptureQueriesContext(connection) as asked:
                night_of(house.pk, DATE, NOW)
            party = night.parties[-1].public_id
            starts = range(night.minute(night.opens), night.minute(night.closes), 15)
            line: list[Any] = [tables, parties, len(asked)]
            line.append(_median(partial(night_of, house.pk, DATE, NOW)))
            line.append(_median(partial(night.quote, 4)))
            line.append(_median(partial(night.cells, party, starts)))
            lines.append(line)
            transaction.set_rollback(True)
    print(json.dumps(lines))


def _median(call: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds on the clock, and of this process alone: a busy machine shows in the first."""
    took, own = [], []
    for _ in range(ROUNDS):
        began, used = time.perf_counter(), time.process_time()
        call()
        took.append((time.perf_counter() - began) * 1000)
        own.append((time.process_time() - used) * 1000)
    return statistics.median(took), statistics.median(own)


def full_house(tables: int, parties: int) -> Restaurant:
    """A house with its tables, each booked one party after the other; some of them sit."""
    from accounts.models import Organization
    from restaurants.models import DiningRoom, DiningService, DiningTable, Restaurant, TurnTime

    group = Organization.objects.create(name=f"Stand {tables}")
    venue = Restaurant.objects.create(
        organization=group, slug=f"stand-{tables}", name=group.name, zone="Europe/London"
    )
    room = DiningRoom.objects.create(restaurant=venue, name="Room")
    service = DiningService.objects.create(
        restaurant=venue,
        name="All day",
        weekdays=list(range(7)),
        first_seating=dt.time(12),
        last_seating=dt.time(22),
        slot_covers=60,
    )
    TurnTime.objects.create(restaurant=venue, up_to=99, minutes=110)
    floor = DiningTable.objects.bulk_create(
        DiningTable(
            restaurant=venue, room=room, label=str(number), max_seats=2 + number % 5, x=number * 90
        )
        for number in range(tables)
    )
    _parties(venue, service, floor, parties)
    return venue


def _parties(
    venue: Restaurant, service: DiningService, floor: list[DiningTable], parties: int
) -> None:
    from reservations.models import Reservation, TableClaim

    tables = len(floor)
    rows = []
    for number in range(parties):
        starts = NOW + dt.timedelta(hours=2 * (number // tables) - 3)
        sits = starts <= NOW < starts + dt.timedelta(hours=2)
        rows.append(
            Reservation(
                code=f"S{tables}-{number}",
                restaurant=venue,
                service=service,
                service_date=DATE,
                starts_at=starts,
                ends_at=starts + dt.timedelta(minutes=110),
                party_size=2 + number % 5,
                status="seated" if sits else "confirmed" if starts > NOW else "completed",
                seated_at=starts if sits else None,
                guest_name=f"Guest {number}",
                currency="GBP",
                created_at=NOW,
                updated_at=NOW,
                status_changed_at=NOW,
            )
        )
    made = Reservation.objects.bulk_create(rows)
    TableClaim.objects.bulk_create(
        TableClaim(
            table=floor[number % tables],
            restaurant=venue,
            service_date=DATE,
            during=(row.starts_at, row.ends_at),
            reservation=row,
        )
        for number, row in enumerate(made)
        if row.status != "completed"
    )


if __name__ == "__main__":
    inside() if sys.argv[1:] == ["inside"] else main()
