"""Paying through Square in a real browser, with a stand-in for the script that Square serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from payments.models import Payment
from restaurants.models import Restaurant
from tests.e2e.axe import barriers
from tests.e2e.conftest import DESK, PHONE, OpenVisit, Visit
from tests.e2e.test_booking import TIMES, fill_in, fits, hold
from tests.payments.gateways import squares_books
from tests.payments.gateways.squares_books import SquaresBooks

BOOKED = "Your table is booked"

# As much of Square's script as the page uses. The field takes the name of a token, not a card.
STAND_IN = """
window.said = [];
window.Square = {
  payments: (application, location) => ({
    card: async ({ style }) => {
      let field;
      window.said.push({ application, location, style });
      return {
        attach: async (place) => {
          place.innerHTML = '<label>Card <input id="stand-in"></label>';
          field = place.querySelector("input");
        },
        configure: async (changes) => window.said.push(changes),
        tokenize: async (details) => {
          window.said.push(details);
          return field.value
            ? { status: "OK", token: field.value }
            : { status: "Invalid", errors: [{ message: "Your card is incomplete." }] };
        },
      };
    },
  }),
};
"""


@pytest.fixture
def house(venue: Restaurant, square: SquaresBooks) -> Restaurant:
    """Bella Notte, paid through Square."""
    squares_books.make_account(venue)
    return venue


@pytest.fixture
def visit(visit: OpenVisit) -> Iterator[OpenVisit]:
    """Square's script is the one thing that may come from elsewhere."""
    guests: list[Visit] = []

    def start(**options: Any) -> Visit:
        guests.append(visit(**options))
        return guests[-1]

    yield start
    for guest in guests:
        assert {url for url in guest.elsewhere if "web.squarecdn.com" not in url} == set()
        guest.elsewhere.clear()


def held(visit: OpenVisit, script: str = STAND_IN, viewport: object = DESK) -> Page:
    """A guest at the form of a held table; ``script`` is what Square's host gives."""
    guest = visit(viewport=viewport)

    def answer(route: Route) -> None:
        route.fulfill(body=script, content_type="text/javascript")

    guest.page.route("https://sandbox.web.squarecdn.com/**", answer)
    page = guest.open(TIMES)
    hold(page)
    fill_in(page)
    return page


def pay(page: Page, token: str) -> None:
    page.get_by_label("Card", exact=True).fill(token)
    page.locator("[data-confirm]").click()


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_a_deposit_is_paid_with_squares_fields(
    visit: OpenVisit, house: Restaurant, square: SquaresBooks, viewport: dict[str, int]
) -> None:
    page = held(visit, viewport=viewport)
    expect(page.get_by_label("Card", exact=True)).to_be_visible()
    expect(page.get_by_text("need JavaScript")).to_be_hidden()
    made = page.evaluate("window.said[0]")
    assert (made["application"], made["location"]) == (
        squares_books.APPLICATION,
        squares_books.LOCATION,
    )
    assert made["style"]["input"]["fontSize"] == "16px"
    assert made["style"][".input-container.is-focus"]["borderColor"] == "#1d5c48"
    assert fits(page)
    pay(page, squares_books.GOOD)
    expect(page.get_by_role("heading", name=BOOKED)).to_be_visible()
    assert Payment.objects.get().status == "succeeded"
    assert len(square.payments) == 1


def test_the_bank_is_told_who_pays_what(visit: OpenVisit, house: Restaurant) -> None:
    page = held(visit)
    page.locator("[data-confirm]").click()
    expect(page.get_by_role("alert").get_by_text("Your card is incomplete.")).to_be_visible()
    asked = page.evaluate("window.said.at(-1)")
    buyer = asked.pop("billingContact")
    assert asked == {
        "amount": "50.00",
        "currencyCode": "USD",
        "intent": "CHARGE",
        "customerInitiated": True,
        "sellerKeyedIn": False,
    }
    assert buyer["countryCode"] == "US"
    assert buyer["givenName"]
    assert "" not in buyer.values()


def test_a_decline_asks_for_another_card(
    visit: OpenVisit, house: Restaurant, square: SquaresBooks
) -> None:
    page = held(visit)
    pay(page, squares_books.DECLINED)
    expect(page.get_by_role("alert").get_by_text("Your card was declined.")).to_be_visible()
    pay(page, squares_books.GOOD)
    expect(page.get_by_role("heading", name=BOOKED)).to_be_visible()


def test_without_squares_script_the_guest_hears_why(
    visit: OpenVisit, house: Restaurant, square: SquaresBooks
) -> None:
    page = held(visit, script="")
    expect(page.get_by_text("need JavaScript")).to_be_visible()
    page.locator("[data-confirm]").click()
    expect(page.locator("[data-wrong]")).to_have_text("Please enter your card.")
    assert square.judge.calls == []


def test_the_page_can_be_used_by_everybody(visit: OpenVisit, house: Restaurant) -> None:
    page = held(visit)
    expect(page.get_by_label("Card", exact=True)).to_be_visible()
    assert barriers(page) == []
