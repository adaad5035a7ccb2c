"""Availability of contract 5: both shapes, days without kitchen, longer stays, wrong questions."""

from __future__ import annotations

from typing import Any

import pytest

from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.api.golden_files import golden
from tests.api.venue.test_tables import DATE, seat
from tests.factories import make_bella
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_times_of_a_day(anchor: Restaurant, site: Api) -> None:
    seat(anchor, "19:00", 4)
    answer = site("GET", f"table-bookings/availability?date={DATE}&party_size=4")
    printed = golden("venue", "availability_day")["response"]
    assert answer.status_code == 200
    got = answer.json()
    assert set(got["data"]) == set(printed["data"])
    assert set(got["data"]["time_slots"][0]) == set(printed["data"]["time_slots"][0])
    assert (got["data"]["day"], got["data"]["available"]) == ("friday", True)
    assert got["data"]["kitchen_hours"] == {"opens": "12:00", "closes": "21:00"}
    left = {slot["time"]: slot["remaining_capacity"] for slot in got["data"]["time_slots"]}
    assert left["12:00"] == 50
    assert (left["17:00"], left["17:30"], left["19:00"], left["20:30"]) == (50, 46, 46, 46)


def test_a_day_without_kitchen_has_no_times(anchor: Restaurant, site: Api) -> None:
    answer = site("GET", "table-bookings/availability?date=2025-11-17&party_size=4")
    printed = golden("venue", "availability_closed")["response"]
    assert answer.json() == {
        "success": True,
        "data": printed["data"] | {"date": "2025-11-17"},
    }


@pytest.mark.parametrize(
    ("date", "message"),
    [
        ("2025-12-25", "Kitchen closed on this date"),
        ("2025-11-09", "This time has passed. Please choose a later one."),
        ("2030-01-04", "This date is too far ahead. Bookings open 180 days before."),
    ],
)
def test_a_date_that_cannot_be_had_says_why(
    anchor: Restaurant, site: Api, date: str, message: str
) -> None:
    data = site("GET", f"table-bookings/availability?date={date}&party_size=4").json()["data"]
    assert (data["available"], data["time_slots"], data["kitchen_hours"], data["message"]) == (
        False,
        [],
        None,
        message,
    )


@pytest.mark.parametrize(
    ("at", "query", "hours", "message"),
    [
        (
            "2025-11-14T22:00:00+00:00",
            "date=2025-11-14",
            {"opens": "12:00", "closes": "21:00"},
            "No more times on this date",
        ),
        (
            "2025-11-14T22:00:00+00:00",
            "date=2025-11-16&booking_type=regular",
            {"opens": "12:00", "closes": "17:00"},
            "Only Sunday lunch is served on this date",
        ),
    ],
)
def test_an_open_kitchen_is_not_called_closed(
    anchor: Restaurant, site: Api, clock: Clock, at: str, query: str, hours: Any, message: str
) -> None:
    clock.set(at)
    said = site("GET", f"table-bookings/availability?{query}&party_size=4").json()["data"]
    assert (said["available"], said["time_slots"]) == (False, [])
    assert (said["kitchen_hours"], said["message"]) == (hours, message)


def test_one_time(anchor: Restaurant, site: Api) -> None:
    seat(anchor, "19:00", 4)
    answer = site("GET", f"table-bookings/availability?date={DATE}&party_size=4&time=19:00")
    printed = golden("venue", "availability_time")["response"]
    assert answer.json() == {"success": True, "data": printed["data"] | {"date": DATE}}
    off = site("GET", f"table-bookings/availability?date={DATE}&party_size=4&time=19:10").json()
    assert off["data"]["available"] is False
    assert off["data"]["message"].startswith("Guests are not seated at this time")


def test_a_longer_stay_finds_fewer_seats(anchor: Restaurant, site: Api) -> None:
    seat(anchor, "19:30", 40)
    path = f"table-bookings/availability?date={DATE}&party_size=20&time=17:00&duration="
    assert site("GET", path + "120").json()["data"]["available"] is True
    longer = site("GET", path + "180").json()["data"]
    assert (longer["available"], longer["remaining_capacity"]) == (False, 10)


def test_on_sundays_regular_bookings_have_no_times_and_sunday_lunch_has(
    anchor: Restaurant, site: Api
) -> None:
    path = "table-bookings/availability?date=2025-11-16&party_size=4&booking_type="
    lunch = site("GET", path + "sunday_lunch").json()["data"]["time_slots"]
    assert [slot["time"] for slot in lunch] == ["12:00", "12:30", "13:00", "13:30", "14:00"]
    assert site("GET", path + "regular").json()["data"]["available"] is False


def test_a_floor_of_tables_says_how_many_chairs_are_left(keyed: Any, clock: Clock) -> None:
    bella = make_bella(tables=3, deposit=None)
    site = keyed("read:table_bookings", restaurant=bella)
    seat(bella, "19:00", 2)
    path = f"table-bookings/availability?date={DATE}&party_size=2&time=19:00"
    assert site("GET", path).json()["data"]["remaining_capacity"] == 8


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("date=2025-11-14", "party_size", "This field is missing."),
        (
            "date=2025-11-14&party_size=51",
            "party_size",
            "Party size must be between 1 and 50",
        ),
        ("date=14/11/2025&party_size=2", "date", "Send the date as YYYY-MM-DD, such as"),
        (
            "date=2025-11-14&party_size=2&time=19:00:00",
            "time",
            "Send the time as HH:MM, such as 19:00.",
        ),
        ("date=2025-11-14&party_size=2&time=7:00 PM", "time", "Send the time as HH:MM"),
        ("date=2025-11-14&party_size=2&duration=300", "duration", "Duration must be between"),
        ("date=2025-11-14&guests=2", "guests", "Use party_size instead."),
    ],
)
def test_a_wrong_question_is_answered_by_field(
    site: Api, query: str, field: str, message: str
) -> None:
    answer = site("GET", f"table-bookings/availability?{query}")
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_ERROR"
    by_field = {each["field"]: each["message"] for each in error["details"]["errors"]}
    assert by_field[field].startswith(message)
