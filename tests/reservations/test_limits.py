"""Limits that are set, lowered or moved after parties were booked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core.actors import Actor, ActorKind
from payments.models import Policy
from reservations.engine import availability
from reservations.engine import types as e
from reservations.engine.walltime import datetime_to_minute
from reservations.errors import NotBookable, SlotUnavailable
from reservations.guests import Guest
from reservations.ledger.confirm import Contact
from reservations.ledger.place import claim_for_reservation, release_reservation
from reservations.models import Reservation, ServiceLoad
from reservations.selectors.days import read_day
from reservations.services.availability import offers_of_day
from reservations.services.bookings import Extras, book
from reservations.services.holds import (
    HoldRequest,
    expire_holds,
    place_hold,
    place_of,
    release_hold,
)
from restaurants.models import DiningService, Restaurant
from tests.factories import make_bella
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

SATURDAY = dt.date(2025, 11, 15)
STAFF = Actor(ActorKind.STAFF, "staff_1", "Sam")
NewGuest = Callable[[], Guest]


def ask(house: Restaurant, time: str = "19:00", party: int = 2) -> HoldRequest:
    return HoldRequest(house.public_id, SATURDAY, time, party)


def hold(house: Restaurant, someone: Guest, time: str = "19:00", party: int = 2) -> str:
    return place_hold(ask(house, time, party), someone, by=someone.actor).public_id


def phone(
    house: Restaurant,
    time: str = "19:00",
    party: int = 2,
    *,
    waived: frozenset[e.Reason] = frozenset(),
) -> Reservation:
    request = replace(ask(house, time, party), channel=e.Channel.IN_HOUSE, waived=waived)
    return book(request, Contact("Sam", ""), Extras(notify=False), by=STAFF)


def refusals(house: Restaurant, someone: Guest, time: str = "19:00", party: int = 2) -> list[str]:
    """Why a hold is refused; the list of offers must say the very same."""
    offers = offers_of_day(house.public_id, SATURDAY, party).offers
    [offer] = [offer for offer in offers if offer.slot.label == time]
    with pytest.raises(SlotUnavailable) as caught:
        hold(house, someone, time, party)
    reasons = list(caught.value.details["reasons"])
    assert [str(refusal.reason) for refusal in offer.refusals] == reasons
    return reasons


def counts() -> dict[str, tuple[int, int]]:
    rows = ServiceLoad.objects.exclude(gauge="seats")
    return {row.gauge: (row.covers, row.parties) for row in rows}


def test_a_limit_set_after_five_parties_refuses_the_sixth(
    clock: Clock, bella: Restaurant, new_guest: NewGuest
) -> None:
    for _ in range(5):
        hold(bella, new_guest())
    DiningService.objects.update(slot_parties=2)
    assert refusals(bella, new_guest()) == ["pacing_parties"]
    assert hold(bella, new_guest(), "19:30")


def test_a_limit_of_covers_that_was_lowered_holds_for_the_whole_service(
    clock: Clock, bella: Restaurant, new_guest: NewGuest
) -> None:
    DiningService.objects.update(max_covers=100)
    for time in ("12:00", "15:00", "19:00"):
        hold(bella, new_guest(), time, 4)
    DiningService.objects.update(max_covers=13)
    assert refusals(bella, new_guest(), "21:00", 2) == ["service_full"]
    DiningService.objects.update(max_covers=14)
    assert hold(bella, new_guest(), "21:00", 2)


def test_moving_the_first_seating_frees_no_covers(
    clock: Clock, bella: Restaurant, new_guest: NewGuest
) -> None:
    DiningService.objects.update(max_covers=6)
    hold(bella, new_guest(), party=4)
    for first in (dt.time(0, 30), dt.time(11, 15), dt.time(17)):
        DiningService.objects.update(first_seating=first, slot_minutes=15)
        assert refusals(bella, new_guest(), "20:00", 4) == ["service_full"]


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ({"max_covers": 9}, "service_full"),
        ({"slot_covers": 9}, "pacing_covers"),
        ({"slot_parties": 2}, "pacing_parties"),
        ({"online_slot_covers": 5}, "online_pacing_covers"),
        ({"online_slot_parties": 1}, "online_pacing_parties"),
    ],
)
def test_a_limit_set_later_counts_who_booked_online_and_by_phone(
    clock: Clock, bella: Restaurant, new_guest: NewGuest, limit: dict[str, int], reason: str
) -> None:
    hold(bella, new_guest(), party=4)
    phone(bella, party=4)
    assert counts() == {"service": (8, 2), "slot": (8, 2), "slot_online": (4, 1)}
    DiningService.objects.update(**limit)
    assert refusals(bella, new_guest()) == [reason]


def test_a_pool_of_seats_counts_its_services_too(clock: Clock, new_guest: NewGuest) -> None:
    pool = make_bella(capacity_mode="seats", seats=40)
    for _ in range(3):
        hold(pool, new_guest(), party=4)
    assert counts() == {"service": (12, 3), "slot": (12, 3), "slot_online": (12, 3)}
    DiningService.objects.update(max_covers=12)
    assert refusals(pool, new_guest(), "12:00") == ["service_full"]


def test_parties_go_after_a_limit_was_lowered_and_leave_nothing_behind(
    clock: Clock, bella: Restaurant, new_guest: NewGuest
) -> None:
    guests = [new_guest() for _ in range(3)]
    held = [hold(bella, someone, party=4) for someone in guests]
    row = phone(bella, party=4)
    DiningService.objects.update(max_covers=1, slot_covers=1, slot_parties=1, online_slot_parties=0)
    for someone, public_id in zip(guests, held, strict=True):
        release_hold(public_id, someone, by=someone.actor)
    assert counts()["service"] == (4, 1)
    release_reservation(row.pk, party_size=4, load_ids=row.load_ids, now=clock.now)
    assert set(counts().values()) == {(0, 0)}


def test_staff_who_set_a_lowered_limit_aside_are_let_in_and_nobody_after_them(
    clock: Clock, bella: Restaurant, new_guest: NewGuest
) -> None:
    for _ in range(3):
        hold(bella, new_guest())
    DiningService.objects.update(slot_parties=1)
    phone(bella, waived=frozenset({e.Reason.PACING_PARTIES}))
    slot = ServiceLoad.objects.get(gauge="slot")
    assert (slot.parties, slot.parties_allowed) == (4, 4)
    assert refusals(bella, new_guest()) == ["pacing_parties"]


def test_the_row_itself_refuses_a_party_that_brings_a_lowered_limit(
    clock: Clock, bella: Restaurant, new_guest: NewGuest
) -> None:
    for _ in range(3):
        hold(bella, new_guest())
    row = phone(bella)
    day = read_day(bella.public_id, SATURDAY, now=clock.now)
    query = e.Query(SATURDAY, 2, datetime_to_minute(clock.now))
    decision = availability.decide(day.house.plan, day.ledger, query, "19:00")
    lowered = tuple(replace(claim, covers_allowed=9) for claim in decision.gauges)
    place = replace(place_of(day, decision), gauges=lowered)
    with pytest.raises(SlotUnavailable), transaction.atomic():
        claim_for_reservation(place, row.pk)
    assert counts()["service"] == (8, 4)


def test_counters_that_nobody_limits_are_written_and_not_read(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    hold(bella, guest)

    def read() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as captured:
            day = read_day(bella.public_id, SATURDAY, now=clock.now)
        return len(captured), len(day.ledger.gauges)

    read()
    assert read() == (1, 0)
    DiningService.objects.update(online_slot_covers=8)
    read()
    assert read() == (1, 3)


# Switching between tables and seats


def switch(house: Restaurant) -> str:
    """The constraint that refused the other mode, or nothing."""
    mode = "seats" if house.capacity_mode == "tables" else "tables"
    try:
        with transaction.atomic():
            Restaurant.objects.filter(pk=house.pk).update(capacity_mode=mode, seats=20)
    except IntegrityError as error:
        return str(error.__cause__.diag.constraint_name)  # type: ignore[union-attr]
    return ""


@pytest.fixture
def future(clock: Clock) -> Clock:
    """PostgreSQL's own clock decides what is upcoming, so bookings must be in its future."""
    clock.now = dt.datetime.now(dt.UTC)
    return clock


