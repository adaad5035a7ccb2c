"""The floor editor and the pages of set-up in a real browser: dragged, typed, and by keyboard."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from reservations.guests import Guest
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import (
    DiningService,
    DiningTable,
    FloorPlan,
    Membership,
    PacingStep,
    Restaurant,
    Role,
)
from tests.e2e.conftest import PHONE, OpenVisit, Visit
from tests.e2e.test_accessibility import violations
from tests.e2e.test_staff import PASSWORD

HOUSE = "/staff/r/bella-notte/setup"
FLOOR = f"{HOUSE}/floor/"


@pytest.fixture
def manager(venue: Restaurant) -> User:
    """Manages Bella Notte, whose two tables stand side by side."""
    for index, table in enumerate(DiningTable.objects.filter(restaurant=venue).order_by("pk")):
        table.x, table.y = 60 + 120 * index, 60
        table.save()
    return member(venue, "mia@example.com", Role.MANAGER)


def member(venue: Restaurant, email: str, role: Role) -> User:
    user = User.objects.create_user(email, PASSWORD, is_staff=True)
    Membership.objects.create(user=user, restaurant=venue, role=role)
    return user


def enter(window: Visit, path: str = FLOOR, email: str = "mia@example.com") -> Page:
    page = window.open(path)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{path}")
    return page


def table(page: Page, label: str) -> Locator:
    return page.get_by_role("button", name=re.compile(rf"^Table {label}, "))


def save(page: Page) -> None:
    page.get_by_role("button", name="Save the floor").click()
    expect(page.get_by_text("The floor is saved.")).to_be_visible()
    expect(page.get_by_text("Everything is saved")).to_be_visible()


def refused(window: Visit) -> None:
    """The browser's own word about what the server refused is no complaint."""
    assert window.complaints
    assert all("the server responded with a status of 4" in text for text in window.complaints)
    window.complaints.clear()


def row(venue: Restaurant, label: str) -> DiningTable:
    return DiningTable.objects.get(restaurant=venue, label=label)


def scale(page: Page) -> float:
    found: float = page.evaluate("document.querySelector('.canvas').getScreenCTM().a")
    return found


def drag(page: Page, target: Locator, dx: float, dy: float) -> None:
    """By so many centimetres, in small steps as a hand does."""
    box, size = target.bounding_box(), scale(page)
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx * size, y + dy * size, steps=8)
    page.mouse.up()


def test_a_table_is_dragged_turned_and_stretched(
    visit: OpenVisit, manager: User, venue: Restaurant
) -> None:
    page = enter(visit())
    drag(page, table(page, "2"), 190, 145)
    drag(page, page.locator("[data-handle=size]"), 60, 0)
    drag(page, page.locator("[data-handle=turn]"), 200, 88)
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    save(page)
    moved = row(venue, "2")
    assert moved.x == pytest.approx(370, abs=12)
    assert moved.y == pytest.approx(205, abs=12)
    assert moved.width == pytest.approx(140, abs=6)
    assert moved.height == 80
    assert moved.rotation == 90
    still = row(venue, "1")
    assert (still.x, still.y, still.rotation) == (60, 60, 0)


def test_tables_line_up_with_each_other(visit: OpenVisit, manager: User, venue: Restaurant) -> None:
    page = enter(visit())
    drag(page, table(page, "2"), 83, 4)
    expect(page.locator(".guide")).to_have_count(0)
    save(page)
    assert row(venue, "2").y == 60


def test_everything_by_keyboard_alone(visit: OpenVisit, manager: User, venue: Restaurant) -> None:
    page = enter(visit())
    table(page, "2").focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "r"):
        page.keyboard.press(key)
    expect(page.locator("#floor-says")).to_have_text("Table 2: turned by 45 degrees")
    page.keyboard.press("d")
    expect(table(page, "3")).to_be_focused()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("d")
    expect(table(page, "4")).to_be_focused()
    page.keyboard.press("Delete")
    expect(table(page, "4")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(table(page, "4")).to_have_count(1)
    page.keyboard.press("Control+y")
    expect(table(page, "4")).to_have_count(0)
    table(page, "3").focus()
    page.get_by_label("Largest party").first.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("6")
    page.keyboard.press("Tab")
    page.get_by_label("Shape").select_option("Round")
    page.get_by_label("Step-free").press("Space")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("The floor is saved.")).to_be_visible()
    moved, made = row(venue, "2"), row(venue, "3")
    assert (moved.x, moved.y, moved.rotation) == (190, 85, 45)
    assert (made.max_seats, made.shape, made.step_free, made.rotation) == (6, "round", True, 45)
    assert DiningTable.objects.filter(restaurant=venue).count() == 3


