"""What callers get wrong: a clear sentence, the right status, and nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings

from accounts.models import User
from payments.models import SandboxCharge
from reservations.models import Hold, Reservation
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.factories import make_user
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)


def availability(restaurant: Restaurant, **changes: Any) -> dict[str, Any]:
    body = {"restaurantId": restaurant.public_id, "date": "2025-11-15", "partySize": 2}
    return {k: v for k, v in (body | changes).items() if v is not ...}


def holding(restaurant: Restaurant, user: User, **changes: Any) -> dict[str, Any]:
    return availability(restaurant, **({"userId": user.public_id, "time": "19:00"} | changes))


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    body: dict[str, Any] = answer.json()
    assert set(body) == {"error", "code", "details", "correlationId"}
    assert body["error"][0].isupper()
    assert body["correlationId"] == answer["X-Request-Id"]
    return body


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"date": "15.11.2025"}, "date"),
        ({"date": "2025-02-30"}, "date"),
        ({"date": "tomorrow"}, "date"),
        ({"date": 20251115}, "date"),
        ({"date": None}, "date"),
        ({"date": ...}, "date"),
        ({"partySize": 0}, "partySize"),
        ({"partySize": -2}, "partySize"),
        ({"partySize": "2"}, "partySize"),
        ({"partySize": 2.5}, "partySize"),
        ({"partySize": 1e9}, "partySize"),
        ({"partySize": 10**9}, "partySize"),
        ({"partySize": True}, "partySize"),
        ({"partySize": ...}, "partySize"),
        ({"restaurantId": 1}, "restaurantId"),
        ({"restaurantId": "rest 001'; --"}, "restaurantId"),
        ({"guests": 2}, "guests"),
        ({"party_size": 2}, "party_size"),
    ],
)
def test_a_wrong_field_is_named(
    clock: Clock, bella: Restaurant, nobody: Api, changes: dict[str, Any], field: str
) -> None:
    answer = nobody("POST", "reservations/availability", availability(bella, **changes))
    body = refused(answer, 400, "VALIDATION_ERROR")
    assert list(body["details"]["fields"]) == [field]
    assert field in body["error"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"restaurantId": "rest_unknown"}, 404, "RESTAURANT_NOT_FOUND"),
        ({"date": "2025-11-01"}, 400, "PAST"),
        ({"date": "1900-01-01"}, 400, "PAST"),
        ({"date": "2027-11-15"}, 400, "BEYOND_WINDOW"),
        ({"date": "2999-12-31"}, 400, "BEYOND_WINDOW"),
        ({"date": "0001-01-01"}, 400, "VALIDATION_ERROR"),
        ({"date": "9999-12-31"}, 400, "VALIDATION_ERROR"),
        ({"partySize": 13}, 400, "PARTY_TOO_LARGE"),
        ({"partySize": 1}, 400, "PARTY_TOO_SMALL"),
    ],
)
@pytest.mark.parametrize("endpoint", ["availability", "hold"])
def test_what_the_book_can_never_give_is_a_4xx_on_both_doors(
    clock: Clock,
    bella: Restaurant,
    api: Api,
    user: User,
    endpoint: str,
    changes: dict[str, Any],
    status: int,
    code: str,
) -> None:
    body = availability(bella, **changes)
    if endpoint == "hold":
        body = holding(bella, user, **changes)
    refused(api("POST", f"reservations/{endpoint}", body), status, code)
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("time", "status", "code"),
    [
        ("19:10", 400, "NOT_A_SLOT"),
        ("19:00:00", 400, "VALIDATION_ERROR"),
        ("7:00 PM", 400, "VALIDATION_ERROR"),
        ("24:00", 400, "VALIDATION_ERROR"),
        ("\uff11\uff19:00", 400, "VALIDATION_ERROR"),
    ],
)
def test_a_time_that_is_no_slot(
    clock: Clock, bella: Restaurant, api: Api, user: User, time: str, status: int, code: str
) -> None:
    refused(api("POST", "reservations/hold", holding(bella, user, time=time)), status, code)
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"text"', 400),
        (b"\xff\xfe", 400),
        (b'{"date": NaN}', 400),
        (b"", 400),
        (b'{"x": "' + b"a" * 5_000_000 + b'"}', 413),
    ],
)
def test_a_body_that_is_no_request(clock: Clock, nobody: Api, body: bytes, status: int) -> None:
    answer = nobody("POST", "reservations/availability", body)
    assert answer.status_code == status, answer.content
    assert answer.json()["error"]


def test_nul_is_refused_and_emoji_is_kept(
    clock: Clock, bella: Restaurant, api: Api, user: User
) -> None:
    held = api("POST", "reservations/hold", holding(bella, user)).json()["hold"]
    body = {
        "holdId": held["holdId"],
        "userId": user.public_id,
        "paymentMethod": {"type": "credit-card", "last4": "4242", "cardBrand": "Visa"},
    }
    nul = api("POST", "reservations/confirm", body | {"specialRequests": "a\u0000b"})
    refused(nul, 400, "MALFORMED_BODY")
    assert not SandboxCharge.objects.exists()
    wish = "Anniversaire 🎂 — 生日快乐\nnear the window"
    made = api("POST", "reservations/confirm", body | {"specialRequests": wish})
    assert made.status_code == 201
    assert Reservation.objects.get().special_requests == wish


@pytest.mark.parametrize(
    "method",
    [
        {"type": "credit-card"},
        {"type": "credit-card", "last4": "42"},
        {"type": "credit-card", "number": "4242424242424241"},
        {"token": "tok_nothing"},
        {"type": "credit-card", "last4": "4242", "cardBrand": "Visa", "cvc": "123"},
        "4242",
        [],
        None,
    ],
)
def test_a_payment_method_that_cannot_be_charged(
    clock: Clock, bella: Restaurant, api: Api, user: User, method: Any
) -> None:
    held = api("POST", "reservations/hold", holding(bella, user)).json()["hold"]
    body = {"holdId": held["holdId"], "userId": user.public_id, "paymentMethod": method}
    refused(api("POST", "reservations/confirm", body), 400, "VALIDATION_ERROR")
    assert Hold.objects.get().status == "live"
    assert not SandboxCharge.objects.exists()


def test_a_declined_card_is_402_and_the_hold_remains(
    clock: Clock, bella: Restaurant, api: Api, user: User
) -> None:
    held = api("POST", "reservations/hold", holding(bella, user)).json()["hold"]
    body = {
        "holdId": held["holdId"],
        "userId": user.public_id,
        "paymentMethod": {"type": "credit-card", "last4": "0002", "cardBrand": "Visa"},
    }
    answer = refused(api("POST", "reservations/confirm", body), 402, "PAYMENT_DECLINED")
    assert answer["error"] == "Payment failed: Your card was declined."
    assert Hold.objects.get().status == "live"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "reservations/hold"),
        ("GET", "reservations/hold/active"),
        ("DELETE", "reservations/hold/hold_x"),
        ("POST", "reservations/hold/hold_x/extend"),
        ("POST", "reservations/confirm"),
        ("GET", "reservations/user/user_x"),
        ("DELETE", "reservations/res_x"),
    ],
)
def test_without_a_token_nothing_but_availability(
    clock: Clock, bella: Restaurant, nobody: Api, method: str, path: str
) -> None:
    answer = nobody(method, path, {} if method == "POST" else None)
    refused(answer, 401, "UNAUTHORIZED")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_another_guests_id_in_body_url_or_query_is_refused_and_changes_nothing(
    clock: Clock,
    bella: Restaurant,
    api: Api,
    user: User,
    as_user: Callable[[User], Api],
) -> None:
    from tests.factories import make_user

    victim = make_user()
    held = as_user(victim)("POST", "reservations/hold", holding(bella, victim)).json()["hold"]
    mine = {"holdId": held["holdId"], "paymentMethod": {"last4": "4242", "cardBrand": "Visa"}}
    other = victim.public_id

    refused(api("POST", "reservations/hold", holding(bella, victim)), 403, "FORBIDDEN")
    refused(api("GET", f"reservations/hold/active?userId={other}"), 403, "FORBIDDEN")
    refused(api("GET", f"reservations/user/{other}"), 403, "FORBIDDEN")
    refused(api("POST", "reservations/confirm", mine | {"userId": other}), 403, "FORBIDDEN")
    own = mine | {"userId": user.public_id}
    refused(api("POST", "reservations/confirm", own), 404, "HOLD_NOT_FOUND")
    refused(api("DELETE", f"reservations/hold/{held['holdId']}"), 404, "HOLD_NOT_FOUND")
    refused(api("POST", f"reservations/hold/{held['holdId']}/extend"), 404, "HOLD_NOT_FOUND")
    assert Hold.objects.get().status == "live"

    done = as_user(victim)("POST", "reservations/confirm", mine | {"userId": other})
    reservation = done.json()["reservation"]["reservationId"]
    refused(api("DELETE", f"reservations/{reservation}"), 404, "RESERVATION_NOT_FOUND")
    refused(api("DELETE", f"reservations/{reservation}", {"userId": other}), 403, "FORBIDDEN")
    assert Reservation.objects.get().status == "confirmed"


def test_a_lapsed_hold_is_410_and_a_second_cancellation_409(
    clock: Clock, bella: Restaurant, api: Api, user: User
) -> None:
    card = {"last4": "4242", "cardBrand": "Visa"}
    held = api("POST", "reservations/hold", holding(bella, user)).json()["hold"]
    body = {"holdId": held["holdId"], "userId": user.public_id, "paymentMethod": card}
    clock.advance(minutes=10)
    late = refused(api("POST", "reservations/confirm", body), 410, "HOLD_EXPIRED")
    assert late["error"] == "Hold has expired. Please create a new reservation."

    held = api("POST", "reservations/hold", holding(bella, user)).json()["hold"]
    made = api("POST", "reservations/confirm", body | {"holdId": held["holdId"]}).json()
    path = f"reservations/{made['reservation']['reservationId']}"
    assert api("DELETE", path).status_code == 200
    refused(api("DELETE", path), 409, "ALREADY_CANCELLED")


def test_a_second_hold_is_409_with_the_contracts_sentence(
    clock: Clock, bella: Restaurant, api: Api, user: User
) -> None:
    first = api("POST", "reservations/hold", holding(bella, user)).json()["hold"]
    again = api("POST", "reservations/hold", holding(bella, user, time="12:00"))
    body = refused(again, 409, "ACTIVE_HOLD_EXISTS")
    assert body["error"] == "You already have an active reservation hold"
    assert body["details"] == {"holdId": first["holdId"]}


def test_a_full_slot_is_409_with_times_that_can_be_held(
    clock: Clock, api: Api, user: User, as_user: Callable[[User], Api]
) -> None:
    from tests.factories import make_bella, make_user

    small = make_bella(tables=1)
    rival = make_user()
    as_user(rival)("POST", "reservations/hold", holding(small, rival))
    body = refused(api("POST", "reservations/hold", holding(small, user)), 409, "SLOT_UNAVAILABLE")
    assert body["error"] == "No tables available for this time slot"
    assert body["details"]["suggestedTimes"] == ["17:00", "21:00"]
    for time in body["details"]["suggestedTimes"][:1]:
        assert api("POST", "reservations/hold", holding(small, user, time=time)).status_code == 201


def test_many_accounts_at_one_address_hold_no_more_than_an_office_would(
    clock: Clock, bella: Restaurant, settings: LazySettings, as_user: Callable[[User], Api]
) -> None:
    settings.MAX_LIVE_HOLDS_PER_ADDRESS_OF_ACCOUNTS = 2

    def ask(hour: int, address: str) -> Any:
        guest = make_user()
        body = {
            "userId": guest.public_id,
            "restaurantId": bella.public_id,
            "date": "2025-11-15",
            "time": f"{hour}:00",
            "partySize": 2,
        }
        return as_user(guest)("POST", "reservations/hold", body, REMOTE_ADDR=address)

    statuses = [ask(hour, "192.0.2.1").status_code for hour in (12, 14, 16)]
    assert statuses == [201, 201, 429]
    assert ask(18, "192.0.2.1").json()["code"] == "TOO_MANY_HOLDS"
    assert ask(18, "192.0.2.2").status_code == 201
    # This very machine is no line that many share.
    assert [ask(hour, "127.0.0.1").status_code for hour in (12, 14, 16)] == [201] * 3


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "restaurants/%C3%A9"),
        ("GET", f"restaurants/{'x' * 41}"),
        ("POST", "reservations/availability/"),
        ("DELETE", "reservations/hold/x%20y"),
        ("GET", "reservations/user/%C3%A9"),
        ("GET", "preferences/"),
        ("GET", "v1/restaurants/%C3%A9"),
    ],
)
def test_an_address_that_no_id_makes_is_answered_in_this_contracts_shape(
    nobody: Api, method: str, path: str
) -> None:
    answer = nobody(method, path)
    got = answer.json()
    assert (answer.status_code, got["code"]) == (404, "NOT_FOUND")
    assert set(got) == {"error", "code", "details", "correlationId"}
