"""A table for somebody else: the booker keeps the link and the mails, the diner is expected."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core import mail
from django.core.serializers import serialize
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.actors import Actor, ActorKind
from core.errors import Invalid
from customers.models import Customer
from customers.services import Contact, recognise
from notifications.models import Message
from notifications.services import deliver_due
from reservations.details import Details
from reservations.errors import GuestExpected
from reservations.guests import Guest
from reservations.models import Hold, Reservation
from reservations.selectors.bookings import booking
from reservations.services import guest_records
from reservations.services.cancellation import cancel_reservation
from reservations.services.changes import Change, change_reservation
from reservations.services.links import issue_link
from restaurants.models import Restaurant
from tests import factories
from tests.factories import make_bella
from tests.faults.acts import hold, pay
from tests.fixtures.domain import Clock
from tests.reservations.browser import Browser

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]

KEY = Actor(ActorKind.PARTNER, "key_1", "Website")
GRACE = {
    "diner_name": "Grace Hopper",
    "diner_email": "grace@example.com",
    "diner_phone": "(212) 555-0147",
}
KEPT = ("Grace Hopper", "grace@example.com", "+12125550147")


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    return make_bella(deposit=None, name="Bella Notte", slug="bella")


@pytest.fixture
def row(house: Restaurant) -> Reservation:
    """Ada has booked for Grace."""
    Browser().book(house, **GRACE)
    return Reservation.objects.get()


def diner(row: Hold | Reservation) -> tuple[str, str, str]:
    return row.diner_name, row.diner_email, row.diner_phone


def test_the_form_folds_it_up_until_it_is_wanted(house: Restaurant) -> None:
    browser = Browser().hold(house)
    assert "I am booking for somebody else" in browser.text
    assert browser.html.count('<details class="fold">') == 3
    browser.confirm(diner_email="grace@example.com")
    assert "Please enter the name of the guest you are booking for." in browser.text
    assert '<details class="fold" open>' in browser.html
    assert 'value="grace@example.com"' in browser.html
    browser.confirm(**GRACE | {"diner_phone": "12"})
    assert 'href="#id_diner_phone"' in browser.html


def test_both_are_kept_and_the_booker_holds_the_booking(row: Reservation) -> None:
    assert diner(row) == KEPT
    assert (row.guest_name, row.guest_email) == ("Ada Lovelace", "ada@example.com")
    assert row.customer is not None
    assert row.customer.email == "ada@example.com"
    assert Customer.objects.count() == 1, "nobody gets a record of whom others book for"


def test_both_are_named_right_in_mails_which_go_to_the_booker(row: Reservation) -> None:
    deliver_due()
    (sent,) = mail.outbox
    assert sent.to == ["ada@example.com"]
    assert "Hello Ada Lovelace," in sent.body
    assert "Booked for: Grace Hopper" in sent.body
    page = next(str(part) for part, kind in sent.alternatives if kind == "text/html")  # type: ignore[attr-defined]
    assert "Booked for" in page
    assert "Grace Hopper" in page


def test_the_house_reads_who_comes_and_who_booked(row: Reservation) -> None:
    Browser().post(f"/booking/{issue_link(row.public_id)}/message/", text="She likes windows.")
    deliver_due()
    (note,) = [m for m in mail.outbox if m.to == ["book@house.example"]]
    assert "Guest: Grace Hopper\nBooked by: Ada Lovelace\n" in note.body
    assert note.reply_to == ["ada@example.com"]


def test_its_pages_say_whom_it_is_for(row: Reservation) -> None:
    page = Browser().get(f"/booking/{issue_link(row.public_id)}/")
    assert "Booked for Grace Hopper, grace@example.com, +1 212-555-0147" in page.text
    entry = Client().get(f"/booking/{issue_link(row.public_id)}/calendar.ics").content.decode()
    assert "Booked for: Grace Hopper" in entry.replace("\r\n ", "")


def test_my_bookings_lists_it_for_the_booker_alone(row: Reservation) -> None:
    assert "2 guests · for Grace Hopper ·" in signed_in("ada@example.com").text
    assert "Nothing is booked with this address." in signed_in("grace@example.com").text


def signed_in(email: str) -> Browser:
    browser = Browser()
    browser.get("/my-bookings/")
    session = browser.client.session
    session["signed_in"] = {"email": email, "at": 1762794000}
    session.save()
    return browser.get("/my-bookings/")


def test_a_change_and_a_cancellation_keep_it(row: Reservation) -> None:
    changed = change_reservation(row.public_id, Change(time="20:00"), by=KEY)
    assert changed.details.diner_name == "Grace Hopper"
    cancel_reservation(row.public_id, by=KEY)
    payloads = [
        json.dumps(payload) for payload in Message.objects.values_list("payload", flat=True)
    ]
    assert [("Grace Hopper" in payload) for payload in payloads] == [True, True, True]
    assert diner(Reservation.objects.get()) == KEPT


def test_it_survives_a_payment_that_is_declined(bella: Restaurant, clock: Clock) -> None:
    browser = Browser().hold(bella)
    browser.confirm(card="tok_visa_0002", **GRACE)
    assert 'value="Grace Hopper"' in browser.html
    assert diner(Hold.objects.get()) == KEPT
    browser.confirm(**GRACE)
    assert diner(Reservation.objects.get()) == KEPT


def test_allergies_of_a_diner_are_not_the_bookers(house: Restaurant, guest: Guest) -> None:
    particulars: dict[str, Any] = {"allergens": ("nuts",), "marketing_consent": True}
    pay(hold(house, guest), guest, {}, diner_name="Grace Hopper", **particulars)
    customer = Customer.objects.get()
    assert customer.allergies == []
    assert customer.marketing_consent_at is not None, "the box is the booker's own"
    assert Reservation.objects.get().allergens == ["nuts"]


def test_what_cannot_be_is_refused_by_field(house: Restaurant, guest: Guest) -> None:
    held = hold(house, guest)
    for said, field in (
        ({"diner_phone": "+12125550147"}, "diner_name"),
        ({"diner_name": "G" * 121}, "diner_name"),
    ):
        with pytest.raises(Invalid) as refused:
            pay(held, guest, {}, **said)
        assert list(refused.value.details) == [field]
    for table in (Hold, Reservation):
        pay(held, guest, {}) if table is Reservation else None
        with pytest.raises(IntegrityError, match="_diner"), transaction.atomic():
            table.objects.update(diner_phone="+12125550147")


def test_it_takes_no_more_statements_to_confirm(house: Restaurant) -> None:
    taken = []
    for said in ({}, {}, {"diner_name": "Grace Hopper"}):
        guest = Guest.with_account(factories.make_user().public_id)
        held = hold(house, guest)
        with CaptureQueriesContext(connection) as queries:
            pay(held, guest, {}, **said)
        taken.append(len(queries))
    # The first of a process finds out more than the others have to.
    assert taken[1] == taken[2]


def test_staff_find_it_by_either_name(row: Reservation, admin_client: Client) -> None:
    for words in ("Grace", "Lovelace", "212 555 0147", "grace@example.com"):
        found = admin_client.get("/admin/reservations/reservation/", {"q": words})
        assert row.code in found.content.decode()
    listed = admin_client.get("/admin/reservations/reservation/").content.decode()
    assert "Grace Hopper" in listed
    assert "booked by Ada Lovelace" in listed


# --- The rights of both ---------------------------------------------------------------------------


def record(house: Restaurant, name: str, **reach: str) -> str:
    found = recognise(house.organization_id, contact=Contact(name, **reach), country="US")
    return found.public_id


def test_a_diner_is_handed_out_what_others_booked(house: Restaurant, row: Reservation) -> None:
    for reach in ({"email": "Grace@example.com"}, {"phone": "+12125550147"}):
        grace = record(house, "Grace", **reach)
        found = guest_records.export(house.organization_id, grace, by=KEY)
        assert (found.bookings, found.booked_for) == ([], [row])
    ada = record(house, "Ada", email="ada@example.com")
    found = guest_records.export(house.organization_id, ada, by=KEY)
    assert (found.bookings, found.booked_for) == ([row], [])


def test_a_diner_who_is_erased_stands_nowhere_and_the_booking_stays(
    house: Restaurant, row: Reservation
) -> None:
    grace = record(house, "Grace Hopper", email="grace@example.com")
    with pytest.raises(GuestExpected) as refused:
        guest_records.erase(house.organization_id, grace, by=KEY)
    assert refused.value.details["bookings"] == [row.code]
    cancel_reservation(row.public_id, by=KEY)
    guest_records.erase(house.organization_id, grace, by=KEY)
    everything = serialize(
        "json", [*Reservation.objects.all(), *Hold.objects.all(), *Message.objects.all()]
    )
    for secret in ("Grace", "grace@", "5550147"):
        assert secret not in everything
    after = Reservation.objects.get()
    assert diner(after) == ("Erased guest", "", "")
    assert (after.guest_name, after.guest_email) == ("Ada Lovelace", "ada@example.com")
    assert booking(after.public_id).details == Details(
        special_requests="Window seat", language="en", diner_name="Erased guest"
    )


def test_a_booker_who_is_erased_takes_the_diner_along(house: Restaurant, row: Reservation) -> None:
    cancel_reservation(row.public_id, by=KEY)
    assert row.customer is not None
    guest_records.erase(house.organization_id, row.customer.public_id, by=KEY)
    everything = serialize(
        "json", [*Reservation.objects.all(), *Hold.objects.all(), *Message.objects.all()]
    )
    for secret in ("Grace", "grace@", "5550147", "Ada", "ada@"):
        assert secret not in everything
