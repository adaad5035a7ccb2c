"""The houses of a proof: ten tables with a deposit, a pool of fifty seats, one that paces."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from accounts.models import Organization, User
from core import clock
from payments.models import Policy
from reservations.guests import Guest
from reservations.proof.stage import Stage
from restaurants.models import (
    DiningRoom,
    DiningService,
    DiningTable,
    Restaurant,
    TableCombination,
    TurnTime,
)

EVERY_DAY = list(range(7))
DAYS_AHEAD = 7
TIMES = ("19:00", "19:30", "20:00", "20:30")
"""A few slots that overlap each other, whatever the turn."""


def set_stage(guests: int) -> Stage:
    """Build the three houses and the guests, half of them with accounts."""
    organization = Organization.objects.create(name="Proof")
    ten, pool, paced = (build(organization) for build in (_ten_tables, _pool, _paced))
    today = clock.now().date()
    accounts = User.objects.bulk_create(
        User(email=f"guest{number}@proof.invalid", full_name=f"Guest {number}")
        for number in range(guests // 2)
    )
    return Stage(
        houses=(ten.public_id, ten.public_id, ten.public_id, pool.public_id, paced.public_id),
        # The second date is there for parties to be moved to; the crowd meets on the first.
        dates=tuple(today + dt.timedelta(days=DAYS_AHEAD + day) for day in (0, 0, 0, 1)),
        times=TIMES,
        guests=(
            *(Guest.with_account(account.public_id) for account in accounts),
            *(Guest.visitor(f"proof-{number}") for number in range(guests - len(accounts))),
        ),
    )


def _ten_tables(organization: Organization) -> Restaurant:
    """Four tables for two, four for four, two for six; neighbours may be pushed together."""
    house = _restaurant(organization, "ten-tables", buffer_minutes=15)
    _service(house)
    tables = _tables(house, [2, 2, 2, 2, 4, 4, 4, 4, 6, 6])
    for left, right, low, high in [(0, 1, 3, 4), (4, 5, 5, 8), (6, 7, 5, 8), (8, 9, 7, 12)]:
        combination = TableCombination.objects.create(
            restaurant=house, min_seats=low, max_seats=high
        )
        combination.tables.set([tables[left], tables[right]])
    Policy.objects.create(restaurant=house, name="Deposit", amount=Decimal(25))
    return house


def _pool(organization: Organization) -> Restaurant:
    """Fifty seats by overlap, no deposit."""
    house = _restaurant(organization, "fifty-seats", capacity_mode="seats", seats=50)
    _service(house)
    return house


def _paced(organization: Organization) -> Restaurant:
    """Tables enough, but only so many guests and parties at once, and fewer of them online."""
    house = _restaurant(organization, "paced")
    _service(
        house,
        max_covers=60,
        slot_covers=16,
        slot_parties=5,
        online_slot_covers=12,
        online_slot_parties=4,
    )
    _tables(house, [2] * 8 + [4] * 8 + [8] * 4)
    return house


def _restaurant(organization: Organization, slug: str, **fields: Any) -> Restaurant:
    house = Restaurant.objects.create(
        organization=organization,
        slug=slug,
        name=slug.replace("-", " ").capitalize(),
        zone="Europe/Paris",
        country="FR",
        currency="EUR",
        email="book@proof.invalid",
        **fields,
    )
    TurnTime.objects.bulk_create(
        TurnTime(restaurant=house, up_to=up_to, minutes=minutes)
        for up_to, minutes in [(2, 90), (6, 120), (99, 150)]
    )
    return house


def _service(house: Restaurant, **fields: Any) -> None:
    DiningService.objects.create(
        restaurant=house,
        name="Dinner",
        weekdays=EVERY_DAY,
        first_seating=dt.time(18),
        last_seating=dt.time(22),
        slot_minutes=30,
        **fields,
    )


def _tables(house: Restaurant, sizes: list[int]) -> list[DiningTable]:
    room = DiningRoom.objects.create(restaurant=house, name="Main room")
    return DiningTable.objects.bulk_create(
        DiningTable(restaurant=house, room=room, label=str(number), max_seats=seats)
        for number, seats in enumerate(sizes, start=1)
    )
