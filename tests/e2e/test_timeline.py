"""The timeline in a real browser: dragging, the same by taps and by keys, refusals with reasons."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from core.errors import DomainError
from reservations.models import Reservation
from reservations.services import stand as services
from restaurants.models import Restaurant
from tests import factories
from tests.e2e.axe import barriers
from tests.e2e.conftest import PHONE, OpenVisit, Visit
from tests.e2e.people import TABLET, WIDE, Open, at_screen, staff
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, fresh, tables_of

STAND = "/staff/r/bella-notte/stand/?view=timeline"
PICTURES = os.environ.get("COUVERT_PICTURES", "")
"""A folder: then what is looked at is kept there as pictures."""


@pytest.fixture
def stand(visit: OpenVisit, venue: Restaurant, clock: Clock) -> Open:
    """Opens the timeline at five to seven as a host."""
    clock.now = at("18:55")
    at_timeline = at_screen(visit, staff(venue, "Hugo"), STAND)

    def opened(query: str = "", **options: object) -> Visit:
        window = at_timeline(query, **options)
        expect(window.page.locator("[data-tl-zoom=service][aria-pressed]")).to_be_attached()
        expect(window.page.locator("[data-tl-line]")).not_to_have_attribute("x1", "-1")
        return window

    return opened


@pytest.fixture
def ada(venue: Restaurant, clock: Clock) -> Reservation:
    return booked(venue)


def bar_of(page: Page, party: Reservation) -> Locator:
    return page.locator(f".bar[data-party='{party.public_id}'] > svg").first


def spot(page: Page, label: str, minutes: int, start: str = "19:00") -> tuple[float, float]:
    """The middle of the quarter so many minutes after ``start`` in the row of a table."""
    found: list[float] = page.evaluate(
        """([label, at]) => {
          const { first, last } = document.querySelector("#tl-back").dataset;
          const track = document.querySelector("[data-tl-track]").getBoundingClientRect();
          const row = document.querySelector(`.tl__row[data-label="${label}"]`);
          const box = row.getBoundingClientRect();
          const x = track.left + track.width * (at + 450 - first) / (last - first);
          return [x, box.top + box.height / 2];
        }""",
        [label, int(at(start).timestamp()) + minutes * 60],
    )
    return found[0], found[1]


def drag(page: Page, start: tuple[float, float], to: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 12, start[1] + 2)
    page.mouse.move(*to, steps=4)
    expect(page.locator("[data-mode]")).to_be_visible()
    page.mouse.move(to[0] + 1, to[1])
    expect(page.locator(".ghost")).to_be_visible()


def grip(bar: Locator) -> tuple[float, float]:
    box = bar.bounding_box()
    assert box is not None
    return box["x"] + 8, box["y"] + box["height"] / 2


def test_a_bar_is_dragged_to_another_table_and_time(stand: Open, ada: Reservation) -> None:
    page = stand().page
    drag(page, grip(bar_of(page, ada)), spot(page, "2", 60))
    expect(page.locator(".ghost")).to_contain_text("Table 2 at 20:00")
    page.mouse.up()
    expect(page.locator("[data-toast-text]")).to_contain_text("Ada moved to 2")
    ada.refresh_from_db()
    assert (tables_of(ada), ada.starts_at) == (["2"], at("20:00"))
    page.keyboard.press("u")
    expect(page.locator("[data-toast-text]")).to_contain_text("Undone")
    ada.refresh_from_db()
    assert (tables_of(ada), ada.starts_at) == (["1"], at("19:00"))


def test_the_same_by_taps(stand: Open, ada: Reservation) -> None:
    page = stand().page
    bar_of(page, ada).click(position={"x": 20, "y": 20})
    expect(page.locator("[data-drawer-title]")).to_have_text("Ada")
    expect(page.locator(".bar[aria-current=true]")).to_have_count(1)
    page.click("[data-tl-start=move]")
    expect(page.locator(".cell--yes").first).to_be_attached()
    page.mouse.click(*spot(page, "2", 30))
    expect(page.locator("[data-toast-text]")).to_contain_text("Ada moved to 2")
    ada.refresh_from_db()
    assert (tables_of(ada), ada.starts_at) == (["2"], at("19:30"))


def test_a_refusal_says_why_and_nothing_happens(
    stand: Open, venue: Restaurant, ada: Reservation
) -> None:
    bo = booked(venue, name="Bo Weber")
    page = stand().page
    bar_of(page, ada).click(position={"x": 20, "y": 20})
    page.click("[data-tl-start=move]")
    expect(page.locator(".cell--no text").first).to_be_attached()
    page.mouse.click(*spot(page, "2", 30))
    reason = page.locator("[data-mode-reason]")
    expect(reason).to_have_text("Table 2 at 19:30: Taken · Bo Weber")
    page.keyboard.press("Escape")
    expect(page.locator("[data-mode]")).to_be_hidden()
    expect(page.locator(".tl__cells")).to_have_count(0)
    assert (tables_of(ada), tables_of(bo)) == (["1"], ["2"])


def test_keys_alone(stand: Open, ada: Reservation) -> None:
    page = stand().page
    press = page.keyboard.press
    page.locator(f".bar[data-party='{ada.public_id}']").focus()
    press("m")
    expect(page.locator(".ghost")).to_be_focused()
    press("ArrowLeft")
    expect(page.locator("[data-mode-reason]")).to_contain_text("In the past")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        press(key)
    expect(page.locator(".ghost")).to_contain_text("Table 2 at 19:15")
    press("Enter")
    expect(page.locator("[data-toast-text]")).to_contain_text("Ada moved to 2")
    ada.refresh_from_db()
    assert (tables_of(ada), ada.starts_at) == (["2"], at("19:15"))
    page.locator(f".bar[data-party='{ada.public_id}']").focus()
    press("e")
    expect(page.locator(".ghost")).to_be_focused()
    press("Escape")
    expect(page.locator(".ghost")).to_be_hidden()
    press("Enter")
    expect(page.locator("[data-drawer-title]")).to_have_text("Ada")


def test_a_bar_is_stretched_by_its_edge_and_by_taps(stand: Open, ada: Reservation) -> None:
    page = stand().page
    before = ada.ends_at
    minutes = int((before - at("19:00")).total_seconds()) // 60
    edge = page.locator(f".bar[data-party='{ada.public_id}'] [data-edge]").bounding_box()
    assert edge is not None
    start = (edge["x"] + 6, edge["y"] + 20)
    drag(page, start, spot(page, "1", minutes + 30))
    page.mouse.up()
    expect(page.locator("[data-toast-text]")).to_contain_text("Ada until")
    ada.refresh_from_db()
    assert ada.ends_at > before
    longer = ada.ends_at
    bar_of(page, ada).click(position={"x": 20, "y": 20})
    page.wait_for_timeout(400)
    page.click("[data-tl-start=stretch]")
    expect(page.locator(".cell--yes").first).to_be_attached()
    page.mouse.click(*spot(page, "1", 45))
    expect(page.locator("[data-mode]")).to_be_hidden()
    expect(page.locator("[data-toast-text]")).to_contain_text("Ada until 20:00")
    ada.refresh_from_db()
    assert (ada.ends_at, longer > ada.ends_at) == (at("20:00"), True)


def test_two_parties_change_tables(stand: Open, venue: Restaurant, ada: Reservation) -> None:
    bo = booked(venue, name="Bo Weber")
    page = stand().page
    drag(page, grip(bar_of(page, ada)), spot(page, "2", 30))
    expect(page.locator(".ghost--swap")).to_contain_text("Change tables with Weber · 2")
    page.mouse.up()
    expect(page.locator("[data-toast-text]")).to_contain_text("changed tables")
    assert (tables_of(ada), tables_of(bo)) == (["2"], ["1"])
    page.wait_for_timeout(400)
    bar_of(page, ada).click(position={"x": 20, "y": 20})
    page.click("[data-tl-start=swap]")
    expect(page.locator(".bar--yes")).to_be_attached()
    bar_of(page, bo).click(position={"x": 20, "y": 20})
    first = page.locator(f".tl__row[data-label='1'] .bar[data-party='{ada.public_id}']")
    expect(first).to_be_attached()
    assert (tables_of(ada), tables_of(bo)) == (["1"], ["2"])


def test_the_view_keeps_who_is_chosen(stand: Open, ada: Reservation) -> None:
    page = stand().page
    bar_of(page, ada).click(position={"x": 20, "y": 20})
    expect(page.locator("[data-drawer-title]")).to_have_text("Ada")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.wait_for_url("**view=floor**")
    page.keyboard.press("2")
    page.wait_for_url("**view=timeline**")
    expect(page.locator(".tl__row").first).to_be_attached()


def test_a_telephone_shows_this_moment_first(stand: Open, ada: Reservation) -> None:
    page = stand(viewport=PHONE).page
    page.click(".panes-nav [data-pane=centre]")
    expect(page.locator("[data-tl-line]")).to_be_in_viewport()
    expect(bar_of(page, ada)).to_be_in_viewport()


def full_saturday(venue: Restaurant, clock: Clock) -> None:
    """Thirty tables in two rooms, with most of an evening on them."""
    names = "Ada Lovelace,Bo Weber,Cy Okafor,Di Marchetti,Emil Brandt,Fay Nakamura,Gus O'Neil"
    room = venue.rooms.create(name="Terrace")
    tables = factories.make_tables(venue, *([4] * 14))
    type(tables[0]).objects.filter(pk__in=[t.pk for t in tables[8:]]).update(room=room)
    clock.now = at("12:00")
    table = tables[-1].public_id
    services.block(
        venue.public_id, DATE, [table], at("18:00"), at("21:00"), by=HOST, note="Broken leg"
    )
    parties = []
    for number, time in enumerate(["18:00", "18:30", "19:00", "19:30", "20:30", "21:00"] * 7):
        name = names.split(",")[number % 7]
        try:
            parties.append(booked(venue, time, 2 + number % 3, name=name))
        except DomainError:  # The house is full then, which is as good.
            continue
    clock.now = at("18:35")
    for row in [each for each in parties if each.starts_at <= at("18:30")]:
        row.refresh_from_db()
        services.seat(row.public_id, expected=row.version, by=HOST)
    for row in parties[-2:]:
        row.claims.all().delete()
    Reservation.objects.filter(pk=parties[2].pk).update(allergy_note="nuts")
    clock.now = at("20:05")
    parties[0].refresh_from_db()
    services.leave(parties[0].public_id, expected=parties[0].version, by=HOST)
    clock.now = at("20:25")


def test_two_hours_a_service_or_the_day_fill_the_screen(stand: Open, ada: Reservation) -> None:
    page = stand().page
    wide = {}
    for zoom in ("2h", "service", "day"):
        page.click(f"[data-tl-zoom='{zoom}']")
        expect(page.locator(f"[data-tl-zoom='{zoom}']")).to_have_attribute("aria-pressed", "true")
        wide[zoom] = page.evaluate("document.querySelector('[data-tl-track]').clientWidth")
        line = page.locator("[data-tl-line]")
        expect(line).not_to_have_attribute("hidden", "")
    assert wide["2h"] > wide["service"] > wide["day"]


def test_who_has_left_is_opened_and_cannot_be_dragged(
    stand: Open, ada: Reservation, clock: Clock
) -> None:
    clock.now = at("19:05")
    services.seat(ada.public_id, expected=fresh(ada).version, by=HOST)
    clock.now = at("20:00")
    services.leave(ada.public_id, expected=fresh(ada).version, by=HOST)
    clock.now = at("20:30")
    page = stand().page
    bar = page.locator(".bar--left > svg")
    expect(bar).to_have_attribute("aria-label", "19:05–20:00, Ada, 2, Left, table 1")
    x, y = grip(bar)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 52, steps=4)
    page.mouse.up()
    page.wait_for_timeout(300)
    expect(page.locator("[data-mode]")).to_be_hidden()
    page.keyboard.press("Escape")
    # Some versions of Chromium count cut-off words as part of the bar: its middle may be beside it.
    page.mouse.click(x, y)
    expect(page.locator("[data-drawer-title]")).to_have_text("Ada")
    expect(page.locator(".bar--left")).to_have_attribute("aria-current", "true")
    expect(page.locator("[data-tl-start=move]")).to_have_attribute("aria-disabled", "true")
    assert fresh(ada).status == "completed"


_SMALL = """() => [...document.querySelectorAll(".tl button, .tl__name a, .bar > svg")]
  .filter((e) => e.checkVisibility())
  .map((e) => [e.outerHTML.slice(0, 120), Math.round(e.getBoundingClientRect().height)])
  .filter(([, height]) => height < 44)"""


@pytest.mark.parametrize("size", [PHONE, TABLET, WIDE], ids=["phone", "tablet", "desk"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_on_a_full_evening(
    size: dict[str, int], theme: str, stand: Open, venue: Restaurant, clock: Clock
) -> None:
    full_saturday(venue, clock)
    page = stand(f"&theme={theme}", viewport=size, reduced_motion="reduce").page
    found: list[list[Any]] = []

    def look(what: str) -> None:
        found.extend([what, *each] for each in barriers(page))
        found.extend([what, *each] for each in page.evaluate(_SMALL))
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{what}-{size['width']}-{theme}.png")

    if size is PHONE:
        page.click(".panes-nav [data-pane=centre]")
    look("timeline")
    bar = page.locator(".bar--held").first
    bar.focus()
    page.keyboard.press("m")
    expect(page.locator(".ghost")).to_be_focused()
    look("move")
    page.keyboard.press("Escape")
    page.click("[data-tl-zoom=day]")
    look("day")
    assert found == [], "\n".join(map(str, found))
