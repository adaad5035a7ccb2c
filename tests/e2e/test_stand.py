"""The host stand in a real browser: taps, undo, two screens, keys alone, the line cut, axe."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from accounts.models import User
from customers.models import GuestTag
from customers.services.tags import TagValues, save_tag
from reservations.models import Reservation
from reservations.services import stand as services
from restaurants.models import Restaurant, Role
from tests.e2e.axe import barriers
from tests.e2e.conftest import PHONE, OpenVisit, Visit
from tests.e2e.people import TABLET, WIDE, Open, at_screen, staff
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, tables_of

STAND = "/staff/r/bella-notte/stand/"
NOISE = re.compile("ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|409")


@pytest.fixture
def stand(visit: OpenVisit, venue: Restaurant, clock: Clock) -> Open:
    """Opens the stand at five to seven as somebody who works there."""
    clock.now = at("18:55")

    def opened(
        name: str = "Hugo", query: str = "", role: Role = Role.HOST, **options: object
    ) -> Visit:
        user = User.objects.filter(full_name=name).first() or staff(venue, name, role)
        return at_screen(visit, user, STAND)(query, **options)

    return opened


@pytest.fixture
def ada(venue: Restaurant, clock: Clock) -> Reservation:
    return booked(venue)


def state(party: Reservation) -> str:
    party.refresh_from_db()
    return str(party.status)


def test_arrive_seat_and_undo_with_one_tap_each(stand: Open, ada: Reservation) -> None:
    page = stand().page
    page.click(f"#p-{ada.pk} .row__do")
    expect(page.locator("[data-toast-text]")).to_have_text("Ada arrived")
    expect(page.locator(f"#list-arrived #p-{ada.pk}")).to_be_attached()
    page.click("[data-to-tab=arrived]")
    page.wait_for_timeout(400)
    page.click(f"#p-{ada.pk} .row__do:has-text('Seat · 1')")
    expect(page.locator(".table--occupied")).to_have_count(1)
    assert state(ada) == "seated"
    page.keyboard.press("u")
    expect(page.locator(".table--occupied")).to_have_count(0)
    assert state(ada) == "arrived"


def test_a_double_tap_does_not_do_the_next_thing(stand: Open, ada: Reservation) -> None:
    page = stand().page
    page.click("[data-to-tab=upcoming]")
    page.locator(f"#p-{ada.pk} .row__do").dblclick()
    expect(page.locator("[data-toast-text]")).to_have_text("Ada arrived")
    page.wait_for_timeout(300)
    assert state(ada) == "arrived"


def test_a_reason_stays_within_its_table_and_is_its_title(stand: Open, ada: Reservation) -> None:
    booked(ada.restaurant, name="Bo Featherstonehaugh-Wallingford")
    page = stand(query=f"?party={ada.public_id}").page
    page.click("[data-mode-start=swap]")
    why = page.locator(".table[data-label='2'] .table__why")
    expect(why.locator("title")).to_have_text("Featherstonehaugh-Wallingford")
    expect(why.locator("tspan")).to_have_text(re.compile("^Feather.*…$"))
    inside = """(each) => {
      const [text, top] = [each, each.closest(".table").querySelector(".table__top")]
        .map((one) => one.getBoundingClientRect());
      return top.left <= text.left && text.right <= top.right;
    }"""
    assert why.evaluate(inside)


def test_a_walk_in_is_a_size_and_a_table(stand: Open, venue: Restaurant) -> None:
    page = stand().page
    page.click("[data-quote='2']")
    expect(page.locator("[data-mode]")).to_contain_text("Yes: table 1")
    expect(page.locator(".table--yes")).to_have_count(2)
    page.click(".table[data-label='2'] .table__top")
    expect(page.locator(".table--occupied[data-label='2']")).to_be_attached()
    party = Reservation.objects.get(channel="walk_in")
    assert (party.party_size, tables_of(party)) == (2, ["2"])


def test_an_illegal_table_says_why_and_nothing_happens(
    stand: Open, venue: Restaurant, ada: Reservation
) -> None:
    booked(venue, name="Bo Weber")
    page = stand().page
    page.click(f"#p-{ada.pk} .row__main")
    page.click("[data-mode-start=move]")
    expect(page.locator(".table--no")).to_have_count(2)
    page.click(".table[data-label='2'] .table__top")
    expect(page.locator("[data-mode-reason]")).to_have_text("2: Taken · Bo Weber")
    page.keyboard.press("Escape")
    expect(page.locator("[data-mode]")).to_be_hidden()
    assert tables_of(ada) == ["1"]


def test_dragging_a_row_to_a_table_is_the_same_choice(stand: Open, ada: Reservation) -> None:
    page = stand().page
    page.drag_and_drop(f"#p-{ada.pk} .row__name", ".table[data-label='2'] .table__label")
    expect(page.locator("[data-toast]")).to_be_visible()
    assert tables_of(ada) == ["2"]


def test_two_screens_one_party(stand: Open, ada: Reservation) -> None:
    first, second = stand("Ana"), stand("Hugo")
    shown = second.page.locator(f"#p-{ada.pk} .row__do").get_attribute("value")
    first.page.click(f"#p-{ada.pk} .row__do")
    expect(first.page.locator("[data-toast]")).to_be_visible()
    # What the other screen had shown is tapped there at the same moment.
    second.page.evaluate(
        "value => { const b = document.createElement('button'); b.setAttribute('form', 'do');"
        " b.name = 'do'; b.value = value; document.body.append(b); b.click(); b.remove(); }",
        shown,
    )
    expect(second.page.locator("[data-conflict]")).to_be_visible()
    expect(second.page.locator("[data-conflict-text]")).to_contain_text("Ada was changed by")
    expect(second.page.locator(f"#list-arrived #p-{ada.pk}")).to_be_attached()
    second.complaints[:] = [each for each in second.complaints if not NOISE.search(each)]


def test_what_one_screen_does_the_other_shows(stand: Open, ada: Reservation) -> None:
    first, second = stand("Ana"), stand("Hugo")
    first.page.click(f"#p-{ada.pk} .row__do")
    expect(second.page.locator(f"#list-arrived #p-{ada.pk}")).to_be_attached(timeout=10_000)


def test_keys_alone(stand: Open, ada: Reservation) -> None:
    page = stand().page
    press = page.keyboard.press
    press("j")
    expect(page.locator(f"#p-{ada.pk} a.row__main")).to_be_focused()
    press("Enter")
    expect(page.locator("[data-drawer-title]")).to_have_text("Ada")
    press("Escape")
    expect(page.locator(f"#p-{ada.pk} a.row__main")).to_be_focused()
    press("a")
    expect(page.locator("[data-toast-text]")).to_have_text("Ada arrived")
    press("u")
    expect(page.locator("[data-toast-text]")).to_contain_text("Undone")
    assert state(ada) == "confirmed"
    page.wait_for_timeout(400)
    press("m")
    expect(page.locator("[data-mode]")).to_be_visible()
    expect(page.locator(".table[data-label='2'] a")).to_be_focused()
    press("Enter")
    expect(page.locator("[data-mode]")).to_be_hidden()
    expect(page.locator(f"#p-{ada.pk} .row__table")).to_contain_text("2")
    assert tables_of(ada) == ["2"]
    press("/")
    expect(page.locator("[data-find]")).to_be_focused()
    page.keyboard.type("zz")
    expect(page.locator(f"#p-{ada.pk}")).to_be_hidden()
    press("Escape")
    expect(page.locator(f"#p-{ada.pk}")).to_be_visible()


def test_single_keys_can_be_switched_off(stand: Open, ada: Reservation) -> None:
    page = stand().page
    page.keyboard.press("?")
    page.uncheck("[data-keys-switch]")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("#new")).to_be_hidden()
    page.reload()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_hidden()


def test_a_note_comes_up_once_when_its_date_is_opened(stand: Open, venue: Restaurant) -> None:
    services.write_note(venue.public_id, DATE, "No oysters tonight.", by=HOST)
    page = stand().page
    expect(page.locator("#notes")).to_contain_text("No oysters tonight.")
    page.get_by_role("button", name="Understood").click()
    expect(page.locator("#notes")).to_be_hidden()
    page.reload()
    expect(page.locator("body.is-scripted")).to_be_visible()
    expect(page.locator(".slip__text")).to_have_text("No oysters tonight.")
    expect(page.locator("#notes")).to_be_hidden()


def test_offline_nothing_is_sent_or_kept(stand: Open, ada: Reservation) -> None:
    window = stand()
    page = window.page
    window.lose_the_network()
    expect(page.locator("[data-live-badge]")).to_have_attribute("data-state", "offline")
    expect(page.locator(f"#p-{ada.pk} .row__do")).to_have_attribute("aria-disabled", "true")
    page.click(f"#p-{ada.pk} .row__do", force=True)
    expect(page.locator("[data-toast-text]")).to_contain_text("Offline: nothing is sent")
    window.page.context.set_offline(False)
    page.wait_for_timeout(1500)
    assert state(ada) == "confirmed"
    window.complaints[:] = [each for each in window.complaints if not NOISE.search(each)]


def test_a_booking_by_telephone(stand: Open, venue: Restaurant) -> None:
    page = stand().page
    page.keyboard.press("n")
    page.check("[data-new-body] [name=time][value='19:30']", force=True)
    page.fill("[data-new-body] [name=name]", "Cleo Brandt")
    page.fill("[data-new-body] [name=phone]", "+12125550163")
    page.click("[data-new-body] .new__deed button")
    expect(page.locator("[data-toast-text]")).to_have_text("Cleo Brandt is booked for 19:30.")
    expect(page.locator("#list-upcoming")).to_contain_text("Cleo Brandt")


class Held:
    """The next answer from an address: the server has given it, the page gets it when told to."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.kept: list[tuple[Route, APIResponse]] = []
        self.is_asked = False
        page.route(address, self._answer)

    def _answer(self, route: Route) -> None:
        if self.is_asked:
            route.continue_()
            return
        self.is_asked = True
        self.kept.append((route, route.fetch()))

    def wait(self) -> None:
        """Until the server has answered."""
        for _ in range(500):
            if self.kept:
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("nobody asked")

    def let_go(self) -> None:
        """The page gets it."""
        route, response = self.kept[0]
        route.fulfill(response=response)


