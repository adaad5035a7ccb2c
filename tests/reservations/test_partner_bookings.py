"""Bookings by partners: at once, once each, and one table for a visit that several sources tell."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import pytest

from core.errors import Invalid
from core.models import AuditEntry
from customers.models import Customer
from notifications.models import Message
from payments.models import Policy
from reservations.details import Details
from reservations.engine.sources import outranks, rank, source_name
from reservations.errors import NotBookable, SlotUnavailable
from reservations.models import Reservation, SeatingDecision, SourceRecord
from reservations.services.cancellation import cancel_reservation
from restaurants.models import Restaurant
from tests.factories import make_bella
from tests.fixtures.domain import Clock
from tests.reservations.partners import PARTNER, SATURDAY, book, claimed, only

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    """Ten tables and no deposit."""
    return make_bella(deposit=None)


def records() -> list[tuple[str, str, bool, str]]:
    found = SourceRecord.objects.order_by("-is_primary", "id")
    return [(each.source, each.external_id, each.is_primary, each.status) for each in found]


# Making one


def test_a_booking_is_made_at_once_with_its_table_record_and_message(house: Restaurant) -> None:
    made, is_new = book(
        house,
        external_id="OT_1",
        metadata={"platform": "OpenTable"},
        commission=Decimal("2.50"),
        details=Details(special_requests="Birthday celebration"),
    )
    assert is_new
    assert (made.status, made.source, made.wall_time, made.party_size) == (
        "confirmed",
        "opentable",
        "19:00",
        4,
    )
    row = only()
    assert (row.external_id, row.guest_email, row.guest_phone, row.special_requests) == (
        "OT_1",
        "john@example.com",
        "+12125550142",
        "Birthday celebration",
    )
    assert row.customer == Customer.objects.get()
    assert claimed() == 1
    assert records() == [("opentable", "OT_1", True, "live")]
    record = SourceRecord.objects.get()
    assert (record.metadata, record.commission, record.time) == (
        {"platform": "OpenTable"},
        Decimal("2.5"),
        "19:00",
    )
    assert [m.kind for m in Message.objects.all()] == ["reservation_confirmed"]
    entry = AuditEntry.objects.get(verb="reservation.confirmed")
    assert (entry.actor_kind, entry.actor_label) == ("partner", "Partner")


def test_it_waits_where_staff_accept_each_booking(house: Restaurant) -> None:
    house.services.update(auto_confirm=False)
    assert book(house)[0].status == "pending"


def test_it_waits_where_a_deposit_was_not_paid(house: Restaurant) -> None:
    Policy.objects.create(restaurant=house, name="Deposit", amount=Decimal(25))
    made, _ = book(house)
    assert (made.status, made.deposit) == ("pending", Decimal(0))
    assert claimed() == 1


def test_the_caller_may_say_the_status_and_the_form_of_the_code(house: Restaurant) -> None:
    house.services.update(auto_confirm=False)
    made, _ = book(house, status="confirmed", draw_code=lambda: "TB-2025-0001")
    assert (made.status, made.code) == ("confirmed", "TB-2025-0001")


def test_a_code_that_is_taken_is_drawn_again(house: Restaurant) -> None:
    numbers = itertools.count()
    codes = [
        book(house, external_id=f"OT_{n}", draw_code=lambda: f"TB-{next(numbers) // 2}")[0].code
        for n in range(2)
    ]
    assert codes == ["TB-0", "TB-1"]


def test_a_refusal_changes_nothing_and_offers_times_that_can_be_booked(clock: Clock) -> None:
    house = make_bella(tables=1, deposit=None)
    book(house)
    someone: dict[str, Any] = {"email": "ada@example.com", "phone": "", "name": "Ada"}
    with pytest.raises(SlotUnavailable) as refusal:
        book(house, "resy", **someone)
    assert (Reservation.objects.count(), Customer.objects.count()) == (1, 1)
    assert SeatingDecision.objects.filter(accepted=False).count() == 1
    times = refusal.value.details["suggested_times"]
    assert times == ["17:00", "21:00"]
    assert book(house, "resy", **someone, time=times[0])[1]


def test_what_can_never_be_booked_is_said_so(house: Restaurant) -> None:
    with pytest.raises(NotBookable):
        book(house, time="19:10")
    assert not Reservation.objects.exists()


@pytest.mark.parametrize(
    ("told", "kept", "is_known"),
    [
        ("(212) 555-0142", "+12125550142", True),
        ("+1234567890", "+1234567890", False),
        ("", "", False),
    ],
)
def test_numbers_are_kept_in_one_form_and_placeholders_as_they_are(
    house: Restaurant, told: str, kept: str, is_known: bool
) -> None:
    book(house, phone=told, email="")
    assert only().guest_phone == kept
    assert (only().customer_id is not None) is is_known


def test_what_is_no_number_at_all_is_refused(house: Restaurant) -> None:
    with pytest.raises(Invalid):
        book(house, phone="call me")


# Once


def test_the_same_external_id_is_the_same_booking(house: Restaurant) -> None:
    first, _ = book(house, external_id="OT_1")
    again, is_new = book(house, external_id="OT_1", time="21:00", name="Another")
    assert (again.public_id, is_new, again.wall_time) == (first.public_id, False, "19:00")
    assert (Reservation.objects.count(), claimed()) == (1, 1)


def test_and_after_it_was_cancelled_still_the_same(house: Restaurant) -> None:
    first, _ = book(house, external_id="OT_1")
    cancel_reservation(first.public_id, by=PARTNER)
    again, is_new = book(house, external_id="OT_1")
    assert (again.public_id, again.status, is_new) == (first.public_id, "cancelled", False)


def test_the_same_request_is_the_same_booking(house: Restaurant) -> None:
    first, _ = book(house, request_key="idem_1")
    again, is_new = book(house, request_key="idem_1")
    assert (again.public_id, is_new) == (first.public_id, False)
    assert only().request_key == "idem_1"


def test_a_repeated_request_finds_the_visit_it_was_linked_to(house: Restaurant) -> None:
    first, _ = book(house)
    for _ in range(2):
        again, is_new = book(house, "resy", request_key="idem_1")
        assert (again.public_id, is_new) == (first.public_id, False)
    assert SourceRecord.objects.count() == 2


def test_an_external_id_belongs_to_one_restaurant_source_and_book(house: Restaurant) -> None:
    other = make_bella(deposit=None)
    apart: dict[str, Any] = {"external_id": "1", "email": "", "phone": ""}
    assert book(house, **apart)[1]
    assert book(other, **apart)[1]
    assert book(house, "resy", **apart)[1]
    assert book(house, **apart, is_test=True)[1]
    assert Reservation.objects.count() == 4


# One visit, several sources


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("direct", 1),
        ("website", 1),
        ("opentable", 2),
        ("resy", 3),
        ("partner", 4),
        ("partner_website", 4),
        ("thefork", 5),
    ],
)
def test_whose_word_counts(source: str, expected: int) -> None:
    assert rank(source) == expected


def test_among_equals_the_first_keeps_it() -> None:
    assert outranks("opentable", "resy")
    assert not outranks("resy", "opentable")
    assert not outranks("website", "direct")
    assert (source_name(" OpenTable "), source_name("=1+1"), source_name("-x")) == (
        "opentable",
        None,
        None,
    )


def test_a_source_that_counts_less_is_linked_and_changes_nothing(house: Restaurant) -> None:
    first, _ = book(house, "direct", external_id="D1", name="John Doe")
    again, is_new = book(house, "resy", external_id="R1", name="J. Doe", time="19:30", party_size=6)
    assert (again.public_id, is_new) == (first.public_id, False)
    assert (again.guest_name, again.wall_time, again.party_size, again.source) == (
        "John Doe",
        "19:00",
        4,
        "direct",
    )
    assert records() == [("direct", "D1", True, "live"), ("resy", "R1", False, "live")]
    assert claimed() == 1
    told = SourceRecord.objects.get(source="resy")
    assert (told.guest_name, told.time, told.party_size) == ("J. Doe", "19:30", 6)


def test_a_source_that_counts_more_takes_over_and_moves_the_table(house: Restaurant) -> None:
    first, _ = book(house, "resy", external_id="R1", name="J. Doe")
    won, is_new = book(
        house, "opentable", external_id="OT_1", name="John Doe", time="19:30", party_size=3
    )
    assert (won.public_id, is_new) == (first.public_id, False)
    assert (won.guest_name, won.wall_time, won.party_size, won.source, only().external_id) == (
        "John Doe",
        "19:30",
        3,
        "opentable",
        "OT_1",
    )
    assert records() == [("opentable", "OT_1", True, "live"), ("resy", "R1", False, "live")]
    assert Reservation.objects.count() == 1


def test_when_there_is_no_table_for_what_it_tells_nothing_changes(house: Restaurant) -> None:
    book(house, "resy", external_id="R1")
    with pytest.raises(NotBookable):
        book(house, "direct", external_id="D1", time="19:30", party_size=5)
    assert (only().party_size, only().external_id, claimed()) == (4, "R1", 1)
    assert records() == [("resy", "R1", True, "live")]


@pytest.mark.parametrize(
    "guest",
    [
        {"email": "JOHN@example.com", "phone": ""},
        {"email": "other@example.com", "phone": "(212) 555-0142"},
        {"email": "", "phone": "+1 212 555 0142"},
    ],
)
def test_the_same_guest_by_address_or_number(house: Restaurant, guest: dict[str, str]) -> None:
    book(house)
    assert book(house, "resy", **guest)[1] is False
    assert claimed() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"time": "20:30"},
        {"service_date": SATURDAY + dt.timedelta(days=1)},
        {"email": "ada@example.com", "phone": "+12125550199"},
        {"email": "", "phone": ""},
        {"is_test": True},
    ],
)
def test_another_time_day_or_guest_is_another_booking(
    house: Restaurant, other: dict[str, Any]
) -> None:
    """The control: linking is no accident."""
    book(house)
    assert book(house, "resy", **other)[1] is True
    assert claimed() == 2


def test_an_hour_apart_is_the_same_visit(house: Restaurant) -> None:
    book(house)
    assert book(house, "resy", time="20:00")[1] is False


def test_one_source_may_book_twice_for_one_guest(house: Restaurant) -> None:
    assert book(house, external_id="OT_1")[1]
    assert book(house, external_id="OT_2")[1]
    assert claimed() == 2


def test_each_of_two_bookings_finds_its_own_twin(house: Restaurant) -> None:
    first, second = (book(house, external_id=each)[0] for each in ("OT_1", "OT_2"))
    twins = [book(house, "resy", external_id=each) for each in ("R1", "R2")]
    assert [(twin.public_id, is_new) for twin, is_new in twins] == [
        (first.public_id, False),
        (second.public_id, False),
    ]


def test_a_cancelled_booking_is_nobodys_twin(house: Restaurant) -> None:
    first, _ = book(house)
    cancel_reservation(first.public_id, by=PARTNER)
    assert book(house, "resy")[1] is True


def test_a_booking_of_the_guest_pages_gets_a_record_when_another_source_tells_it(
    house: Restaurant,
) -> None:
    book(house, "website")
    SourceRecord.objects.all().delete()
    book(house, "opentable", external_id="OT_1")
    assert records() == [("website", "", True, "live"), ("opentable", "OT_1", False, "live")]


def test_what_the_winner_left_out_is_filled_from_the_other(house: Restaurant) -> None:
    book(house, "direct", email="", details=Details())
    book(house, "resy", details=Details(special_requests="Nut allergy"))
    assert (only().guest_email, only().special_requests) == ("john@example.com", "Nut allergy")


# Tests


def test_a_test_booking_takes_a_table_and_tells_nobody(house: Restaurant) -> None:
    made, _ = book(house, is_test=True)
    cancel_reservation(made.public_id, by=PARTNER)
    assert only().is_test
    assert not Message.objects.exists()
    assert not Customer.objects.exists()
