"""The stand of a date that is not tonight's: what begins now is not offered there, and refused."""

from __future__ import annotations

import datetime as dt

import pytest

from reservations.models import Reservation, TableBlock
from reservations.selectors.night import night_of
from restaurants.models import Closure, PacingCap, Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, at, booked
from tests.staff.conftest import As, Cast
from tests.staff.test_stand import STAND, tap, value

pytestmark = pytest.mark.django_db


@pytest.fixture
def evening(house: Restaurant, clock: Clock) -> Reservation:
    """Ada, two guests at seven tomorrow."""
    row = booked(house)
    clock.now = at("18:55")
    return row


def test_on_the_list_of_another_date_nothing_begins_now(
    as_: As, cast: Cast, evening: Reservation, clock: Clock
) -> None:
    clock.now -= dt.timedelta(days=1)
    client, there = as_(cast.host), f"date={DATE}"
    pages = [f"{STAND}?{there}", f"{STAND}?{there}&mode=walk_in&size=2"]
    pages += [f"{STAND}drawer/?{there}&party={evening.public_id}"]
    table = evening.restaurant.tables.order_by("pk").values_list("public_id", flat=True)[0]
    pages += [f"{STAND}drawer/?{there}&table={table}"]
    for page in pages:
        text = client.get(page).content.decode()
        for word in (
            'value="arrive ',
            'value="seat ',
            'value="partly ',
            'data-quote="',
            'value="walk_in',
        ):
            assert word not in text, (page, word)
        assert "queue_add" not in text
    for verb in ("arrive", "seat"):
        answer = tap(client, value(verb, evening), scripted=True, once=verb).json()
        assert (answer["ok"], answer["code"]) == (False, "NOT_CHANGEABLE")


def test_a_table_is_blocked_on_another_date_from_a_time_on(
    as_: As, cast: Cast, evening: Reservation, clock: Clock
) -> None:
    clock.now -= dt.timedelta(days=1)
    client = as_(cast.host)
    table = evening.restaurant.tables.order_by("-pk").values_list("public_id", flat=True)[0]
    refused = tap(client, "block", scripted=True, tables=table, minutes="60").json()
    assert refused["said"] == "Choose from when the table is blocked: this is not tonight's list."
    drawer = client.get(f"{STAND}drawer/?date={DATE}&table={table}").content.decode()
    assert 'name="time" value="' in drawer
    tap(client, "block", once="two", tables=table, minutes="60", time="18:00")
    block = TableBlock.objects.get()
    assert (block.starts_at, block.ends_at) == (at("18:00"), at("19:00"))


def test_online_booking_of_another_date_is_not_braked_from_now_on(
    as_: As, cast: Cast, evening: Reservation, clock: Clock
) -> None:
    client = as_(cast.host)
    hour, cap = 'name="minutes" value="60"', 'name="do" value="cap"'
    tonight = client.get(STAND).content.decode()
    assert (hour in tonight, cap in tonight) == (True, True)
    clock.now -= dt.timedelta(days=1)
    there = client.get(f"{STAND}?date={DATE}").content.decode()
    assert (hour in there, cap in there) == (False, False)
    for verb, fields in (("pause", {"minutes": "60"}), ("cap", {"covers": "6"})):
        said = tap(client, verb, scripted=True, once=verb, **fields).json()
        assert (said["ok"], said["code"], said["insist"]) == (False, "NOT_CHANGEABLE", "")
        assert said["said"].startswith("This is the list of 10 November, not tonight's")
        assert "“Special days”" in said["said"]
    assert (Closure.objects.count(), PacingCap.objects.count()) == (0, 0)


def test_another_date_is_paused_as_a_whole_and_tonight_goes_on(
    as_: As, cast: Cast, evening: Reservation, clock: Clock
) -> None:
    clock.now -= dt.timedelta(days=1)
    client = as_(cast.host)
    assert tap(client, "pause", scripted=True).json()["ok"]
    pause, night = Closure.objects.get(), night_of(evening.restaurant_id, DATE, clock.now)
    assert (pause.starts_at, pause.ends_at, pause.pauses) == (night.opens, night.closes, DATE)
    assert [brake.kind for brake in night.brakes] == ["pause"]
    assert 'value="resume"' in client.get(f"{STAND}?date={DATE}").content.decode()
    assert tap(client, "resume", scripted=True, once="two").json()["ok"]
    assert Closure.objects.count() == 0
