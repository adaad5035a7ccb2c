"""Finding a table in a real browser: search, likes, the calendar; with and without scripts."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from restaurants.models import Restaurant, SpecialDay
from tests import factories
from tests.e2e.conftest import DESK, PHONE, OpenVisit
from tests.e2e.test_accessibility import violations
from tests.e2e.test_booking import fits, tab_to

TIMES = "/r/bella-notte/?party=2&date=2025-11-15"

_SHIFT = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 150);
})"""


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_a_guest_finds_a_time_from_the_list(
    visit: OpenVisit, venue: Restaurant, viewport: dict[str, int], scripts: bool
) -> None:
    page = visit(viewport=viewport, java_script_enabled=scripts).open("/")
    page.get_by_label("Where").fill("new york")
    page.get_by_label("Date").fill("2025-11-15")
    page.get_by_label("Time").select_option("19:30")
    page.get_by_role("button", name="One guest more").click()
    if scripts:
        page.get_by_role("button", name="Search").click()
    page.wait_for_url("**/?*place=new+york*")
    assert fits(page)
    page.get_by_role("link", name="Bella Notte, 19:30").click()
    expect(page.get_by_role("heading", name="Saturday 15 November 2025")).to_be_visible()
    expect(page.get_by_role("radio", name="19:30")).to_be_checked()
    expect(page.get_by_label("Guests")).to_have_value("3")
    assert fits(page)
    page.get_by_label("Tuesday 18 November, 23 times").click()
    expect(page.get_by_role("heading", name="Tuesday 18 November 2025")).to_be_visible()
    expect(page.get_by_role("radio", name="19:30")).to_be_checked()
    page.get_by_role("button", name="Hold this table").click()
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_the_calendar_is_one_tab_stop_with_arrows(visit: OpenVisit, venue: Restaurant) -> None:
    SpecialDay.objects.create(
        restaurant=venue, date=dt.date(2025, 11, 17), is_closed=True, note="Wedding"
    )
    page = visit().open(TIMES)
    keys = page.keyboard
    assert page.locator(".day[tabindex='0']").count() == 1
    tab_to(page, "#day-15")
    for key, day in (
        ("ArrowRight", 16),
        ("ArrowRight", 17),
        ("ArrowDown", 24),
        ("Home", 23),
        ("End", 29),
        ("ArrowUp", 22),
        ("ArrowLeft", 21),
    ):
        keys.press(key)
        assert focused(page) == f"day-{day}"
    keys.press("PageDown")
    expect(page.get_by_role("heading", name="December 2025")).to_be_visible()
    expect(page.locator(".day:focus")).to_have_attribute("aria-label", _december(page))
    keys.press("PageUp")
    expect(page.get_by_role("heading", name="November 2025", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Saturday 15 November 2025")).to_be_visible()
    page.locator("#day-22").focus()
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Saturday 22 November 2025")).to_be_focused()
    assert page.locator("#date").input_value() == "2025-11-22"
    expect(page.locator("#times-status")).to_have_text(
        "Saturday 22 November 2025, 2 guests: 23 free times."
    )
    tab_to(page, ".slot__radio")


def _december(page: Page) -> str:
    return str(page.locator(".day:focus").get_attribute("aria-label"))


def test_a_finger_learns_why_a_day_is_closed(visit: OpenVisit, venue: Restaurant) -> None:
    SpecialDay.objects.create(
        restaurant=venue, date=dt.date(2025, 11, 20), is_closed=True, note="Wedding"
    )
    page = visit(viewport=PHONE).open(TIMES)
    page.locator("#day-20").click()
    expect(page.locator("[data-says]")).to_have_text("20: Closed: Wedding")


def test_plus_and_minus_refresh_the_times_in_place(visit: OpenVisit, venue: Restaurant) -> None:
    page = visit(viewport=PHONE).open(TIMES)
    page.evaluate("window.isTheSamePage = true")
    more = page.get_by_role("button", name="One guest more")
    more.click()
    more.click()
    expect(page.get_by_text("Deposit $100.00")).to_be_visible()
    fewer = page.get_by_role("button", name="One guest fewer")
    fewer.click()
    fewer.click()
    expect(page.get_by_text("Deposit $50.00")).to_be_visible()
    expect(fewer).to_be_disabled()
    assert page.evaluate("window.isTheSamePage")


def test_likes_by_button_key_and_swipe_can_be_undone(visit: OpenVisit, venue: Restaurant) -> None:
    for name in ("Casa Azul", "Petit Lion"):
        factories.make_bella(name=name)
    page = visit(viewport=PHONE).open("/")
    card = page.locator("[data-card]").filter(has_text="Bella Notte")
    page.get_by_role("button", name="Like Bella Notte").click()
    expect(page.locator("[data-toast]")).to_have_text("Bella Notte is on your list.Undo")
    expect(card).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(card).to_be_visible()
    expect(page.get_by_role("link", name="Bella Notte", exact=True)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-toast-text]")).to_have_text("Bella Notte will not be shown again.")
    azul = page.locator("[data-card]").filter(has_text="Casa Azul")
    azul.evaluate(
        """(card) => {
          const go = (type, x) => card.dispatchEvent(new PointerEvent(type,
            { bubbles: true, pointerType: "touch", clientX: x, clientY: 5 }));
          go("pointerdown", 10); go("pointermove", 80); go("pointerup", 140);
        }"""
    )
    expect(azul).to_be_hidden()
    page.reload()
    expect(page.locator(".liked__item")).to_have_text("Casa Azul")
    expect(page.locator("[data-card]")).to_have_count(1)


def test_what_is_undone_at_once_is_not_hidden_later(visit: OpenVisit, venue: Restaurant) -> None:
    page = visit(viewport=PHONE).open("/")
    page.clock.install()
    card = page.locator("[data-card]").filter(has_text="Bella Notte")
    page.get_by_role("button", name="Like Bella Notte").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Bella Notte", exact=True)).to_be_focused()
    page.clock.run_for(1000)
    expect(card).to_be_visible()
    expect(card).to_have_css("opacity", "1")


def test_nearness_is_known_only_to_who_shares_it(visit: OpenVisit, venue: Restaurant) -> None:
    Restaurant.objects.update(latitude=40.7359, longitude=-74.0014)
    here = {"latitude": 40.7128, "longitude": -74.006}
    page = visit(geolocation=here, permissions=["geolocation"]).open("/")
    expect(page.get_by_text("1.6 mi")).to_have_count(0)
    page.get_by_role("button", name="Use my position").click()
    expect(page.get_by_text("1.6 mi")).to_be_visible()
    assert "40.7" not in page.url
    page.get_by_role("button", name="Forget my position").click()
    expect(page.get_by_text("1.6 mi")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/?place=new+york&date=2025-11-15", TIMES])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_nothing_jumps(
    visit: OpenVisit, venue: Restaurant, path: str, viewport: dict[str, int]
) -> None:
    page = visit(viewport=viewport).open(path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate(_SHIFT) < 0.02
    assert fits(page)


def test_every_component_is_accessible(
    visit: OpenVisit, venue: Restaurant, settings: pytest.FixtureRequest
) -> None:
    settings.DEBUG = True  # type: ignore[attr-defined]
    window = visit(reduced_motion="reduce")
    page = window.open("/styleguide/")
    assert violations(page) == []
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Open it")).to_be_focused()
