"""``POST /api/webhooks/reservations``: signed, or not believed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from core.actors import SYSTEM
from reservations.models import InboundDelivery, Reservation
from reservations.services.source_secrets import create_source_secret
from restaurants.models import Restaurant
from tests.api.multisource.signing import headers_for, send
from tests.factories import make_bella

pytestmark = pytest.mark.django_db

FULL: dict[str, Any] = {
    "externalId": "OT_1",
    "status": "confirmed",
    "updatedAt": "2024-02-01T10:00:00Z",
    "customerName": "John Doe",
    "customerEmail": "john@example.com",
    "date": "2024-02-15",
    "time": "19:00",
    "partySize": 4,
    "metadata": {"commission": 2.5},
}


@pytest.fixture
def secret(house: Restaurant) -> str:
    return create_source_secret(house, "opentable", by=SYSTEM)


def event(kind: str, source: str = "opentable", **data: Any) -> dict[str, Any]:
    return {"event": f"reservation.{kind}", "source": source, "data": data}


def test_created_updated_cancelled(secret: str) -> None:
    made = send(secret, event("created", **FULL), name="1").json()["data"]
    assert made == {
        "id": Reservation.objects.get().public_id,
        "externalId": "OT_1",
        "outcome": "applied",
        "repeated": False,
    }
    later: dict[str, Any] = {"externalId": "OT_1", "updatedAt": "2024-02-01T11:00:00Z"}
    send(secret, event("updated", **later, partySize=2), name="2")
    assert Reservation.objects.get().party_size == 2
    later["updatedAt"] = "2024-02-01T12:00:00Z"
    send(secret, event("cancelled", **later), name="3")
    assert Reservation.objects.get().status == "cancelled"
    again = send(secret, event("cancelled", **later), name="3").json()["data"]
    assert (again["repeated"], again["id"]) == (True, made["id"])
    late = send(secret, event("updated", **FULL), name="4").json()["data"]
    assert late["outcome"] == "stale"
    assert InboundDelivery.objects.count() == 4


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1,c2lnbmF0dXJl"},
        {"webhook-timestamp": "1"},
        {"webhook-id": "another"},
    ],
)
def test_what_is_not_signed_is_refused_and_not_kept(secret: str, headers: dict[str, str]) -> None:
    answer = send(secret, event("created", **FULL), **headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGNATURE_INVALID")
    assert not InboundDelivery.objects.exists()
    assert not Reservation.objects.exists()


def test_a_body_that_was_changed_on_the_way_is_refused(secret: str) -> None:
    body = b'{"event": "reservation.cancelled", "source": "opentable", "data": {}}'
    answer = Client().post(
        "/api/webhooks/reservations",
        body.replace(b"cancelled", b"created"),
        content_type="application/json",
        headers=headers_for(secret, body, name="1"),
    )
    assert answer.status_code == 401


def test_another_source_and_another_restaurant_are_strangers(
    house: Restaurant, secret: str
) -> None:
    assert send(secret, event("created", "resy", **FULL)).status_code == 401
    other = make_bella(deposit=None)
    headers = {"X-Restaurant-Id": other.public_id}
    assert send(secret, event("created", **FULL), **headers).status_code == 401
    headers = {"X-Restaurant-Id": house.public_id}
    assert send(secret, event("created", **FULL), **headers).status_code == 200


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({"event": "reservation.seated"}, ["event"]),
        ({"data": {"externalId": "OT_1"}}, ["data.updatedAt"]),
        ({"data": FULL | {"party": 2}}, ["data.party"]),
        ({"data": FULL | {"time": None}}, ["data.time"]),
        ({"extra": 1}, ["extra"]),
    ],
)
def test_a_signed_mistake_is_named(secret: str, sent: dict[str, Any], fields: list[str]) -> None:
    answer = send(secret, event("created", **FULL) | sent)
    assert answer.status_code == 400
    assert list(answer.json()["details"]["fields"]) == fields


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"{", 400),
        (b'{"source": 5}', 400),
        (b'{"source": "opentable"}', 400),
        (b'{"source": "opentable", "x": "' + b"y" * 70_000 + b'"}', 413),
    ],
)
def test_what_is_no_event_is_refused(secret: str, body: bytes, status: int) -> None:
    assert send(secret, body).status_code == status


@pytest.mark.parametrize("body", [b"{}", b'{"source": 5}', b'{"source": null}'])
def test_whose_event_it_is_must_be_said(secret: str, body: bytes) -> None:
    assert list(send(secret, body).json()["details"]["fields"]) == ["source"]


def test_a_booking_nobody_knows(secret: str) -> None:
    answer = send(
        secret,
        event("updated", externalId="OT_9", status="confirmed", updatedAt=FULL["updatedAt"]),
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "RESERVATION_NOT_FOUND")


def test_no_table(house: Restaurant, secret: str) -> None:
    house.tables.update(is_active=False)
    answer = send(secret, event("created", **FULL))
    assert answer.status_code in (400, 409)
    assert InboundDelivery.objects.get().outcome == "refused"
