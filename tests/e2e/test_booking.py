"""A guest books in a real browser: phone and desk, with and without JavaScript, by keys."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from reservations.models import Hold, Reservation
from restaurants.models import Restaurant
from tests.e2e.conftest import DESK, PHONE, OpenVisit
from tests.fixtures.domain import Clock

TIMES = "/r/bella-notte/?party=2&date=2025-11-15"


def hold(page: Page, time: str = "19:00") -> None:
    page.get_by_role("radio", name=time, exact=True).check()
    page.get_by_role("button", name="Hold this table").click()
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()


def fill_in(page: Page) -> None:
    page.get_by_label("Your name", exact=True).fill("Ada Lovelace")
    page.get_by_label("E-mail", exact=True).fill("ada@example.com")
    page.get_by_label("Telephone", exact=True).fill("212 555 0142")


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways.

    By a locator, which waits for the root: a page that has only begun to load has none yet.
    """
    return bool(page.locator("html").evaluate("html => html.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_a_guest_books_and_cancels(
    visit: OpenVisit, venue: Restaurant, viewport: dict[str, int], scripts: bool
) -> None:
    guest = visit(viewport=viewport, java_script_enabled=scripts)
    page = guest.open("/")
    page.get_by_label("Restaurant or cuisine").fill("bella")
    page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/?q=bella*")
    assert fits(page)
    page.get_by_role("link", name="Bella Notte", exact=True).click()
    page.get_by_label("Date").fill("2025-11-15")
    page.get_by_label("Guests").fill("4")
    if scripts:
        page.get_by_label("Guests").blur()
    else:
        page.get_by_role("button", name="Show times").click()
    expect(page.get_by_text("Deposit $100.00")).to_be_visible()
    expect(page.get_by_role("heading", name="Saturday 15 November 2025")).to_be_visible()
    assert fits(page)
    hold(page)
    assert fits(page)
    fill_in(page)
    page.get_by_label("Visa ending in 4242: is accepted").check()
    page.get_by_role("button", name="Pay $100.00 and book").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your table is booked")
    expect(page.get_by_text(Reservation.objects.get().code)).to_be_visible()
    assert fits(page)
    page.get_by_role("link", name="Change or cancel").click()
    expect(page.get_by_role("link", name="Cancel this booking")).to_be_visible()
    assert fits(page)
    page.get_by_role("link", name="Cancel this booking").click()
    expect(page.get_by_text("You get the whole deposit of $100.00 back.")).to_be_visible()
    page.get_by_role("button", name="Cancel the booking").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your booking is cancelled")


def test_the_keyboard_is_enough(visit: OpenVisit, venue: Restaurant) -> None:
    page = visit().open("/")
    keys = page.keyboard
    keys.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    keys.press("Enter")
    tab_to(page, "#q")
    keys.type("bella")
    keys.press("Enter")
    page.wait_for_url("**/?q=bella*")
    tab_to(page, ".card__name a")
    keys.press("Enter")
    page.wait_for_url("**/r/bella-notte/")
    tab_to(page, "#later-day")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Tuesday 11 November 2025")).to_be_visible()
    expect(page.locator("#later-day")).to_be_focused()
    assert page.locator("#date").input_value() == "2025-11-11"
    tab_to(page, ".slot__radio")
    keys.press("ArrowRight")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    assert Hold.objects.get().starts_at.hour == 16, "11:30 in New York"
    tab_to(page, "#id_name")
    keys.type("Ada Lovelace")
    keys.press("Enter")
    # Enter means the form's first button, so what is missing is named, with a link to it.
    expect(page.locator(".error-summary")).to_be_focused()
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator("#id_email")).to_be_focused()
    keys.type("ada@example.com")
    tab_to(page, "#id_card_0")
    keys.press("Space")
    tab_to(page, "[data-confirm]")
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your table is booked")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the first element of ``selector`` has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement === document.querySelector(s)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with the keyboard")


def test_the_times_follow_the_fields_in_place(visit: OpenVisit, venue: Restaurant) -> None:
    page = visit().open(TIMES)
    page.get_by_role("radio", name="19:30").check()
    page.evaluate("window.isTheSamePage = true")
    page.get_by_role("button", name="One guest more").click()
    expect(page.get_by_text("Deposit $75.00")).to_be_visible()
    expect(page.locator("#times-status")).to_have_text(
        "Saturday 15 November 2025, 3 guests: 23 free times."
    )
    expect(page.get_by_role("radio", name="19:30")).to_be_checked()
    assert "party=3&date=2025-11-15" in page.url
    assert page.evaluate("window.isTheSamePage")
    page.reload()
    expect(page.get_by_text("Deposit $75.00")).to_be_visible()


def test_a_double_click_holds_once_and_pays_once(visit: OpenVisit, venue: Restaurant) -> None:
    page = visit().open(TIMES)
    page.get_by_role("radio", name="19:00").check()
    page.get_by_role("button", name="Hold this table").dblclick()
    fill_in(page)
    page.get_by_label("Visa ending in 4242: is accepted").check()
    page.get_by_role("button", name="Pay $50.00 and book").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your table is booked")
    assert (Hold.objects.count(), Reservation.objects.count()) == (1, 1)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your table is booked")


def test_a_guest_who_needs_time_is_told_and_loses_nothing(
    visit: OpenVisit, venue: Restaurant, clock: Clock
) -> None:
    guest = visit(viewport=PHONE)
    guest.page.clock.install()
    page = guest.open(TIMES)
    hold(page)
    fill_in(page)
    said = page.locator("[data-announce]")
    page.clock.fast_forward("05:00")
    expect(page.get_by_text("(about 5 minutes left)")).to_be_visible()
    expect(said).to_have_text("")
    page.clock.fast_forward("03:05")
    expect(said).to_contain_text("The table is held for about 2 minutes more.")
    page.locator("[data-ending]").get_by_role("button", name="I need more time").click()
    expect(page.get_by_text("Take your time: the table is yours until")).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_value("Ada Lovelace")

    page.get_by_label("Anything the restaurant should know?").fill("A high chair")
    clock.advance(minutes=11)
    page.clock.fast_forward("10:01")
    expect(page.get_by_role("alert")).to_contain_text("nothing you typed is lost")
    page.get_by_label("Visa ending in 4242: is accepted").check()
    page.get_by_role("button", name="Pay $50.00 and book").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your table is booked")
    expect(page.get_by_text("A high chair")).to_be_visible()
    assert Hold.objects.count() == 2


def test_a_page_is_small_and_does_not_jump(visit: OpenVisit, venue: Restaurant) -> None:
    guest = visit(viewport=PHONE)
    sizes: dict[str, int] = {}

    def weigh(response: Any) -> None:
        if not response.url.endswith((".svg", ".woff2")):
            sizes[response.url] = len(gzip.compress(response.body()))

    guest.page.on("response", weigh)
    page = guest.open(TIMES)
    page.wait_for_load_state("networkidle")
    shift = page.evaluate(
        """() => new Promise((done) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) sum += entry.value;
          }).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => done(sum), 100);
        })"""
    )
    assert sum(sizes.values()) < 60_000, sizes
    assert shift < 0.02
