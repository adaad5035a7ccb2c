"""The host stand's night: how long reading one takes, and with how many statements.

``python -m benchmarks.stand``. Houses of 10 to 200 tables with three or four parties on each, on
servers of its own. Nothing is asserted; a page of the stand has 200 ms for all it does. The house
made here is what every benchmark of the stand looks at.
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
    from reservations.models import ShiftServer
    from restaurants.models import DiningService, DiningTable, Restaurant

SIZES = ((10, 30), (40, 150), (120, 400), (200, 800))
ROUNDS = 9
DATE = dt.date(2026, 5, 15)
NOW = dt.datetime(2026, 5, 15, 17, tzinfo=dt.UTC)
ZONE = "Europe/London"
_ROOMS = ("Dining room", "Bar", "Terrace")
_SERVERS = ("Ana Silva", "Ben Carter", "Chloe Martin", "Dev Patel", "Elif Kaya", "Finn Olsen")
_NAMES = ("Lovelace", "Weber", "Okafor", "Marchetti", "Brandt", "Nakamura", "O’Neil", "Fernández")
_ACROSS = 8
"""Tables beside each other in a room."""


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


def full_house(
    tables: int,
    parties: int,
    now: dt.datetime = NOW,
    zone: str = ZONE,
    tag: str = "",
    *,
    with_left: bool = False,
) -> Restaurant:
    """A house on a night when every table is booked one party after the other.

    Three rooms, six servers with their sections. The first party of each table sits since an hour
    ago, a few of the second wait at the door already. ``tag`` tells houses of one size apart.
    ``with_left``: before them sat another one at each table, which has left.
    """
    from accounts.models import Organization
    from restaurants.models import DiningService, Restaurant, TurnTime

    group = Organization.objects.create(name=f"Stand {tables}{tag}")
    venue = Restaurant.objects.create(
        organization=group, slug=f"stand-{tables}{tag}", name=group.name, zone=zone
    )
    service = DiningService.objects.create(
        restaurant=venue,
        name="All day",
        weekdays=list(range(7)),
        first_seating=dt.time(12),
        last_seating=dt.time(22),
        slot_covers=60,
    )
    TurnTime.objects.create(restaurant=venue, up_to=99, minutes=110)
    floor = _floor(venue, tables)
    _parties(venue, service, floor, parties, now)
    if with_left:
        _left(venue, service, floor, now)
    return venue


def _floor(venue: Restaurant, tables: int) -> list[DiningTable]:
    """Tables in rows, a third of them in each room."""
    from restaurants.models import DiningRoom, DiningTable

    rooms = [
        DiningRoom.objects.create(restaurant=venue, name=name, position=position)
        for position, name in enumerate(_ROOMS)
    ]
    share = -(-tables // len(rooms))
    return DiningTable.objects.bulk_create(
        DiningTable(
            restaurant=venue,
            room=rooms[number // share],
            label=str(number + 1),
            max_seats=2 + number % 5,
            shape="round" if number % 3 == 2 else "square",
            x=number % share % _ACROSS * 130,
            y=number % share // _ACROSS * 130,
        )
        for number in range(tables)
    )


def _servers(venue: Restaurant, floor: list[DiningTable], now: dt.datetime) -> list[ShiftServer]:
    """Who serves, each with a stretch of the tables."""
    from reservations.models import SectionTable, ShiftServer

    date = now.astimezone(venue.tz).date()
    found = ShiftServer.objects.bulk_create(
        ShiftServer(
            restaurant=venue, service_date=date, name=name, position=position, created_at=now
        )
        for position, name in enumerate(_SERVERS)
    )
    SectionTable.objects.bulk_create(
        SectionTable(restaurant=venue, service_date=date, table=table, server=server)
        for number, table in enumerate(floor)
        for server in [found[number * len(found) // len(floor)]]
    )
    return found


def _parties(
    venue: Restaurant,
    service: DiningService,
    floor: list[DiningTable],
    parties: int,
    now: dt.datetime,
) -> None:
    from reservations.models import Reservation, TableClaim

    tables = len(floor)
    date = now.astimezone(venue.tz).date()
    servers = _servers(venue, floor, now)
    rows = []
    for number in range(parties):
        wave, place = divmod(number, tables)
        starts = now + dt.timedelta(hours=2 * wave - 1)
        waits = wave == 1 and place % 20 == 7
        rows.append(
            Reservation(
                code=f"S{venue.pk}-{number}",
                restaurant=venue,
                service=service,
                service_date=date,
                starts_at=starts,
                ends_at=starts + dt.timedelta(minutes=110),
                party_size=2 + place % 5,
                status="arrived" if waits else "confirmed" if wave else "seated",
                arrived_at=now if waits else None,
                seated_at=None if wave else starts,
                server=None if wave else servers[place * len(servers) // tables],
                guest_name=f"{chr(65 + number % 26)}. {_NAMES[number % len(_NAMES)]} {number}",
                allergy_note="" if number % 15 else "nuts",
                high_chairs=number % 23 == 5,
                currency="GBP",
                created_at=now,
                updated_at=now,
                status_changed_at=now,
            )
        )
    made = Reservation.objects.bulk_create(rows)
    TableClaim.objects.bulk_create(
        TableClaim(
            table=floor[number % tables],
            restaurant=venue,
            service_date=date,
            during=(row.starts_at, row.ends_at),
            reservation=row,
        )
        for number, row in enumerate(made)
    )


if __name__ == "__main__":
    inside() if sys.argv[1:] == ["inside"] else main()


def _left(
    venue: Restaurant, service: DiningService, floor: list[DiningTable], now: dt.datetime
) -> None:
    """At each table a party that sat three hours ago and left after an hour and a half."""
    from reservations.models import Reservation, TableClaim

    sat, gone = now - dt.timedelta(minutes=180), now - dt.timedelta(minutes=90)
    rows = Reservation.objects.bulk_create(
        Reservation(
            code=f"L{venue.pk}-{number}",
            restaurant=venue,
            service=service,
            service_date=now.astimezone(venue.tz).date(),
            starts_at=sat,
            ends_at=sat + dt.timedelta(minutes=110),
            party_size=2,
            status="completed",
            arrived_at=sat,
            seated_at=sat,
            left_at=gone,
            guest_name=f"{_NAMES[number % len(_NAMES)]} L{number}",
            currency="GBP",
            created_at=sat,
            updated_at=gone,
            status_changed_at=gone,
        )
        for number in range(len(floor))
    )
    TableClaim.objects.bulk_create(
        TableClaim(
            table=table,
            restaurant=venue,
            service_date=row.service_date,
            during=(row.starts_at, row.ends_at),
            reservation=row,
            released_at=gone,
        )
        for table, row in zip(floor, rows, strict=True)
    )
