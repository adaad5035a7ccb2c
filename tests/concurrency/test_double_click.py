"""Sixteen clicks on pay: one charge, one reservation, one answer."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from notifications.models import Message
from payments.gateways.base import ChargeResult, Order
from payments.gateways.sandbox import SandboxGateway
from payments.models import Payment, SandboxCharge
from reservations.errors import HoldConfirmed, HoldExpired
from reservations.guests import Guest
from reservations.models import Hold, Reservation
from reservations.proof.aftermath import come_to_rest
from reservations.proof.invariants import ALWAYS, AT_REST, broken
from reservations.services.cancellation import Cancellation, cancel_reservation
from reservations.services.confirmation import Confirmation
from reservations.services.holds import extend_hold, release_hold
from restaurants.models import Restaurant
from tests.concurrency.together import at_once, kind
from tests.faults.acts import DECLINED, hold, pay
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)

CLICKS = 16


def test_sixteen_clicks_on_pay_are_one_charge_and_one_reservation(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = hold(bella, guest)
    outcomes = at_once([partial(pay, held, guest)] * CLICKS)

    assert kind(outcomes) == {"Confirmation": CLICKS}
    answers = {(one.booking.public_id, one.booking.code) for one in outcomes}
    assert len(answers) == 1
    assert sum(one.is_new for one in outcomes) == 1
    charge = SandboxCharge.objects.get()
    assert (charge.minor_amount, charge.currency) == (5000, "USD")
    assert Payment.objects.get().amount == Decimal(50)
    assert Reservation.objects.count() == 1
    assert Message.objects.filter(kind="reservation_confirmed").count() == 1
    come_to_rest()
    assert broken(AT_REST) == {}


def test_without_one_key_for_all_clicks_the_card_is_charged_again_and_again(
    clock: Clock, bella: Restaurant, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it is the key, made from the hold, that makes the provider charge once."""
    real, numbers = SandboxGateway.charge, itertools.count()

    def forgetful(self: SandboxGateway, order: Order) -> ChargeResult:
        return real(self, replace(order, key=f"{order.key}:{next(numbers)}"))

    monkeypatch.setattr(SandboxGateway, "charge", forgetful)
    monkeypatch.setattr(SandboxGateway, "resume", lambda *_: None)
    at_once([partial(pay, hold(bella, guest), guest)] * CLICKS)
    assert SandboxCharge.objects.count() > 1
    assert "charge_unaccounted" in broken(AT_REST)


def test_sixteen_clicks_with_a_card_that_is_declined_keep_the_hold_for_another_card(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = hold(bella, guest)
    outcomes = at_once([partial(pay, held, guest, DECLINED)] * CLICKS)
    assert kind(outcomes) == {"PaymentDeclined": CLICKS}
    assert isinstance(pay(held, guest), Confirmation)
    assert SandboxCharge.objects.filter(outcome="succeeded").count() == 1
    assert broken(ALWAYS) == {}


def test_sixteen_clicks_on_cancel_give_the_money_back_once(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    booking = pay(hold(bella, guest), guest).booking
    outcomes = at_once([partial(cancel_reservation, booking.public_id, by=guest.actor)] * CLICKS)
    assert kind(outcomes) == {"AlreadyCancelled": CLICKS - 1, "Cancellation": 1}
    [done] = [one for one in outcomes if isinstance(one, Cancellation)]
    assert (done.percent, done.amount) == (100, Decimal(50))
    come_to_rest()
    refund = SandboxCharge.objects.get(kind="refund")
    assert refund.minor_amount == 5000
    assert broken(AT_REST) == {}


@pytest.mark.parametrize("rival", [release_hold, extend_hold])
def test_paying_against_giving_back_or_prolonging_is_one_or_the_other(
    clock: Clock, bella: Restaurant, new_guest: Callable[[], Guest], rival: Callable[..., Any]
) -> None:
    for _ in range(6):
        guest = new_guest()
        held = hold(bella, guest)
        paid, other = at_once(
            [partial(pay, held, guest), partial(rival, held.public_id, guest, by=guest.actor)]
        )
        assert not isinstance(other, Exception) or isinstance(other, HoldExpired | HoldConfirmed)
        assert broken(ALWAYS) == {}
        if isinstance(paid, Confirmation):
            cancel_reservation(paid.booking.public_id, by=guest.actor)
    come_to_rest()
    assert broken(AT_REST) == {}


@pytest.mark.parametrize("status", ["live", "confirmed"])
def test_who_gives_back_waits_for_who_works_on_the_hold_and_is_told_the_truth(
    clock: Clock, bella: Restaurant, guest: Guest, status: str
) -> None:
    held = hold(bella, guest).public_id

    def given_back() -> bool:
        try:
            return release_hold(held, guest, by=guest.actor)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            # As a confirmation does in its transaction, which ends in either way.
            Hold.objects.filter(public_id=held).select_for_update().get()
            Hold.objects.filter(public_id=held).update(status=status)
            asked = pool.submit(given_back)
            with pytest.raises(TimeoutError):
                asked.result(timeout=0.5)
        assert asked.result(timeout=10) is (status == "live")
    assert Hold.objects.get(public_id=held).status == {"live": "released"}.get(status, status)
