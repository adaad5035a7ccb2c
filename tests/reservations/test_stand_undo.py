"""Undo at the host stand: everything exactly as it was, or nothing and why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from core.actors import Actor, ActorKind
from core.errors import NotFound
from customers.models import Customer
from reservations.errors import (
    UndoImpossible,
)
from reservations.models import (
    NightNote,
    QueueEntry,
    Reservation,
    SectionTable,
    ShiftServer,
    TableBlock,
)
from reservations.selectors.evening import evening_of
from reservations.selectors.guest_figures import figures_of
from reservations.selectors.guest_profile import signals_of
from reservations.selectors.night import night_of
from reservations.selectors.reports.covers import Attendance, covers_of
from reservations.selectors.reports.span import Span
from reservations.selectors.source_figures import figures_of_sources
from reservations.services import stand
from reservations.services.stand import Undo, sweeps
from restaurants.models import Closure, PacingCap, Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import (
    DATE,
    HOST,
    at,
    booked,
    check_promises,
    claimed,
    fingerprint,
    fresh,
    ids,
    make_house,
    tables_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(db: None) -> Restaurant:
    """Five tables of a house in New York."""
    return make_house()


# Undo


def _arrive(row: Reservation, venue: Restaurant) -> Undo:
    return stand.arrive(row.public_id, expected=fresh(row).version, by=HOST)


def _seat(row: Reservation, venue: Restaurant) -> Undo:
    return stand.seat(row.public_id, expected=fresh(row).version, by=HOST)


def _seat_elsewhere(row: Reservation, venue: Restaurant) -> Undo:
    return stand.seat(row.public_id, expected=fresh(row).version, by=HOST, tables=ids(venue, "3"))


def _no_show(row: Reservation, venue: Restaurant) -> Undo:
    return stand.no_show(row.public_id, expected=fresh(row).version, by=HOST)


def _move(row: Reservation, venue: Restaurant) -> Undo:
    return stand.move(row.public_id, ids(venue, "4", "5"), expected=fresh(row).version, by=HOST)


def _merge(row: Reservation, venue: Restaurant) -> Undo:
    return stand.merge(row.public_id, ids(venue, "3")[0], expected=fresh(row).version, by=HOST)


def _extend(row: Reservation, venue: Restaurant) -> Undo:
    return stand.extend(row.public_id, expected=fresh(row).version, by=HOST)


def _resize(row: Reservation, venue: Restaurant) -> Undo:
    return stand.change_size(row.public_id, 6, expected=fresh(row).version, by=HOST)


def _retime(row: Reservation, venue: Restaurant) -> Undo:
    return stand.change_time(row.public_id, at("21:00"), expected=fresh(row).version, by=HOST)


def _block(row: Reservation, venue: Restaurant) -> Undo:
    return stand.block(
        venue.public_id, DATE, ids(venue, "4", "5"), at("19:00"), at("20:00"), by=HOST
    )


def _pause(row: Reservation, venue: Restaurant) -> Undo:
    return stand.pause_online(venue.public_id, DATE, by=HOST)


def _cap(row: Reservation, venue: Restaurant) -> Undo:
    return stand.cap_next_hour(venue.public_id, DATE, 2, by=HOST)


def _note(row: Reservation, venue: Restaurant) -> Undo:
    return stand.write_note(venue.public_id, DATE, "86 fish", by=HOST)


def _shift(row: Reservation, venue: Restaurant) -> Undo:
    return stand.put_on_shift(venue.public_id, DATE, "Anna", by=HOST)


EVERY = [
    _arrive,
    _seat,
    _seat_elsewhere,
    _no_show,
    _move,
    _merge,
    _extend,
    _resize,
    _retime,
    _block,
    _pause,
    _cap,
    _note,
    _shift,
]


@pytest.mark.parametrize("action", EVERY)
def test_undo_restores_every_row_exactly(
    venue: Restaurant, clock: Clock, action: Callable[[Reservation, Restaurant], Undo]
) -> None:
    venue.services.update(slot_covers=8)
    row = booked(venue)
    clock.now = at("19:03") + dt.timedelta(microseconds=123_457)
    stand.write_note(venue.public_id, DATE, "before", by=HOST, service=row.service_id)
    booked(venue, "21:00", name="Bea")
    before, seen = fingerprint(), fresh(row).version
    done = action(row, venue)
    assert fingerprint() != before
    clock.advance(seconds=10)
    assert stand.undo(done.token, by=HOST) == done.said
    assert fingerprint() == before
    assert fresh(row).version >= seen
    assert stand.undo(done.token, by=HOST) == done.said
    assert fingerprint() == before
    check_promises()


@pytest.mark.parametrize("last", ["check_dropped", "paid", "completed"])
def test_undo_restores_the_steps_at_the_table(venue: Restaurant, clock: Clock, last: str) -> None:
    row = booked(venue)
    clock.now = at("19:03")
    while fresh(row).status != last:
        before = fingerprint()
        done = stand.next_state(row.public_id, expected=fresh(row).version, by=HOST)
    stand.undo(done.token, by=HOST)
    assert fingerprint() == before
    check_promises()


def test_undo_of_a_swap(venue: Restaurant, clock: Clock) -> None:
    row, other = booked(venue), booked(venue, "18:30", name="Bea")
    before = fingerprint()
    done = stand.swap(
        row.public_id,
        other.public_id,
        expected=fresh(row).version,
        other_expected=fresh(other).version,
        by=HOST,
    )
    stand.undo(done.token, by=HOST)
    assert fingerprint() == before


def test_undo_of_a_walk_in_cancels_it(venue: Restaurant, clock: Clock) -> None:
    clock.now = at("19:00")
    done = stand.walk_in(venue.public_id, DATE, 2, by=HOST)
    stand.undo(done.token, by=HOST)
    row = Reservation.objects.get()
    assert (row.status, tables_of(row)) == ("cancelled", [])
    check_promises()


def _regular(venue: Restaurant) -> Customer:
    """A guest whom the walk-in turned out to be."""
    guest = Customer.objects.create(organization=venue.organization, name="Ada")
    Reservation.objects.update(customer=guest)
    return guest


@pytest.mark.parametrize("is_queued", [False, True])
def test_a_walk_in_that_was_undone_never_happened_for_any_figure(
    is_queued: bool, venue: Restaurant, clock: Clock
) -> None:
    clock.now = at("19:00")
    if is_queued:
        waits = stand.join_queue(venue.public_id, DATE, 2, name="Ada", by=HOST).target
        version = QueueEntry.objects.get(public_id=waits).version
        done = stand.seat_queued(waits, expected=version, by=HOST)
    else:
        done = stand.walk_in(venue.public_id, DATE, 2, by=HOST)
    stand.undo(done.token, by=HOST)
    guest = _regular(venue)
    assert covers_of(Span(venue.pk, DATE, DATE)).total == Attendance()
    assert figures_of_sources(venue.public_id, DATE, DATE).total.reservations == 0
    assert evening_of(venue, DATE, now=clock.now).parties == []
    assert signals_of([guest.pk], now=clock.now) == {}
    assert figures_of(guest, now=clock.now).bookings == 0
    assert night_of(venue.pk, DATE, clock.now).figures.cancelled == 0


def test_undo_is_over_after_ten_seconds(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    done = _arrive(row, venue)
    clock.advance(seconds=10, microseconds=1)
    with pytest.raises(UndoImpossible, match="More than ten seconds"):
        stand.undo(done.token, by=HOST)
    assert fresh(row).status == "arrived"


def test_undo_is_refused_when_somebody_changed_it_since(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    clock.now = at("19:00")
    first = _arrive(row, venue)
    _seat(row, venue)
    with pytest.raises(UndoImpossible, match="Ada was changed by Hanna Host at 19:00"):
        stand.undo(first.token, by=HOST)
    assert fresh(row).status == "seated"


def test_undo_is_refused_when_the_table_is_somebody_elses_now(
    venue: Restaurant, clock: Clock
) -> None:
    row = booked(venue)
    clock.now = at("19:10")
    done = _no_show(row, venue)
    stand.walk_in(venue.public_id, DATE, 2, by=HOST, name="Bea")
    before = fingerprint()
    with pytest.raises(UndoImpossible, match="Table 1 has been given to Bea meanwhile"):
        stand.undo(done.token, by=HOST)
    assert fingerprint() == before
    check_promises()


def test_undo_is_refused_when_the_limit_is_used_up_since(venue: Restaurant, clock: Clock) -> None:
    venue.services.update(slot_covers=2)
    row = booked(venue)
    clock.now = at("19:10")
    done = _no_show(row, venue)
    stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, "2"))
    before = fingerprint()
    with pytest.raises(UndoImpossible, match="Somebody else has taken the place"):
        stand.undo(done.token, by=HOST)
    assert fingerprint() == before


def test_nobody_undoes_at_another_house(venue: Restaurant, clock: Clock) -> None:
    done = _arrive(booked(venue), venue)
    with pytest.raises(NotFound):
        stand.undo(done.token, by=HOST, restaurant="rest_other")


# What others have done meanwhile

BEA = Actor(ActorKind.STAFF, "user_bea", "Bea Boss")


def _on(venue: Restaurant, name: str, by: Actor = HOST) -> tuple[str, Undo]:
    done = stand.put_on_shift(venue.public_id, DATE, name, by=by)
    return done.target, done


def _refused(done: Undo, match: str) -> None:
    """It cannot be undone, and nothing has happened."""
    before = fingerprint()
    with pytest.raises(UndoImpossible, match=match):
        stand.undo(done.token, by=HOST)
    # What the database would refuse at the end is refused at once.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert fingerprint() == before


def sections(venue: Restaurant) -> set[tuple[str, str]]:
    """Who has which table."""
    rows = SectionTable.objects.filter(restaurant=venue)
    return set(rows.values_list("server__name", "table__label"))


def test_a_shift_stays_once_the_person_has_tables(venue: Restaurant, clock: Clock) -> None:
    anna, done = _on(venue, "Anna")
    given = stand.give_section(anna, ids(venue, "1"), by=BEA)
    _refused(done, "Anna has tables or parties by now")
    stand.undo(given.token, by=BEA)
    stand.undo(done.token, by=HOST)
    assert not ShiftServer.objects.exists()


def test_a_shift_stays_once_the_person_has_a_party(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    anna, done = _on(venue, "Anna")
    stand.assign_server(row.public_id, anna, expected=fresh(row).version, by=BEA)
    _refused(done, "Anna has tables or parties by now")
    server = fresh(row).server
    assert server is not None
    assert server.name == "Anna"


def test_a_party_does_not_come_back_to_who_is_not_on_any_more(
    venue: Restaurant, clock: Clock
) -> None:
    row = booked(venue)
    anna, done = _on(venue, "Anna")
    stand.assign_server(row.public_id, anna, expected=fresh(row).version, by=HOST)
    last = stand.assign_server(row.public_id, None, expected=fresh(row).version, by=HOST)
    stand.undo(done.token, by=HOST)
    _refused(last, "What was there before cannot come back")
    assert fresh(row).server is None
    assert not ShiftServer.objects.exists()


def test_a_cut_made_meanwhile_keeps_the_shift(venue: Restaurant, clock: Clock) -> None:
    anna, done = _on(venue, "Anna")
    cut = stand.cut(anna, by=BEA)
    _refused(done, "Bea Boss has changed this since, at 12:00")
    stand.undo(cut.token, by=BEA)
    stand.undo(done.token, by=HOST)
    assert not ShiftServer.objects.exists()


def test_a_table_given_on_does_not_come_back(venue: Restaurant, clock: Clock) -> None:
    anna, bob, carl = (_on(venue, name)[0] for name in ("Anna", "Bob", "Carl"))
    stand.give_section(carl, ids(venue, "1"), by=HOST)
    done = stand.give_section(anna, ids(venue, "1"), by=HOST)
    given = stand.give_section(bob, ids(venue, "1"), by=BEA)
    _refused(done, "Bea Boss has changed this since")
    assert sections(venue) == {("Bob", "1")}
    stand.undo(given.token, by=BEA)
    stand.undo(done.token, by=HOST)
    assert sections(venue) == {("Carl", "1")}


def test_sections_of_two_hosts_are_not_mixed(venue: Restaurant, clock: Clock) -> None:
    anna, carl = _on(venue, "Anna")[0], _on(venue, "Carl")[0]
    stand.give_section(anna, ids(venue, "1"), by=HOST)
    done = stand.give_section(anna, ids(venue, "2"), by=HOST)
    other = stand.give_section(carl, ids(venue, "4"), by=BEA)
    stand.give_section(anna, ids(venue, "3"), by=BEA)
    _refused(done, "Bea Boss has changed this since")
    assert sections(venue) == {("Anna", "3"), ("Carl", "4")}
    # Another person's section is none of it.
    stand.undo(other.token, by=BEA)
    emptied = stand.give_section(anna, [], by=HOST)
    stand.give_section(anna, ids(venue, "5"), by=BEA)
    _refused(emptied, "Bea Boss has changed this since")
    taken = stand.give_section(carl, ids(venue, "5"), by=HOST)
    stand.give_section(anna, ids(venue, "4"), by=BEA)
    _refused(taken, "Bea Boss has changed this since")


def test_a_note_somebody_wrote_meanwhile_is_not_lost(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    first = stand.write_note(venue.public_id, DATE, "86 fish", by=HOST)
    stand.write_note(venue.public_id, DATE, "Of the service", by=BEA, service=row.service_id)
    again = stand.write_note(venue.public_id, DATE, "86 oysters", by=BEA)
    _refused(first, "Bea Boss has changed this since, at 12:00")
    stand.undo(again.token, by=BEA)
    stand.undo(first.token, by=HOST)
    assert list(NightNote.objects.values_list("text", flat=True)) == ["Of the service"]


def test_there_is_one_cap_however_many_are_undone(venue: Restaurant, clock: Clock) -> None:
    booked(venue)
    stand.cap_next_hour(venue.public_id, DATE, 10, by=HOST)
    done = stand.cap_next_hour(venue.public_id, DATE, 8, by=HOST)
    last = stand.cap_next_hour(venue.public_id, DATE, 20, by=BEA)
    _refused(done, "Bea Boss has changed this since")
    assert PacingCap.objects.get().covers == 20
    stand.undo(last.token, by=BEA)
    stand.undo(done.token, by=HOST)
    assert PacingCap.objects.get().covers == 10


def test_there_is_one_pause_however_many_are_undone(venue: Restaurant, clock: Clock) -> None:
    stand.pause_online(venue.public_id, DATE, by=HOST)
    done = stand.resume_online(venue.public_id, DATE, by=HOST)
    until = clock.now + dt.timedelta(hours=1)
    stand.pause_online(venue.public_id, DATE, until=until, by=BEA)
    _refused(done, "Bea Boss has changed this since")
    assert Closure.objects.get().ends_at == until


def test_a_pause_of_another_date_is_none_of_it(venue: Restaurant, clock: Clock) -> None:
    stand.pause_online(venue.public_id, DATE, by=HOST)
    done = stand.resume_online(venue.public_id, DATE, by=HOST)
    stand.pause_online(venue.public_id, DATE + dt.timedelta(days=1), by=BEA)
    stand.undo(done.token, by=HOST)
    assert Closure.objects.count() == 2


def test_a_table_in_use_again_stays_so(venue: Restaurant, clock: Clock) -> None:
    tables = ids(venue, "4")
    done = stand.block(venue.public_id, DATE, tables, at("19:00"), at("20:00"), by=HOST)
    ended = stand.unblock(TableBlock.objects.get().public_id, by=BEA)
    _refused(done, "Bea Boss has changed this since")
    stand.undo(ended.token, by=BEA)
    stand.undo(done.token, by=HOST)
    assert not TableBlock.objects.exists()


def test_a_block_whose_time_ran_out_can_be_undone(venue: Restaurant, clock: Clock) -> None:
    clock.now = at("19:00")
    tables, until = ids(venue, "4"), at("19:00") + dt.timedelta(seconds=5)
    before = fingerprint()
    done = stand.block(venue.public_id, DATE, tables, at("18:00"), until, by=HOST)
    clock.advance(seconds=6)
    assert sweeps.end_clearing() == 1
    stand.undo(done.token, by=HOST)
    assert fingerprint() == before


def test_a_number_that_waits_again_keeps_the_queue_as_it_is(
    venue: Restaurant, clock: Clock
) -> None:
    clock.now = at("19:00")
    joined: dict[str, Any] = {"name": "Ada", "phone": "+12125550177", "by": HOST}
    first = stand.join_queue(venue.public_id, DATE, 2, **joined)
    left = stand.leave_queue(first.target, expected=None, by=HOST)
    again = stand.join_queue(venue.public_id, DATE, 2, **joined)
    _refused(left, "What was there before cannot come back")
    waits = dict(QueueEntry.objects.values_list("public_id", "status"))
    assert waits == {first.target: "left", again.target: "waiting"}


# What the sweeps have written meanwhile


def test_a_party_that_stays_on_keeps_its_time(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    clock.now = at("19:00")
    _seat(row, venue)
    clock.now = at("21:10")
    done = stand.next_state(row.public_id, expected=fresh(row).version, by=HOST)
    clock.advance(seconds=2)
    assert sweeps.extend_overstays() == 1
    assert claimed(row) == [("19:00", "21:25")]
    stand.undo(done.token, by=HOST)
    assert (fresh(row).status, claimed(row)) == ("seated", [("19:00", "21:25")])


def test_a_late_mark_stays(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    clock.now = at("19:10") + dt.timedelta(seconds=58)
    done = _resize(row, venue)
    clock.now = at("19:11")
    assert sweeps.mark_late() == 1
    stand.undo(done.token, by=HOST)
    assert (fresh(row).marked_late_at, fresh(row).party_size) == (at("19:11"), 2)


def test_a_late_mark_comes_back_with_the_time_it_was_of(venue: Restaurant, clock: Clock) -> None:
    row = booked(venue)
    clock.now = at("19:12")
    assert sweeps.mark_late() == 1
    done = _retime(row, venue)
    assert fresh(row).marked_late_at is None
    stand.undo(done.token, by=HOST)
    assert fresh(row).marked_late_at == at("19:12")
