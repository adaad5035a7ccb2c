"""Contract 1's ReservationWidget: a website of the restaurant books with a publishable key."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from core.actors import SYSTEM
from reservations.models import Hold, Reservation
from restaurants.models import AllowedSite, PublishableKey, Restaurant
from restaurants.services import revoke_key
from tests import factories
from tests.fixtures.domain import Clock
from tests.reservations.browser import Browser

pytestmark = pytest.mark.django_db

SITE = "https://anchor.example"
DATA: dict[str, Any] = {
    "customerName": "John Doe",
    "customerEmail": "john@example.com",
    "customerPhone": "+12125550142",
    "date": "2025-11-15",
    "time": "19:00",
    "partySize": 4,
    "specialRequests": "Birthday celebration",
    "source": "partner_website",
    "metadata": {"restaurantId": "rest_anchor", "partnerSite": "anchor.example"},
}


@pytest.fixture
def anchor(clock: Clock) -> Restaurant:
    house = factories.make_bella(tables=2, deposit=None, slug="anchor", public_id="rest_anchor")
    AllowedSite.objects.create(restaurant=house, origin=SITE)
    return house


@pytest.fixture
def key(anchor: Restaurant) -> PublishableKey:
    return PublishableKey.objects.create(restaurant=anchor, name="Website")


def create(
    key: str,
    *,
    house: str = "rest_anchor",
    origin: str = SITE,
    client: Client | None = None,
    **data: Any,
) -> Any:
    headers = {"Origin": origin, "Authorization": f"Bearer {key}", "X-Source": "partner_website"}
    return (client or Client()).post(
        f"/api/embed/restaurants/{house}/reservations",
        DATA | data,
        content_type="application/json",
        headers={name: value for name, value in headers.items() if value},
    )


def test_a_reservation_in_the_contracts_shape(key: PublishableKey) -> None:
    answer = create(key.key)
    assert answer.status_code == 201
    booked = Reservation.objects.get()
    assert answer.json() == {
        "success": True,
        "data": {
            "id": booked.public_id,
            "customerName": "John Doe",
            "status": "confirmed",
            "source": "partner_website",
            "createdAt": "2025-11-10T17:00:00Z",
        },
    }
    assert (booked.source, booked.guest_email, booked.party_size) == (
        "partner_website",
        "john@example.com",
        4,
    )
    assert answer["Access-Control-Allow-Origin"] == SITE
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.cookies == {}


def test_the_same_words_again_are_a_retry(key: PublishableKey, clock: Clock) -> None:
    first, again = create(key.key), create(key.key)
    assert first.json() == again.json()
    assert Reservation.objects.count() == 1
    clock.advance(minutes=11)
    assert create(key.key).json()["data"]["id"] != first.json()["data"]["id"]


def test_a_house_that_accepts_each_booking_itself_says_pending(
    key: PublishableKey, anchor: Restaurant
) -> None:
    anchor.services.update(auto_confirm=False)
    assert create(key.key).json()["data"]["status"] == "pending"


def test_a_time_that_is_taken_names_others_and_nobody(key: PublishableKey) -> None:
    for number in range(2):
        create(key.key, customerEmail=f"g{number}@example.com", customerPhone="")
    answer = create(key.key)
    assert answer.status_code == 409
    body = answer.json()
    assert body["details"].pop("suggestedTimes")[:2]
    assert body == {
        "success": False,
        "error": "Time slot already booked",
        "code": "SLOT_UNAVAILABLE",
        "details": {"conflictingReservation": None},
    }
    assert Hold.objects.filter(status="live").count() == 0


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"key": "pk_unknown"}, 403, "KEY_UNKNOWN"),
        ({"key": ""}, 403, "KEY_UNKNOWN"),
        ({"house": "rest_other"}, 403, "KEY_UNKNOWN"),
        ({"origin": "https://other.example"}, 403, "ORIGIN_NOT_ALLOWED"),
        ({"origin": "https://anchor.example.evil.example"}, 403, "ORIGIN_NOT_ALLOWED"),
        ({"origin": "null"}, 403, "ORIGIN_NOT_ALLOWED"),
        ({"origin": ""}, 403, "ORIGIN_NOT_ALLOWED"),
        ({"customerName": ""}, 400, "VALIDATION_ERROR"),
        ({"customerEmail": "", "customerPhone": ""}, 400, "VALIDATION_ERROR"),
        ({"customerEmail": "john"}, 400, "VALIDATION_ERROR"),
        ({"customerPhone": "12"}, 400, "VALIDATION_ERROR"),
        ({"partySize": 99}, 400, "PARTY_TOO_LARGE"),
        ({"date": "2025-02-30"}, 400, "VALIDATION_ERROR"),
        ({"unknownField": 1}, 400, "VALIDATION_ERROR"),
    ],
)
def test_what_is_wrong_is_said_in_the_contracts_envelope(
    key: PublishableKey, change: dict[str, Any], status: int, code: str
) -> None:
    answer = create(**{"key": key.key} | change)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert sorted(body) == ["code", "details", "error", "success"]
    assert body["success"] is False
    assert Hold.objects.filter(status="live").count() == 0
    assert Reservation.objects.count() == 0


def test_a_withdrawn_key_says_so(key: PublishableKey) -> None:
    revoke_key(key, by=SYSTEM)
    answer = create(key.key)
    assert (answer.status_code, answer.json()["code"]) == (403, "KEY_REVOKED")


def test_only_the_restaurants_sites_get_leave_to_read(anchor: Restaurant) -> None:
    def preflight(origin: str, path: str) -> Any:
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,x-source",
        }
        return Client().options(path, headers=headers)

    path = "/api/embed/restaurants/rest_anchor/reservations"
    answer = preflight(SITE, path)
    assert answer["Access-Control-Allow-Origin"] == SITE
    assert {"authorization", "content-type", "x-source"} <= {
        name.strip() for name in answer["Access-Control-Allow-Headers"].split(",")
    }
    assert preflight(SITE, f"/api/v1{path.removeprefix('/api')}")["Access-Control-Allow-Origin"]
    for origin, where in (
        ("https://other.example", path),
        (SITE, "/api/embed/restaurants/rest_other/reservations"),
        (SITE, "/api/reservations/hold"),
        (SITE, "/api/auth/token"),
    ):
        assert "Access-Control-Allow-Origin" not in preflight(origin, where).headers, where


def test_a_deposit_is_paid_on_our_own_page(clock: Clock) -> None:
    house = factories.make_bella(slug="anchor", public_id="rest_anchor")
    AllowedSite.objects.create(restaurant=house, origin=SITE)
    key = PublishableKey.objects.create(restaurant=house, name="Website")
    data = create(key.key).json()["data"]
    held = Hold.objects.get()
    assert (data["id"], data["status"]) == (held.public_id, "pending")
    assert data["expiresAt"] == "2025-11-10T17:10:00Z"
    assert Reservation.objects.count() == 0
    assert "john" not in data["paymentUrl"]

    path = data["paymentUrl"].removeprefix("http://testserver")
    browser, thief = Browser(), Browser()
    browser.get(path)
    assert browser.url == f"/hold/{held.public_id}/"
    assert 'value="John Doe"' in browser.html
    assert 'value="john@example.com"' in browser.html
    # Spent: whoever else has the link, the website itself included, finds nothing.
    assert thief.get(path).status == 404
    assert browser.get(path).url == f"/hold/{held.public_id}/"
    assert "Your table is booked" in browser.confirm().text
    assert Reservation.objects.get().source == "partner_website"


def test_a_contact_that_holds_a_table_already_is_told(clock: Clock) -> None:
    house = factories.make_bella(slug="anchor", public_id="rest_anchor")
    AllowedSite.objects.create(restaurant=house, origin=SITE)
    key = PublishableKey.objects.create(restaurant=house, name="Website")
    create(key.key)
    answer = create(key.key, time="20:30")
    assert (answer.status_code, answer.json()["code"]) == (409, "CONTACT_HOLDS_TABLE")
    assert Hold.objects.filter(status="live").count() == 1


def test_too_often_says_when_to_try_again(key: PublishableKey, settings: LazySettings) -> None:
    limits = settings.GUEST_LIMITS
    settings.GUEST_LIMITS = limits | {"hold": {"address": (1, 600), "contact": None}}
    create(key.key)
    answer = create(key.key, customerEmail="other@example.com")
    body = answer.json()
    assert (answer.status_code, body["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert body["details"]["retryAfter"] == int(answer["Retry-After"])
    assert Reservation.objects.count() == 1


def test_the_day_after_is_another_booking(key: PublishableKey) -> None:
    create(key.key)
    next_day = (dt.date(2025, 11, 16)).isoformat()
    assert create(key.key, date=next_day).status_code == 201
    assert Reservation.objects.count() == 2
