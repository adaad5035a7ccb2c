"""Texts: whose account sends them, and what became of those about a booking."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.urls import reverse

from core import jobs
from core.actors import SYSTEM
from core.models import AuditEntry
from core.secrets import decrypt
from notifications.models import Message, SmsAccount, SmsReply
from notifications.services.consents import remember
from reservations.ledger.confirm import Contact
from reservations.models import Reservation
from reservations.services.bookings import Extras, book
from reservations.services.payment_requests import ask_for_payment
from restaurants.models import Restaurant
from tests.faults.acts import ask
from tests.fixtures.domain import Clock
from tests.fixtures.twilio import GUEST, SERVICE, SID, connect
from tests.staff.conftest import As, Cast

pytestmark = pytest.mark.django_db

SECRET = "very-secret-token"
FORM = {
    "mode": "test",
    "account_sid": SID,
    "auth_token": SECRET,
    "messaging_service_sid": SERVICE,
    "sender": "",
    "api_key_sid": "",
    "api_key_secret": "",
    "shared_key": "",
    "quiet_from": "21:00",
    "quiet_until": "09:00",
    "daily_limit": "500",
}


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "wake", lambda *_: None)


def url(house: Restaurant, name: str = "texts_connect", *more: str) -> str:
    return reverse(f"staff:{name}", args=[house.slug, *more])


def test_a_manager_connects_twilio_and_reads_no_secret_again(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.manager)
    page = client.post(url(house), FORM, follow=True).content.decode()
    account = SmsAccount.objects.get()
    assert "Test: nobody gets a text" in page
    for what in ("inbound", "status"):
        assert f"/api/webhooks/sms/{account.public_id}/{what}" in page
    assert "21:00" in page
    form = client.get(url(house)).content.decode()
    assert SID in form
    assert SECRET not in page + form + account.credentials
    assert json.loads(decrypt(account.credentials))["auth_tokens"] == [SECRET]
    entry = AuditEntry.objects.get(verb="sms_account.connected")
    assert (entry.data["changed"], entry.restaurant_id) == (["auth_token"], house.pk)
    assert SECRET not in str(entry.data)


def test_an_empty_secret_stays_and_a_new_token_joins_the_last(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.owner)
    client.post(url(house), FORM)
    for token in ("", "second", "third"):
        client.post(url(house), FORM | {"auth_token": token})
    account = SmsAccount.objects.get()
    assert json.loads(decrypt(account.credentials))["auth_tokens"] == ["third", "second"]


def test_another_account_takes_over_and_the_old_one_stays_for_its_texts(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.owner)
    client.post(url(house), FORM)
    client.post(url(house), FORM | {"mode": "live"})
    rows = SmsAccount.objects.order_by("pk").values_list("is_test", "is_active")
    assert list(rows) == [(True, False), (False, True)]
    client.post(url(house), FORM)
    rows = SmsAccount.objects.order_by("pk").values_list("is_test", "is_active")
    assert list(rows) == [(True, True), (False, False)]
    client.post(url(house, "texts_stop"))
    client.post(url(house, "texts_stop"))
    assert not SmsAccount.objects.filter(is_active=True).exists()
    assert AuditEntry.objects.filter(verb="sms_account.disconnected").count() == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("account_sid", "SK123", "An account SID begins with AC"),
        ("auth_token", "", "The auth token is needed"),
        ("messaging_service_sid", "AC1", "begins with MG"),
        ("messaging_service_sid", "", "Enter a messaging service or a sender."),
        ("sender", "07700 900123", "A number such as +447700900123"),
        ("sender", "Much too long a name", "A number such as +447700900123"),
        ("api_key_sid", "x", "An API key SID begins with SK"),
        ("api_key_sid", "SK" + "0" * 32, "Enter the secret of the API key."),
        ("quiet_until", "", "Enter both ends of the quiet hours"),
        ("daily_limit", "0", "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    field: str, value: str, sentence: str, as_: As, cast: Cast, house: Restaurant
) -> None:
    answer = as_(cast.owner).post(url(house), FORM | {field: value})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert SmsAccount.objects.count() == 0


def test_a_house_may_write_under_its_name(as_: As, cast: Cast, house: Restaurant) -> None:
    form = FORM | {"messaging_service_sid": "", "sender": "BellaNotte"}
    as_(cast.owner).post(url(house), form | {"quiet_from": "", "quiet_until": ""})
    account = SmsAccount.objects.get()
    assert (account.sender, account.quiet_from) == ("BellaNotte", None)


# --- About a booking ------------------------------------------------------------------------------


@pytest.fixture
def row(house: Restaurant, clock: Clock) -> Reservation:
    connect(house)
    made = book(ask(house), Contact("Ada Guest", "", GUEST), Extras(), by=SYSTEM)
    ask_for_payment(made.public_id, by=SYSTEM, amount=Decimal(30), kind="deposit")
    return made


def test_the_list_says_what_became_of_each_message(
    as_: As, cast: Cast, house: Restaurant, row: Reservation
) -> None:
    client, there = as_(cast.host), url(house, "booking_messages", row.public_id)
    assert there in client.get(url(house, "booking_money", row.public_id)).content.decode()
    for values, said in (
        ({"status": "queued"}, "Waits"),
        ({"status": "sent", "delivery": "sent"}, "Sent"),
        ({"status": "sent", "delivery": "delivered", "segments": 2}, "Delivered"),
        ({"status": "unknown"}, "Perhaps sent"),
        ({"status": "failed", "error_code": 30005}, "This number does not exist"),
        ({"status": "failed", "error_code": 21608}, "This is a trial account"),
    ):
        Message.objects.filter(kind="payment_requested").update(**values)
        page = client.get(there).content.decode()
        assert said in page, values
    assert page.index("Payment link") < page.index("Confirmation")
    assert GUEST in page


def test_a_guest_who_answered_stop_is_seen(
    as_: As, cast: Cast, house: Restaurant, row: Reservation, clock: Clock
) -> None:
    said = {"how": "STOP", "reference": "SM1", "at": clock.now}
    remember(house.pk, GUEST, SmsReply.What.OUT, **said)  # type: ignore[arg-type]
    page = as_(cast.host).get(url(house, "booking_messages", row.public_id)).content.decode()
    assert "This guest answered STOP" in page


def test_a_message_is_sent_again_once(
    as_: As, cast: Cast, house: Restaurant, row: Reservation
) -> None:
    message = Message.objects.get(kind="reservation_confirmed")
    Message.objects.filter(pk=message.pk).update(status="failed", error_code=30005)
    again = url(house, "message_resend", row.public_id, message.public_id)
    for _ in range(2):
        assert as_(cast.host).post(again).status_code == 302
    message.refresh_from_db()
    assert message.status == "queued"
    assert AuditEntry.objects.filter(verb="message.resent").count() == 1
    other = url(house, "message_resend", row.public_id, "msg_nobody")
    assert as_(cast.host).post(other).status_code == 404


def test_the_form_of_a_payment_link_says_how_it_goes(
    as_: As, cast: Cast, house: Restaurant, row: Reservation
) -> None:
    page = as_(cast.host).get(url(house, "booking_ask", row.public_id)).content.decode()
    assert "The guest gets a text with a link to pay by." in page
    SmsAccount.objects.update(is_active=False)
    page = as_(cast.host).get(url(house, "booking_ask", row.public_id)).content.decode()
    assert "the link cannot be sent" in page


def test_figures_count_thirty_days(
    as_: As, cast: Cast, house: Restaurant, row: Reservation, clock: Clock
) -> None:
    Message.objects.filter(kind="payment_requested").update(status="sent", delivery="delivered")
    page = as_(cast.owner).get(url(house, "texts")).content.decode()
    assert "<dt>Texts in 30 days</dt><dd>2</dd>" in page
    assert "<dt>Delivered</dt><dd>1</dd>" in page
    clock.advance(days=31)
    page = as_(cast.owner).get(url(house, "texts")).content.decode()
    assert "<dt>Texts in 30 days</dt><dd>0</dd>" in page
