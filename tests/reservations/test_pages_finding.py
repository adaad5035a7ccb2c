"""Finding a table on the pages: search, likes, the calendar, rooms, reasons, menus, the colour."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from accounts.models import User
from config import urls as real_urls
from reservations.guests import Guest
from reservations.models import Hold
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import Menu, MenuItem, Offer, OpeningHours, Restaurant, SpecialDay, Swipe
from tests import factories
from tests.fixtures.domain import Clock
from tests.reservations.browser import Browser

SATURDAY = dt.date(2025, 11, 15)

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(clock: Clock) -> Browser:
    return Browser()


@pytest.fixture
def two_rooms(clock: Clock) -> Restaurant:
    """A house with a step-free garden for four and a hall for two, at 19:00 and 20:00."""
    house = factories.make_restaurant(name="Two Rooms", country="FR", slug="two-rooms")
    factories.make_service(
        house, first_seating=dt.time(19), last_seating=dt.time(20), slot_minutes=60
    )
    hall, garden = (house.rooms.create(name=name) for name in ("Hall", "Garden"))
    factories.make_tables(house, 2, room=hall)
    factories.make_tables(house, 4, room=garden, step_free=True)
    return house


def take(house: Restaurant, time: str, size: int, new_guest: Callable[[], Guest]) -> None:
    guest = new_guest()
    place_hold(HoldRequest(house.public_id, SATURDAY, time, size), guest, by=guest.actor)


def url(house: Restaurant, **asked: object) -> str:
    fields = {"party": 2, "date": SATURDAY.isoformat()} | asked
    return f"/r/{house.slug}/?" + "&".join(f"{name}={value}" for name, value in fields.items())


def day_of(html: str, number: int) -> str:
    found = re.search(rf'<(?:a|span) class="day[^>]*id="day-{number}".*?</td>', html, re.DOTALL)
    return found[0] if found else ""


# --- Home -----------------------------------------------------------------------------------------


def test_a_card_shows_times_near_the_wanted_one(browser: Browser, bella: Restaurant) -> None:
    page = browser.get("/?date=2025-11-15&time=12:00&party=4")
    for time in ("11:00", "11:30", "12:00", "12:30"):
        assert f"/r/{bella.slug}/?party=4&amp;date=2025-11-15&amp;time={time}#times" in page.html
    assert "Today 18:00 18:30 19:00 19:30" in browser.get("/").text


def test_a_card_says_why_it_has_no_times(browser: Browser, bella: Restaurant) -> None:
    SpecialDay.objects.create(restaurant=bella, date=SATURDAY, is_closed=True, note="Wedding")
    assert "No table for 2 guests: closed: Wedding" in browser.get("/?date=2025-11-15").text
    factories.make_bella(name="Paused", accepts_reservations=False)
    assert "Not booking online now" in browser.get("/").text


@pytest.mark.parametrize(
    "query",
    [
        "date=0001-01-01",
        "date=9999-12-31",
        "date=2025-02-30",
        "date=x",
        "time=25:00",
        "party=999",
        "party=-2",
        "sort=best'",
        "place=%00",
        "cuisine=%27%3B--",
        "step=7",
        "page=9&sort=name",
    ],
)
def test_odd_searches_are_answered(browser: Browser, bella: Restaurant, query: str) -> None:
    assert browser.get(f"/?{query}").status == 200


def test_a_visitors_like_stays_in_the_session_and_leaves_the_feed(
    browser: Browser, bella: Restaurant
) -> None:
    factories.make_bella(name="Other House")
    page = browser.post(f"/r/{bella.slug}/like/", action="like", back="/")
    assert "Bella Notte is on your list." in page.text
    assert re.search(r'liked__item"><a href="/r/[^"]+">Bella Notte<', page.html)
    assert 'card__name"><a href="/r/' + bella.slug not in page.html
    assert not Swipe.objects.exists()
    page = browser.get("/?q=bella")
    assert 'value="forget" aria-pressed="true" aria-label="Like Bella Notte"' in page.html
    page = browser.post(f"/r/{bella.slug}/like/", action="forget", back="/")
    assert "liked__item" not in page.html


def test_who_passed_on_everything_can_see_it_again(browser: Browser, bella: Restaurant) -> None:
    page = browser.post(f"/r/{bella.slug}/like/", action="pass", back="/")
    assert "You have seen every restaurant there is." in page.text
    assert "Bella Notte" in browser.get("/?sort=name").text


def test_an_accounts_likes_are_rows(browser: Browser, bella: Restaurant, user: User) -> None:
    browser.client.force_login(user)
    browser.post(f"/r/{bella.slug}/like/", action="like", back="/")
    assert list(Swipe.objects.values_list("user", "action")) == [(user.pk, "like")]
    assert "Your list" in browser.get("/").text
    browser.post(f"/r/{bella.slug}/like/", action="forget", back="/")
    assert not Swipe.objects.exists()


def test_scripts_ask_quietly_and_odd_swipes_change_nothing(
    browser: Browser, bella: Restaurant
) -> None:
    quiet = browser.client.post(f"/r/{bella.slug}/like/", {"action": "pass", "quiet": "1"})
    assert (quiet.status_code, quiet.content) == (204, b"")
    assert browser.client.session["swipes"] == {bella.public_id: False}
    browser.post(f"/r/{bella.slug}/like/", action="love", back="https://elsewhere.example/")
    assert (browser.url, browser.client.session["swipes"]) == ("/", {bella.public_id: False})
    assert browser.client.post("/r/nobody/like/", {"action": "like"}).status_code == 404


def test_likes_need_the_form_token(bella: Restaurant) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/r/{bella.slug}/like/", {"action": "like"}).status_code == 403


def test_a_shared_position_is_rough_and_can_be_forgotten(
    browser: Browser, bella: Restaurant
) -> None:
    Restaurant.objects.update(latitude=40.7359, longitude=-74.0014, country="US")
    page = browser.post("/near/", latitude="40.7128001", longitude="-74.0059999", back="/")
    assert list(browser.client.session["near"]) == [40.713, -74.006]
    assert "1.6 mi" in page.text
    assert "Distances are from where you are." in page.text
    Restaurant.objects.update(country="FR")
    assert "2.6 km" in browser.get("/?sort=near").text
    assert "1.6 mi" not in browser.post("/near/", forget="1", back="/").text


@pytest.mark.parametrize(
    ("latitude", "longitude"), [("", ""), ("nan", "1"), ("91", "0"), ("x", "1")]
)
def test_a_position_nobody_can_be_at_is_refused(
    browser: Browser, latitude: str, longitude: str
) -> None:
    page = browser.post("/near/", latitude=latitude, longitude=longitude, back="/")
    assert "We could not read where you are." in page.text
    assert "near" not in browser.client.session


# --- The calendar ---------------------------------------------------------------------------------


def test_days_say_how_many_times_they_have_or_why_none(
    browser: Browser, two_rooms: Restaurant, new_guest: Callable[[], Guest]
) -> None:
    SpecialDay.objects.create(
        restaurant=two_rooms, date=dt.date(2025, 11, 20), is_closed=True, note="Wedding"
    )
    take(two_rooms, "19:00", 2, new_guest)
    take(two_rooms, "19:00", 2, new_guest)
    html = browser.get(url(two_rooms, date="2025-11-14")).html
    assert 'aria-label="Friday 14 November, 2 times"' in day_of(html, 14)
    assert 'aria-current="date"' in day_of(html, 14)
    assert 'title="Fully booked"' in day_of(html, 15)
    assert day_of(html, 15).startswith("<a "), "a full day can be waited for"
    assert 'title="Closed: Wedding"' in day_of(html, 20)
    assert day_of(html, 20).startswith("<span ")
    assert "Thursday 20 November, closed: Wedding" in day_of(html, 20)
    assert day_of(html, 9) == "", "weeks that are over are left out"
    assert '<abbr title="Monday">Mo</abbr>' in html.partition("Tuesday")[0]


def test_an_american_week_begins_on_sunday(browser: Browser, bella: Restaurant) -> None:
    head = browser.get(url(bella)).html.partition('<abbr title="Monday">')[0]
    assert '<abbr title="Sunday">Su</abbr>' in head


def test_the_calendar_turns_within_the_window(browser: Browser, bella: Restaurant) -> None:
    Restaurant.objects.update(window_days=30)
    html = browser.get(url(bella)).html
    assert 'id="month-earlier"' not in html
    assert "Later: December 2025" in html
    html = browser.get(url(bella, month="2025-12")).html
    assert "Earlier: November 2025" in html
    assert 'id="month-later"' not in html
    assert "Saturday 15 November 2025" in html, "the chosen day stays"
    for odd in ("0001-01", "9999-12", "2025-13", "x"):
        assert browser.get(url(bella, month=odd)).status == 200


# --- Times ----------------------------------------------------------------------------------------


def test_a_full_day_names_other_days(
    browser: Browser, two_rooms: Restaurant, new_guest: Callable[[], Guest]
) -> None:
    take(two_rooms, "19:00", 2, new_guest)
    take(two_rooms, "19:00", 2, new_guest)
    page = browser.get(url(two_rooms))
    assert "Every table for 2 guests is taken on this day." in page.text
    assert "Fri 14 Nov Sun 16 Nov" in page.text
    assert "Hold this table" not in page.text
    assert f"/r/{two_rooms.slug}/waitlist/?date=2025-11-15&amp;party=2" in page.html


def _waitlist(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(slug)


class _WithWaitlist:
    urlpatterns = [
        path("r/<slug:slug>/waitlist/", _waitlist, name="waitlist-join"),
        *real_urls.urlpatterns,
    ]
    handler404 = real_urls.handler404


def test_a_full_time_leads_to_the_waitlist_where_there_is_one(
    browser: Browser,
    two_rooms: Restaurant,
    new_guest: Callable[[], Guest],
    settings: Settings,
) -> None:
    settings.ROOT_URLCONF = _WithWaitlist
    take(two_rooms, "19:00", 2, new_guest)
    take(two_rooms, "20:00", 4, new_guest)
    page = browser.get(url(two_rooms, time="19:00"))
    link = "/r/two-rooms/waitlist/?date=2025-11-15&amp;party=2&amp;time=19:00"
    assert f'href="{link}"' in page.html


def test_a_room_can_be_asked_for_and_is_held(browser: Browser, two_rooms: Restaurant) -> None:
    garden = two_rooms.rooms.get(name="Garden")
    page = browser.get(url(two_rooms))
    assert "No preference wherever is free Hall 2 times Garden 2 times" in page.text
    page = browser.get(url(two_rooms, room=garden.pk))
    assert f'<input type="hidden" name="room" value="{garden.pk}">' in page.html
    browser.hold(two_rooms, room=garden.pk)
    assert Hold.objects.get().room_id == garden.pk


@pytest.mark.parametrize("room", ["0", "999999", "x", "1e9"])
def test_a_room_of_nobody_is_no_wish(browser: Browser, two_rooms: Restaurant, room: str) -> None:
    assert 'type="radio" name="time"' in browser.get(url(two_rooms, room=room)).html


def test_step_free_is_a_rule_and_a_high_chair_goes_along_as_a_wish(
    browser: Browser, two_rooms: Restaurant, new_guest: Callable[[], Guest]
) -> None:
    take(two_rooms, "19:00", 4, new_guest)
    page = browser.get(url(two_rooms, step_free=1))
    assert "Every step-free table for 2 guests is taken on this day." in page.text
    page = browser.get(url(two_rooms, step_free=1, high_chair=1, date="2025-11-16"))
    assert '<input type="hidden" name="step_free" value="1">' in page.html
    browser.hold(two_rooms, date="2025-11-16", step_free=1, high_chair=1)
    assert '<option value="1" selected>1</option>' in browser.html
    held = Hold.objects.latest("pk")
    assert [claim.table.step_free for claim in held.claims.all()] == [True]


def test_a_refused_time_names_the_other_room_and_the_smaller_party(
    browser: Browser, two_rooms: Restaurant, new_guest: Callable[[], Guest]
) -> None:
    take(two_rooms, "19:00", 4, new_guest)
    garden = two_rooms.rooms.get(name="Garden")
    two_rooms.services.update(last_seating=dt.time(22))
    page = browser.get(url(two_rooms, time="19:00", room=garden.pk))
    assert "19:00 is free in: Hall. Take 19:00 there" in page.text
    page = browser.get(url(two_rooms, time="19:00", party=4))
    assert "In a smaller party: 19:00 for 2 guests" in page.text


def test_plus_and_minus_work_without_scripts(browser: Browser, bella: Restaurant) -> None:
    html = browser.get(url(bella, party=2, step=1)).html
    assert re.search(r'id="party"[^>]+value="3"', html)
    html = browser.get(url(bella, party=2, step=-1)).html
    assert re.search(r'id="party"[^>]+value="2"', html), "not below the smallest party"
    assert 'value="-1" aria-label="One guest fewer" disabled' in html


# --- The house ------------------------------------------------------------------------------------


def test_hours_tell_now_and_the_kitchen_apart(
    browser: Browser, bella: Restaurant, clock: Clock
) -> None:
    for part, opens, closes in (("venue", 9, 23), ("kitchen", 13, 21)):
        for weekday in range(7):
            OpeningHours.objects.create(
                restaurant=bella,
                part=part,
                weekday=weekday,
                opens=dt.time(opens),
                closes=dt.time(closes),
            )
    page = browser.get(url(bella))
    assert "Open now , until 23:00 · kitchen opens 13:00" in page.text
    assert "Today 09:00–23:00 13:00–21:00" in page.text
    clock.set("2025-11-10T23:30:00-05:00")
    assert "Closed now , opens tomorrow at 09:00" in browser.get(url(bella)).text


def test_menus_and_offers_are_priced_as_the_house_writes(
    browser: Browser, bella: Restaurant
) -> None:
    menu = Menu.objects.create(restaurant=bella, name="Dinner")
    MenuItem.objects.create(
        menu=menu,
        section="Pasta",
        name="Ragù",
        price="26",
        dietary=["dairy_free"],
        allergens=["milk"],
    )
    MenuItem.objects.create(menu=menu, name="Sold out", price="1", is_available=False)
    Offer.objects.create(restaurant=bella, name="Tasting", price="75.5")
    Offer.objects.create(restaurant=bella, name="Over", valid_until=dt.date(2025, 11, 9))
    text = browser.get(url(bella)).text
    assert "Tasting $75.50 a head" in text
    assert "Ragù DF $26 Contains Milk" in text
    assert "Sold out" not in text
    assert "Over" not in text


def test_directions_lead_to_a_route_planner(browser: Browser, bella: Restaurant) -> None:
    assert "Directions" not in browser.get(url(bella)).text
    Restaurant.objects.update(latitude=40.7359, longitude=-74.0014, address="234 Greenwich Ave")
    page = browser.get(url(bella))
    assert 'href="https://www.openstreetmap.org/directions?to=40.7359,-74.0014"' in page.html


def test_the_house_has_its_colour(browser: Browser, bella: Restaurant) -> None:
    assert "/accent/" not in browser.get(url(bella)).html
    Restaurant.objects.update(accent="#8C2F39")
    assert '<link rel="stylesheet" href="/accent/8C2F39.css">' in browser.get(url(bella)).html
    sheet = browser.client.get("/accent/8C2F39.css")
    assert sheet.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in sheet.headers["Cache-Control"]
    assert "--accent:#8c2f39" in sheet.content.decode()
    for odd in ("red", "8C2F3", "8C2F39}", "000000;x"):
        assert browser.client.get(f"/accent/{odd}.css").status_code == 404


def test_the_style_guide_is_for_developers(browser: Browser, settings: Settings) -> None:
    assert browser.get("/styleguide/").status == 404
    settings.DEBUG = True
    assert "Every component in every state." in browser.get("/styleguide/").text
