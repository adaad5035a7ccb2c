"""What closes: never in the past, never cut, never at a time that the clocks leave out."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import AuditEntry
from restaurants.models import Closure, Restaurant, SpecialDay
from tests.fixtures.domain import Clock
from tests.staff.conftest import As, Cast
from tests.staff.test_setup import opened, text_of, url
from tests.staff.test_sources import book

pytestmark = pytest.mark.django_db

PASSED = "This date has passed. Choose today or a later one."
OVER = "This time has passed. Choose a later one."
WHY = "the clocks go forward. Choose an earlier or a later time."
TOO_LONG = (
    "At most 366 days are closed at once. Close the others in a second step. If guests are"
    " not to book at all, unset “Guests can book” in the booking rules."
)


def errors_of(page: Any) -> dict[str, list[str]]:
    assert page.status_code == 422
    return {name: list(texts) for name, texts in page.context["form"].errors.items()}


def at(house: Restaurant, clock: Clock, text: str) -> None:
    """Let the house's clocks show this."""
    clock.now = dt.datetime.fromisoformat(text).replace(tzinfo=house.tz).astimezone(dt.UTC)


def nothing_closed(house: Restaurant) -> bool:
    rows = (Closure, SpecialDay)
    return not any(model._default_manager.filter(restaurant=house).exists() for model in rows)


# --- Many days ------------------------------------------------------------------------------------


def test_a_year_is_closed_whole_and_more_is_refused(as_: As, cast: Cast, house: Restaurant) -> None:
    client, address = opened(as_(cast.manager)), url(house, "setup_closures")
    year = {"kind": "day", "date": "2029-01-01", "note": "Works"}
    for last in ("2030-01-02", "2030-06-30", "2199-12-31"):
        for button in ({}, {"preview": "1"}, {"sure": "1"}):
            page = client.post(address, {**year, "until_date": last, **button})
            if "preview" in button:
                assert TOO_LONG in text_of(page)
            else:
                assert errors_of(page) == {"until_date": [TOO_LONG]}
    assert nothing_closed(house)
    own = SpecialDay.objects.create(
        restaurant=house, date=dt.date(2029, 12, 24), opens=dt.time(12), closes=dt.time(16)
    )
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.post(address, {**year, "date": "2028-05-01"})
    with CaptureQueriesContext(connection) as many:
        assert client.post(address, {**year, "until_date": "2030-01-01"}).status_code == 302
    assert len(many) == len(few)
    days = SpecialDay.objects.filter(restaurant=house, is_closed=True, date__gte="2029-01-01")
    dates = [dt.date(2029, 1, 1) + dt.timedelta(days=n) for n in range(366)]
    assert list(days.order_by("date").values_list("date", flat=True)) == dates
    assert set(days.values_list("note", flat=True)) == {"Works"}
    own.refresh_from_db()
    assert (own.is_closed, own.opens) == (True, dt.time(12))
    lines = AuditEntry.objects.filter(verb="restaurant.day_closed").order_by("id")[1:]
    assert [line.data for line in lines] == [
        {"date": date.isoformat(), "note": "Works"} for date in dates
    ]
    assert {(line.target, line.actor_label) for line in lines} == {
        (house.public_id, cast.manager.called)
    }


