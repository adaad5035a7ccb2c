"""From the audit trail to deliveries: everything once, in order, to whom it concerns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import ApiKey
from accounts.services.keys import revoke_key
from api.webhooks.shapes import detail
from core import audit
from core.actors import SYSTEM, Actor, ActorKind
from payments.services.refunds import process_refunds
from reservations.engine.lifecycle import Status
from reservations.guests import Guest
from reservations.partners import PartnerBooking
from reservations.services.cancellation import cancel_reservation
from reservations.services.changes import Change, change_reservation
from reservations.services.partner_bookings import book_for_partner
from reservations.services.progress import step
from restaurants.models import Restaurant
from tests.factories import make_bella
from tests.faults.acts import DECLINED, hold, pay
from tests.fixtures.domain import Clock
from tests.webhooks.conftest import Reserve, Subscribe, tell
from tests.webhooks.receiver import Receiver
from webhooks.models import Delivery, Endpoint, Event, FeedPlace
from webhooks.services.dispatch import deliver_due
from webhooks.services.endpoints import change_endpoint

pytestmark = pytest.mark.django_db(transaction=True)

STAFF = Actor(ActorKind.STAFF, "user_1", "Mia Manager")


def types() -> list[str]:
    return list(Event.objects.order_by("id").values_list("type", flat=True))


def test_a_booking_is_told_with_what_it_is(
    house: Restaurant, endpoint: Endpoint, reserve: Reserve
) -> None:
    row = reserve("19:00", 2)
    tell()
    [event] = Event.objects.all()
    assert (event.type, event.subject, event.is_test) == (
        "reservation.created",
        row.public_id,
        False,
    )
    told = event.data["reservation"]
    assert {name: told[name] for name in ("id", "code", "status", "state", "date", "time")} == {
        "id": row.public_id,
        "code": row.code,
        "status": "confirmed",
        "state": "confirmed",
        "date": "2025-11-15",
        "time": "19:00",
    }
    assert (told["partySize"], told["startsAt"]) == (2, "2025-11-16T00:00:00Z")
    assert [table["label"] for table in told["tables"]] == ["1"]
    assert event.data["actor"] == "system"


def test_no_person_is_in_what_is_stored(endpoint: Endpoint, reserve: Reserve) -> None:
    reserve()
    tell()
    text = str(Event.objects.values_list("data", flat=True)[0])
    assert "Ada" not in text
    assert "example.com" not in text
    assert "2125550123" not in text


def test_an_evening_is_told_step_by_step(endpoint: Endpoint, reserve: Reserve) -> None:
    row = reserve()
    change_reservation(row.public_id, Change(time="20:00"), by=STAFF)
    step(row.public_id, Status.ARRIVED, by=STAFF)
    step(row.public_id, Status.SEATED, by=STAFF)
    other = reserve("12:00")
    cancel_reservation(other.public_id, by=STAFF)
    tell()
    assert types() == [
        "reservation.created",
        "reservation.updated",
        "reservation.status_changed",
        "reservation.status_changed",
        "reservation.created",
        "reservation.cancelled",
    ]
    orders = list(Event.objects.order_by("id").values_list("order", flat=True))
    assert orders == sorted(orders)
    changed, arrived = Event.objects.order_by("id")[1:3]
    assert changed.data["previous"] == {"time": "19:00"}
    assert (arrived.data["previousState"], arrived.data["actor"]) == ("confirmed", "staff")
    cancelled = Event.objects.get(type="reservation.cancelled")
    assert cancelled.data["previousStatus"] == "confirmed"
    assert cancelled.data["reservation"]["status"] == "cancelled"


def test_money_is_told(clock: Clock, guest: Guest, subscribe: Subscribe) -> None:
    bella = make_bella(name="Bella")
    subscribe("payment.*")
    held = hold(bella, guest)
    with pytest.raises(Exception, match="Payment failed"):
        pay(held, guest, DECLINED)
    booking = pay(held, guest).booking
    cancel_reservation(booking.public_id, by=STAFF)
    clock.advance(minutes=3)
    process_refunds()
    tell()
    assert types() == ["payment.failed", "payment.succeeded", "payment.refunded"]
    failed, paid, refunded = Event.objects.order_by("id")
    assert failed.data["payment"]["failureCode"]
    assert paid.data["payment"]["reservationId"] == booking.public_id
    assert (paid.data["payment"]["amount"], paid.data["payment"]["currency"]) == (50, "USD")
    assert paid.subject.startswith("pay_")
    assert (refunded.data["refund"]["amount"], refunded.subject[:4]) == (50, "ref_")


def test_a_free_booking_tells_of_no_payment(
    house: Restaurant, guest: Guest, endpoint: Endpoint
) -> None:
    pay(hold(house, guest), guest)
    tell()
    assert types() == ["reservation.created"]


def test_what_sources_tell_about_one_visit_is_told(endpoint: Endpoint, reserve: Reserve) -> None:
    row, other = reserve("12:00"), reserve("14:30")
    told: dict[str, Any] = {"by": STAFF, "restaurant_id": row.restaurant_id}
    audit.record("reservation.contact_changed", row.public_id, **told)
    audit.record("reservation.source_promoted", row.public_id, before="a", after="b", **told)
    audit.record("reservation.source_updated", row.public_id, source="resy", **told)
    audit.record("reservation.merged", other.public_id, into=row.public_id, source="resy", **told)
    tell()
    assert types()[2:] == ["reservation.updated", "reservation.updated", "reservation.cancelled"]
    assert Event.objects.order_by("-id")[0].data["mergedInto"] == row.public_id


def test_a_line_that_cannot_be_read_holds_nothing_back(
    endpoint: Endpoint, reserve: Reserve, caplog: pytest.LogCaptureFixture
) -> None:
    row = reserve("12:00")
    audit.record(
        "reservation.seated",
        row.public_id,
        by=STAFF,
        restaurant_id=row.restaurant_id,
        before="nowhere",
    )
    reserve("14:30")
    tell()
    assert types() == ["reservation.created", "reservation.status_changed", "reservation.created"]
    assert "audit entry is not as expected" in caplog.text


def test_tables_are_told(house: Restaurant, endpoint: Endpoint) -> None:
    table = house.tables.first()
    assert table is not None
    for what in ("changed", "removed"):
        audit.record(f"diningtable.{what}", table.public_id, by=STAFF, restaurant_id=house.pk)
    audit.record("diningtable.removed", "tbl_gone", by=STAFF, restaurant_id=house.pk)
    tell()
    changed, _, gone = Event.objects.order_by("id")
    assert (changed.type, changed.data["table"]["label"]) == ("table.updated", "1")
    assert (gone.type, gone.data["table"]) == ("table.deleted", {"id": "tbl_gone"})


def test_before_the_first_endpoint_nothing_is_told_and_nothing_is_kept(
    reserve: Reserve, subscribe: Subscribe
) -> None:
    reserve()
    assert tell() == 0
    assert not FeedPlace.objects.exists()
    subscribe()
    tell()
    assert Event.objects.count() == 0
    reserve()
    tell()
    assert Event.objects.count() == 1


def test_what_nobody_wants_is_passed_over(reserve: Reserve, subscribe: Subscribe) -> None:
    subscribe("payment.*", "reservation.cancelled")
    reserve()
    assert tell() > 0
    assert Event.objects.count() == 0
    assert tell() == 0, "and not read again"


def test_pumping_again_tells_nothing_twice(endpoint: Endpoint, reserve: Reserve) -> None:
    reserve()
    tell()
    tell()
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize(
    ("scopes", "events"),
    [
        (("read:business",), {"table.updated"}),
        (("read:reservations",), {"reservation.created", "table.updated"}),
        (("read:table_bookings", "read:customers"), {"reservation.created", "table.updated"}),
        (("*",), {"reservation.created", "table.updated"}),
    ],
)
def test_a_key_hears_what_its_scopes_allow(
    scopes: tuple[str, ...],
    events: set[str],
    house: Restaurant,
    make_key: Callable[..., ApiKey],
    subscribe: Subscribe,
    reserve: Reserve,
) -> None:
    subscribe("*", of=make_key(*scopes, "manage:webhooks"))
    reserve()
    table = house.tables.first()
    assert table is not None
    audit.record("diningtable.changed", table.public_id, by=STAFF, restaurant_id=house.pk)
    tell()
    assert set(types()) == events


def test_a_scope_that_is_taken_away_ends_it(
    key: ApiKey, endpoint: Endpoint, reserve: Reserve
) -> None:
    key.scopes = ["manage:webhooks"]
    key.save()
    reserve()
    tell()
    assert Event.objects.count() == 0


def test_houses_do_not_hear_of_each_other(
    house: Restaurant,
    make_key: Callable[..., ApiKey],
    subscribe: Subscribe,
    reserve: Reserve,
    clock: Clock,
) -> None:
    other = make_bella(name="Other", deposit=None)
    own = subscribe(of=make_key(restaurant_id=house.pk)).endpoint
    theirs = subscribe(of=make_key(restaurant_id=other.pk)).endpoint
    every = subscribe(of=make_key()).endpoint
    narrowed = subscribe(of=make_key(), restaurant_id=other.pk).endpoint
    reserve()
    tell()
    heard = set(Delivery.objects.values_list("endpoint_id", flat=True))
    assert heard == {own.pk, every.pk}
    assert not {theirs.pk, narrowed.pk} & heard


def test_a_source_hears_of_what_it_told_and_of_nothing_else(
    house: Restaurant,
    make_key: Callable[..., ApiKey],
    subscribe: Subscribe,
    reserve: Reserve,
    receiver: Receiver,
) -> None:
    keys = [make_key(source="opentable"), make_key(source="resy"), make_key()]
    opentable, resy, every = [subscribe(of=each).endpoint for each in keys]
    by_house = reserve("12:00")
    one = tell_of(house, "opentable", external_id="OT", phone="")
    tell()
    heard = set(Delivery.objects.values_list("endpoint_id", "event__subject"))
    assert heard == {(opentable.pk, one), (every.pk, one), (every.pk, by_house.public_id)}
    Delivery.objects.all().delete()
    # The same visit, told by another: now it is both's, each with its own id and words.
    assert tell_of(house, "resy", external_id="R1", name="J.", phone="+12125550199") == one
    tell()
    assert set(Delivery.objects.values_list("endpoint_id", flat=True)) == {
        opentable.pk,
        resy.pk,
        every.pk,
    }
    deliver_due()
    told = {
        (
            (it := heard.json["data"]["reservation"])["externalId"],
            it["guest"]["name"],
            it["guest"]["phone"],
        )
        for heard in receiver.heard
    }
    phone = "+12125550199"
    assert told == {("OT", "John Doe", None), ("OT", "John Doe", phone), ("R1", "J.", phone)}


def test_the_log_shows_a_source_its_own_id(
    house: Restaurant, make_key: Callable[..., ApiKey], subscribe: Subscribe
) -> None:
    subscribe(of=make_key(source="resy"))
    tell_of(house, "opentable", external_id="OT")
    tell_of(house, "resy", external_id="R1")
    tell()
    [*_, last] = Delivery.objects.order_by("id")
    shown = detail(last)["data"]["reservation"]
    assert (shown["source"], shown["externalId"]) == ("opentable", "R1")


def tell_of(house: Restaurant, source: str, **more: Any) -> str:
    """A booking of John's as this source tells it; its public id."""
    who = {"name": "John Doe", "email": "john@example.com"} | more
    asked = PartnerBooking(
        house.public_id, dt.date(2025, 11, 15), "19:00", 2, source, notify=False, **who
    )
    return book_for_partner(asked, by=SYSTEM)[0].public_id


def test_test_bookings_go_to_test_keys_only(
    make_key: Callable[..., ApiKey], subscribe: Subscribe, reserve: Reserve
) -> None:
    live = subscribe(of=make_key()).endpoint
    trial = subscribe(of=make_key(is_test=True)).endpoint
    row = reserve()
    row.is_test = True
    row.save(update_fields=["is_test"])
    other = reserve("12:00")
    tell()
    heard = set(Delivery.objects.values_list("endpoint_id", "event__subject"))
    assert heard == {(trial.pk, row.public_id), (live.pk, other.public_id)}


def test_a_revoked_key_hears_nothing(key: ApiKey, endpoint: Endpoint, reserve: Reserve) -> None:
    revoke_key(key, by=SYSTEM)
    reserve()
    tell()
    assert Delivery.objects.count() == 0


def test_what_happens_while_it_is_paused_is_a_dead_letter(
    endpoint: Endpoint, reserve: Reserve
) -> None:
    change_endpoint(endpoint, by=STAFF, active=False)
    reserve()
    tell()
    assert Delivery.objects.get().status == Delivery.Status.DEAD


# --- Transactions that overlap --------------------------------------------------------------------
