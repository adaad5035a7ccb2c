"""Compiled plans: complete, one query, and never stale."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock as core_clock
from reservations.engine import types as e
from reservations.selectors.days import read_day
from reservations.selectors.houses import House
from restaurants.errors import RestaurantNotFound
from restaurants.models import (
    Closure,
    DiningRoom,
    DiningService,
    DiningTable,
    OpeningHours,
    Restaurant,
    SpecialDay,
    TableCombination,
    TurnTime,
)
from tests.factories import make_bella, make_combination, make_tables
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db

SATURDAY = dt.date(2025, 11, 15)


def house_of(restaurant: Restaurant) -> House:
    return read_day(restaurant.public_id, SATURDAY, now=core_clock.now()).house


def test_everything_a_restaurant_decided_reaches_the_engine(clock: Clock) -> None:
    bella = make_bella(tables=2, buffer_minutes=15, max_spare_seats=2, cut_off=dt.time(16))
    terrace = DiningRoom.objects.create(restaurant=bella, name="Terrace")
    make_tables(bella, 6, room=terrace, access="in_house", step_free=True, priority=3)
    make_tables(bella, 8, is_active=False)
    one, two, _, broken = bella.tables.order_by("label")
    make_combination(one, two, low=5, high=8)
    make_combination(one, broken, low=5, high=12)
    late = DiningService.objects.create(
        restaurant=bella,
        name="Late",
        date=SATURDAY,
        first_seating=dt.time(22, 30),
        last_seating=dt.time(0, 30),
        slot_minutes=15,
        slot_covers=10,
        requires_prepayment=True,
    )
    late.rooms.add(terrace)
    TurnTime.objects.create(restaurant=bella, service=late, up_to=4, minutes=75)
    OpeningHours.objects.create(
        restaurant=bella, weekday=5, opens=dt.time(11), closes=dt.time(2), part="venue"
    )
    SpecialDay.objects.create(restaurant=bella, date=dt.date(2025, 12, 25), is_closed=True)
    plan = house_of(bella).plan

    assert (plan.zone.key, plan.buffer_minutes, plan.max_spare_seats) == ("America/New_York", 15, 2)
    assert plan.cut_off == 16 * 60
    assert [(t.label, t.access, t.step_free) for t in plan.tables] == [
        ("1", e.Access.ONLINE, False),
        ("2", e.Access.ONLINE, False),
        ("3", e.Access.IN_HOUSE, True),
    ]
    assert [c.table_ids for c in plan.combinations] == [(one.pk, two.pk)]
    service = next(s for s in plan.services if s.name == "Late")
    assert (service.first_seating, service.last_seating) == (22 * 60 + 30, 24 * 60 + 30)
    assert (service.on_date, service.weekdays) == (SATURDAY, frozenset())
    assert service.turn_times == (e.TurnTime(4, 75),)
    assert service.room_ids == {terrace.pk}
    assert plan.turn_times == (e.TurnTime(99, 120),)
    assert plan.openings == (e.Opening(5, 11 * 60, 26 * 60),)
    assert [day.is_closed for day in plan.special_days] == [True]
    [rule] = plan.deposit_rules
    assert (rule.amount, rule.per_person) == (Decimal(25), True)


def test_a_day_is_one_query_and_two_after_a_change(clock: Clock, bella: Restaurant) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            house_of(bella)
        return len(captured)

    assert [queries(), queries()] == [2, 1]
    bella.name = "Bella Notturna"
    bella.save()
    assert [queries(), queries()] == [2, 1]


def _change_table(restaurant: Restaurant) -> Any:
    return restaurant.tables.update(max_seats=5)


CHANGES: dict[str, Callable[[Restaurant], Any]] = {
    "restaurant": lambda r: Restaurant.objects.filter(pk=r.pk).update(window_days=30),
    "room": lambda r: DiningRoom.objects.create(restaurant=r, name="Bar"),
    "tables, in bulk": _change_table,
    "table gone": lambda r: r.tables.all()[0].delete(),
    "combination": lambda r: make_combination(*r.tables.all()[:2], low=5, high=8),
    "service": lambda r: r.services.update(max_covers=50),
    "rooms of a service": lambda r: r.services.all()[0].rooms.add(r.rooms.all()[0]),
    "turn time": lambda r: r.turn_times.update(minutes=90),
    "hours": lambda r: OpeningHours.objects.create(
        restaurant=r, weekday=0, opens=dt.time(11), closes=dt.time(23)
    ),
    "special day": lambda r: SpecialDay.objects.create(restaurant=r, date=SATURDAY),
    "closure": lambda r: Closure.objects.create(
        restaurant=r,
        starts_at=dt.datetime(2025, 11, 15, tzinfo=dt.UTC),
        ends_at=dt.datetime(2025, 11, 16, tzinfo=dt.UTC),
    ),
    "policy": lambda r: r.policies.update(amount=30),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_kind_of_change_is_seen_by_the_next_read(
    clock: Clock, bella: Restaurant, what: str
) -> None:
    before = house_of(bella)
    CHANGES[what](bella)
    after = house_of(bella)
    assert after is not before
    assert after.plan.version > before.plan.version


def test_taking_a_table_out_of_a_combination_is_seen(clock: Clock, bella: Restaurant) -> None:
    combination = make_combination(*bella.tables.all()[:3], low=5, high=12)
    before = house_of(bella)
    combination.tables.remove(combination.tables.all()[0])
    assert len(house_of(bella).plan.combinations[0].table_ids) == 2
    assert len(before.plan.combinations[0].table_ids) == 3
    TableCombination.objects.all().delete()
    assert house_of(bella).plan.combinations == ()


def test_bookings_do_not_touch_the_version(clock: Clock, bella: Restaurant) -> None:
    before = house_of(bella)
    Restaurant.objects.filter(pk=bella.pk).update(name=bella.name)
    assert house_of(bella) is before
    assert DiningTable.objects.count() == 10


def test_a_restaurant_that_is_not_there(clock: Clock, db: None) -> None:
    with pytest.raises(RestaurantNotFound):
        read_day("rest_nowhere", SATURDAY, now=core_clock.now())
