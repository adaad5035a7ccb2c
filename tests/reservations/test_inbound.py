"""Signed messages of sources: believed, applied once, in the right order, whatever arrives when."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from typing import Any

import pytest

from core import clock as core_clock
from core.actors import SYSTEM
from core.errors import Invalid, NotFound
from reservations.engine.lifecycle import Status
from reservations.errors import ReservationNotFound, SignatureInvalid, SlotUnavailable
from reservations.models import InboundDelivery, Reservation, SourceRecord, SourceSecret
from reservations.partners import PartnerUpdate
from reservations.services.inbound import (
    Event,
    Message,
    Receipt,
    Report,
    Sender,
    receive,
    sender_of,
)
from reservations.services.partner_upkeep import forget_deliveries
from reservations.services.source_secrets import (
    create_source_secret,
    revoke_source_secret,
    rotate_source_secret,
)
from restaurants.models import Restaurant
from tests.factories import make_bella
from tests.fixtures.domain import Clock
from tests.reservations.partners import SATURDAY, book, claimed, only

pytestmark = pytest.mark.django_db

BODY = b'{"event": "reservation.created"}'
FULL: dict[str, Any] = {
    "service_date": SATURDAY,
    "time": "19:00",
    "party_size": 4,
    "name": "John Doe",
    "email": "john@example.com",
}


def at(hour: int) -> dt.datetime:
    """That hour of the morning, by the source's clock."""
    return dt.datetime(2025, 11, 10, hour, tzinfo=dt.UTC)


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    return make_bella(deposit=None)


@pytest.fixture
def secret(house: Restaurant) -> str:
    return create_source_secret(house, "opentable", by=SYSTEM)


def signed(secret: str, *, name: str = "msg_1", body: bytes = BODY, off: float = 0) -> Message:
    """As a sender signs by the specification; independent of the code under test."""
    timestamp = str(int(core_clock.now().timestamp() + off))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{name}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return Message(name, timestamp, f"v1,{base64.b64encode(digest).decode()}", body)


def changed(message: Message, **other: Any) -> Message:
    facts = {"id": message.id, "timestamp": message.timestamp, "body": message.body}
    facts["signatures"] = message.signatures
    return Message(**(facts | other))


# Whom to believe


def test_a_signed_message_names_its_sender(house: Restaurant, secret: str) -> None:
    sender = sender_of(signed(secret), "opentable")
    assert (sender.restaurant, sender.source, sender.is_test) == (
        house.public_id,
        "opentable",
        False,
    )


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_off_is_just_right(secret: str, seconds: int) -> None:
    assert sender_of(signed(secret, off=seconds), "opentable")


@pytest.mark.parametrize(
    "other",
    [
        {"body": BODY + b" "},
        {"id": "msg_2"},
        {"id": ""},
        {"signatures": ""},
        {"signatures": "v1,AAAA"},
        {"signatures": "v1,not base64 at all"},
        {"timestamp": "yesterday"},
        {"timestamp": "١٢٣"},
        {"timestamp": "9" * 30},
    ],
)
def test_what_is_not_signed_as_it_stands_is_not_believed(
    secret: str, other: dict[str, Any]
) -> None:
    with pytest.raises(SignatureInvalid):
        sender_of(changed(signed(secret), **other), "opentable")


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_message_is_a_replay(secret: str, seconds: int) -> None:
    with pytest.raises(SignatureInvalid):
        sender_of(signed(secret, off=seconds), "opentable")


def test_one_sources_secret_signs_nothing_of_another(secret: str) -> None:
    with pytest.raises(SignatureInvalid):
        sender_of(signed(secret), "resy")


def test_each_restaurant_has_its_own_secret(house: Restaurant, secret: str) -> None:
    other = make_bella(deposit=None)
    theirs = create_source_secret(other, "opentable", by=SYSTEM)
    assert sender_of(signed(theirs), "opentable").restaurant == other.public_id
    assert sender_of(signed(secret), "opentable").restaurant == house.public_id
    with pytest.raises(SignatureInvalid):
        sender_of(signed(theirs), "opentable", restaurant=house.public_id)


def test_a_rotation_overlaps_and_a_revocation_does_not(
    clock: Clock, house: Restaurant, secret: str
) -> None:
    old = SourceSecret.objects.get()
    new = rotate_source_secret(old.public_id, by=SYSTEM)
    assert sender_of(signed(secret), "opentable")
    clock.advance(hours=25)
    with pytest.raises(SignatureInvalid):
        sender_of(signed(secret), "opentable")
    sender = sender_of(signed(new), "opentable")
    revoke_source_secret(sender.secret, by=SYSTEM)
    with pytest.raises(SignatureInvalid):
        sender_of(signed(new), "opentable")
    with pytest.raises(NotFound):
        revoke_source_secret(sender.secret, by=SYSTEM)


def test_secrets_are_not_stored_in_clear(secret: str) -> None:
    stored = SourceSecret.objects.get().secret
    assert secret not in stored
    assert secret.removeprefix("whsec_") not in stored


