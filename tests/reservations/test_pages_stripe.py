"""Paying through Stripe on our pages, as a browser without JavaScript sees it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from payments.models import Payment, ProviderAnswer
from reservations.models import Reservation
from restaurants.models import Restaurant
from tests import factories
from tests.fixtures.domain import Clock
from tests.payments.gateways.stripe_account import StripeAccount, make_account
from tests.reservations.browser import ADA, Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(stripe_account: StripeAccount) -> StripeAccount:
    return stripe_account


@pytest.fixture
def house(clock: Clock, account: StripeAccount) -> Restaurant:
    """Bella Notte, paid through Stripe."""
    restaurant = factories.make_bella()
    make_account(restaurant)
    return restaurant


@pytest.fixture
def held(house: Restaurant) -> Browser:
    """A guest at the form of a held table with a deposit of $50."""
    return Browser().hold(house)


def policy(answer: Any) -> dict[str, list[str]]:
    """The security policy of an answer: directive → sources."""
    parts = (part.split() for part in answer["Content-Security-Policy"].split(";"))
    return {part[0]: part[1:] for part in parts if part}


def test_the_page_tells_stripes_element_what_is_paid(held: Browser) -> None:
    found = dict(re.findall(r'data-(key|mode|amount|currency|capture|locale)="([^"]*)"', held.html))
    assert found == {
        "key": "pk_test_1",
        "mode": "payment",
        "amount": "5000",
        "currency": "usd",
        "capture": "automatic",
        "locale": "en",
    }
    assert "sk_test" not in held.html
    assert "This is a test." in held.text


def test_stripes_hosts_are_allowed_where_stripe_is_paid_and_nowhere_else(
    house: Restaurant, held: Browser
) -> None:
    there = policy(held.client.get(held.url))
    assert there["script-src"] == ["'self'", "https://js.stripe.com", "https://*.js.stripe.com"]
    assert there["connect-src"] == ["'self'", "https://api.stripe.com"]
    assert "https://hooks.stripe.com" in there["frame-src"]
    assert "https://checkout.stripe.com" in there["form-action"]
    assert there["default-src"] == ["'self'"]
    others = factories.make_bella(slug="sandbox-house")
    paid_elsewhere = Browser().hold(others)
    for url in (f"/r/{house.slug}/", "/", paid_elsewhere.url):
        assert "stripe" not in paid_elsewhere.client.get(url)["Content-Security-Policy"]


def test_a_token_pays_and_books(held: Browser, account: StripeAccount) -> None:
    held.post(held.url, **ADA, token="ctoken_visa")
    assert "Your table is booked" in held.text
    payment = Payment.objects.get()
    assert (payment.status, payment.card_brand, payment.card_last4) == ("succeeded", "Visa", "4242")
    assert payment.provider_reference.startswith("pi_")
    assert len(account.judge.posts("/v1/payment_intents")) == 1


def test_without_a_token_the_guest_pays_on_stripes_page(
    held: Browser, account: StripeAccount
) -> None:
    answer = held.client.post(held.url, ADA)
    assert answer.status_code == 302
    assert answer["Location"] == "https://checkout.stripe.com/c/pay/cs_test_1"
    held.get(held.url)
    assert "Go on to the payment" in held.text
    account.finish_page(Payment.objects.get().provider_reference)
    held.post(held.url)
    assert "Your table is booked" in held.text
    assert Payment.objects.get().provider_reference.startswith("pi_")


def test_a_bank_that_asks_is_answered_on_our_page(held: Browser, account: StripeAccount) -> None:
    held.post(held.url, **ADA, token="ctoken_3ds")
    assert "asks you to approve it." in held.text
    assert 'data-secret="pi_secret_x"' in held.html
    assert "https://js.stripe.com" in held.client.get(held.url)["Content-Security-Policy"]
    account.succeed(Payment.objects.get().provider_reference)
    held.post(held.url)
    assert "Your table is booked" in held.text
    assert Reservation.objects.count() == 1


def test_a_decline_says_why_and_keeps_the_table(held: Browser) -> None:
    held.post(held.url, **ADA, token="pm_card_insufficient")
    assert "Your card has insufficient funds." in held.text
    assert "You were not charged. Please try another card." in held.text
    assert 'name="token" value=""' in held.html
    held.post(held.url, **ADA, token="ctoken_visa")
    assert "Your table is booked" in held.text


@pytest.mark.parametrize("token", ["4242424242424242", "tok_visa", "ctoken_of_nobody", "x" * 200])
def test_what_is_no_token_is_refused_and_charges_nothing(
    held: Browser, account: StripeAccount, token: str
) -> None:
    held.post(held.url, **ADA, token=token)
    assert held.status == 200
    assert held.url.startswith("/hold/")
    assert Reservation.objects.count() == 0
    assert "succeeded" not in {thing.get("status") for thing in account.things.values()}


def test_no_answer_is_kept_with_a_secret_in_it(held: Browser, account: StripeAccount) -> None:
    held.post(held.url, **ADA, token="ctoken_visa")
    kept = json.dumps(list(ProviderAnswer.objects.values_list("body", flat=True)))
    assert "pi_" in kept
    assert not re.search(r"secret|Jenny|@|fingerprint", kept)


@pytest.mark.parametrize(
    ("kind", "days", "expected", "status"),
    [
        ("hold", 1, ("payment", "manual"), "authorized"),
        ("hold", 0, ("setup", "automatic"), "saved"),
        ("card", 0, ("setup", "automatic"), "saved"),
    ],
)
def test_holds_and_cards_on_file_are_made_as_the_element_promised(
    clock: Clock,
    house: Restaurant,
    account: StripeAccount,
    kind: str,
    days: int,
    expected: tuple[str, str],
    status: str,
) -> None:
    house.policies.update(kind=kind)
    clock.advance(days=days)
    guest = Browser().hold(house)
    found = dict(re.findall(r'data-(mode|capture)="([^"]*)"', guest.html))
    assert (found["mode"], found["capture"]) == expected
    guest.post(guest.url, **ADA, token="ctoken_visa")
    assert "Your table is booked" in guest.text
    assert Payment.objects.get().status == status
