"""Booking inside another website, in a browser that keeps third-party cookies back.

The website is on 127.0.0.1, Couvert on localhost: two sites, as far as browsers are concerned.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, FrameLocator, Page, expect
from pytest_django.live_server_helper import LiveServer

from core import rates
from reservations.limits import Act, Attempt
from reservations.models import Hold, Reservation
from restaurants.models import AllowedSite, PublishableKey, Restaurant
from tests.e2e.conftest import PATIENCE, PHONE, OpenVisit, another
from tests.e2e.test_accessibility import violations

_LISTEN = """
window.told = [];
for (const type of ["viewed", "slot_selected", "held", "booked", "error"]) {
  document.addEventListener("couvert:" + type, (event) => told.push([type, event.detail]));
}
"""


class Website:
    """A restaurant's own website: one page, whose content a test chooses."""

    def __init__(self) -> None:
        self.content = ""
        website = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = website.content.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def show(self, body: str) -> None:
        """Serve this from now on."""
        self.content = (
            '<!doctype html><html lang="en"><title>The Anchor</title>'
            '<link rel="icon" href="data:,">'
            f"<script>{_LISTEN}</script><h1>The Anchor</h1>{body}"
        )


@pytest.fixture
def website() -> Iterator[Website]:
    site = Website()
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def strict(chromium: Browser) -> Browser:
    """A Chromium that blocks third-party cookies."""
    return another(chromium, "--test-third-party-cookie-phaseout")


@dataclass
class Guest:
    """A visitor of the website, and what their browser complained about."""

    page: Page
    website: Website
    site: str
    complaints: list[str] = field(default_factory=list)

    def open(self, mode: str, address: str = "/", **data: str) -> Page:
        """Visit the website, with the booking in this mode."""
        more = " ".join(f'data-{name}="{value}"' for name, value in data.items())
        self.website.show(
            f'<p><a href="{self.site}/r/bella-notte/">Book a table</a><script async'
            f' src="{self.site}/embed.js" data-venue="bella-notte" data-mode="{mode}" {more}>'
            "</script></p><p>After</p>"
        )
        self.page.goto(self.website.origin + address)
        return self.page

    @property
    def frame(self) -> FrameLocator:
        """Our pages inside the website."""
        return self.page.frame_locator("iframe")

    def told(self) -> list[Any]:
        """The events of the website's page, oldest first."""
        found: list[Any] = self.page.evaluate("told")
        return found


@pytest.fixture
def visitor(
    strict: Browser, venue: Restaurant, website: Website, live_server: LiveServer
) -> Iterator[Callable[..., Guest]]:
    AllowedSite.objects.create(restaurant=venue, origin=website.origin)
    guests: list[Guest] = []

    def start(**options: Any) -> Guest:
        context = strict.new_context(**({"viewport": {"width": 1024, "height": 800}} | options))
        context.set_default_timeout(PATIENCE)
        guest = Guest(context.new_page(), website, live_server.url)
        guest.page.on(
            "console",
            lambda m: guest.complaints.append(m.text) if m.type in ("error", "warning") else None,
        )
        guest.page.on("pageerror", lambda error: guest.complaints.append(str(error)))
        guests.append(guest)
        return guest

    yield start
    for guest in guests:
        guest.page.context.close()
    # Browsers let no frame take the focus by itself; that is as it should be.
    said = [text for guest in guests for text in guest.complaints]
    assert [text for text in said if "Blocked autofocusing" not in text] == []


_READY = "() => document.readyState === 'complete' || new Promise(r => addEventListener('load', r))"


def choose(frame: FrameLocator, time: str = "19:00") -> None:
    frame.locator("html").evaluate(f"async () => {{ await ({_READY})(); }}")
    frame.get_by_label("Date").fill("2025-11-15")
    expect(frame.get_by_role("heading", name="Saturday 15 November 2025")).to_be_visible()
    frame.get_by_role("radio", name=time, exact=True).check()
    frame.get_by_role("button", name="Hold this table").click()
    expect(frame.get_by_role("heading", name="Your details")).to_be_visible()


