"""The page of a waitlist link once its table was taken, and windows that cannot be."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest

from core.tokens import fingerprint
from payments.gateways.sandbox import THREE_D_SECURE
from payments.models import Payment, Policy
from reservations.models import Hold, Reservation, WaitlistEntry, WaitOffer
from reservations.services import wait_offers
from reservations.services.waitlist import leave_token
from restaurants.models import Restaurant
from tests import factories
from tests.fixtures.domain import Clock
from tests.reservations.browser import ADA, Browser
from tests.reservations.stand import DATE

pytestmark = pytest.mark.django_db

KEPT = "A table is kept for you at 19:00"
STILL_KEPT = "You have said yes, so the table is still kept for you."
BACKWARDS = (
    "This is before the earliest time that suits you. Please choose a later one; times before 06:00"
    " count as after midnight."
)


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def venue(db: None, clock: Clock) -> Restaurant:
    """One table for two, and one seating at seven."""
    return factories.make_one_seating(2)


@pytest.fixture
def entry(venue: Restaurant, clock: Clock) -> WaitlistEntry:
    """A party to whom the table was offered, at noon."""
    found = WaitlistEntry.objects.create(
        restaurant=venue,
        service_date=DATE,
        earliest=dt.time(18),
        latest=dt.time(20),
        party_size=2,
        name="Ada Lovelace",
        email="ada@example.com",
        language="en",
        nonce="ada",
        created_at=clock.now,
        updated_at=clock.now,
    )
    found.digest = fingerprint("waitlist", leave_token(found))
    found.save(update_fields=["digest"])
    assert look(venue) == 1
    return found


def look(venue: Restaurant) -> int:
    return wait_offers.look(venue.pk, venue.public_id, DATE)


def page_of(entry: WaitlistEntry) -> str:
    return f"/waitlist/{leave_token(entry)}/"


def answer(browser: Browser, entry: WaitlistEntry, said: str) -> Browser:
    return browser.post(f"{page_of(entry)}offer/", answer=said)


def hold_url() -> str:
    return f"/hold/{Hold.objects.get().public_id}/"


def stands() -> tuple[str, str, str]:
    """The offer, its hold, and the entry."""
    offer = WaitOffer.objects.select_related("hold", "entry").get()
    return offer.status, offer.hold.status, offer.entry.status


def test_a_taken_table_is_said_to_be_kept_and_leads_back_to_its_booking(
    entry: WaitlistEntry, browser: Browser, clock: Clock
) -> None:
    clock.advance(minutes=10)
    assert answer(browser, entry, "yes").url == hold_url()
    page = browser.get(page_of(entry))
    assert KEPT in page.text
    # Ten minutes from the yes, not until the end of the time to answer.
    assert "You have taken it. We keep it until 12:20: please finish the booking" in page.text
    assert re.search(rf'<a [^>]*href="{hold_url()}"[^>]*>Go on with the booking<', page.html)
    assert "No table is held" not in page.text
    assert "Leave the list" not in page.text
    assert browser.get(hold_url()).status == 200


def test_a_second_yes_in_the_same_browser_leads_to_the_booking_again(
    entry: WaitlistEntry, browser: Browser
) -> None:
    answer(browser, entry, "yes")
    until = Hold.objects.get().expires_at
    assert answer(browser, entry, "yes").url == hold_url()
    assert "not kept for you any more" not in browser.text
    assert stands() == ("accepted", "live", "offered")
    assert Hold.objects.get().expires_at == until


def test_the_second_half_of_a_first_double_click_is_the_same_guest(
    entry: WaitlistEntry, browser: Browser
) -> None:
    """It is sent before the first answer has brought the browser its session."""
    browser.get(page_of(entry))
    signed = re.search(r'name="visitor" value="([^"]+)"', browser.html)
    assert signed
    for half in (Browser(), Browser()):
        half.post(f"{page_of(entry)}offer/", answer="yes", visitor=signed[1])
        assert half.url == hold_url()


def test_another_browser_with_the_link_learns_where_it_is_booked_and_may_go_on_there(
    entry: WaitlistEntry, browser: Browser
) -> None:
    answer(browser, entry, "yes")
    until = Hold.objects.get().expires_at
    other = answer(Browser(), entry, "yes")
    assert other.url == page_of(entry)
    assert KEPT in other.text
    assert "being booked in another window or on another device" in other.text
    assert hold_url() not in other.html
    assert browser.get(hold_url()).status == 200, "a yes alone takes it from nobody"
    assert answer(other, entry, "here").url == hold_url()
    assert 'value="Ada Lovelace"' in other.html
    assert browser.get(hold_url()).status == 404
    assert "being booked in another window" in browser.get(page_of(entry)).text
    assert stands() == ("accepted", "live", "offered")
    assert Hold.objects.get().expires_at == until, "moving it about gains no time"


@pytest.mark.parametrize("path", ["offer/", ""])
def test_a_late_no_takes_no_table_from_who_is_booking_it(
    entry: WaitlistEntry, browser: Browser, path: str
) -> None:
    answer(browser, entry, "yes")
    for late in (Browser(), browser):
        late.post(f"{page_of(entry)}{path}", answer="no")
        assert STILL_KEPT in late.text
        assert KEPT in late.text
    assert stands() == ("accepted", "live", "offered")
    assert browser.get(hold_url()).status == 200


def test_given_back_in_so_many_words_it_goes_to_the_next(
    entry: WaitlistEntry, browser: Browser
) -> None:
    answer(browser, entry, "yes")
    page = browser.get(page_of(entry))
    assert "Give the table back, and stay on the list" in page.text
    assert "You gave the table back. You stay on the list." in answer(browser, entry, "back").text
    assert "Your place on the waitlist" in browser.text
    assert stands() == ("declined", "released", "waiting")
    assert "This table is not kept for you any more." in answer(browser, entry, "back").text


def test_what_lapsed_is_not_said_to_be_kept(
    entry: WaitlistEntry, browser: Browser, clock: Clock
) -> None:
    answer(browser, entry, "yes")
    clock.advance(minutes=16)
    assert "Your place on the waitlist" in browser.get(page_of(entry)).text
    for said in ("yes", "here", "back"):
        text = answer(Browser(), entry, said).text
        assert "This table is not kept for you any more." in text


@pytest.mark.parametrize("has_looked", [True, False])
def test_booked_the_link_says_so_and_leads_who_may_see_it_to_the_booking(
    venue: Restaurant, entry: WaitlistEntry, browser: Browser, has_looked: bool
) -> None:
    answer(browser, entry, "yes").confirm()
    booked = Reservation.objects.get()
    assert browser.url == f"/booked/{booked.public_id}/"
    if has_looked:
        look(venue)
    page = browser.get(page_of(entry))
    assert "You got a table" in page.text
    assert "Leave the list" not in page.text
    there = re.search(r'href="([^"]+)">See the booking<', page.html)
    assert there
    assert browser.get(there[1]).url == f"/booked/{booked.public_id}/"
    assert answer(browser, entry, "yes").url == f"/booked/{booked.public_id}/"
    other = Browser().get(page_of(entry))
    assert "You got a table" in other.text
    assert "our message about it has the link" in other.text
    assert booked.public_id not in other.html
    for said in ("yes", "here", "no", "back"):
        assert "You got a table" in answer(other, entry, said).text
        assert "You stay on the list" not in other.text
    assert "You are not on this waitlist any more." in other.post(page_of(entry)).text
    booked.refresh_from_db()
    assert booked.status == "confirmed"
    assert WaitlistEntry.objects.get().status == ("booked" if has_looked else "offered")


@pytest.fixture
def deposit(venue: Restaurant) -> None:
    """Asked for by the house before anything is offered."""
    Policy.objects.create(restaurant=venue, name="Deposit", amount=Decimal(25))


def test_while_one_browser_pays_no_other_takes_the_table_over(
    deposit: None, entry: WaitlistEntry, browser: Browser
) -> None:
    answer(browser, entry, "yes")
    browser.post(hold_url(), **(ADA | {"card": THREE_D_SECURE}))
    assert Payment.objects.get().status == "action"
    other = Browser().get(page_of(entry))
    assert "It is being paid for in another window or on another device." in other.text
    assert "Go on here" not in other.text
    answer(other, entry, "here")
    assert "We are waiting for the payment provider." in other.text
    assert browser.get(hold_url()).status == 200
    assert "You gave the table back." in answer(other, entry, "back").text
    assert stands() == ("declined", "released", "waiting")
    assert Payment.objects.get().status == "voided"


# --- Windows --------------------------------------------------------------------------------------


def wish(venue: Restaurant, earliest: str, latest: str) -> Browser:
    fields = {"date": DATE.isoformat(), "party": "2", "earliest": earliest, "latest": latest}
    return Browser().post(
        f"/r/{venue.slug}/waitlist/", **fields, name="Bob", email="bob@example.com", phone=""
    )


@pytest.mark.parametrize(
    ("earliest", "latest"), [("22:00", "19:00"), ("22:00", "06:00"), ("01:30", "00:30")]
)
def test_a_window_that_ends_before_it_begins_is_refused_at_its_field(
    venue: Restaurant, earliest: str, latest: str
) -> None:
    page = wish(venue, earliest, latest)
    assert page.status == 422
    error = re.search(r'id="id_latest_error">(.*?)</p>', page.html, re.DOTALL)
    assert error
    assert BACKWARDS in error[1]
    for name, value in {"earliest": earliest, "latest": latest, "name": "Bob"}.items():
        assert re.search(rf'name="{name}" value="{value}"', page.html)
    assert not WaitlistEntry.objects.exists()


@pytest.mark.parametrize(
    ("earliest", "latest"),
    [
        ("19:00", "22:00"),
        ("19:00", "19:00"),
        ("22:00", "00:30"),
        ("22:00", "05:59"),
        ("00:30", "01:30"),
        ("05:30", "11:00"),
        ("00:00", "23:59"),
    ],
)
def test_a_window_past_midnight_or_of_a_morning_is_taken(
    venue: Restaurant, earliest: str, latest: str
) -> None:
    assert "You are on the waitlist" in wish(venue, earliest, latest).text
    entry = WaitlistEntry.objects.get()
    assert (f"{entry.earliest:%H:%M}", f"{entry.latest:%H:%M}") == (earliest, latest)


def test_a_house_that_never_closes_takes_a_night_into_the_morning(venue: Restaurant) -> None:
    factories.make_service(venue, first_seating=dt.time(8), last_seating=dt.time(7, 30))
    assert "You are on the waitlist" in wish(venue, "22:00", "07:00").text
