"""Contract 2, endpoints 7 and 8, and what the feed learns from."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from api.tokens import access_token
from payments.models import Policy
from payments.selectors import Terms, ladder_text, terms_of
from restaurants.models import GuestPreferences, Offer, OpeningHours, Restaurant, Swipe
from tests.factories import make_bella, make_restaurant, make_service, make_user

pytestmark = pytest.mark.django_db

LADDER = (
    "Full refund 24+ hours before, 50% refund 4-24 hours before,"
    " no refund less than 4 hours before."
)


@pytest.fixture
def bella() -> Restaurant:
    """With every fact the contract's example prints."""
    house = make_bella(
        public_id="rest_001",
        name="Bella Notte",
        description="Authentic Italian cuisine in the Village.",
        cuisine=["Italian", "Mediterranean"],
        price_level=2,
        rating=Decimal("4.7"),
        review_count=342,
        images=["/static/img/demo/bella-notte.svg", "https://cdn.example/bella.jpg"],
        address="234 Greenwich Ave",
        city="New York",
        state="NY",
        postal_code="10011",
        latitude=40.7359,
        longitude=-74.0014,
        features=["Outdoor Seating", "Wine Bar", "Romantic"],
    )
    for weekday in range(6):
        OpeningHours.objects.create(
            restaurant=house, weekday=weekday, opens=dt.time(17), closes=dt.time(22)
        )
    return house


def call(client: Client, method: str, path: str, user: User | None, **body: Any) -> Any:
    headers = {"authorization": f"Bearer {access_token(user.public_id)}"} if user else {}
    answer = getattr(client, method)(
        path, data=body or None, content_type="application/json", headers=headers
    )
    return answer.status_code, answer.json()


def get(client: Client, path: str, user: User | None) -> Any:
    headers = {"authorization": f"Bearer {access_token(user.public_id)}"} if user else {}
    answer = client.get(path, headers=headers)
    return answer.status_code, answer.json()


# --- Details --------------------------------------------------------------------------------------


def test_details_have_every_field_of_the_contract(client: Client, bella: Restaurant) -> None:
    open_day = {"isOpen": True, "openTime": "17:00", "closeTime": "22:00"}
    days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
    assert get(client, "/api/restaurants/rest_001", None) == (
        200,
        {
            "id": "rest_001",
            "name": "Bella Notte",
            "description": "Authentic Italian cuisine in the Village.",
            "cuisine": ["Italian", "Mediterranean"],
            "priceRange": "$$",
            "rating": 4.7,
            "reviewCount": 342,
            "images": [
                "http://testserver/static/img/demo/bella-notte.svg",
                "https://cdn.example/bella.jpg",
            ],
            "location": {
                "address": "234 Greenwich Ave",
                "city": "New York",
                "state": "NY",
                "zipCode": "10011",
                "latitude": 40.7359,
                "longitude": -74.0014,
            },
            "reservationInfo": {
                "acceptsReservations": True,
                "depositPerPerson": 25,
                "minimumPartySize": 2,
                "maximumPartySize": 12,
                "cancellationPolicy": LADDER,
            },
            "hours": {
                **dict.fromkeys(days, open_day),
                "sunday": {"isOpen": False, "openTime": None, "closeTime": None},
            },
            "features": ["Outdoor Seating", "Wine Bar", "Romantic"],
        },
    )


def test_details_take_three_queries(
    client: Client, bella: Restaurant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3):
        get(client, "/api/restaurants/rest_001", None)


def test_a_restaurant_that_is_unknown_or_hidden_is_not_found(client: Client) -> None:
    hidden = make_restaurant(is_listed=False)
    for public_id in ("rest_nowhere", hidden.public_id):
        status, body = get(client, f"/api/restaurants/{public_id}", None)
        assert (status, body["error"], body["code"]) == (
            404,
            "Restaurant not found",
            "RESTAURANT_NOT_FOUND",
        )


def test_the_houses_own_words_come_before_the_ladder(client: Client, bella: Restaurant) -> None:
    Restaurant.objects.update(cancellation_policy="Call us.")
    _, body = get(client, "/api/restaurants/rest_001", None)
    assert body["reservationInfo"]["cancellationPolicy"] == "Call us."


# --- Terms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ladder", "text"),
    [
        ([(24, 100), (4, 50)], LADDER),
        ([(0, 100)], "Full refund at any time before."),
        ([(48, 100)], "Full refund 48+ hours before, no refund less than 48 hours before."),
        (
            [(24, 100), (0, 50)],
            "Full refund 24+ hours before, 50% refund less than 24 hours before.",
        ),
        ([], "The deposit is not refunded."),
        ([(24, 0)], "The deposit is not refunded."),
    ],
)
def test_a_refund_ladder_in_words(ladder: list[tuple[int, int]], text: str) -> None:
    assert ladder_text(ladder) == text


