"""Cancelling with the right refund; changing without ever losing the old place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from core.actors import Actor, ActorKind
from core.models import AuditEntry
from notifications.models import Message
from payments.models import Payment, Refund
from reservations.engine.lifecycle import Status
from reservations.errors import (
    AlreadyCancelled,
    NotBookable,
    NotChangeable,
    ReservationNotFound,
    SlotUnavailable,
)
from reservations.guests import Guest
from reservations.models import Reservation, ServiceLoad, TableClaim
from reservations.selectors.bookings import Booking
from reservations.services.cancellation import cancel_for_guest
from reservations.services.changes import Change, change_for_guest
from reservations.services.confirmation import Particulars, confirm_hold
from reservations.services.holds import HoldRequest, place_hold
from reservations.services.progress import step
from restaurants.models import DiningService, Restaurant
from tests.factories import make_bella
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

SATURDAY = dt.date(2025, 11, 15)
STAFF = Actor(ActorKind.STAFF, "staff_1", "Sam")


def book(restaurant: Restaurant, guest: Guest, time: str = "19:00", party: int = 2) -> Booking:
    request = HoldRequest(restaurant.public_id, SATURDAY, time, party)
    held = place_hold(request, guest, by=guest.actor)
    made = confirm_hold(
        held.public_id,
        guest,
        method={"last4": "4242", "cardBrand": "Visa"},
        particulars=Particulars(),
        by=guest.actor,
    )
    return made.booking


def cancel(booking: Booking, guest: Guest) -> Any:
    return cancel_for_guest(booking.public_id, guest.user_public_id, by=guest.actor)


@pytest.mark.parametrize(
    ("at", "percent", "amount"),
    [
        ("2025-11-14T19:00:00-05:00", 100, "50"),
        ("2025-11-14T19:00:01-05:00", 50, "25"),
        ("2025-11-15T15:00:00-05:00", 50, "25"),
        ("2025-11-15T15:00:01-05:00", 0, "0"),
    ],
)
def test_the_refund_follows_the_ladder_to_the_second(
    clock: Clock, bella: Restaurant, guest: Guest, at: str, percent: int, amount: str
) -> None:
    booking = book(bella, guest)
    clock.set(at)
    done = cancel(booking, guest)
    assert (done.percent, done.amount) == (percent, Decimal(amount))
    assert [r.amount for r in Refund.objects.all()] == ([Decimal(amount)] if percent else [])
    assert Payment.objects.get().refunded == Decimal(amount)


def test_a_cancelled_table_is_free_at_once_and_the_guest_is_told(
    clock: Clock, guest: Guest, new_guest: Callable[[], Guest]
) -> None:
    small = make_bella(tables=1)
    booking = book(small, guest)
    cancel(booking, guest)
    row = Reservation.objects.get()
    assert (row.status, row.cancelled_at, row.sequence) == ("cancelled", clock.now, 1)
    assert not TableClaim.objects.filter(released_at=None).exists()
    message = Message.objects.get(kind="reservation_cancelled")
    assert message.payload["refund_percent"] == 100
    assert message.payload["sequence"] == 1
    entry = AuditEntry.objects.get(verb="reservation.cancelled")
    assert (entry.data["before"], entry.data["percent"]) == ("confirmed", 100)
    assert book(small, new_guest()).status == "confirmed"


def test_cancelling_twice_refunds_once(clock: Clock, bella: Restaurant, guest: Guest) -> None:
    booking = book(bella, guest)
    cancel(booking, guest)
    with pytest.raises(AlreadyCancelled) as caught:
        cancel(booking, guest)
    assert caught.value.text == "Reservation already cancelled"
    assert Refund.objects.count() == 1


def test_someone_elses_reservation_does_not_exist(
    clock: Clock, bella: Restaurant, guest: Guest, new_guest: Callable[[], Guest]
) -> None:
    booking = book(bella, guest)
    charlie = new_guest()
    with pytest.raises(ReservationNotFound):
        cancel(booking, charlie)
    with pytest.raises(ReservationNotFound):
        change_for_guest(
            booking.public_id, charlie.user_public_id, Change(time="20:00"), by=charlie.actor
        )
    assert Reservation.objects.get().status == "confirmed"


def test_a_guest_who_is_at_the_table_cannot_cancel(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    booking = book(bella, guest)
    step(booking.public_id, Status.SEATED, by=STAFF)
    with pytest.raises(NotChangeable):
        cancel(booking, guest)
    assert not Refund.objects.exists()


def test_a_change_moves_table_time_and_size_in_one_go(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    booking = book(bella, guest, party=4)
    after = change_for_guest(
        booking.public_id,
        guest.user_public_id,
        Change(service_date=dt.date(2025, 11, 16), time="12:30", party_size=2),
        by=guest.actor,
    )
    assert (after.service_date, after.wall_time, after.party_size) == (
        dt.date(2025, 11, 16),
        "12:30",
        2,
    )
    assert (after.code, after.sequence) == (booking.code, 1)
    [claim] = TableClaim.objects.filter(released_at=None)
    assert (claim.service_date, claim.during.lower) == (after.service_date, after.starts_at)
    assert Message.objects.get(kind="reservation_changed").payload["party_size"] == 2
    entry = AuditEntry.objects.get(verb="reservation.changed")
    assert entry.data["before"] == {"date": "2025-11-15", "time": "19:00", "party_size": 4}


def test_a_change_may_overlap_the_place_it_leaves(clock: Clock, guest: Guest) -> None:
    small = make_bella(tables=1)
    booking = book(small, guest)
    after = change_for_guest(
        booking.public_id, guest.user_public_id, Change(time="19:30"), by=guest.actor
    )
    assert after.wall_time == "19:30"
    assert TableClaim.objects.filter(released_at=None).count() == 1


def test_a_change_that_is_refused_leaves_the_old_place_exactly_as_it_was(
    clock: Clock, guest: Guest, new_guest: Callable[[], Guest]
) -> None:
    small = make_bella(tables=1)
    booking = book(small, guest)
    book(small, new_guest(), "21:00")
    before = list(TableClaim.objects.order_by("id").values())
    with pytest.raises(SlotUnavailable) as caught:
        change_for_guest(
            booking.public_id, guest.user_public_id, Change(time="20:00"), by=guest.actor
        )
    assert caught.value.details["reasons"] == ["tables_taken"]
    assert list(TableClaim.objects.order_by("id").values()) == before
    row = Reservation.objects.get(public_id=booking.public_id)
    assert (row.sequence, row.status) == (0, "confirmed")
    with pytest.raises(NotBookable):
        change_for_guest(
            booking.public_id, guest.user_public_id, Change(party_size=13), by=guest.actor
        )


def test_counted_limits_follow_a_party_through_hold_change_and_cancellation(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    DiningService.objects.update(max_covers=20, slot_covers=6, online_slot_parties=2)
    booking = book(bella, guest, party=4)
    assert counts() == {"service": (4, 1), "slot": (4, 1), "slot_online": (4, 1)}
    change_for_guest(booking.public_id, guest.user_public_id, Change(party_size=2), by=guest.actor)
    assert counts() == {"service": (2, 1), "slot": (2, 1), "slot_online": (2, 1)}
    cancel(booking, guest)
    assert counts() == {"service": (0, 0), "slot": (0, 0), "slot_online": (0, 0)}


def counts() -> dict[str, tuple[int, int]]:
    return {load.gauge: (load.covers, load.parties) for load in ServiceLoad.objects.all()}


def test_a_no_show_gives_the_table_back_and_keeps_the_deposit(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    booking = book(bella, guest)
    assert step(booking.public_id, Status.NO_SHOW, by=STAFF) == "confirmed"
    assert not TableClaim.objects.filter(released_at=None).exists()
    assert not Refund.objects.exists()
    with pytest.raises(NotChangeable):
        step(booking.public_id, Status.SEATED, by=STAFF)
