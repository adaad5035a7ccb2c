"""The messages in api/examples/webhooks: what is sent, value by value, and what the page prints."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from api.webhooks.payloads import IntegratorsWire
from core import audit
from core.actors import SYSTEM, Actor, ActorKind
from payments.services.refunds import process_refunds
from reservations.details import Details
from reservations.engine.lifecycle import Status
from reservations.errors import PaymentDeclined
from reservations.guests import Guest
from reservations.partners import PartnerBooking
from reservations.services.cancellation import cancel_reservation
from reservations.services.changes import Change, change_reservation
from reservations.services.partner_bookings import book_for_partner
from reservations.services.progress import step
from restaurants.models import Restaurant
from tests.api.golden_files import golden
from tests.factories import make_bella
from tests.faults.acts import DECLINED, hold, pay
from tests.fixtures.domain import Clock
from tests.webhooks.conftest import SATURDAY, Subscribe, tell
from webhooks.events import TEST, TYPES
from webhooks.models import Delivery
from webhooks.services.endpoints import send_test

PAGE = (Path(__file__).parents[2] / "docs/contracts/webhooks.md").read_text()
PARTNER = Actor(ActorKind.PARTNER, "key_1", "Partner")
STAFF = Actor(ActorKind.STAFF, "user_1", "Mia Manager")
_ID = re.compile(r"(evt|res|tbl|pay|ref|cust|whe|whd)_[0-9a-z]{16}")
_CODE = re.compile(r"FT-[0-9A-Z]{6}")


def alike(value: Any) -> Any:
    """The message without what is drawn by lot, ids and codes, and what only grows: the order."""
    if isinstance(value, dict):
        return {name: bool(at) if name == "order" else alike(at) for name, at in value.items()}
    if isinstance(value, list):
        return [alike(each) for each in value]
    return _CODE.sub("FT-", _ID.sub(r"\1_", value)) if isinstance(value, str) else value


class Heard:
    """Messages by type, the first of each, as a key that may know guests gets them."""

    def __init__(self) -> None:
        self.messages: dict[str, dict[str, Any]] = {}

    def listen(self) -> None:
        """What has happened since, described as it is now."""
        tell()
        for delivery in Delivery.objects.select_related("event", "endpoint__key").order_by("id"):
            body = IntegratorsWire().body(delivery, delivery.event, with_people=True)
            self.messages.setdefault(delivery.event.type, json.loads(body))


def an_evening(house: Restaurant, clock: Clock, heard: Heard) -> None:
    """A partner's booking is moved, another one is cancelled, and the guests sit down."""
    asked = PartnerBooking(
        restaurant=house.public_id,
        service_date=SATURDAY,
        time="19:00",
        party_size=2,
        source="partner",
        name="Ada Byron",
        email="ada@example.com",
        phone="+12125550142",
        external_id="P-1001",
        details=Details(occasion="birthday", allergens=("nuts",), high_chairs=1),
    )
    first = book_for_partner(asked, by=PARTNER)[0].public_id
    heard.listen()
    change_reservation(first, Change(time="19:30", party_size=4), by=STAFF)
    heard.listen()
    other = replace(asked, time="12:00", external_id="P-1002")
    cancel_reservation(book_for_partner(other, by=PARTNER)[0].public_id, by=PARTNER)
    heard.listen()
    clock.advance(days=5, hours=7, minutes=34)
    step(first, Status.SEATED, by=STAFF)
    heard.listen()


def a_deposit(house: Restaurant, guest: Guest, clock: Clock, heard: Heard) -> None:
    """Declined, then paid, then given back."""
    held = hold(house, guest)
    with pytest.raises(PaymentDeclined):
        pay(held, guest, DECLINED)
    heard.listen()
    booked = pay(held, guest).booking.public_id
    heard.listen()
    cancel_reservation(booked, by=STAFF)
    clock.advance(minutes=3)
    process_refunds()
    heard.listen()


def a_floor(house: Restaurant, heard: Heard) -> None:
    """A table is added, changed and removed."""
    table = house.tables.earliest("id").public_id
    for what, subject in (("added", table), ("changed", table), ("removed", "tbl_gone")):
        audit.record(f"diningtable.{what}", subject, by=STAFF, restaurant_id=house.pk)
        heard.listen()


@pytest.mark.django_db(transaction=True)
def test_every_message_is_the_one_that_is_printed(
    clock: Clock, subscribe: Subscribe, guest: Guest
) -> None:
    endpoint, heard = subscribe().endpoint, Heard()
    house = make_bella(deposit=None, public_id="rest_001", name="Bella Notte")
    a_deposit(make_bella(public_id="rest_002", name="Bella Alba"), guest, clock, heard)
    a_floor(house, heard)
    send_test(endpoint, by=SYSTEM)
    an_evening(house, clock, heard)
    assert {*heard.messages} == {*TYPES, TEST} - {"payment.refund_failed"}
    for name, message in heard.messages.items():
        assert alike(message) == alike(golden("webhooks", name.replace(".", "_"))), name


def test_the_page_prints_one_of_them() -> None:
    found = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    shown = json.loads(found[1])
    kept = golden("webhooks", "reservation_status_changed")
    kept["data"]["reservation"]["guest"] = None
    assert shown == kept


@pytest.mark.django_db(transaction=True)
def test_the_schema_shows_them() -> None:
    told = Client().get("/api/schema").json()["webhooks"]
    assert {*told} == {*TYPES, TEST}
    for name in {*TYPES, TEST} - {"payment.refund_failed"}:
        content = told[name]["post"]["requestBody"]["content"]["application/json"]
        assert content["examples"][name]["value"] == golden("webhooks", name.replace(".", "_"))
