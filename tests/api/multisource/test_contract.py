"""Contract 1 as it is printed: every request and answer of the document, against golden files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.actors import SYSTEM
from reservations.models import Reservation, SourceRecord
from reservations.services.source_secrets import create_source_secret
from restaurants.models import Restaurant
from tests.api.golden_files import assert_like, golden
from tests.api.multisource.conftest import BOOKING, Program
from tests.api.multisource.signing import send
from tests.factories import make_bella
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

NewProgram = Callable[..., Program]


def header(printed: dict[str, Any]) -> dict[str, str]:
    return {"HTTP_X_SOURCE": printed["headers"]["X-Source"]}


def test_create(today: Clock, program: NewProgram) -> None:
    make_bella(public_id="rest_001")
    printed = golden("multisource", "create")
    answer = program("opentable")("POST", "reservations", printed["request"], **header(printed))
    assert answer.status_code == 201, answer.content
    assert_like(answer.json(), printed["response"], aside={"id"})
    record = SourceRecord.objects.get()
    assert record.metadata == printed["request"]["metadata"]
    assert (record.external_id, float(record.commission or 0)) == ("OT_12345", 2.5)


def test_a_key_without_a_source_sends_the_same(house: Restaurant, program: NewProgram) -> None:
    printed = golden("multisource", "create")
    answer = program()("POST", "reservations", printed["request"], **header(printed))
    assert answer.status_code == 201
    assert answer.json()["data"] | {"id": "x"} == printed["response"]["data"] | {
        "id": "x",
        "status": "confirmed",
    }


def test_the_test_endpoint(house: Restaurant, program: NewProgram) -> None:
    printed = golden("multisource", "test_endpoint")
    answer = program("test", is_test=True)(
        "POST", "reservations", printed["request"], **header(printed)
    )
    assert answer.status_code == 201
    assert Reservation.objects.get().is_test


def test_the_widget_names_its_restaurant(house: Restaurant, program: NewProgram) -> None:
    printed = golden("multisource", "widget")
    make_bella(public_id="restaurant_123", deposit=None)
    answer = program()("POST", "reservations", printed["request"], **header(printed))
    assert answer.status_code == 201
    assert Reservation.objects.get().restaurant.public_id == "restaurant_123"


def test_list_as_the_document_asks_for_it(house: Restaurant, program: NewProgram) -> None:
    caller = program("opentable")
    made = caller.book(metadata=golden("multisource", "tracking")["metadata"], externalId="OT_1")
    program("resy").book(customerEmail="ada@example.com", customerPhone="")
    answer = caller("GET", "reservations?source=opentable&status=confirmed&date=2024-02-15").json()
    assert answer == {
        "success": True,
        "data": [
            {
                "id": made["id"],
                "restaurantId": "rest_001",
                "customerName": "John Doe",
                "customerEmail": "john@example.com",
                "customerPhone": "+12125550142",
                "date": "2024-02-15",
                "time": "19:00",
                "partySize": 4,
                "specialRequests": "",
                "confirmationCode": Reservation.objects.get(source="opentable").code,
                "status": "confirmed",
                "source": "opentable",
                "externalId": "OT_1",
                "metadata": golden("multisource", "tracking")["metadata"],
                "createdAt": "2024-02-01T10:00:00Z",
                "updatedAt": "2024-02-01T10:00:00Z",
                "sources": [
                    {
                        "source": "opentable",
                        "externalId": "OT_1",
                        "isPrimary": True,
                        "isLive": True,
                    }
                ],
            }
        ],
        "pagination": {"limit": 50, "hasMore": False, "next": None},
    }


def test_update_in_each_of_its_use_cases(house: Restaurant, program: NewProgram) -> None:
    caller = program("opentable")
    house.services.update(auto_confirm=False)
    path = f"reservations/{caller.book()['id']}"
    for change, field in (
        ({"status": "confirmed"}, "status"),
        ({"time": "20:00"}, "time"),
        ({"status": "cancelled"}, "status"),
    ):
        answer = caller("PUT", path, change)
        assert answer.status_code == 200, answer.content
        assert answer.json()["data"][field] == change[field]
    assert caller("GET", path).json() == answer.json()


def test_webhook(house: Restaurant, program: NewProgram) -> None:
    house.services.update(auto_confirm=False)
    caller = program("opentable")
    made = caller.book(externalId="OT_12345")
    secret = create_source_secret(house, "opentable", by=SYSTEM)
    answer = send(secret, golden("multisource", "webhook")["request"])
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "success": True,
        "data": {
            "id": made["id"],
            "externalId": "OT_12345",
            "outcome": "applied",
            "repeated": False,
        },
    }
    assert Reservation.objects.get().status == "confirmed"


def test_slot_unavailable(today: Clock, program: NewProgram) -> None:
    make_bella(tables=1, deposit=None)
    house_key = program()
    first = house_key.book()
    other: dict[str, Any] = {"customerEmail": "ada@example.com", "customerPhone": ""}
    refusal = house_key.book(409, **other)
    assert refusal == {
        "success": False,
        "error": "Time slot already booked",
        "code": "SLOT_UNAVAILABLE",
        "details": {
            "conflictingReservation": first["id"],
            "suggestedTimes": ["17:00", "21:00"],
        },
    }
    printed = golden("multisource", "slot_unavailable")["response"]
    assert set(refusal) == set(printed)
    assert set(refusal["details"]) == set(printed["details"])
    for time in refusal["details"]["suggestedTimes"]:
        house_key.book(**other | {"time": time, "customerEmail": f"at{time[:2]}@example.com"})


def test_the_same_under_v1(house: Restaurant, program: NewProgram) -> None:
    answer = program()("POST", "v1/reservations", BOOKING)
    assert answer.status_code == 201
