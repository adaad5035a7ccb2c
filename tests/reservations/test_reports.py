"""Reports over small books made by hand: every number is what one counts with a finger."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext

from reservations.models import Reservation, ShiftServer, SourceRecord, TableClaim, VisitBill
from reservations.selectors.reports.covers import Attendance, covers_of
from reservations.selectors.reports.lead import Lead, lead_times_of
from reservations.selectors.reports.occupancy import Cell, occupancy_of
from reservations.selectors.reports.span import Span
from reservations.selectors.reports.turns import turns_of
from reservations.selectors.reports.yields import (
    by_service,
    revpash,
    seat_hours_of,
    yields_of,
)
from reservations.selectors.source_figures import figures_of_sources
from restaurants.models import DiningService, Restaurant, SpecialDay, TurnTime
from tests.factories import make_restaurant, make_service, make_tables
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db

FRIDAY, SATURDAY = dt.date(2025, 11, 7), dt.date(2025, 11, 8)
_codes = itertools.count(1)


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    venue = make_restaurant(zone="Europe/Paris", currency="EUR", average_spend=Decimal(40))
    lunch = {"first_seating": dt.time(12), "last_seating": dt.time(13)}
    make_service(venue, name="Lunch", **lunch)
    make_service(venue, name="Dinner", first_seating=dt.time(19), last_seating=dt.time(0))
    make_tables(venue, 2, 4)
    TurnTime.objects.create(restaurant=venue, up_to=99, minutes=120)
    return venue


def book(
    house: Restaurant,
    date: dt.date,
    time: str,
    size: int,
    status: str = "completed",
    *,
    ahead: dt.timedelta = dt.timedelta(days=2),
    sat: tuple[int, int] | None = None,
    table: str = "",
    bill: str = "",
    **more: Any,
) -> Reservation:
    """A booking; ``sat`` is how many minutes after its time the party sat down, and left."""
    hour, minute = map(int, time.split(":"))
    day = date if hour > 5 else date + dt.timedelta(days=1)
    starts = dt.datetime.combine(day, dt.time(hour, minute), tzinfo=house.tz)
    service = DiningService.objects.get(restaurant=house, name="Lunch" if hour == 12 else "Dinner")
    ends = starts.astimezone(dt.UTC) + dt.timedelta(hours=2)
    fields: dict[str, Any] = {"cancelled_at": starts} if status == "cancelled" else {}
    for name, after in zip(("seated_at", "left_at"), sat or (), strict=False):
        fields[name] = starts + dt.timedelta(minutes=after)
    row = Reservation.objects.create(
        restaurant=house,
        service=service,
        code=f"T-{next(_codes)}",
        service_date=date,
        starts_at=starts,
        ends_at=ends,
        party_size=size,
        status=status,
        currency=house.currency,
        created_at=starts - ahead,
        updated_at=starts,
        status_changed_at=starts,
        **(fields | more),
    )
    if table:
        TableClaim.objects.create(
            table=house.tables.get(label=table),
            restaurant=house,
            service_date=date,
            during=DateTimeTZRange(starts, ends),
            reservation=row,
            released_at=ends,
        )
    if bill:
        VisitBill.objects.create(reservation=row, total=Decimal(bill), at=ends)
    return row


def two_days(house: Restaurant) -> Span:
    return Span(house.pk, FRIDAY, SATURDAY)


# Covers and attendance


def test_covers_count_who_came_by_service_date_and_service(house: Restaurant) -> None:
    book(house, FRIDAY, "12:00", 2)
    book(house, FRIDAY, "19:00", 4)
    book(house, FRIDAY, "0:00", 3, channel="walk_in")
    book(house, SATURDAY, "19:00", 2, "confirmed")
    book(house, SATURDAY, "20:00", 5, "no_show")
    early = dt.datetime(2025, 11, 1, tzinfo=dt.UTC)
    book(house, SATURDAY, "21:00", 6, "cancelled", cancelled_at=early)
    book(house, SATURDAY, "21:00", 2, "cancelled")
    book(house, SATURDAY, "21:00", 8, "declined")
    book(house, SATURDAY, "21:00", 8, is_test=True)
    book(house, SATURDAY + dt.timedelta(days=1), "19:00", 9)
    found = covers_of(two_days(house))
    assert found.total == Attendance(7, 24, 4, 11, 3, 1, 5, 2, 8, 1, 2)
    assert {day: each.covers for day, each in found.by_day.items()} == {FRIDAY: 9, SATURDAY: 2}
    assert {name: each.covers for name, each in found.by_service.items()} == {
        "Lunch": 2,
        "Dinner": 9,
    }
    assert found.by_weekday[4].covers == 9
    assert found.cells[FRIDAY, "Dinner"].covers == 7
    assert found.total.no_show_rate == 1 / 5
    assert found.total.lost == 7 / 24
    assert found.total.average_party == 11 / 4


def test_a_book_with_nothing_in_it_is_all_zeros(house: Restaurant) -> None:
    span = two_days(house)
    assert covers_of(span).total == Attendance()
    assert occupancy_of(span).cells == {}
    assert turns_of(span).total.parties == 0
    assert lead_times_of(span).pickup == []
    assert yields_of(span).total.revenue == 0


def test_every_report_is_one_query(house: Restaurant) -> None:
    for date in (FRIDAY, SATURDAY):
        for time in ("12:00", "19:00", "20:00"):
            book(house, date, time, 2, sat=(5, 95))
    for report in (covers_of, turns_of, occupancy_of, lead_times_of, yields_of):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            report(two_days(house))
        assert len(queries) == 1, report


# Turn times


def test_turns_are_from_sitting_down_to_leaving_beside_the_plan(house: Restaurant) -> None:
    book(house, FRIDAY, "19:00", 2, sat=(0, 90))
    row = book(house, FRIDAY, "19:00", 2, sat=(10, 160))
    Reservation.objects.filter(pk=row.pk).update(arrived_at=row.starts_at)
    book(house, FRIDAY, "20:00", 4, sat=(0, 100))
    book(house, FRIDAY, "20:00", 4)
    book(house, FRIDAY, "20:00", 4, sat=(0, 5))
    book(house, FRIDAY, "20:00", 4, sat=(0, 900))
    found = turns_of(two_days(house))
    assert (found.total.parties, found.known) == (3, 6)
    assert found.by_size[0].actual == 120
    assert found.by_size[0].median == 120
    assert found.by_size[0].planned == 120
    assert found.by_size[0].over == 0.5
    assert found.by_size[0].wait == 10
    assert found.by_size[1].actual == 100
    assert found.by_size[1].wait is None
    assert found.cells["Dinner", 1].parties == 1


# Occupancy


def test_a_week_counts_guests_by_quarter_and_averages_over_dates(house: Restaurant) -> None:
    book(house, FRIDAY, "19:00", 2)
    book(house, FRIDAY, "20:00", 4, sat=(0, 30))
    book(house, FRIDAY - dt.timedelta(days=7), "20:00", 2)
    found = occupancy_of(Span(house.pk, FRIDAY - dt.timedelta(days=7), SATURDAY))
    assert (found.dates, found.seats) == ({4: 2}, 6)
    assert found.cells[4, 76] == Cell(1.0, 2)
    assert found.cells[4, 80] == Cell(4.0, 6)
    assert found.cells[4, 82] == Cell(2.0, 2)
    assert (4, 88) not in found.cells
    assert found.quarters == range(76, 88)


def test_after_midnight_belongs_to_the_evening_before(house: Restaurant) -> None:
    book(house, FRIDAY, "0:00", 3)
    found = occupancy_of(two_days(house))
    assert set(found.cells) == {(4, quarter) for quarter in range(96, 104)}


@pytest.mark.parametrize(
    ("date", "quarters"),
    [
        # Paris, 26 October 2025: two hours from 01:00 on end when it is 02:00 again.
        (dt.date(2025, 10, 25), [*range(100, 108)]),
        # Paris, 30 March 2025: 02:00 is 03:00, so two hours from 01:00 on end at 04:00.
        (dt.date(2025, 3, 29), [100, 101, 102, 103, 108, 109, 110, 111]),
    ],
)
def test_nights_on_which_clocks_change(
    house: Restaurant, date: dt.date, quarters: list[int]
) -> None:
    book(house, date, "1:00", 2)
    found = occupancy_of(Span(house.pk, date, date))
    assert sorted(quarter for _day, quarter in found.cells) == quarters
    assert {cell.guests for cell in found.cells.values()} == {2.0}


# Lead times


def test_lead_times_are_days_of_the_houses_calendar(house: Restaurant) -> None:
    book(house, FRIDAY, "19:00", 4, ahead=dt.timedelta(hours=5))
    book(house, FRIDAY, "19:00", 2, ahead=dt.timedelta(days=1))
    book(house, FRIDAY, "19:00", 2, ahead=dt.timedelta(days=10))
    book(house, FRIDAY, "19:00", 2, "no_show", ahead=dt.timedelta(days=10))
    book(house, FRIDAY, "19:00", 6, channel="walk_in", ahead=dt.timedelta(0))
    book(house, FRIDAY, "19:00", 6, "declined")
    found = lead_times_of(two_days(house))
    assert found.groups == {0: Lead(1, 4, 0), 1: Lead(1, 2, 0), 4: Lead(1, 2, 1)}
    assert found.groups[4].lost_rate == 0.5
    assert (found.covers, found.median, len(found.pickup)) == (8, 1, 31)
    assert [found.pickup[day] for day in (0, 1, 2, 10, 11)] == [1.0, 0.5, 0.25, 0.25, 0.0]


# Yield


def test_yield_takes_bills_and_estimates_the_rest(house: Restaurant) -> None:
    book(house, FRIDAY, "19:00", 2, bill="100.00", table="1", sat=(0, 60))
    book(house, FRIDAY, "19:00", 4, table="2")
    book(house, FRIDAY, "12:00", 2, "no_show", bill="99.00")
    found = yields_of(two_days(house))
    assert (found.total.parties, found.total.covers, found.total.billed_covers) == (2, 6, 2)
    assert found.total.revenue == Decimal(260)
    assert found.tables["1"].revenue == Decimal(100)
    assert (found.tables["1"].hours, found.tables["2"].hours) == (1.0, 2.0)
    assert found.rooms["Main room"].covers == 6
    assert found.servers == {}


def test_servers_are_told_apart_by_name_over_the_dates(house: Restaurant) -> None:
    for date, bill in ((FRIDAY, "30.00"), (SATURDAY, "50.00")):
        mia = ShiftServer.objects.create(
            restaurant=house, service_date=date, name="Mia", created_at=dt.datetime.now(dt.UTC)
        )
        book(house, date, "19:00", 2, bill=bill, server=mia)
    found = yields_of(two_days(house)).servers
    assert {name: (each.parties, each.revenue) for name, each in found.items()} == {
        "Mia": (2, Decimal(80))
    }


def test_tables_pushed_together_share_the_revenue_by_their_seats(house: Restaurant) -> None:
    row = book(house, FRIDAY, "19:00", 6, bill="90.00", table="1")
    claim = TableClaim.objects.get(reservation=row)
    TableClaim.objects.create(
        table=house.tables.get(label="2"),
        restaurant=house,
        service_date=FRIDAY,
        during=claim.during,
        reservation=row,
        released_at=claim.released_at,
    )
    found = yields_of(two_days(house))
    assert {label: each.revenue for label, each in found.tables.items()} == {
        "1": Decimal(30),
        "2": Decimal(60),
    }


def test_a_party_that_moved_counts_where_it_sat_last(house: Restaurant) -> None:
    row = book(house, FRIDAY, "19:00", 2, table="1")
    claim = TableClaim.objects.get(reservation=row)
    TableClaim.objects.create(
        table=house.tables.get(label="2"),
        restaurant=house,
        service_date=FRIDAY,
        during=claim.during,
        reservation=row,
        released_at=row.ends_at + dt.timedelta(minutes=1),
    )
    assert list(yields_of(two_days(house)).tables) == ["2"]


def test_seat_hours_are_seats_times_open_hours(house: Restaurant) -> None:
    hours = seat_hours_of(Span(house.pk, FRIDAY, FRIDAY))
    # Six seats: lunch from 12:00 to 13:00 and two hours, dinner from 19:00 to 24:00 and two hours.
    assert {each.service: each.hours for each in hours.values()} == {"Lunch": 18.0, "Dinner": 42.0}
    book(house, FRIDAY, "19:00", 2, bill="84.00")
    groups = by_service(yields_of(Span(house.pk, FRIDAY, FRIDAY)).days, hours)
    assert groups == {"Lunch": (Decimal(0), 18.0), "Dinner": (Decimal(84), 42.0)}
    assert revpash(*groups["Dinner"]) == Decimal(2)
    assert revpash(Decimal(1), 0.0) is None


def test_closed_hours_are_not_for_sale(house: Restaurant) -> None:
    SpecialDay.objects.create(restaurant=house, date=FRIDAY, is_closed=True)
    assert seat_hours_of(Span(house.pk, FRIDAY, FRIDAY)) == {}


# What they are compared with


def test_the_days_before_and_the_same_weeks_last_year() -> None:
    span = Span(1, FRIDAY, SATURDAY)
    assert (span.days, span.dates) == (2, [FRIDAY, SATURDAY])
    assert (span.before().first, span.before().last) == (dt.date(2025, 11, 5), dt.date(2025, 11, 6))
    assert span.last_year().first.weekday() == FRIDAY.weekday()
    assert span.last_year().first == dt.date(2024, 11, 8)


def test_sources_tell_their_commission(house: Restaurant) -> None:
    row = book(house, FRIDAY, "19:00", 2, source="thefork")
    SourceRecord.objects.create(
        restaurant=house,
        reservation=row,
        source="thefork",
        is_primary=True,
        commission=Decimal(4),
        partner_fee=Decimal(1),
        created_at=row.created_at,
        updated_at=row.created_at,
    )
    found = figures_of_sources(house.public_id, FRIDAY, SATURDAY)
    assert (found.total.commission, found.total.estimated_revenue) == (Decimal(5), Decimal(80))
