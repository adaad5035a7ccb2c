"""Looking ahead: what each day of a month says, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from pytest_django import DjangoAssertNumQueries

from reservations.engine.types import Reason
from reservations.errors import NotAccepting
from reservations.guests import Guest
from reservations.services.availability import offers_of_day
from reservations.services.holds import HoldRequest, place_hold
from reservations.services.outlook import (
    Wanted,
    evenings_of,
    month_of,
    why_not,
)
from restaurants.errors import RestaurantNotFound
from restaurants.models import Restaurant, SpecialDay
from tests import factories
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db

SATURDAY = dt.date(2025, 11, 15)
NewGuest = Callable[[], Guest]


def hold(
    restaurant: str, date: dt.date, time: str, wanted: Wanted, guest: Guest, **more: int
) -> str:
    request = HoldRequest(
        restaurant,
        date,
        time,
        wanted.party_size,
        room_id=wanted.room_id,
        step_free=wanted.step_free,
        **more,  # type: ignore[arg-type]
    )
    return place_hold(request, guest, by=guest.actor).public_id


def test_a_month_is_one_query_and_two_when_rules_changed(
    clock: Clock, bella: Restaurant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        month_of(bella.public_id, Wanted(2), SATURDAY)
    with django_assert_num_queries(1):
        month_of(bella.public_id, Wanted(6), dt.date(2025, 12, 1))


def test_closed_full_past_and_free_days_have_their_reasons(
    clock: Clock, new_guest: NewGuest
) -> None:
    house = factories.make_restaurant(window_days=15)
    factories.make_service(house, first_seating=dt.time(19), last_seating=dt.time(19))
    factories.make_tables(house, 4)
    SpecialDay.objects.create(restaurant=house, date=SATURDAY, is_closed=True, note="Staff outing")
    hold(house.public_id, dt.date(2025, 11, 16), "19:00", Wanted(2), new_guest())
    month = month_of(house.public_id, Wanted(2), SATURDAY)
    reasons = {day.date.day: day.reason and day.reason.reason for day in month.days}
    assert reasons[9] is Reason.PAST
    assert reasons[14] is None
    assert reasons[15] is Reason.SPECIAL_DAY
    assert reasons[16] is Reason.TABLES_TAKEN
    assert reasons[25] is None
    assert reasons[26] is Reason.BEYOND_WINDOW
    assert month.next_free(dt.date(2025, 11, 14)) == dt.date(2025, 11, 17)
    on = month.on(SATURDAY)
    assert on is not None
    assert on.reason is not None
    assert on.reason.facts == {"note": "Staff outing"}
    assert month.on(dt.date(2025, 12, 15)) is None


def test_a_hidden_or_paused_house_shows_no_month(clock: Clock) -> None:
    with pytest.raises(RestaurantNotFound):
        month_of("rest_nobody", Wanted(2), SATURDAY)
    with pytest.raises(RestaurantNotFound):
        month_of(factories.make_bella(is_listed=False).public_id, Wanted(2), SATURDAY)
    with pytest.raises(NotAccepting):
        month_of(factories.make_bella(accepts_reservations=False).public_id, Wanted(2), SATURDAY)


def test_evenings_are_each_houses_own_today(
    clock: Clock, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    clock.set("2025-11-10T23:30:00+00:00")
    tokyo = factories.make_bella(zone="Asia/Tokyo")
    york = factories.make_bella()
    paris = factories.make_bella(zone="Europe/Paris", accepts_reservations=False)
    ids = [tokyo.public_id, york.public_id, paris.public_id]
    evenings_of(ids, Wanted(2))
    with django_assert_num_queries(1):
        found = evenings_of(ids, Wanted(2))
    assert {key: day.date.day for key, day in found.items()} == {ids[0]: 11, ids[1]: 10}
    clock.set("2025-11-11T03:30:00+00:00")
    assert evenings_of(ids, Wanted(2))[ids[1]].date.day == 11, "22:00 has passed in New York"
    assert evenings_of(ids, Wanted(2), SATURDAY)[ids[0]].date == SATURDAY
    with django_assert_num_queries(0):
        assert evenings_of([], Wanted(2)) == {}


def test_why_not_names_what_would_help(clock: Clock, new_guest: NewGuest) -> None:
    house = factories.make_restaurant()
    factories.make_service(house)
    hall, garden = (house.rooms.create(name=name) for name in ("Hall", "Garden"))
    factories.make_tables(house, 2, room=hall)
    factories.make_tables(house, 4, room=garden)
    for wanted in (Wanted(2, room_id=garden.pk), Wanted(2, room_id=hall.pk)):
        hold(house.public_id, SATURDAY, "19:30", wanted, new_guest())
    found = why_not(offers_of_day(house.public_id, SATURDAY, 2), "19:30")
    assert found is not None
    assert found.refusal.reason is Reason.TABLES_TAKEN
    assert found.other_times == ("18:00", "21:00", "17:30", "21:30")
    assert found.smaller_party is None
    assert why_not(offers_of_day(house.public_id, SATURDAY, 2), "18:00") is None


def test_why_not_names_the_smaller_party_and_the_other_room(
    clock: Clock, new_guest: NewGuest
) -> None:
    house = factories.make_restaurant()
    factories.make_service(house)
    hall, garden = (house.rooms.create(name=name) for name in ("Hall", "Garden"))
    factories.make_tables(house, 2, room=hall)
    factories.make_tables(house, 4, room=garden)
    hold(house.public_id, SATURDAY, "19:30", Wanted(4), new_guest())
    four = why_not(offers_of_day(house.public_id, SATURDAY, 4), "19:30")
    assert four is not None
    assert four.smaller_party == 2
    two = why_not(offers_of_day(house.public_id, SATURDAY, 2, room_id=garden.pk), "19:30")
    assert two is not None
    assert two.elsewhere == ("Hall",)