def test_the_mode_changes_while_nobody_is_expected(future: Clock, bella: Restaurant) -> None:
    assert switch(bella) == ""
    bella.refresh_from_db()
    assert bella.capacity_mode == "seats"
    assert switch(bella) == ""


def test_the_mode_stays_while_a_hold_is_live(
    future: Clock, bella: Restaurant, guest: Guest
) -> None:
    soon = future.now.date() + dt.timedelta(days=7)
    request = replace(ask(bella), service_date=soon)
    held = place_hold(request, guest, by=guest.actor)
    assert switch(bella) == "restaurant_mode_unused"
    bella.name = "Another name"
    bella.save()
    release_hold(held.public_id, guest, by=guest.actor)
    assert switch(bella) == ""


def test_the_mode_stays_while_a_reservation_is_to_come(future: Clock, bella: Restaurant) -> None:
    soon = future.now.date() + dt.timedelta(days=7)
    request = replace(ask(bella), service_date=soon, channel=e.Channel.IN_HOUSE)
    row = book(request, Contact("Sam", ""), Extras(notify=False), by=STAFF)
    other = make_bella()
    assert (switch(bella), switch(other)) == ("restaurant_mode_unused", "")
    Reservation.objects.filter(pk=row.pk).update(status="completed")
    assert switch(bella) == ""


def test_the_mode_may_change_when_all_who_came_have_left(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    hold(bella, guest)
    phone(bella)
    # Lapsed, but not swept: its guest may be confirming it at this very moment.
    clock.advance(minutes=10)
    assert switch(bella) == "restaurant_mode_unused"
    expire_holds()
    assert switch(bella) == ""


# Services that are paid in advance


def test_a_service_paid_in_advance_needs_a_deposit_before_the_public_may_book(
    clock: Clock, guest: Guest
) -> None:
    house = make_bella(deposit=None)
    DiningService.objects.update(requires_prepayment=True)
    offers = offers_of_day(house.public_id, SATURDAY, 2).offers
    assert {tuple(r.reason for r in offer.refusals) for offer in offers} == {
        (e.Reason.PREPAYMENT_NOT_SET_UP,)
    }
    with pytest.raises(NotBookable) as caught:
        hold(house, guest)
    assert caught.value.text == (
        "This service has to be paid in advance, which is not set up yet. "
        "Please call the restaurant."
    )
    assert caught.value.code == "PREPAYMENT_NOT_SET_UP"
    assert phone(house).status == "confirmed"
    Policy.objects.create(restaurant=house, name="Large parties", amount=Decimal(5), min_party=3)
    with pytest.raises(NotBookable):
        hold(house, guest)
    assert hold(house, guest, party=3)