def pay(frame: FrameLocator) -> None:
    frame.get_by_label("Your name").fill("Ada Lovelace")
    frame.get_by_label("E-mail", exact=True).fill("ada@example.com")
    frame.get_by_label("Visa ending in 4242: is accepted").check()
    frame.get_by_role("button", name="Pay $50.00 and book").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Your table is booked")


def test_a_guest_books_inline_without_cookies(visitor: Callable[..., Guest]) -> None:
    guest = visitor()
    page = guest.open("inline", "/?utm_source=letter", source="homepage")
    frame = guest.frame
    expect(frame.get_by_role("heading", name="Bella Notte", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Book a table")).to_be_hidden()
    expect(frame.locator(".site-header")).to_have_count(0)
    # The control: this browser does keep a frame's cookies back.
    inside = frame.locator("body")
    jar = "() => { document.cookie = 'a=1; SameSite=None; Secure'; return document.cookie; }"
    assert inside.evaluate(jar) == ""
    choose(frame)
    pay(frame)
    booked = Reservation.objects.get()
    assert (booked.source, booked.status) == ("homepage", "confirmed")
    assert page.context.cookies() == []
    assert page.url == f"{guest.website.origin}/?utm_source=letter"
    told = guest.told()
    assert [name for name, _ in told] == ["viewed", "slot_selected", "held", "booked"]
    about = {"venue": "bella-notte", "mode": "inline", "source": "homepage"}
    assert [detail for _, detail in told] == [about] * 4


def test_the_frame_speaks_the_language_of_its_website(visitor: Callable[..., Guest]) -> None:
    guest = visitor(locale="en-GB")
    page = guest.open("inline", lang="fr-CA")
    expect(guest.frame.get_by_role("heading", name="Réserver une table")).to_be_visible()
    expect(page.locator("iframe")).to_have_attribute("title", "Réserver une table")
    guest.frame.get_by_role("link", name=re.compile("Mois suivant")).click()
    expect(guest.frame.locator("html")).to_have_attribute("lang", "fr")
    website = visitor(locale="fr-FR")
    website.open("button")
    page = website.page
    page.get_by_role("button", name="Book a table").click()  # The website says lang="en".
    expect(website.frame.get_by_role("heading", name="Book a table")).to_be_visible()
    expect(page.get_by_role("button", name="Close")).to_be_visible()


def test_the_frame_is_as_high_as_its_page(visitor: Callable[..., Guest]) -> None:
    guest = visitor(viewport={"width": 360, "height": 740})
    page = guest.open("inline")
    expect(guest.frame.get_by_role("heading", name="Bella Notte", exact=True)).to_be_visible()
    page.wait_for_function("parseInt(document.querySelector('iframe').style.height) !== 640")
    inner = guest.frame.locator("html")
    heights = "e => [e.scrollHeight - window.innerHeight, e.scrollWidth - window.innerWidth]"
    page.wait_for_timeout(300)
    assert inner.evaluate(heights) == [0, 0]
    assert page.locator("iframe").get_attribute("title") == "Book a table"
    assert page.locator("iframe").get_attribute("loading") == "lazy"
    assert page.locator("iframe").get_attribute("allow") == "payment"


@pytest.mark.parametrize("mode", ["popup", "button"])
def test_a_guest_books_in_a_dialog_and_gets_the_focus_back(
    visitor: Callable[..., Guest], mode: str
) -> None:
    guest = visitor()
    page = guest.open(mode)
    opener = page.get_by_role("link" if mode == "popup" else "button", name="Book a table")
    expect(opener).to_have_attribute("aria-haspopup", "dialog")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Book a table")).to_be_visible()
    choose(guest.frame)
    # Closed and opened again, the guest finds the table still held.
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    expect(guest.frame.get_by_role("heading", name="Your details")).to_be_visible()
    pay(guest.frame)
    page.get_by_role("button", name="Close").click()
    expect(opener).to_be_focused()
    assert [name for name, _ in guest.told()] == ["viewed", "slot_selected", "held", "booked"]
    assert Reservation.objects.count() == 1


def test_what_is_wrong_is_told_without_saying_about_whom(visitor: Callable[..., Guest]) -> None:
    guest = visitor()
    guest.open("inline")
    choose(guest.frame)
    guest.frame.get_by_label("Your name").fill("Ada Lovelace")
    guest.frame.get_by_role("button", name="Pay $50.00 and book").click()
    expect(
        guest.frame.get_by_text("Please enter an e-mail address or a telephone number.").first
    ).to_be_visible()
    guest.page.wait_for_function("told.some(([type]) => type === 'error')")
    assert "Ada" not in str(guest.told())


def test_without_scripts_the_link_leads_to_the_page(visitor: Callable[..., Guest]) -> None:
    guest = visitor(java_script_enabled=False)
    page = guest.open("inline")
    page.get_by_role("link", name="Book a table").click()
    page.wait_for_url(f"{guest.site}/r/bella-notte/")
    expect(page.get_by_role("heading", level=1, name="Bella Notte")).to_be_visible()


def test_a_website_that_was_not_named_shows_nothing(
    visitor: Callable[..., Guest], live_server: LiveServer
) -> None:
    guest = visitor()
    AllowedSite.objects.all().delete()
    AllowedSite.objects.create(restaurant=Restaurant.objects.get(), origin="https://other.example")
    page = guest.open("inline")
    page.wait_for_timeout(1000)
    expect(guest.frame.get_by_text("Hold this table")).to_have_count(0)
    assert any("frame-ancestors" in text for text in guest.complaints)
    assert guest.told() == []
    guest.complaints.clear()


def test_messages_of_others_change_nothing(visitor: Callable[..., Guest]) -> None:
    guest = visitor()
    page = guest.open("inline")
    expect(guest.frame.get_by_role("heading", name="Bella Notte", exact=True)).to_be_visible()
    page.wait_for_function("told.length === 1")
    # From the page itself, and from another frame of it.
    page.evaluate(
        """() => {
          window.postMessage({ v: 1, type: "booked" }, "*");
          window.postMessage({ v: 1, type: "resize", height: 5 }, "*");
          const other = document.createElement("iframe");
          other.srcdoc = "<script>parent.postMessage({v: 1, type: 'booked'}, '*')</scr" + "ipt>";
          document.body.append(other);
        }"""
    )
    page.wait_for_timeout(500)
    assert [name for name, _ in guest.told()] == ["viewed"]
    assert page.evaluate("parseInt(document.querySelector('iframe').style.height)") > 100


def test_embedded_pages_are_accessible(visit: OpenVisit, venue: Restaurant) -> None:
    window = visit(viewport=PHONE, reduced_motion="reduce")
    page = window.open("/r/bella-notte/?embed=1&party=2&date=2025-11-15&time=19:00")
    found = violations(page)
    page.get_by_role("button", name="Hold this table").click()
    page.wait_for_url("**/e/*/hold/**")
    assert found + violations(page) == []


def test_waiting_pages_are_accessible(
    visit: OpenVisit, venue: Restaurant, settings: LazySettings
) -> None:
    window = visit(viewport=PHONE, java_script_enabled=True, reduced_motion="reduce")
    page = window.open("/r/bella-notte/?party=2&date=2025-11-15&time=19:00")
    settings.GUEST_LIMITS = settings.GUEST_LIMITS | {"hold": {"address": (0, 600), "contact": None}}
    page.get_by_role("button", name="Hold this table").click()
    expect(page.get_by_role("heading", name="Please wait a little")).to_be_visible()
    assert violations(page) == []
    assert "429" in window.complaints.pop()


# --- ReservationWidget ----------------------------------------------------------------------------

_CREATE = """async ([key, house, more]) => {
  const widget = new ReservationWidget(key, house);
  const data = { customerName: "John Doe", customerEmail: "john@example.com",
    customerPhone: "+12125550142", date: "2025-11-15", time: "19:00", partySize: 2, ...more };
  return Promise.all([widget.createReservation(data), widget.createReservation(data)]);
}"""


@pytest.fixture
def key(venue: Restaurant) -> PublishableKey:
    return PublishableKey.objects.create(restaurant=venue, name="Website")


def test_the_widget_of_contract_1_books(
    visitor: Callable[..., Guest], venue: Restaurant, key: PublishableKey
) -> None:
    venue.policies.all().delete()
    guest = visitor()
    page = guest.open("popup")
    first, second = page.evaluate(_CREATE, [key.key, venue.public_id, {}])
    assert first == second
    booked = Reservation.objects.get()
    assert first["success"] is True
    assert first["data"]["id"] == booked.public_id
    assert first["data"]["status"] == "confirmed"
    refused, _ = page.evaluate(_CREATE, ["pk_wrong", venue.public_id, {}])
    assert (refused["success"], refused["code"]) == (False, "KEY_UNKNOWN")
    guest.complaints.clear()  # The browser itself notes every 403.


def test_with_a_deposit_the_widget_opens_the_page_that_takes_it(
    visitor: Callable[..., Guest],
    venue: Restaurant,
    key: PublishableKey,
    settings: LazySettings,
    live_server: LiveServer,
) -> None:
    settings.PUBLIC_URL = live_server.url
    guest = visitor()
    page = guest.open("popup")
    answer, _ = page.evaluate(_CREATE, [key.key, venue.public_id, {}])
    assert answer["data"]["status"] == "pending"
    frame = guest.frame
    expect(frame.get_by_label("Your name")).to_have_value("John Doe")
    expect(frame.get_by_label("E-mail", exact=True)).to_have_value("john@example.com")
    frame.get_by_label("Visa ending in 4242: is accepted").check()
    frame.get_by_role("button", name="Pay $50.00 and book").click()
    expect(frame.get_by_role("heading", level=1)).to_have_text("Your table is booked")
    assert Reservation.objects.get().source == "partner_website"
    page.wait_for_function("told.some(([type]) => type === 'booked')")
    assert [name for name, _ in guest.told()] == ["held", "booked"]
    assert page.context.cookies() == []


def test_a_page_of_another_website_cannot_book(
    visitor: Callable[..., Guest], venue: Restaurant, key: PublishableKey
) -> None:
    guest = visitor()
    AllowedSite.objects.all().delete()
    page = guest.open("popup")
    answer, _ = page.evaluate(_CREATE, [key.key, venue.public_id, {}])
    assert (answer["success"], answer["code"]) == (False, "UNREACHABLE")
    assert Hold.objects.count() == 0
    guest.complaints.clear()  # The browser says that it kept the answer back.


# --- Proof of work --------------------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_suspicious_guest_notices_nothing_or_waits(
    visit: OpenVisit, venue: Restaurant, settings: LazySettings, clock: Any, scripts: bool
) -> None:
    settings.GUEST_LIMITS = settings.GUEST_LIMITS | {"hold": {"address": (2, 600), "contact": None}}
    Attempt(Act.HOLD, address=rates.fingerprint("address:127.0.0.1"))
    page = visit(java_script_enabled=scripts).open("/r/bella-notte/?party=2&date=2025-11-15")
    page.get_by_role("radio", name="19:00", exact=True).check()
    page.get_by_role("button", name="Hold this table").click()
    if not scripts:
        expect(page.get_by_text("Please wait 10 seconds, then go on.")).to_be_visible()
        clock.advance(seconds=10)
        page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Your details")).to_be_visible()
    assert Hold.objects.count() == 1