def test_a_long_closure_lists_who_is_booked_before(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    book(house, "18:00", 2, "Ada")
    client, address = opened(as_(cast.manager)), url(house, "setup_closures")
    sent = {"kind": "day", "date": "2025-11-10", "until_date": "2026-11-10"}
    page = client.post(address, sent)
    assert page.status_code == 409
    assert "Ada, 2 guests" in text_of(page)
    assert nothing_closed(house)
    assert client.post(address, {**sent, "sure": "1"}).status_code == 302
    assert SpecialDay.objects.filter(restaurant=house, is_closed=True).count() == 366


# --- The past -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        {"kind": "slot", "starts": "18:00", "ends": "20:00"},
        {"kind": "day"},
        {"kind": "day", "until_date": "2025-12-24"},
        {"kind": "room"},
        {"kind": "table"},
    ],
)
def test_what_has_passed_is_not_closed(
    sent: dict[str, str], as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    at(house, clock, "2025-11-11 03:30")  # Still the evening of the 10th.
    client, address = opened(as_(cast.manager)), url(house, "setup_closures")
    table = house.tables.order_by("pk")[0]
    sent = {**sent, "room": table.room.public_id, "table": table.public_id}
    page = client.post(address, {**sent, "date": "2025-11-09"})
    assert errors_of(page) == {"date": [PASSED]}
    assert nothing_closed(house)
    tonight = {**sent, "date": "2025-11-10"}
    if sent["kind"] == "slot":
        assert errors_of(client.post(address, tonight)) == {"ends": [OVER]}
        tonight["ends"] = "04:00"
    assert client.post(address, tonight).status_code == 302
    assert not nothing_closed(house)


def test_now_closes_whatever_date_stands_in_the_form(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    client, address = opened(as_(cast.manager)), url(house, "setup_closures")
    assert client.post(address, {"kind": "now", "date": "2025-11-01"}).status_code == 302
    assert Closure.objects.get(restaurant=house).starts_at == clock.now


def test_special_days_are_todays_or_later(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    at(house, clock, "2025-11-11 03:30")
    client, address = opened(as_(cast.manager)), url(house, "setup_day_new")
    hours = {"opens": "12:00", "closes": "15:00"}
    for past in ("1999-01-01", "2025-11-09"):
        assert errors_of(client.post(address, {**hours, "date": past})) == {"date": [PASSED]}
    assert nothing_closed(house)
    assert client.post(address, {**hours, "date": "2025-11-10"}).status_code == 302
    tonight = url(house, "setup_day", "2025-11-10")
    assert client.post(tonight, {"date": "2025-11-10", "is_closed": "on"}).status_code == 302
    assert SpecialDay.objects.get(restaurant=house).is_closed
    assert errors_of(client.post(tonight, {"date": "2025-11-09"})) == {"date": [PASSED]}
    # What is there from before can still be taken away.
    at(house, clock, "2025-11-12 12:00")
    assert errors_of(client.post(tonight, {"date": "2025-11-10"})) == {"date": [PASSED]}
    assert client.post(tonight, {"remove": "1"}).status_code == 302
    assert nothing_closed(house)


# --- The night the clocks go forward --------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "ends", "wrong"),
    [
        ("02:10", "02:50", {"starts": "02:10", "ends": "02:50"}),
        ("02:00", "04:00", {"starts": "02:00"}),
        ("01:00", "02:59", {"ends": "02:59"}),
    ],
)
@pytest.mark.parametrize("kind", ["slot", "room", "table"])
def test_a_time_that_the_clocks_leave_out_is_named(
    kind: str,
    starts: str,
    ends: str,
    wrong: dict[str, str],
    as_: As,
    cast: Cast,
    house: Restaurant,
) -> None:
    Restaurant.objects.filter(pk=house.pk).update(zone="Europe/Paris")
    client, address = opened(as_(cast.manager)), url(house, "setup_closures")
    table = house.tables.order_by("pk")[0]
    sent = {"kind": kind, "date": "2027-03-28", "starts": starts, "ends": ends}
    sent |= {"room": table.room.public_id, "table": table.public_id}
    assert errors_of(client.post(address, sent)) == {
        name: [f"{time} does not exist on 28 March 2027: {WHY}"] for name, time in wrong.items()
    }
    assert nothing_closed(house)


def test_the_next_mornings_end_counts_and_the_rest_of_that_night_closes(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    Restaurant.objects.filter(pk=house.pk).update(zone="Europe/Paris")
    client, address = opened(as_(cast.manager)), url(house, "setup_closures")
    sent = {"kind": "slot", "date": "2027-03-27", "starts": "23:00", "ends": "02:30"}
    assert list(errors_of(client.post(address, sent))) == ["ends"]
    sent = {"kind": "slot", "date": "2027-03-28", "starts": "01:30", "ends": "03:00"}
    assert client.post(address, sent).status_code == 302
    row, paris = Closure.objects.get(restaurant=house), ZoneInfo("Europe/Paris")
    assert row.ends_at - row.starts_at == dt.timedelta(minutes=30)
    assert f"{row.ends_at.astimezone(paris):%H:%M}" == "03:00"
