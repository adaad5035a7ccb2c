"""What the stand does by itself."""

from __future__ import annotations

import datetime as dt

import pytest

from core.models import AuditEntry
from payments.models import PaymentKind
from reservations import tasks
from reservations.engine.stand import AlertKind, TableState
from reservations.models import PaymentRequest, Reservation, StandAction, TableBlock
from reservations.selectors.night import night_of
from reservations.services import stand
from reservations.services.stand import sweeps
from restaurants.models import Closure, PacingCap, Restaurant
from tests import factories
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, check_promises, claimed

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(db: None) -> Restaurant:
    """One table, two hours a party and ten minutes to clear."""
    found = factories.make_restaurant(buffer_minutes=10)
    factories.make_service(found, first_seating=dt.time(11))
    factories.make_tables(found, 4)
    found.turn_times.create(up_to=99, minutes=120)
    return found


def sit(row: Reservation, clock: Clock, time: str) -> None:
    """Seat a party at its table."""
    clock.now = at(time)
    version = Reservation.objects.get(pk=row.pk).version
    stand.seat(row.public_id, expected=version, by=HOST)


def test_late_parties_are_marked_once_and_their_version_stays(
    venue: Restaurant, clock: Clock
) -> None:
    row = booked(venue)
    seen = Reservation.objects.get(pk=row.pk).version
    clock.now = at("19:10")
    assert sweeps.mark_late() == 0
    clock.advance(minutes=1)
    assert [sweeps.mark_late(), sweeps.mark_late()] == [1, 0]
    row = Reservation.objects.get(pk=row.pk)
    assert (row.marked_late_at, row.version) == (at("19:11"), seen)
    entry = AuditEntry.objects.get(verb="reservation.marked_late")
    assert entry.data == {"service_date": "2025-11-10"}


def test_a_cleared_table_is_free_by_itself(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    sit(row, clock, "19:00")
    version = Reservation.objects.get(pk=row.pk).version
    clock.now = at("20:00")
    stand.leave(row.public_id, expected=version, by=HOST)
    clock.now = at("20:10")
    assert night_of(venue.pk, DATE, clock.now).tables[0].state is TableState.FREE
    assert [sweeps.end_clearing(), sweeps.end_clearing()] == [1, 0]
    assert TableBlock.objects.get().ended_at == at("20:10")
    check_promises()


def test_a_party_that_stays_on_keeps_its_table(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    sit(row, clock, "19:00")
    clock.now = at("21:09")
    assert sweeps.extend_overstays() == 0
    clock.now = at("21:12")
    assert [sweeps.extend_overstays(), sweeps.extend_overstays()] == [1, 0]
    assert claimed(row) == [("19:00", "21:27")]
    check_promises()


def test_a_party_that_stays_until_the_next_one_comes_is_a_conflict(
    venue: Restaurant, clock: Clock
) -> None:
    row = booked(venue, "17:00")
    following = booked(venue, "19:30", name="Bea")
    sit(row, clock, "17:00")
    clock.now = at("19:20")
    assert sweeps.extend_overstays() == 1
    assert claimed(row) == [("17:00", "19:30")]
    clock.now = at("19:40")
    assert sweeps.extend_overstays() == 0
    night = night_of(venue.pk, DATE, clock.now)
    kinds = {alert.kind for alert in night.by_id[following.pk].alerts}
    assert kinds == {AlertKind.CONFLICT}
    assert night.tables[0].has_conflict
    # They leave at last: shown as being cleared although the next party's time has begun.
    version = Reservation.objects.get(pk=row.pk).version
    stand.leave(row.public_id, expected=version, by=HOST)
    assert night_of(venue.pk, DATE, clock.now).tables[0].state is TableState.BUSSING
    check_promises()


def test_forgotten_parties_are_over_after_closing_and_nobody_knows_when_they_left(
    venue: Restaurant, clock: Clock
) -> None:
    row = booked(venue)
    sit(row, clock, "19:00")
    clock.now = at("27:00")
    assert sweeps.complete_forgotten() == 0
    clock.now = at("27:01")
    assert [sweeps.complete_forgotten(), sweeps.complete_forgotten()] == [1, 0]
    row = Reservation.objects.get(pk=row.pk)
    assert (row.status, row.left_at) == ("completed", None)
    check_promises()


def test_links_are_withdrawn_when_undo_is_over(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    request = PaymentRequest.objects.create(
        restaurant=venue,
        reservation=row,
        kind=PaymentKind.DEPOSIT,
        amount=10,
        currency="USD",
        nonce="n",
        digest="d",
        created_at=clock.now,
        expires_at=clock.now + dt.timedelta(days=2),
    )
    clock.now = at("19:20")
    version = Reservation.objects.get(pk=row.pk).version
    stand.no_show(row.public_id, expected=version, by=HOST)
    assert sweeps.settle_over() == 0
    clock.advance(seconds=11)
    assert [sweeps.settle_over(), sweeps.settle_over()] == [1, 0]
    request.refresh_from_db()
    assert request.status == "withdrawn"


def test_what_is_long_over_is_forgotten(venue: Restaurant, clock: Clock) -> None:
    clock.now = at("18:00")
    stand.cap_next_hour(venue.public_id, DATE, 2, by=HOST)
    stand.pause_online(venue.public_id, DATE, by=HOST)
    clock.advance(days=4)
    assert sweeps.forget_actions() == 4
    assert not Closure.objects.exists()
    assert not PacingCap.objects.exists()
    assert not StandAction.objects.exists()


def test_the_tasks_run_on_an_empty_book(db: None) -> None:
    assert (tasks.keep_the_stand(), tasks.tidy_the_stand()) == (0, 0)
