"""A booking made at the host stand: by telephone, once, and why a time is not to be had."""

from __future__ import annotations

import re

import pytest

from reservations.models import Reservation
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, at, booked
from tests.staff.conftest import As, Cast

pytestmark = pytest.mark.django_db

STAND = "/staff/r/bella/stand/"
SCRIPTED = {"X-Stand": "1"}


def fields(**more: str) -> dict[str, str]:
    return {
        "date": DATE.isoformat(),
        "size": "2",
        "time": "19:00",
        "name": "Bo Weber",
        "phone": "+12125550177",
        "once": "one",
    } | more


def test_booking_by_telephone(as_: As, cast: Cast, house: Restaurant, clock: Clock) -> None:
    client = as_(cast.host)
    for _ in range(2):
        assert client.post(f"{STAND}new/", fields()).status_code == 302
    row = Reservation.objects.get()
    assert (row.guest_name, row.channel, row.source) == ("Bo Weber", "in_house", "phone")
    assert row.customer is not None
    assert row.customer.phone == "+12125550177"


def test_another_booking_with_the_same_mark_is_another_one(
    as_: As, cast: Cast, house: Restaurant, clock: Clock
) -> None:
    client = as_(cast.host)
    for more in ({}, {"name": "Cy Young"}, {"time": "21:00"}, {"time": "21:00", "view": "list"}):
        assert client.post(f"{STAND}new/", fields(**more)).status_code == 302
    rows = Reservation.objects.order_by("pk").values_list("guest_name", "starts_at")
    assert list(rows) == [
        ("Bo Weber", at("19:00")),
        ("Cy Young", at("19:00")),
        ("Bo Weber", at("21:00")),
    ]


def test_a_time_that_is_full_says_why(as_: As, cast: Cast, house: Restaurant) -> None:
    booked(house)
    booked(house, name="Bo")
    client = as_(cast.host)
    page = client.get(f"{STAND}new/", {"date": DATE.isoformat(), "size": "2"}).content.decode()
    slot = re.findall(r'<label class="slot slot--closed" title="([^"]+)"><input[^>]+19:00', page)
    assert slot == [
        "All 2 tables that suit a party of 2 are taken for some of the 2 hours you would stay."
    ]
    refused = client.post(f"{STAND}new/", fields())
    assert refused.status_code == 409
    assert 'value="Bo Weber"' in refused.content.decode()


def test_guests_are_found_while_typing(as_: As, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.host)
    client.post(f"{STAND}new/", fields())
    found = client.get(f"{STAND}new/", {"who": "555 0177"}, headers=SCRIPTED).content.decode()
    assert 'data-name="Bo Weber"' in found
