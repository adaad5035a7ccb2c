"""An account that is locked or gone: one answer, whichever door its token knocks at."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from accounts.models import User
from reservations.guests import Guest
from reservations.models import Hold, Reservation
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

CARD = {"type": "credit-card", "last4": "4242", "cardBrand": "Visa"}
DOORS = [
    ("GET", "auth/me", None),
    ("PATCH", "auth/me", {"fullName": "Ada"}),
    ("POST", "reservations/hold", "hold"),
    ("GET", "reservations/hold/active", None),
    ("POST", "reservations/hold/{hold}/extend", None),
    ("DELETE", "reservations/hold/{hold}", None),
    ("POST", "reservations/confirm", "confirm"),
    ("GET", "reservations/user/{user}?filter=upcoming", None),
    ("GET", "reservations/user/{user}?filter=past", None),
    ("GET", "reservations/user/{user}?after={booking}", None),
    ("DELETE", "reservations/{booking}", None),
    ("GET", "restaurants/discovery", None),
    ("POST", "restaurants/{house}/swipe", {"action": "like"}),
    ("GET", "preferences", None),
    ("PUT", "preferences", {}),
]


def held(bella: Restaurant, guest: Guest, time: str) -> str:
    request = HoldRequest(bella.public_id, dt.date(2025, 11, 15), time, 2)
    return place_hold(request, guest, by=guest.actor).public_id


@pytest.fixture
def names(clock: Clock, bella: Restaurant, user: User, guest: Guest) -> dict[str, str]:
    """What a guest with a booking and a hold can name."""
    first = held(bella, guest, "19:00")
    booking = confirm_hold(first, guest, method=CARD, particulars=Particulars(), by=guest.actor)
    return {
        "house": bella.public_id,
        "user": user.public_id,
        "booking": booking.booking.public_id,
        "hold": held(bella, guest, "12:00"),
    }


def body_of(kind: Any, names: dict[str, str]) -> Any:
    if kind == "hold":
        when = {"date": "2025-11-15", "time": "21:00", "partySize": 2}
        return {"userId": names["user"], "restaurantId": names["house"], **when}
    if kind == "confirm":
        return {"holdId": names["hold"], "userId": names["user"], "paymentMethod": CARD}
    return kind


@pytest.mark.parametrize(("method", "path", "kind"), DOORS)
def test_a_locked_account_is_told_the_same_everywhere_and_changes_nothing(
    api: Api, user: User, names: dict[str, str], method: str, path: str, kind: Any
) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    answer = api(method, path.format(**names), body_of(kind, names))
    got = answer.json()
    assert (answer.status_code, got["code"]) == (401, "SESSION_ENDED"), got
    assert got["error"] == "This session has ended. Sign in again."
    assert answer["WWW-Authenticate"] == 'Bearer realm="couvert"'
    assert Hold.objects.filter(status="live").count() == 1
    assert Reservation.objects.get().status == "confirmed"


@pytest.mark.parametrize(("method", "path", "kind"), DOORS)
def test_so_is_a_locked_account_that_has_nothing(
    clock: Clock, api: Api, user: User, bella: Restaurant, method: str, path: str, kind: Any
) -> None:
    names = {
        "house": bella.public_id,
        "user": user.public_id,
        "booking": "res_none",
        "hold": "hold_none",
    }
    User.objects.filter(pk=user.pk).update(is_active=False)
    answer = api(method, path.format(**names), body_of(kind, names))
    assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_ENDED")


@pytest.mark.parametrize(("method", "path", "kind"), DOORS)
def test_so_is_an_account_that_is_gone(
    clock: Clock, api: Api, user: User, bella: Restaurant, method: str, path: str, kind: Any
) -> None:
    names = {
        "house": bella.public_id,
        "user": user.public_id,
        "booking": "res_none",
        "hold": "hold_none",
    }
    user.delete()
    answer = api(method, path.format(**names), body_of(kind, names))
    assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_ENDED")


@pytest.mark.parametrize("key", ["lk1", "another", "no key at all"])
def test_a_kept_answer_is_not_given_to_a_locked_account(
    api: Api, user: User, names: dict[str, str], key: str
) -> None:
    body = body_of("confirm", names)
    first = api("POST", "reservations/confirm", body, HTTP_IDEMPOTENCY_KEY="lk1")
    assert first.status_code == 201
    User.objects.filter(pk=user.pk).update(is_active=False)
    locked_out = api("POST", "reservations/confirm", body, HTTP_IDEMPOTENCY_KEY=key)
    assert (locked_out.status_code, locked_out.json()["code"]) == (401, "SESSION_ENDED")
    assert "Idempotency-Replayed" not in locked_out.headers
    # The refusal is not kept either: who is let in again gets the answer of before.
    User.objects.filter(pk=user.pk).update(is_active=True)
    again = api("POST", "reservations/confirm", body, HTTP_IDEMPOTENCY_KEY="lk1")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")


def test_what_anybody_may_ask_does_not_look_at_the_token(
    api: Api, nobody: Api, user: User, names: dict[str, str]
) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    asked = {"restaurantId": names["house"], "date": "2025-11-15", "partySize": 2}
    for call in (
        ("GET", f"restaurants/{names['house']}", None),
        ("POST", "reservations/availability", asked),
    ):
        answer = api(*call)
        assert (answer.status_code, answer.json()) == (200, nobody(*call).json())
