"""My bookings by a link in a mail, and the waitlist, without JavaScript."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from pytest_django import Settings

from core import clock as core_clock
from core.actors import SYSTEM
from notifications.services import deliver_due
from reservations.models import Reservation, SignInLink, WaitlistEntry
from reservations.services.cancellation import cancel_reservation
from reservations.services.waitlist import leave_token
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.browser import Browser

pytestmark = pytest.mark.django_db

BOB = {"name": "Bob", "email": "bob@example.com", "phone": ""}


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def booked(clock: Clock, bella: Restaurant) -> Reservation:
    Browser().book(bella)
    deliver_due()
    mail.outbox.clear()
    return Reservation.objects.get()


def sign_in_as(browser: Browser, email: str) -> None:
    """Put the proof of an address into the browser's session, as the link in a mail does."""
    browser.get("/my-bookings/")
    session = browser.client.session
    session["signed_in"] = {"email": email, "at": core_clock.now().timestamp()}
    session.save()


def link_in_mail() -> str:
    """The path of the link in the one mail that was sent."""
    deliver_due()
    found = re.search(r"http://testserver(/bookings/sign-in/[\w-]+/)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def sign_in(browser: Browser, email: str = "ADA@example.com") -> Browser:
    browser.post("/my-bookings/", email=email)
    return browser.post(link_in_mail())


def test_a_link_by_mail_shows_all_bookings(
    clock: Clock, booked: Reservation, browser: Browser
) -> None:
    browser.post("/my-bookings/", email="Ada@example.com")
    assert browser.url == "/my-bookings/sent/"
    assert "Ada@example.com" in browser.text
    link = link_in_mail()
    elsewhere = Browser()
    for _ in range(3):
        assert "One more press" in elsewhere.get(link).text, "mail programs look ahead"
    elsewhere.post(link)
    assert elsewhere.url == "/my-bookings/"
    assert booked.code in elsewhere.text
    assert f'href="/my-bookings/{booked.public_id}/"' in elsewhere.html
    elsewhere.get(f"/my-bookings/{booked.public_id}/")
    assert re.fullmatch(r"/booking/[\w-]+/", elsewhere.url)
    assert "Change it" in elsewhere.text
    assert elsewhere.post(link).url == "/my-bookings/", "the other half of a double click"
    used = browser.post(link)
    assert (used.status, "This link was good once only" in used.text) == (410, True)
    assert Browser().post(f"/bookings/sign-in/{'x' * 27}/").status == 404


def test_cancelled_ones_are_over_and_a_day_later_it_asks_again(
    clock: Clock, booked: Reservation, browser: Browser
) -> None:
    assert sign_in(browser).url == "/my-bookings/"
    assert "Over" not in browser.text
    cancel_reservation(booked.public_id, by=SYSTEM)
    text = browser.get("/my-bookings/").text
    assert "Nothing is booked with this address." in text
    assert "Over" in text
    assert "Bella Notte" in text
    assert "Cancelled" in browser.text
    clock.advance(hours=25)
    assert "Send me the link" in browser.get("/my-bookings/").text


def test_signing_out_forgets_everything(
    clock: Clock, booked: Reservation, browser: Browser
) -> None:
    sign_in(browser)
    browser.post("/my-bookings/sign-out/")
    assert "You are signed out." in browser.text
    assert browser.get(f"/my-bookings/{booked.public_id}/").status == 404
    assert "ada@example.com" not in browser.get("/my-bookings/").html


def test_nobody_learns_who_has_bookings(booked: Reservation, browser: Browser) -> None:
    known = browser.post("/my-bookings/", email="ada@example.com").html
    unknown = browser.post("/my-bookings/", email="eve@example.com").html
    assert known.replace("ada@", "eve@") == unknown
    deliver_due()
    assert [message.to for message in mail.outbox] == [["ada@example.com"]]


def test_strangers_see_their_own_only(
    clock: Clock, bella: Restaurant, booked: Reservation, browser: Browser
) -> None:
    Browser().hold(bella, time="12:00").confirm(email="eve@example.com")
    sign_in(browser, "eve@example.com")
    assert booked.code not in browser.text
    assert browser.get(f"/my-bookings/{booked.public_id}/").status == 404
    assert browser.get(f"/booked/{booked.public_id}/").status == 404


def test_what_is_no_address_and_what_is_too_often(
    booked: Reservation, browser: Browser, settings: Settings
) -> None:
    # The address's own counter is Redis'; this is what holds without it.
    settings.GUEST_LIMITS = {"sign_in_mail": {"address": None, "contact": None}}
    assert "like name@example.com" in browser.post("/my-bookings/", email="ada").text
    assert browser.get("/my-bookings/sent/").url == "/my-bookings/"
    for number in range(20):
        browser.post("/my-bookings/", email=f"guest{number}@example.com")
    browser.post("/my-bookings/", email="ada@example.com")
    assert "That was too often." in browser.text
    assert SignInLink.objects.count() == 20


# --- Waitlist -------------------------------------------------------------------------------------


def test_a_guest_waits_and_leaves(clock: Clock, bella: Restaurant, browser: Browser) -> None:
    page = browser.get(f"/r/{bella.slug}/waitlist/?date=2025-11-15&party=4&time=19:00")
    for name, value in {
        "date": "2025-11-15",
        "party": "4",
        "earliest": "18:00",
        "latest": "20:00",
    }.items():
        assert re.search(rf'name="{name}" value="{value}"', page.html)
    wish = {"date": "2025-11-15", "party": 4, "earliest": "18:00", "latest": "20:00"}
    browser.post(page.url, **wish, **BOB)
    entry = WaitlistEntry.objects.get()
    assert browser.url == f"/waitlist/{leave_token(entry)}/"
    assert "You are on the waitlist" in browser.text
    assert "18:00 to 20:00" in browser.text
    deliver_due()
    assert browser.url in str(mail.outbox[0].body)
    leave_url = browser.url
    for _ in range(2):
        browser.post(leave_url)
        assert "You have left the waitlist" in browser.text
    entry.refresh_from_db()
    assert entry.status == "cancelled"
    assert Browser().get(f"/waitlist/{'x' * 27}/").status == 404


def test_the_link_of_somebody_elses_entry_goes_to_its_address_only(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    wish = {"date": "2025-11-15", "party": 4, "earliest": "18:00", "latest": "20:00"}
    browser.post(f"/r/{bella.slug}/waitlist/", **wish, **BOB)
    clock.advance(minutes=1)
    eve = Browser()
    eve.post(f"/r/{bella.slug}/waitlist/", **wish, **BOB)
    assert eve.url == f"/r/{bella.slug}/waitlist/done/"
    assert "You are on the waitlist" in eve.text
    assert "/waitlist/" + leave_token(WaitlistEntry.objects.get()) not in eve.html
    assert Browser().get(eve.url).url == f"/r/{bella.slug}/waitlist/"


def test_an_entry_is_changed_where_it_was_made_or_by_who_proved_its_address(
    clock: Clock, bella: Restaurant, browser: Browser, settings: Settings
) -> None:
    settings.GUEST_LIMITS = {"waitlist": {"address": None, "contact": None}}
    page = f"/r/{bella.slug}/waitlist/"
    wish = {"date": "2025-11-15", "party": "4", "earliest": "18:00", "latest": "20:00"} | BOB
    browser.post(page, **wish)
    entry = WaitlistEntry.objects.get()
    clock.advance(minutes=1)
    eve = Browser()
    eve.post(page, **(wish | {"party": "12", "name": "Eve"}))
    assert "You are on the waitlist already" in eve.text
    assert "12 guests" not in eve.text
    assert "4 guests" not in eve.text
    assert leave_token(entry) not in eve.html
    entry.refresh_from_db()
    assert (entry.party_size, entry.name) == (4, "Bob")
    browser.post(page, **(wish | {"party": "6"}))
    assert browser.url == f"/waitlist/{leave_token(entry)}/"
    assert "6 guests" in browser.text
    elsewhere = Browser()
    sign_in_as(elsewhere, "bob@example.com")
    elsewhere.post(page, **(wish | {"party": "7"}))
    assert elsewhere.url == f"/waitlist/{leave_token(entry)}/"
    entry.refresh_from_db()
    assert entry.party_size == 7


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Please enter your name."),
        ({"email": ""}, "Please enter an e-mail address or a telephone number."),
        ({"email": "bob"}, "like name@example.com"),
        ({"phone": "call me"}, "This is not a telephone number."),
        ({"earliest": ""}, "Please choose the earliest time that suits you."),
        ({"date": "soon"}, "Please choose a date."),
        ({"date": "2025-11-01"}, "has passed"),
        ({"party": "40"}, "largest party"),
        ({"party": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_stays(
    clock: Clock, bella: Restaurant, browser: Browser, fields: dict[str, str], sentence: str
) -> None:
    wish = {"date": "2025-11-15", "party": "4", "earliest": "18:00", "latest": "20:00"} | BOB
    browser.post(f"/r/{bella.slug}/waitlist/", **(wish | fields))
    assert sentence in browser.text
    assert 'value="20:00"' in browser.html
    assert not WaitlistEntry.objects.exists()


def test_a_signed_in_guest_is_not_asked_for_the_address(
    clock: Clock, bella: Restaurant, booked: Reservation, browser: Browser
) -> None:
    sign_in(browser)
    for path in (f"/r/{bella.slug}/waitlist/", browser.hold(bella, time="12:00").url):
        assert 'value="ada@example.com"' in browser.get(path).html
