"""The stand on a telephone: nothing beyond the edge, nothing over anything else."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from core.actors import SYSTEM
from reservations.services import stand as services
from restaurants.demo.build import build_house
from restaurants.demo.maison import MAISON
from restaurants.models import Membership, Restaurant, Role
from restaurants.people import set_pin
from tests.e2e.conftest import PHONE, OpenVisit, Visit
from tests.e2e.people import TABLET, at_tablet, staff
from tests.fixtures.domain import Clock
from tests.reservations.browser import SATURDAY
from tests.reservations.stand import HOST

STAND = "/staff/r/maison/stand/"
NIGHTS = (SATURDAY, SATURDAY + dt.timedelta(days=1))
"""Tonight, and another date, from which a button leads back."""


@pytest.fixture
def house(live_server: object, clock: Clock) -> Restaurant:
    """Maison Allo, which has three rooms, with a long note for its Saturday."""
    found = build_house(MAISON)
    clock.set("2025-11-15T20:40+01:00")
    services.write_note(found.public_id, SATURDAY, "Turbot for two; no oysters " * 3, by=HOST)
    return found


def manager_at_tablet(visit: OpenVisit, house: Restaurant) -> Visit:
    """Whose stand has the most buttons: all that a manager may, and the lock."""
    mia: User = staff(house, "Mia", Role.MANAGER)
    set_pin(Membership.objects.get(user=mia), "2580", by=SYSTEM)
    return at_tablet(visit, house, mia, STAND, viewport=PHONE, locale="en-GB")


def centre(window: Visit, query: str) -> Page:
    """The middle of the stand, live, its notes read."""
    window.page.set_viewport_size({"width": 360, "height": 740})
    page = window.open(STAND + query)
    expect(page.locator("[data-live-badge]")).to_be_visible()
    if page.locator("#notes[open]").count():
        page.locator("#notes button").last.click()
    page.click(".panes-nav [data-pane=centre]")
    return page


_TOO_WIDE = "document.scrollingElement.scrollWidth - innerWidth"
_WRONG = """() => [...document.querySelectorAll(
    ".strip :is(a, button, summary, label, .clock, .live), .floor__bar button")]
  .filter((e) => e.checkVisibility() && !e.closest(".menu__sheet, .pacing"))
  .filter((e) => {
    e.scrollIntoView({ block: "nearest", inline: "nearest" });
    const box = e.getBoundingClientRect();
    const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const small = !e.matches(".clock, .live") && Math.min(box.width, box.height) < 43.5;
    return box.left < 0 || box.right > innerWidth || small || !e.contains(hit);
  })
  .map((e) => e.className + " " + (e.ariaLabel ?? e.textContent.trim()))"""
"""What of the header, the rooms and the zoom is cut off, covered or too small for a finger."""


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_all_that_is_tapped_is_within_reach(lang: str, visit: OpenVisit, house: Restaurant) -> None:
    window = manager_at_tablet(visit, house)
    found = []
    for date in NIGHTS:
        page = centre(window, f"?date={date}&lang={lang}")
        for width in (320, 360, 768, 1024):
            page.set_viewport_size({"width": width, "height": 740})
            found += [
                (str(date), width, each)
                for each in (page.evaluate(_TOO_WIDE), *page.evaluate(_WRONG))
                if each
            ]
    assert found == []


def test_what_a_menu_shows_is_within_the_window(visit: OpenVisit, house: Restaurant) -> None:
    window = manager_at_tablet(visit, house)
    page = centre(window, f"?date={SATURDAY}&lang=fr")
    page.set_viewport_size({"width": 320, "height": 740})
    menus = page.locator(".strip details")
    expect(menus).to_have_count(3)
    for menu in menus.all():
        menu.locator("summary").first.click()
        box = menu.locator(".menu__sheet").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
        page.keyboard.press("Escape")


_SQUEEZED = """() => [...document.querySelectorAll(".strip :is(.seg, .pill, .button, .live)")]
  .filter((e) => e.checkVisibility() && !e.closest(".menu__sheet"))
  .filter((e) => e.scrollWidth > e.clientWidth)
  .map((e) => e.textContent.trim())"""
"""What of the header is wider than the room it has."""


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_word_live_gives_way_to_the_names_of_services(
    lang: str, visit: OpenVisit, house: Restaurant
) -> None:
    window = visit(viewport=TABLET, locale="en-GB")
    window.sign_in(staff(house, "Hugo"))
    page = window.open(f"{STAND}?date={SATURDAY + dt.timedelta(days=7)}&lang={lang}")
    badge = page.locator("[data-live-badge][data-state=live]")
    expect(badge).to_be_visible()
    names = page.locator(".services")
    assert names.locator(".seg").count() == 4
    assert (names.evaluate(_OVERFLOWS), page.evaluate(_SQUEEZED)) == (0, [])
    is_read = "(e) => e.querySelector('[data-live-words]').offsetTop < e.clientHeight"
    wide = {"en": True, "fr": False}
    assert badge.evaluate(is_read) is wide[lang]
    page.set_viewport_size({"width": 1440, "height": 900})
    assert badge.evaluate(is_read) is True


_OVERFLOWS = "(e) => e.scrollWidth - e.clientWidth"
_NARROWER = """(select) => {
  const whole = select.cloneNode(true);
  Object.assign(whole.style, { position: "absolute", width: "max-content" });
  select.after(whole);
  const short = whole.offsetWidth - select.offsetWidth;
  whole.remove();
  return Math.max(short, 0);
}"""
"""By how much a list of choices is too narrow for the longest."""


def test_the_timeline_and_the_film_cut_nothing_off(visit: OpenVisit, house: Restaurant) -> None:
    by = staff(house, "Hugo")
    services.put_on_shift(house.public_id, SATURDAY, "Anna", by=HOST)
    services.walk_in(house.public_id, SATURDAY, 2, by=HOST)
    window = visit(viewport=PHONE, locale="en-GB")
    window.sign_in(by)
    page = centre(window, f"?date={SATURDAY}&lang=fr&view=timeline")
    assert page.locator(".tl__tools").evaluate(_OVERFLOWS) == 0
    page = window.open(f"{STAND}replay/?date={SATURDAY}&lang=fr")
    for width in (360, 320):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.locator("[data-speed]").evaluate(_NARROWER) == 0
        assert page.locator(".reel").evaluate(_OVERFLOWS) == 0
