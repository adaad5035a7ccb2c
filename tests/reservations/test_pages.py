"""The list of restaurants and one restaurant's page: what is shown, and to whom it is kind."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from config import errors
from reservations.errors import NotAccepting
from reservations.guests import Guest
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import Closure, OpeningHours, Restaurant, SpecialDay
from tests import factories
from tests.fixtures.domain import Clock

SATURDAY = "2025-11-15"
TAKEN = "The one table that suits a party of 2 is taken for some of the 2 hours you would stay."

pytestmark = pytest.mark.django_db


def words(html: bytes) -> str:
    """What a guest reads: the page without its tags, on one line."""
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", html.decode(), flags=re.DOTALL)
    return " ".join(text.replace("&#x27;", "'").replace("&amp;", "&").split())


def get(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status
    return words(response.content)


def free_times(html: bytes) -> list[str]:
    return re.findall(r'value="(\d\d:\d\d)" required', html.decode())


def fill(restaurant: Restaurant, time: str, *, guests: int, new_guest: Callable[[], Guest]) -> None:
    for _ in range(guests):
        guest = new_guest()
        asked = HoldRequest(restaurant.public_id, dt.date.fromisoformat(SATURDAY), time, 2)
        place_hold(asked, guest, by=guest.actor)


# --- The list -------------------------------------------------------------------------------------


def test_the_list_shows_listed_restaurants_only(client: Client, bella: Restaurant) -> None:
    factories.make_restaurant(name="Hidden House", is_listed=False)
    text = get(client, "/")
    assert "Bella Notte" in text
    assert "Hidden House" not in text


def test_search_finds_every_word_whatever_its_case_and_accents(client: Client, db: None) -> None:
    factories.make_restaurant(name="Café Allô", city="Lyon", cuisine=["French"])
    factories.make_restaurant(name="Casa Azul", city="New York")
    text = get(client, "/?q=cafe+LYON")
    assert "Café Allô" in text
    assert "Casa Azul" not in text
    assert "1 restaurant for “cafe LYON”" in text


def test_a_search_without_result_says_what_to_try(client: Client, bella: Restaurant) -> None:
    text = get(client, "/?q=xyzzy")
    assert "No restaurant matches all of this." in text
    assert 'value="xyzzy"' in client.get("/?q=xyzzy").content.decode()


def test_an_empty_house_is_no_error(client: Client, db: None) -> None:
    assert "No restaurant takes bookings here yet." in get(client, "/")


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=a%00b", "q=" + "x" * 5000, "q=%25_'\"", "page=0", "page=-1", "page=x", "page=1e9"],
)
def test_odd_searches_are_answered(client: Client, bella: Restaurant, query: str) -> None:
    assert client.get(f"/?{query}").status_code == 200


def test_the_list_has_pages(client: Client, db: None) -> None:
    for number in range(30):
        factories.make_restaurant(name=f"House number {number:02}")
    first, second = get(client, "/?sort=name"), get(client, "/?sort=name&page=2")
    assert "House number 23" in first
    assert "House number 24" not in first
    assert "House number 24" in second
    assert "Page 2 of 2" in second
    for huge in ("9" * 20, "9" * 5000):
        assert "Page 2 of 2" in get(client, f"/?page={huge}")
    assert "Page 1 of 2" in get(client, "/")


def test_the_list_takes_five_queries_however_long_it_is(
    client: Client, bella: Restaurant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # Traits of all, rows of one page, their books, the cuisines and the places to choose from.
    for _ in range(20):
        factories.make_restaurant()
    with django_assert_num_queries(5 + 1):
        client.get("/")
    with django_assert_num_queries(5):
        client.get("/")


def test_pictures_come_from_this_server_alone(client: Client, db: None) -> None:
    elsewhere = ["https://pictures.example/a.jpg", "//pictures.example/a.jpg"]
    factories.make_restaurant(images=[*elsewhere, "/static/img/demo/bella.svg"])
    factories.make_restaurant(images=elsewhere)
    page = client.get("/").content.decode()
    assert "pictures.example" not in page
    assert 'src="/static/img/demo/bella.svg"' in page
    assert 'class="card__picture" src="/static/img/table.svg"' in page


# --- A restaurant ---------------------------------------------------------------------------------


def test_the_page_shows_the_house_its_times_and_the_deposit(
    client: Client, clock: Clock, bella: Restaurant
) -> None:
    bella.description, bella.phone, bella.features = "Fresh pasta.", "+12125550142", ["Wine bar"]
    bella.save()
    response = client.get(f"/r/{bella.slug}/?party=4&date={SATURDAY}")
    text = words(response.content)
    for part in ("Fresh pasta.", "Wine bar", "+1 212-555-0142", "Saturday 15 November 2025"):
        assert part in text
    assert "Deposit $100.00 ($25.00 per guest)" in text
    assert "all of it back up to 24 hours before, half up to 4 hours before" in text
    assert free_times(response.content)[0] == "11:00"
    assert len(free_times(response.content)) == 23


def test_a_page_takes_five_queries_and_four_once_the_rules_are_known(
    client: Client,
    clock: Clock,
    bella: Restaurant,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    url = f"/r/{bella.slug}/?party=2&date={SATURDAY}"
    # The restaurant, its month, its offers, its menus.
    with django_assert_num_queries(5):
        client.get(url)
    with django_assert_num_queries(4):
        client.get(url)


def test_looking_around_leaves_no_session(client: Client, clock: Clock, bella: Restaurant) -> None:
    client.get("/")
    client.get(f"/r/{bella.slug}/")
    assert "sessionid" not in client.cookies


def test_an_unknown_or_unlisted_restaurant_is_not_found(client: Client, clock: Clock) -> None:
    hidden = factories.make_bella(is_listed=False)
    assert "Page not found" in get(client, f"/r/{hidden.slug}/", 404)
    get(client, "/r/nobody/", 404)


def test_full_times_are_greyed_with_the_reason(
    client: Client, clock: Clock, new_guest: Callable[[], Guest]
) -> None:
    small = factories.make_bella(tables=1, deposit=None)
    fill(small, "19:00", guests=1, new_guest=new_guest)
    response = client.get(f"/r/{small.slug}/?party=2&date={SATURDAY}")
    times = free_times(response.content)
    assert "17:00" in times
    assert {"17:30", "19:00", "20:30"}.isdisjoint(times)
    text = words(response.content)
    assert "19:00 Full" in text
    assert f"{TAKEN} 17:30 18:00 18:30" in text


def test_a_wanted_time_that_is_gone_comes_with_the_nearest_ones(
    client: Client, clock: Clock, new_guest: Callable[[], Guest]
) -> None:
    small = factories.make_bella(tables=1)
    fill(small, "19:00", guests=1, new_guest=new_guest)
    page = client.get(f"/r/{small.slug}/?party=2&date={SATURDAY}&time=19:00").content
    assert f"19:00 cannot be booked. {TAKEN} Free near it: 17:00 21:00" in words(page)
    assert f"/r/{small.slug}/?party=2&amp;date={SATURDAY}&amp;time=17:00#times" in page.decode()
    assert re.search(r'value="17:00" required>', page.decode())


def test_a_wanted_time_that_is_free_is_chosen(
    client: Client, clock: Clock, bella: Restaurant
) -> None:
    page = client.get(f"/r/{bella.slug}/?party=2&date={SATURDAY}&time=19:30").content.decode()
    assert 'value="19:30" required checked' in page
    assert "cannot be booked" not in page


def test_a_time_the_house_does_not_have_is_explained(
    client: Client, clock: Clock, bella: Restaurant
) -> None:
    text = get(client, f"/r/{bella.slug}/?party=2&date={SATURDAY}&time=19:10")
    assert "19:10 cannot be booked. Guests are not seated at this time." in text


def test_without_a_date_it_is_today_in_the_restaurants_zone(client: Client, clock: Clock) -> None:
    tokyo = factories.make_bella(zone="Asia/Tokyo", currency="JPY", deposit="2500")
    clock.set("2025-11-10T23:30:00+09:00")
    # 22:00 has passed in Tokyo, so the first free day there is the eleventh.
    text = get(client, f"/r/{tokyo.slug}/")
    assert "Tuesday 11 November 2025" in text
    assert "Deposit ¥5,000 (¥2,500 per guest)" in text


def test_without_a_date_it_is_the_first_free_day_of_this_month_or_the_next(
    client: Client,
    clock: Clock,
    bella: Restaurant,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for day in range(10, 30):
        SpecialDay.objects.create(restaurant=bella, date=dt.date(2025, 11, day), is_closed=True)
    assert "Sunday 30 November 2025" in get(client, f"/r/{bella.slug}/")
    SpecialDay.objects.create(restaurant=bella, date=dt.date(2025, 11, 30), is_closed=True)
    client.get(f"/r/{bella.slug}/")
    with django_assert_num_queries(5):
        assert "Monday 1 December 2025" in get(client, f"/r/{bella.slug}/")
    bella.services.update(valid_until=dt.date(2025, 11, 20))
    text = get(client, f"/r/{bella.slug}/")
    assert "Monday 10 November 2025" in text
    assert "The restaurant is closed at this time on this day." in text


def test_a_closed_day_says_so_and_where_to_go(
    client: Client, clock: Clock, bella: Restaurant
) -> None:
    SpecialDay.objects.create(
        restaurant=bella, date=dt.date(2025, 11, 15), is_closed=True, note="Staff outing."
    )
    page = client.get(f"/r/{bella.slug}/?party=2&date={SATURDAY}")
    text = words(page.content)
    assert "The restaurant is closed at this time on this day. Staff outing." in text
    assert "Fri 14 Nov Sun 16 Nov" in text
    assert "Sat 15 Nov: closed: Staff outing." in text
    assert free_times(page.content) == []
    assert "Hold this table" not in text
    assert "Sat 15 Nov Closed Staff outing." in text


@pytest.mark.parametrize(
    ("query", "reason", "remedy"),
    [
        (f"party=13&date={SATURDAY}", "The largest party that can be", "Times for 12 guests"),
        (f"party=1&date={SATURDAY}", "The smallest party that can be", "Times for 2 guests"),
        ("party=2&date=2025-11-09", "This day has passed.", "Times today: Mon 10 Nov"),
        ("party=2&date=0001-01-01", "This day has passed.", "Times today: Mon 10 Nov"),
        (
            "party=2&date=9999-12-31",
            "too far ahead: bookings open 365 days before.",
            "The last day that can be booked: Tue 10 Nov",
        ),
    ],
)
def test_what_can_never_be_booked_is_explained(
    client: Client,
    clock: Clock,
    bella: Restaurant,
    query: str,
    reason: str,
    remedy: str,
) -> None:
    text = get(client, f"/r/{bella.slug}/?{query}")
    assert reason in text
    assert remedy in text


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("party=abc", "We could not read the number of guests, so these are times for 2."),
        ("party=-1", "We could not read the number of guests"),
        ("party=1e9", "We could not read the number of guests"),
        ("party=%00", "We could not read the number of guests"),
        ("party=٣", "We could not read the number of guests"),
        ("date=tomorrow", "We could not read that date"),
        ("date=2025-02-30", "We could not read that date"),
        ("date=2025-11-15T19:00", "We could not read that date"),
        ("date=%00", "We could not read that date"),
        ("time=25:99", "Book a table"),
        ("time=%3Cscript%3E", "Book a table"),
        ("party=2&party=x&date=&time=", "We could not read the number of guests"),
    ],
)
def test_odd_input_gets_a_sentence_and_a_default(
    client: Client, clock: Clock, bella: Restaurant, query: str, answer: str
) -> None:
    assert answer in get(client, f"/r/{bella.slug}/?{query}")


def test_a_house_that_takes_no_bookings_says_so(client: Client, clock: Clock) -> None:
    paused = factories.make_bella(accepts_reservations=False, phone="+12125550142")
    text = get(client, f"/r/{paused.slug}/?party=2")
    assert NotAccepting.message in text
    assert "call +1 212-555-0142" in text
    assert "Hold this table" not in text


def test_a_closure_shows_the_houses_words(client: Client, clock: Clock, bella: Restaurant) -> None:
    Closure.objects.create(
        restaurant=bella,
        starts_at=dt.datetime(2025, 11, 15, 17, tzinfo=dt.UTC),
        ends_at=dt.datetime(2025, 11, 15, 19, tzinfo=dt.UTC),
        note="<b>Filming</b> in the morning.",
    )
    page = client.get(f"/r/{bella.slug}/?party=2&date={SATURDAY}").content.decode()
    assert "&lt;b&gt;Filming&lt;/b&gt; in the morning." in page
    assert "<b>Filming" not in page
    assert "12:00 Not today" in words(page.encode())


def test_times_after_midnight_are_marked(client: Client, clock: Clock) -> None:
    late = factories.make_restaurant()
    factories.make_tables(late, 4)
    factories.make_service(late, first_seating=dt.time(23), last_seating=dt.time(0, 30))
    assert "00:30 after midnight" in get(client, f"/r/{late.slug}/?party=2&date={SATURDAY}")


def test_hours_of_the_week_are_those_of_the_house(
    client: Client, clock: Clock, bella: Restaurant
) -> None:
    assert "Today tables 11:00–22:00" in get(client, f"/r/{bella.slug}/")
    OpeningHours.objects.create(restaurant=bella, weekday=0, opens=dt.time(10), closes=dt.time(1))
    text = get(client, f"/r/{bella.slug}/")
    assert "Today 10:00–01:00" in text
    assert "Tue 11 Nov Closed" in text


def test_htmx_gets_the_panel_alone_from_the_same_address(
    client: Client, clock: Clock, bella: Restaurant
) -> None:
    url = f"/r/{bella.slug}/?party=2&date={SATURDAY}"
    part = client.get(url, headers={"HX-Request": "true", "HX-Target": "times"})
    page = client.get(url)
    assert part.content.decode().startswith('<div id="times"')
    assert "<html" not in part.content.decode()
    assert free_times(part.content) == free_times(page.content)
    assert {"HX-Request", "Cookie"} <= set(part.headers["Vary"].split(", "))


def test_pages_contain_no_inline_script_or_style(
    client: Client, clock: Clock, bella: Restaurant
) -> None:
    for url in ("/", f"/r/{bella.slug}/", "/nowhere/"):
        page = client.get(url).content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)
        assert not re.search(
            r'src="(https?:)?//|<link rel="(?!alternate)[^>]+href="(https?:)?//', page
        )


def test_the_search_is_escaped(client: Client, db: None) -> None:
    page = client.get("/?q=%3Cscript%3Ealert(1)%3C/script%3E%22").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;" in page


def test_crawlers_and_old_browsers_get_their_files(client: Client, db: None) -> None:
    assert "Disallow: /booked/" in client.get("/robots.txt").content.decode()
    assert client.get("/favicon.ico").headers["Location"] == "/static/img/favicon.svg"


def test_pages_for_outages_and_errors_need_no_database(
    rf: RequestFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        outage = errors.unavailable(rf.get("/"))
        broken = errors.server_error(rf.get("/"))
        forbidden = errors.forbidden(rf.get("/"))
    assert (outage.status_code, outage.headers["Retry-After"]) == (503, "2")
    assert "We cannot reach our book right now" in words(outage.content)
    assert "Something went wrong" in words(broken.content)
    for page in (outage, broken, forbidden):
        assert 'class="wordmark"' in page.content.decode()
