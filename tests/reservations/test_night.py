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
        service_date=DATE,
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
            service_date=DATE,
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
