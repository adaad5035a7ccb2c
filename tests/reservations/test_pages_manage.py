"""A booking by the link from its message, without JavaScript."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client

from core.actors import SYSTEM
from core.models import AuditEntry
from notifications.services import deliver_due
from payments.models import Refund
from reservations.models import BookingLink, HouseMessage, Reservation
from reservations.services.links import issue_link, revoke_links
from restaurants.models import Restaurant
from tests import factories
from tests.fixtures.domain import Clock
from tests.reservations.browser import ADA, SATURDAY, Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def link(clock: Clock, bella: Restaurant) -> str:
    """The address of the page of a booking for Saturday at 19:00, as its mail has it."""
    Browser().book(bella)
    return f"/booking/{issue_link(Reservation.objects.get().public_id)}/"


def test_the_page_says_all_and_offers_all(link: str, browser: Browser) -> None:
    row = Reservation.objects.get()
    browser.get(link)
    for part in (
        row.code,
        "Saturday 15 November 2025, 19:00",
        "2 guests, Ada Lovelace",
        "$50.00 paid",
        "Window seat",
        "Cancel by Friday 14 November 2025, 19:00: the full $50.00 comes back.",
        "Change it",
        "Cancel this booking",
        "Write to Bella Notte",
        "Add to calendar",
    ):
        assert part in browser.text
    assert "https://calendar.google.com/calendar/render?" in browser.html
    assert "dates=20251116T000000Z%2F20251116T020000Z" in browser.html
    assert '<svg viewBox="' in browser.html
    assert "Running late?" not in browser.text


def test_the_mail_leads_here(link: str, browser: Browser) -> None:
    deliver_due()
    assert f"http://testserver{link}" in str(mail.outbox[0].body)


@pytest.mark.parametrize("path", ["", "change/", "cancel/", "calendar.ics"])
def test_the_token_leaks_nowhere(link: str, path: str) -> None:
    response = Client().get(f"{link}{path}")
    assert response.status_code == 200
    assert response.headers["Referrer-Policy"] == "strict-origin"
    assert response.headers["X-Robots-Tag"] == "noindex"
    for word in ("no-store", "private"):
        assert word in response.headers["Cache-Control"]
    if path != "calendar.ics":
        html = response.content.decode()
        assert '<meta name="robots" content="noindex">' in html
        token = link.split("/")[2]
        outside = re.findall(r'(?:href|src|action)="(https?://[^"]*)"', html)
        assert [address for address in outside if token in address] == []


def test_looking_ahead_does_nothing(link: str, browser: Browser) -> None:
    for path in ("change/", "cancel/", "coming/", "message/", "late/"):
        assert browser.get(f"{link}{path}").status == 200
    assert Reservation.objects.get().status == "confirmed"


@pytest.mark.parametrize("path", ["", "change/", "cancel/", "calendar.ics"])
def test_links_that_do_not_open_say_why_and_where_to_go(
    clock: Clock, link: str, browser: Browser, path: str
) -> None:
    unknown = browser.get(f"/booking/{'x' * 27}/{path}")
    assert (unknown.status, "This link does not open anything" in unknown.text) == (404, True)
    revoke_links(Reservation.objects.get().public_id, by=SYSTEM)
    revoked = browser.get(f"{link}{path}")
    assert (revoked.status, "This link has been replaced" in revoked.text) == (410, True)
    BookingLink.objects.update(revoked_at=None)
    clock.set("2025-12-31T12:00:00-05:00")
    expired = browser.get(f"{link}{path}")
    assert (expired.status, "This link has expired" in expired.text) == (410, True)
    assert 'href="/my-bookings/"' in expired.html


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("message/", {"text": "Hello"}),
        ("late/", {"minutes": 15}),
        ("coming/", {}),
        ("cancel/", {"refund": "50.00"}),
        ("change/", {"time": "20:00"}),
    ],
)
def test_nothing_is_done_by_a_revoked_link(
    link: str, browser: Browser, path: str, fields: dict[str, object]
) -> None:
    revoke_links(Reservation.objects.get().public_id, by=SYSTEM)
    assert browser.post(f"{link}{path}", **fields).status == 410
    row = Reservation.objects.get()
    assert (row.status, row.sequence, HouseMessage.objects.count()) == ("confirmed", 0, 0)


# --- Changing -------------------------------------------------------------------------------------


def test_the_booking_moves_to_another_day_and_party(link: str, browser: Browser) -> None:
    page = browser.get(f"{link}change/?date=2025-11-16&party=3")
    assert "This change needs a larger deposit" in page.text
    assert 'type="radio"' not in page.html
    page = browser.get(f"{link}change/?date=2025-11-16&party=2")
    assert "Sunday 16 November 2025, 2 guests" in page.text
    assert 'value="19:00" required checked' in page.html
    browser.post(f"{link}change/", date="2025-11-16", party=2, time="20:30")
    assert browser.url == link
    assert "Your booking has been changed." in browser.text
    assert "Sunday 16 November 2025, 20:30" in browser.text
    browser.post(f"{link}change/", date="2025-11-16", party=2, time="20:30")
    assert "Nothing has changed" in browser.text
    assert Reservation.objects.get().sequence == 1


def test_the_calendar_leads_to_other_days_and_months(link: str, browser: Browser) -> None:
    page = browser.get(f"{link}change/?time=20:30")
    assert "November 2025" in page.text
    sunday, later = (
        re.findall(rf'id="{name}"[^>]*href="([^"]+)"', page.html)[0].replace("&amp;", "&")
        for name in ("day-16", "month-later")
    )
    assert sunday == f"{link}change/?date=2025-11-16&party=2&time=20:30#times"
    page = browser.get(sunday.partition("#")[0])
    assert "Sunday 16 November 2025, 2 guests" in page.text
    assert 'value="20:30" required checked' in page.html
    page = browser.get(later.partition("#")[0])
    assert "December 2025" in page.text
    assert "Saturday 15 November 2025, 2 guests" in page.text
    assert 'aria-label="Monday 1 December, 23 times"' in page.html
    assert browser.get(f"{link}change/?month=9999-12&date=9999-12-31").status == 200


def test_without_javascript_the_stepper_asks_again(link: str, browser: Browser) -> None:
    page = browser.get(f"{link}change/?date=2025-11-15&party=3&step=-1")
    assert "Saturday 15 November 2025, 2 guests" in page.text


def test_a_time_that_was_taken_meanwhile_leaves_all_as_it_was(
    clock: Clock, browser: Browser
) -> None:
    small = factories.make_bella(tables=1)
    Browser().book(small)
    mine = Reservation.objects.get()
    Browser().hold(small, time="21:30").confirm(email="bob@example.com")
    link = f"/booking/{issue_link(mine.public_id)}/"
    page = browser.get(f"{link}change/")
    assert 'value="19:00" required checked' in page.html, "its own table counts as free"
    assert 'value="21:30"' not in page.html
    browser.post(f"{link}change/", date=SATURDAY.isoformat(), party=2, time="21:00")
    assert browser.url == f"{link}change/"
    assert "21:00 has just been taken. Your booking is as it was. Free near it: 19:30" in (
        browser.text
    )
    mine.refresh_from_db()
    assert mine.sequence == 0


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"time": ""}, "Please choose a time first."),
        ({"time": "19:10"}, "Guests are not seated"),
        ({"date": "2025-11-01", "time": "19:00"}, "has passed"),
        ({"party": "40", "time": "19:00"}, "largest party"),
        ({"party": "x", "time": "19:00"}, "We could not read the number of guests"),
    ],
)
def test_refusals_are_words(
    link: str, browser: Browser, fields: dict[str, str], sentence: str
) -> None:
    browser.post(f"{link}change/", **fields)
    assert (browser.url, browser.status) == (f"{link}change/", 200)
    assert sentence in browser.text
    assert Reservation.objects.get().sequence == 0


def test_what_late_notice_has_cost_is_said_before_a_change(
    clock: Clock, link: str, browser: Browser
) -> None:
    assert "never more than" not in browser.get(f"{link}change/?date=2025-11-20").text
    clock.set("2025-11-15T12:00:00-05:00")
    page = browser.get(f"{link}change/?date=2025-11-20")
    assert "Cancelling now would give $25.00 back." in page.text
    browser.post(f"{link}change/", date="2025-11-20", time="19:00")
    assert "Cancel by Thursday 20 November 2025, 15:00: $25.00 comes back." in browser.text
    assert "full" not in browser.text
    assert "You get $25.00 back" in browser.get(f"{link}cancel/").text


def test_what_has_begun_cannot_be_changed(clock: Clock, link: str, browser: Browser) -> None:
    clock.set("2025-11-15T19:00:00-05:00")
    page = browser.get(link)
    assert "Change it" not in page.text
    assert "Cancel this booking" not in page.text
    for path in ("change/", "cancel/"):
        assert browser.get(f"{link}{path}").url == link
    browser.post(f"{link}cancel/", refund="0.00")
    assert "The time of this reservation has come." in browser.text


# --- Cancelling, writing, being late --------------------------------------------------------------


@pytest.mark.parametrize("refund", ["", "all", "NaN", "1e400000"])
def test_nobody_cancels_without_having_seen_the_refund(
    link: str, browser: Browser, refund: str
) -> None:
    browser.post(f"{link}cancel/", refund=refund)
    assert browser.url == f"{link}cancel/"
    assert Reservation.objects.get().status == "confirmed"


def test_cancelling_twice_refunds_once(link: str, browser: Browser) -> None:
    for _ in range(2):
        browser.post(f"{link}cancel/", refund="50.00")
        assert browser.url == link
        assert "Your booking is cancelled" in browser.text
        assert "$50.00 is on its way back" in browser.text
    assert [refund.amount for refund in Refund.objects.all()] == [50]
    assert "Book another time" in browser.text
    assert "METHOD:CANCEL" in browser.get(f"{link}calendar.ics").html


def test_a_message_reaches_the_house_once(link: str, browser: Browser) -> None:
    for _ in range(2):
        browser.post(f"{link}message/", text="We bring a cake.\r\nIs that all right?")
        assert "Your message is with the restaurant." in browser.text
    assert [note.text for note in HouseMessage.objects.all()] == [
        "We bring a cake.\nIs that all right?"
    ]


def test_a_message_that_is_refused_is_not_lost(link: str, browser: Browser) -> None:
    assert "Please write something." in browser.post(f"{link}message/", text=" ").text
    long = "Cake! " * 200
    browser.post(f"{link}message/", text=long)
    assert "at most 1000 characters" in browser.text
    assert long.strip() in browser.html
    for number in range(5):
        browser.post(f"{link}message/", text=f"Note {number}")
    browser.post(f"{link}message/", text="One more")
    assert "That was too often." in browser.text
    assert "One more</textarea>" in browser.html
    assert HouseMessage.objects.count() == 5


def test_a_party_says_that_it_is_late(clock: Clock, link: str, browser: Browser) -> None:
    browser.post(f"{link}late/", minutes=15)
    assert "only be told shortly before the booking" in browser.text
    clock.set("2025-11-15T18:30:00-05:00")
    assert "Running late?" in browser.get(link).text
    browser.post(f"{link}late/", minutes=15)
    assert "Bella Notte knows that you will be 15 minutes late." in browser.text
    assert "15 minutes late" in browser.get(link).text
    assert "choose how late" in browser.post(f"{link}late/").text
    assert "choose how late" in browser.post(f"{link}late/", minutes=90).text
    assert Reservation.objects.get().late_minutes == 15


# --- Saying again that one comes ------------------------------------------------------------------

COMING = "You have said that you are coming. Bella Notte knows."
THREE_DAYS_BEFORE = "2025-11-12T19:00:00-05:00"


def states(row: Reservation) -> list[tuple[str, str | None, str]]:
    """What the audit trail tells of the statuses: the new one, the one before, who."""
    told = AuditEntry.objects.filter(
        target=row.public_id, verb__in=["reservation.confirmed", "reservation.reconfirmed"]
    )
    return [(e.verb, e.data.get("before"), e.actor_kind) for e in told.order_by("id")][1:]


def test_a_guest_says_again_that_they_are_coming(clock: Clock, link: str, browser: Browser) -> None:
    clock.set(THREE_DAYS_BEFORE)
    assert "Yes, we are coming" in browser.get(link).text
    for _ in range(2):
        browser.post(f"{link}coming/")
        assert browser.url == link
        assert "Thank you. Bella Notte expects you." in browser.text
        clock.advance(minutes=1)
    browser.get(link)
    assert COMING in browser.text
    assert "Yes, we are coming" not in browser.text
    for offered in ("Change it", "Cancel this booking"):
        assert offered in browser.text
    row = Reservation.objects.get()
    assert (row.status, row.status_changed_at.isoformat()) == (
        "reconfirmed",
        "2025-11-13T00:00:00+00:00",
    )
    assert row.sequence == 0, "nothing in anybody's calendar has changed"
    assert states(row) == [("reservation.reconfirmed", "confirmed", "guest")]


def test_nobody_is_asked_long_before(clock: Clock, link: str, browser: Browser) -> None:
    clock.set("2025-11-12T18:59:00-05:00")
    assert "Yes, we are coming" not in browser.get(link).text
    browser.post(f"{link}coming/")
    assert "You can say so in the last three days before your booking." in browser.text
    assert Reservation.objects.get().status == "confirmed"


def test_nor_once_the_time_has_come(clock: Clock, link: str, browser: Browser) -> None:
    clock.set("2025-11-15T19:00:00-05:00")
    assert "Yes, we are coming" not in browser.get(link).text
    browser.post(f"{link}coming/")
    assert "The time of this reservation has come." in browser.text
    assert Reservation.objects.get().status == "confirmed"


def test_who_cancelled_meanwhile_is_not_coming(clock: Clock, link: str, browser: Browser) -> None:
    clock.set(THREE_DAYS_BEFORE)
    browser.post(f"{link}cancel/", refund="50.00")
    browser.post(f"{link}coming/")
    assert (browser.url, browser.status) == (link, 200)
    assert "Your booking is cancelled" in browser.text
    assert "expects you" not in browser.text
    assert Reservation.objects.get().status == "cancelled"


@pytest.mark.parametrize("status", ["pending", "seated", "no_show"])
def test_only_a_confirmed_booking_is_confirmed_again(
    clock: Clock, link: str, browser: Browser, status: str
) -> None:
    clock.set(THREE_DAYS_BEFORE)
    Reservation.objects.update(status=status)
    assert "Yes, we are coming" not in browser.get(link).text
    browser.post(f"{link}coming/")
    assert "This reservation can no longer be changed." in browser.text
    assert Reservation.objects.get().status == status


def test_another_time_wants_another_word(clock: Clock, link: str, browser: Browser) -> None:
    clock.set("2025-11-13T12:00:00-05:00")
    browser.post(f"{link}coming/")
    browser.post(f"{link}change/", date="2025-11-15", party=2, time="20:30")
    assert "Your booking has been changed." in browser.text
    assert "Yes, we are coming" in browser.text
    row = Reservation.objects.get()
    assert (row.status, row.sequence) == ("confirmed", 1)
    assert states(row)[1:] == [("reservation.confirmed", "reconfirmed", "system")]


def test_a_smaller_party_still_comes(clock: Clock, link: str, browser: Browser) -> None:
    clock.set(THREE_DAYS_BEFORE)
    Restaurant.objects.update(min_party=1)
    browser.post(f"{link}coming/")
    browser.post(f"{link}change/", date="2025-11-15", party=1, time="19:00")
    assert COMING in browser.text
    row = Reservation.objects.get()
    assert (row.status, row.party_size) == ("reconfirmed", 1)


def test_a_reconfirmed_booking_is_cancelled_and_late_like_any_other(
    clock: Clock, link: str, browser: Browser
) -> None:
    clock.set(THREE_DAYS_BEFORE)
    browser.post(f"{link}coming/")
    clock.set("2025-11-15T17:00:00-05:00")
    browser.post(f"{link}late/", minutes=15)
    assert "15 minutes late" in browser.text
    assert COMING in browser.text
    browser.post(f"{link}cancel/", refund="25.00")
    browser.post(f"{link}cancel/", refund="0.00")
    assert Reservation.objects.get().status == "cancelled"


# --- What the guest said --------------------------------------------------------------------------


def test_everything_that_was_said_is_kept_and_read_back(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    browser.hold(bella)
    browser.post(
        browser.url,
        **ADA,
        card="tok_visa_4242",
        allergens=["nuts", "milk"],
        allergy_note="Kiwi",
        high_chairs="2",
        accessibility_needs="A guide dog",
        occasion="birthday",
        marketing_consent="on",
    )
    row = Reservation.objects.get()
    assert (sorted(row.allergens), row.high_chairs) == (["milk", "nuts"], 2)
    assert row.occasion == "birthday"
    assert (row.allergy_note, row.accessibility_needs) == ("Kiwi", "A guide dog")
    assert (row.marketing_consent, row.language) == (True, "en")
    for part in ("Kiwi", "2 high chairs, A guide dog", "Birthday"):
        assert part in browser.text


def test_a_declined_card_keeps_every_tick(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    browser.hold(bella)
    browser.post(
        browser.url, **ADA, card="tok_visa_0002", allergens=["nuts", "milk"], occasion="date"
    )
    assert re.findall(r'name="allergens" value="(\w+)"[^>]* checked', browser.html) == [
        "milk",
        "nuts",
    ]
    assert '<option value="date" selected>' in browser.html
    assert 'name="marketing_consent" id="id_marketing_consent">' in browser.html


def test_one_way_to_be_reached_is_enough(clock: Clock, bella: Restaurant, browser: Browser) -> None:
    browser.hold(bella).confirm(email="", phone="")
    assert "Please enter an e-mail address or a telephone number." in browser.text
    browser.confirm(email="", phone="(212) 555-0142")
    assert "Your table is booked" in browser.text
    assert "You gave no e-mail address, so please keep the code and the link below." in browser.text


def test_a_second_booking_asks_for_nothing_again(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    browser.book(bella)
    browser.hold(bella, time="12:00")
    for value in ("Ada Lovelace", "ada@example.com"):
        assert f'value="{value}"' in browser.html
    assert "Window seat" not in browser.text
