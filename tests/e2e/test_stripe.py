"""Paying through Stripe in a real browser, with a stand-in for the script that Stripe serves."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from payments.models import Payment
from restaurants.models import Restaurant
from tests.e2e.axe import barriers
from tests.e2e.conftest import DESK, PHONE, OpenVisit
from tests.e2e.test_booking import TIMES, fill_in, fits, hold
from tests.payments.gateways.stripe_account import StripeAccount, make_account

BOOKED = "Your table is booked"
APPROVAL = re.compile("approve$")

# As much of Stripe.js as the page uses. The field takes the name of a token instead of a card.
STAND_IN = """
window.said = [];
window.Stripe = (key, options) => {
  let field;
  return {
    elements: (asked) => {
      window.said.push({ key, ...options, ...asked });
      return {
        create: () => ({
          on: (name, act) => name === "ready" && setTimeout(act),
          mount: (place) => {
            place.innerHTML = '<label>Card <input id="stand-in"></label>';
            field = place.querySelector("input");
          },
        }),
        update: (changes) => window.said.push(changes),
        submit: async () => (field.value ? {} : { error: { message: "Your card is incomplete." } }),
      };
    },
    createConfirmationToken: async () => ({ confirmationToken: { id: field.value } }),
    handleNextAction: async ({ clientSecret }) => {
      window.said.push({ clientSecret });
      await fetch("/favicon.ico?approve");
      return window.refuses ? { error: { message: "The window was closed." } } : {};
    },
  };
};
"""


class OfOthers(list[str]):
    """Addresses that were asked for elsewhere; Stripe's script is the one thing that may be."""

    def append(self, url: str) -> None:
        if not url.startswith("https://js.stripe.com/"):
            super().append(url)


@pytest.fixture
def house(venue: Restaurant, stripe_account: StripeAccount) -> Restaurant:
    """Bella Notte, paid through Stripe."""
    make_account(venue)
    return venue


def held(visit: OpenVisit, script: str | None = STAND_IN, **options: Any) -> Page:
    """A guest at the form of a held table; ``script`` is what js.stripe.com gives, if anything."""
    guest = visit(**options)
    guest.elsewhere = OfOthers()

    def answer(route: Route) -> None:
        if script is None:
            route.abort()
        else:
            route.fulfill(body=script, content_type="text/javascript")

    guest.page.route("https://js.stripe.com/**", answer)
    page = guest.open(TIMES)
    if options.get("java_script_enabled") is False:
        page.locator(".slot__radio").last.check(force=True)
        page.get_by_role("button", name="Hold this table").click()
    else:
        hold(page)
    fill_in(page)
    return page


def pay(page: Page, token: str) -> None:
    page.get_by_label("Card", exact=True).fill(token)
    page.locator("[data-confirm]").click()


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_a_deposit_is_paid_with_stripes_element(
    visit: OpenVisit, house: Restaurant, stripe_account: StripeAccount, viewport: dict[str, int]
) -> None:
    page = held(visit, viewport=viewport)
    options = page.evaluate("window.said[0]")
    assert (options["key"], options["mode"], options["amount"]) == ("pk_test_1", "payment", 5000)
    assert options["appearance"]["variables"]["colorPrimary"] == "#1d5c48"
    assert fits(page)
    pay(page, "ctoken_visa")
    expect(page.get_by_role("heading", name=BOOKED)).to_be_visible()
    assert Payment.objects.get().status == "succeeded"


def test_what_is_wrong_with_the_card_is_said_beside_it_and_nothing_is_sent(
    visit: OpenVisit, house: Restaurant, stripe_account: StripeAccount
) -> None:
    page = held(visit)
    page.locator("[data-confirm]").click()
    expect(page.get_by_role("alert").get_by_text("Your card is incomplete.")).to_be_visible()
    expect(page.locator("[data-confirm]")).to_have_text("Pay $50.00 and book")
    assert stripe_account.judge.calls == []
    pay(page, "pm_card_insufficient")
    refused = page.get_by_role("alert").get_by_text("Your card has insufficient funds.")
    expect(refused).to_be_visible()
    pay(page, "ctoken_visa")
    expect(page.get_by_role("heading", name=BOOKED)).to_be_visible()


def test_a_missing_name_does_not_cost_the_guest_the_card(
    visit: OpenVisit, house: Restaurant
) -> None:
    page = held(visit)
    page.get_by_label("Your name").fill("")
    pay(page, "ctoken_visa")
    expect(page.get_by_label("Your name")).to_be_focused()
    expect(page.get_by_label("Card", exact=True)).to_have_value("ctoken_visa")


def test_a_bank_that_asks_is_answered_over_the_page(
    visit: OpenVisit, house: Restaurant, stripe_account: StripeAccount
) -> None:
    page = held(visit)

    def approve(route: Route) -> None:
        for thing in list(stripe_account.things.values()):
            if thing.get("status") == "requires_action":
                stripe_account.succeed(thing["id"])
        route.fulfill(status=200)

    page.route(APPROVAL, approve)
    pay(page, "ctoken_3ds")
    expect(page.get_by_role("heading", name=BOOKED)).to_be_visible()


def test_a_closed_window_of_the_bank_can_be_opened_again(
    visit: OpenVisit, house: Restaurant, stripe_account: StripeAccount
) -> None:
    page = held(visit, STAND_IN + "window.refuses = true;")
    page.route(APPROVAL, lambda route: route.fulfill(status=200))
    pay(page, "ctoken_3ds")
    again = page.get_by_role("button", name="Approve the payment")
    expect(again).to_be_visible()
    expect(page.get_by_text("The window was closed.")).to_be_visible()
    page.evaluate("window.refuses = false")
    (waiting,) = [
        thing
        for thing in stripe_account.things.values()
        if thing.get("status") == "requires_action"
    ]
    stripe_account.succeed(waiting["id"])
    again.click()
    expect(page.get_by_role("heading", name=BOOKED)).to_be_visible()


@pytest.mark.parametrize("colour", ["light", "dark"])
def test_the_form_can_be_used_by_everybody(
    visit: OpenVisit, house: Restaurant, colour: str
) -> None:
    page = held(visit, color_scheme=colour)
    assert barriers(page) == []
