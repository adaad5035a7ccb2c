"""Cancelling a booking, and who may see a hold or a booking at all."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth import get_user

from accounts.models import User
from payments.models import Refund
from reservations.models import Hold, Reservation
from restaurants.models import Restaurant
from tests import factories
from tests.fixtures.domain import Clock
from tests.reservations.browser import ADA, SATURDAY, Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Browser:
    return Browser()


# --- Cancelling -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "sentence", "quote", "refunds"),
    [
        (
            "2025-11-14T19:00:00-05:00",
            "You get the whole deposit of $50.00 back.",
            "50.00",
            [50],
        ),
        ("2025-11-14T19:00:01-05:00", "You get $25.00 back , 50 % of", "25.00", [25]),
        ("2025-11-15T15:00:01-05:00", "You get nothing back of the $50.00", "0.00", []),
    ],
)
def test_what_comes_back_is_stated_before_and_is_what_comes(
    clock: Clock,
    bella: Restaurant,
    browser: Browser,
    now: str,
    sentence: str,
    quote: str,
    refunds: list[int],
) -> None:
    booked_url = browser.book(bella).url
    clock.set(now)
    assert sentence in browser.get(f"{booked_url}cancel/").text
    cancel_url = browser.url
    assert f'value="{quote}"' in browser.html
    browser.post(cancel_url, refund=quote)
    assert "Your booking is cancelled" in browser.text
    assert [refund.amount for refund in Refund.objects.all()] == refunds


def test_a_refund_that_shrank_meanwhile_is_asked_about_again(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    cancel_url = browser.get(f"{browser.book(bella).url}cancel/").url
    clock.set("2025-11-15T12:00:00-05:00")
    browser.post(cancel_url, refund="50.00")
    assert "what you get back is another amount now" in browser.text
    assert "You get $25.00 back" in browser.text
    assert Reservation.objects.get().status == "confirmed"


def test_what_is_over_cannot_be_cancelled(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    booked_url = browser.book(bella).url
    Reservation.objects.update(status="seated")
    assert "Cancel this booking" not in browser.get(booked_url).text
    manage_url = browser.get(f"{booked_url}cancel/").url
    assert manage_url == browser.get(manage_url).url
    browser.post(f"{manage_url}cancel/", refund="50.00")
    assert "can no longer be changed" in browser.text
    assert Reservation.objects.get().status == "seated"


def test_the_calendar_entry_is_the_bookings(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    booked_url = browser.book(bella).url
    response = browser.client.get(f"{booked_url}calendar.ics")
    row = Reservation.objects.get()
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{row.code}.ics"'
    assert "DTSTART;TZID=America/New_York:20251115T190000" in response.content.decode()
    assert "METHOD:PUBLISH" in response.content.decode()


# --- Whose is it? ---------------------------------------------------------------------------------


def test_nobody_else_sees_or_touches_a_hold_or_a_booking(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = browser.hold(bella).url
    hold_paths = [hold_url, *(f"{hold_url}{path}/" for path in ("more-time", "release", "again"))]
    strangers = [Browser(), Browser()]
    strangers[1].hold(bella, time="12:00")
    for stranger in strangers:
        assert stranger.get(hold_url).status == 404
        assert [stranger.post(path, **ADA).status for path in hold_paths] == [404] * 4
    assert Hold.objects.get(public_id=hold_url.split("/")[2]).status == "live"

    booked_url = browser.confirm().url
    for stranger in strangers:
        for path in ("", "calendar.ics", "cancel/"):
            assert stranger.get(f"{booked_url}{path}").status == 404
        assert stranger.get(hold_url).status == 404
    assert Reservation.objects.get().status == "confirmed"


def test_an_account_finds_its_booking_in_every_browser_and_is_not_asked_twice(
    clock: Clock, bella: Restaurant, user: User, browser: Browser
) -> None:
    browser.client.force_login(user)
    browser.hold(bella)
    assert 'value="ada@example.com"' in browser.html
    assert 'value="Ada Guest"' in browser.html
    booked_url = browser.confirm().url
    elsewhere, stranger = Browser(), Browser()
    elsewhere.client.force_login(user)
    stranger.client.force_login(factories.make_user())
    assert elsewhere.get(booked_url).status == 200
    assert stranger.get(booked_url).status == 404
    assert get_user(elsewhere.client) == user
    browser.hold(bella)
    assert browser.url == booked_url
    assert "You already have a reservation" in browser.text


def test_what_guests_type_is_text_and_never_markup(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    browser.hold(bella).confirm(card="", name=evil, special_requests=evil)
    assert "<script>alert" not in browser.html
    assert "<img src=x" not in browser.html
    browser.confirm(name=evil, special_requests=evil)
    assert "Your table is booked" in browser.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in browser.html
    assert "<script>alert" not in browser.html


def test_personal_pages_are_kept_by_no_cache_and_found_by_no_crawler(
    clock: Clock, bella: Restaurant, browser: Browser
) -> None:
    hold_url = browser.hold(bella).url
    for url in (hold_url, browser.confirm().url, f"{browser.url}cancel/"):
        response = browser.client.get(url, follow=True)
        assert "no-store" in response.headers["Cache-Control"]
        assert '<meta name="robots" content="noindex">' in response.content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", browser.html)


def test_forms_need_the_token_of_our_own_pages(clock: Clock, bella: Restaurant) -> None:
    strict = Browser(enforce_csrf_checks=True)
    strict.hold(bella)
    assert strict.status == 403
    assert "Please send that again" in strict.text
    assert not Hold.objects.exists()
    page = strict.get(f"/r/{bella.slug}/?party=2&date={SATURDAY}")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.html)
    assert token
    assert strict.hold(bella, csrfmiddlewaretoken=token[1]).status == 200
    assert Hold.objects.count() == 1


@pytest.mark.parametrize("status", ["declined", "expired"])
def test_a_booking_that_was_turned_away_says_so(
    clock: Clock, bella: Restaurant, browser: Browser, status: str
) -> None:
    booked_url = browser.book(bella).url
    Reservation.objects.update(status=status)
    browser.get(booked_url)
    assert "The restaurant could not take your booking" in browser.text
    assert "Choose another time" in browser.text
    for wrong in ("When you arrive", "Add to calendar", "Cancel this booking"):
        assert wrong not in browser.text
    assert "METHOD:CANCEL" in browser.get(f"{booked_url}calendar.ics").html
