"""The film of the evening in a real browser: keys, slider, playing, links alone, axe."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from reservations.models import Reservation
from reservations.services import stand
from restaurants.models import Restaurant, Role
from tests.e2e.axe import barriers
from tests.e2e.conftest import PHONE, OpenVisit, Visit
from tests.e2e.people import TABLET, WIDE, Open, staff
from tests.fixtures.domain import Clock
from tests.reservations.stand import HOST, at, booked, fresh

FILM = "/staff/r/bella-notte/stand/replay/"


@pytest.fixture
def evening(venue: Restaurant, clock: Clock) -> Reservation:
    """Ada comes, sits, orders the bill, pays and leaves: six deeds."""
    row = booked(venue)
    for time, deed in (
        ("18:58", stand.arrive),
        ("19:02", stand.seat),
        ("20:30", stand.next_state),
        ("20:40", stand.next_state),
        ("20:45", stand.leave),
    ):
        clock.now = at(time)
        deed(row.public_id, expected=fresh(row).version, by=HOST)
    clock.now = at("21:30")
    return fresh(row)


@pytest.fixture
def film(visit: OpenVisit, venue: Restaurant, evening: Reservation) -> Open:
    """Opens the film as somebody who only looks."""
    user = staff(venue, "Vera", Role.VIEWER)

    def opened(query: str = "", **options: object) -> Visit:
        window = visit(**({"viewport": TABLET} | options))
        window.sign_in(user)
        window.open(FILM + query)
        return window

    return opened


def deed(page: Page, text: str) -> None:
    expect(page.locator("#deed")).to_contain_text(text)


def test_arrows_step_and_space_plays(film: Open) -> None:
    page = film("?n=2").page
    deed(page, "Party here")
    page.keyboard.press("ArrowRight")
    deed(page, "Party seated")
    expect(page.locator(".table--occupied")).to_have_count(1)
    expect(page.locator("[data-clock]")).to_have_text("19:02")
    expect(page.locator(".table--occupied [data-tick]")).to_have_text("0\u2032")
    page.keyboard.press("ArrowRight")
    deed(page, "Bill on the table")
    expect(page.locator(".table--occupied [data-tick]")).to_have_text("1:28")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    deed(page, "Party here")
    page.select_option("[data-speed]", "10")
    page.locator("body").click(position={"x": 500, "y": 20})
    page.keyboard.press("Space")
    deed(page, "6 of 6")
    expect(page.locator("[data-play-text]")).to_have_text("Play")
    expect(page.locator(".table--occupied")).to_have_count(0)
    page.keyboard.press("Home")
    deed(page, "1 of 6")
    page.keyboard.press("End")
    deed(page, "6 of 6")
    expect(page).to_have_url(re.compile(r"n=6$"))


def test_the_address_is_not_changed_with_every_frame_that_plays(film: Open) -> None:
    page = film("?n=1").page
    page.evaluate(
        "window.changed = 0; history.replaceState = () => { window.changed += 1;"
        " if (window.changed > 2) throw new DOMException('too often', 'SecurityError'); }"
    )
    page.select_option("[data-speed]", "10")
    page.click("[data-play]")
    deed(page, "6 of 6")
    expect(page.locator("[data-play-text]")).to_have_text("Play")
    page.wait_for_timeout(600)
    assert page.evaluate("window.changed") <= 2


def test_the_slider_scrubs_and_the_last_place_counts(film: Open) -> None:
    page = film("?n=1").page
    page.locator("[data-slider]").evaluate(
        "slider => { for (const n of [2, 3, 4, 5, 6, 3]) { slider.value = n;"
        " slider.dispatchEvent(new Event('input', { bubbles: true })); } }"
    )
    deed(page, "3 of 6")
    expect(page.locator(".table--occupied")).to_have_count(1)
    expect(page.locator("[aria-current=step]")).to_contain_text("Party seated")
    page.click("[data-n='6']")
    deed(page, "Visit over")
    expect(page.locator(".figure--seated dd")).to_have_text("0")
    page.click("[data-step='-1']")
    deed(page, "Bill paid")


def test_without_scripts_links_and_the_form_do_the_same(film: Open) -> None:
    page = film("?n=2", java_script_enabled=False).page
    deed(page, "Party here")
    page.click("[data-step='1']")
    deed(page, "Party seated")
    expect(page.locator(".table--occupied")).to_have_count(1)
    page.locator("[data-slider]").focus()
    page.keyboard.press("End")
    page.click("[data-reel] [data-scriptless]")
    deed(page, "Visit over")
    page.click("[data-n='1']")
    deed(page, "1 of 6")


def test_a_date_without_anything_has_no_clock(film: Open) -> None:
    page = film("?date=2025-12-24").page
    deed(page, "Nothing was written down on this date.")
    expect(page.locator("[data-clock]")).to_have_count(0)


@pytest.mark.parametrize("size", [PHONE, TABLET, WIDE], ids=["phone", "tablet", "desk"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing(size: dict[str, int], theme: str, film: Open) -> None:
    page = film(f"?n=3&theme={theme}", viewport=size).page
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("address", [FILM, "/staff/r/bella-notte/stand/"])
def test_the_date_is_in_words_and_a_choice_leads_there(film: Open, address: str) -> None:
    window = film()
    page = window.open(f"{address}?date=2025-11-10")
    expect(page.locator(".day__text")).to_have_text("Mon 10 Nov")
    expect(page.locator(".day__label input")).to_have_css("opacity", "0")
    page.fill(".day__label input", "2025-11-12")
    page.dispatch_event(".day__label input", "change")
    expect(page.locator(".day__text")).to_have_text("Wed 12 Nov")
    assert "date=2025-11-12" in page.url
