"""axe finds nothing on any guest page, light and dark; targets are large enough for a thumb."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.core import mail
from playwright.sync_api import Page

from notifications.services import deliver_due
from reservations.guests import Guest
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import Restaurant
from tests.e2e.axe import COLOURS, barriers
from tests.e2e.conftest import PHONE, OpenVisit
from tests.fixtures.domain import Clock
from tests.reservations.browser import Browser

_SMALL = """() => [...document.querySelectorAll(
    ".button, .chip--link, .chip--pick, .day-link, .quiet-link, .text-button, .round-button, "
    + ".menu__button, .menu__link, .places__link, .tick, .crumb a, .row__name a, .tool__link, "
    + "a.day, .room, .time, .slot__label, .stepper__button, .sort, "
    + "input:not([type=hidden]), select, textarea, summary")]
  .filter((e) => e.offsetParent !== null && !e.closest(".skip-link"))
  .filter((e) => e.type !== "radio" || !e.closest(".option"))
  .filter((e) => e.type !== "checkbox" || !e.closest(".tick"))
  .filter((e) => !e.classList.contains("is-off"))
  .map((e) => [e.outerHTML.slice(0, 120), e.getBoundingClientRect().height])
  .filter(([, height]) => height < 44)"""


def violations(page: Page) -> list[Any]:
    """What axe and the ruler find on the page, in both colour schemes."""
    found: list[Any] = []
    page.emulate_media(color_scheme="light")
    found += [("light", page.url, *each) for each in barriers(page)]
    page.emulate_media(color_scheme="dark")
    found += [("dark", page.url, *each) for each in barriers(page, COLOURS)]
    return found + [("small", page.url, *each) for each in page.evaluate(_SMALL)]


def test_looking_for_a_table(
    visit: OpenVisit, venue: Restaurant, new_guest: Callable[[], Guest]
) -> None:
    for _ in range(2):
        guest = new_guest()
        asked = HoldRequest(venue.public_id, dt.date(2025, 11, 15), "19:00", 2)
        place_hold(asked, guest, by=guest.actor)
    window = visit(viewport=PHONE, reduced_motion="reduce")
    found = []
    for path in (
        "/",
        "/?q=nothing+like+it",
        "/?date=2025-11-15&time=19:00&party=4&sort=name",
        "/r/bella-notte/?party=2&date=2025-11-15&month=2025-12",
        "/r/bella-notte/?party=2&date=2025-11-16&step_free=1",
        "/r/bella-notte/?party=2&date=2025-11-15&time=19:00",
        "/r/bella-notte/?party=40&date=2025-11-15",
        "/r/bella-notte/?party=abc",
    ):
        found += violations(window.open(path))
    assert found == []


def test_booking_it(visit: OpenVisit, venue: Restaurant, clock: Clock) -> None:
    window = visit(viewport=PHONE, reduced_motion="reduce")
    page = window.open("/r/bella-notte/?party=2&date=2025-11-15&time=19:00")
    page.get_by_role("button", name="Hold this table").click()
    page.wait_for_url("**/hold/**")
    hold_url = page.url
    found = violations(page)
    window.open("/r/bella-notte/")
    found += violations(page)
    page.goto(hold_url)
    page.locator("[data-confirm]").click()
    page.wait_for_url("**?check")
    found += violations(page)
    clock.advance(minutes=11)
    page.goto(hold_url)
    found += violations(page)
    page.get_by_role("button", name="Hold 19:00 again").click()
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("E-mail", exact=True).fill("ada@example.com")
    page.get_by_label("the bank’s answer gets lost").check()
    page.locator("[data-confirm]").click()
    page.get_by_role("heading", name="Waiting for the bank").wait_for()
    found += violations(page)
    page.get_by_role("button", name="Give the table back").click()
    page.wait_for_url("**/r/bella-notte/**")
    page.get_by_role("radio", name="18:00", exact=True).check()
    page.get_by_role("button", name="Hold this table").click()
    for fold in page.locator("summary").all():
        fold.click()
    found += violations(page)
    page.get_by_label("Visa ending in 4242: is accepted").check()
    page.locator("[data-confirm]").click()
    page.wait_for_url("**/booked/**")
    found += violations(page)
    page.get_by_role("link", name="Change or cancel").click()
    page.wait_for_url("**/booking/*/")
    manage_url = page.url
    clock.set("2025-11-15T16:30:00-05:00")
    page.goto(manage_url)
    found += violations(page)
    page.get_by_role("button", name="Yes, we are coming").click()
    page.get_by_text("You have said that you are coming.").wait_for()
    for path in ("", "change/?date=2025-11-16", "change/?party=3", "cancel/"):
        page.goto(f"{manage_url}{path}")
        found += violations(page)
    page.get_by_role("button", name="Cancel the booking").click()
    page.wait_for_url(manage_url)
    found += violations(page)
    assert found == []


def test_waiting_and_my_bookings(visit: OpenVisit, venue: Restaurant, clock: Clock) -> None:
    Browser().hold(venue).confirm()
    deliver_due()
    window = visit(viewport=PHONE, reduced_motion="reduce")
    page = window.open("/r/bella-notte/?party=20&date=2025-11-15")
    found = violations(page)
    page.get_by_role("link", name="Ask the restaurant for a large table").click()
    found += violations(page)
    page.get_by_role("button", name="Send the request").click()
    page.locator(".error-summary").wait_for()
    found += violations(page)
    page.get_by_label("Time").fill("19:30")
    page.get_by_label("Your name").fill("Bob")
    page.get_by_label("E-mail", exact=True).fill("bob@example.com")
    page.get_by_role("button", name="Send the request").click()
    page.get_by_role("heading", name="Your request is with the restaurant").wait_for()
    found += violations(page)
    page = window.open("/r/bella-notte/waitlist/?date=2025-11-15&party=4&time=19:00")
    found += violations(page)
    page.get_by_role("button", name="Put me on the list").click()
    page.locator(".error-summary").wait_for()
    found += violations(page)
    page.get_by_label("Your name").fill("Bob")
    page.get_by_label("E-mail", exact=True).fill("bob@example.com")
    page.get_by_role("button", name="Put me on the list").click()
    page.get_by_role("heading", name="You are on the waitlist").wait_for()
    found += violations(page)
    page.get_by_role("button", name="Leave the list").click()
    page.get_by_role("heading", name="You have left the waitlist").wait_for()
    found += violations(page)
    page.get_by_role("link", name="My bookings").click()
    page.get_by_label("E-mail", exact=True).fill("ada@example.com")
    found += violations(page)
    page.get_by_role("button", name="Send me the link").click()
    page.get_by_role("heading", name="Look into your mail").wait_for()
    found += violations(page)
    deliver_due()
    words = str(mail.outbox[-1].body)
    page.goto(window.site + words[words.index("/bookings/sign-in/") :].split(maxsplit=1)[0])
    found += violations(page)
    page.get_by_role("button", name="Show my bookings").click()
    page.wait_for_url("**/my-bookings/")
    found += violations(page)
    assert found == []
    # The browser notes the refused form in its console; that is what was asked for here.
    window.complaints.clear()


def test_pages_for_what_went_wrong(visit: OpenVisit, venue: Restaurant) -> None:
    window = visit(viewport=PHONE, reduced_motion="reduce")
    page = window.open("/nowhere/")
    found = violations(page)
    page.goto(f"{window.site}/booking/{'x' * 27}/")
    assert found + violations(page) == []
    # The browser itself notes every 404 in its console; that is what was asked for here.
    assert (
        window.complaints
        == [
            "Failed to load resource: the server responded with a status of 404 (Not Found)",
        ]
        * 2
    )
    window.complaints.clear()
