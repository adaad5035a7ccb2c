"""The customer API: found by any number, changed, merged, handed out and erased, by scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.models import AuditEntry
from customers.models import Customer
from customers.services import Contact, recognise
from reservations.models import Reservation
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.api.golden_files import golden
from tests.factories import make_bella
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office(anchor: Restaurant, keyed: Callable[..., Api]) -> Api:
    """A program that may do everything at The Anchor."""
    return keyed("*", restaurant=anchor)


def guest(office: Api, date: str = "2025-11-14", **who: Any) -> str:
    """Books as somebody; their customer id."""
    body = golden("venue", "create_full")["request"] | {"date": date}
    body["customer"] = {
        "first_name": "John",
        "last_name": "Smith",
        "mobile_number": "07700900000",
        **who,
    }
    answer = office("POST", "table-bookings", body)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["data"]["customer_id"])


def data(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()["data"] if status == 200 else answer.json()["error"]


@pytest.mark.parametrize(
    "query",
    [
        "phone=07700900000",
        "phone=%2B447700900000",
        "phone=447700900000",
        "search=07700%20900%20000",
        "search=smith",
        "email=JOHN@example.com",
        "search=john@",
    ],
)
def test_a_guest_is_found(office: Api, query: str) -> None:
    guest(office, "2025-11-15", first_name="Jane", last_name="Jones", mobile_number="07700900001")
    john = guest(office, email="john@example.com")
    found = data(office("GET", f"customers?{query}"))
    assert [each["customer_id"] for each in found["customers"]] == [john]
    assert found["pagination"] == {"page": 1, "limit": 20, "total": 1, "total_pages": 1}


def test_a_number_that_is_none_is_said_to_be(office: Api) -> None:
    error = data(office("GET", "customers?phone=abc"), 400)
    assert error["details"]["errors"] == [
        {"field": "phone", "message": "This is not a telephone number."}
    ]


def test_a_guest_is_shown_with_figures(office: Api, clock: Clock) -> None:
    john = guest(office, sms_opt_in=True)
    clock.set("2025-11-20T12:00+00:00")
    guest(office, "2025-11-28")
    assert data(office("GET", f"customers/{john}")) == {
        "customer_id": john,
        "first_name": "John",
        "last_name": "Smith",
        "mobile_number": "+447700900000",
        "email": None,
        "sms_opt_in": True,
        "marketing_opt_in": False,
        "allergies": [],
        "tags": [],
        "notes": None,
        "created_at": "2025-11-10T17:00:00Z",
        "updated_at": data(office("GET", f"customers/{john}"))["updated_at"],
        "statistics": {
            "bookings": 2,
            "completed": 1,
            "cancelled": 0,
            "no_shows": 0,
            "last_visit": "2025-11-14",
            "next_visit": "2025-11-28",
        },
    }


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_guest_is_changed(office: Api, method: str) -> None:
    john = guest(office, sms_opt_in=True)
    changed = data(
        office(
            method,
            f"customers/{john}",
            {"last_name": "Smith-Jones", "email": "J@Example.com", "sms_opt_in": False},
        )
    )
    assert (changed["first_name"], changed["last_name"], changed["email"]) == (
        "John",
        "Smith-Jones",
        "j@example.com",
    )
    assert (changed["sms_opt_in"], changed["mobile_number"]) == (False, "+447700900000")
    entry = AuditEntry.objects.get(verb="customer.updated")
    assert (entry.actor_label, entry.data["fields"]) == (
        "Website",
        ["email", "family_name", "name"],
    )


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({}, 400, "VALIDATION_ERROR"),
        ({"mobile_number": "12"}, 400, "VALIDATION_ERROR"),
        ({"mobile_number": ""}, 400, "VALIDATION_ERROR"),
        ({"phone": "07700900009"}, 400, "VALIDATION_ERROR"),
        ({"mobile_number": "07700900001"}, 409, "CUSTOMER_EXISTS"),
    ],
)
def test_a_change_that_cannot_be_changes_nothing(
    office: Api, wrong: dict[str, Any], status: int, code: str
) -> None:
    john = guest(office)
    jane = guest(office, "2025-11-15", first_name="Jane", mobile_number="07700900001")
    error = data(office("PUT", f"customers/{john}", wrong), status)
    assert error["code"] == code
    assert Customer.objects.get(public_id=john).phone == "+447700900000"
    if status == 409:
        assert error["details"]["customer_id"] == jane


def test_two_records_become_one(office: Api) -> None:
    john = guest(office)
    other = guest(office, "2025-11-15", mobile_number="07700900001", email="john@example.com")
    merged = data(office("POST", f"customers/{john}/merge", {"merge_from": other}))
    assert (merged["customer_id"], merged["email"]) == (john, "john@example.com")
    assert merged["statistics"]["bookings"] == 2
    assert data(office("GET", f"customers/{other}"))["customer_id"] == john
    assert guest(office, "2025-11-18", mobile_number="07700900001") == john
    same = office("POST", f"customers/{john}/merge", {"merge_from": john})
    assert data(same, 400)["code"] == "VALIDATION_ERROR"


def test_everything_is_handed_out(office: Api) -> None:
    john = guest(office)
    kept = data(office("GET", f"customers/{john}/export"))
    assert set(kept) == {
        "customer",
        "bookings",
        "booked_by_others",
        "payments",
        "waitlist",
        "large_party_requests",
        "notes_of_the_team",
        "consents",
        "notes_to_the_house",
        "messages",
        "activity",
    }
    [booking] = kept["bookings"]
    assert booking["allergies"] == ["nuts", "shellfish"]
    assert booking["dietary_requirements"] == ["vegetarian", "gluten_free"]
    assert (booking["name"], booking["time"]) == ("John Smith", "19:00")
    assert (booking["booked_for"], booking["offer"], kept["booked_by_others"]) == (None, None, [])
    assert AuditEntry.objects.filter(verb="customer.exported", target=john).count() == 1


def test_what_others_booked_for_a_guest_is_handed_out_without_them(office: Api) -> None:
    john = guest(office)
    Reservation.objects.update(diner_name="Grace Hopper", diner_phone="+442079460000")
    house = Reservation.objects.get().restaurant
    grace = recognise(
        house.organization_id, contact=Contact("Grace", phone="+442079460000"), country="GB"
    )
    kept = data(office("GET", f"customers/{grace.public_id}/export"))
    assert kept["bookings"] == []
    [visit] = kept["booked_by_others"]
    assert (visit["name"], visit["email"], visit["time"]) == ("Grace Hopper", None, "19:00")
    assert "John" not in str(kept)
    [booking] = data(office("GET", f"customers/{john}/export"))["bookings"]
    assert booking["booked_for"] == {
        "name": "Grace Hopper",
        "email": None,
        "mobile_number": "+442079460000",
    }


def test_a_guest_is_forgotten_once_nothing_is_to_come(office: Api, clock: Clock) -> None:
    john = guest(office)
    error = data(office("DELETE", f"customers/{john}"), 409)
    assert error["code"] == "CUSTOMER_HAS_BOOKINGS"
    assert error["details"]["bookings"] == [Reservation.objects.get().code]
    clock.advance(days=10)
    done = data(office("DELETE", f"customers/{john}", {"reason": "Asked on the telephone"}))
    assert done == {
        "customer_id": john,
        "erased": True,
        "bookings_anonymised": 1,
        "messages_anonymised": 0,
        "waitlist_entries_deleted": 0,
    }
    assert data(office("GET", f"customers/{john}"), 404)["code"] == "CUSTOMER_NOT_FOUND"
    [row] = office("GET", "table-bookings").json()["bookings"]
    assert (row["customer_name"], row["party_size"]) == ("Erased guest", 4)


def test_test_keys_know_no_guests(
    office: Api, keyed: Callable[..., Api], anchor: Restaurant
) -> None:
    john = guest(office)
    jane = guest(office, "2025-11-15", first_name="Jane", mobile_number="07700900001")
    before = list(Customer.objects.order_by("pk").values())
    trial = keyed("*", restaurant=anchor, is_test=True)
    found = data(trial("GET", "customers"))
    assert (found["customers"], found["pagination"]["total"]) == ([], 0)
    for method, path, body in DEEDS:
        if "search" not in path:
            said = {"merge_from": jane} if "merge" in path else body
            refused = data(trial(method, path.format(id=john), said), 404)
            assert refused["code"] == "CUSTOMER_NOT_FOUND"
    assert list(Customer.objects.order_by("pk").values()) == before


def test_a_guest_is_not_merged_with_themselves(office: Api) -> None:
    john = guest(office)
    error = data(office("POST", f"customers/{john}/merge", {"merge_from": john}), 400)
    assert [each["field"] for each in error["details"]["errors"]] == ["merge_from"]


DEEDS: list[tuple[str, str, Any]] = [
    ("GET", "customers?search=smith", None),
    ("GET", "customers/{id}", None),
    ("GET", "customers/{id}/export", None),
    ("PUT", "customers/{id}", {"notes": "x"}),
    ("PATCH", "customers/{id}", {"notes": "x"}),
    ("POST", "customers/{id}/merge", {"merge_from": "cust_other"}),
    ("DELETE", "customers/{id}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), DEEDS)
def test_each_deed_takes_its_scope_and_its_group(
    office: Api,
    keyed: Callable[..., Api],
    anchor: Restaurant,
    nobody: Api,
    method: str,
    path: str,
    body: Any,
) -> None:
    john = guest(office)
    path = path.format(id=john)
    before = Customer.objects.values().get()
    assert data(nobody(method, path, body), 401)["code"] == "UNAUTHORIZED"
    missing = data(keyed("read:business", restaurant=anchor)(method, path, body), 403)
    needed = "read:customers" if method == "GET" else "write:customers"
    assert missing["details"] == {
        "required_permission": needed,
        "your_permissions": ["read:business"],
    }
    stranger = keyed("*", restaurant=make_bella())(method, path, body)
    if "search" in path:
        assert data(stranger)["customers"] == []
    else:
        assert data(stranger, 404)["code"] == "CUSTOMER_NOT_FOUND"
    assert Customer.objects.values().get() == before
