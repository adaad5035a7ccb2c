"""Screens that follow the book by themselves, and say so when they cannot."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from accounts.models import User
from reservations.guests import Guest
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import Membership, Restaurant, Role
from tests.concurrency.together import until
from tests.e2e.conftest import PHONE, OpenVisit, Visit
from tests.e2e.test_accessibility import violations
from tests.factories import make_user
from tests.faults.acts import pay
from tests.fixtures.streams import StreamServer

HOME = "/staff/r/bella-notte/"
TODAY = dt.date(2025, 11, 10)


@pytest.fixture
def host(venue: Restaurant) -> User:
    user = make_user("hugo@example.com", is_staff=True)
    Membership.objects.create(user=user, restaurant=venue, role=Role.HOST)
    return user


def signed_in(window: Visit, user: User) -> Visit:
    window.sign_in(user)
    return window


def expect_state(page: Page, state: str, *, within: float = 15.0) -> None:
    expect(page.locator("[data-live-badge]")).to_have_attribute(
        "data-state", state, timeout=within * 1000
    )


def book(venue: Restaurant, time_of_day: str = "19:00") -> None:
    """A party of two for this very evening."""
    guest = Guest.with_account(make_user(full_name="Ada Guest").public_id)
    wish = HoldRequest(venue.public_id, time=time_of_day, party_size=2, service_date=TODAY)
    pay(place_hold(wish, guest, by=guest.actor), guest, name="Ada Guest", email="ada@example.com")


def expect_bookings(page: Page, number: int, *, within: float = 15.0) -> None:
    figure = page.locator(".figures dd").first
    expect(figure).to_have_text(str(number), timeout=within * 1000)


NOISE = re.compile("ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED")


def forgive(window: Visit) -> None:
    """A browser complains when its network goes; that is what these tests are about."""
    window.complaints[:] = [each for each in window.complaints if not NOISE.search(each)]


def add_form(page: Page) -> None:
    """What a page of actions has."""
    page.evaluate(
        """() => {
          document.querySelector("main").insertAdjacentHTML("beforeend",
            "<form method=post action=/staff/ data-needs-line id=act><div class=field>" +
            "<label>Note <input type=text name=n></label></div>" +
            "<button class=button type=submit>Seat them</button></form>");
          window.untouched = "not loaded again";
          window.sent = 0;
          document.addEventListener("submit", (event) => {
            event.preventDefault();
            window.sent++;
          });
        }"""
    )


def test_a_booking_is_on_every_screen_within_a_second(
    stream_of_site: StreamServer, visit: OpenVisit, venue: Restaurant, host: User
) -> None:
    screens = [signed_in(visit(), host).open(HOME) for _ in range(2)]
    for page in screens:
        expect_state(page, "live")
        expect(page.locator("[data-live-badge]")).to_have_text("Live")
        expect_bookings(page, 0)
    for number, at in enumerate(("18:00", "20:00"), start=1):
        book(venue, at)
        for page in screens:
            expect_bookings(page, number, within=1.0)
    assert stream_of_site.reading("couvert_stream_listeners") == 2


def test_without_the_network_it_says_so_keeps_nothing_and_catches_up(
    stream_of_site: StreamServer, visit: OpenVisit, venue: Restaurant, host: User
) -> None:
    window = signed_in(visit(), host)
    page = window.open(HOME)
    expect_state(page, "live")
    add_form(page)
    window.lose_the_network()
    expect_state(page, "offline", within=2.0)
    expect(page.locator("[data-live-badge]")).to_have_text("Offline")
    button = page.get_by_role("button", name="Seat them")
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description(
        "Offline: this works again when the connection is back."
    )
    button.click(force=True)
    page.get_by_label("Note").fill("kept")
    page.get_by_label("Note").press("Enter")
    # Parts that arrived just before the network went are held as well.
    page.evaluate(
        "document.getElementById('act').outerHTML = document.getElementById('act').outerHTML"
        ".replace('data-held', 'data-was').replaceAll('aria-', 'data-')"
    )
    expect(button).to_be_disabled()
    assert violations(page) == []
    book(venue)
    page.context.set_offline(False)
    expect_state(page, "live", within=3.0)
    expect_bookings(page, 1, within=3.0)
    expect(button).to_be_enabled()
    expect(page.locator(".live-reason")).to_have_count(0)
    assert page.evaluate("[window.sent, window.untouched]") == [0, "not loaded again"]
    button.click()
    assert page.evaluate("window.sent") == 1, "the control: a form that may be sent is"
    book(venue, "21:00")
    expect_bookings(page, 2)
    forgive(window)


def test_tabs_of_a_browser_share_one_stream(
    stream_of_site: StreamServer, visit: OpenVisit, venue: Restaurant, host: User
) -> None:
    window = signed_in(visit(), host)
    first = window.open(HOME)
    expect_state(first, "live")
    second = window.page.context.new_page()
    # What happened between the two is caught up by the one that came later.
    second.goto(f"{window.site}{HOME}")
    expect_state(second, "live")
    book(venue)
    for page in (first, second):
        expect_bookings(page, 1, within=1.0)
    assert stream_of_site.reading("couvert_stream_listeners") == 1
    first.close()
    book(venue, "21:00")
    expect_bookings(second, 2, within=1.0)
    assert stream_of_site.reading("couvert_stream_listeners") == 1
    second.close()
    until(lambda: stream_of_site.reading("couvert_stream_listeners") == 0, "the stream ended")


def test_without_the_stream_it_asks_and_comes_back_to_it(
    stream_of_site: StreamServer, visit: OpenVisit, venue: Restaurant, host: User
) -> None:
    window = signed_in(visit(), host)
    page = window.open(HOME)
    expect_state(page, "live")
    stream_of_site.stop()
    book(venue)
    # It asks every two seconds; the first time a moment after the stream has ended.
    expect_bookings(page, 1, within=4.0)
    expect_state(page, "live")
    stream_of_site.start()
    until(lambda: stream_of_site.reading("couvert_stream_listeners") == 1, "it listens", 30)
    book(venue, "21:00")
    expect_bookings(page, 2, within=1.0)
    assert stream_of_site.reading("couvert_stream_listeners") == 1


def test_a_browser_without_shared_workers_has_a_stream_in_the_tab_one_looks_at(
    stream_of_site: StreamServer, visit: OpenVisit, venue: Restaurant, host: User
) -> None:
    window = signed_in(visit(), host)
    window.page.add_init_script("delete window.SharedWorker")
    page = window.open(HOME)
    expect_state(page, "live")
    book(venue)
    expect_bookings(page, 1, within=1.0)
    assert stream_of_site.reading("couvert_stream_listeners") == 1
    # Another port of the same host, which is where the stream is.
    there = f"http://localhost:{stream_of_site.port}/"
    window.elsewhere[:] = [each for each in window.elsewhere if not each.startswith(there)]


def test_who_was_signed_out_is_told(
    stream_of_site: StreamServer, visit: OpenVisit, venue: Restaurant, host: User
) -> None:
    window = signed_in(visit(), host)
    page = window.open(HOME)
    expect_state(page, "live")
    Session.objects.all().delete()
    expect_state(page, "offline")
    expect(page.locator("[data-live-badge]")).to_have_text("Signed out: load the page again")


@pytest.mark.parametrize("size", [PHONE, {"width": 1024, "height": 768}], ids=["phone", "tablet"])
def test_axe_finds_nothing_on_a_live_page(
    size: dict[str, int],
    stream_of_site: StreamServer,
    visit: OpenVisit,
    venue: Restaurant,
    host: User,
) -> None:
    book(venue)
    page = signed_in(visit(viewport=size, reduced_motion="reduce"), host).open(HOME)
    expect_state(page, "live")
    assert violations(page) == []