def test_neighbours_are_pushed_together(visit: OpenVisit, manager: User, venue: Restaurant) -> None:
    page = enter(visit())
    table(page, "1").click()
    table(page, "2").click(modifiers=["Shift"])
    expect(page.get_by_text("1 + 2 for 5 to 8 guests. New: parties of 5–8")).to_be_visible()
    expect(page.locator("[data-apart]")).to_be_hidden()
    page.get_by_role("button", name="Combine these tables").click()
    expect(page.locator("path.combo")).to_have_count(1)
    save(page)
    made = venue.combinations.get()
    assert (made.min_seats, made.max_seats, made.tables.count()) == (5, 8, 2)
    # Drawn apart, both the outline and the words warn.
    table(page, "2").click()
    drag(page, table(page, "2"), 250, 200)
    apart = page.locator("[data-panel=table] .combined__apart")
    expect(apart).to_have_text(re.compile(r"These tables stand \d+ cm apart"))
    expect(page.locator("path.combo.is-apart")).to_have_count(1)
    page.get_by_role("button", name="No longer combine: 1 + 2").click()
    save(page)
    assert not venue.combinations.exists()


def test_rooms_plans_and_fixtures(visit: OpenVisit, manager: User, venue: Restaurant) -> None:
    page = enter(visit())
    page.get_by_role("button", name="New room", exact=True).click()
    page.get_by_label("Name of the room").fill("Terrace")
    page.get_by_role("button", name="Round table").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Door").click()
    page.get_by_role("button", name="Move left").count()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Move left").click()
    page.get_by_role("button", name="New plan", exact=True).click()
    page.get_by_label("Name of the plan").fill("Winter")
    page.get_by_label("First day").fill("2025-12-01")
    page.get_by_label("Last day").fill("2026-02-28")
    page.get_by_label("In force on these days").check()
    table(page, "3").click()
    page.get_by_label("In use in this plan").uncheck()
    save(page)
    terrace = venue.rooms.get(name="Terrace")
    assert (terrace.position, terrace.fixtures.get().kind) == (0, "door")
    plan = FloorPlan.objects.get(restaurant=venue)
    assert (plan.name, plan.valid_from, plan.is_active) == ("Winter", dt.date(2025, 12, 1), True)
    spot = plan.placements.get()
    assert (spot.table.label, spot.in_use) == ("3", False)
    assert row(venue, "3").is_active
    # The plan is still the one that is shown, and in the standard one the table is in use.
    page.get_by_label("Plan", exact=True).select_option("Standard plan")
    expect(page.get_by_label("In use in this plan")).to_be_checked()


def test_two_managers_and_nothing_is_lost(
    visit: OpenVisit, manager: User, venue: Restaurant
) -> None:
    member(venue, "leo@example.com", Role.OWNER)
    windows = [visit(), visit()]
    first, second = enter(windows[0]), enter(windows[1], email="leo@example.com")
    drag(first, table(first, "1"), 0, 200)
    save(first)
    table(second, "2").click()
    second.get_by_label("Number", exact=True).fill("22")
    second.get_by_role("button", name="Turn").click()
    second.get_by_role("button", name="Save the floor").click()
    expect(second.get_by_text(re.compile("mia@example.com has saved the floor"))).to_be_visible()
    expect(second.get_by_text("Not saved yet")).to_be_visible()
    assert row(venue, "2").rotation == 0
    second.get_by_role("button", name="Put mine on top of theirs").click()
    expect(second.get_by_text("Both are on the plan now.")).to_be_visible()
    save(second)
    assert row(venue, "1").y == pytest.approx(260, abs=12)
    assert row(venue, "22").rotation == 45
    # The one who was first takes the other's, and undoes the other's save.
    table(first, "1").focus()
    first.keyboard.press("ArrowRight")
    first.get_by_role("button", name="Save the floor").click()
    first.get_by_role("button", name="Take theirs, drop mine").click()
    expect(table(first, "22")).to_be_visible()
    first.reload()
    first.get_by_role("button", name="Undo this save").click()
    expect(first.get_by_text("The last save is undone.")).to_be_visible()
    assert row(venue, "2").rotation == 0
    for window in windows:
        refused(window)


