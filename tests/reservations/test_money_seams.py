"""Where two things about money meet in the same moment, and one must not undo the other."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from core.actors import SYSTEM, Actor, ActorKind
from core.errors import Conflict
from payments.gateways import registry
from payments.gateways.base import (
    ChargeOutcome,
    ChargeResult,
    Order,
    ProviderRefused,
)
from payments.gateways.sandbox import (
    CAPTURE_FAILS,
    FEE_DECLINED,
    LOST_ANSWER,
    THREE_D_SECURE,
    SandboxGateway,
)
from payments.models import Payment, ProviderAccount, SandboxCharge
from payments.services import charges, errands, settling
from payments.services.accounts import connect_account
from payments.services.by_staff import refund_by_staff
from reservations.engine.lifecycle import Status
from reservations.errors import PaymentPending
from reservations.guests import Guest
from reservations.models import PaymentRequest, Reservation
from reservations.selectors.holds import hold_of
from reservations.selectors.house_money import needing_attention
from reservations.services import cancellation, near_holds, payment_links, progress
from reservations.services.confirmation import call_off_payment
from reservations.services.fees import charge_no_show_fee, send_fee_link
from reservations.services.payment_requests import ask_for_payment, expire
from restaurants.models import Restaurant, Role
from tests.faults.acts import VISA, hold, pay
from tests.fixtures.domain import Clock
from tests.payments.rows import at_once
from tests.reservations.money import kinds_sent, make_booking, make_manager, secured_by

pytestmark = pytest.mark.django_db(transaction=True)

GUEST = Actor(ActorKind.GUEST, "", "Guest")
SQUARE = {
    "settings": {"application_id": "sandbox-app", "location_id": "L1"},
    "credentials": {"access_token": "EAAA", "signature_keys": "key"},
}


def refuse(*_: Any, **__: Any) -> Any:
    """A provider whose key was revoked."""
    raise ProviderRefused("401 UNAUTHORIZED")


def missed(house: Restaurant, guest: Guest, clock: Clock, kind: str, method: Any = VISA) -> str:
    """A booking secured so, whose party did not come."""
    if kind == "hold":
        clock.set("2025-11-12T12:00:00-05:00")
    secured_by(house, kind)
    made = pay(hold(house, guest), guest, method).booking
    clock.set("2025-11-15T20:00:00-05:00")
    progress.step(made.public_id, Status.NO_SHOW, by=SYSTEM)
    return made.public_id


def test_a_payment_that_is_open_stays_with_the_provider_it_began_with(
    clock: Clock, bella: Restaurant, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = hold(bella, guest)
    with pytest.raises(PaymentPending):
        pay(held, guest, {"token": LOST_ANSWER})
    owner = make_manager(bella, Role.OWNER)
    connect_account(bella, "square", is_test=True, by=owner, **SQUARE)
    asked: list[int | None] = []

    def spy(account_id: int | None, name: str = registry.SANDBOX) -> Any:
        asked.append(account_id)
        return registry.sandbox_gateway()

    monkeypatch.setattr(charges, "gateway_of", spy)
    made = pay(hold_of(guest, held.public_id), guest, {"token": "cnon:card-nonce-ok"})
    assert asked == [None]
    assert made.booking.payment_status == "succeeded"
    assert Payment.objects.get().account is None
    assert ProviderAccount.objects.get().is_active


def test_one_key_asks_for_one_payment_however_many_send_it_at_once(
    clock: Clock, bella: Restaurant
) -> None:
    row = make_booking(bella, status="confirmed")

    def ask(_: int) -> str:
        return ask_for_payment(
            row.public_id, by=SYSTEM, amount=Decimal(40), request_key="one"
        ).public_id

    assert len(set(at_once(8, ask))) == 1


def test_a_refund_by_staff_in_the_same_moment_fails_no_cancellation(
    clock: Clock, bella: Restaurant, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = pay(hold(bella, guest), guest).booking
    manager = make_manager(bella)
    payment = Payment.objects.get().public_id
    real, others = cancellation.quote, []

    def refund() -> None:
        try:
            refund_by_staff(payment, Decimal(30), reason="good will", by=manager, key="one")
        except Conflict:
            pass
        finally:
            connections.close_all()

    def slow(*args: Any, **more: Any) -> Any:
        quoted = real(*args, **more)
        others.append(threading.Thread(target=refund))
        others[-1].start()
        others[-1].join(1)
        return quoted

    monkeypatch.setattr(cancellation, "quote", slow)
    cancellation.cancel_reservation(made.public_id, by=guest.actor)
    for other in others:
        other.join()
    assert Reservation.objects.get().status == "cancelled"
    row = Payment.objects.get()
    assert row.refunded == row.captured


def test_a_provider_that_refuses_us_keeps_no_other_hold_from_being_placed(
    clock: Clock, bella: Restaurant, guest: Guest, new_guest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secured_by(bella, "hold")
    first = pay(hold(bella, guest, "18:00"), guest).booking
    other = new_guest()
    second = pay(hold(bella, other, "20:00"), other).booking
    clock.set("2025-11-12T12:00:00-05:00")
    real = SandboxGateway.charge

    def charge(self: SandboxGateway, order: Order) -> ChargeResult:
        return refuse() if order.purpose == first.public_id else real(self, order)

    monkeypatch.setattr(SandboxGateway, "charge", charge)
    assert near_holds.authorise_holds() == 2
    assert [Payment.objects.get(purpose=each.public_id).status for each in (first, second)] == [
        "unknown",
        "authorized",
    ]


def test_a_fee_that_the_provider_refuses_because_of_us_stays_open(
    clock: Clock, bella: Restaurant, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    identifier = missed(bella, guest, clock, "card")
    manager = make_manager(bella)
    with monkeypatch.context() as patch:
        patch.setattr(SandboxGateway, "charge", refuse)
        fee = charge_no_show_fee(identifier, by=manager, confirm=True)
    assert (fee.outcome, fee.payment.status) == ("pending", "unknown")
    assert charge_no_show_fee(identifier, by=manager, confirm=True).outcome == "charged"


def test_a_provider_that_refuses_us_is_no_dead_end_for_who_wants_another_card(
    clock: Clock, bella: Restaurant, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = hold(bella, guest)
    with pytest.raises(Exception, match="approve"):
        pay(held, guest, {"token": THREE_D_SECURE})
    monkeypatch.setattr(SandboxGateway, "abandon", refuse)
    call_off_payment(held.public_id, guest)
    assert Payment.objects.get().status == "action"


def test_a_hold_that_could_not_be_taken_needs_somebody(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    identifier = missed(bella, guest, clock, "hold", {"token": CAPTURE_FAILS})
    manager = make_manager(bella)
    charge_no_show_fee(identifier, by=manager, confirm=True)
    errands.process_errands()
    payment = Payment.objects.get()
    assert payment.status == "failed"
    # Nobody is told of a fee that was not taken.
    assert "fee_charged" not in kinds_sent()
    assert list(Payment.objects.filter(needing_attention())) == [payment]
    send_fee_link(identifier, "no_show_fee", by=manager)
    assert not Payment.objects.filter(needing_attention()).exists()


def test_a_fee_is_paid_once_when_an_old_link_is_paid_late(
    clock: Clock, bella: Restaurant, guest: Guest
) -> None:
    identifier = missed(bella, guest, clock, "card", {"token": FEE_DECLINED})
    manager = make_manager(bella)
    charge_no_show_fee(identifier, by=manager, confirm=True)
    first = send_fee_link(identifier, "no_show_fee", by=manager)
    clock.advance(days=6, hours=23, minutes=59)
    with pytest.raises(PaymentPending):
        payment_links.pay(first.pk, {"token": LOST_ANSWER}, by=GUEST)
    # The answer stays away for so long that the link is over.
    PaymentRequest.objects.filter(pk=first.pk).update(expires_at=clock.now)
    clock.advance(minutes=11)
    assert expire(first.pk)
    second = send_fee_link(identifier, "no_show_fee", by=manager)
    settling.settle_unknown()
    paid = Payment.objects.get(purpose=first.public_id)
    assert (paid.status, paid.captured) == ("succeeded", Decimal(50))
    states = dict(PaymentRequest.objects.values_list("pk", "status"))
    assert states == {first.pk: "paid", second.pk: "withdrawn"}


def test_what_is_still_set_aside_was_not_let_go(
    clock: Clock, bella: Restaurant, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    identifier = missed(bella, guest, clock, "hold")
    payment = Payment.objects.get()
    still = ChargeResult(ChargeOutcome.AUTHORIZED, payment.provider_reference)
    with monkeypatch.context() as patch:
        patch.setattr(SandboxGateway, "capture", lambda *_, **__: still)
        charge_no_show_fee(identifier, by=make_manager(bella), confirm=True)
        errands.process_errands()
    payment.refresh_from_db()
    assert (payment.status, payment.errand) == ("authorized", "capture")
    clock.advance(minutes=5)
    assert "fee_charged" not in kinds_sent()
    errands.process_errands()
    errands.process_errands()
    assert SandboxCharge.objects.get().captured_minor == 5000
    assert kinds_sent().count("fee_charged") == 1
