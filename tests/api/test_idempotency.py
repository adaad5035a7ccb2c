"""A request that is sent again: one deed, one answer, whoever dies in between."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from accounts.models import User
from api import idempotency
from api.models import IdempotencyRecord
from reservations.models import Hold, Reservation
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

DINNER = {"date": "2025-11-15", "time": "19:00", "partySize": 2}


@pytest.fixture(autouse=True)
def _stands_still(clock: Clock) -> None:
    """All of it happens on Monday 10 November 2025."""


def _hold(api: Api, house: Restaurant, key: str | None = "a-key", **changes: Any) -> Any:
    assert api.user is not None
    body = {"userId": api.user.public_id, "restaurantId": house.public_id} | DINNER | changes
    headers = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    return api("POST", "reservations/hold", body, **headers)


def test_the_same_request_gets_the_same_answer_and_does_nothing_twice(
    api: Api, bella: Restaurant
) -> None:
    first, second = _hold(api, bella), _hold(api, bella)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert Hold.objects.count() == 1
    # Without the key it is a second wish.
    assert _hold(api, bella, None).json()["code"] == "ACTIVE_HOLD_EXISTS"


def test_the_order_of_fields_makes_no_other_request(api: Api, bella: Restaurant) -> None:
    assert api.user is not None
    body = {"userId": api.user.public_id, "restaurantId": bella.public_id} | DINNER
    swapped = dict(reversed(body.items()))
    answers = [
        api("POST", "reservations/hold", sent, HTTP_IDEMPOTENCY_KEY="k") for sent in (body, swapped)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]


def test_the_same_key_with_another_body_is_an_error(api: Api, bella: Restaurant) -> None:
    _hold(api, bella)
    answer = _hold(api, bella, time="20:00")
    assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert Hold.objects.count() == 1


def test_one_guests_key_is_not_anothers(
    api: Api, bella: Restaurant, as_user: Callable[[User], Api]
) -> None:
    other = as_user(User.objects.create_user("bob@example.com"))
    assert [_hold(each, bella).status_code for each in (api, other)] == [201, 201]
    assert Hold.objects.count() == 2


def test_a_refusal_is_kept_too(api: Api, bella: Restaurant) -> None:
    refused = _hold(api, bella, partySize=40)
    assert refused.status_code == 400
    again = _hold(api, bella, partySize=40)
    assert again.content == refused.content
    assert again.headers["Idempotency-Replayed"] == "true"


def test_what_asks_to_be_repeated_is_not_kept(
    api: Api, bella: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.errors import Busy
    from reservations.services import holds

    with monkeypatch.context() as patched:
        patched.setattr(holds, "place_hold", lambda *_, **__: (_ for _ in ()).throw(Busy()))
        assert _hold(api, bella).status_code == 409
    assert _hold(api, bella).status_code == 201


def test_after_a_day_the_key_is_new_again(api: Api, bella: Restaurant, clock: Clock) -> None:
    first = _hold(api, bella)
    clock.advance(hours=24)
    second = _hold(api, bella)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["hold"]["holdId"] != second.json()["hold"]["holdId"]


def test_old_answers_are_forgotten(api: Api, bella: Restaurant, clock: Clock) -> None:
    _hold(api, bella)
    assert idempotency.sweep() == 0
    clock.advance(hours=24)
    assert idempotency.sweep() == 1
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "é"])
def test_a_key_that_is_none_is_refused(api: Api, bella: Restaurant, key: str) -> None:
    answer = _hold(api, bella, key)
    assert answer.status_code == 400
    assert "idempotencyKey" in answer.json()["details"]["fields"]
    assert not Hold.objects.exists()


def test_sixteen_at_once_do_it_once_and_hear_the_same(api: Api, bella: Restaurant) -> None:
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(_hold(Api(api.user), bella))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 16
    assert len({answer.content for answer in answers}) == 1
    assert Hold.objects.count() == 1


def test_whoever_waits_too_long_is_told_to_come_back(
    api: Api, bella: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "PATIENCE", 0.05)
    _hold(api, bella)
    IdempotencyRecord.objects.update(status=None, body=b"")
    began = time.monotonic()
    answer = _hold(api, bella)
    assert time.monotonic() - began < 5
    assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_KEY_IN_USE")
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_hold_whose_process_died_before_the_answer_is_found_again(
    api: Api, bella: Restaurant, clock: Clock
) -> None:
    first = _hold(api, bella)
    _die_before_the_answer(clock)
    second = _hold(api, bella)
    assert second.status_code == 201
    assert second.json()["hold"]["holdId"] == first.json()["hold"]["holdId"]
    assert Hold.objects.count() == 1
    # The answer of the second run is kept now.
    assert _hold(api, bella).headers["Idempotency-Replayed"] == "true"


def test_a_confirmation_whose_process_died_before_the_answer_is_found_again(
    api: Api, bella: Restaurant, clock: Clock
) -> None:
    assert api.user is not None
    body = {
        "holdId": _hold(api, bella, None).json()["hold"]["holdId"],
        "userId": api.user.public_id,
        "paymentMethod": {"type": "credit-card", "last4": "4242", "cardBrand": "Visa"},
    }

    def confirm() -> Any:
        return api("POST", "reservations/confirm", body, HTTP_IDEMPOTENCY_KEY="c")

    first = confirm()
    assert first.status_code == 201
    _die_before_the_answer(clock)
    second = confirm()
    assert second.json()["reservation"] == first.json()["reservation"]
    assert Reservation.objects.count() == 1


def _die_before_the_answer(clock: Clock) -> None:
    """As after kill -9 between the work and the answer, a minute later."""
    IdempotencyRecord.objects.update(status=None, body=b"")
    IdempotencyRecord.objects.update(leased_until=clock.now - dt.timedelta(seconds=1))
