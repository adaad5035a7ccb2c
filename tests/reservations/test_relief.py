"""Somebody goes home: another one takes over their parties and tables, exactly undone."""

from __future__ import annotations

import pytest

from core.errors import Invalid
from core.models import AuditEntry
from reservations.errors import StaleNight
from reservations.models import SectionTable, ShiftServer
from reservations.services import stand
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.stand import (
    DATE,
    HOST,
    at,
    booked,
    check_film,
    fingerprint,
    fresh,
    ids,
    make_house,
    read,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(db: None, clock: Clock) -> Restaurant:
    found = make_house()
    clock.now = at("18:55")
    return found


def on(venue: Restaurant, name: str) -> str:
    return stand.put_on_shift(venue.public_id, DATE, name, by=HOST).target


def test_parties_and_tables_go_to_another(venue: Restaurant, clock: Clock) -> None:
    anna, bob = on(venue, "Anna"), on(venue, "Bob")
    stand.give_section(anna, ids(venue, "1", "2"), by=HOST)
    stand.give_section(bob, ids(venue, "3"), by=HOST)
    sits = stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, "1"), server=anna)
    left = stand.walk_in(venue.public_id, DATE, 2, by=HOST, tables=ids(venue, "2"), server=anna)
    stand.leave(left.target, expected=left.version or 0, by=HOST)
    comes = fresh(booked(venue, "21:00"))
    stand.assign_server(comes.public_id, anna, expected=comes.version, by=HOST)
    before = fingerprint()

    done = stand.relieve(anna, bob, by=HOST)

    assert done.said == "Bob takes over from Anna"
    served = {str(row.guest_name): row.server for row in (fresh(comes),)}
    assert served["Ada"] is not None
    assert served["Ada"].name == "Bob"
    rows = {row.public_id: row for row in ShiftServer.objects.all()}
    assert [row.name for row in rows.values() if row.cut_at] == ["Anna"]
    assert set(SectionTable.objects.values_list("server__name", "table__label")) == {
        ("Bob", "1"),
        ("Bob", "2"),
        ("Bob", "3"),
    }
    names = dict(
        rows[bob].restaurant.reservations.values_list("public_id", "server__name").order_by()
    )
    assert names == {comes.public_id: "Bob", sits.target: "Bob", left.target: "Anna"}
    entry = AuditEntry.objects.get(verb="server.relieved")
    assert (entry.data["name"], entry.data["successor"], entry.data["parties"]) == (
        "Anna",
        "Bob",
        2,
    )

    check_film(venue, clock.now)
    stand.undo(done.token, by=HOST)
    assert fingerprint() == before
    check_film(venue, clock.now)


def test_the_same_tap_twice_is_one(venue: Restaurant) -> None:
    anna, bob = on(venue, "Anna"), on(venue, "Bob")
    first = stand.relieve(anna, bob, by=HOST, key="tap")
    assert stand.relieve(anna, bob, by=HOST, key="tap").token == first.token
    assert AuditEntry.objects.filter(verb="server.relieved").count() == 1


def test_nobody_takes_over_from_themselves_or_from_another_date(venue: Restaurant) -> None:
    anna = on(venue, "Anna")
    with pytest.raises(Invalid, match="Choose somebody else"):
        stand.relieve(anna, anna, by=HOST)
    tomorrow = DATE.replace(day=DATE.day + 1)
    other = stand.put_on_shift(venue.public_id, tomorrow, "Bob", by=HOST).target
    with pytest.raises(Invalid) as refused:
        stand.relieve(anna, other, by=HOST)
    assert refused.value.details == {"server": "Nobody of that name serves tonight."}
    assert not ShiftServer.objects.exclude(cut_at=None).exists()


def test_two_hosts_who_hand_over_at_once_leave_somebody_on(venue: Restaurant, clock: Clock) -> None:
    anna, bob, carl = (on(venue, name) for name in ("Anna", "Bob", "Carl"))
    stand.give_section(anna, ids(venue, "1"), by=HOST)
    shown = read(venue, clock).sections_mark
    stand.relieve(anna, bob, by=HOST, expected=shown)
    with pytest.raises(StaleNight, match="changed the tables of Bob"):
        stand.relieve(anna, carl, by=HOST, expected=shown)
    with pytest.raises(Invalid, match="takes no more tables"):
        stand.relieve(bob, anna, by=HOST)
    with pytest.raises(Invalid, match="no tables any more"):
        stand.relieve(anna, carl, by=HOST)
    assert list(SectionTable.objects.values_list("server__name", "table__label")) == [("Bob", "1")]
    cut = ShiftServer.objects.exclude(cut_at=None)
    assert [row.name for row in cut] == ["Anna"]
