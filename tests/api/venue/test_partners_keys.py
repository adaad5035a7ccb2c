"""Keys of a partner at the house's own API: what the partner told of, whatever the scopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.models import AuditEntry
from customers.models import Customer
from reservations.models import Reservation
from restaurants.models import Restaurant
from tests.api.conftest import Api
from tests.api.golden_files import golden
from tests.api.venue.conftest import FRIDAY

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = "07700900000"


@pytest.fixture
def partner(anchor: Restaurant, keyed: Callable[..., Api]) -> Api:
    """OpenTable's key, which may do everything."""
    return keyed("*", restaurant=anchor, source="opentable")


def book(caller: Api, **more: Any) -> dict[str, Any]:
    body = golden("venue", "create_basic")["request"] | {"date": FRIDAY} | more
    answer = caller("POST", "table-bookings", body)
    assert answer.status_code in (200, 201), answer.content
    data: dict[str, Any] = answer.json()["data"]
    return data


def listed(caller: Api) -> list[str]:
    answer = caller("GET", f"table-bookings?date_from={FRIDAY}&date_to={FRIDAY}").json()
    found = [row["booking_reference"] for row in answer["bookings"]]
    assert answer["pagination"]["total"] == len(found)
    return found


def test_a_partner_lists_what_it_told_of(site: Api, partner: Api) -> None:
    ours = book(site)["booking_reference"]
    who = {"first_name": "Ann", "last_name": "Lee", "mobile_number": "07700900111"}
    theirs = book(partner, customer=who)["booking_reference"]
    assert listed(partner) == [theirs]
    assert sorted(listed(site)) == sorted([ours, theirs])


def test_a_visit_that_the_house_knew_before_is_the_partners_too(site: Api, partner: Api) -> None:
    ours = book(site)
    assert book(partner)["booking_id"] == ours["booking_id"]
    assert listed(partner) == [ours["booking_reference"]]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "?customer_phone=" + PHONE, None),
        ("PUT", "", {"customer_phone": PHONE, "updates": {"party_size": 2}}),
        ("POST", "/cancel", {"customer_phone": PHONE}),
    ],
)
def test_a_guests_number_opens_no_booking_of_another_source(
    site: Api, partner: Api, method: str, path: str, body: dict[str, Any] | None
) -> None:
    reference = book(site)["booking_reference"]
    before = Reservation.objects.values().get()
    answer = partner(method, f"table-bookings/{reference}{path}", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "RESERVATION_NOT_FOUND")
    assert Reservation.objects.values().get() == before
    assert site(method, f"table-bookings/{reference}{path}", body).status_code == 200


def test_the_guest_book_is_closed_to_partners(site: Api, partner: Api) -> None:
    guest = book(site)["customer_id"]
    trail = AuditEntry.objects.count()
    asked: list[tuple[str, str, dict[str, Any] | None]] = [
        ("GET", "customers", None),
        ("GET", f"customers/{guest}", None),
        ("GET", f"customers/{guest}/export", None),
        ("PATCH", f"customers/{guest}", {"last_name": "King"}),
        ("POST", f"customers/{guest}/merge", {"merge_from": "cust_x"}),
        ("DELETE", f"customers/{guest}", {"reason": "Asked"}),
    ]
    for method, path, body in asked:
        answer = partner(method, path, body)
        assert answer.status_code == 403, answer.content
        assert answer.json()["error"]["code"] == "SOURCE_NOT_ALLOWED"
        assert answer.json()["error"]["details"] == {"source": "opentable"}
    assert Customer.objects.get().name == "John Smith"
    assert AuditEntry.objects.count() == trail


def test_a_key_of_the_houses_own_channel_works_with_the_whole_house(
    anchor: Restaurant, site: Api, keyed: Callable[..., Api]
) -> None:
    phone = keyed("*", restaurant=anchor, source="phone")
    made = book(site)
    assert listed(phone) == [made["booking_reference"]]
    assert phone("GET", f"customers/{made['customer_id']}").status_code == 200
