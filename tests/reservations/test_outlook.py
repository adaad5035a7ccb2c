"""Looking ahead shows what a hold gets: for every demo house, party, room and day of a month."""

from __future__ import annotations

import datetime as dt
import io
import random
import statistics
import time
from collections.abc import Callable

import pytest
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from core.errors import DomainError
from reservations.engine.types import Reason
from reservations.engine.walltime import datetime_to_minute
from reservations.errors import NotAccepting, NotBookable, SlotUnavailable
from reservations.guests import Guest
from reservations.selectors.books import read_books
from reservations.selectors.days import read_day
from reservations.services.availability import offers_of_day
from reservations.services.holds import HoldRequest, place_hold, release_hold
from reservations.services.outlook import (
    DayAhead,
    Wanted,
    evenings_of,
    month_of,
    rooms_of,
    why_not,
)
from restaurants.errors import RestaurantNotFound
from restaurants.models import Restaurant, SpecialDay
from tests import factories
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db

SATURDAY = dt.date(2025, 11, 15)
DEMO = ("rest_001", "anchor", "maison")
NewGuest = Callable[[], Guest]


@pytest.fixture
def demo(clock: Clock) -> None:
    """The three demo houses with two weeks of bookings."""
    call_command("demo", stdout=io.StringIO())


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


def wishes(restaurant: str, dice: random.Random) -> list[Wanted]:
    rooms = list(Restaurant.objects.get(public_id=restaurant).rooms.values_list("pk", flat=True))
    wanted = [Wanted(size) for size in dice.sample(range(1, 13), 3)]
    return [*wanted, Wanted(2, room_id=dice.choice(rooms)), Wanted(4, step_free=True)]


@pytest.mark.slow
@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("restaurant", DEMO)
def test_each_time_that_is_shown_can_be_held_and_no_other(
    restaurant: str, new_guest: NewGuest
) -> None:
    dice = random.Random(restaurant)
    guest = new_guest()
    for wanted in wishes(restaurant, dice):
        month = month_of(restaurant, wanted, SATURDAY)
        for day in dice.sample(month.days, 8):
            if isinstance(day.answer, NotBookable):
                with pytest.raises(DomainError):
                    hold(restaurant, day.date, "19:00", wanted, guest)
                continue
            assert day.free == sum(offer.available for offer in day.answer.offers)
            offers = list(day.answer.offers)
            for offer in dice.sample(offers, min(4, len(offers))):
                slot = offer.slot
                asked = (restaurant, day.date, slot.label, wanted, guest)
                if offer.available:
                    held = hold(*asked, service_id=slot.service.id)
                    release_hold(held, guest, by=guest.actor)
                else:
                    with pytest.raises((SlotUnavailable, NotBookable)):
                        hold(*asked, service_id=slot.service.id)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("restaurant", DEMO)
def test_a_month_says_what_each_of_its_days_says(restaurant: str) -> None:
    dice = random.Random(restaurant)
    for wanted in wishes(restaurant, dice):
        for first in (dt.date(2025, 11, 1), dt.date(2025, 12, 1)):
            month = month_of(restaurant, wanted, first)
            assert [day.date.day for day in month.days] == list(range(1, len(month.days) + 1))
            for day in month.days:
                assert_same_as_alone(restaurant, wanted, day)


def assert_same_as_alone(restaurant: str, wanted: Wanted, day: DayAhead) -> None:
    needs = {"room_id": wanted.room_id, "step_free": wanted.step_free}
    if isinstance(day.answer, NotBookable):
        with pytest.raises(NotBookable):
            offers_of_day(restaurant, day.date, wanted.party_size, **needs)  # type: ignore[arg-type]
        return
    alone = offers_of_day(restaurant, day.date, wanted.party_size, **needs)  # type: ignore[arg-type]
    assert day.answer.offers == alone.offers
    assert (day.reason is None) == (day.free > 0)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("restaurant", DEMO)
def test_books_read_together_are_those_read_one_by_one(restaurant: str, clock: Clock) -> None:
    book = read_books([restaurant], SATURDAY, SATURDAY + dt.timedelta(days=9), now=clock.now)
    for offset in range(10):
        date = SATURDAY + dt.timedelta(days=offset)
        one, other = book[restaurant].day(date), read_day(restaurant, date, now=clock.now)
        # Read alone, a day leaves out what ended before it began.
        begins = datetime_to_minute(dt.datetime.combine(date, dt.time(), one.house.zone))
        assert {use for use in one.ledger.uses if use[2] > begins} == {*other.ledger.uses}
        assert other.ledger.gauges.items() <= one.ledger.gauges.items()


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


@pytest.mark.usefixtures("demo")
def test_rooms_are_those_that_could_seat_the_party() -> None:
    two = offers_of_day("maison", SATURDAY + dt.timedelta(days=20), 2)
    assert [(room.name, room.free) for room in rooms_of(two)] == [
        ("Salle", 27),
        ("Bar", 27),
        ("Terrasse", 22),
    ]
    four = offers_of_day("maison", SATURDAY + dt.timedelta(days=20), 4)
    assert [room.name for room in rooms_of(four)] == ["Salle", "Terrasse"]
    assert rooms_of(offers_of_day("anchor", SATURDAY, 2)) == (), "it counts seats"
    assert rooms_of(offers_of_day("rest_001", SATURDAY, 2)) == (), "one room is no choice"


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


@pytest.mark.slow
def test_a_month_is_quick_among_a_thousand_restaurants(clock: Clock) -> None:
    call_command("demo", stdout=io.StringIO())
    model = Restaurant.objects.get(public_id="maison")
    Restaurant.objects.bulk_create(
        Restaurant(organization=model.organization, slug=f"h-{n}", name=f"H {n}", zone=model.zone)
        for n in range(1000)
    )
    took = []
    for round_ in range(40):
        began = time.process_time()
        month_of("maison", Wanted(2 + round_ % 5), dt.date(2025, 11 + round_ % 2, 1))
        took.append(time.process_time() - began)
    assert statistics.quantiles(took, n=20)[-1] < 0.06
