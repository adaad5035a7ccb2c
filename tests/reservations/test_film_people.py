"""Whose bookings are joined, merged or forgotten, and what the film shows of them."""

from __future__ import annotations

import pytest

from core.models import AuditEntry
from customers.services import Contact as Person
from customers.services import recognise
from reservations.guests import Guest
from reservations.models import QueueEntry, Reservation
from reservations.selectors.night.then import Film, film_of
from reservations.services import guest_records, stand
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import HoldRequest, place_hold
from reservations.services.visit_joins import join_visits
from restaurants.models import Restaurant
from tests.factories import make_bella
from tests.fixtures.domain import Clock
from tests.reservations.partners import PARTNER, SATURDAY, book

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    return make_bella(deposit=None)


def shot(house: Restaurant) -> Film:
    return film_of(house.pk, SATURDAY)


def names(film: Film) -> list[list[str]]:
    """Who was of the evening after each deed."""
    return [
        sorted(party.name for party in film.night(number).parties)
        for number in range(len(film.lines))
    ]


def booked_here(house: Restaurant) -> Reservation:
    """As a guest books on the pages: hold, then confirm."""
    visitor = Guest.visitor("a visitor")
    asked = HoldRequest(house.public_id, SATURDAY, "19:30", 2)
    held = place_hold(asked, visitor, by=visitor.actor)
    said = Particulars(name="Jane Doe", email="john@example.com")
    done = confirm_hold(held.public_id, visitor, method=None, particulars=said, by=visitor.actor)
    return Reservation.objects.get(public_id=done.booking.public_id)


def test_a_booking_that_gave_way_was_there_until_then(house: Restaurant) -> None:
    book(house, external_id="OT_1")
    booked_here(house)
    assert join_visits() == 1
    film = shot(house)
    assert [line.event.verb for line in film.lines] == [
        "reservation.confirmed",
        "hold.placed",
        "reservation.confirmed",
        "reservation.merged",
    ]
    assert names(film) == [
        ["John Doe"],
        ["John Doe"],
        ["Jane Doe", "John Doe"],
        ["Jane Doe"],
    ]
    assert [len({use.table_id for use in film.night(n).uses}) for n in range(4)] == [1, 2, 2, 1]


def test_who_was_erased_is_nobody_and_was_there(house: Restaurant, clock: Clock) -> None:
    row = booked_here(house)
    clock.advance(days=20)
    assert row.customer is not None
    guest_records.erase(house.organization_id, row.customer.public_id, by=PARTNER)
    film = shot(house)
    assert names(film) == [[], ["Erased guest"]]
    assert [len(film.evening(number).holds) for number in range(2)] == [1, 0]
    data = AuditEntry.objects.filter(restaurant_id=house.pk).values_list("data", flat=True)
    assert "Jane" not in str(list(data))


def test_guests_whose_records_were_merged_keep_their_tables(house: Restaurant) -> None:
    row = booked_here(house)
    other = recognise(
        house.organization_id, contact=Person("Jane", phone="+12125550143"), country="US"
    )
    before = names(shot(house))
    assert row.customer is not None
    absorbed = row.customer.public_id
    guest_records.merge(house.organization_id, other.public_id, absorbed, by=PARTNER)
    film = shot(house)
    assert names(film) == before == [[], ["Jane Doe"]]
    assert film.night(1).parties[0].table_labels != ()


def test_a_party_of_the_queue_that_was_erased_has_no_name(house: Restaurant, clock: Clock) -> None:
    clock.now = clock.now.replace(year=2025, month=11, day=15, hour=23)
    joined = stand.join_queue(house.public_id, SATURDAY, 2, name="Quinn", by=PARTNER)
    entry = QueueEntry.objects.get(public_id=joined.target)
    stand.call_party(joined.target, expected=entry.version, by=PARTNER)
    assert kept_for(shot(house)) == ["Quinn"]
    trail = AuditEntry.objects.filter(restaurant_id=house.pk).values_list("data", flat=True)
    assert "Quinn" not in str(list(trail))
    entry.delete()
    assert kept_for(shot(house)) == [""]


def kept_for(film: Film) -> list[str]:
    """Whom tables are kept for at the end."""
    return [block.queued_name for block in film.night(len(film.lines) - 1).blocks]
