"""From a chosen time to a booking and out of it again, without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from pytest_django import DjangoAssertNumQueries, Settings

from core.errors import Busy
from core.ids import public_id
from notifications.services import deliver_due
from payments.gateways.base import ChargeResult, Order
from payments.gateways.sandbox import LOST_ANSWER, SandboxGateway
from payments.models import Payment, Policy, Refund
from payments.services.settling import settle_unknown
from reservations.guests import Guest
from reservations.models import Hold, Reservation
from reservations.services.holds import HoldRequest, expire_holds, place_hold, release_hold
from reservations.views import restaurant as restaurant_views
from restaurants.models import DiningService, Restaurant
from tests import factories
from tests.fixtures.domain import Clock
from tests.reservations.browser import ADA, SATURDAY, VISA, Browser

DECLINED = "tok_visa_0002"

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Browser:
    return Browser()


# --- The way through ------------------------------------------------------------------------------


def test_a_guest_books_and_cancels_without_javascript(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    browser.get(f"/?q={bella.name}")
    assert f'href="/r/{bella.slug}/"' in browser.html
    browser.get(f"/r/{bella.slug}/?party=2&date={SATURDAY}")
    browser.hold(bella)
    assert re.fullmatch(r"/hold/hold_\w+/", browser.url)
    assert "Saturday 15 November 2025, 19:00" in browser.text
    assert "Held for you until 12:10 (New York time) (about 10 minutes left)" in browser.text
    assert "Cancel by Friday 14 November 2025, 19:00: the full $50.00 comes back." in browser.text
    assert "Cancel by Saturday 15 November 2025, 15:00: $25.00 comes back." in browser.text
    assert "After that the deposit is not given back." in browser.text

    browser.confirm()
    row = Reservation.objects.get()
    assert browser.url == f"/booked/{row.public_id}/"
    for part in (row.code, "Your table is booked", "2 guests, Ada Lovelace", "$50.00 paid"):
        assert part in browser.text
    assert "Window seat" in browser.text
    deliver_due()
    assert mail.outbox[0].to == ["ada@example.com"]

    browser.get(f"/booked/{row.public_id}/cancel/")
    assert "You get the whole deposit of $50.00 back." in browser.text
    cancel_url = browser.url
    browser.post(cancel_url, refund="50.00")
    assert "$50.00 is on its way back to the card you paid with." in browser.text
    assert "Your booking is cancelled" in browser.text
    row.refresh_from_db()
    assert row.status == "cancelled"
    assert Refund.objects.get().amount == 50
    browser.post(cancel_url, refund="50.00")
    assert "Your booking is cancelled" in browser.text
    assert Refund.objects.count() == 1


def test_a_house_without_deposit_asks_for_no_card(clock: Clock, browser: Browser) -> None:
    free = factories.make_bella(deposit=None)
    browser.hold(free)
    assert "card" not in browser.text
    hold_url = browser.url
    browser.post(hold_url, **(ADA | {"name": ""}))
    assert re.findall(r'<li><a href="#[^"]+">([^<]+)', browser.html) == ["Please enter your name."]
    browser.post(hold_url, **ADA)
    assert "Your table is booked" in browser.text
    browser.get(f"{browser.url}cancel/")
    assert "You paid no deposit" in browser.text


def test_reload_back_and_double_click_change_nothing(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = browser.hold(bella).url
    assert browser.hold(bella).url == hold_url
    booked_url = browser.confirm().url
    assert browser.post(hold_url, **ADA, card=VISA).url == booked_url
    assert browser.get(hold_url).url == booked_url
    assert browser.post(hold_url).url == booked_url
    assert browser.post(f"{hold_url}release/").url == booked_url
    assert browser.post(f"{hold_url}again/").url == booked_url
    assert (Hold.objects.count(), Reservation.objects.count()) == (1, 1)
    assert Payment.objects.filter(status="succeeded").count() == 1


def test_a_double_click_before_there_is_a_session_is_one_guest(
    clock: Clock, bella: Restaurant
) -> None:
    page = Browser().get(f"/r/{bella.slug}/?party=2&date={SATURDAY}")
    found = re.search(r'name="visitor" value="([^"]+)"', page.html)
    assert found
    first, second = Browser(), Browser()
    assert first.hold(bella, visitor=found[1]).url == second.hold(bella, visitor=found[1]).url
    assert Hold.objects.count() == 1
    # A forged token is a stranger's: it opens nobody's hold.
    assert Browser().hold(bella, visitor=found[1][:-3] + "abc").url != first.url


@pytest.mark.parametrize("path", ["hold", "more-time", "release", "again"])
def test_reloading_the_address_of_a_form_shows_its_page(
    clock: Clock, bella: Restaurant, browser: Browser, path: str
) -> None:
    if path == "hold":
        assert browser.get(f"/r/{bella.slug}/hold/").url == f"/r/{bella.slug}/"
    else:
        hold_url = browser.hold(bella).url
        assert browser.get(f"{hold_url}{path}/").url == hold_url


def test_queries_of_the_pages(
    clock: Clock,
    bella: Restaurant,
    browser: Browser,
    settings: Settings,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    # One query for the session each time; as it runs, Redis has it and saves that one.
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    hold_url = browser.hold(bella).url
    with django_assert_num_queries(1 + 1):
        browser.get(hold_url)
    # The restaurant, its month, offers, menus, and the table this guest holds.
    with django_assert_num_queries(1 + 5):
        browser.get(f"/r/{bella.slug}/?date={SATURDAY}")
    booked_url = browser.post(hold_url, **ADA, card=VISA).url
    # Both have the booking's link in them: found by its reservation, twice, or made.
    for page, queries in {"": 3, "calendar.ics": 2}.items():
        with django_assert_num_queries(1 + queries):
            browser.get(f"{booked_url}{page}")


# --- What can go wrong ----------------------------------------------------------------------------


def test_missing_and_wrong_details_are_named_and_nothing_typed_is_lost(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    browser.hold(bella).confirm(card="", name=" ", email="ada", phone="call me")
    for part in (
        "Please enter your name.",
        "Please enter an e-mail address like name@example.com.",
        "This is not a telephone number.",
        "Please choose a card.",
    ):
        assert part in browser.text
    assert '<a href="#id_email">Please enter an e-mail address like' in browser.html
    assert '<a href="#id_card_0">Please choose a card.</a>' in browser.html
    assert 'value="call me"' in browser.html
    assert ">\nWindow seat</textarea>" in browser.html
    assert "<title>Error: Your details" in browser.html
    assert not Reservation.objects.exists()
    browser.confirm(phone="(212) 555-0142")
    assert Reservation.objects.get().guest_phone == "+12125550142"


@pytest.mark.parametrize("name", ["\x00", "\u202e\u2066", "x" * 121])
def test_names_that_are_none_are_refused(
    clock: Clock, bella: Restaurant, browser: Browser, name: str
) -> None:
    assert "Please look at this again" in browser.hold(bella).confirm(name=name).text


def test_a_declined_card_keeps_the_table_for_another(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    browser.hold(bella).confirm(card=DECLINED)
    assert "Your card was declined. You were not charged. Please try another card." in browser.text
    assert 'value="Ada Lovelace"' in browser.html
    assert "Your table is booked" in browser.confirm().text


def test_a_lost_answer_is_checked_again_and_never_charged_twice(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = browser.hold(bella).url
    browser.confirm(card=LOST_ANSWER)
    assert "you will not be charged twice" in browser.text
    assert "Check the payment again" in browser.text
    browser.post(hold_url, **ADA, card=VISA)
    clock.advance(minutes=1)
    settle_unknown()
    assert "Your table is booked" in browser.get(hold_url).text
    assert Payment.objects.count() == 1


def test_a_lapsed_hold_offers_the_same_time_and_keeps_what_was_typed(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = browser.hold(bella).url
    clock.advance(minutes=11)
    browser.get(hold_url)
    assert "Your time for this table has run out" in browser.text
    assert "You were not charged." in browser.text
    assert "Hold 19:00 again" in browser.text
    browser.post(f"{hold_url}again/", **ADA)
    assert browser.url != hold_url
    assert 'value="Ada Lovelace"' in browser.html
    assert "Your table is booked" in browser.confirm().text


def test_sending_the_form_of_a_lapsed_hold_takes_the_same_table_again(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = browser.hold(bella).url
    clock.advance(minutes=11)
    assert "Your table is booked" in browser.confirm().text
    lapsed, taken = Hold.objects.order_by("pk")
    assert (lapsed.status, taken.status) == ("expired", "confirmed")
    assert (lapsed.starts_at, lapsed.party_size) == (taken.starts_at, taken.party_size)
    assert "run out" in browser.get(hold_url).text, "the old address tells its own story"
    assert Payment.objects.filter(status="succeeded").count() == 1


def test_what_is_wrong_is_corrected_on_the_new_hold(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = browser.hold(bella).url
    clock.advance(minutes=11)
    browser.confirm(name="")
    assert browser.url != hold_url
    assert "Please enter your name." in browser.text
    assert 'value="ada@example.com"' in browser.html


def test_a_deposit_that_changed_meanwhile_is_shown_before_it_is_paid(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    browser.hold(bella)
    Policy.objects.update(amount=30)
    clock.advance(minutes=11)
    browser.confirm()
    assert "The deposit has changed meanwhile." in browser.text
    assert "Pay $60.00 and book" in browser.text
    assert not Payment.objects.exists()
    assert "Your table is booked" in browser.confirm().text


def test_a_lapsed_time_that_is_taken_leads_to_the_nearest_ones(
    clock: Clock, browser: Browser, new_guest: Callable[[], Guest]
) -> None:
    small = factories.make_bella(tables=1)
    hold_url = browser.hold(small).url
    clock.advance(minutes=11)
    other = new_guest()
    place_hold(HoldRequest(small.public_id, SATURDAY, "19:00", 2), other, by=other.actor)
    for path in ("again/", ""):
        browser.post(f"{hold_url}{path}", **ADA, card=VISA)
        assert browser.url == hold_url
        assert "19:00 is taken now." in browser.text
        assert re.findall(r'name="time" value="([^"]+)"', browser.html) == ["17:00", "21:00"]
    browser.hold(small, time="21:00")
    assert 'value="Ada Lovelace"' in browser.html
    assert "Your table is booked" in browser.confirm().text


def test_a_payment_that_came_too_late_is_refunded_and_says_so(
    clock: Clock,
    browser: Browser,
    new_guest: Callable[[], Guest],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small, other = factories.make_bella(tables=1), new_guest()
    really = SandboxGateway.charge

    def slow(self: SandboxGateway, order: Order) -> object:
        clock.advance(minutes=30)
        place_hold(HoldRequest(small.public_id, SATURDAY, "19:00", 2), other, by=other.actor)
        return really(self, order)

    monkeypatch.setattr(SandboxGateway, "charge", slow)
    browser.hold(small).confirm()
    assert "Your payment came too late" in browser.text
    assert "refunded in full" in browser.text
    assert Refund.objects.get().amount == 50
    assert not Reservation.objects.exists()


def test_more_time_is_given_as_often_as_the_house_allows(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    bella.max_hold_extensions = 1
    bella.save()
    hold_url = browser.hold(bella).url
    clock.advance(minutes=8)
    browser.post(f"{hold_url}more-time/", name="Ada", card=VISA)
    assert "the table is yours until 12:18" in browser.text
    assert 'value="Ada"' in browser.html
    assert "I need more time" not in browser.text
    assert "cannot be extended again" in browser.post(f"{hold_url}more-time/").text
    clock.advance(minutes=20)
    assert "has run out" in browser.post(f"{hold_url}more-time/").text


def test_a_table_given_back_is_free_and_can_be_taken_again(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = browser.hold(bella).url
    browser.post(f"{hold_url}release/", **ADA)
    assert browser.url == f"/r/{bella.slug}/"
    assert "You gave the table at Bella Notte back." in browser.text
    assert Hold.objects.get().status == "released"
    assert "You gave this table back" in browser.get(hold_url).text
    browser.post(f"{hold_url}release/")
    assert 'value="Ada Lovelace"' in browser.post(f"{hold_url}again/").html


def test_one_table_at_a_time_go_on_or_give_back(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    second = factories.make_bella(name="Second House")
    hold_url = browser.hold(bella).url
    browser.hold(second)
    assert browser.url == f"/r/{second.slug}/"
    assert "You hold a table already." in browser.text
    assert "You are holding a table at Bella Notte for 2 guests" in browser.text
    assert f'href="{hold_url}"' in browser.html
    browser.post(f"{hold_url}release/", back=f"/r/{second.slug}/?party=3")
    assert browser.url == f"/r/{second.slug}/"
    assert "You are holding" not in browser.text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_form_cannot_send_a_guest_to_another_site(
    clock: Clock, bella: Restaurant, browser: Browser, back: str
) -> None:
    assert browser.post(f"{browser.hold(bella).url}release/", back=back).url == f"/r/{bella.slug}/"


@pytest.mark.parametrize(
    "fields", [{"time": ""}, {"date": "soon"}, {"party": "many"}, {"time": "7pm"}, {"date": ""}]
)
def test_an_incomplete_choice_is_asked_for_again(
    clock: Clock, bella: Restaurant, browser: Browser, fields: dict[str, str]
) -> None:
    assert "Please choose a time first." in browser.hold(bella, **fields).text
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"time": "19:10"}, "19:10 cannot be booked."),
        ({"party": 13}, "The largest party"),
        ({"date": "2025-11-09"}, "has passed"),
        ({"date": "9999-12-31"}, "too far ahead"),
    ],
)
def test_a_refused_hold_is_explained_on_the_page_of_the_times(
    clock: Clock, bella: Restaurant, browser: Browser, fields: dict[str, Any], sentence: str
) -> None:
    browser.hold(bella, **fields)
    assert browser.url == f"/r/{bella.slug}/"
    assert sentence in browser.text


def test_a_busy_book_is_tried_again(
    clock: Clock, bella: Restaurant, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_args: object, **_kwargs: object) -> None:
        raise Busy

    monkeypatch.setattr(restaurant_views, "place_hold", busy)
    browser.hold(bella)
    assert "Please try again." in browser.text
    assert 'value="19:00" required checked' in browser.html


def test_a_swept_hold_is_a_lapsed_one(clock: Clock, bella: Restaurant, browser: Browser) -> None:
    hold_url = browser.hold(bella).url
    clock.advance(minutes=11)
    expire_holds()
    assert "Your time for this table has run out" in browser.get(hold_url).text


def test_a_deposit_nobody_can_take_is_paid_by_telephone(
    clock: Clock, bella: Restaurant, browser: Browser, settings: Settings
) -> None:
    hold_url = browser.hold(bella).url
    settings.SANDBOX_ENABLED = False
    browser.get(hold_url)
    assert "This deposit cannot be paid online at the moment." in browser.text
    assert "Pay $50.00 and book" not in browser.text
    assert browser.confirm().url == hold_url
    assert not Reservation.objects.exists()


def test_a_time_with_a_deposit_nobody_can_take_is_not_held_and_the_number_is_given(
    clock: Clock, bella: Restaurant, browser: Browser, settings: Settings
) -> None:
    settings.SANDBOX_ENABLED = False
    bella.phone = "+12125550142"
    bella.save()
    browser.hold(bella)
    assert browser.url == f"/r/{bella.slug}/"
    assert (
        "This booking needs a deposit, which cannot be paid online at the moment."
        " Please call the restaurant: +1 212-555-0142."
    ) in browser.text
    assert not Hold.objects.exists()


def test_a_table_given_back_says_what_became_of_the_money(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = browser.hold(bella).url
    browser.post(f"{hold_url}release/")
    assert "You gave the table at Bella Notte back. Nothing was charged." in browser.text
    hold_url = browser.hold(bella).url
    browser.confirm(card=LOST_ANSWER)
    assert Payment.objects.get().status == "unknown"
    browser.post(f"{hold_url}release/")
    assert (
        "You gave the table at Bella Notte back."
        " If your card was charged, the money goes back to it in full."
    ) in browser.text
    assert "Nothing was charged." not in browser.text


def test_two_services_with_the_same_time_are_told_apart(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    dinner = DiningService.objects.get(restaurant=bella)
    bar = DiningService.objects.get(pk=dinner.pk)
    bar.pk, bar.public_id = None, public_id("serv")
    bar.name = "Bar"
    bar.save()
    page = browser.get(f"/r/{bella.slug}/?party=2&date={SATURDAY}&time=19:00@{bar.pk}").html
    assert f'value="19:00@{bar.pk}" required checked' in page
    assert f'value="19:00@{dinner.pk}" required>' in page
    browser.hold(bella, time=f"19:00@{bar.pk}")
    assert Hold.objects.get().service_id == bar.pk


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (VISA, "Your payment is being refunded in full."),
        (LOST_ANSWER, "If your card was charged, the money goes back to it in full."),
    ],
)
def test_the_page_of_a_table_given_back_while_paying_does_not_say_it_was_taken(
    clock: Clock,
    bella: Restaurant,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    card: str,
    said: str,
) -> None:
    page = browser.hold(bella).url
    real = SandboxGateway.charge

    def charge(self: SandboxGateway, order: Order) -> ChargeResult:
        result = real(self, order)
        held = Hold.objects.get()
        guest = Guest(held.guest_key)
        release_hold(held.public_id, guest, by=guest.actor)
        return result

    monkeypatch.setattr(SandboxGateway, "charge", charge)
    browser.confirm(card)
    assert browser.get(page).text.count("You gave this table back") >= 1
    assert said in browser.text
    for untrue in ("The table was taken", "we give you this table", "came too late"):
        assert untrue not in browser.text
