"""Many sources tell of one visit at one moment: one table, every record, the right winner."""

from __future__ import annotations

import datetime as dt
import threading
from functools import partial
from typing import Any

import pytest
from django.test import Client

from accounts.services.keys import create_key
from core.actors import SYSTEM
from reservations.models import Reservation, SourceRecord
from reservations.proof.invariants import ALWAYS, broken
from reservations.selectors.sources import same_visit
from reservations.services import partner_bookings
from restaurants.models import DiningTable, Restaurant
from tests.concurrency.together import at_once, kind
from tests.factories import make_bella
from tests.fixtures.domain import Clock
from tests.reservations.partners import book, claimed

pytestmark = pytest.mark.django_db(transaction=True)

SOURCES = ["opentable", "resy", "partner", *[f"platform{n}" for n in range(12)], "direct"]


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    return make_bella(tables=20, deposit=None)


def tell_all(house: Restaurant) -> list[Any]:
    return at_once([partial(book, house, each, external_id=f"{each}-1") for each in SOURCES])


def test_sixteen_sources_are_one_table_and_sixteen_records(house: Restaurant) -> None:
    outcomes = tell_all(house)
    assert kind(outcomes) == {"tuple": 16}
    assert len({made.public_id for made, _ in outcomes}) == 1
    assert sum(is_new for _, is_new in outcomes) == 1
    row = Reservation.objects.get()
    assert (row.source, row.external_id, claimed()) == ("direct", "direct-1", 1)
    assert SourceRecord.objects.filter(reservation=row).count() == 16
    assert SourceRecord.objects.get(is_primary=True).source == "direct"
    assert broken(ALWAYS) == {}


def test_without_the_days_lock_two_sources_take_two_tables(
    house: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: if this fails, the test above proves nothing.

    Tests book for it, because recognising a customer is a lock of its own.
    """
    looked = threading.Barrier(2)

    def look_together(*args: Any, **more: Any) -> str | None:
        found = same_visit(*args, **more)
        looked.wait(30)
        return found

    monkeypatch.setattr(partner_bookings, "lock", lambda *_, **__: None)
    monkeypatch.setattr(partner_bookings, "readings_of", lambda _: (19 * 60,))
    monkeypatch.setattr(partner_bookings, "same_visit", look_together)
    # Two sizes, so that each takes a table of its own.
    DiningTable.objects.filter(label="1").update(max_seats=2)
    told = [partial(book, house, "resy", party_size=2, is_test=True)]
    told.append(partial(book, house, "opentable", party_size=4, is_test=True))
    assert kind(at_once(told)) == {"tuple": 2}
    assert (Reservation.objects.count(), claimed()) == (2, 2)


def test_one_external_id_told_sixteen_times_at_once_is_one_booking(house: Restaurant) -> None:
    outcomes = at_once([partial(book, house, external_id="OT_1")] * 16)
    assert kind(outcomes) == {"tuple": 16}
    assert (Reservation.objects.count(), SourceRecord.objects.count(), claimed()) == (1, 1, 1)
    assert sum(is_new for _, is_new in outcomes) == 1


def test_one_request_told_on_two_dates_at_once_is_one_booking(house: Restaurant) -> None:
    """Two dates are two locks: here the constraint decides."""
    dates = [dt.date(2025, 11, day) for day in (15, 16)] * 4
    calls = [partial(book, house, external_id="OT_1", service_date=each) for each in dates]
    assert kind(at_once(calls)) == {"tuple": 8}
    assert (Reservation.objects.count(), claimed()) == (1, 1)


def test_sixteen_clients_with_one_idempotency_key_get_sixteen_equal_answers(
    house: Restaurant,
) -> None:
    key = create_key("Site", by=SYSTEM, scopes=["write:reservations"], source="partner").text
    body = {
        "customerName": "John Doe",
        "customerEmail": "john@example.com",
        "date": "2025-11-15",
        "time": "19:00",
        "partySize": 4,
    }

    def post() -> tuple[int, bytes]:
        answer = Client().post(
            "/api/reservations",
            body,
            content_type="application/json",
            headers={"X-API-Key": key, "Idempotency-Key": "one"},
        )
        return answer.status_code, answer.content

    answers = at_once([post] * 16)
    assert set(answers) == {answers[0]}
    assert answers[0][0] == 201
    assert (Reservation.objects.count(), claimed()) == (1, 1)


def test_two_hundred_partners_never_exceed_fifty_seats(clock: Clock) -> None:
    house = make_bella(deposit=None, capacity_mode="seats", seats=50)
    for _ in range(10):
        someone = [
            partial(
                book, house, f"source{n}", email=f"guest{n}@example.com", phone="", party_size=2
            )
            for n in range(20)
        ]
        at_once(someone)
    covers = sum(Reservation.objects.values_list("party_size", flat=True))
    assert covers == 50
    assert broken(ALWAYS) == {}
