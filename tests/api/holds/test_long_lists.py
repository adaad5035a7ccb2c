"""A guest's list that is longer than one answer: nothing is cut off without a word."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from accounts.models import User
from reservations.models import Reservation
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.api.holds.test_bad_input import refused
from tests.factories import make_bella, make_user
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(clock: Clock, bella: Restaurant, user: User) -> list[str]:
    """Five to come, a day apart, two of them at one moment; ids soonest first."""
    other = make_bella()
    days = [(1, bella), (2, bella), (2, other), (3, bella), (4, bella)]
    return [booked(house, user, clock.now + dt.timedelta(days=day)) for day, house in days]


def booked(house: Restaurant, user: User, starts_at: dt.datetime) -> str:
    row = Reservation.objects.create(
        code=f"T-{Reservation.objects.count()}",
        restaurant=house,
        service=house.services.get(),
        service_date=starts_at.date(),
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(hours=2),
        party_size=2,
        user=user,
        currency="USD",
        created_at=starts_at,
        updated_at=starts_at,
        status_changed_at=starts_at,
    )
    return row.public_id


def path_of(user: User, **query: object) -> str:
    return f"reservations/user/{user.public_id}?" + urlencode(query)


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [item["reservationId"] for item in answer.json()]


def walk(api: Api, path: str) -> list[list[str]]:
    """Every part of the list, by the addresses the answers give."""
    parts = []
    while path:
        answer = api("GET", path)
        parts.append(ids(answer))
        link = re.fullmatch(
            r'<http://testserver/api/(\S+)>; rel="next"', answer.headers.get("Link", "")
        )
        assert bool(link) == ("Link" in answer.headers)
        path = link[1] if link else ""
    return parts


def test_a_list_that_fits_is_complete_and_says_nothing_more(
    api: Api, user: User, many: list[str]
) -> None:
    assert walk(api, path_of(user, filter="upcoming")) == [many]
    assert walk(api, path_of(user, filter="upcoming", limit=5)) == [many]


def test_a_longer_list_has_the_address_of_the_rest(api: Api, user: User, many: list[str]) -> None:
    assert walk(api, path_of(user, limit=2)) == [many[:2], many[2:4], many[4:]]


def test_the_past_runs_backwards(clock: Clock, api: Api, user: User, many: list[str]) -> None:
    clock.advance(days=30)
    back = many[::-1]
    assert walk(api, path_of(user, filter="past", limit=2)) == [back[:2], back[2:4], back[4:]]


def test_the_rest_is_below_the_version_that_was_asked(
    api: Api, user: User, many: list[str]
) -> None:
    answer = api("GET", f"v1/{path_of(user, limit=2)}")
    address = f"http://testserver/api/v1/{path_of(user, filter='upcoming', limit=2, after=many[1])}"
    assert answer.headers["Link"] == f'<{address}>; rel="next"'


def test_what_goes_meanwhile_hides_nothing_else(api: Api, user: User, many: list[str]) -> None:
    first = ids(api("GET", path_of(user, limit=2)))
    Reservation.objects.filter(public_id=first[0]).update(status="no_show")
    assert ids(api("GET", path_of(user, limit=2, after=first[-1]))) == many[2:4]


def test_without_a_limit_two_hundred_come_at_once(
    clock: Clock, api: Api, bella: Restaurant, user: User
) -> None:
    soon = [booked(bella, user, clock.now + dt.timedelta(hours=n)) for n in range(1, 202)]
    assert walk(api, path_of(user)) == [soon[:200], soon[200:]]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"limit": 0}, "Check limit: Send at least 1."),
        ({"limit": -(10**30)}, "Check limit: Send at least 1."),
        ({"limit": 201}, "Check limit: Send at most 200."),
        ({"limit": 10**30}, "Check limit: Send at most 200."),
        ({"limit": "ten"}, "Check limit: Send a whole number."),
        ({"limit": "\0"}, "Check limit: Send a whole number."),
        ({"after": " res_1"}, "Check after: This is not an id. Ids look like res_7m2k…."),
        ({"page": 2}, "Check page: Unknown field."),
        ({"filter": "all"}, "Check filter: Send upcoming or past."),
    ],
)
def test_an_odd_query_is_answered_in_a_short_sentence(
    api: Api, user: User, query: dict[str, object], sentence: str
) -> None:
    body = refused(api("GET", path_of(user, **query)), 400, "VALIDATION_ERROR")
    assert body["error"] == sentence


def test_nobody_continues_after_somebody_elses_reservation(
    clock: Clock, api: Api, bella: Restaurant, user: User
) -> None:
    theirs = booked(bella, make_user(), clock.now + dt.timedelta(days=1))
    foreign = refused(api("GET", path_of(user, after=theirs)), 404, "RESERVATION_NOT_FOUND")
    unknown = refused(api("GET", path_of(user, after="res_none")), 404, "RESERVATION_NOT_FOUND")
    assert foreign["error"] == unknown["error"], "whether it exists is not told"
