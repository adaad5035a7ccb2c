"""Why is it closed: every rule, every table, and what alone would be enough."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from restaurants.models import DiningService, PacingStep, Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import booked
from tests.staff.conftest import As, Cast

pytestmark = pytest.mark.django_db

WHY = "/staff/r/bella/setup/why/"


def text_of(page: Any) -> str:
    """What people read of a page."""
    return " ".join(re.sub("<[^>]+>", " ", page.content.decode()).split())


def service_of(house: Restaurant) -> DiningService:
    return DiningService.objects.get(restaurant=house)


def test_every_table_and_every_rule_say_why(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    client, address = as_(cast.viewer), WHY
    asked = {"date": "2025-11-10", "time": "19:00", "party": "2", "channel": "in_house"}
    assert "1 1–4 Best 2 empty chairs" in text_of(client.get(address, asked))
    booked(house, "18:30", name="Ada Byron")
    booked(house, "18:30", name="Bo Weber")
    text = text_of(client.get(address, asked))
    assert re.search(r"1 1–4 Ada Byron 18:30–\d\d:\d\d 2 1–4 Bo Weber", text)
    assert re.search(r"Free table 1 by 19:00\. Ada Byron 18:30–\d\d:\d\d", text)
    assert "Refuses a table that is free: All 2 places" in text
    assert "Not for staff the shortest notice" in text
    assert "Allows it the opening hours" in text


def test_a_limit_that_would_have_to_be_raised_is_said(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    PacingStep.objects.create(service=service_of(house), at=dt.time(19), slot_covers=1)
    asked = {"date": "2025-11-14", "time": "19:00", "party": "2", "channel": "online"}
    text = text_of(as_(cast.viewer).get(WHY, asked))
    assert "Let 2 guests arrive in this quarter of an hour. It is 1 now." in text


def test_why_takes_the_same_queries_whatever_is_booked(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    client, address = as_(cast.viewer), WHY
    asked = {"date": "2025-11-10", "time": "19:00", "party": "2", "channel": "in_house"}
    booked(house, "18:30")
    booked(house, "18:30")
    client.get(address, asked)
    with CaptureQueriesContext(connection) as few:
        client.get(address, asked)
    for time in ("14:00", "14:00", "21:00", "21:00"):
        booked(house, time)
    with CaptureQueriesContext(connection) as many:
        client.get(address, asked)
    assert len(many) == len(few)


@pytest.mark.parametrize("date", ["9999-12-31", "2200-01-01", "1969-12-31", "0001-01-01"])
def test_a_date_beyond_the_calendar_is_refused(
    date: str, as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    asked = {"date": date, "time": "19:00", "party": "2", "channel": "online"}
    text = text_of(as_(cast.viewer).get(WHY, asked))
    assert "Please choose a date between 1970 and 2199." in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("date", "2025-11-10\0"), ("date", "2025-11-31"), ("time", "24:00"), ("time", "x")),
        *(("party", "0"), ("party", "1000000000"), ("party", "\u00b2"), ("room", "\0")),
        *(("room", "99999999999999999999"), ("channel", "walk_in"), ("channel", "")),
    ],
)
def test_a_question_that_is_none_is_not_answered(
    name: str, value: str, as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    asked = {"date": "2025-11-10", "time": "19:00", "party": "2", "channel": "online"}
    answer = as_(cast.viewer).get(WHY, asked | {name: value})
    assert answer.status_code == 200
    assert 'id="why-title"' not in answer.content.decode()


def test_an_hour_that_the_clocks_skip_is_no_slot(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    DiningService.objects.filter(restaurant=house).update(
        first_seating=dt.time(22), last_seating=dt.time(3)
    )
    asked = {"date": "2026-03-07", "time": "02:30", "party": "2", "channel": "in_house"}
    text = text_of(as_(cast.viewer).get(WHY, asked))
    assert "No service has a slot at this time." in text


def test_the_drawer_says_on_which_day_a_table_was_chosen(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    tonight = clock.now
    clock.advance(days=-3)
    row = booked(house)
    clock.now = tonight
    asked = {"party": row.public_id, "date": "2025-11-10"}
    text = text_of(as_(cast.viewer).get("/staff/r/bella/stand/drawer/", asked))
    assert "Table 1, chosen on Fri 7 Nov at 12:00 (Hanna Host)." in text
