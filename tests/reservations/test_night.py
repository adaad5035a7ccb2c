"""The night of a house: what it shows, and that reading it costs the same however full it is."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from reservations.engine.lifecycle import Status
from reservations.engine.stand import AlertKind, TableState
from reservations.models import NightNote, Reservation, TableClaim
from reservations.selectors.night import Night, night_of
from reservations.selectors.queue import queue_of
from restaurants.models import Restaurant
from tests import factories
from tests.fixtures.domain import NOON, Clock

pytestmark = pytest.mark.django_db

DATE = NOON.date()
SEVEN = dt.datetime(2025, 11, 11, 0, 0, tzinfo=dt.UTC)
"""19:00 in New York on the date of the clock."""


def make_party(
    venue: Restaurant,
    *tables: int,
    date: dt.date = DATE,
    at: dt.datetime = SEVEN,
    minutes: int = 120,
    size: int = 2,
    status: str = "confirmed",
    **fields: Any,
) -> Reservation:
    """A party in the book, with live claims on tables by position; no counters."""
    number = Reservation.objects.count() + 1
    row = Reservation.objects.create(
        code=f"N-{number}",
        restaurant=venue,
        service=venue.services.get(),
        service_date=date,
        starts_at=at,
        ends_at=at + dt.timedelta(minutes=minutes),
        party_size=size,
        status=status,
        guest_name=fields.pop("name", f"Guest {number}"),
        currency="USD",
        created_at=NOON,
        updated_at=NOON,
        status_changed_at=NOON,
        **fields,
    )
    floor = list(venue.tables.order_by("id"))
    for index in tables:
        TableClaim.objects.create(
            table=floor[index],
            restaurant=venue,
            service_date=date,
            during=(row.starts_at, row.ends_at),
            reservation=row,
        )
    return row


def read(venue: Restaurant, clock: Clock) -> Night:
    """The night of the date as the stand would show it now."""
    return night_of(venue.pk, DATE, clock.now)


def test_a_quiet_night_has_free_tables_and_says_where_to_sit(
    bella: Restaurant, clock: Clock
) -> None:
    clock.set("2025-11-10T18:30-05:00")
    night = read(bella, clock)
    assert {table.state for table in night.tables} == {TableState.FREE}
    quote = night.quote(2)
    assert (quote.is_yes, quote.until, quote.minutes) == (True, None, 120)
    assert night.alerts == ()
    assert night.labels(quote.table_ids) == ("1",)


def test_states_follow_from_claims_and_from_who_sits(bella: Restaurant, clock: Clock) -> None:
    make_party(bella, 0)
    make_party(bella, 1, at=SEVEN - dt.timedelta(minutes=30), status="seated", seated_at=SEVEN)
    make_party(bella, 2, at=SEVEN + dt.timedelta(minutes=20))
    clock.now = SEVEN
    night = read(bella, clock)
    assert [table.state for table in night.tables[:4]] == [
        TableState.HELD,
        TableState.OCCUPIED,
        TableState.SOON,
        TableState.FREE,
    ]
    assert night.figures.covers == 6
    assert (night.figures.seated, night.figures.to_come) == (2, 4)


def lunch(venue: Restaurant, table: int, date: dt.date) -> Reservation:
    """Noon on that date, by New York's clocks."""
    noon = dt.datetime.combine(date, dt.time(17), tzinfo=dt.UTC)
    return make_party(venue, table, date=date, at=noon)


def test_what_begins_on_another_date_is_not_of_the_night(bella: Restaurant, clock: Clock) -> None:
    tomorrow = DATE + dt.timedelta(days=1)
    bella.services.update(first_seating=dt.time(18), last_seating=dt.time(22))
    tables = bella.tables.count()
    for table in range(tables):
        lunch(bella, table, tomorrow)
    clock.set("2025-11-10T10:12-05:00")
    night = read(bella, clock)
    assert {(table.state, table.next_at, table.next_id) for table in night.tables} == {
        (TableState.FREE, None, None)
    }
    assert (night.quote(2).is_yes, night.quote(2).until) == (True, None)
    assert queue_of(night).seat_now(2).until is None
    # On its own date it counts, and so does what staff booked outside of any service.
    late = make_party(bella, 0, at=SEVEN + dt.timedelta(hours=9, minutes=30))
    night = read(bella, clock)
    assert {table.next_id for table in night.tables} == {late.pk, None}
    clock.set("2025-11-11T10:12-05:00")
    following = night_of(bella.pk, tomorrow, clock.now)
    assert None not in {table.next_id for table in following.tables}
    assert following.quote(2).until is not None