def test_special_policies_are_no_default_deposit() -> None:
    house = make_restaurant()
    service = make_service(house)
    Policy.objects.create(restaurant=house, name="Sunday", amount=5, service=service)
    Policy.objects.create(restaurant=house, name="Groups", amount=10, min_party=6)
    Policy.objects.create(restaurant=house, name="Old", amount=9, valid_until=dt.date(2020, 1, 1))
    offer = Offer.objects.create(restaurant=house, name="Tasting menu")
    Policy.objects.create(restaurant=house, name="Menu", amount=90, offer=offer, priority=5)
    assert terms_of([house.pk]) == {house.pk: Terms(Decimal(0), ((24, 100), (4, 50)))}


def test_the_default_policy_with_the_highest_priority_is_the_deposit() -> None:
    house = make_restaurant()
    Policy.objects.create(restaurant=house, name="Usual", amount=10)
    Policy.objects.create(restaurant=house, name="Now", amount=15, priority=1, refund_ladder=[])
    Policy.objects.create(restaurant=house, name="Groups", amount=99, min_party=6, priority=9)
    assert terms_of([house.pk]) == {house.pk: Terms(Decimal(15), ())}


def test_a_house_without_policies_takes_no_deposit(client: Client) -> None:
    house = make_restaurant()
    assert terms_of([house.pk]) == {}
    _, body = get(client, f"/api/restaurants/{house.public_id}", None)
    assert body["reservationInfo"] == {
        "acceptsReservations": True,
        "depositPerPerson": 0,
        "minimumPartySize": 1,
        "maximumPartySize": 12,
        "cancellationPolicy": "No deposit is taken. Please cancel as early as you can.",
    }


# --- The feed -------------------------------------------------------------------------------------


def test_the_feed_has_every_field_of_the_contract(
    client: Client, bella: Restaurant, user: User
) -> None:
    GuestPreferences.objects.create(user=user, cuisines=["Italian"], features=["Romantic"])
    path = f"/api/restaurants/discovery?userId={user.public_id}&limit=20"
    assert get(client, f"{path}&latitude=40.7310&longitude=-74.0154", user) == (
        200,
        [
            {
                "restaurant": {
                    "id": "rest_001",
                    "name": "Bella Notte",
                    "description": "Authentic Italian cuisine in the Village.",
                    "cuisine": ["Italian"],
                    "priceRange": "$$",
                    "rating": 4.7,
                    "reviewCount": 342,
                    "images": ["http://testserver/static/img/demo/bella-notte.svg"],
                    "location": {
                        "address": "234 Greenwich Ave",
                        "city": "New York",
                        "distance": 0.8,
                    },
                    "reservationInfo": {"acceptsReservations": True, "depositPerPerson": 25},
                },
                "matchScore": 86,
                "matchReason": "Loves Italian cuisine • Romantic atmosphere",
            }
        ],
    )


def test_a_guest_without_location_gets_no_distance(
    client: Client, bella: Restaurant, user: User
) -> None:
    _, [entry] = get(client, "/api/restaurants/discovery", user)
    assert entry["restaurant"]["location"]["distance"] is None
    assert entry["matchReason"] == "Highly rated"


def test_the_feed_is_for_the_caller_alone(client: Client, bella: Restaurant, user: User) -> None:
    other = make_user()
    status, body = get(client, f"/api/restaurants/discovery?userId={other.public_id}", user)
    assert (status, body["code"]) == (403, "FORBIDDEN")
    status, body = get(client, f"/api/restaurants/discovery?userId={user.public_id}", None)
    assert (status, body["code"]) == (401, "UNAUTHORIZED")


def test_a_token_of_a_closed_account_opens_no_feed(client: Client, user: User) -> None:
    User.objects.update(is_active=False)
    status, body = get(client, "/api/restaurants/discovery", user)
    assert (status, body["code"]) == (401, "SESSION_ENDED")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("priceRange=cheap", "priceRange"),
        ("priceRange=$$$$$", "priceRange"),
        ("maxDistance=-1", "maxDistance"),
        ("maxDistance=nan", "maxDistance"),
        ("maxDistance=3", "maxDistance"),
        ("latitude=91&longitude=0", "latitude"),
        ("latitude=40", "longitude"),
        ("latitude=40&longitude=inf", "longitude"),
        ("cuisines=Thai", "cuisines"),
    ],
)
def test_a_bad_question_is_explained(client: Client, user: User, query: str, field: str) -> None:
    status, body = get(client, f"/api/restaurants/discovery?{query}", user)
    assert (status, body["code"]) == (400, "VALIDATION_ERROR")
    assert list(body["details"]["fields"]) == [field]


