"""The scoring: figures worked out by hand, and what must hold for any guest and any house."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restaurants.discovery import (
    FEATURE_PHRASES,
    HIGHLY_RATED,
    SEPARATOR,
    WEIGHTS,
    PartName,
    Swiped,
    Taste,
    Venue,
    box_around,
    distance_between,
    learned_from,
    match,
    ranking,
)

GREENWICH_AVENUE = (40.7359, -74.0014)
WASHINGTON_SQUARE = (40.7308, -73.9973)

BELLA = Venue(
    public_id="rest_001",
    cuisines=("Italian", "Mediterranean"),
    price_level=2,
    features=("Outdoor Seating", "Wine Bar", "Romantic"),
    rating=4.7,
    review_count=342,
    location=GREENWICH_AVENUE,
)
STEAK = Venue(
    public_id="rest_steak",
    cuisines=("Steakhouse",),
    price_level=4,
    features=("Private Dining",),
    rating=4.2,
    review_count=90,
    location=(40.7590, -73.9845),
)


def test_a_guest_who_named_everything_the_house_has_gets_the_reasons_of_the_contract() -> None:
    taste = Taste(cuisines=("Italian",), price_levels=(2,), features=("Romantic",))
    found = match(taste, BELLA)
    assert found.reason == "Loves Italian cuisine • Romantic atmosphere"
    # 30 + 15 + 10 in full, learned one half of 15, rating 0.8055 of 15; distance left out: of 85.
    assert found.score == round(100 * (30 + 15 + 10 + 7.5 + 15 * 0.805_357) / 85) == 88


def test_the_parts_add_up_to_the_score() -> None:
    taste = Taste(cuisines=("Thai",), location=WASHINGTON_SQUARE)
    found = match(taste, BELLA)
    assert [part.name for part in found.parts] == [
        PartName.CUISINE,
        PartName.LEARNED,
        PartName.RATING,
        PartName.DISTANCE,
    ]
    total = sum(part.points for part in found.parts)
    assert found.score == round(100 * total / (30 + 15 + 15 + 15))


def test_a_new_guest_hears_that_a_house_is_highly_rated_and_near() -> None:
    found = match(Taste(location=(40.7310, -74.0154)), BELLA)
    assert found.reason == "Highly rated • 0.8 miles away"
    assert round(found.distance_miles or 0, 1) == 0.8


def test_a_new_guest_without_a_location_gets_the_best_rated_house_first() -> None:
    assert [m.venue.public_id for m in ranking(Taste(), [STEAK, BELLA])] == [
        "rest_001",
        "rest_steak",
    ]
    assert match(Taste(), BELLA).reason == "Highly rated"
    assert match(Taste(), STEAK).reason == "Rated 4.2 by 90 guests"


def test_few_reviews_say_little() -> None:
    one_rave = Venue("rest_new", ("Thai",), 2, rating=5.0, review_count=1)
    assert ranking(Taste(), [one_rave, BELLA])[0].venue == BELLA
    assert match(Taste(), one_rave).reason == "Rated 5.0 by 1 guest"


def test_a_house_without_rating_or_cuisine_is_described_by_its_price() -> None:
    assert match(Taste(), Venue("rest_x", (), 3)).reason == "Price range $$$"
    assert match(Taste(), Venue("rest_x", ("Thai",), 3)).reason == "Thai cuisine"


def test_likes_and_passes_move_similar_houses() -> None:
    liked = Swiped(liked=True, cuisines=("Steakhouse",), price_level=4, features=())
    passed = Swiped(liked=False, cuisines=("Italian",), price_level=2, features=("Wine Bar",))
    taste = learned_from(Taste(), [liked, liked, liked, passed])
    assert match(taste, STEAK).score > match(Taste(), STEAK).score
    assert match(taste, BELLA).score < match(Taste(), BELLA).score
    assert [m.venue.public_id for m in ranking(taste, [BELLA, STEAK])] == ["rest_steak", "rest_001"]
    assert match(taste, STEAK).reason == "Liked 3 places with Steakhouse cuisine"


def test_a_price_level_two_away_earns_nothing() -> None:
    shares = [
        next(p.share for p in match(Taste(price_levels=(1,)), venue).parts if p.name == "price")
        for venue in (Venue("a", (), 1), Venue("b", (), 2), Venue("c", (), 3), Venue("d", (), 4))
    ]
    assert shares == [1.0, 0.5, 0.0, 0.0]


def test_an_asked_for_fact_the_house_does_not_give_counts_one_half() -> None:
    taste = Taste(cuisines=("Thai",), features=("Quiet",), location=WASHINGTON_SQUARE)
    shares = {part.name: part.share for part in match(taste, Venue("x", (), 2)).parts}
    assert (shares[PartName.CUISINE], shares[PartName.FEATURES], shares[PartName.DISTANCE]) == (
        0.5,
        0.5,
        0.5,
    )


def test_distances_are_great_circle_miles() -> None:
    london, paris = (51.5074, -0.1278), (48.8566, 2.3522)
    assert distance_between(london, paris) == pytest.approx(213.5, abs=0.5)
    assert distance_between(london, london) == 0
    assert distance_between((0.0, 0.0), (0.0, 180.0)) == pytest.approx(12_437, abs=2)
    assert distance_between(None, paris) is None


def test_a_box_across_the_date_line_or_a_pole_is_refused() -> None:
    assert box_around((0.0, 179.99), 10) is None
    assert box_around((88.9, 0.0), 10) is None


# --- For any guest and any house ------------------------------------------------------------------

words = st.sampled_from(
    ["Italian", "italian", "Thai", "French", "Café • Bar", "Romantic", "Wine Bar"]
)
coordinates = st.tuples(st.floats(-89, 89), st.floats(-180, 180))
venues = st.builds(
    Venue,
    public_id=st.text("abc0123", min_size=1, max_size=6),
    cuisines=st.lists(words, max_size=3).map(tuple),
    price_level=st.integers(1, 4),
    features=st.lists(words, max_size=3).map(tuple),
    rating=st.none() | st.floats(0, 5).map(lambda rating: round(rating, 1)),
    review_count=st.integers(0, 5000),
    location=st.none() | coordinates,
)
swipes = st.lists(
    st.builds(
        Swiped,
        liked=st.booleans(),
        cuisines=st.lists(words, max_size=2).map(tuple),
        price_level=st.integers(1, 4),
        features=st.lists(words, max_size=2).map(tuple),
    ),
    max_size=12,
)
stated = st.builds(
    Taste,
    cuisines=st.lists(words, max_size=3).map(tuple),
    price_levels=st.lists(st.integers(1, 4), max_size=2).map(tuple),
    features=st.lists(words, max_size=3).map(tuple),
    reach_miles=st.none() | st.floats(0.1, 100),
    location=st.none() | coordinates,
)
tastes = st.builds(learned_from, stated, swipes)


@given(tastes, venues)
def test_scores_stay_between_0_and_100_and_do_not_change_when_asked_again(
    taste: Taste, venue: Venue
) -> None:
    found = match(taste, venue)
    assert 0 <= found.score <= 100
    assert found == match(taste, venue)
    assert found.reason
    assert all(0 <= part.share <= 1 for part in found.parts)
    assert {part.name for part in found.parts} <= set(WEIGHTS)


@given(tastes, venues)
def test_every_reason_can_be_derived_from_the_facts(taste: Taste, venue: Venue) -> None:
    spoken = [part.reason for part in match(taste, venue).parts if part.reason]
    told = match(taste, venue).reason
    assert all(is_true(reason, taste, venue) for reason in spoken)
    if spoken:
        assert len([reason for reason in spoken if reason in told]) >= min(2, len(set(spoken)))
    else:
        assert is_true(told, taste, venue)


@given(stated, swipes, venues)
def test_one_more_like_of_the_same_kind_never_lowers_a_score(
    taste: Taste, history: list[Swiped], venue: Venue
) -> None:
    like = Swiped(True, venue.cuisines, venue.price_level, venue.features)
    before = match(learned_from(taste, history), venue)
    after = match(learned_from(taste, [*history, like]), venue)
    assert after.exact_score >= before.exact_score - 1e-9


@given(tastes, st.lists(venues, max_size=6, unique_by=lambda venue: venue.public_id))
def test_the_ranking_does_not_depend_on_the_order_of_the_input(
    taste: Taste, houses: list[Venue]
) -> None:
    assert ranking(taste, houses) == ranking(taste, houses[::-1])


@given(coordinates, st.floats(0.01, 200), st.floats(0, 1), st.floats(0, 360))
def test_the_box_holds_everything_within_the_distance(
    centre: tuple[float, float], miles: float, share: float, bearing: float
) -> None:
    box = box_around(centre, miles)
    if box is None:
        return
    point = travelled(centre, miles * share, bearing)
    assert box.south <= point[0] <= box.north
    assert box.west <= point[1] <= box.east


def travelled(start: tuple[float, float], miles: float, bearing: float) -> tuple[float, float]:
    from math import asin, atan2, cos, degrees, radians, sin

    lat, lon, angle, direction = (
        radians(start[0]),
        radians(start[1]),
        miles / 3958.8,
        radians(bearing),
    )
    north = asin(sin(lat) * cos(angle) + cos(lat) * sin(angle) * cos(direction))
    east = lon + atan2(sin(direction) * sin(angle) * cos(lat), cos(angle) - sin(lat) * sin(north))
    return degrees(north), degrees(east)


def is_true(reason: str, taste: Taste, venue: Venue) -> bool:
    """An independent reading of each sentence against the facts."""
    cuisines = {cuisine.strip().casefold() for cuisine in venue.cuisines}
    features = {feature.strip().casefold() for feature in venue.features}
    if found := re.fullmatch(r"Loves (.+) cuisine", reason):
        name = found[1].casefold()
        return name in cuisines and name in {wanted.casefold() for wanted in taste.cuisines}
    if found := re.fullmatch(r"Liked (\d+) places? with (.+?)( cuisine)?", reason):
        swiped = taste.cuisine_swipes if found[3] else taste.feature_swipes
        tally, name = swiped.get(found[2].casefold()), found[2].casefold()
        return bool(
            tally
            and tally.likes == int(found[1])
            and tally.likes > tally.passes
            and name in (cuisines if found[3] else features)
        )
    if reason == "Highly rated":
        total = 50 * 4.0 + venue.review_count * (venue.rating or 0)
        return venue.rating is not None and total / (50 + venue.review_count) >= HIGHLY_RATED
    if found := re.fullmatch(r"([\d.]+) miles away", reason):
        miles = distance_between(taste.location, venue.location)
        return miles is not None and f"{miles:.1f}" == found[1]
    if found := re.fullmatch(r"In your price range \((\$+)\)", reason):
        return venue.price_level == len(found[1]) and venue.price_level in taste.price_levels
    if found := re.fullmatch(r"Rated ([\d.]+) by (\d+) guests?", reason):
        return found[1] == f"{venue.rating:.1f}" and int(found[2]) == venue.review_count
    if found := re.fullmatch(r"Price range (\$+)", reason):
        return len(found[1]) == venue.price_level
    if reason.removesuffix(" cuisine") in venue.cuisines and reason.endswith(" cuisine"):
        return True
    phrases = {phrase: name for name, phrase in FEATURE_PHRASES.items()}
    name = phrases.get(reason, reason).casefold()
    return name in features and name in {wanted.casefold() for wanted in taste.features}


def test_the_separator_is_the_one_of_the_contract() -> None:
    assert SEPARATOR == " • "
