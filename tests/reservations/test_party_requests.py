"""A party larger than the house takes online asks it: a row, two mails and no table."""

from __future__ import annotations

import datetime as dt
import json
from html import unescape

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import Settings

from core.models import AuditEntry
from notifications.models import Message
from notifications.services import deliver_due
from reservations import embedding
from reservations.engine.calendar import largest_party
from reservations.models import Hold, PartyRequest, Reservation, TableClaim
from restaurants.models import AllowedSite, DiningService, Restaurant
from tests.engine.builders import dinner, plan
from tests.factories import make_service, make_tables
from tests.fixtures.domain import Clock
from tests.reservations.browser import Browser

pytestmark = pytest.mark.django_db

BOB = {"name": "Bob", "email": "Bob@example.com", "phone": "(212) 555-0188"}
WISH = {
    "date": "2025-11-29",
    "time": "19:30",
    "party": "25",
    "text": "A wedding.\r\nA room of our own?",
} | BOB


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def page(clock: Clock, bella: Restaurant) -> str:
    """The address of the form."""
    Restaurant.objects.update(email="house@bella.example")
    return f"/r/{bella.slug}/large-party/"


def test_a_party_that_is_too_large_is_led_to_the_form(
    page: str, bella: Restaurant, browser: Browser
) -> None:
    browser.get(f"/r/{bella.slug}/?party=25&date=2025-11-15&time=19:00")
    assert "The largest party that can be booked here online is 12." in browser.text
    assert "Ask the restaurant for a large table" in browser.text
    asked = f"{page}?party=25&date=2025-11-15&time=19:00"
    assert f'href="{asked}"' in unescape(browser.html)
    browser.get(asked)
    assert "No table is taken by it, and nothing is charged." in browser.text
    for value in ("25", "2025-11-15", "19:00"):
        assert f'value="{value}"' in browser.html


def test_who_cannot_choose_so_many_finds_it_too(
    page: str, bella: Restaurant, browser: Browser
) -> None:
    browser.get(f"/r/{bella.slug}/?party=4&date=2025-11-15")
    assert "More than 12? Ask the restaurant" in browser.text
    assert f'href="{page}?party=13&date=2025-11-15"' in unescape(browser.html)
    assert "Ask the restaurant for a large table" not in browser.text


