"""Looking ahead shows what a hold gets: for every demo house, party, room and day of a month."""

from __future__ import annotations

import datetime as dt
import io
import random
import statistics
import time
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import transaction
from pytest_django import DjangoDbBlocker

from core import clock as core_clock
from core.errors import DomainError
from reservations.engine.walltime import datetime_to_minute
from reservations.errors import NotBookable, SlotUnavailable
from reservations.selectors.books import read_books
from reservations.selectors.days import read_day
from reservations.services.availability import offers_of_day
from reservations.services.holds import release_hold
from reservations.services.outlook import DayAhead, Wanted, month_of, rooms_of
from restaurants.models import Restaurant
from tests.fixtures.domain import NOON, Clock
from tests.reservations.test_outlook import SATURDAY, NewGuest, hold

# One process builds the houses, once.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo")]

DEMO = ("rest_001", "anchor", "maison")


@pytest.fixture(scope="module", autouse=True)
def _demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The three demo houses with two weeks of bookings: each test's savepoint is inside of this."""
    book = transaction.atomic()
    # As the one around a test: what insists on the outermost transaction may run in it.
    book._from_testcase = True  # type: ignore[attr-defined]
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        book.__enter__()
        patch.setattr(core_clock, "now", lambda: NOON)
        call_command("demo", stdout=io.StringIO())
    yield
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        book.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def _now(clock: Clock) -> None:
    """The moment the houses were built at."""


def wishes(restaurant: str, dice: random.Random) -> list[Wanted]:
    rooms = list(Restaurant.objects.get(public_id=restaurant).rooms.values_list("pk", flat=True))
    wanted = [Wanted(size) for size in dice.sample(range(1, 13), 3)]
    return [*wanted, Wanted(2, room_id=dice.choice(rooms)), Wanted(4, step_free=True)]


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_month_is_quick_among_a_thousand_restaurants(clock: Clock) -> None:
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
