"""Guests who are reached by text: confirmations, changes, links to pay, reminders."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from core.actors import SYSTEM
from notifications.models import Message
from reservations.details import Details
from reservations.ledger.confirm import Contact
from reservations.models import Reservation
from reservations.selectors.houses import House, house
from reservations.services.bookings import Extras, book
from reservations.services.cancellation import cancel_reservation
from reservations.services.changes import Change, change_reservation
from reservations.services.payment_requests import ask_for_payment
from reservations.services.reminders import remind_due
from restaurants.models import Restaurant
from tests.factories import make_bella
from tests.faults.acts import ask
from tests.fixtures.domain import Clock
from tests.fixtures.twilio import GUEST, TwilioAccount, connect
from tests.reservations.money import EMAIL

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves by itself."""
    from core import jobs

    monkeypatch.setattr(jobs, "wake", lambda *_: None)


@pytest.fixture
def bella(clock: Clock) -> Restaurant:
    return make_bella(tables=2, deposit=None, slug="bella", name="Bella Notte")


@pytest.fixture
def texting(bella: Restaurant) -> Restaurant:
    """The same with an account."""
    connect(bella)
    return bella


def booked(venue: Restaurant, email: str = "", phone: str = GUEST, **details: Any) -> Reservation:
    extras = Extras(details=Details(**details))
    return book(ask(venue), Contact("Ada Guest", email, phone), extras, by=SYSTEM)


def sent() -> list[tuple[str, str, str]]:
    """Kind, channel and recipient of each message, oldest first."""
    rows = Message.objects.order_by("id")
    return list(rows.values_list("kind", "channel", "recipient"))


def plan_of(venue: Restaurant) -> House:
    venue.refresh_from_db()
    return house(venue.pk, venue.plan_version)


def test_a_guest_with_a_number_only_hears_of_everything_by_text(texting: Restaurant) -> None:
    row = booked(texting)
    change_reservation(row.public_id, Change(time="20:00"), by=SYSTEM)
    ask_for_payment(row.public_id, by=SYSTEM, amount=Decimal(30), kind="deposit")
    cancel_reservation(row.public_id, by=SYSTEM)
    assert sent() == [
        ("reservation_confirmed", "sms", GUEST),
        ("reservation_changed", "sms", GUEST),
        ("payment_requested", "sms", GUEST),
        ("reservation_cancelled", "sms", GUEST),
    ]


def test_an_address_is_written_to_unless_the_guest_asks_for_texts(texting: Restaurant) -> None:
    booked(texting, EMAIL)
    booked(texting, EMAIL, by_sms=True)
    assert sent() == [
        ("reservation_confirmed", "email", EMAIL),
        ("reservation_confirmed", "sms", GUEST),
    ]
    assert Message.objects.order_by("id")[1].payload["instead"] == EMAIL


def test_a_house_without_an_account_writes_mails_only(bella: Restaurant) -> None:
    booked(bella, EMAIL, by_sms=True)
    booked(bella)
    assert sent() == [("reservation_confirmed", "email", EMAIL)]


def test_connecting_and_stopping_count_at_once(bella: Restaurant) -> None:
    assert not plan_of(bella).can_text
    account = connect(bella)
    assert plan_of(bella).can_text
    account.is_active = False
    account.save()
    assert not plan_of(bella).can_text


def test_a_test_booking_tells_nobody(texting: Restaurant) -> None:
    extras = Extras(is_test=True)
    book(ask(texting), Contact("Ada Guest", "", GUEST), extras, by=SYSTEM)
    assert sent() == []


# --- On the page of the hold ----------------------------------------------------------------------


def hold_page(client: Client, venue: Restaurant) -> str:
    answer = client.post(
        "/r/bella/hold/",
        {"date": "2025-11-15", "time": "19:00", "party": "2"},
    )
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def test_the_form_offers_texts_where_the_house_sends_them(
    client: Client, bella: Restaurant
) -> None:
    page = hold_page(client, bella)
    assert 'name="by_sms"' not in client.get(page).content.decode()
    connect(bella)
    assert 'name="by_sms"' in client.get(page).content.decode()


def test_a_guest_asks_for_texts_on_the_form(client: Client, texting: Restaurant) -> None:
    page = hold_page(client, texting)
    said = {"name": "Ada Guest", "email": EMAIL, "by_sms": "on"}
    refused = client.post(page, said, follow=True)
    assert "Please enter the number that we may text." in refused.content.decode()
    client.post(page, said | {"phone": "+44 7700 900123"})
    assert sent() == [("reservation_confirmed", "sms", GUEST)]
    row = Reservation.objects.get()
    assert (row.by_sms, row.guest_email) == (True, EMAIL)
    assert Message.objects.get().payload["instead"] == EMAIL


# --- Reminders ------------------------------------------------------------------------------------


def test_a_guest_is_reminded_once_a_day_before(texting: Restaurant, clock: Clock) -> None:
    row = booked(texting)
    Message.objects.all().delete()
    # Saturday at seven in New York.
    clock.set("2025-11-14T18:59:00-05:00")
    assert remind_due() == 0
    clock.set("2025-11-14T19:00:00-05:00")
    assert (remind_due(), remind_due()) == (1, 0)
    assert sent() == [("reservation_reminder", "sms", GUEST)]
    assert Message.objects.get().about == row.public_id


def test_a_booking_that_moves_is_reminded_of_again(texting: Restaurant, clock: Clock) -> None:
    row = booked(texting, EMAIL)
    clock.set("2025-11-14T19:30:00-05:00")
    assert remind_due() == 1
    change_reservation(row.public_id, Change(time="20:00"), by=SYSTEM)
    assert remind_due() == 0
    clock.set("2025-11-14T20:00:00-05:00")
    assert remind_due() == 1


def test_nobody_is_reminded_who_booked_a_moment_ago_or_does_not_come(
    texting: Restaurant, clock: Clock
) -> None:
    cancelled = booked(texting)
    cancel_reservation(cancelled.public_id, by=SYSTEM)
    clock.set("2025-11-14T12:00:00-05:00")
    booked(texting)
    Message.objects.all().delete()
    for time in ("2025-11-14T20:00:00-05:00", "2025-11-15T17:00:00-05:00"):
        clock.set(time)
        assert remind_due() == 0
    assert sent() == []


def test_a_house_reminds_when_it_wants_or_not_at_all(texting: Restaurant, clock: Clock) -> None:
    booked(texting)
    Restaurant.objects.filter(pk=texting.pk).update(reminder_hours=0)
    clock.set("2025-11-15T12:00:00-05:00")
    assert remind_due() == 0
    Restaurant.objects.filter(pk=texting.pk).update(reminder_hours=3)
    clock.set("2025-11-15T15:59:00-05:00")
    assert remind_due() == 0
    clock.set("2025-11-15T16:00:00-05:00")
    assert remind_due() == 1


def test_looking_for_reminders_is_one_query(
    texting: Restaurant,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    booked(texting)
    with django_assert_num_queries(1):
        remind_due()


def test_a_text_about_a_booking_leads_to_its_page(
    texting: Restaurant, twilio: TwilioAccount, client: Client
) -> None:
    from notifications.services import deliver_due

    booked(texting)
    assert deliver_due() == 1
    body = twilio.texts[0]["body"]
    link = body[body.index("https://") :].split()[0].partition("example.com")[2]
    assert client.get(link).status_code == 200
