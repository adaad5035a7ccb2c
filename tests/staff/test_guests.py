"""Guests for staff: found, kept, merged and taken apart, handed out, erased."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM
from customers.models import ConsentEntry, Customer, CustomerMerge, GuestNote
from customers.services.merging import merge_customers
from customers.services.notes import add_note
from reservations.models import Reservation, VisitBill
from restaurants.models import Membership, Restaurant, Role
from tests.factories import make_bella
from tests.fixtures.domain import Clock
from tests.reservations.test_reports import book
from tests.staff.conftest import As, Cast, once_of
from tests.staff.test_setup import opened

pytestmark = pytest.mark.django_db

LAST_FRIDAY = dt.date(2025, 11, 7)


@pytest.fixture
def guest(house: Restaurant) -> Customer:
    return Customer.objects.create(
        organization=house.organization,
        name="Élodie Dupré",
        phone="+12125550123",
        email="elodie@example.com",
        allergies=["nuts"],
    )


def came(house: Restaurant, guest: Customer, days: int, status: str = "completed") -> Reservation:
    house.services.update(name="Dinner")
    date = LAST_FRIDAY - dt.timedelta(days=days)
    return book(house, date, "19:00", 2, status, customer=guest, guest_name=guest.name)


def url(house: Restaurant, guest: Customer, rest: str = "") -> str:
    return f"/staff/r/{house.slug}/guests/{guest.public_id}/{rest}"


@pytest.mark.parametrize("words", ["elodie", "dupre", "(212) 555-0123", "0123", "elodie@ex"])
def test_a_guest_is_found(
    as_: As, cast: Cast, house: Restaurant, guest: Customer, words: str
) -> None:
    Customer.objects.create(organization=house.organization, name="Somebody", phone="+12125550199")
    page = as_(cast.viewer).get(f"/staff/r/{house.slug}/guests/", {"q": words}).content.decode()
    assert "Élodie Dupré" in page
    assert "Somebody" not in page
    assert "1 guest<" in page
    assert "Nuts" in page


def test_the_list_goes_on_and_odd_pages_are_answered(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    group = house.organization
    Customer.objects.bulk_create(
        Customer(organization=group, name=f"Guest {n:03d}", public_id=f"cust_{n}")
        for n in range(45)
    )
    client, here = as_(cast.host), f"/staff/r/{house.slug}/guests/"
    first, second = client.get(here), client.get(here, {"page": "2"})
    assert "Guest 039" in first.content.decode()
    assert "Guest 040" not in first.content.decode()
    assert "Guest 044" in second.content.decode()
    for odd in ("0", "-1", "x", "99999", "٣", "9" * 400):
        assert client.get(here, {"page": odd}).status_code == 200


def test_a_profile_says_what_the_book_knows_and_why(
    as_: As, cast: Cast, house: Restaurant, guest: Customer
) -> None:
    for days in (7, 14, 21, 28):
        VisitBill.objects.create(
            reservation=came(house, guest, days), total=Decimal(80), at=dt.datetime.now(dt.UTC)
        )
    for days in (35, 42):
        came(house, guest, days, "no_show")
    came(house, guest, 400, "no_show")
    page = as_(cast.viewer).get(url(house, guest)).content.decode()
    assert "2 no-shows in 6 bookings of the last twelve months." in page
    assert "Fri 3 Oct 2025: Did not come. Counts until 3 Oct 2026." in page
    assert "Regular" in page
    assert "$320.00" in page
    assert "4 visits known, $80.00 each" in page
    assert "Nuts" in page


def test_a_guest_who_never_was_here_comes_for_the_first_time(
    as_: As, cast: Cast, house: Restaurant, guest: Customer
) -> None:
    came(house, guest, -14, "confirmed")
    page = as_(cast.viewer).get(url(house, guest)).content.decode()
    assert "First visit" in page
    assert "No-show risk" not in page


def test_a_record_is_changed(as_: As, cast: Cast, house: Restaurant, guest: Customer) -> None:
    client = opened(as_(cast.host))
    said = {
        "name": "Élodie Dupré",
        "phone": "(212) 555-0188",
        "email": "Elodie@Example.com",
        "is_vip": "on",
        "allergies": "nuts, milk",
        "dietary": "vegetarian\nno pork",
        "birthday_0": "29",
        "birthday_1": "02",
        "language": "fr",
        "favourite_tables": [house.tables.get(label="2").public_id],
    }
    assert client.post(url(house, guest, "edit/"), said).status_code == 302
    guest.refresh_from_db()
    assert (guest.phone, guest.email, guest.is_vip) == (
        "+12125550188",
        "elodie@example.com",
        True,
    )
    assert (guest.allergies, guest.dietary) == (["nuts", "milk"], ["vegetarian", "no pork"])
    assert (guest.birthday, guest.language) == ("02-29", "fr")
    page = client.get(url(house, guest)).content.decode()
    assert "29 February" in page
    assert "2 (Main room, Bella Notte)" in page


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": ""}, "Write a name."),
        ({"phone": "", "email": ""}, "Leave an e-mail address or a telephone number."),
        ({"phone": "12"}, "too short"),
        ({"birthday_0": "31", "birthday_1": "02"}, "This day does not exist."),
        ({"birthday_0": "31", "birthday_1": ""}, "This day does not exist."),
        ({"allergies": "x" * 300}, "shorter words"),
        ({"tags": "Nobody’s"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(
    as_: As, cast: Cast, house: Restaurant, guest: Customer, wrong: dict[str, str], why: str
) -> None:
    said = {"name": "Ada", "phone": "+12125550123", "email": ""} | wrong
    answer = opened(as_(cast.host)).post(url(house, guest, "edit/"), said)
    assert answer.status_code == 422
    assert why in answer.content.decode()
    guest.refresh_from_db()
    assert guest.name == "Élodie Dupré"


def test_a_note_sent_twice_is_one_and_keeps_its_author(
    as_: As, cast: Cast, house: Restaurant, guest: Customer
) -> None:
    client = as_(cast.host)
    said = {"text": "Likes the bench", "pin": "on", "once": once_of(client.get(url(house, guest)))}
    for _ in range(2):
        assert client.post(url(house, guest, "notes/"), said).status_code == 302
    note = GuestNote.objects.get()
    assert (note.text, note.actor_label, note.restaurant_id) == (
        "Likes the bench",
        cast.host.full_name,
        house.pk,
    )
    client.post(url(house, guest, f"notes/{note.public_id}/"), {"do": "withdraw"})
    page = client.get(url(house, guest)).content.decode()
    assert "<del>Likes the bench</del>" in page
    assert f"withdrawn by {cast.host.full_name}" in page


def test_consent_is_logged_with_how_it_was_given(
    as_: As, cast: Cast, house: Restaurant, guest: Customer
) -> None:
    client, here = as_(cast.host), url(house, guest, "consent/sms/")
    assert client.post(here, {"wish": "True", "words": ""}).status_code == 422
    for _ in range(2):
        client.post(here, {"wish": "True", "words": "Card of 3 May"})
    entry = ConsentEntry.objects.get()
    assert (entry.kind, entry.given, entry.text) == ("sms", True, "Card of 3 May")
    assert "“Card of 3 May”" in client.get(url(house, guest)).content.decode()
    assert client.get(url(house, guest, "consent/dancing/")).status_code == 404


def test_two_records_are_merged_after_a_preview_and_taken_apart(
    as_: As, cast: Cast, house: Restaurant, guest: Customer
) -> None:
    other = Customer.objects.create(
        organization=house.organization, name="E. Dupre", phone="+12125550166", tags=["Press"]
    )
    row = came(house, other, 7)
    client = as_(cast.manager)
    found = client.get(url(house, guest, "merge/"), {"q": "0166"}).content.decode()
    assert f"?with={other.public_id}" in found
    preview = client.get(url(house, guest, "merge/"), {"with": other.public_id}).content.decode()
    assert "(+12125550166 goes on finding the guest)" in preview
    assert "Bookings: 1" in preview
    assert Customer.objects.filter(merged_into=None).count() == 2
    client.post(url(house, guest, "merge/"), {"with": other.public_id})
    row.refresh_from_db()
    assert row.customer == guest
    merge = CustomerMerge.objects.get()
    assert client.get(url(house, guest, f"merge/{merge.public_id}/undo/")).status_code == 200
    client.post(url(house, guest, f"merge/{merge.public_id}/undo/"))
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.customer, other.merged_into, other.tags) == (other, None, ["Press"])


def test_a_merge_that_concerns_another_house_is_undone_by_who_has_a_say_there(
    as_: As, cast: Cast, house: Restaurant, guest: Customer, clock: Clock
) -> None:
    sister = make_bella(tables=1, organization=house.organization, name="Sister")
    other = Customer.objects.create(
        organization=house.organization, name="E. Dupre", phone="+12125550166"
    )
    row = came(sister, other, 7)
    merge_customers(house.organization_id, guest.public_id, other.public_id, by=SYSTEM)
    merge = CustomerMerge.objects.get()
    client, undo = as_(cast.manager), url(house, guest, f"merge/{merge.public_id}/undo/")
    said = client.post(undo, follow=True).content.decode()
    assert "other restaurants of the group" in said
    row.refresh_from_db()
    merge.refresh_from_db()
    assert (row.customer, merge.undone_at) == (guest, None)
    Membership.objects.create(user=cast.manager, restaurant=sister, role=Role.MANAGER)
    client.post(undo)
    row.refresh_from_db()
    assert row.customer == other


def test_everything_is_handed_out(as_: As, cast: Cast, house: Restaurant, guest: Customer) -> None:
    came(house, guest, 7)
    add_note(guest, "=Likes the bench", by=SYSTEM)
    client = as_(cast.manager)
    found = json.loads(client.get(url(house, guest, "export.json")).content)
    assert found["guest"]["name"] == "Élodie Dupré"
    assert [note["text"] for note in found["notes_of_the_team"]] == ["=Likes the bench"]
    assert [row["date"] for row in found["bookings"]] == ["2025-10-31"]
    answer = client.get(url(house, guest, "export.csv"))
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 2
    assert lines[0].startswith("booking,restaurant,service,date")


def test_erasing_wants_the_name(as_: As, cast: Cast, house: Restaurant, guest: Customer) -> None:
    row = came(house, guest, 7)
    client = as_(cast.manager)
    assert client.post(url(house, guest, "erase/"), {"name": "Elodie"}).status_code == 422
    assert client.post(url(house, guest, "erase/"), {"name": "élodie  dupré"}).status_code == 302
    row.refresh_from_db()
    guest.refresh_from_db()
    assert (guest.name, guest.email, row.guest_name) == ("Erased guest", "", "Erased guest")
    assert (row.party_size, row.status) == (2, "completed")
    assert client.get(url(house, guest)).status_code == 404


def test_a_guest_known_at_a_house_one_does_not_manage_is_not_erased_there(
    as_: As, cast: Cast, house: Restaurant, guest: Customer, clock: Clock
) -> None:
    sister = make_bella(tables=1, organization=house.organization, name="Sister")
    came(sister, guest, 7)
    client = as_(cast.manager)
    answer = client.post(url(house, guest, "erase/"), {"name": guest.name})
    assert answer.status_code == 409
    assert "other restaurants of the group" in answer.content.decode()
    Membership.objects.create(user=cast.manager, restaurant=sister, role=Role.MANAGER)
    assert client.post(url(house, guest, "erase/"), {"name": guest.name}).status_code == 302


def test_a_list_of_thirty_guests_asks_the_database_as_often_as_one_of_one(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client, here = as_(cast.host), f"/staff/r/{house.slug}/guests/"
    counts = []
    # The house looked at last is kept in the session once.
    client.get(here)
    for number in (1, 30):
        for n in range(number):
            name = f"Guest {number} {n}"
            Customer.objects.create(organization=house.organization, name=name)
        with CaptureQueriesContext(connection) as queries:
            client.get(here)
        counts.append(len(queries))
    assert counts[0] == counts[1]
