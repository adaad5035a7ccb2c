"""Money knows the policy that asked for it, from the hold to the fee, and when it is no more."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.actors import SYSTEM
from payments.models import Payment
from reservations.engine.lifecycle import Status
from reservations.guests import Guest
from reservations.models import Hold
from reservations.services import payment_links, progress
from reservations.services.fees import charge_no_show_fee, send_fee_link
from reservations.services.payment_requests import ask_for_payment
from restaurants.models import Restaurant
from tests.factories import make_bella, make_user
from tests.faults.acts import VISA, hold, pay
from tests.fixtures.domain import Clock
from tests.reservations.money import make_booking, make_manager, secured_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(clock: Clock) -> Restaurant:
    return make_bella()


def guest() -> Guest:
    return Guest.with_account(make_user().public_id)


def test_from_the_hold_to_the_payment(house: Restaurant) -> None:
    policy = secured_by(house, "deposit")
    somebody = guest()
    pay(hold(house, somebody), somebody)
    names = {"policy": policy.pk, "policy_name": "Deposit"}
    assert Hold.objects.values("policy", "policy_name").get() == names
    assert Payment.objects.values("policy", "policy_name").get() == names
    policy.delete()
    assert Payment.objects.values("policy", "policy_name").get() == names | {"policy": None}
    assert Hold.objects.values("policy", "policy_name").get() == names | {"policy": None}


def test_a_policy_that_goes_while_a_guest_pays_keeps_nobody_from_it(house: Restaurant) -> None:
    policy = secured_by(house, "deposit")
    somebody = guest()
    held = hold(house, somebody)
    policy.delete()
    pay(held, somebody)
    row = Payment.objects.get()
    assert (row.status, row.policy_id, row.policy_name) == ("succeeded", None, "Deposit")


def test_from_a_link_to_its_payment(house: Restaurant) -> None:
    policy = secured_by(house, "prepayment")
    request = ask_for_payment(make_booking(house).public_id, by=SYSTEM)
    assert (request.policy, request.policy_name) == (policy, "Prepayment")
    payment_links.pay(request.pk, VISA, by=SYSTEM)
    row = Payment.objects.get()
    assert (row.policy, row.policy_name) == (policy, "Prepayment")


def test_an_amount_that_staff_name_is_no_policys(house: Restaurant) -> None:
    secured_by(house, "prepayment")
    request = ask_for_payment(make_booking(house).public_id, by=SYSTEM, amount=Decimal(20))
    assert (request.policy, request.policy_name) == (None, "")


def test_a_fee_is_the_policys_that_kept_the_card(clock: Clock, house: Restaurant) -> None:
    policy = secured_by(house, "card")
    somebody = guest()
    booked = pay(hold(house, somebody), somebody).booking
    manager = make_manager(house)
    clock.set("2025-11-15T20:00:00-05:00")
    progress.step(booked.public_id, Status.NO_SHOW, by=SYSTEM)
    charge_no_show_fee(booked.public_id, by=manager, confirm=True)
    fee = Payment.objects.get(kind="no_show_fee")
    assert (fee.policy, fee.policy_name) == (policy, "Card")
    # And so is one that is asked for by a link, because the card refused.
    Payment.objects.filter(pk=fee.pk).update(status="failed", captured=0)
    asked = send_fee_link(booked.public_id, "no_show_fee", by=manager)
    assert (asked.policy, asked.policy_name) == (policy, "Card")
