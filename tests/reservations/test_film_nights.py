"""The film of nights that are no plain ones: past midnight, around a change of the clocks."""

from __future__ import annotations

import datetime as dt

import pytest

from core.actors import Actor, ActorKind
from reservations.engine.stand import TableState
from reservations.guests import Guest
from reservations.ledger.confirm import Contact
from reservations.models import Reservation
from reservations.selectors.night.then import Film, film_of
from reservations.services import stand
from reservations.services.bookings import Extras, book
from reservations.services.holds import HoldRequest, place_hold, release_hold
from restaurants.models import DiningService, Restaurant
from tests import factories
from tests.fixtures.domain import Clock
from tests.reservations.stand import HOST, fresh

pytestmark = pytest.mark.django_db

FALL = dt.date(2025, 11, 1)
"""In New York the clocks go back at two in the night after this evening."""
SPRING = dt.date(2026, 3, 7)
"""And forward at two in the night after this one."""


@pytest.fixture
def bar(db: None) -> Restaurant:
    """Two tables of a house in New York that seats until three in the night."""
    found = factories.make_restaurant(min_party=1, max_party=12, window_days=400)
    factories.make_service(found, first_seating=dt.time(20), last_seating=dt.time(3))
    factories.make_tables(found, 2, 2)
    found.turn_times.create(up_to=99, minutes=60)
    return found


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=dt.UTC)


def sat_down(venue: Restaurant, date: dt.date, time: str) -> Reservation:
    """A party that is booked for this time, and sits from the clock's now on."""
    request = HoldRequest(venue.public_id, date, time, 2)
    row = book(request, Contact("Ada", ""), Extras(), by=HOST)
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    return fresh(row)


def shown(film: Film) -> list[tuple[str, str, str]]:
    """The clock and the verb of every line, and how table 1 stood after it."""
    return [
        (
            line.at.strftime("%d %H:%M %Z"),
            line.event.verb.partition(".")[2],
            film.night(number).tables[0].state.value,
        )
        for number, line in enumerate(film.lines)
    ]


def test_an_hour_that_comes_twice_is_shown_twice(bar: Restaurant, clock: Clock) -> None:
    clock.now = utc(2025, 11, 2, 5, 30)
    row = sat_down(bar, FALL, "01:30")
    clock.now = utc(2025, 11, 2, 6, 20)
    stand.next_state(row.public_id, expected=fresh(row).version, by=HOST)
    clock.now = utc(2025, 11, 2, 6, 40)
    stand.leave(row.public_id, expected=fresh(row).version, by=HOST)
    film = film_of(bar.pk, FALL)
    assert shown(film)[:4] == [
        ("02 01:30 EDT", "confirmed", "held"),
        ("02 01:30 EDT", "seated", "occupied"),
        ("02 01:20 EST", "check_dropped", "occupied"),
        ("02 01:40 EST", "completed", "free"),
    ]
    sitting = film.night(2).parties[0]
    assert sitting.seated_at is not None
    assert film.night(2).now.timestamp() - sitting.seated_at.timestamp() == 50 * 60
    assert film_of(bar.pk, FALL + dt.timedelta(days=1)).lines == ()


def test_an_hour_that_is_skipped_is_none(bar: Restaurant, clock: Clock) -> None:
    clock.now = utc(2026, 3, 8, 6, 30)
    row = sat_down(bar, SPRING, "01:30")
    clock.now = utc(2026, 3, 8, 7, 10)
    stand.next_state(row.public_id, expected=fresh(row).version, by=HOST)
    assert shown(film_of(bar.pk, SPRING)) == [
        ("08 01:30 EST", "confirmed", "held"),
        ("08 01:30 EST", "seated", "occupied"),
        ("08 03:10 EDT", "check_dropped", "occupied"),
    ]


def test_a_night_begins_with_its_first_deed_of_the_evening(bar: Restaurant, clock: Clock) -> None:
    clock.now = utc(2025, 10, 20, 12)
    request = HoldRequest(bar.public_id, FALL, "23:30", 2)
    row = book(request, Contact("Ada", ""), Extras(), by=HOST)
    clock.now = utc(2025, 11, 2, 3, 30)
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    film = film_of(bar.pk, FALL)
    assert (film.opens_at, film.lines[film.opens_at].event.verb) == (1, "reservation.seated")


def test_a_day_without_a_service_shows_who_was_there_before_it_was_taken_away(
    bar: Restaurant, clock: Clock
) -> None:
    clock.now = utc(2025, 11, 2, 3, 30)
    sat_down(bar, FALL, "23:30")
    DiningService.objects.filter(restaurant=bar).update(weekdays=[0])
    film = film_of(bar.pk, FALL)
    assert film.opens_at == 0
    assert [table.state for table in film.night(1).tables] == [
        TableState.OCCUPIED,
        TableState.FREE,
    ]


def test_a_hold_by_a_partner_is_its_deed_and_not_of_another_house(
    bar: Restaurant, clock: Clock, guest: Guest
) -> None:
    other = factories.make_bella(tables=1)
    partner = Actor(ActorKind.PARTNER, "key_1", "TheFork")
    clock.now = utc(2025, 11, 2, 0, 30)
    held = place_hold(HoldRequest(bar.public_id, FALL, "21:00", 2), guest, by=partner)
    release_hold(held.public_id, guest, by=partner)
    film = film_of(bar.pk, FALL)
    assert [(line.actor_kind, line.actor) for line in film.lines] == [("partner", "TheFork")] * 2
    assert film_of(other.pk, FALL).lines == ()
