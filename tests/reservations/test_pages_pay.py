"""The page behind a payment link, without scripts: every state, every repeat."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from core.actors import SYSTEM
from payments.gateways.sandbox import THREE_D_SECURE, decide
from payments.models import Payment
from reservations.models import PaymentRequest, Reservation
from reservations.payment_forms import SandboxForm
from reservations.services.links import issue_link
from reservations.services.payment_links import expire_requests
from reservations.services.payment_requests import pay_token, withdraw
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.money import asked

pytestmark = pytest.mark.django_db(transaction=True)


def page(request: PaymentRequest) -> str:
    return f"/pay/{pay_token(request)}/"


def shown(client: Client, request: PaymentRequest) -> str:
    answer = client.get(page(request))
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, request: PaymentRequest, card: str = "tok_visa_4242") -> Any:
    return client.post(page(request), {"card": card})


def test_the_page_says_what_for_how_much_and_under_which_terms(
    clock: Clock, bella: Restaurant, client: Client
) -> None:
    request = asked(bella)
    text = shown(client, request)
    for words in (
        "Pay for your table",
        "Bella Notte",
        "Saturday 15 November 2025, 19:00",
        "2 guests",
        "$50.00",
        "Monday 10 November 2025, 12:30",
        "Cancel by Friday 14 November 2025, 19:00: the full $50.00 comes back.",
        "Pay $50.00",
    ):
        assert words in text, words
    assert Payment.objects.count() == 0


def test_nothing_keeps_the_page_or_leads_searchers_to_it(
    clock: Clock, bella: Restaurant, client: Client
) -> None:
    answer = client.get(page(asked(bella)))
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Referrer-Policy"] == "strict-origin"


def test_paying_leads_to_the_booking(clock: Clock, bella: Restaurant, client: Client) -> None:
    request = asked(bella)
    for _ in range(2):
        answer = send(client, request)
        assert (answer.status_code, answer["Location"]) == (302, page(request))
    text = shown(client, request)
    assert "Thank you, this is paid" in text
    row = Reservation.objects.get()
    assert f"/booking/{issue_link(row.public_id)}/" in text
    assert (row.status, Payment.objects.count()) == ("confirmed", 1)


def test_a_declined_card_is_said_and_another_one_will_do(
    clock: Clock, bella: Restaurant, client: Client
) -> None:
    request = asked(bella)
    answer = send(client, request, "tok_visa_0002")
    assert answer["Location"].endswith("#pay")
    assert "Your card was declined. You were not charged." in shown(client, request)
    send(client, request)
    assert "this is paid" in shown(client, request)


def test_an_empty_form_says_what_is_missing(
    clock: Clock, bella: Restaurant, client: Client
) -> None:
    request = asked(bella)
    client.post(page(request), {})
    assert "Please choose a card." in shown(client, request)


def test_the_bank_is_asked_about_by_a_button_not_by_looking(
    clock: Clock, bella: Restaurant, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(bella)
    monkeypatch.setattr(SandboxForm, "method", lambda _: {"token": THREE_D_SECURE})
    assert "/sandbox/bank/" in send(client, request)["Location"]
    assert "Check the payment again" in shown(client, request)
    decide(Payment.objects.get().provider_reference, approve=True)
    assert "Check the payment again" in shown(client, request)
    client.post(page(request))
    assert "this is paid" in shown(client, request)


def test_expired_and_withdrawn_links_say_so_and_take_nothing(
    clock: Clock, bella: Restaurant, client: Client
) -> None:
    request = asked(bella)
    withdrawn = asked(bella, time="14:00")
    withdraw(withdrawn.public_id, by=SYSTEM)
    clock.advance(minutes=31)
    assert "This link has expired" in shown(client, request)
    expire_requests()
    assert "This link has expired" in shown(client, request)
    assert "Nothing to pay any more" in shown(client, withdrawn)
    send(client, request)
    send(client, withdrawn)
    assert Payment.objects.count() == 0


def test_a_link_nobody_sent_opens_nothing(clock: Clock, bella: Restaurant, client: Client) -> None:
    assert client.get("/pay/aaaaaaaaaaaaaaaaaaaaaaaaaaa/").status_code == 404


def test_the_page_of_the_booking_leads_to_the_payment(
    clock: Clock, bella: Restaurant, client: Client
) -> None:
    request = asked(bella)
    link = issue_link(Reservation.objects.get().public_id)
    assert page(request) in client.get(f"/booking/{link}/").content.decode()
    send(client, request)
    assert page(request) not in client.get(f"/booking/{link}/").content.decode()


@pytest.mark.parametrize(("email", "is_told"), [("ada@example.com", True), ("", False)])
def test_only_who_left_an_address_is_told_of_a_message(
    clock: Clock, bella: Restaurant, client: Client, email: str, is_told: bool
) -> None:
    request = asked(bella)
    Reservation.objects.filter(pk=request.reservation_id).update(guest_email=email)
    send(client, request)
    text = shown(client, request)
    assert "Thank you, this is paid" in text
    assert ("You have a message" in text) is is_told