def test_a_request_is_a_row_and_two_mails_and_no_table(
    page: str, clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    browser.post(page, **WISH)
    assert browser.url == f"{page}done/"
    for part in (
        "Your request is with the restaurant",
        "Saturday 29 November 2025",
        "19:30",
        "25 guests",
        "No table is booked yet.",
        "A copy of your request is on its way to bob@example.com.",
    ):
        assert part in browser.text
    row = PartyRequest.objects.get()
    assert (row.restaurant, row.date, row.time) == (bella, dt.date(2025, 11, 29), dt.time(19, 30))
    assert (row.party_size, row.name, row.email) == (25, "Bob", "bob@example.com")
    assert (row.phone, row.language, row.created_at) == ("+12125550188", "en", clock.now)
    assert (row.text, row.seen_at) == ("A wedding.\nA room of our own?", None)
    for model in (Reservation, Hold, TableClaim):
        assert not model._default_manager.exists()
    trail = AuditEntry.objects.get(verb="party_request.made")
    assert (trail.target, trail.actor_kind) == (row.public_id, "guest")
    assert not any(word in json.dumps(trail.data) for word in ("Bob", "bob@", "555"))

    deliver_due()
    to_house, to_guest = mail.outbox
    assert to_house.to == ["house@bella.example"]
    when = "Saturday 29 November 2025, 19:30"
    assert to_house.subject == f"A large party asks: Bob, 25 guests, {when}"
    assert to_house.reply_to == ["bob@example.com"]
    for part in (
        "A wedding.\nA room of our own?",
        "+12125550188",
        "It has none yet: please answer.",
    ):
        assert part in to_house.body
    assert to_guest.to == ["bob@example.com"]
    assert to_guest.subject == f"Your request to Bella Notte, {when}"
    assert "No table is booked yet." in to_guest.body
    assert to_guest.reply_to == ["house@bella.example"]


def test_a_second_click_is_the_same_request(page: str, clock: Clock, browser: Browser) -> None:
    for _ in range(2):
        browser.post(page, **WISH)
        assert browser.url == f"{page}done/"
        clock.advance(hours=1)
    assert (PartyRequest.objects.count(), Message.objects.count()) == (1, 2)


def test_a_number_is_enough_and_a_house_without_an_address_reads_it_here(
    page: str, browser: Browser
) -> None:
    Restaurant.objects.update(email="")
    browser.post(page, **(WISH | {"email": "", "text": ""}))
    assert browser.url == f"{page}done/"
    assert "A copy of your request" not in browser.text
    assert (PartyRequest.objects.count(), Message.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"party": "12"}, "A party of up to 12 books a table here online, at once."),
        ({"party": "100"}, "Please call the restaurant for more than 99 guests."),
        ({"party": ""}, "How many are you?"),
        ({"date": "2025-11-09"}, "Please choose a date from today on"),
        ({"date": "2027-11-11"}, "at most two years ahead"),
        ({"date": "9999-12-31"}, "at most two years ahead"),
        ({"date": "soon"}, "Please choose a date."),
        ({"time": "evening"}, "Please choose a time."),
        ({"name": "  "}, "Please enter your name."),
        ({"email": "", "phone": ""}, "Please enter an e-mail address or a telephone number."),
        ({"email": "bob"}, "like name@example.com"),
        ({"phone": "call me"}, "This is not a telephone number."),
        ({"text": "x" * 1001}, "at most 1000 characters"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_stays(
    page: str, browser: Browser, fields: dict[str, str], sentence: str
) -> None:
    browser.post(page, **(WISH | fields))
    assert (browser.url, browser.status) == (page, 422)
    assert sentence in browser.text
    assert "A room of our own?" in browser.text or "text" in fields
    assert not PartyRequest.objects.exists()


def test_nobody_asks_all_day(page: str, browser: Browser, settings: Settings) -> None:
    settings.GUEST_LIMITS = settings.GUEST_LIMITS | {
        "party_request": {"address": None, "contact": None}
    }
    for party in range(20, 26):
        browser.post(page, **(WISH | {"party": str(party)}))
    assert "That was too often." in browser.text
    assert PartyRequest.objects.count() == 5


def test_who_asks_too_often_waits(page: str, browser: Browser, settings: Settings) -> None:
    settings.GUEST_LIMITS = settings.GUEST_LIMITS | {
        "party_request": {"address": (0, 600), "contact": None}
    }
    assert browser.post(page, **WISH).status == 429
    assert not PartyRequest.objects.exists()


@pytest.mark.parametrize("change", [{"accepts_reservations": False}, {"max_party": 99}])
def test_where_nobody_can_ask_there_is_no_form(
    page: str, bella: Restaurant, browser: Browser, change: dict[str, object]
) -> None:
    Restaurant.objects.update(**change)
    assert "large table" not in browser.get(f"/r/{bella.slug}/?party=200").text
    assert browser.get(page).url == f"/r/{bella.slug}/"
    assert browser.post(page, **WISH).status == 422
    assert not PartyRequest.objects.exists()


def test_the_page_after_it_is_only_for_who_asked(page: str, browser: Browser) -> None:
    assert browser.get(f"{page}done/").url == page
    assert browser.get("/r/nobody/large-party/").status == 404


def test_it_works_inside_another_website(page: str, bella: Restaurant) -> None:
    AllowedSite.objects.create(restaurant=bella, origin="https://bella.example")
    prefix = embedding.begin(bella.pk, bella.slug).prefix
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    form = client.get(f"{prefix[:-1]}{page}?party=20")
    assert f'action="{prefix[:-1]}{page}"' in form.content.decode()
    answer = client.post(f"{prefix[:-1]}{page}", WISH)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{prefix[:-1]}{page}done/")
    done = client.get(answer.headers["Location"]).content.decode()
    assert "No table is booked yet." in done
    assert PartyRequest.objects.count() == 1


def test_in_french_it_is_french_and_so_is_the_receipt(page: str, browser: Browser) -> None:
    french = Browser(headers={"Accept-Language": "fr"})
    assert "Demander une grande table" in french.get(page).text
    french.post(page, **WISH)
    deliver_due()
    to_house, to_guest = mail.outbox
    assert "A large party asks" in to_house.subject
    assert "Aucune table n’est encore réservée." in to_guest.body


def test_the_database_keeps_the_rules(page: str, browser: Browser) -> None:
    browser.post(page, **WISH)
    for broken, rule in (
        ({"party_size": 100}, "party_request_size"),
        ({"email": "", "phone": ""}, "party_request_contact"),
        ({"email": "Bob@example.com"}, "party_request_email_lower_case"),
        ({"phone": "555"}, "party_request_phone_e164"),
    ):
        with pytest.raises(IntegrityError, match=rule), transaction.atomic():
            PartyRequest.objects.update(**broken)


# --- A meal that takes fewer than the house -------------------------------------------------------


@pytest.fixture
def counter(page: str, bella: Restaurant) -> str:
    """The form of a house whose lunch takes up to 6, and its dinner up to 12."""
    DiningService.objects.update(name="Dinner", first_seating=dt.time(18))
    make_service(
        bella, name="Lunch", first_seating=dt.time(12), last_seating=dt.time(13), max_party=6
    )
    return page


def test_a_meal_for_fewer_leads_to_the_form_while_others_are_booked(
    counter: str, bella: Restaurant, browser: Browser
) -> None:
    make_tables(bella, 8)
    browser.get(f"/r/{bella.slug}/?party=8&date=2025-11-15")
    assert "Not online for so many guests: Lunch (up to 6 guests)." in browser.text
    asked = f"{counter}?party=8&date=2025-11-15&time=12:00"
    assert f'href="{asked}">Ask the restaurant for a large table</a>' in unescape(browser.html)
    assert 'value="18:00"' in browser.html, "dinner is booked at once"
    browser.get(asked)
    assert "More than 6 guests are not booked online." in browser.text
    assert 'value="8"' in browser.html
    assert 'min="7"' in browser.html


def test_who_is_few_enough_for_every_meal_reads_nothing_of_it(
    counter: str, bella: Restaurant, browser: Browser
) -> None:
    browser.get(f"/r/{bella.slug}/?party=4&date=2025-11-15")
    assert "Not online for so many guests" not in browser.text
    assert "Ask the restaurant for a large table" not in browser.text


def test_a_day_with_that_meal_alone_says_the_limit_and_leads_to_the_form(
    counter: str, bella: Restaurant, browser: Browser
) -> None:
    DiningService.objects.filter(name="Dinner").update(weekdays=[0])
    browser.get(f"/r/{bella.slug}/?party=8&date=2025-11-15")
    assert "The largest party that can be booked here online is 6." in browser.text
    assert "Ask the restaurant for a large table" in browser.text


@pytest.mark.parametrize(
    ("time", "party", "most"), [("12:30", "7", 0), ("12:30", "6", 6), ("19:00", "8", 12)]
)
def test_it_asks_by_the_limit_of_the_meal(
    counter: str, browser: Browser, time: str, party: str, most: int
) -> None:
    browser.post(counter, **WISH | {"date": "2025-11-15", "time": time, "party": party})
    refused = f"A party of up to {most} books a table here online, at once."
    assert PartyRequest.objects.count() == (0 if most else 1)
    assert (refused in browser.text) == bool(most)


@pytest.mark.parametrize(
    ("date", "wall", "most"),
    [
        (dt.date(2026, 5, 15), None, 12),
        (dt.date(2026, 5, 15), 12 * 60, 6),
        (dt.date(2026, 5, 15), 19 * 60, 12),
        (dt.date(2026, 5, 15), 30, 8),
        (dt.date(2026, 5, 15), 4 * 60, 12),
        (dt.date(2026, 5, 16), None, 20),
    ],
)
def test_the_largest_party_of_a_time_is_that_of_its_meals(
    date: dt.date, wall: int | None, most: int
) -> None:
    friday = frozenset({4})
    found = plan(
        max_party=20,
        services=(
            dinner(id=1, first_seating=720, last_seating=840, max_party=6, weekdays=friday),
            dinner(id=2, max_party=12, weekdays=friday),
            dinner(id=3, first_seating=1380, last_seating=1500, max_party=8, weekdays=friday),
            dinner(id=4, max_party=None, weekdays=friday, is_private=True),
        ),
    )
    assert largest_party(found, date, wall) == most
