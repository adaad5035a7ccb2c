"""Two hundred bookings in a house of fifty seats: never more than fifty guests at any minute."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest
from django.db import connection

from accounts.services.keys import create_key
from core.actors import SYSTEM
from reservations.models import Reservation
from reservations.proof.invariants import ALWAYS, broken
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.concurrency.together import at_once
from tests.factories import make_bella
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

SEATS = 50
REQUESTS, AT_ONCE = 200, 20

_FULLEST_MINUTE = """
SELECT max(covers) FROM (
  SELECT sum(b.party_size) AS covers
  FROM generate_series(%(from)s::timestamptz, %(from)s::timestamptz + '12 hours', '1 minute') m
  JOIN reservations_reservation b ON b.starts_at <= m AND m < b.ends_at
  WHERE b.status IN ('confirmed', 'pending')
  GROUP BY m
) AS by_minute
"""


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    """Fifty seats, no tables."""
    return make_bella(tables=0, deposit=None, capacity_mode="seats", seats=SEATS)


def _book(text: str, number: int, size: int, time: str) -> int:
    program = Api()
    program.headers["HTTP_X_API_KEY"] = text
    body = {
        "booking_type": "regular",
        "date": "2025-11-15",
        "time": time,
        "party_size": size,
        "customer": {
            "first_name": "Guest",
            "last_name": str(number),
            "mobile_number": f"+121255{50000 + number}",
        },
    }
    return int(program("POST", "table-bookings", body).status_code)


def _fullest_minute() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_FULLEST_MINUTE, {"from": "2025-11-15 11:00-05"})
        return int(cursor.fetchone()[0])


def test_no_minute_has_more_guests_than_seats(house: Restaurant) -> None:
    text = create_key(
        "Website",
        by=SYSTEM,
        scopes=["write:table_bookings"],
        restaurant_id=house.pk,
        rate_per_hour=1000,
    ).text
    chance = random.Random(50)
    times = [f"{hour}:{minute}" for hour in range(17, 21) for minute in ("00", "30")]
    calls: list[Any] = [
        partial(_book, text, number, chance.randint(1, 8), chance.choice(times))
        for number in range(REQUESTS)
    ]
    answers: list[int] = []
    for start in range(0, REQUESTS, AT_ONCE):
        answers += at_once(calls[start : start + AT_ONCE])
    assert set(answers) == {201, 400}
    assert Reservation.objects.count() == answers.count(201)
    # Full, or so nearly that not even the smallest refused party could sit longer than a turn.
    assert SEATS - 7 <= _fullest_minute() <= SEATS
    assert broken(ALWAYS) == {}


def test_the_count_would_notice_a_guest_too_many(house: Restaurant) -> None:
    """The control: a row more than the house can seat shows up in the fullest minute."""
    text = create_key("W", by=SYSTEM, scopes=["*"], restaurant_id=house.pk).text
    assert _book(text, 1, 2, "19:00") == 201
    Reservation.objects.update(party_size=SEATS + 1)
    assert _fullest_minute() == SEATS + 1
