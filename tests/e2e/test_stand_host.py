"""What a host counts on at a tablet: rows that hide nothing, keys, targets for fingers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from customers.models import Customer
from reservations.models import Reservation
from reservations.services import stand as services
from restaurants.models import Restaurant
from tests.e2e.conftest import PHONE, OpenVisit
from tests.e2e.people import TABLET, WIDE, at_screen, staff
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, fresh, ids

STAND = "/staff/r/bella-notte/stand/"


@pytest.fixture
def ada(venue: Restaurant, clock: Clock) -> Reservation:
    """Everything a row can say is so of Ada, who comes late; Anna serves her table."""
    clock.now = at("17:00")
    row = booked(venue, name="Ada Montgomery-Whitfield")
    guest = Customer.objects.create(
        organization_id=venue.organization_id, name=row.guest_name, tags=["VIP"]
    )
    Reservation.objects.filter(pk=row.pk).update(
        allergy_note="nuts",
        customer=guest,
        celebration="birthday",
        high_chairs=1,
        step_free=True,
        special_requests="By the window",
    )
    anna = services.put_on_shift(venue.public_id, DATE, "Anna Bell", by=HOST).target
    row = fresh(row)
    services.assign_server(row.public_id, anna, expected=row.version, by=HOST)
    clock.now = at("19:25")
    return fresh(row)


_CUT = """(row) => {
  const all = row.querySelector(".row__main").getBoundingClientRect();
  const parts = ".flag, .state, .tick, .server, .row__size, .row__time, .row__table";
  return [...row.querySelectorAll(parts)]
    .filter((e) => {
      const one = e.getBoundingClientRect();
      const hit = document.elementFromPoint(one.x + one.width / 2, one.y + one.height / 2);
      const inside = one.left >= all.left && one.right <= all.right && one.bottom <= all.bottom;
      return !one.width || !inside || !e.contains(hit);
    })
    .map((e) => e.className + " " + e.textContent.trim());
}"""
"""What of a row is not seen whole."""


@pytest.mark.parametrize("size", [PHONE, TABLET, WIDE], ids=["phone", "tablet", "desk"])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_row_hides_nothing(
    size: dict[str, int], lang: str, visit: OpenVisit, venue: Restaurant, ada: Reservation
) -> None:
    at_stand = at_screen(visit, staff(venue, "Hugo"), STAND)
    page = at_stand(f"?lang={lang}", viewport=size).page
    page.click("[data-to-tab=upcoming]")
    row = page.locator(f"#p-{ada.pk}")
    expect(row.locator(".flag")).to_have_count(7)
    assert row.evaluate(_CUT) == []
    if lang == "en":
        said = row.inner_text()
        for text in ("Nuts", "VIP", "birthday", "Step-free", "1 high chair", "First visit"):
            assert text in said, text
        expect(row.locator(".server")).to_have_text("AB")
        expect(row.locator(".row__source")).to_have_text("Telephone")


def test_two_flags_make_no_row_taller(visit: OpenVisit, venue: Restaurant, clock: Clock) -> None:
    clock.now = at("17:00")
    booked(venue, name="Basile Fabre")
    said = {"special_requests": "By the window", "celebration": "birthday"}
    row = booked(venue, name="Katia Marchetti")
    Reservation.objects.filter(pk=row.pk).update(**said)
    page = at_screen(visit, staff(venue, "Hugo"), STAND)().page
    rows = page.locator("#list-upcoming .row")
    expect(rows).to_have_count(2)
    expect(page.locator(f"#p-{row.pk} .flag")).to_have_count(2)
    plain, flagged = rows.evaluate_all("(each) => each.map((row) => row.offsetHeight)")
    assert plain == flagged
    for name in page.locator("#list-upcoming .row__name").all():
        assert name.evaluate("(e) => e.scrollWidth <= e.clientWidth")


def test_what_can_be_undone_covers_no_button_of_the_lists(
    visit: OpenVisit, venue: Restaurant, clock: Clock
) -> None:
    clock.now = at("18:55")
    row = booked(venue)
    page = at_screen(visit, staff(venue, "Hugo"), STAND)().page
    page.click(f"#p-{row.pk} .row__do")
    toast = page.locator("[data-toast]")
    expect(toast).to_be_visible()
    for size in (TABLET, WIDE):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        lists, box = page.locator(".lists").bounding_box(), toast.bounding_box()
        assert lists is not None
        assert box is not None
        assert box["x"] >= lists["x"] + lists["width"]
        assert box["x"] + box["width"] <= size["width"]


def test_a_long_number_stays_on_its_table(
    visit: OpenVisit, venue: Restaurant, clock: Clock
) -> None:
    clock.now = at("17:00")
    venue.tables.filter(label="1").update(label="T-99-LONG!")
    page = at_screen(visit, staff(venue, "Hugo"), STAND)("?view=floor").page
    label = page.locator(".table[data-label='T-99-LONG!'] .table__label")
    inside = """(text) => {
      const [one, top] = [text, text.closest(".table").querySelector(".table__top")]
        .map((each) => each.getBoundingClientRect());
      return top.left <= one.left && one.right <= top.right && top.top <= one.top;
    }"""
    assert label.evaluate(inside)


def test_every_key_does_what_the_help_says(
    visit: OpenVisit, venue: Restaurant, ada: Reservation, clock: Clock
) -> None:
    booked(venue, "21:30", name="Bo Weber")
    Reservation.objects.filter(pk=ada.pk).update(step_free=False)
    page = at_screen(visit, staff(venue, "Hugo"), STAND)().page
    press = page.keyboard.press
    page.click("[data-to-tab=upcoming]")
    rows = page.locator("#list-upcoming .row a.row__main")
    press("j")
    press("j")
    expect(rows.nth(1)).to_be_focused()
    press("k")
    expect(rows.nth(0)).to_be_focused()
    press("w")
    expect(page.locator("[data-quote='2']")).to_be_focused()
    press("ArrowRight")
    expect(page.locator("[data-quote='3']")).to_be_focused()
    press("q")
    expect(page.locator("[data-queue-add] [name=name]")).to_be_focused()
    page.locator("[data-queue-add] [name=name]").blur()
    _services(page)
    page.click("[data-to-tab=upcoming]")
    _a_party(page, ada)
    for key, view in (("2", "timeline"), ("3", "list"), ("1", "floor")):
        press(key)
        page.wait_for_url(re.compile(f"view={view}"))
        expect(page.locator("body.is-scripted")).to_be_visible()
        expect(page.locator("[data-drawer-title]")).to_have_text(ada.guest_name)


def _services(page: Page) -> None:
    pressed = page.locator(".services .seg[aria-pressed=true]")
    expect(pressed).to_have_text("All")
    page.keyboard.press("ArrowRight")
    expect(pressed).not_to_have_text("All")
    page.keyboard.press("ArrowLeft")
    expect(pressed).to_have_text("All")


def _a_party(page: Page, ada: Reservation) -> None:
    """Arrives, is told, sits down and is given the bill, by keys alone; the drawer stays open."""
    press, row = page.keyboard.press, page.locator(f"#p-{ada.pk} a.row__main")
    said = page.locator("[data-toast-text]")

    def done(key: str, text: str) -> None:
        page.wait_for_timeout(400)
        press(key)
        expect(said).to_contain_text(text)

    row.focus()
    done("a", "arrived")
    done("r", "table ready")
    done("s", "seated at")
    expect(row).to_be_focused()
    press("Enter")
    expect(page.locator("[data-drawer-title]")).to_have_text(ada.guest_name)
    row.focus()
    done("Enter", "Bill")
    done("u", "Undone")
    assert fresh(ada).status == "seated"


def test_a_server_is_two_taps_in_the_drawer(
    visit: OpenVisit, venue: Restaurant, ada: Reservation
) -> None:
    services.put_on_shift(venue.public_id, DATE, "Ben Cole", by=HOST)
    page = at_screen(visit, staff(venue, "Hugo"), STAND)(f"?party={ada.public_id}").page
    page.locator(".drawer summary").get_by_text("Server").click()
    expect(page.get_by_role("button", name="Anna Bell", pressed=True)).to_be_visible()
    page.get_by_role("button", name="Ben Cole").click()
    expect(page.locator("[data-toast-text]")).to_contain_text("Ben Cole serves")
    expect(page.get_by_role("button", name="Ben Cole", pressed=True)).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, TABLET, WIDE], ids=["phone", "tablet", "desk"])
def test_whatever_is_tapped_is_as_large_as_a_finger(
    size: dict[str, int], visit: OpenVisit, venue: Restaurant, ada: Reservation
) -> None:
    services.write_note(venue.public_id, DATE, "No oysters.", by=HOST)
    services.pause_online(venue.public_id, DATE, by=HOST)
    services.join_queue(venue.public_id, DATE, 2, name="Cy", by=HOST)
    at_stand = at_screen(visit, staff(venue, "Hugo"), STAND)
    found: list[Any] = []
    for query in (
        f"?party={ada.public_id}",
        "?view=timeline&tab=waitlist",
        f"?view=list&table={ids(venue, '1')[0]}",
    ):
        page = at_stand(query, viewport=size).page
        if page.locator("#notes[open]").count():
            found += [query, *page.evaluate(_SMALL)]
            page.get_by_role("button", name="Understood").click()
        for pane in ("lists", "centre", "drawer"):
            if size is PHONE:
                page.click(f".panes-nav [data-pane={pane}]")
            found += [[query, *each] for each in page.evaluate(_SMALL)]
        for menu in page.locator(".strip details").all():
            menu.locator("summary").first.click()
            found += [[query, "menu", *each] for each in page.evaluate(_SMALL)]
            page.keyboard.press("Escape")
    assert [each for each in found if isinstance(each, list)] == []


_SMALL = """() => [...document.querySelectorAll(
    "button, summary, select, a, textarea, "
      + "input:not([type=hidden], [type=checkbox], [type=radio])")]
  .filter((e) => e.checkVisibility() && !e.closest(".visually-hidden, .skip-link, svg, p, dd"))
  .map((e) => [e, e.getBoundingClientRect()])
  .filter(([, box]) => box.height < 43.5)
  .map(([e, box]) => [e.outerHTML.slice(0, 90), Math.round(box.height)])"""
"""Links within a sentence are left out, as WCAG 2.5.8 does."""
