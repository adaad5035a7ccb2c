"""What sources say later: who may change a booking, in which order, and when it is over."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from core.models import AuditEntry
from reservations.engine.lifecycle import Status
from reservations.errors import NotChangeable, ReservationNotFound, SlotUnavailable
from reservations.models import Reservation, SourceRecord
from reservations.partners import PartnerUpdate
from reservations.selectors.sources import View
from reservations.services.partner_updates import update_for_partner
from reservations.services.partner_upkeep import sweep_tests
from restaurants.models import Restaurant
from tests.factories import make_bella
from tests.fixtures.domain import Clock
from tests.reservations.partners import PARTNER, SATURDAY, book, claimed, only

pytestmark = pytest.mark.django_db

EARLY = dt.datetime(2025, 11, 10, 10, 0, tzinfo=dt.UTC)
LATE = dt.datetime(2025, 11, 10, 11, 0, tzinfo=dt.UTC)


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    return make_bella(deposit=None)


def say(house: Restaurant, source: str = "opentable", *, speaks: str = "", **what: Any) -> bool:
    """An update of the one booking there is, by a source (empty is the house)."""
    return update_for_partner(
        only().public_id,
        PartnerUpdate(**what),
        view=View(house.public_id, source),
        source=speaks,
        by=PARTNER,
    )


def test_the_first_source_moves_renames_and_explains(house: Restaurant) -> None:
    book(house, external_id="OT_1")
    assert say(
        house,
        time="20:00",
        service_date=SATURDAY + dt.timedelta(days=1),
        party_size=2,
        name="John Smith",
        phone="212 555 0143",
        special_requests="Window",
        metadata={"commission": 3},
    )
    row, record = only(), SourceRecord.objects.get()
    assert (row.service_date, row.party_size, row.guest_name, row.guest_phone) == (
        dt.date(2025, 11, 16),
        2,
        "John Smith",
        "+12125550143",
    )
    assert (row.special_requests, row.guest_email) == ("Window", "john@example.com")
    assert (record.time, record.party_size, record.metadata) == ("20:00", 2, {"commission": 3})
    assert claimed() == 1


def test_a_refused_change_leaves_everything(clock: Clock) -> None:
    house = make_bella(tables=1, deposit=None)
    book(house, "thefork", email="ada@example.com", phone="", time="21:00")
    other = only()
    book(house)
    with pytest.raises(SlotUnavailable):
        update_for_partner(
            Reservation.objects.exclude(pk=other.pk).get().public_id,
            PartnerUpdate(time="21:00", name="Somebody"),
            view=View(house.public_id, "opentable"),
            by=PARTNER,
        )
    row = Reservation.objects.exclude(pk=other.pk).get()
    record = SourceRecord.objects.get(reservation=row)
    assert (row.guest_name, record.guest_name, record.time) == ("John Doe", "John Doe", "19:00")


def test_another_source_changes_its_own_record_only(house: Restaurant) -> None:
    book(house, "direct")
    book(house, "resy", external_id="R1")
    assert say(house, "resy", time="21:00", party_size=8, name="Somebody", status=Status.CANCELLED)
    row, record = only(), SourceRecord.objects.get(source="resy")
    assert (row.status, row.party_size, row.guest_name) == ("confirmed", 4, "John Doe")
    assert (record.status, record.party_size, record.guest_name) == ("cancelled", 8, "Somebody")
    assert AuditEntry.objects.filter(verb="reservation.source_updated").count() == 1


def test_a_source_that_told_nothing_finds_nothing(house: Restaurant) -> None:
    book(house)
    with pytest.raises(ReservationNotFound):
        say(house, "resy", status=Status.CANCELLED)
    assert only().status == "confirmed"


def test_when_the_first_source_cancels_the_next_one_stands_in(house: Restaurant) -> None:
    book(house, "opentable", external_id="OT_1")
    book(house, "thefork", external_id="F1", name="From TheFork")
    book(house, "resy", external_id="R1", name="From Resy")
    say(house, "opentable", status=Status.CANCELLED)
    assert (only().status, only().source, only().external_id, only().guest_name) == (
        "confirmed",
        "resy",
        "R1",
        "From Resy",
    )
    say(house, "resy", status=Status.CANCELLED)
    assert (only().status, only().source, claimed()) == ("confirmed", "thefork", 1)
    say(house, "thefork", status=Status.CANCELLED)
    assert (only().status, claimed()) == ("cancelled", 0)
    assert say(house, "thefork", status=Status.CANCELLED)


def test_the_house_ends_it_for_every_source(house: Restaurant) -> None:
    book(house, "opentable")
    book(house, "resy")
    say(house, "", status=Status.CANCELLED)
    assert (only().status, claimed()) == ("cancelled", 0)


def test_the_house_may_speak_for_a_source(house: Restaurant) -> None:
    book(house, "opentable")
    book(house, "resy")
    say(house, "", speaks="opentable", status=Status.CANCELLED)
    assert (only().status, only().source) == ("confirmed", "resy")


def test_what_is_older_than_the_last_word_is_out_of_date(house: Restaurant) -> None:
    book(house)
    assert say(house, party_size=3, told_at=LATE)
    assert not say(house, party_size=2, told_at=EARLY)
    assert only().party_size == 3
    assert say(house, party_size=3, told_at=LATE)
    assert say(house, party_size=2)


@pytest.mark.parametrize(
    ("at", "before", "to", "after"),
    [
        ("2025-11-10T12:00:00-05:00", "pending", Status.CONFIRMED, "confirmed"),
        ("2025-11-10T12:00:00-05:00", "confirmed", Status.CONFIRMED, "confirmed"),
        ("2025-11-10T12:00:00-05:00", "pending", Status.PENDING, "pending"),
        ("2025-11-15T21:00:00-05:00", "confirmed", Status.COMPLETED, "completed"),
        ("2025-11-15T21:00:00-05:00", "seated", Status.COMPLETED, "completed"),
        ("2025-11-15T21:00:00-05:00", "seated", Status.CONFIRMED, "seated"),
    ],
)
def test_steps_a_source_may_report(
    clock: Clock, house: Restaurant, at: str, before: str, to: Status, after: str
) -> None:
    book(house)
    Reservation.objects.update(status=before)
    clock.set(at)
    say(house, status=to)
    assert only().status == after


@pytest.mark.parametrize(
    ("before", "to"),
    [
        ("confirmed", Status.COMPLETED),
        ("pending", Status.COMPLETED),
        ("confirmed", Status.PENDING),
        ("no_show", Status.CONFIRMED),
        ("declined", Status.PENDING),
    ],
)
def test_steps_it_may_not(house: Restaurant, before: str, to: Status) -> None:
    book(house)
    Reservation.objects.update(status=before)
    with pytest.raises(NotChangeable):
        say(house, status=to)
    assert only().status == before


def test_test_bookings_give_their_tables_back_after_a_day(clock: Clock, house: Restaurant) -> None:
    book(house, is_test=True)
    book(house, email="ada@example.com", phone="")
    clock.advance(hours=23)
    assert sweep_tests() == 0
    clock.advance(hours=2)
    assert sweep_tests() == 1
    assert (claimed(), sweep_tests()) == (1, 0)
    assert Reservation.objects.get(is_test=True).status == "cancelled"
