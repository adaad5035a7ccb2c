"""Paying through Square and PayPal on our pages, as a browser without JavaScript sees it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from payments.models import Payment
from reservations.models import Reservation
from restaurants.models import Restaurant
from tests import factories
from tests.fixtures.domain import Clock
from tests.payments.gateways import paypals_books, squares_books
from tests.payments.gateways.paypals_books import PayPalsBooks
from tests.payments.gateways.squares_books import SquaresBooks
from tests.reservations.browser import ADA, Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_square(clock: Clock, square: SquaresBooks) -> Browser:
    """A guest at the form of a held table with a deposit of $50, paid through Square."""
    restaurant = factories.make_bella()
    squares_books.make_account(restaurant)
    return Browser().hold(restaurant)


@pytest.fixture
def at_paypal(clock: Clock, paypal: PayPalsBooks) -> Browser:
    """The same, paid through PayPal."""
    restaurant = factories.make_bella()
    paypals_books.make_account(restaurant)
    return Browser().hold(restaurant)


def policy(answer: Any) -> dict[str, list[str]]:
    """The security policy of an answer: directive → sources."""
    parts = (part.split() for part in answer["Content-Security-Policy"].split(";"))
    return {part[0]: part[1:] for part in parts if part}


class TestSquare:
    def test_the_page_tells_squares_fields_what_is_paid(self, at_square: Browser) -> None:
        names = "application|location|amount|currency|intent|country"
        assert dict(re.findall(rf'data-({names})="([^"]*)"', at_square.html)) == {
            "application": squares_books.APPLICATION,
            "location": squares_books.LOCATION,
            "amount": "50.00",
            "currency": "USD",
            "intent": "CHARGE",
            "country": "US",
        }
        assert "https://sandbox.web.squarecdn.com/v1/square.js" in at_square.html
        assert squares_books.TOKEN not in at_square.html
        assert "This is a test." in at_square.text
        assert "need JavaScript" in at_square.text

    def test_squares_hosts_are_allowed_here_and_nowhere_else(self, at_square: Browser) -> None:
        there = policy(at_square.client.get(at_square.url))
        assert there["script-src"] == [
            "'self'",
            "https://web.squarecdn.com",
            "https://sandbox.web.squarecdn.com",
        ]
        assert "https://pci-connect.squareup.com" in there["connect-src"]
        assert there["default-src"] == ["'self'"]
        for url in ("/", f"/r/{Restaurant.objects.get().slug}/"):
            elsewhere = at_square.client.get(url)["Content-Security-Policy"]
            assert "square" not in elsewhere
            assert "unsafe" not in elsewhere

    def test_a_token_pays_and_books(self, at_square: Browser, square: SquaresBooks) -> None:
        at_square.post(at_square.url, **ADA, token=squares_books.GOOD)
        assert "Your table is booked" in at_square.text
        payment = Payment.objects.get()
        assert (payment.status, payment.card_brand, payment.card_last4) == (
            "succeeded",
            "Visa",
            "5858",
        )
        assert list(square.payments) == [payment.provider_reference]

    def test_a_decline_says_why_and_keeps_the_table(self, at_square: Browser) -> None:
        at_square.post(at_square.url, **ADA, token=squares_books.DECLINED)
        assert "Your card was declined." in at_square.text
        assert 'name="token" value=""' in at_square.html
        at_square.post(at_square.url, **ADA, token=squares_books.GOOD)
        assert "Your table is booked" in at_square.text

    @pytest.mark.parametrize(
        "token", ["", "4242424242424242", "ccof:somebodys", "cnon:" + "x" * 300]
    )
    def test_what_is_no_token_charges_nothing(
        self, at_square: Browser, square: SquaresBooks, token: str
    ) -> None:
        at_square.post(at_square.url, **ADA, token=token)
        assert at_square.url.startswith("/hold/")
        assert "nter your card" in at_square.text or "at most" in at_square.text
        assert Reservation.objects.count() == 0
        assert square.payments == {}


class TestPayPal:
    def test_one_button_leads_to_paypal_without_javascript(
        self, at_paypal: Browser, paypal: PayPalsBooks
    ) -> None:
        assert "Pay with PayPal" in at_paypal.text
        assert "You approve the payment on a page of PayPal" in at_paypal.text
        assert paypals_books.SECRET not in at_paypal.html
        answer = at_paypal.client.post(at_paypal.url, ADA)
        assert answer.status_code == 302
        (number,) = paypal.orders
        assert answer["Location"] == f"https://www.sandbox.paypal.com/checkoutnow?token={number}"
        unit = paypal.orders[number]["purchase_units"][0]
        assert unit["amount"] == {"currency_code": "USD", "value": "50.00"}

    def test_the_form_may_lead_to_paypal(self, at_paypal: Browser) -> None:
        there = policy(at_paypal.client.get(at_paypal.url))
        assert there["form-action"] == [
            "'self'",
            "https://www.paypal.com",
            "https://www.sandbox.paypal.com",
        ]
        assert there["script-src"] == ["'self'"]

    def test_what_was_approved_is_taken_and_booked_once(
        self, at_paypal: Browser, paypal: PayPalsBooks
    ) -> None:
        at_paypal.client.post(at_paypal.url, ADA)
        (order,) = paypal.orders.values()
        assert Payment.objects.get().provider_reference == f"order:{order['id']}"
        order["status"] = "APPROVED"
        at_paypal.post(at_paypal.url)
        assert "Your table is booked" in at_paypal.text
        payment = Payment.objects.get()
        assert (payment.status, payment.captured) == ("succeeded", Decimal(50))
        assert list(paypal.captures) == [payment.provider_reference]

    def test_coming_back_without_approval_leads_there_again(
        self, at_paypal: Browser, paypal: PayPalsBooks
    ) -> None:
        at_paypal.client.post(at_paypal.url, ADA)
        again = at_paypal.client.post(at_paypal.url)
        (number,) = paypal.orders
        assert again["Location"].endswith(f"checkoutnow?token={number}")
        assert Reservation.objects.count() == 0
        assert paypal.captures == {}
