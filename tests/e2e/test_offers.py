"""Offers and tables for others in a real browser: chosen, booked, changed; axe is content."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from reservations.models import Reservation
from restaurants.models import Offer, Restaurant
from tests import factories
from tests.e2e.conftest import DESK, PHONE, OpenVisit
from tests.e2e.test_accessibility import violations
from tests.e2e.test_booking import fits

VENUE = "/r/bella-notte/?party=2&date=2025-11-15"


@pytest.fixture
def tasting(venue: Restaurant) -> Offer:
    """$75 a head, at supper alone."""
    supper = factories.make_service(
        venue, name="Supper", first_seating=dt.time(22, 30), last_seating=dt.time(23, 30)
    )
    offer = Offer.objects.create(
        restaurant=venue,
        name="Tasting menu",
        description="Seven courses.",
        price=Decimal(75),
        valid_until=dt.date(2025, 11, 30),
    )
    offer.services.set([supper])
    return offer


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_a_guest_books_an_offer_for_somebody_else(
    visit: OpenVisit, tasting: Offer, viewport: dict[str, int], scripts: bool
) -> None:
    page = visit(viewport=viewport, java_script_enabled=scripts).open(VENUE)
    expect(page.get_by_role("radio", name="19:00")).to_be_visible()
    expect(page.get_by_role("radio", name="No offer")).to_be_checked()
    assert fits(page)
    page.get_by_role("radio", name="Tasting menu $75 a head").check()
    if not scripts:
        page.get_by_role("button", name="Show times").click()
    expect(page.get_by_role("radio", name="19:00")).to_have_count(0)
    expect(page.get_by_text("You pay for it at the restaurant.")).to_be_visible()
    page.get_by_role("radio", name="22:30").check()
    page.get_by_role("button", name="Hold this table").click()
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    expect(page.get_by_text("To pay at the restaurant")).to_be_visible()
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("E-mail", exact=True).fill("ada@example.com")
    page.get_by_text("I am booking for somebody else").click()
    page.get_by_label("Name of the guest").fill("Grace Hopper")
    assert fits(page)
    page.get_by_label("Visa ending in 4242: is accepted").check()
    page.locator("[data-confirm]").click()
    page.wait_for_url("**/booked/**")
    expect(page.get_by_text("Tasting menu, $75 a head: $150 for 2 guests")).to_be_visible()
    expect(page.get_by_text("Grace Hopper")).to_be_visible()
    row = Reservation.objects.get()
    assert (row.offer_name, row.diner_name) == ("Tasting menu", "Grace Hopper")
    page.get_by_role("link", name="Change or cancel").click()
    page.get_by_role("link", name="Change it").click()
    expect(page.get_by_role("radio", name="Tasting menu, $75 a head")).to_be_checked()
    expect(page.get_by_role("radio", name="19:00")).to_have_count(0)
    page.get_by_role("radio", name="No offer").check()
    if not scripts:
        page.get_by_role("button", name="Show times").click()
    page.get_by_role("radio", name="19:00").check()
    page.get_by_role("button", name="Change my booking").click()
    expect(page.get_by_text("Your booking has been changed.")).to_be_visible()
    assert Reservation.objects.get().offer_name == ""


def test_the_choice_follows_the_times_that_are_shown(visit: OpenVisit, tasting: Offer) -> None:
    page = visit(viewport=PHONE).open(VENUE)
    page.get_by_role("link", name="Book this offer").click()
    expect(page.get_by_role("radio", name="Tasting menu $75 a head")).to_be_checked()
    Offer.objects.update(is_active=False)
    page.locator("#later-day").click()
    expect(page.get_by_text("This offer has ended.")).to_be_visible()
    page.get_by_role("link", name="Times without the offer").click()
    expect(page.get_by_role("radio", name="No offer")).to_be_checked()
    expect(page.get_by_role("radio", name="19:00")).to_be_visible()


def test_axe_is_content_with_all_of_it(visit: OpenVisit, tasting: Offer) -> None:
    window = visit(viewport=PHONE, reduced_motion="reduce")
    page = window.open(VENUE)
    found = violations(page)
    page.goto(f"{window.site}{VENUE}&offer={tasting.pk}")
    page.get_by_role("radio", name="22:30").check()
    found += violations(page)
    page.get_by_role("button", name="Hold this table").click()
    page.get_by_text("I am booking for somebody else").click()
    found += violations(page)
    page.get_by_label("E-mail of the guest").fill("grace@example.com")
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("E-mail", exact=True).fill("ada@example.com")
    page.get_by_label("Visa ending in 4242: is accepted").check()
    page.locator("[data-confirm]").click()
    page.locator(".error-summary").wait_for()
    found += violations(page)
    page.get_by_label("Name of the guest").fill("Grace Hopper")
    page.locator("[data-confirm]").click()
    page.wait_for_url("**/booked/**")
    found += violations(page)
    page.get_by_role("link", name="Change or cancel").click()
    page.get_by_role("link", name="Change it").click()
    found += violations(page)
    page.goto(f"{window.site}{VENUE}&party=14")
    found += violations(page)
    assert found == []
