"""The film of an evening: every instant from what was written down, through the real services."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import AuditEntry
from reservations.engine.lifecycle import Status
from reservations.engine.stand import TableState
from reservations.guests import Guest
from reservations.models import QueueEntry
from reservations.selectors.night import Night
from reservations.selectors.night.then import Film, film_of
from reservations.services import stand
from reservations.services.cancellation import cancel_reservation
from reservations.services.changes import Change, change_reservation
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import HoldRequest, place_hold
from reservations.services.stand import sweeps
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import (
    DATE,
    HOST,
    at,
    booked,
    check_film,
    fresh,
    ids,
    make_house,
    put,
    read,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(db: None) -> Restaurant:
    """Five tables of a house in New York."""
    return make_house()


def shot(venue: Restaurant) -> Film:
    return film_of(venue.pk, DATE)


def now_of(film: Film) -> Night:
    return film.night(len(film.lines) - 1)


def version_of(queued: str) -> int:
    return QueueEntry.objects.get(public_id=queued).version


def states(night: Night) -> dict[str, TableState]:
    return {table.label: table.state for table in night.tables}


def test_every_step_of_an_evening_is_as_it_was(venue: Restaurant, clock: Clock) -> None:
    ada, bob = booked(venue, "19:00", 2, "Ada"), booked(venue, "19:00", 2, "Bob")
    put(venue, ada, "1")
    put(venue, bob, "2")
    seen: list[tuple[int, Night]] = []

    def keep() -> None:
        check_film(venue, clock.now)
        seen.append((len(shot(venue).lines) - 1, read(venue, clock)))

    def version(row: object) -> int:
        return fresh(row).version  # type: ignore[arg-type]

    clock.now = at("18:58")
    stand.arrive(ada.public_id, expected=version(ada), by=HOST)
    keep()
    clock.now = at("19:00")
    stand.seat(ada.public_id, expected=version(ada), by=HOST)
    keep()
    clock.now = at("19:02")
    stand.swap(
        ada.public_id,
        bob.public_id,
        expected=version(ada),
        other_expected=version(bob),
        by=HOST,
    )
    keep()
    clock.now = at("19:05")
    walked = stand.walk_in(venue.public_id, DATE, 3, by=HOST)
    keep()
    clock.now = at("19:06")
    stand.merge(walked.target, ids(venue, "5")[0], expected=walked.version or 0, by=HOST)
    keep()
    clock.now = at("19:30")
    stand.no_show(bob.public_id, expected=version(bob), by=HOST)
    keep()
    clock.now = at("20:10")
    stand.block(venue.public_id, DATE, ids(venue, "1"), clock.now, at("21:00"), by=HOST)
    keep()
    clock.now = at("20:20")
    stand.leave(ada.public_id, expected=version(ada), by=HOST)
    keep()
    film = shot(venue)
    for number, true in seen:
        then = film.night(number)
        assert states(then) == states(true)
        assert [(t.sitting, t.waiting_id, t.since, t.until) for t in then.tables] == [
            (t.sitting, t.waiting_id, t.since, t.until) for t in true.tables
        ]
        assert then.figures == true.figures


def test_what_was_undone_shows_as_it_was_and_as_it_became(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    clock.now = at("19:00")
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    clock.now = at("20:30")
    left = stand.leave(row.public_id, expected=fresh(row).version, by=HOST)
    clock.advance(seconds=4)
    stand.undo(left.token, by=HOST)
    film = shot(venue)
    verbs = [line.event.verb for line in film.lines]
    assert verbs == [
        "reservation.confirmed",
        "reservation.seated",
        "reservation.completed",
        "table.to_clear",
        "reservation.undone",
    ]
    assert states(film.night(1))["1"] is TableState.OCCUPIED
    assert film.night(2).parties[0].status is Status.COMPLETED
    assert states(film.night(3))["1"] is TableState.BUSSING
    assert states(film.night(4))["1"] is TableState.OCCUPIED
    check_film(venue, clock.now)


def test_a_table_is_cleared_by_the_clock(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    clock.now = at("19:00")
    stand.seat(row.public_id, expected=fresh(row).version, by=HOST)
    clock.now = at("20:30")
    stand.leave(row.public_id, expected=fresh(row).version, by=HOST)
    clock.now = at("21:30")
    booked(venue, "22:00")
    assert states(now_of(shot(venue)))["1"] is not TableState.BUSSING
    sweeps.end_clearing()
    check_film(venue, clock.now)


def test_a_guest_who_books_online_is_in_the_film_with_a_table(
    venue: Restaurant, clock: Clock, guest: Guest
) -> None:
    request = HoldRequest(venue.public_id, DATE, "20:00", 2)
    held = place_hold(request, guest, by=guest.actor)
    particulars = Particulars(name="Cleo")
    confirm_hold(held.public_id, guest, method=None, particulars=particulars, by=guest.actor)
    check_film(venue, clock.now)
    (party,) = now_of(shot(venue)).parties
    assert (party.party_size, party.table_labels) == (2, ("1",))


def test_who_moves_to_another_date_leaves_the_evening(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    other = DATE + dt.timedelta(days=1)
    change_reservation(row.public_id, Change(service_date=other, time="19:00"), by=HOST)
    film = shot(venue)
    assert [len(film.night(n).parties) for n in range(2)] == [1, 0]
    elsewhere = film_of(venue.pk, other)
    assert [line.event.verb for line in elsewhere.lines] == ["reservation.changed"]
    assert len(elsewhere.night(0).parties) == 1


def test_who_booked_online_and_moves_away_was_of_the_evening(
    venue: Restaurant, clock: Clock, guest: Guest
) -> None:
    held = place_hold(HoldRequest(venue.public_id, DATE, "20:00", 2), guest, by=guest.actor)
    particulars = Particulars(name="Cleo")
    made = confirm_hold(held.public_id, guest, method=None, particulars=particulars, by=guest.actor)
    other = DATE + dt.timedelta(days=1)
    change_reservation(made.booking.public_id, Change(service_date=other, time="19:00"), by=HOST)
    film = shot(venue)
    assert [len(film.night(n).parties) for n in range(3)] == [0, 1, 0]


def test_a_table_kept_for_the_queue_names_who_was_called(venue: Restaurant, clock: Clock) -> None:
    clock.now = at("19:00")
    joined = stand.join_queue(venue.public_id, DATE, 2, name="Quinn", by=HOST)
    clock.now = at("19:05")
    called = stand.call_party(joined.target, expected=version_of(joined.target), by=HOST)
    night = now_of(shot(venue))
    assert [(block.queued, block.queued_name) for block in night.blocks] == [
        (joined.target, "Quinn")
    ]
    check_film(venue, clock.now)
    clock.advance(seconds=5)
    stand.undo(called.token, by=HOST)
    assert now_of(shot(venue)).blocks == ()
    check_film(venue, clock.now)


def test_a_cancellation_gives_the_table_back(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    cancel_reservation(row.public_id, by=HOST)
    film = shot(venue)
    assert [night.figures.covers for night in (film.night(0), film.night(1))] == [2, 0]
    check_film(venue, clock.now)


def test_who_was_erased_has_no_name_in_the_past_either(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue, name="Ada")
    assert now_of(shot(venue)).parties[0].name == "Ada"
    assert "Ada" not in str(AuditEntry.objects.values_list("data", flat=True))
    type(row).objects.filter(pk=row.pk).update(guest_name="")
    assert now_of(shot(venue)).parties[0].name == ""


def test_deeds_of_before_anything_was_written_down_are_said_to_be_unknown(
    venue: Restaurant, clock: Clock
) -> None:
    row = booked(venue)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER audit_append_only")
        cursor.execute("UPDATE core_auditentry SET data = data - 'state'")
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER audit_append_only")
    film = shot(venue)
    assert film.evening(0).unknown == {row.public_id}
    assert film.night(0).parties == ()


def test_the_film_takes_the_same_queries_whatever_happened(venue: Restaurant, clock: Clock) -> None:
    booked(venue)
    shot(venue)
    with CaptureQueriesContext(
        connection,
    ) as few:
        film = shot(venue)
        film.night(0)
    for time in ("17:00", "18:00", "21:00"):
        row = booked(venue, time)
        stand.arrive(row.public_id, expected=fresh(row).version, by=HOST)
    with CaptureQueriesContext(connection) as many:
        film = shot(venue)
        for number in range(len(film.lines)):
            film.night(number)
    assert len(many) == len(few) == 6


def test_an_evening_without_anything_is_empty(venue: Restaurant) -> None:
    film = shot(venue)
    assert (film.lines, film.opens_at, film.night(0).parties) == ((), 0, ())


def test_nobody_has_two_parties_at_a_table_while_two_change_tables(
    venue: Restaurant, clock: Clock
) -> None:
    ada, bob = booked(venue, "19:00", 2, "Ada"), booked(venue, "19:00", 2, "Bob")
    put(venue, ada, "1")
    put(venue, bob, "2")
    stand.swap(
        ada.public_id,
        bob.public_id,
        expected=fresh(ada).version,
        other_expected=fresh(bob).version,
        by=HOST,
    )
    film = shot(venue)
    seats = [
        {party.name: party.table_labels for party in film.night(number).parties}
        for number in (3, 4, 5)
    ]
    assert seats == [
        {"Ada": ("1",), "Bob": ("2",)},
        {"Ada": ("2",), "Bob": ("1",)},
        {"Ada": ("2",), "Bob": ("1",)},
    ]
