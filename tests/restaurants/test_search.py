"""Finding restaurants: what narrows a search, what orders it, and what a visitor's likes do."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from restaurants import search as finding
from restaurants.models import Diet, Menu, MenuItem, Restaurant, Swipe
from restaurants.search import Search, Sort, Visitor, results_of
from restaurants.selectors import menus_of
from restaurants.services import forget_swipe, swipe
from tests import factories

pytestmark = pytest.mark.django_db

NOBODY = Visitor()
VILLAGE = (40.7336, -74.0027)


@pytest.fixture
def town() -> dict[str, Restaurant]:
    """Three houses in New York, one in Paris."""
    made = (
        ("Bella", "New York", ["Italian"], 40.7359, -74.0014, "4.7"),
        ("Azul", "New York", ["Mexican"], 40.7269, -73.9831, "4.4"),
        ("Lion", "New York", ["French"], 40.7347, -74.0035, "4.5"),
        ("Allô", "Paris", ["French"], 48.8606, 2.3622, "4.6"),
    )
    return {
        name: factories.make_restaurant(
            name=name,
            city=city,
            cuisine=cuisine,
            latitude=latitude,
            longitude=longitude,
            rating=rating,
            review_count=200,
        )
        for name, city, cuisine, latitude, longitude, rating in made
    }


def names(search: Search, visitor: Visitor = NOBODY) -> list[str]:
    found = results_of(search, visitor)
    rows = finding.rows_of([match.venue.public_id for match in found.matches])
    return [rows[match.venue.public_id].name for match in found.matches]


@pytest.mark.usefixtures("town")
def test_the_best_match_comes_first_and_the_nearest_if_that_is_asked() -> None:
    assert names(Search()) == ["Bella", "Allô", "Lion", "Azul"]
    near = Search(location=VILLAGE, sort=Sort.NEAR)
    assert names(near) == ["Lion", "Bella", "Azul", "Allô"]
    assert [row.name for row in finding.by_name(Search())] == ["Allô", "Azul", "Bella", "Lion"]


@pytest.mark.usefixtures("town")
def test_words_place_and_cuisine_narrow_it_together() -> None:
    assert names(Search(words="allo")) == ["Allô"]
    assert names(Search(place="new york")) == ["Bella", "Lion", "Azul"]
    assert names(Search(place="New York", cuisine="french")) == ["Lion"]
    assert names(Search(words="bella", place="paris")) == []


@pytest.mark.usefixtures("town")
def test_distances_are_from_the_guest_or_else_from_the_middle_of_the_place() -> None:
    assert results_of(Search(), NOBODY).centre is None
    assert results_of(Search(location=VILLAGE, place="paris"), NOBODY).centre == VILLAGE
    middle = results_of(Search(place="new york"), NOBODY)
    assert middle.centre == pytest.approx((40.7325, -73.9960))
    assert all(match.distance_miles < 1 for match in middle.matches if match.distance_miles)


def test_what_a_visitor_liked_or_passed_on_leaves_the_feed_and_teaches_it(
    town: dict[str, Restaurant], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lion = town["Lion"].public_id
    with django_assert_num_queries(1):
        visitor = finding.visitor_with_session({lion: True})
    assert names(Search(), visitor) == ["Allô", "Bella", "Azul"]
    matched = results_of(Search(), visitor).matches[0]
    assert "Liked 1 place with French cuisine" in matched.reason
    assert names(Search(words="lion"), visitor) == ["Lion"], "who searches is shown everything"
    assert finding.visitor_with_session({}) == NOBODY


def test_an_accounts_likes_are_rows_and_can_be_undone(
    town: dict[str, Restaurant], user: User
) -> None:
    azul = town["Azul"].public_id
    swipe(azul, user=user.public_id, action=Swipe.Action.PASS)
    visitor = finding.visitor_with_account(user.public_id)
    assert visitor.swipes == {azul: False}
    assert names(Search(), visitor) == ["Bella", "Allô", "Lion"]
    forget_swipe(azul, user=user.public_id)
    forget_swipe(azul, user=user.public_id)
    assert finding.visitor_with_account(user.public_id).swipes == {}


@pytest.mark.usefixtures("town")
def test_facets_name_the_commonest_first() -> None:
    assert finding.kinds_of_food() == ["French", "Italian", "Mexican"]
    assert finding.places() == ["New York", "Paris"]


def test_a_search_is_one_query_and_says_when_it_was_cut(
    django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        factories.make_restaurant()
    monkeypatch.setattr(finding, "FEED_POOL", 3)
    with django_assert_num_queries(1):
        found = results_of(Search(), NOBODY)
    assert (len(found.matches), found.is_cut) == (3, True)


def test_menus_are_read_in_order_with_what_is_available() -> None:
    house = factories.make_restaurant()
    menu = Menu.objects.create(restaurant=house, name="Dinner", position=1)
    Menu.objects.create(restaurant=house, name="Lunch", position=0)
    Menu.objects.create(restaurant=house, name="Old", is_active=False)
    MenuItem.objects.create(menu=menu, name="Soup", position=2)
    MenuItem.objects.create(menu=menu, name="Bread", position=1)
    found = menus_of(house)
    assert [each.name for each in found] == ["Lunch", "Dinner"]
    assert [dish.name for dish in found[1].items.all()] == ["Bread", "Soup"]


@pytest.mark.parametrize(
    "wrong", [{"price": -1}, {"dietary": ["paleo"]}, {"allergens": [Diet.VEGAN]}]
)
def test_the_database_refuses_dishes_that_make_no_sense(wrong: dict[str, object]) -> None:
    menu = Menu.objects.create(restaurant=factories.make_restaurant(), name="Dinner")
    with pytest.raises(IntegrityError):
        MenuItem.objects.create(menu=menu, name="Soup", **wrong)


def test_the_database_refuses_what_is_no_colour() -> None:
    with pytest.raises(IntegrityError):
        factories.make_restaurant(accent="#12345")
