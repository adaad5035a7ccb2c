"""The queue and the waitlist in a real browser: the host's screen, the guest's, taps, keys."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from reservations.models import QueueEntry, Reservation, WaitlistEntry
from reservations.services import queue_replies, wait_offers
from reservations.services import stand as services
from reservations.services.cancellation import cancel_reservation
from reservations.services.waitlist import leave_token
from restaurants.models import Restaurant
from tests.concurrency.together import until_readable
from tests.e2e.axe import barriers
from tests.e2e.conftest import PHONE, OpenVisit
from tests.e2e.people import TABLET, WIDE, Open, at_screen, staff
from tests.e2e.test_booking import fill_in
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, fresh, ids, tables_of

STAND = "/staff/r/bella-notte/stand/?tab=waitlist"
PICTURES = os.environ.get("COUVERT_PICTURES", "")
"""A folder: then what is looked at is kept there as pictures."""


@pytest.fixture
def stand(visit: OpenVisit, venue: Restaurant, clock: Clock) -> Open:
    """Opens the stand at five to seven as a host, with the waitlist in front."""
    clock.now = at("18:55")
    return at_screen(visit, staff(venue, "Hugo"), STAND)


@pytest.fixture
def full(venue: Restaurant, clock: Clock) -> list[Reservation]:
    """Both tables are taken since half past five."""
    clock.now = at("17:30")
    rows = []
    for label in ("1", "2"):
        done = services.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, label))
        rows.append(Reservation.objects.get(public_id=done.target))
    clock.now = at("18:55")
    return rows


def joined(venue: Restaurant, name: str, size: int = 2, **more: Any) -> QueueEntry:
    done = services.join_queue(venue.public_id, DATE, size, name=name, by=HOST, **more)
    return QueueEntry.objects.get(public_id=done.target)


def own_page(entry: QueueEntry) -> str:
    return f"/queue/{queue_replies.queue_token(entry)}/"


def now_is(page: Page, clock: Clock, time: str) -> None:
    """The minute turns on the server, and the screen asks what changed."""
    clock.now = at(time)
    page.evaluate("document.dispatchEvent(new Event('couvert:changed'))")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=f"{PICTURES}/{name}-{width}.png")


def test_a_party_waits_is_called_comes_and_sits(
    stand: Open, visit: OpenVisit, venue: Restaurant, full: list[Reservation], clock: Clock
) -> None:
    page = stand().page
    expect(page.locator("[data-said='2']")).to_contain_text("~ 35 min")
    page.click("[data-said='2']")
    expect(page.locator("[data-queue-add] [name=name]")).to_be_focused()
    page.keyboard.type("Ada Lo")
    page.fill("[data-queue-add] [name=quoted]", "20")
    page.fill("[data-queue-add] [name=phone]", "(212) 555-0123")
    page.click("[data-queue-add] form > button")
    expect(page.locator("[data-toast-text]")).to_have_text("Ada Lo waits, about 20 minutes")
    entry = QueueEntry.objects.get()
    row = page.locator(f"#q-{entry.public_id}")
    expect(row.locator(".tick")).to_have_text("20\N{PRIME}")
    expect(row).to_contain_text("~ 35 min")
    expect(row).to_contain_text("leaves about 19:30")
    expect(row.locator(".row__do")).to_have_count(0)

    guest = visit(viewport=PHONE).open(own_page(entry))
    expect(guest.get_by_role("heading", level=1)).to_have_text("About 35 minutes")
    expect(guest.get_by_text("You are number 1 in the queue.")).to_be_visible()

    now_is(page, clock, "19:17")
    expect(row.locator(".tick")).to_have_text("+2\N{PRIME}")
    expect(row.locator(".tick--late")).to_be_visible()
    services.leave(full[0].public_id, expected=fresh(full[0]).version, by=HOST)
    now_is(page, clock, "19:18")
    expect(row.locator(".row__do")).to_contain_text("Ready · 1")
    expect(guest.get_by_role("heading", level=1)).to_have_text("You are next")

    row.locator(".row__do").click()
    expect(page.locator("[data-toast-text]")).to_have_text(
        "Ada Lo: table 1 is kept. Call the name."
    )
    expect(row).to_contain_text("Called")
    expect(page.locator(".table--held[data-label='1']")).to_contain_text("Lo")
    expect(guest.get_by_role("heading", level=1)).to_have_text("Your table is ready")
    assert guest.title().startswith("Your table is ready")
    guest.get_by_role("button", name="I’m coming").click()
    expect(guest.get_by_text("Thank you. See you in a moment.")).to_be_visible()
    now_is(page, clock, "19:19")
    expect(row).to_contain_text("Is coming")

    row.locator(".row__do").click()
    expect(page.locator(".table--occupied[data-label='1']")).to_be_attached()
    expect(row).to_have_count(0)
    expect(guest.get_by_role("heading", level=1)).to_have_text("Enjoy your meal")
    party = Reservation.objects.get(guest_name="Ada Lo")
    assert (party.status, tables_of(party)) == ("seated", ["1"])


def test_keys_alone(stand: Open, venue: Restaurant, clock: Clock) -> None:
    page = stand().page
    press, text = page.keyboard.press, page.locator("[data-toast-text]")
    press("q")
    expect(page.locator("[data-queue-add] [name=name]")).to_be_focused()
    page.keyboard.type("Ada")
    press("Tab")
    page.keyboard.type("3")
    press("Enter")
    expect(text).to_have_text("Ada waits; a table is free")
    expect(page.locator("[data-queue-add] summary").first).to_be_focused()
    row = page.locator(".row.queue")
    press("j")
    expect(row.locator("a.row__main")).to_be_focused()
    page.wait_for_timeout(400)
    press("r")
    expect(text).to_contain_text("table 1 is kept")
    press("u")
    expect(text).to_contain_text("Undone")
    expect(row).to_contain_text("now")
    press("Enter")
    expect(page.locator("[data-drawer-title]")).to_have_text("Ada")
    press("Escape")
    expect(row.locator("a.row__main")).to_be_focused()
    page.wait_for_timeout(400)
    press("m")
    expect(page.locator("[data-mode]")).to_contain_text("Tap the table of Ada · 3")
    page.keyboard.press("Escape")
    row.locator("a.row__main").focus()
    press("s")
    expect(page.locator(".table--occupied[data-label='1']")).to_be_attached()
    expect(page.locator("#rows")).to_be_focused()
    assert QueueEntry.objects.get().status == "seated"


def test_a_party_is_changed_in_the_drawer_and_what_is_typed_there_stays(
    stand: Open, venue: Restaurant, full: list[Reservation], clock: Clock
) -> None:
    entry = joined(venue, "Ada")
    page = stand().page
    page.click(f"#q-{entry.public_id} a.row__main")
    page.click(".drawer .fold > summary:has-text('Change')")
    page.fill(".drawer [name=name]", "Ada Lo")
    page.fill(".drawer [name=size]", "4")
    # Somebody else comes to the door meanwhile.
    joined(venue, "Bo")
    now_is(page, clock, "18:57")
    expect(page.locator("#list-waitlist .row")).to_have_count(2)
    expect(page.locator(".drawer [name=name]")).to_have_value("Ada Lo")
    page.fill(".drawer [name=quoted]", "15")
    page.click(".drawer form button")
    expect(page.locator("[data-toast-text]")).to_have_text("Ada Lo changed")
    expect(page.locator("[data-drawer-title]")).to_have_text("Ada Lo")
    expect(page.locator(".drawer")).to_contain_text("promised for 19:12")
    entry.refresh_from_db()
    assert (entry.name, entry.party_size) == ("Ada Lo", 4)
    page.wait_for_timeout(400)
    page.click(".drawer button:has-text('Left')")
    expect(page.locator("body[data-open]")).to_have_count(0)
    expect(page.locator(".drawer")).to_contain_text("Choose a party or a table.")
    expect(page.locator("#rows")).to_be_focused()
    assert QueueEntry.objects.get(pk=entry.pk).status == "left"


def test_a_guest_takes_the_table_that_came_free(
    visit: OpenVisit, venue: Restaurant, clock: Clock
) -> None:
    rows = [booked(venue, name="Bo"), booked(venue, name="Cy")]
    page = visit(viewport=PHONE).open("/r/bella-notte/waitlist/?date=2025-11-10&party=2&time=19:00")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("E-mail", exact=True).fill("ada@example.com")
    page.get_by_role("button", name="Put me on the list").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are on the waitlist")
    WaitlistEntry.objects.update(earliest=dt.time(19), latest=dt.time(19))
    until_readable()
    wait_offers.offer_tables()
    cancel_reservation(rows[0].public_id, by=HOST)
    until_readable()
    assert wait_offers.offer_tables() == 1
    entry = WaitlistEntry.objects.get()
    page.goto(f"{page.url.partition('/waitlist')[0]}/waitlist/{leave_token(entry)}/")
    expect(page.get_by_role("heading", name="A table is free for you at 19:00")).to_be_visible()
    expect(page.get_by_text("We keep it until 12:15.")).to_be_visible()
    assert violations(page, "offer") == []
    picture(page, "offer")
    page.get_by_role("button", name="Take this table").click()
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_value("Ada")
    fill_in(page)
    page.get_by_label("Visa ending in 4242: is accepted").check()
    page.get_by_role("button", name="Pay $50.00 and book").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your table is booked")
    until_readable()
    wait_offers.offer_tables()
    entry.refresh_from_db()
    assert entry.status == "booked"
    page.goto(f"{page.url.partition('/booked')[0]}/waitlist/{leave_token(entry)}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("You got a table")


def violations(page: Page, what: str) -> list[Any]:
    return [[what, *each] for each in barriers(page)]


def a_busy_door(venue: Restaurant, clock: Clock) -> list[QueueEntry]:
    """Four parties in every state, and one on the waitlist."""
    clock.now = at("18:40")
    names = [joined(venue, "Ada Lovelace", quoted=10, phone="+12125550123")]
    names.append(joined(venue, "Bo Weber", 4, note="Pram", step_free=False))
    names.append(joined(venue, "Cleo Brandt", 6))
    clock.now = at("18:55")
    WaitlistEntry.objects.create(
        restaurant=venue,
        service_date=DATE,
        earliest=dt.time(19),
        latest=dt.time(21),
        party_size=2,
        name="Dora Maar",
        phone="+12125550144",
        language="en",
        nonce="d",
        digest="d",
        verdict="full",
        verdict_facts={"times": 3, "reasons": {"tables_taken": 3}},
        created_at=clock.now,
        updated_at=clock.now,
    )
    return names


@pytest.mark.parametrize("size", [PHONE, TABLET, WIDE], ids=["phone", "tablet", "desk"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_on_the_stand(
    size: dict[str, int],
    theme: str,
    stand: Open,
    venue: Restaurant,
    full: list[Reservation],
    clock: Clock,
) -> None:
    ada, *_others = a_busy_door(venue, clock)
    services.leave(full[0].public_id, expected=fresh(full[0]).version, by=HOST)
    clock.now = at("19:10")
    services.call_party(ada.public_id, expected=ada.version, by=HOST)
    page = stand(f"&theme={theme}", viewport=size, reduced_motion="reduce").page
    now_is(page, clock, "19:12")
    expect(page.locator(".row.queue")).to_have_count(3)
    found = violations(page, "queue")
    picture(page, f"queue-{theme}")
    page.click("[data-said='2']")
    found += violations(page, "adding")
    picture(page, f"queue-adding-{theme}")
    page.click("[data-queue-add] summary >> nth=0")
    page.click(f"#q-{ada.public_id} a.row__main")
    expect(page.locator("[data-drawer-title]")).to_be_visible()
    for name in ("Change", "Their own page"):
        page.click(f".drawer .fold > summary:has-text('{name}')")
    found += violations(page, "drawer")
    picture(page, f"queue-drawer-{theme}")
    assert found == [], "\n".join(map(str, found))


@pytest.mark.parametrize("size", [PHONE, TABLET, WIDE], ids=["phone", "tablet", "desk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_guests_page(
    size: dict[str, int],
    scheme: str,
    visit: OpenVisit,
    venue: Restaurant,
    full: list[Reservation],
    clock: Clock,
) -> None:
    ada = joined(venue, "Ada", quoted=20)
    page = visit(viewport=size, color_scheme=scheme, reduced_motion="reduce").open(own_page(ada))
    found = violations(page, "waits")
    picture(page, f"place-waits-{scheme}")
    services.leave(full[0].public_id, expected=fresh(full[0]).version, by=HOST)
    clock.now = at("19:10")
    services.call_party(ada.public_id, expected=ada.version, by=HOST)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your table is ready")
    found += violations(page, "called")
    picture(page, f"place-called-{scheme}")
    services.no_answer(ada.public_id, expected=QueueEntry.objects.get().version, by=HOST)
    page.reload()
    found += violations(page, "given away")
    picture(page, f"place-over-{scheme}")
    assert found == [], "\n".join(map(str, found))
    assert page.locator("html").evaluate("html => html.scrollWidth <= window.innerWidth")


def test_without_scripts_the_guests_page_asks_again_by_itself(
    visit: OpenVisit, venue: Restaurant, full: list[Reservation]
) -> None:
    ada = joined(venue, "Ada")
    page = visit(viewport=PHONE, java_script_enabled=False).open(own_page(ada))
    assert page.locator("meta[http-equiv=refresh]").get_attribute("content") == "30"
    page.get_by_role("button", name="Leave the queue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have left the queue")
    assert QueueEntry.objects.get().status == "left"
