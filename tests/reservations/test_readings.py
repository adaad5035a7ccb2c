"""What the book tells /metrics."""

from __future__ import annotations

import datetime as dt

import pytest

from core.metrics import readings
from reservations.guests import Guest
from reservations.services.holds import HoldRequest, place_hold
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock


@pytest.mark.django_db
def test_live_and_lapsed_holds_are_counted_apart(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    request = HoldRequest(bella.public_id, dt.date(2025, 11, 15), "19:00", 2)
    place_hold(request, guest, by=guest.actor)
    assert (read("couvert_holds_live"), read("couvert_holds_lapsed")) == ({(): 1.0}, {(): 0.0})
    clock.advance(minutes=10)
    assert (read("couvert_holds_live"), read("couvert_holds_lapsed")) == ({(): 0.0}, {(): 1.0})


@pytest.mark.django_db
def test_an_empty_house_reads_zero_everywhere(clock: Clock) -> None:
    own = ["couvert_holds_live", "couvert_outbox_oldest_seconds"]
    assert [read(name) for name in own] == [{(): 0.0}, {(): 0.0}]
    assert read("couvert_outbox_messages") == {
        ("queued",): 0.0,
        ("sending",): 0.0,
        ("failed",): 0.0,
    }
    assert read("couvert_payments_open") == {("payment",): 0.0, ("refund",): 0.0}


def read(name: str) -> object:
    return next(reader.read() for reader in readings() if reader.name == name)
