"""The public list, one restaurant, its hours, the feed's candidates."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from accounts.errors import SessionEnded
from core.errors import Invalid
from restaurants import selectors
from restaurants.models import GuestPreferences, OpeningHours, Restaurant, Swipe
from restaurants.selectors import FeedFilters
from tests.factories import make_restaurant, make_user

pytestmark = pytest.mark.django_db

UNION_SQUARE = (40.7359, -73.9906)


def found(words: str = "", **filters: object) -> list[str]:
    return [r.name for r in selectors.matching_restaurants(words, **filters)]  # type: ignore[arg-type]


@pytest.fixture
def three_houses() -> None:
    make_restaurant(name="Café Brûlé", city="Paris", cuisine=["French"], price_level=3)
    make_restaurant(name="Bella Notte", city="New York", cuisine=["Italian"], price_level=2)
    make_restaurant(name="Smørgås", city="New York", cuisine=["Nordic"], price_level=4)


@pytest.mark.usefixtures("three_houses")
@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("", ["Bella Notte", "Café Brûlé", "Smørgås"]),
        ("cafe brule", ["Café Brûlé"]),
        ("CAFÉ", ["Café Brûlé"]),
        ("smorgas", ["Smørgås"]),
        ("york", ["Bella Notte", "Smørgås"]),
        ("york ital", ["Bella Notte"]),
        ("100%", []),
        ("o_e", []),
        ("'; drop table", []),
    ],
)
def test_the_search_ignores_case_and_accents(words: str, names: list[str]) -> None:
    assert found(words) == names


@pytest.mark.usefixtures("three_houses")
def test_the_search_narrows_by_cuisine_and_price() -> None:
    assert found(cuisine="italian") == ["Bella Notte"]
    assert found("york", price_levels=[4]) == ["Smørgås"]


def test_sql_and_python_fold_the_same_letters() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT translate(lower(%s), %s, %s)",
            ["ÀÉÎÕÜÇŁØĐ", selectors._ACCENTED, selectors._PLAIN],
        )
        assert cursor.fetchone() == ("aeioucLOD".lower(),)
    assert selectors.plain("ÀÉÎÕÜÇŁØĐ") == "aeioucLOD".lower()
    assert len(selectors._ACCENTED) == len(selectors._PLAIN)


def test_an_unlisted_restaurant_cannot_be_found() -> None:
    hidden = make_restaurant(is_listed=False)
    assert selectors.restaurant_by_public_id(hidden.public_id) is None
    assert selectors.restaurant_by_slug(hidden.slug) is None
    assert found() == []


def test_a_week_has_seven_days_with_their_stretches() -> None:
    house = make_restaurant()
    for weekday, opens, closes in (
        (4, "19:00", "00:30"),
        (4, "12:00", "14:30"),
        (5, "19:00", "23:00"),
    ):
        OpeningHours.objects.create(
            restaurant=house,
            weekday=weekday,
            opens=dt.time.fromisoformat(opens),
            closes=dt.time.fromisoformat(closes),
        )
    OpeningHours.objects.create(
        restaurant=house, part="kitchen", weekday=0, opens=dt.time(9), closes=dt.time(10)
    )
    days = {day.name: day for day in selectors.weekly_hours(house)}
    assert list(days) == [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ]
    assert not days["monday"].is_open
    assert (days["monday"].opens, days["monday"].closes, days["monday"].text) == (
        None,
        None,
        "Closed",
    )
    friday = days["friday"]
    assert (friday.opens, friday.closes) == (dt.time(12), dt.time(0, 30))
    assert friday.text == "12:00–14:30, 19:00–00:30"


# --- The feed -------------------------------------------------------------------------------------


def feed(user: str, limit: int = 20, **filters: object) -> list[str]:
    entries = selectors.discovery_feed(user, FeedFilters(**filters), limit)  # type: ignore[arg-type]
    return [entry.restaurant.name for entry in entries]


@pytest.fixture
def houses() -> dict[str, Restaurant]:
    return {
        name: make_restaurant(
            name=name,
            cuisine=[cuisine],
            price_level=price,
            rating=rating,
            review_count=200,
            latitude=latitude,
            longitude=-73.99,
        )
        for name, cuisine, price, rating, latitude in (
            ("Roma", "Italian", 2, "4.5", 40.73),
            ("Napoli", "italian", 3, "4.1", 40.74),
            ("Bangkok", "Thai", 2, "4.8", 40.72),
            ("Far Thai", "Thai", 1, "4.9", 41.50),
        )
    }


def test_a_new_guest_sees_the_best_rated_first(houses: dict[str, Restaurant]) -> None:
    user = make_user().public_id
    assert feed(user) == ["Far Thai", "Bangkok", "Roma", "Napoli"]
    assert feed(user, limit=2) == ["Far Thai", "Bangkok"]


def test_what_was_swiped_leaves_the_feed_and_teaches_it(houses: dict[str, Restaurant]) -> None:
    user = make_user()
    for name, action in (("Bangkok", "pass"), ("Roma", "like")):
        Swipe.objects.create(
            user=user,
            restaurant=houses[name],
            action=action,
            at=dt.datetime(2025, 11, 1, tzinfo=dt.UTC),
        )
    [first, second] = selectors.discovery_feed(user.public_id, FeedFilters(), 20)
    neutral = {
        entry.restaurant.name: entry.match.score
        for entry in selectors.discovery_feed(make_user().public_id, FeedFilters(), 20)
    }
    by_name = {entry.restaurant.name: entry.match for entry in (first, second)}
    assert by_name.keys() == {"Far Thai", "Napoli"}
    assert by_name["Napoli"].score > neutral["Napoli"]
    assert by_name["Far Thai"].score < neutral["Far Thai"]
    assert by_name["Napoli"].reason == "Liked 1 place with italian cuisine"


def test_filters_are_strict(houses: dict[str, Restaurant]) -> None:
    user = make_user().public_id
    assert feed(user, cuisines=("THAI",)) == ["Far Thai", "Bangkok"]
    assert feed(user, cuisines=("Thai",), price_levels=(2, 3)) == ["Bangkok"]
    near = feed(user, location=UNION_SQUARE, max_distance=5.0)
    assert near == ["Roma", "Bangkok", "Napoli"]
    assert feed(user, location=UNION_SQUARE, max_distance=0.4) == ["Napoli"]
    assert feed(user, cuisines=("Greek",)) == []


def test_a_longest_distance_needs_a_place_to_start_from(houses: dict[str, Restaurant]) -> None:
    with pytest.raises(Invalid) as error:
        feed(make_user().public_id, max_distance=5.0)
    assert list(error.value.details) == ["max_distance"]


def test_stated_preferences_narrow_the_feed_while_something_is_left(
    houses: dict[str, Restaurant],
) -> None:
    user = make_user()
    said = GuestPreferences.objects.create(user=user, cuisines=["Italian"], price_levels=[2])
    assert feed(user.public_id) == ["Roma"]
    said.cuisines = ["Greek"]
    said.save(update_fields=["cuisines"])
    assert sorted(feed(user.public_id)) == ["Bangkok", "Far Thai", "Napoli", "Roma"]


def test_a_stated_distance_is_a_limit(houses: dict[str, Restaurant]) -> None:
    user = make_user()
    GuestPreferences.objects.create(
        user=user, max_distance=3, latitude=UNION_SQUARE[0], longitude=UNION_SQUARE[1]
    )
    assert sorted(feed(user.public_id)) == ["Bangkok", "Napoli", "Roma"]


def test_an_account_that_is_closed_has_no_feed() -> None:
    user = make_user(is_active=False)
    for public_id in (user.public_id, "user_nobody"):
        with pytest.raises(SessionEnded):
            feed(public_id)


def test_the_feed_takes_two_queries_whatever_its_size(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = make_user()
    for number in range(30):
        house = make_restaurant(cuisine=["Thai"], latitude=40.0, longitude=-74.0)
        if number % 3 == 0:
            Swipe.objects.create(
                user=user,
                restaurant=house,
                action="like",
                at=dt.datetime(2025, 11, 1, tzinfo=dt.UTC),
            )
    with django_assert_num_queries(2):
        assert len(feed(user.public_id, 100)) == 20
