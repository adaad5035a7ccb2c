"""A guest books on the pages what a platform told before: within a minute it is one table."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from core.models import AuditEntry
from notifications.models import Message
from reservations.engine.lifecycle import Status
from reservations.guests import Guest
from reservations.models import Reservation, SourceRecord
from reservations.partners import PartnerUpdate
from reservations.selectors.source_figures import figures_of_sources
from reservations.selectors.sources import View, Wanted, told_booking, told_bookings
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import HoldRequest, place_hold
from reservations.services.partner_updates import update_for_partner
from reservations.services.visit_joins import join_visits
from restaurants.models import Restaurant
from tests.factories import make_bella
from tests.fixtures.domain import Clock
from tests.reservations.partners import PARTNER, SATURDAY, book, claimed

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    return make_bella(deposit=None)


def book_here(
    house: Restaurant, time: str = "19:30", *, source: str = "website", **guest: Any
) -> Reservation:
    """As a guest books on the pages: hold, then confirm."""
    visitor = Guest.visitor(f"visitor {time} {guest}")
    request = HoldRequest(house.public_id, SATURDAY, time, 2, source=source)
    held = place_hold(request, visitor, by=visitor.actor)
    said = {"name": "John Doe", "email": "JOHN@example.com", "phone": ""} | guest
    done = confirm_hold(
        held.public_id, visitor, method=None, particulars=Particulars(**said), by=visitor.actor
    )
    return Reservation.objects.get(public_id=done.booking.public_id)


def test_the_platforms_booking_gives_way_to_the_guests_own(house: Restaurant) -> None:
    told, _ = book(house, external_id="OT_1")
    own = book_here(house)
    assert claimed() == 2
    assert join_visits() == 1
    assert (claimed(), join_visits()) == (1, 0)
    own.refresh_from_db()
    assert (own.status, own.source, own.party_size) == ("confirmed", "website", 2)
    gone = Reservation.objects.get(public_id=told.public_id)
    assert (gone.status, gone.merged_into) == ("cancelled", own)
    records = SourceRecord.objects.filter(reservation=own).order_by("-is_primary")
    assert [(each.source, each.is_primary) for each in records] == [
        ("website", True),
        ("opentable", False),
    ]
    assert not Message.objects.filter(kind="reservation_cancelled").exists()
    entry = AuditEntry.objects.get(verb="reservation.merged")
    assert (entry.target, entry.data["into"]) == (told.public_id, own.public_id)


def test_the_platforms_id_leads_to_the_guests_booking(house: Restaurant) -> None:
    told, _ = book(house, external_id="OT_1")
    own = book_here(house)
    join_visits()
    view = View(house.public_id, "opentable")
    assert told_booking(told.public_id, view).booking.public_id == own.public_id
    listed = told_bookings(view, Wanted(), limit=10).bookings
    assert [each.booking.public_id for each in listed] == [own.public_id]
    assert book(house, external_id="OT_1")[0].public_id == own.public_id
    update = PartnerUpdate(status=Status.CANCELLED)
    update_for_partner(told.public_id, update, view=view, by=PARTNER)
    own.refresh_from_db()
    assert own.status == "confirmed"
    figures = figures_of_sources(house.public_id, SATURDAY, SATURDAY)
    assert [(each.source, each.reservations, each.linked) for each in figures.sources] == [
        ("website", 1, 0),
        ("opentable", 0, 1),
    ]


@pytest.mark.parametrize(
    "own",
    [
        {"email": "ada@example.com"},
        {"time": "20:30"},
        {"source": "thefork"},
    ],
)
def test_another_guest_time_or_lesser_source_stays_apart(
    house: Restaurant, own: dict[str, Any]
) -> None:
    """The control: joining is no accident."""
    book(house)
    book_here(house, **own)
    assert (join_visits(), claimed()) == (0, 2)


def test_who_sits_already_is_left_alone(house: Restaurant) -> None:
    book(house)
    book_here(house)
    Reservation.objects.filter(source="opentable").update(status="seated")
    assert (join_visits(), claimed()) == (0, 2)


def test_the_past_is_left_alone(clock: Clock, house: Restaurant) -> None:
    book(house)
    book_here(house)
    clock.advance(days=7)
    assert clock.now.date() - SATURDAY > dt.timedelta(days=1)
    assert join_visits() == 0
