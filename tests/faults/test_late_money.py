"""Money that comes when the table is gone or not needed any more: it goes back, once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest

from accounts.models import User
from notifications.models import Message
from payments.gateways.base import ChargeOutcome, ChargeResult
from payments.gateways.sandbox import LOST_ANSWER
from payments.models import Payment, Refund, SandboxCharge
from payments.services.settling import settle_unknown
from reservations.errors import AlreadyBooked, PaidTooLate, PaymentPending
from reservations.guests import Guest
from reservations.ledger.confirm import Contact
from reservations.models import Hold, Reservation
from reservations.proof.aftermath import come_to_rest
from reservations.proof.invariants import AT_REST, broken
from reservations.services.bookings import Extras, book
from reservations.services.cancellation import cancel_reservation
from reservations.services.holds import expire_holds, release_hold
from reservations.services.settlement import settle
from restaurants.models import Restaurant
from tests.factories import make_bella
from tests.faults.acts import ask, hold, pay
from tests.faults.conftest import Meanwhile
from tests.fixtures.domain import Clock

pytestmark = pytest.mark.django_db(transaction=True)


def lapse(clock: Clock) -> None:
    """Twenty minutes later the sweep has been."""
    clock.advance(minutes=20)
    assert expire_holds() == 1


def test_a_hold_that_lapses_while_paying_takes_a_free_table_again(
    clock: Clock, bella: Restaurant, guest: Guest, while_paying: Meanwhile
) -> None:
    held = hold(bella, guest)
    while_paying(partial(lapse, clock))
    assert pay(held, guest).is_new
    assert not Refund.objects.exists()
    come_to_rest()
    assert broken(AT_REST) == {}


def test_a_hold_that_lapses_while_paying_is_refunded_when_somebody_has_the_table(
    clock: Clock, guest: Guest, new_guest: Callable[[], Guest], while_paying: Meanwhile
) -> None:
    small, rival = make_bella(tables=1), new_guest()
    held = hold(small, guest)

    def meanwhile() -> None:
        lapse(clock)
        hold(small, rival)

    while_paying(meanwhile)
    with pytest.raises(PaidTooLate) as caught:
        pay(held, guest)
    assert caught.value.details == {"refund_amount": Decimal(50)}
    assert "refunded in full" in caught.value.text
    assert Message.objects.get().kind == "deposit_refunded"
    come_to_rest()
    assert SandboxCharge.objects.get(kind="refund").minor_amount == 5000
    assert broken(AT_REST) == {}


def test_a_hold_that_was_given_back_while_paying_is_refunded_though_the_table_is_free(
    clock: Clock, bella: Restaurant, guest: Guest, while_paying: Meanwhile
) -> None:
    held = hold(bella, guest)
    while_paying(partial(release_hold, held.public_id, guest, by=guest.actor))
    with pytest.raises(PaidTooLate):
        pay(held, guest)
    assert not Reservation.objects.exists()
    come_to_rest()
    assert SandboxCharge.objects.get(kind="refund").minor_amount == 5000
    assert broken(AT_REST) == {}


def test_a_table_that_comes_free_after_the_refund_is_not_given_for_money_that_went_back(
    clock: Clock, guest: Guest, new_guest: Callable[[], Guest], while_paying: Meanwhile
) -> None:
    small, rival = make_bella(tables=1), new_guest()
    held = hold(small, guest)

    def meanwhile() -> None:
        lapse(clock)
        pay(hold(small, rival), rival)

    while_paying(meanwhile)
    with pytest.raises(PaidTooLate):
        pay(held, guest)
    [refund] = Refund.objects.all()
    cancel_reservation(Reservation.objects.get().public_id, by=rival.actor)

    # The second half of a double click, or the sweep, comes with the same answer.
    assert settle(refund.payment_id, _answer(refund.payment)) is None
    assert Reservation.objects.filter(status="confirmed").count() == 0
    assert Message.objects.filter(kind="deposit_refunded").count() == 1
    come_to_rest()
    assert broken(AT_REST) == {}


def test_a_guest_who_booked_the_same_time_again_gets_the_late_payment_back(
    clock: Clock, bella: Restaurant, guest: Guest, while_paying: Meanwhile
) -> None:
    held = hold(bella, guest)

    def meanwhile() -> None:
        lapse(clock)
        pay(hold(bella, guest), guest)

    while_paying(meanwhile)
    with pytest.raises(PaidTooLate):
        pay(held, guest)
    assert Reservation.objects.count() == 1
    assert Payment.objects.filter(refunded=50).count() == 1
    come_to_rest()
    assert broken(AT_REST) == {}


def test_a_visitor_who_took_the_time_of_a_lapsed_hold_once_more_pays_once(
    clock: Clock, bella: Restaurant
) -> None:
    email = "ada@example.com"
    first, again = Guest.visitor("a" * 32), Guest.visitor("b" * 32)
    held = hold(bella, first)
    with pytest.raises(PaymentPending):
        pay(held, first, {"token": LOST_ANSWER}, name="Ada Guest", email=email)
    lapse(clock)
    pay(hold(bella, again), again, name="Ada Guest", email=email)
    settle_unknown()
    assert Reservation.objects.count() == 1
    come_to_rest()
    paid = Payment.objects.order_by("id").values_list("captured", "refunded")
    assert [tuple(map(int, each)) for each in paid] == [(50, 50), (50, 0)]
    assert broken(AT_REST) == {}


def test_a_guest_who_has_the_time_already_is_not_charged_for_the_hold(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    held = hold(bella, guest)
    _staff_book(bella, guest)
    with pytest.raises(AlreadyBooked):
        pay(held, guest)
    assert not Payment.objects.exists()
    assert broken(AT_REST[:-1]) == {}


def test_a_guest_who_was_booked_the_same_time_while_paying_is_refunded_and_the_hold_is_over(
    clock: Clock, bella: Restaurant, guest: Guest, while_paying: Meanwhile
) -> None:
    held = hold(bella, guest)
    while_paying(lambda: _staff_book(bella, guest))
    with pytest.raises(AlreadyBooked):
        pay(held, guest)
    assert Refund.objects.get().amount == 50
    assert Hold.objects.get(pk=held.id).status == "released"
    come_to_rest()
    assert broken(AT_REST) == {}


def _staff_book(restaurant: Restaurant, guest: Guest) -> None:
    account = User.objects.get(public_id=guest.user_public_id)
    book(ask(restaurant), Contact("", ""), Extras(user_id=account.pk), by=guest.actor)


def _answer(payment: Payment) -> ChargeResult:
    return ChargeResult(ChargeOutcome.SUCCEEDED, payment.provider_reference, "Visa", "4242")
