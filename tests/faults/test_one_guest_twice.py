"""One guest in two windows: what the second click finds, and where a second booking may not go."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection

from payments.models import Payment, SandboxCharge
from reservations.details import NO_DETAILS
from reservations.errors import AlreadyBooked
from reservations.guests import Guest
from reservations.ledger import confirm as write
from reservations.models import Hold, Reservation
from reservations.proof.invariants import ALWAYS, broken
from reservations.services.changes import Change, change_reservation
from restaurants.models import Restaurant
from tests.faults.acts import DECLINED, VISA, hold, pay
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_booking_cannot_be_moved_onto_another_one_of_the_same_guest(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    pay(hold(bella, guest, "19:00"), guest)
    moved = pay(hold(bella, guest, "12:00"), guest).booking

    with pytest.raises(AlreadyBooked):
        change_reservation(moved.public_id, Change(time="19:00"), by=guest.actor)

    assert Reservation.objects.get(pk=moved.id).starts_at == moved.starts_at
    assert broken(ALWAYS) == {}


def test_a_second_click_while_the_first_card_is_declined_hears_of_the_decline(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = hold(bella, guest)
    first = _begin(held.id, DECLINED)
    assert first is not None

    def decline(execute: Any, sql: str, *rest: Any) -> Any:
        # Right after the second click found the first one's payment, before it looks at it.
        if sql == write._OPEN_PAYMENT:
            Payment.objects.filter(status="requested").update(status="failed", settled_at=clock.now)
        return execute(sql, *rest)

    with connection.execute_wrapper(decline):
        second = _begin(held.id, DECLINED)
    assert second is not None
    assert (second.id, second.is_new) == (first.id, False)
    clock.advance(seconds=1)
    third = _begin(held.id, VISA, now=clock.now)
    assert third is not None
    assert third.is_new


def test_a_charge_that_was_given_up_and_arrived_after_all_pays_for_the_reservation(
    clock: Clock, bella: Restaurant, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = hold(bella, guest)
    real = write.confirm_hold

    def late(*args: Any, **more: Any) -> Any:
        Payment.objects.update(status="failed", failure_code="never_arrived")
        return real(*args, **more)

    monkeypatch.setattr(write, "confirm_hold", late)
    pay(held, guest)
    payment = Payment.objects.get()
    assert (payment.status, payment.failure_code) == ("succeeded", "")
    assert SandboxCharge.objects.count() == 1
    assert broken(ALWAYS) == {}


def _begin(hold_id: int, method: Any, now: dt.datetime | None = None) -> write.BegunPayment | None:
    row = Hold.objects.get(pk=hold_id)
    return write.begin_payment(
        hold_id,
        gateway="sandbox",
        account_id=None,
        kind="deposit",
        agreed_text="",
        method=method,
        contact=write.Contact("", ""),
        details=NO_DETAILS,
        now=now or row.created_at,
        keep_until=row.expires_at,
        check_at=row.expires_at,
    )
