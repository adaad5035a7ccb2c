"""Contract 2 as it is printed: every request and answer of the document, against golden files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from reservations.guests import Guest
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.api.golden_files import assert_like, golden
from tests.factories import make_bella
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

SATURDAY = dt.date(2025, 11, 15)
IDS = {"userId", "restaurantId", "holdId", "reservationId", "confirmationCode", "id"}
TIMES = {"createdAt", "expiresAt"}
ASIDE = IDS | TIMES | {"restaurantImage"}


@pytest.fixture
def bella(db: None) -> Restaurant:
    """The document's restaurant under the document's id."""
    return make_bella(
        public_id="rest_001",
        name="Bella Notte",
        cuisine=["Italian", "Mediterranean"],
        images=["/static/img/demo/bella.svg"],
    )


def fill(restaurant: Restaurant, parties: int, new_guest: Callable[[], Guest]) -> None:
    for _ in range(parties):
        someone = new_guest()
        request = HoldRequest(restaurant.public_id, SATURDAY, "19:00", 2)
        place_hold(request, someone, by=someone.actor)


def test_availability(
    clock: Clock, bella: Restaurant, nobody: Api, new_guest: Callable[[], Guest]
) -> None:
    fill(bella, 7, new_guest)
    printed = golden("holds", "availability")
    answer = nobody("POST", "reservations/availability", printed["request"])
    assert answer.status_code == 200
    got = answer.json()
    assert set(got) == set(printed["response"])
    assert len(got["slots"]) == 23
    by_time = {slot["time"]: slot for slot in got["slots"]}
    assert [by_time[slot["time"]] for slot in printed["response"]["slots"]] == printed["response"][
        "slots"
    ]
    assert (got["depositPerPerson"], got["totalDeposit"]) == (25, 50)


def test_hold_active_hold_confirm_list_and_cancel(
    clock: Clock, bella: Restaurant, api: Api, user: User
) -> None:
    held = hold(api, user)
    active = api("GET", f"reservations/hold/active?userId={user.public_id}")
    assert active.status_code == 200
    assert_like(active.json(), golden("holds", "active_hold")["response"], aside=ASIDE)
    assert active.json()["holdId"] == held["holdId"]

    confirmed = confirm(api, user, held["holdId"])
    reservation = confirmed["reservation"]
    assert confirmed["message"] == (
        f"Reservation confirmed! Show code {reservation['confirmationCode']} at the restaurant."
    )

    listed = api("GET", f"reservations/user/{user.public_id}?filter=upcoming")
    assert listed.status_code == 200
    assert_like(listed.json(), golden("holds", "user_reservations")["response"], aside=ASIDE)
    assert [item["reservationId"] for item in listed.json()] == [reservation["reservationId"]]

    printed = golden("holds", "cancel")
    body = printed["request"] | {"userId": user.public_id}
    cancelled = api("DELETE", f"reservations/{reservation['reservationId']}", body)
    assert (cancelled.status_code, cancelled.json()) == (200, printed["response"])


def hold(api: Api, user: User) -> dict[str, Any]:
    printed = golden("holds", "hold")
    answer = api("POST", "reservations/hold", printed["request"] | {"userId": user.public_id})
    assert answer.status_code == 201, answer.content
    assert_like(answer.json(), printed["response"], aside=ASIDE)
    held: dict[str, Any] = answer.json()["hold"]
    assert held["expiresAt"] - held["createdAt"] == 600_000
    assert held["userId"] == user.public_id
    assert held["restaurantId"] == "rest_001"
    return held


def confirm(api: Api, user: User, hold_id: str) -> dict[str, Any]:
    printed = golden("holds", "confirm")
    body = printed["request"] | {"userId": user.public_id, "holdId": hold_id}
    answer = api("POST", "reservations/confirm", body)
    assert answer.status_code == 201, answer.content
    assert_like(answer.json(), printed["response"], aside=ASIDE | {"message"})
    found: dict[str, Any] = answer.json()
    again = api("POST", "reservations/confirm", body)
    assert (again.status_code, again.json()) == (200, found)
    return found


@pytest.mark.parametrize(
    ("at", "message", "amount", "percent"),
    [
        (
            "2025-11-15T08:00:00-05:00",
            "Reservation cancelled. 50% refund will be processed in 3-5 business days.",
            25,
            50,
        ),
        (
            "2025-11-15T17:00:00-05:00",
            "Reservation cancelled. No refund available (less than 4 hours notice).",
            0,
            0,
        ),
    ],
)
def test_late_cancellations_say_what_comes_back(
    clock: Clock,
    bella: Restaurant,
    api: Api,
    user: User,
    at: str,
    message: str,
    amount: int,
    percent: int,
) -> None:
    made = confirm(api, user, hold(api, user)["holdId"])["reservation"]
    clock.set(at)
    answer = api("DELETE", f"reservations/{made['reservationId']}", {"userId": user.public_id})
    assert answer.json() == {
        "success": True,
        "message": message,
        "refundAmount": amount,
        "refundPercentage": percent,
    }


def test_past_and_cancelled_reservations_are_in_the_past_list_alone(
    clock: Clock, bella: Restaurant, api: Api, user: User
) -> None:
    made = confirm(api, user, hold(api, user)["holdId"])["reservation"]
    upcoming = f"reservations/user/{user.public_id}?filter=upcoming"
    past = f"reservations/user/{user.public_id}?filter=past"
    assert [len(api("GET", path).json()) for path in (upcoming, past)] == [1, 0]
    clock.set("2025-11-15T21:01:00-05:00")
    assert [len(api("GET", path).json()) for path in (upcoming, past)] == [0, 1]
    clock.set("2025-11-10T13:00:00-05:00")
    api("DELETE", f"reservations/{made['reservationId']}")
    assert [len(api("GET", path).json()) for path in (upcoming, past)] == [0, 1]
    assert api("GET", past).json()[0]["status"] == "cancelled"


def test_a_guest_without_a_hold_has_null(clock: Clock, api: Api, user: User) -> None:
    answer = api("GET", f"reservations/hold/active?userId={user.public_id}")
    assert (answer.status_code, answer.content) == (200, b"null")


def test_the_same_under_v1(clock: Clock, bella: Restaurant, nobody: Api) -> None:
    body = golden("holds", "availability")["request"]
    answers = [
        nobody("POST", f"{prefix}reservations/availability", body).json() for prefix in ("", "v1/")
    ]
    assert answers[0] == answers[1]
