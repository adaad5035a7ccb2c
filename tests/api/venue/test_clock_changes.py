"""Bookings in nights when the clocks change: told in wall time, kept by minutes that pass."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from reservations.models import Reservation
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.factories import make_restaurant, make_service, make_tables
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

BACK = "2026-10-24"
"""In London 01:00 to 02:00 comes twice in this night's small hours."""
FORWARD = "2026-03-28"
"""01:00 to 02:00 does not come at all."""


@pytest.fixture
def bar(clock: Clock) -> Restaurant:
    """One table, from ten in the evening until three."""
    house = make_restaurant(zone="Europe/London", country="GB", min_party=1, window_days=30)
    make_service(house, name="Night", first_seating=dt.time(22), last_seating=dt.time(3))
    make_tables(house, 4)
    return house


@pytest.fixture
def site(bar: Restaurant, keyed: Callable[..., Api]) -> Api:
    return keyed("read:table_bookings", "write:table_bookings", restaurant=bar)


def ask(site: Api, date: str, time: str, minutes: int) -> Any:
    body = {
        "booking_type": "regular",
        "date": date,
        "time": time,
        "party_size": 2,
        "duration_minutes": minutes,
        "customer": {"first_name": "Jo", "last_name": "Lee", "mobile_number": "07700900000"},
    }
    return site("POST", "table-bookings", body)


def times(site: Api, date: str, minutes: int = 60) -> dict[str, bool]:
    answer = site("GET", f"table-bookings/availability?date={date}&party_size=2&duration={minutes}")
    return {slot["time"]: slot["available"] for slot in answer.json()["data"]["time_slots"]}


def span(answer: Any) -> tuple[str, str]:
    """When the booking begins and ends, in UTC."""
    assert answer.status_code == 201, answer.content
    row = Reservation.objects.get(code=answer.json()["data"]["booking_reference"])
    return f"{row.starts_at:%d %H:%M}", f"{row.ends_at:%d %H:%M}"


def test_half_past_one_that_comes_twice_is_booked_once_and_means_the_first(
    site: Api, clock: Clock
) -> None:
    clock.set("2026-10-20T12:00:00+01:00")
    shown = times(site, BACK)
    assert list(shown)[5:10] == ["00:30", "01:00", "01:30", "02:00", "02:30"]
    made = ask(site, BACK, "01:30", 90)
    assert span(made) == ("25 00:30", "25 02:00")
    details = made.json()["data"]["booking_details"]
    assert (details["date"], details["time"], details["duration_minutes"]) == (BACK, "01:30", 90)
    assert ask(site, BACK, "01:30", 60).status_code == 400
    assert not times(site, BACK)["01:30"]
    # Ninety minutes have passed when it is two o'clock: the hour between came twice.
    assert span(ask(site, BACK, "02:00", 60)) == ("25 02:00", "25 03:00")


def test_half_past_one_that_never_comes_cannot_be_booked(site: Api, clock: Clock) -> None:
    clock.set("2026-03-24T12:00:00+00:00")
    assert list(times(site, FORWARD))[4:8] == ["00:00", "00:30", "02:00", "02:30"]
    refused = ask(site, FORWARD, "01:30", 60)
    assert refused.status_code == 400
    [error] = refused.json()["error"]["details"]["errors"]
    assert error["field"] == "time"
    assert Reservation.objects.count() == 0
    one = site("GET", f"table-bookings/availability?date={FORWARD}&party_size=2&time=01:30").json()[
        "data"
    ]
    assert (one["available"], one["remaining_capacity"]) == (False, 0)


def test_an_hour_from_half_past_midnight_ends_at_half_past_two(site: Api, clock: Clock) -> None:
    clock.set("2026-03-24T12:00:00+00:00")
    made = ask(site, FORWARD, "00:30", 60)
    assert span(made) == ("29 00:30", "29 01:30")
    shown = times(site, FORWARD)
    assert (shown["02:00"], shown["02:30"]) == (False, True)
    assert ask(site, FORWARD, "02:00", 60).status_code == 400
    assert span(ask(site, FORWARD, "02:30", 60)) == ("29 01:30", "29 02:30")


def test_a_booking_moved_across_the_change_keeps_its_minutes(site: Api, clock: Clock) -> None:
    clock.set("2026-10-20T12:00:00+01:00")
    reference = ask(site, BACK, "00:00", 120).json()["data"]["booking_reference"]
    body = {"customer_phone": "07700900000", "updates": {"time": "01:30"}}
    assert site("PUT", f"table-bookings/{reference}", body).status_code == 200
    row = Reservation.objects.get()
    assert (row.starts_at, row.ends_at - row.starts_at) == (
        dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC),
        dt.timedelta(minutes=120),
    )
    booking = site("GET", f"table-bookings/{reference}?customer_phone=07700900000").json()[
        "booking"
    ]
    assert (booking["date"], booking["time"]) == (BACK, "01:30")
    # A day is twenty-four hours that pass, also when it has twenty-five on the clock.
    assert booking["cancellation_policy"]["full_refund_until"] == "2026-10-24T00:30:00Z"