def test_guests_in_the_way_and_mistakes_are_shown_where_they_are(
    visit: OpenVisit, manager: User, venue: Restaurant
) -> None:
    guest = Guest.with_account(User.objects.create_user("ada@example.com").public_id)
    place_hold(
        HoldRequest(venue.public_id, dt.date(2025, 11, 15), "19:00", 2), guest, by=guest.actor
    )
    window = visit()
    page = enter(window)
    table(page, "1").click()
    page.get_by_label("Number", exact=True).fill("2")
    page.get_by_role("button", name="Save the floor").click()
    mistake = page.get_by_role("button", name=re.compile("Another table has this number"))
    mistake.click()
    expect(page.get_by_label("Number", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Undo", exact=True).click()
    table(page, "1").focus()
    page.keyboard.press("Delete")
    page.get_by_role("button", name="Save the floor").click()
    expect(page.get_by_text(re.compile("Table 1, Sat 15 Nov 19:00"))).to_be_visible()
    assert DiningTable.objects.filter(restaurant=venue).count() == 2
    # The browser's own word about what was refused.
    window.complaints[:] = [
        text for text in window.complaints if "40" not in text and "42" not in text
    ]
    page.get_by_role("button", name="Undo", exact=True).click()


def test_a_viewer_looks_and_changes_nothing(
    visit: OpenVisit, manager: User, venue: Restaurant
) -> None:
    member(venue, "vic@example.com", Role.VIEWER)
    page = enter(visit(), email="vic@example.com")
    drag(page, table(page, "2"), 100, 100)
    expect(page.get_by_label("Number", exact=True)).to_have_value("2")
    expect(page.get_by_label("Number", exact=True)).to_be_disabled()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("From the left", exact=True).first).to_have_value("180")
    expect(page.get_by_role("button", name="Save the floor")).to_have_count(0)


def test_the_preview_follows_what_is_typed(
    visit: OpenVisit, manager: User, venue: Restaurant
) -> None:
    service = DiningService.objects.get(restaurant=venue)
    page = enter(visit(), f"{HOUSE}/services/{service.public_id}/pacing/")
    page.get_by_label("Guests in all, 19:00").focus()
    page.keyboard.type("1")
    expect(page.locator(".pre--closes .pre__time")).to_have_text("19:00")
    # From cell to cell, and down the rest of a column.
    page.keyboard.press("ArrowDown")
    page.keyboard.type("0")
    page.keyboard.press("Control+d")
    expect(page.locator(".pre--closes")).to_have_count(7)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Parties in all, 19:30")).to_be_focused()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The pacing is saved.")).to_be_visible()
    assert PacingStep.objects.filter(service=service).count() == 7


_CUT = """() => [...document.querySelectorAll("select")].filter((field) => {
  const look = getComputedStyle(field);
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = look.font;
  const long = Math.max(...[...field.options].map((each) => pen.measureText(each.text).width));
  return long > field.clientWidth - parseFloat(look.paddingLeft) - parseFloat(look.paddingRight);
}).map((field) => field.name)"""
"""The names of selects that are too narrow for one of their words."""
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("width", [360, 1024])
def test_selects_show_their_words_and_tabs_begin_where_one_is(
    visit: OpenVisit, manager: User, venue: Restaurant, width: int
) -> None:
    window = visit(viewport={"width": width, "height": 740})
    page = enter(window, f"{HOUSE}/why/")
    service = DiningService.objects.get(restaurant=venue).public_id
    for path in ("/why/", "/rules/", f"/services/{service}/"):
        window.open(HOUSE + path)
        assert (path, page.evaluate(_CUT)) == (path, [])
        assert (path, page.evaluate(_TOO_WIDE)) == (path, 0)
    page = window.open("/staff/r/bella-notte/reports/lead/")
    assert (page.evaluate(_CUT), page.evaluate(_TOO_WIDE)) == ([], 0)
    expect(page.locator("nav.tabs [aria-current]")).to_be_in_viewport(ratio=1)


PAGES = ("/", "/floor/", "/services/", "/services/new/", "/turns/", "/hours/", "/days/")
MORE = (
    "/days/new/",
    "/closures/",
    "/rules/",
    "/why/?date=2025-11-15&time=19:00&party=9&channel=online",
)


@pytest.mark.parametrize("size", [PHONE, {"width": 1024, "height": 768}], ids=["phone", "tablet"])
def test_axe_finds_nothing(
    visit: OpenVisit, manager: User, venue: Restaurant, size: dict[str, int]
) -> None:
    window = visit(viewport=size, reduced_motion="reduce")
    page = enter(window)
    found: list[Any] = []
    service = DiningService.objects.get(restaurant=venue).public_id
    key = row(venue, "1").public_id
    own = (f"/services/{service}/", f"/services/{service}/pacing/", f"/floor/table/{key}/")
    for path in (*PAGES, *MORE, *own, "/floor/plan/new/", "/floor/combination/new/"):
        found += violations(window.open(HOUSE + path))
        width = page.evaluate("document.documentElement.scrollWidth")
        found += [("wide", path, width)] if width > size["width"] else []
    window.open(FLOOR)
    table(page, "1").click()
    page.get_by_label("Choose several").check()
    table(page, "2").click()
    found += violations(page)
    page.get_by_text("The same as a list").click()
    page.get_by_role("button", name="New plan", exact=True).count()
    found += violations(page)
    assert found == [], "\n".join(map(str, found))
