"""``GET /business/hours``: every block of contract 5, from what was set and who booked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core.actors import SYSTEM
from reservations.ledger.confirm import Contact
from reservations.services.bookings import Extras, book
from reservations.services.holds import HoldRequest
from restaurants.models import Restaurant, SpecialDay
from restaurants.services import add_closure, pause_online
from tests.api.conftest import Api
from tests.api.golden_files import golden
from tests.factories import make_bella
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

PRINTED = golden("venue", "business_hours")["response"]
FRIDAY_EVENING = "2025-11-14T19:30+00:00"


def hours(caller: Api, **headers: str) -> Any:
    answer = caller("GET", "business/hours", **headers)
    assert answer.status_code == 200, answer.content
    return answer.json()


def seat(restaurant: Restaurant, date: str, time: str, size: int, **more: Any) -> None:
    request = HoldRequest(restaurant.public_id, dt.date.fromisoformat(date), time, size)
    book(request, Contact("Ada", "", ""), Extras(notify=False), by=SYSTEM, **more)


def keys(value: Any) -> Any:
    """The field names of an object, and of the objects in it."""
    if not isinstance(value, dict):
        return None
    return {name: keys(child) for name, child in value.items()}


def test_every_block_and_field_of_the_document_is_there(
    anchor: Restaurant, nobody: Api, clock: Clock
) -> None:
    clock.set(FRIDAY_EVENING)
    got = hours(nobody)
    assert list(got) == list(PRINTED)
    for name in ("currentStatus", "services", "planning", "integration"):
        assert keys(got[name]) == keys(PRINTED[name]), name
    assert set(got["regularHours"]) == {
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    }
    assert set(got["today"]) == set(PRINTED["today"])
    assert set(got["patterns"]) == set(PRINTED["patterns"])
    assert set(got["upcomingWeek"][0]) == set(PRINTED["upcomingWeek"][0])
    assert set(got["specialHours"][0]) == {*PRINTED["specialHours"][0], "is_kitchen_closed"}


def test_regular_hours_say_that_the_kitchen_is_closed_on_mondays(
    anchor: Restaurant, nobody: Api
) -> None:
    regular = hours(nobody)["regularHours"]
    assert regular["monday"] == PRINTED["regularHours"]["monday"]
    assert regular["sunday"] == PRINTED["regularHours"]["sunday"] | {"is_kitchen_closed": False}
    assert regular["friday"]["kitchen"] == {"opens": "12:00:00", "closes": "21:00:00"}


def test_a_house_that_is_shut_on_a_weekday_has_no_hours_then(db: None, nobody: Api) -> None:
    make_bella(is_default=True).services.update(weekdays=[4])
    monday = hours(nobody)["regularHours"]["monday"]
    assert monday == {
        "opens": None,
        "closes": None,
        "kitchen": None,
        "is_closed": True,
        "is_kitchen_closed": False,
    }


def test_special_hours_reach_ninety_days_ahead(
    anchor: Restaurant, nobody: Api, clock: Clock
) -> None:
    assert [(day["date"], day["status"]) for day in hours(nobody)["specialHours"]] == [
        ("2025-12-24", "modified"),
        ("2025-12-25", "closed"),
        ("2025-12-26", "closed"),
        ("2025-12-31", "modified"),
    ]
    eve = hours(nobody)["specialHours"][-1]
    assert eve == {
        "date": "2025-12-31",
        "opens": "10:00:00",
        "closes": "01:00:00",
        "kitchen": {"opens": "12:00:00", "closes": "20:00:00"},
        "is_kitchen_closed": False,
        "status": "modified",
        "note": "New Year’s Eve",
    }
    clock.set("2025-09-25T12:00+01:00")
    assert [day["date"] for day in hours(nobody)["specialHours"]] == ["2025-12-24"]


def test_a_day_without_kitchen_is_special_and_says_so(anchor: Restaurant, nobody: Api) -> None:
    SpecialDay.objects.create(
        restaurant=anchor, date="2025-11-12", kitchen_closed=True, note="New stoves"
    )
    [cold, *_] = hours(nobody)["specialHours"]
    assert (cold["kitchen"], cold["is_kitchen_closed"], cold["status"]) == (None, True, "modified")
    assert (cold["opens"], cold["closes"]) == ("09:00:00", "22:00:00")
    assert hours(nobody)["planning"]["nextModifiedHours"] == {
        "date": "2025-11-12",
        "reason": "New stoves",
        "changes": "09:00:00 - 22:00:00, kitchen closed",
    }


def test_a_closure_of_the_house_shortens_the_day(anchor: Restaurant, nobody: Api) -> None:
    add_closure(
        anchor,
        starts_at=dt.datetime(2025, 11, 11, 20, tzinfo=dt.UTC),
        ends_at=dt.datetime(2025, 11, 12, 3, tzinfo=dt.UTC),
        by=SYSTEM,
        note="Private party",
    )
    got = hours(nobody)
    assert got["upcomingWeek"][1] == {
        "date": "2025-11-11",
        "dayName": "Tuesday",
        "status": "modified",
        "summary": "Open 09:00:00 - 20:00:00",
        "note": "Private party",
    }


def test_the_status_of_a_friday_evening(anchor: Restaurant, nobody: Api, clock: Clock) -> None:
    clock.set(FRIDAY_EVENING)
    seat(anchor, "2025-11-14", "18:30", 38, now=dt.datetime(2025, 11, 10, tzinfo=dt.UTC))
    assert hours(nobody)["currentStatus"] == PRINTED["currentStatus"] | {
        "timestamp": "2025-11-14T19:30:00.000Z",
        "services": PRINTED["currentStatus"]["services"]
        | {"bookings": {"accepting": True, "availableSlots": ["20:00", "20:30"]}},
    }


@pytest.mark.parametrize(
    ("at", "is_open", "kitchen", "closes_in", "opens_in"),
    [
        ("2025-11-14T08:00+00:00", False, False, None, "1 hour"),
        ("2025-11-14T15:01+00:00", True, False, "6 hours 59 minutes", None),
        ("2025-12-24T18:00+00:00", False, False, None, "2 days 15 hours"),
        ("2025-11-14T21:59:59+00:00", True, False, "1 minute", None),
    ],
)
def test_the_status_follows_the_clock(
    anchor: Restaurant,
    nobody: Api,
    clock: Clock,
    at: str,
    is_open: bool,
    kitchen: bool,
    closes_in: str | None,
    opens_in: str | None,
) -> None:
    clock.set(at)
    status = hours(nobody)["currentStatus"]
    assert (status["isOpen"], status["kitchenOpen"]) == (is_open, kitchen)
    assert (status["closesIn"], status["opensIn"]) == (closes_in, opens_in)


def test_while_online_booking_is_paused_nothing_is_accepted(
    anchor: Restaurant, nobody: Api, clock: Clock
) -> None:
    clock.set("2025-11-14T17:30+00:00")
    assert hours(nobody)["currentStatus"]["services"]["bookings"]["accepting"] is True
    pause_online(anchor, by=SYSTEM)
    got = hours(nobody)["currentStatus"]
    assert got["services"]["bookings"] == {"accepting": False, "availableSlots": []}
    assert got["isOpen"] is True


def test_today_the_week_services_and_plans(anchor: Restaurant, nobody: Api, clock: Clock) -> None:
    clock.set(FRIDAY_EVENING)
    got = hours(nobody)
    assert got["today"] == {
        "date": "2025-11-14",
        "dayName": "Friday",
        "summary": "Open 09:00:00 - 22:00:00",
        "isSpecialHours": False,
        "events": [],
    }
    days = [int(day["date"][-2:]) for day in got["upcomingWeek"]]
    assert days == [14, 15, 16, 17, 18, 19, 20]
    assert got["upcomingWeek"][0] == {
        "date": "2025-11-14",
        "dayName": "Friday",
        "status": "normal",
        "summary": "Open 09:00:00 - 22:00:00",
        "note": None,
    }
    printed = PRINTED["services"]
    assert got["services"]["bar"] == printed["bar"]
    assert got["services"]["privateHire"] == printed["privateHire"]
    assert got["services"]["kitchen"] == printed["kitchen"]
    assert got["planning"] == PRINTED["planning"]
    assert got["patterns"]["regularClosures"] == ["Christmas Day", "Boxing Day"]
    assert got["integration"] == PRINTED["integration"] | {
        "lastUpdated": "2025-11-14T19:30:00.000Z"
    }


def test_patterns_come_from_past_weeks_and_need_enough_of_them(
    anchor: Restaurant, nobody: Api, clock: Clock
) -> None:
    assert hours(nobody)["patterns"]["typicalBusyTimes"] == {}
    asked = dt.datetime(2025, 10, 1, tzinfo=dt.UTC)
    for date in ("2025-10-17", "2025-10-24"):
        seat(anchor, date, "18:00", 20, now=asked)
        seat(anchor, date, "19:00", 20, now=asked)
        seat(anchor, date, "12:00", 4, now=asked)
    clock.set("2025-11-11T12:00+00:00")
    patterns = hours(nobody)["patterns"]
    assert patterns["typicalBusyTimes"] == {"friday": ["19:00-20:00"]}
    assert patterns["quietTimes"]["friday"] == ["12:00-18:00"]
    assert patterns["quietTimes"]["sunday"] == ["12:00-17:00"]
    assert "monday" not in patterns["quietTimes"]


def test_a_floor_of_tables_counts_the_chairs_of_those_taken(
    db: None, nobody: Api, clock: Clock
) -> None:
    bella = make_bella(tables=10, is_default=True)
    seat(bella, "2025-11-10", "12:00", 2)
    clock.advance(minutes=30)
    assert hours(nobody)["currentStatus"]["capacity"] == {
        "total": 40,
        "available": 36,
        "percentageFull": 10,
    }


def test_the_answer_is_kept_for_a_minute_and_has_a_tag(anchor: Restaurant, clock: Clock) -> None:
    client = Client()
    first = client.get("/api/business/hours")
    assert first["Cache-Control"] == "public, max-age=60"
    assert first["Vary"].startswith("X-API-Key, Authorization, X-Restaurant-Id")
    clock.advance(seconds=30)
    again = client.get("/api/business/hours", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    weak = f'"other", W/{first["ETag"]}'
    assert client.get("/api/business/hours", HTTP_IF_NONE_MATCH=weak).status_code == 304
    assert client.get("/api/business/hours", HTTP_IF_NONE_MATCH='"other"').status_code == 200
    clock.advance(seconds=30)
    later = client.get("/api/business/hours", HTTP_IF_NONE_MATCH=first["ETag"])
    assert later.status_code == 200
    assert later["ETag"] != first["ETag"]


def test_a_key_names_its_restaurant_and_a_wrong_one_is_refused(
    anchor: Restaurant, keyed: Callable[..., Api], nobody: Api
) -> None:
    other = make_bella(name="Other", is_listed=False)
    theirs = keyed(restaurant=other)
    answer = theirs("GET", "business/hours")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, max-age=60"
    assert answer.json()["integration"] == hours(nobody)["integration"]
    assert answer.json()["regularHours"] != hours(nobody)["regularHours"]
    assert nobody("GET", f"business/hours?restaurant={other.public_id}").status_code == 404
    wrong = nobody("GET", "business/hours", HTTP_X_API_KEY="anch_wrong")
    assert wrong.status_code == 401
    assert wrong.json() == golden("venue", "error_key")["response"]


def test_reading_it_all_takes_few_queries(
    anchor: Restaurant, nobody: Api, django_assert_max_num_queries: Any
) -> None:
    hours(nobody)
    with django_assert_max_num_queries(6):
        hours(nobody)