def test_filters_narrow_the_feed(client: Client, bella: Restaurant, user: User) -> None:
    make_restaurant(name="Bangkok", cuisine=["Thai"], price_level=1)

    def names(query: str) -> list[str]:
        _, feed = get(client, f"/api/restaurants/discovery?{query}", user)
        return [entry["restaurant"]["name"] for entry in feed]

    assert names("limit=1") == ["Bella Notte"]
    assert names("cuisine=thai,greek") == ["Bangkok"]
    assert names("priceRange=$,$$") == ["Bella Notte", "Bangkok"]
    assert names("priceRange=$") == ["Bangkok"]
    assert names("latitude=40.73&longitude=-74&maxDistance=5") == ["Bella Notte"]
    assert names("cuisine=Peruvian") == []


def test_the_feed_takes_three_queries_whatever_its_size(
    client: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for size in (1, 25):
        for _ in range(size):
            make_bella(tables=1)
        with django_assert_num_queries(3):
            _, feed = get(client, "/api/restaurants/discovery?limit=100", user)
        assert len(feed) == Restaurant.objects.count()


# --- Likes, passes, preferences -------------------------------------------------------------------


def test_a_swipe_is_remembered_and_leaves_the_feed(
    client: Client, bella: Restaurant, user: User
) -> None:
    path = "/api/restaurants/rest_001/swipe"
    answer = call(client, "post", path, user, userId=user.public_id, action="like")
    assert answer == (200, {"success": True, "restaurantId": "rest_001", "action": "like"})
    call(client, "post", path, user, userId=user.public_id, action="pass")
    assert list(Swipe.objects.values_list("user", "action")) == [(user.pk, "pass")]
    assert get(client, "/api/restaurants/discovery", user) == (200, [])


def test_a_swipe_for_somebody_else_changes_nothing(
    client: Client, bella: Restaurant, user: User
) -> None:
    path = "/api/restaurants/rest_001/swipe"
    other = make_user().public_id
    assert call(client, "post", path, user, userId=other, action="like")[0] == 403
    assert call(client, "post", path, None, userId=other, action="like")[0] == 401
    assert call(client, "post", path, user, userId=user.public_id, action="love")[0] == 400
    assert call(client, "post", path, user, userId=user.public_id)[0] == 400
    unknown = call(
        client, "post", "/api/restaurants/rest_no/swipe", user, userId=user.public_id, action="like"
    )
    assert unknown[0] == 404
    assert Swipe.objects.count() == 0


def test_preferences_come_back_as_they_were_sent(client: Client, user: User) -> None:
    empty: dict[str, Any] = {
        "cuisines": [],
        "priceRange": [],
        "features": [],
        "maxDistance": None,
        "location": None,
    }
    assert get(client, "/api/preferences", user) == (200, empty)
    said = {
        "cuisines": ["Italian", "Thai"],
        "priceRange": ["$$", "$$$"],
        "features": ["Romantic"],
        "maxDistance": 5,
        "location": {"latitude": 40.73, "longitude": -74.0},
    }
    assert call(client, "put", "/api/preferences", user, **said) == (200, said)
    assert get(client, "/api/preferences", user) == (200, said)
    assert call(client, "put", "/api/preferences", user, cuisines=["Thai"]) == (
        200,
        {**empty, "cuisines": ["Thai"]},
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"priceRange": ["cheap"]}, "priceRange.0"),
        ({"priceRange": "$$"}, "priceRange"),
        ({"cuisines": [7]}, "cuisines.0"),
        ({"cuisines": ["x" * 41]}, "cuisines.0"),
        ({"maxDistance": "5"}, "maxDistance"),
        ({"maxDistance": True}, "maxDistance"),
        ({"maxDistance": 0}, "maxDistance"),
        ({"location": {"latitude": 40.0}}, "location.longitude"),
        ({"location": {"latitude": 95, "longitude": 0}}, "location.latitude"),
        ({"price": ["$"]}, "price"),
    ],
)
def test_preferences_that_cannot_be_meant_are_explained(
    client: Client, user: User, body: dict[str, Any], field: str
) -> None:
    status, answer = call(client, "put", "/api/preferences", user, **body)
    assert (status, answer["code"]) == (400, "VALIDATION_ERROR")
    assert list(answer["details"]["fields"]) == [field]
    assert GuestPreferences.objects.count() == 0


def test_preferences_need_a_guest(client: Client) -> None:
    assert get(client, "/api/preferences", None)[0] == 401
    assert call(client, "put", "/api/preferences", None, cuisines=[])[0] == 401
