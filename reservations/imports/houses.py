"""Restaurants that a file names and the book does not know.

A file of bookings says nothing about the floor. So a new restaurant gets the floor of an
ordinary neighbourhood restaurant: 56 seats at sixteen tables, six for two (1 to 6), eight for
four (7 to 14) and two for six (15, 16), in one room. These may be pushed together:

========================  =========
tables                    parties
========================  =========
1+2, 3+4, 5+6             3 to 4
7+8, 9+10, 11+12, 13+14   5 to 8
15+16                     7 to 12
7+8+9, 10+11+12           9 to 12
7 to 10, 11 to 14         13 to 16
13 to 16                  13 to 20
7 to 14                   17 to 32
7 to 16                   33 to 44
========================  =========

Parties keep their table for 90 minutes (up to two guests), 120 (four), 135 (six) or 150. Lunch
(before 16:00) and dinner run every day, from the first visit in the file to the last; a visit
before 05:00 belongs to the evening before. There are no limits besides the tables, no deposits,
and the house is not listed: staff complete it before guests see it.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.models import Organization
from core.locks import Space, lock
from reservations.imports.survey import DAY, Seen
from restaurants.models import (
    DiningRoom,
    DiningService,
    DiningTable,
    Restaurant,
    TableCombination,
    TurnTime,
)

ORGANIZATION = "Imported restaurants"
ASSUMED = (
    "New restaurants get a neighbourhood floor of 16 tables and 56 seats (6×2, 8×4, 2×6; pushed"
    " together for up to 44), turns of 90 to 150 minutes, lunch and dinner every day from the"
    " first to the last visit in the file; they are not listed."
)
SIZES = [2] * 6 + [4] * 8 + [6] * 2
COMBINATIONS: tuple[tuple[range, int, int], ...] = (
    *((range(first, first + 2), 3, 4) for first in (1, 3, 5)),
    *((range(first, first + 2), 5, 8) for first in (7, 9, 11, 13)),
    (range(15, 17), 7, 12),
    *((range(first, first + 3), 9, 12) for first in (7, 10)),
    *((range(first, first + 4), 13, 16) for first in (7, 11)),
    (range(13, 17), 13, 20),
    (range(7, 15), 17, 32),
    (range(7, 17), 33, 44),
)
"""Numbers of the tables, and the parties they take together."""
TURNS = ((2, 90), (4, 120), (6, 135), (99, 150))


def public_id_of(name: str) -> str:
    """The public id of a restaurant that an import made."""
    return f"import-{name}"


def create_house(name: str, seen: Seen, *, zone: str, currency: str, country: str) -> None:
    """Make a restaurant with the standard floor, open when guests came. May be repeated."""
    with transaction.atomic():
        lock(Space.JOB, "import-house", name)
        if Restaurant.objects.filter(public_id=public_id_of(name)).exists():
            return
        organization, _ = Organization.objects.get_or_create(name=ORGANIZATION)
        restaurant = Restaurant.objects.create(
            public_id=public_id_of(name),
            slug=public_id_of(name),
            organization=organization,
            name=f"Restaurant {name}",
            zone=zone,
            currency=currency,
            country=country,
            is_listed=False,
        )
        _floor(restaurant)
        TurnTime.objects.bulk_create(
            TurnTime(restaurant=restaurant, up_to=up_to, minutes=minutes)
            for up_to, minutes in TURNS
        )
        DiningService.objects.bulk_create(
            DiningService(
                restaurant=restaurant,
                name=sitting.name,
                weekdays=list(range(7)),
                first_seating=_time(sitting.first),
                last_seating=_time(sitting.last),
                slot_minutes=sitting.interval,
            )
            for sitting in seen.sittings()
        )


def _floor(restaurant: Restaurant) -> None:
    room = DiningRoom.objects.create(restaurant=restaurant, name="Dining room")
    tables = DiningTable.objects.bulk_create(
        DiningTable(restaurant=restaurant, room=room, label=str(number), max_seats=seats)
        for number, seats in enumerate(SIZES, start=1)
    )
    combinations = TableCombination.objects.bulk_create(
        TableCombination(restaurant=restaurant, min_seats=low, max_seats=high)
        for _, low, high in COMBINATIONS
    )
    together = TableCombination.tables.through
    together.objects.bulk_create(
        together(tablecombination=combination, diningtable=tables[number - 1])
        for combination, (numbers, _, _) in zip(combinations, COMBINATIONS, strict=True)
        for number in numbers
    )


def _time(minute: int) -> dt.time:
    hours, minutes = divmod(minute % DAY, 60)
    return dt.time(hours, minutes)
