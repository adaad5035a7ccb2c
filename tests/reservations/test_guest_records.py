"""A guest's whole record: handed out, merged with all bookings, erased with the books kept."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from django.core.serializers import serialize

from core.actors import Actor, ActorKind
from core.models import AuditEntry
from customers.errors import CustomerNotFound, KnownElsewhere
from customers.models import Customer, CustomerMerge
from customers.services import Contact as Person
from customers.services import recognise
from notifications.models import Message
from payments.models import Payment
from reservations.details import Details
from reservations.errors import GuestExpected
from reservations.guests import Guest
from reservations.ledger.confirm import Contact
from reservations.models import (
    Hold,
    PartyRequest,
    QueueEntry,
    Reservation,
    ServiceLoad,
    StandAction,
    TableBlock,
    WaitlistEntry,
)
from reservations.selectors.houses import house as read_house
from reservations.services import guest_records, stand
from reservations.services.bookings import Extras, book
from reservations.services.cancellation import cancel_reservation
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import HoldRequest, place_hold
from reservations.services.party_requests import PartyWish, ask_for_party
from reservations.services.waitlist import WaitRequest, join_waitlist
from restaurants.models import Restaurant
from tests.factories import make_bella
from tests.fixtures.domain import NOON, Clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]

SATURDAY = dt.date(2025, 11, 15)
TODAY = NOON.date()
KEY = Actor(ActorKind.PARTNER, "key_1", "Website")
SECRETS = ("John", "Smith", "john@", "7700900", "shellfish", "window")
CARD = {"type": "card", "last4": "4242", "cardBrand": "visa"}


@pytest.fixture
def house(db: None) -> Restaurant:
    return make_bella(deposit=None, country="GB", zone="Europe/London")


def seat(house: Restaurant, time: str = "19:00", **person: str) -> Reservation:
    told = Person(**({"name": "John Smith", "phone": "07700900000"} | person))
    guest = recognise(house.organization_id, contact=told, country="GB")
    return book(
        HoldRequest(house.public_id, SATURDAY, time, 2),
        Contact(guest.name, guest.email, guest.phone, guest.pk),
        Extras(details=Details(special_requests="By the window", allergy_note="shellfish")),
        by=KEY,
    )


def paid_visitor(house: Restaurant) -> Reservation:
    visitor = Guest.visitor("token")
    held = place_hold(HoldRequest(house.public_id, SATURDAY, "18:00", 2), visitor, by=KEY)
    done = confirm_hold(
        held.public_id,
        visitor,
        method=CARD,
        particulars=Particulars(name="John Smith", email="john@example.com", phone="+447700900000"),
        by=KEY,
    )
    return Reservation.objects.get(public_id=done.booking.public_id)


def everything() -> str:
    """All rows that could know a guest, as text."""
    rows: list[Any] = []
    models = (Customer, Reservation, Hold, Message, WaitlistEntry, PartyRequest, Payment)
    for model in (*models, QueueEntry, TableBlock, StandAction, AuditEntry):
        rows += json.loads(serialize("json", model._base_manager.all()))
    return json.dumps(rows)


def test_bookings_move_with_a_merge(house: Restaurant) -> None:
    first = seat(house)
    second = seat(house, "20:00", phone="07700900001", name="J. Smith")
    kept = first.customer
    assert kept is not None
    assert second.customer is not None
    guest_records.merge(house.organization_id, kept.public_id, second.customer.public_id, by=KEY)
    second.refresh_from_db()
    assert second.customer == kept
    entry = AuditEntry.objects.get(verb="customer.merged")
    assert (entry.target, entry.actor_label) == (kept.public_id, "Website")
    assert entry.data["moved"] == {"reservation": 1}


def test_erasing_leaves_the_books_and_nobody_in_them(clock: Clock) -> None:
    house = make_bella(country="GB", zone="Europe/London")
    booked = paid_visitor(house)
    join_waitlist(
        WaitRequest(
            house.public_id,
            SATURDAY,
            dt.time(19),
            dt.time(20),
            2,
            name="John Smith",
            email="john@example.com",
        ),
        by=KEY,
    )
    wish = PartyWish(SATURDAY, dt.time(19), 30, name="John Smith", email="john@example.com")
    ask_for_party(read_house(house.pk, house.plan_version), wish, by=KEY)
    queued = stand.join_queue(
        house.public_id, TODAY, 2, name="John Smith", email="john@example.com", by=KEY
    )
    waiting = QueueEntry.objects.get(public_id=queued.target)
    stand.call_party(waiting.public_id, expected=waiting.version, by=KEY)
    clock.advance(days=10)
    before = list(
        Reservation.objects.values_list(
            "code", "service_date", "party_size", "status", "deposit_amount", "payment"
        )
    )
    loads = list(ServiceLoad.objects.values_list("cell", "covers"))
    assert booked.customer is not None
    done = guest_records.erase(
        house.organization_id, booked.customer.public_id, by=KEY, reason="Asked by e-mail"
    )
    assert (done.bookings, done.waits) == (1, 1)
    text = everything()
    assert [word for word in SECRETS if word in text] == []
    assert before == list(
        Reservation.objects.values_list(
            "code", "service_date", "party_size", "status", "deposit_amount", "payment"
        )
    )
    assert loads == list(ServiceLoad.objects.values_list("cell", "covers"))
    payment = Payment.objects.get()
    assert (payment.amount, payment.status, payment.card_last4, payment.method) == (
        Decimal(50),
        "succeeded",
        "",
        {},
    )
    assert payment.provider_reference != ""
    assert AuditEntry.objects.filter(verb="customer.erased", actor_label="Website").count() == 1


def test_erasing_reaches_what_was_done_to_another_party(house: Restaurant, clock: Clock) -> None:
    first = seat(house)
    second = seat(house, "20:00", name="Bea Lund", phone="07700900001")
    first.refresh_from_db()
    second.refresh_from_db()
    stand.swap(
        first.public_id,
        second.public_id,
        expected=first.version,
        other_expected=second.version,
        by=KEY,
    )
    other = stand.join_queue(house.public_id, TODAY, 2, name="Cy", phone="07700900002", by=KEY)
    clock.advance(days=10)
    assert "Bea Lund" in serialize("json", StandAction.objects.all())
    assert second.customer is not None
    guest_records.erase(house.organization_id, second.customer.public_id, by=KEY)
    assert list(StandAction.objects.values_list("target", flat=True)) == [other.target]


def test_before_it_is_erased_a_guest_is_found_by_those_words(clock: Clock) -> None:
    """The negative control of the test above."""
    paid_visitor(make_bella(country="GB", zone="Europe/London"))
    text = everything()
    assert [word for word in ("John", "Smith", "john@", "7700900") if word not in text] == []


def test_the_erased_are_new_when_they_come_again(house: Restaurant, clock: Clock) -> None:
    booked = seat(house)
    assert booked.customer is not None
    clock.advance(days=10)
    guest_records.erase(house.organization_id, booked.customer.public_id, by=KEY)
    with pytest.raises(CustomerNotFound):
        guest_records.erase(house.organization_id, booked.customer.public_id, by=KEY)
    again = recognise(
        house.organization_id, contact=Person("John", phone="07700900000"), country="GB"
    )
    assert again.pk != booked.customer.pk


def test_who_is_still_expected_is_not_erased(house: Restaurant, clock: Clock) -> None:
    booked = seat(house)
    assert booked.customer is not None
    with pytest.raises(GuestExpected) as refused:
        guest_records.erase(house.organization_id, booked.customer.public_id, by=KEY)
    assert refused.value.details == {"bookings": [booked.code]}
    booked.refresh_from_db()
    assert booked.guest_name == "John Smith"
    cancel_reservation(booked.public_id, by=KEY)
    guest_records.erase(house.organization_id, booked.customer.public_id, by=KEY)
    booked.refresh_from_db()
    assert (booked.guest_name, booked.status) == ("Erased guest", "cancelled")


def test_merged_records_are_erased_along(house: Restaurant, clock: Clock) -> None:
    first, second = seat(house), seat(house, "20:00", phone="07700900001")
    assert first.customer is not None
    assert second.customer is not None
    kept, other = first.customer, second.customer
    guest_records.merge(house.organization_id, kept.public_id, other.public_id, by=KEY)
    clock.advance(days=10)
    guest_records.erase(house.organization_id, other.public_id, by=KEY)
    other.refresh_from_db()
    assert (other.phone, other.name) == ("", "Erased guest")
    assert Reservation.objects.filter(guest_phone="").count() == 2


def test_an_export_has_all_of_it_and_leaves_a_trace(house: Restaurant) -> None:
    booked = seat(house)
    assert booked.customer is not None
    waits = stand.join_queue(
        house.public_id, TODAY, 2, name="John", phone=booked.customer.phone, by=KEY
    )
    record = guest_records.export(house.organization_id, booked.customer.public_id, by=KEY)
    assert record.bookings == [booked]
    assert [entry.public_id for entry in record.queued] == [waits.target]
    assert {entry.target for entry in record.trail} == {booked.public_id, waits.target}
    assert AuditEntry.objects.filter(
        verb="customer.exported", target=booked.customer.public_id
    ).exists()


def test_a_caller_of_one_house_undoes_no_merge_that_concerns_another(
    house: Restaurant, clock: Clock
) -> None:
    other = make_bella(deposit=None, organization=house.organization)
    here, there = seat(house), seat(other, "20:00", phone="07700900001")
    assert here.customer is not None
    assert there.customer is not None
    group = house.organization_id
    guest_records.merge(group, here.customer.public_id, there.customer.public_id, by=KEY)
    merge = CustomerMerge.objects.get()
    with pytest.raises(KnownElsewhere):
        guest_records.undo_merge(group, merge.public_id, by=KEY, within=house.pk)
    back = guest_records.undo_merge(group, merge.public_id, by=KEY, restaurant_id=house.pk)
    assert back == there.customer
    entry = AuditEntry.objects.get(verb="customer.merge_undone")
    assert entry.restaurant_id == house.pk


@pytest.mark.parametrize("deed", ["export", "erase", "merge"])
def test_a_caller_of_one_house_has_no_say_about_guests_of_another(
    house: Restaurant, deed: str
) -> None:
    other = make_bella(deposit=None, organization=house.organization)
    booked, elsewhere = seat(house), seat(other, "20:00")
    assert booked.customer == elsewhere.customer
    assert booked.customer is not None
    arguments = [house.organization_id, booked.customer.public_id]
    if deed == "merge":
        arguments.append(seat(house, phone="07700900001").customer.public_id)  # type: ignore[union-attr]
    with pytest.raises(KnownElsewhere):
        getattr(guest_records, deed)(*arguments, by=KEY, within=house.pk)
