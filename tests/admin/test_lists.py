"""Finding things, at a price that does not grow with the house."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.actors import SYSTEM
from core.models import AuditEntry
from customers.models import Customer
from notifications.models import Message
from payments.models import Payment, Policy
from reservations.errors import SlotUnavailable
from reservations.ledger.confirm import Contact
from reservations.models import Reservation, SeatingDecision, ServiceLoad, TableClaim
from reservations.services.bookings import Extras, book
from reservations.services.holds import HoldRequest
from restaurants.models import (
    Closure,
    DiningRoom,
    DiningService,
    DiningTable,
    Offer,
    Restaurant,
    TableCombination,
)
from tests.admin.conftest import Cast, SignIn
from tests.admin.test_pages import label, page
from tests.factories import make_bella, make_combination, make_tables
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db


def search(client: Any, name: str, words: str) -> list[Any]:
    answer = client.get(reverse(f"admin:{name}_changelist"), {"q": words})
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


@pytest.mark.parametrize(
    "words",
    ["{code}", "{public_id}", "lovelace", "ADA@example", "+1 212 555 0123", "(212) 555-0123"],
)
def test_a_reservation_is_found_by_whatever_is_known(
    as_: SignIn, cast: Cast, booked: Reservation, words: str
) -> None:
    wanted = words.format(code=booked.code, public_id=booked.public_id)
    assert search(as_(cast.host), "reservations_reservation", wanted) == [booked]
    assert search(as_(cast.host), "reservations_reservation", "nobody") == []


@pytest.mark.parametrize("words", ["ada@example.com", "Lovelace", "0212 555 0123", "2125550123"])
def test_a_guest_is_found_by_name_address_or_number(
    as_: SignIn, cast: Cast, booked: Reservation, words: str
) -> None:
    [guest] = search(as_(cast.host), "customers_customer", words)
    assert guest == booked.customer


def test_a_payment_is_found_by_booking_or_card(
    as_: SignIn, cast: Cast, booked: Reservation
) -> None:
    for words in (booked.payment.public_id, booked.payment.purpose, "4242"):  # type: ignore[union-attr]
        assert search(as_(cast.manager), "payments_payment", words) == [booked.payment]


def test_related_rows_are_one_click_away(as_: SignIn, cast: Cast, everything: Reservation) -> None:
    client = as_(cast.manager)
    html = client.get(page(Reservation, "change", everything.pk)).content.decode()
    for row in (everything.customer, everything.payment, everything.hold):
        assert row is not None
        assert page(type(row), "change", row.pk) in html
    for name in ("notifications_message", "core_auditentry", "reservations_seatingdecision"):
        link = f"{reverse(f'admin:{name}_changelist')}?q={everything.public_id}"
        assert link in html
        assert client.get(link).status_code == 200
    found = search(client, "core_auditentry", everything.public_id)
    assert {entry.verb for entry in found} >= {"reservation.confirmed"}
    found = search(client, "notifications_message", everything.public_id)
    assert {row.kind for row in found} == {"reservation_confirmed", "guest_wrote"}


def test_links_with_filters_work(as_: SignIn, cast: Cast, booked: Reservation) -> None:
    client = as_(cast.manager)
    room = booked.restaurant.rooms.get()
    for url in (
        f"{page(Reservation, 'changelist')}?customer__id__exact={booked.customer_id}",
        f"{page(DiningTable, 'changelist')}?room__id__exact={room.pk}",
        f"{page(DiningTable, 'changelist')}?house={booked.restaurant_id}",
    ):
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert answer.context["cl"].result_list, url


def test_times_are_those_of_the_restaurants_clocks(
    as_: SignIn, cast: Cast, booked: Reservation
) -> None:
    client = as_(cast.manager)
    assert "Sat 15 Nov 2025 19:00" in client.get(page(Reservation, "changelist")).content.decode()
    html = client.get(page(Reservation, "change", booked.pk)).content.decode()
    assert "Sat 15 Nov 2025 19:00" in html
    assert "Nov. 10, 2025, noon" in html


# --- Query counts ---------------------------------------------------------------------------------


@contextmanager
def counted_queries() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as queries:
        yield queries


GROWING = (
    AuditEntry,
    Customer,
    DiningRoom,
    DiningService,
    DiningTable,
    Message,
    Offer,
    Payment,
    Policy,
    Reservation,
    Restaurant,
    SeatingDecision,
    TableClaim,
    TableCombination,
    User,
)


def grow(house: Restaurant, first: int, last: int) -> None:
    """More of everything that lists show."""
    for number in range(first, last):
        date = dt.date(2025, 11, 17) + dt.timedelta(days=number)
        guest = Customer.objects.create(organization=house.organization, name=f"Guest {number}")
        email = f"g{number}@example.com"
        row = book(
            HoldRequest(house.public_id, date, "19:00", 2),
            Contact(guest.name, email, "", guest.pk),
            Extras(),
            by=SYSTEM,
        )
        Payment.objects.create(
            restaurant=house,
            purpose=row.public_id,
            gateway="sandbox",
            idempotency_key=row.public_id,
            amount=Decimal(10),
            currency="USD",
            created_at=row.created_at,
        )
        tables = make_tables(house, 2, 4)
        make_combination(*tables, low=5, high=6)
        Offer.objects.create(restaurant=house, name=f"Offer {number}")
        make_bella(tables=2)
        User.objects.create_user(email)


def test_lists_take_the_same_number_of_queries_however_long_they_are(
    as_: SignIn, cast: Cast, everything: Reservation
) -> None:
    client = as_(cast.operator)
    urls = {label(model): page(model, "changelist") for model in GROWING}

    def measured() -> dict[str, int]:
        result = {}
        for name, url in urls.items():
            with counted_queries() as queries:
                client.get(url)
            result[name] = len(queries)
        return result

    grow(everything.restaurant, 0, 2)
    client.get(urls["restaurants.restaurant"])
    before = measured()
    grow(everything.restaurant, 2, 6)
    assert measured() == before
    assert max(before.values()) <= 17


def test_the_page_of_a_house_takes_the_same_number_of_queries_however_big_its_floor(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.manager)
    url = page(Restaurant, "change", house.pk)

    def measured() -> int:
        client.get(url)
        with counted_queries() as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    before = measured()
    made = make_tables(house, 2, 2, 4, 4, 6, 6)
    make_combination(made[0], made[1], low=3, high=4)
    make_combination(made[2], made[3], low=5, high=8)
    assert measured() == before
    assert before <= 60


def test_counted_limits_and_refusals_are_readable(
    as_: SignIn, cast: Cast, house: Restaurant
) -> None:
    house.services.update(slot_covers=4, max_covers=20)
    ask = HoldRequest(house.public_id, dt.date(2025, 11, 15), "19:00", 4)
    book(ask, Contact("Ada", "ada@example.com"), Extras(), by=SYSTEM)
    with pytest.raises(SlotUnavailable):
        book(ask, Contact("Bob", "bob@example.com"), Extras(), by=SYSTEM)
    client = as_(cast.viewer)
    limits = client.get(page(ServiceLoad, "changelist")).content.decode()
    assert "4 of 4" in limits
    assert "4 of 20" in limits
    assert "Sat 15 Nov 2025 19:00" in limits
    decisions = client.get(page(SeatingDecision, "changelist")).content.decode()
    assert "19:00 for 4" in decisions
    assert "pacing_covers" in decisions


@pytest.mark.parametrize(
    ("state", "notes"), [("now", ["Pipe"]), ("later", ["Boiler"]), ("over", ["Fair"])]
)
def test_closures_are_filtered_by_their_state(
    as_: SignIn, cast: Cast, house: Restaurant, clock: Clock, state: str, notes: list[str]
) -> None:
    for note, start in (("Pipe", -1), ("Fair", -30)):
        begins = clock.now + dt.timedelta(hours=start)
        Closure.objects.create(
            restaurant=house, starts_at=begins, ends_at=begins + dt.timedelta(hours=2), note=note
        )
    answer = as_(cast.viewer).get(page(Closure, "changelist"), {"state": state})
    assert [row.note for row in answer.context["cl"].result_list] == notes