def test_a_source_has_a_name(house: Restaurant) -> None:
    with pytest.raises(Invalid):
        create_source_secret(house, "no such name", by=SYSTEM)


# What to do


@pytest.fixture
def sender(secret: str) -> Sender:
    return sender_of(signed(secret), "opentable")


def tell(
    sender: Sender, event: Event, *, delivery: str, external_id: str = "OT_1", **what: Any
) -> Receipt:
    message = Message(delivery, "0", "", BODY)
    return receive(sender, message, Report(event, external_id, PartnerUpdate(**what)))


def test_a_new_booking_is_made_and_its_message_kept(sender: Sender) -> None:
    receipt = tell(sender, Event.CREATED, delivery="1", told_at=at(9), **FULL)
    assert receipt == Receipt("applied", only().public_id, is_repeat=False)
    kept = InboundDelivery.objects.get()
    assert (bytes(kept.body), kept.outcome, kept.reservation) == (BODY, "applied", only())
    assert SourceRecord.objects.get().told_at == at(9)


def test_the_same_message_again_does_nothing(sender: Sender) -> None:
    tell(sender, Event.CREATED, delivery="1", told_at=at(9), **FULL)
    tell(sender, Event.UPDATED, delivery="2", told_at=at(10), party_size=2)
    again = tell(sender, Event.UPDATED, delivery="2", told_at=at(10), party_size=3)
    assert again == Receipt("applied", only().public_id, is_repeat=True)
    assert (only().party_size, InboundDelivery.objects.count()) == (2, 2)


def test_what_arrives_late_and_is_older_changes_nothing(sender: Sender) -> None:
    tell(sender, Event.CREATED, delivery="1", told_at=at(8), **FULL)
    tell(sender, Event.CANCELLED, delivery="3", told_at=at(10))
    receipt = tell(sender, Event.UPDATED, delivery="2", told_at=at(9), status=Status.CONFIRMED)
    assert receipt.outcome == "stale"
    assert (only().status, claimed()) == ("cancelled", 0)


def test_a_cancellation_that_comes_first_is_remembered(sender: Sender) -> None:
    assert tell(sender, Event.CANCELLED, delivery="2", told_at=at(10)) == Receipt(
        "applied", None, is_repeat=False
    )
    late = tell(sender, Event.CREATED, delivery="1", told_at=at(9), **FULL)
    assert late == Receipt("stale", None, is_repeat=False)
    assert not Reservation.objects.exists()
    newer = tell(sender, Event.CREATED, delivery="3", told_at=at(11), **FULL)
    assert (newer.reservation, SourceRecord.objects.count()) == (only().public_id, 1)


def test_a_booking_made_by_request_is_changed_by_message(house: Restaurant, sender: Sender) -> None:
    book(house, external_id="OT_1")
    tell(sender, Event.UPDATED, delivery="1", told_at=at(9), time="20:00")
    assert only().starts_at == dt.datetime(2025, 11, 16, 1, 0, tzinfo=dt.UTC)


def test_a_change_of_what_nobody_knows_is_refused_until_it_says_enough(sender: Sender) -> None:
    with pytest.raises(ReservationNotFound):
        tell(sender, Event.UPDATED, delivery="1", told_at=at(9), status=Status.CONFIRMED)
    kept = InboundDelivery.objects.get()
    assert (kept.outcome, kept.error) == ("refused", "RESERVATION_NOT_FOUND")
    with pytest.raises(Invalid):
        tell(sender, Event.CREATED, delivery="2", told_at=at(9), time="19:00")
    assert tell(sender, Event.UPDATED, delivery="3", told_at=at(9), **FULL).outcome == "applied"


def test_a_refused_message_is_tried_again_when_it_is_sent_again(clock: Clock) -> None:
    house = make_bella(tables=1, deposit=None)
    secret = create_source_secret(house, "opentable", by=SYSTEM)
    sender = sender_of(signed(secret), "opentable")
    book(house, "thefork", email="ada@example.com", phone="")
    with pytest.raises(SlotUnavailable):
        tell(sender, Event.CREATED, delivery="1", told_at=at(9), **FULL)
    Reservation.objects.all()[0].claims.update(released_at=core_clock.now())
    receipt = tell(sender, Event.CREATED, delivery="1", told_at=at(9), **FULL)
    assert (receipt.outcome, receipt.is_repeat) == ("applied", False)
    assert InboundDelivery.objects.get().outcome == "applied"


def test_a_test_secret_makes_test_bookings(clock: Clock, house: Restaurant) -> None:
    secret = create_source_secret(house, "opentable", is_test=True, by=SYSTEM)
    tell(sender_of(signed(secret), "opentable"), Event.CREATED, delivery="1", told_at=at(9), **FULL)
    assert only().is_test


def test_old_messages_are_forgotten(clock: Clock, sender: Sender) -> None:
    tell(sender, Event.CREATED, delivery="1", told_at=at(9), **FULL)
    clock.advance(days=30)
    assert forget_deliveries() == 0
    clock.advance(seconds=1)
    assert forget_deliveries() == 1
    assert Reservation.objects.count() == 1
