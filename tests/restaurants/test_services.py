"""Likes, preferences, closures, roles."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.errors import SessionEnded
from accounts.models import User
from core.actors import Actor, ActorKind
from core.errors import Invalid, NotFound
from core.models import AuditEntry
from restaurants import people, services
from restaurants.errors import NotPaused, RestaurantNotFound
from restaurants.models import Closure, Membership, Role, SpecialDay, Swipe
from restaurants.services import StatedPreferences
from tests.factories import make_restaurant, make_service, make_user
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db

MANAGER = Actor(ActorKind.STAFF, "user_m", "mia@house.example")


def trail() -> list[tuple[str, str]]:
    return [(entry.verb, entry.actor_label) for entry in AuditEntry.objects.order_by("id")]


# --- Discovery ------------------------------------------------------------------------------------


def test_the_last_swipe_counts(clock: Clock) -> None:
    house, user = make_restaurant(), make_user()
    services.swipe(house.public_id, user=user.public_id, action=Swipe.Action.LIKE)
    clock.advance(hours=1)
    services.swipe(house.public_id, user=user.public_id, action=Swipe.Action.PASS)
    row = Swipe.objects.get()
    assert (row.action, row.at) == ("pass", clock.now)


def test_only_listed_restaurants_can_be_swiped_and_only_by_open_accounts() -> None:
    user = make_user().public_id
    for public_id in ("rest_none", make_restaurant(is_listed=False).public_id):
        with pytest.raises(RestaurantNotFound):
            services.swipe(public_id, user=user, action=Swipe.Action.LIKE)
    house, closed = make_restaurant().public_id, make_user(is_active=False).public_id
    with pytest.raises(SessionEnded):
        services.swipe(house, user=closed, action=Swipe.Action.LIKE)
    assert Swipe.objects.count() == 0


def test_preferences_replace_what_was_said_before() -> None:
    user = make_user()
    services.set_preferences(
        user.public_id,
        StatedPreferences(cuisines=("Thai",), price_levels=(1,), max_distance=3.0),
    )
    row = services.set_preferences(
        user.public_id,
        StatedPreferences(
            cuisines=(" Italian ", "italian", "Greek"),
            price_levels=(3, 2, 3),
            features=("Romantic",),
            latitude=40.0,
            longitude=-74.0,
        ),
    )
    assert row.user_id == user.pk
    assert row.cuisines == ["Italian", "Greek"]
    assert row.price_levels == [2, 3]
    assert (row.max_distance, row.latitude, row.longitude) == (None, 40.0, -74.0)


@pytest.mark.parametrize(
    ("stated", "field"),
    [
        (StatedPreferences(cuisines=("x" * 41,)), "cuisines"),
        (StatedPreferences(cuisines=(" ",)), "cuisines"),
        (StatedPreferences(features=("x",) * 31), "features"),
        (StatedPreferences(price_levels=(0,)), "price_levels"),
        (StatedPreferences(price_levels=(5,)), "price_levels"),
        (StatedPreferences(max_distance=0.0), "max_distance"),
        (StatedPreferences(max_distance=float("nan")), "max_distance"),
        (StatedPreferences(latitude=1.0), "location"),
        (StatedPreferences(latitude=91.0, longitude=0.0), "location"),
        (StatedPreferences(latitude=0.0, longitude=float("nan")), "location"),
    ],
)
def test_preferences_that_cannot_be_meant_are_refused(
    stated: StatedPreferences, field: str
) -> None:
    with pytest.raises(Invalid) as error:
        services.set_preferences(make_user().public_id, stated)
    assert list(error.value.details) == [field]


# --- Closing --------------------------------------------------------------------------------------


def test_a_pause_lasts_until_the_next_morning_of_the_house(clock: Clock) -> None:
    paris = make_restaurant(zone="Europe/Paris")
    clock.set("2025-11-10T22:30+01:00")
    closure = services.pause_online(paris, by=MANAGER, note="Full house")
    assert closure.starts_at == clock.now
    assert closure.ends_at == dt.datetime(2025, 11, 11, 4, 0, tzinfo=dt.UTC)
    assert (closure.online_only, closure.note) == (True, "Full house")
    assert trail() == [("restaurant.closure_added", "mia@house.example")]


def test_after_midnight_the_night_is_still_the_one_before(clock: Clock) -> None:
    paris = make_restaurant(zone="Europe/Paris")
    clock.set("2025-11-11T00:30+01:00")
    assert services.pause_online(paris, by=MANAGER).ends_at == dt.datetime(
        2025, 11, 11, 4, 0, tzinfo=dt.UTC
    )


def test_the_morning_after_the_clocks_change_comes_at_five_by_the_new_clock(clock: Clock) -> None:
    london = make_restaurant(zone="Europe/London")
    clock.set("2026-03-28T20:00+00:00")
    assert services.pause_online(london, by=MANAGER).ends_at == dt.datetime(
        2026, 3, 29, 4, 0, tzinfo=dt.UTC
    )


def test_a_pause_can_be_ended(clock: Clock) -> None:
    house, other = make_restaurant(), make_restaurant()
    pause = services.pause_online(house, by=MANAGER)
    elsewhere = services.pause_online(other, by=MANAGER)
    clock.advance(minutes=20)
    assert services.resume_online(house, by=MANAGER) == 1
    pause.refresh_from_db()
    assert pause.ends_at == clock.now
    elsewhere.refresh_from_db()
    assert elsewhere.ends_at > clock.now
    with pytest.raises(NotPaused):
        services.resume_online(house, by=MANAGER)


def test_a_pause_ended_in_its_first_instant_is_gone(clock: Clock) -> None:
    house = make_restaurant()
    services.pause_online(house, by=MANAGER)
    assert services.resume_online(house, by=MANAGER) == 1
    assert Closure.objects.count() == 0


def test_a_closure_needs_an_end_after_its_start_and_parts_of_its_own_house(clock: Clock) -> None:
    house = make_restaurant()
    now = clock.now
    with pytest.raises(Invalid):
        services.add_closure(house, starts_at=now, ends_at=now, by=MANAGER)
    with pytest.raises(Invalid):
        services.add_closure(
            house,
            starts_at=now,
            ends_at=now + dt.timedelta(hours=1),
            service=make_service(make_restaurant()),
            by=MANAGER,
        )
    assert Closure.objects.count() == 0
    assert trail() == []


def test_a_day_is_closed_and_reopened_with_its_own_hours() -> None:
    house, date = make_restaurant(), dt.date(2025, 12, 24)
    SpecialDay.objects.create(
        restaurant=house, date=date, opens=dt.time(12), closes=dt.time(16), note="Lunch only"
    )
    day = services.close_day(house, date, by=MANAGER)
    assert (day.is_closed, day.opens, day.note) == (True, dt.time(12), "Lunch only")
    services.reopen_day(house, date, by=MANAGER)
    day.refresh_from_db()
    assert (day.is_closed, day.opens) == (False, dt.time(12))
    assert [verb for verb, _ in trail()] == ["restaurant.day_closed", "restaurant.day_reopened"]


def test_reopening_a_day_without_hours_of_its_own_forgets_it() -> None:
    house, date = make_restaurant(), dt.date(2025, 12, 24)
    services.close_day(house, date, by=MANAGER, note="Holiday")
    services.close_day(house, date, by=MANAGER)
    assert SpecialDay.objects.get().note == "Holiday"
    services.reopen_day(house, date, by=MANAGER)
    assert SpecialDay.objects.count() == 0
    with pytest.raises(NotFound):
        services.reopen_day(house, date, by=MANAGER)


# --- Staff ----------------------------------------------------------------------------------------


def test_a_role_makes_an_account_for_a_new_address_and_changes_for_a_known_one() -> None:
    house = make_restaurant()
    first = people.grant_role(
        house, "Mia@House.example", Role.HOST, by=MANAGER, password="correct horse"
    )
    assert (first.role, first.user.is_staff, first.user.is_superuser) == ("host", True, False)
    assert first.user.check_password("correct horse")
    again = people.grant_role(house, "mia@house.EXAMPLE", Role.OWNER, by=MANAGER)
    assert (again.pk, again.role) == (first.pk, "owner")
    assert User.objects.count() == 1
    assert User.objects.get().check_password("correct horse")
    assert Membership.objects.count() == 1
    assert "correct horse" not in str(list(AuditEntry.objects.values_list("data")))


def test_a_guest_who_starts_working_keeps_their_account() -> None:
    guest = make_user("bob@example.com", password="old password")
    people.grant_role(make_restaurant(), "bob@example.com", Role.VIEWER, by=MANAGER)
    guest.refresh_from_db()
    assert guest.is_staff
    assert guest.check_password("old password")