LOOK = "document.dispatchEvent(new CustomEvent('couvert:changed'))"


def middle(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_what_moves_under_a_finger_waits_for_it(stand: Open, venue: Restaurant) -> None:
    late = booked(venue, "21:00", name="Late")
    page = stand().page
    look = Held(page, "**/fragment/**")
    early = booked(venue, "19:00", name="Early")
    page.evaluate(LOOK)
    look.wait()
    page.mouse.move(*middle(page, f"#p-{late.pk} .row__do"))
    page.mouse.down()
    look.let_go()
    page.wait_for_timeout(100)
    page.mouse.up()
    expect(page.locator("[data-toast-text]")).to_have_text("Late arrived")
    expect(page.locator(f"#p-{early.pk}")).to_be_visible()
    assert (state(late), state(early)) == ("arrived", "confirmed")


def test_the_answer_to_a_tap_waits_for_the_next_finger(
    stand: Open, venue: Restaurant, ada: Reservation
) -> None:
    late = booked(venue, "21:00", name="Late")
    page = stand().page
    look, answer = Held(page, "**/fragment/**"), Held(page, "**/do/")
    page.evaluate(LOOK)
    look.wait()
    page.click(f"#p-{ada.pk} .row__do")
    answer.wait()
    page.mouse.move(*middle(page, f"#p-{late.pk} .row__do"))
    page.mouse.down()
    answer.let_go()
    page.wait_for_timeout(100)
    page.mouse.up()
    expect(page.locator("[data-toast-text]")).to_have_text("Late arrived")
    look.let_go()
    for party in (ada, late):
        expect(page.locator(f"#list-arrived #p-{party.pk}")).to_be_attached()


def test_an_older_look_is_not_put_over_a_newer_answer(stand: Open, venue: Restaurant) -> None:
    late = booked(venue, "21:00", name="Late")
    page = stand().page
    look = Held(page, "**/fragment/**")
    early = booked(venue, "19:00", name="Early")
    page.evaluate(LOOK)
    look.wait()
    page.click(f"#p-{late.pk} .row__do")
    arrived = f"#list-arrived #p-{late.pk}"
    expect(page.locator(arrived)).to_be_attached()
    page.evaluate(
        "arrived => { window.seen = []; document.addEventListener('stand:patched',"
        " () => window.seen.push(Boolean(document.querySelector(arrived)))); }",
        arrived,
    )
    with page.expect_response("**/fragment/**"):  # What was dropped is asked for again.
        look.let_go()
    page.wait_for_timeout(300)
    assert False not in page.evaluate("window.seen")
    expect(page.locator(arrived)).to_be_attached()
    expect(page.locator(f"#p-{early.pk}")).to_be_visible()


@pytest.mark.parametrize("where", ["there", "elsewhere"])
def test_a_tap_right_after_another_counts_in_another_place_only(
    where: str, stand: Open, venue: Restaurant, ada: Reservation
) -> None:
    """Where the first tap was, the next party's button has come up; it may be half a double tap."""
    late = booked(venue, "21:00", name="Late")
    page = stand().page
    page.click("[data-to-tab=upcoming]")
    first, second = (late, ada) if where == "elsewhere" else (ada, late)
    place = middle(page, f"#p-{ada.pk} .row__do")
    page.evaluate(
        """([x, y, party]) => document.addEventListener("stand:done", () => setTimeout(() => {
          const button = document.querySelector(`#p-${party} .row__do`);
          const finger = { bubbles: true, clientX: x, clientY: y };
          for (const what of ["pointerdown", "pointerup"])
            button.dispatchEvent(new PointerEvent(what, finger));
          button.click();
          document.body.dataset.tapped = "";
        }, 50), { once: true })""",
        [*place, second.pk],
    )
    page.mouse.click(*middle(page, f"#p-{first.pk} .row__do"))
    expect(page.locator("body[data-tapped]")).to_be_attached()
    if where == "elsewhere":
        expect(page.locator("[data-toast-text]")).to_have_text("Ada arrived")
    page.wait_for_timeout(500)
    assert state(first) == "arrived"
    assert state(second) == ("arrived" if where == "elsewhere" else "confirmed")


def test_a_visit_is_tagged_in_the_drawer(stand: Open, ada: Reservation) -> None:
    group = ada.restaurant.organization_id
    for name in ("Business", "Stroller", "Window"):
        save_tag(group, TagValues(name, kind=GuestTag.Kind.VISIT), by=HOST)
    page = stand().page
    page.click(f"#p-{ada.pk} .row__main")
    page.click("summary:has-text('Tags of this visit')")
    page.check(".tag-choice [value=Window]")
    page.check(".tag-choice [value=Stroller]")
    page.click("button:has-text('Save the tags')")
    expect(page.locator("[data-toast-text]")).to_have_text("Ada: tags saved")
    expect(page.locator(f"#p-{ada.pk} .tag")).to_have_text(["Stroller", "Window"])
    expect(page.locator("[data-drawer-pane] .about .tag")).to_have_text(["Stroller", "Window"])
    page.keyboard.press("u")
    expect(page.locator(f"#p-{ada.pk} .tag")).to_have_count(0)


def test_everything_works_without_scripts(stand: Open, visit: OpenVisit, ada: Reservation) -> None:
    user = staff(ada.restaurant, "Nora")
    window = visit(viewport=TABLET, java_script_enabled=False)
    window.sign_in(user)
    page = window.open(STAND)
    page.click(f"#p-{ada.pk} .row__do")
    expect(page.locator(".toast")).to_contain_text("Ada arrived")
    page.click(".toast__undo")
    assert state(ada) == "confirmed"
    page.click(f"#p-{ada.pk} .row__main")
    page.click("[data-mode-start=move]")
    page.locator(".mode__places button").first.click()
    assert tables_of(ada) == ["2"]


_SMALL = """() => [...document.querySelectorAll("button, summary, select, a.tab, a.quote, a.alert, "
  + "a.seg, a.row__main, .menu__link, input:not([type=hidden], [type=checkbox], [type=radio])")]
  .filter((e) => e.checkVisibility() && !e.closest(".visually-hidden"))
  .map((e) => [e.outerHTML.slice(0, 120), Math.round(e.getBoundingClientRect().height)])
  .filter(([, height]) => height < 36)"""


@pytest.mark.parametrize("size", [PHONE, TABLET, WIDE], ids=["phone", "tablet", "desk"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing(
    size: dict[str, int], theme: str, stand: Open, venue: Restaurant, ada: Reservation, clock: Clock
) -> None:
    Reservation.objects.filter(pk=ada.pk).update(allergy_note="nuts")
    booked(venue, name="Bo Weber")
    clock.now = at("19:25")
    window = stand("Mia", f"?theme={theme}", Role.MANAGER, viewport=size, reduced_motion="reduce")
    page = window.page
    found: list[list[Any]] = []

    def look(what: str) -> None:
        found.extend([what, *each] for each in barriers(page))
        found.extend([what, *each] for each in page.evaluate(_SMALL))

    look("page")
    page.evaluate(f"document.querySelector('#p-{ada.pk} a').click()")
    expect(page.locator("[data-drawer-title]")).to_be_visible()
    look("drawer")
    page.keyboard.press("m")
    expect(page.locator("[data-mode]")).to_be_visible()
    look("mode")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("#new")).to_be_visible()
    look("new")
    window.open(f"{STAND}?view=list&theme={theme}")
    if size is PHONE:
        page.click(".panes-nav [data-pane=centre]")
    look("list")
    assert found == [], "\n".join(map(str, found))