def test_another_dates_floor_shows_nothing_of_this_moment(bella: Restaurant, clock: Clock) -> None:
    bella.services.update(first_seating=dt.time(11), last_seating=dt.time(22))
    sat = make_party(bella, 0, at=NOON, status="seated", seated_at=NOON)
    clock.now = NOON + dt.timedelta(minutes=30)
    assert read(bella, clock).tables[0].state is TableState.OCCUPIED
    for days in (-1, 1):
        other = night_of(bella.pk, DATE + dt.timedelta(days=days), clock.now)
        assert {(table.state, table.waiting_id) for table in other.tables} == {
            (TableState.FREE, None)
        }
    # Who still sits when the next date has begun has the table, on both dates.
    Reservation.objects.filter(pk=sat.pk).update(ends_at=SEVEN + dt.timedelta(hours=12))
    sat.claims.update(during=(NOON, SEVEN + dt.timedelta(hours=12)))
    clock.now = SEVEN + dt.timedelta(hours=11)
    following = night_of(bella.pk, DATE + dt.timedelta(days=1), clock.now)
    assert following.tables[0].state is TableState.HELD


def test_alerts_name_who_needs_attention(bella: Restaurant, clock: Clock) -> None:
    late = make_party(bella, 0, at=SEVEN - dt.timedelta(minutes=15))
    over = make_party(
        bella, 1, at=SEVEN - dt.timedelta(hours=3), status="seated", seated_at=NOON, minutes=120
    )
    waiting = make_party(bella, 1, at=SEVEN - dt.timedelta(minutes=5), status="arrived")
    nut = make_party(bella, 2, status="arrived", allergens=["nuts"])
    nowhere = make_party(bella, at=SEVEN + dt.timedelta(hours=1))
    known = Customer.objects.create(organization=bella.organization, name="V", tags=["VIP"])
    vip = make_party(bella, 3, at=SEVEN + dt.timedelta(minutes=10), customer=known)
    clock.now = SEVEN
    found = {(alert.kind, alert.party_id, alert.minutes) for alert in read(bella, clock).alerts}
    assert found == {
        (AlertKind.LATE, late.pk, 15),
        (AlertKind.OVERSTAY, over.pk, 5),
        (AlertKind.CONFLICT, waiting.pk, 5),
        (AlertKind.ALLERGY, nut.pk, 0),
        (AlertKind.UNASSIGNED, nowhere.pk, 0),
        (AlertKind.VIP_SOON, vip.pk, 10),
    }


def test_notes_and_visits_are_read(bella: Restaurant, clock: Clock) -> None:
    known = Customer.objects.create(organization=bella.organization, name="Ada", notes="Booth")
    make_party(bella, status="completed", at=SEVEN - dt.timedelta(days=7), customer=known)
    row = make_party(bella, 0, customer=known)
    NightNote.objects.create(restaurant=bella, service_date=DATE, text="86 fish", updated_at=NOON)
    party = read(bella, clock).party(row.public_id)
    assert party is not None
    assert (party.visits, party.notes, party.is_first_visit) == (1, "Booth", False)
    assert [note.text for note in read(bella, clock).notes] == ["86 fish"]


def test_a_party_that_was_cancelled_keeps_no_table(bella: Restaurant, clock: Clock) -> None:
    row = make_party(bella, status="cancelled", cancelled_at=NOON)
    night = read(bella, clock)
    assert night.by_id[row.pk].status is Status.CANCELLED
    assert (night.figures.covers, night.figures.cancelled) == (0, 2)
    assert [party.id for party in night.in_tab("done")] == [row.pk]


@pytest.mark.parametrize(("tables", "parties"), [(4, 4), (120, 400)])
def test_a_full_night_takes_no_more_queries_than_a_quiet_one(
    clock: Clock, tables: int, parties: int
) -> None:
    venue = factories.make_bella(tables=tables)
    opens = SEVEN - dt.timedelta(hours=8)
    for number in range(parties):
        make_party(
            venue, number % tables, at=opens + dt.timedelta(minutes=130 * (number // tables))
        )
    clock.now = SEVEN
    read(venue, clock)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        began = time.perf_counter()
        night = read(venue, clock)
        night.quote(2)
        took = time.perf_counter() - began
    print(f"{tables} tables, {parties} parties: {took * 1000:.0f} ms")
    assert len(night.parties) == parties
    assert len(asked) == 7
