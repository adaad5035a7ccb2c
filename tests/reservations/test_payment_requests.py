"""Payment links: asked for, paid, expired, withdrawn, paid too late; one charge whoever clicks."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from core.actors import SYSTEM, Actor, ActorKind
from core.errors import Invalid
from core.models import AuditEntry
from payments.gateways.base import ChargeOutcome, ChargeResult
from payments.gateways.sandbox import LOST_ANSWER, THREE_D_SECURE, decide
from payments.models import Payment, Refund, SandboxCharge
from payments.services import charges, refunds, settling
from reservations.engine.lifecycle import Status
from reservations.errors import (
    LinkUnknown,
    NotChangeable,
    PaidTooLate,
    PaymentActionRequired,
    PaymentAsked,
    PaymentDeclined,
    PaymentPending,
    PaymentRequestOver,
)
from reservations.guests import Guest
from reservations.models import PaymentRequest, Reservation
from reservations.selectors.bookings import booking
from reservations.selectors.houses import forget_houses
from reservations.services import payment_links, payment_settlement, progress
from reservations.services.cancellation import cancel_reservation, quote
from reservations.services.payment_links import expire_requests, pay
from reservations.services.payment_requests import (
    ask_for_payment,
    message_address,
    open_request,
    pay_token,
    withdraw,
)
from restaurants.models import Restaurant
from tests.factories import make_bella
from tests.faults.acts import DECLINED, VISA, hold
from tests.fixtures.domain import Clock
from tests.payments.rows import at_once
from tests.reservations.money import asked, kinds_sent, make_booking, minutes, tables_of

pytestmark = pytest.mark.django_db(transaction=True)

GUEST = Actor(ActorKind.GUEST, "", "Guest, by link")
LOST = {"token": LOST_ANSWER}
BANK = {"token": THREE_D_SECURE}


def row_of(request: PaymentRequest) -> Reservation:
    return Reservation.objects.get(pk=request.reservation_id)


def status_of(request: PaymentRequest) -> str:
    return PaymentRequest.objects.get(pk=request.pk).status


def test_a_paid_request_confirms_the_booking_that_waited(clock: Clock, bella: Restaurant) -> None:
    request = asked(bella)
    assert row_of(request).status == "pending_payment"
    assert request.expires_at == clock.now + minutes(30)
    assert "A deposit of $50.00 is taken now." in request.agreed_text

    paid = pay(request.pk, VISA, by=GUEST)

    assert (paid.status, paid.closed_at) == ("paid", clock.now)
    row = row_of(request)
    assert (row.status, row.deposit_amount, row.payment_kind) == (
        "confirmed",
        Decimal(50),
        "deposit",
    )
    assert row.refund_ladder == [[24, 100], [4, 50]]
    payment = Payment.objects.get()
    assert (payment.status, payment.captured, payment.purpose) == (
        "succeeded",
        Decimal(50),
        request.public_id,
    )
    assert payment.agreed_text == request.agreed_text
    assert row.payment == payment
    assert kinds_sent() == ["reservation_pending", "payment_requested", "reservation_confirmed"]


def test_a_policy_says_how_much_when_nobody_else_does(clock: Clock, bella: Restaurant) -> None:
    request = asked(bella, amount=None)
    assert (request.amount, request.kind) == (Decimal(50), "deposit")


def test_without_a_policy_somebody_has_to_say_how_much(clock: Clock) -> None:
    house = make_bella(deposit=None)
    with pytest.raises(Invalid) as refused:
        asked(house, amount=None)
    assert "Say how much" in refused.value.details["amount"]


def test_a_policy_in_another_currency_says_nothing(clock: Clock, bella: Restaurant) -> None:
    row = make_booking(bella)
    Restaurant.objects.filter(pk=bella.pk).update(currency="JPY")
    forget_houses()
    with pytest.raises(Invalid) as refused:
        ask_for_payment(row.public_id, by=SYSTEM)
    assert "Say how much" in refused.value.details["amount"]
    assert ask_for_payment(row.public_id, by=SYSTEM, amount=Decimal(5)).currency == "USD"


@pytest.mark.parametrize("amount", ["0", "-5", "12.345", "1e9"])
def test_an_amount_nobody_can_pay_is_refused(clock: Clock, bella: Restaurant, amount: str) -> None:
    with pytest.raises(Invalid) as refused:
        asked(bella, amount=amount)
    assert "not an amount" in refused.value.details["amount"]


def test_the_house_and_the_caller_set_how_long_the_link_is_good(
    clock: Clock, bella: Restaurant
) -> None:
    bella.pay_link_minutes = 120
    bella.save()
    assert asked(bella).expires_at == clock.now + minutes(120)
    row = make_booking(bella, time="14:00")
    request = ask_for_payment(row.public_id, by=SYSTEM, amount=Decimal(9), expires_in=minutes(45))
    assert request.expires_at == clock.now + minutes(45)


def test_the_link_is_derived_and_opens_the_request(clock: Clock, bella: Restaurant) -> None:
    request = asked(bella)
    token = pay_token(request)
    assert token not in str(PaymentRequest.objects.values())
    assert message_address(request.public_id).endswith(f"/pay/{token}/")
    assert open_request(token) == request
    with pytest.raises(LinkUnknown):
        open_request(token[:-1] + "_")


def test_one_request_decides_about_a_booking_at_a_time(clock: Clock, bella: Restaurant) -> None:
    request = asked(bella)
    with pytest.raises(PaymentAsked):
        ask_for_payment(row_of(request).public_id, by=SYSTEM, amount=Decimal(5))
    assert PaymentRequest.objects.count() == 1


def test_the_same_request_key_asks_once(clock: Clock, bella: Restaurant) -> None:
    row = make_booking(bella, status="confirmed")
    made = [
        ask_for_payment(row.public_id, by=SYSTEM, amount=Decimal(5), request_key="idem_1")
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert kinds_sent() == ["reservation_confirmed", "payment_requested"]


def test_sixteen_clicks_charge_once(clock: Clock, bella: Restaurant) -> None:
    request = asked(bella)

    def click(_: int) -> str:
        try:
            return pay(request.pk, VISA, by=GUEST).status
        except PaymentPending:
            return "pending"

    assert "paid" in at_once(16, click)
    assert Payment.objects.count() == SandboxCharge.objects.count() == 1
    assert Refund.objects.count() == 0
    assert row_of(request).status == "confirmed"


def test_without_the_lock_on_the_request_each_click_would_be_a_charge(
    clock: Clock, bella: Restaurant
) -> None:
    """The control: two rows, made as the lock forbids, are two charges, and one goes back."""
    request = asked(bella)
    rows = [
        Payment.objects.create(
            restaurant=bella,
            purpose=request.public_id,
            gateway="sandbox",
            idempotency_key=f"pay:{request.public_id}:{number}",
            amount=50,
            currency="USD",
            method=VISA,
            created_at=request.created_at,
        )
        for number in range(2)
    ]
    for number, payment in enumerate(rows):
        result = ChargeResult(ChargeOutcome.SUCCEEDED, f"ch_{number}")
        payment_settlement.settle(payment.pk, result)
    assert [(r.payment_id, r.amount, r.reason) for r in Refund.objects.all()] == [
        (rows[1].pk, Decimal(50), "paid twice")
    ]


def test_a_declined_card_leaves_the_request_open_for_another(
    clock: Clock, bella: Restaurant
) -> None:
    request = asked(bella)
    with pytest.raises(PaymentDeclined):
        pay(request.pk, DECLINED, by=GUEST)
    assert (status_of(request), row_of(request).status) == ("open", "pending_payment")
    assert pay(request.pk, VISA, by=GUEST).status == "paid"
    assert list(Payment.objects.order_by("id").values_list("status", flat=True)) == [
        "failed",
        "succeeded",
    ]


def test_a_lost_answer_is_found_by_the_sweep(clock: Clock, bella: Restaurant) -> None:
    request = asked(bella)
    with pytest.raises(PaymentPending):
        pay(request.pk, LOST, by=GUEST)
    assert row_of(request).status == "pending_payment"
    clock.advance(minutes=1)
    assert settling.settle_unknown() == 1
    assert (status_of(request), row_of(request).status) == ("paid", "confirmed")


def test_the_bank_asks_and_the_same_charge_goes_on(clock: Clock, bella: Restaurant) -> None:
    request = asked(bella)
    with pytest.raises(PaymentActionRequired) as told:
        pay(request.pk, BANK, by=GUEST)
    assert "/sandbox/bank/" in told.value.details["redirect_url"]
    decide(Payment.objects.get().provider_reference, approve=True)
    assert pay(request.pk, {}, by=GUEST).status == "paid"
    assert SandboxCharge.objects.count() == 1


def test_time_over_frees_the_table_and_tells_the_guest(clock: Clock, bella: Restaurant) -> None:
    request = asked(bella)
    row = row_of(request)
    assert tables_of(row) == 1
    clock.advance(minutes=29)
    assert expire_requests() == 0
    clock.advance(minutes=1)
    assert expire_requests() == 1
    assert expire_requests() == 0
    assert (status_of(request), row_of(request).status, tables_of(row)) == (
        "expired",
        "expired",
        0,
    )
    assert kinds_sent()[-1] == "reservation_expired"
    with pytest.raises(PaymentRequestOver):
        pay(request.pk, VISA, by=GUEST)
    assert SandboxCharge.objects.count() == 0


def test_time_over_at_the_bank_calls_the_payment_off(clock: Clock, bella: Restaurant) -> None:
    request = asked(bella)
    with pytest.raises(PaymentActionRequired):
        pay(request.pk, BANK, by=GUEST)
    clock.advance(minutes=31)
    assert expire_requests() == 1
    payment = Payment.objects.get()
    assert (status_of(request), payment.status) == ("expired", "voided")
    decide(payment.provider_reference, approve=True)
    assert SandboxCharge.objects.get().outcome == "voided"


def test_who_approved_in_the_last_moment_is_booked(clock: Clock, bella: Restaurant) -> None:
    request = asked(bella)
    with pytest.raises(PaymentActionRequired):
        pay(request.pk, BANK, by=GUEST)
    decide(Payment.objects.get().provider_reference, approve=True)
    clock.advance(minutes=31)
    assert expire_requests() == 0
    assert (status_of(request), row_of(request).status) == ("paid", "confirmed")


@pytest.fixture
def provider_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payment_links, "_call_off", lambda _: None)


@pytest.mark.usefixtures("provider_away")
def test_money_that_comes_late_takes_the_table_again(clock: Clock, bella: Restaurant) -> None:
    request = asked(bella)
    with pytest.raises(PaymentPending):
        pay(request.pk, LOST, by=GUEST)
    clock.advance(minutes=60)
    assert expire_requests() == 1
    assert row_of(request).status == "expired"
    assert settling.settle_unknown() == 1
    row = row_of(request)
    assert (status_of(request), row.status, tables_of(row)) == ("paid", "confirmed", 1)
    assert kinds_sent()[-2:] == ["reservation_expired", "reservation_confirmed"]
    assert Refund.objects.count() == 0


@pytest.mark.usefixtures("provider_away")
def test_money_that_comes_late_goes_back_when_the_table_is_gone(
    clock: Clock, new_guest: Callable[[], Guest]
) -> None:
    house = make_bella(tables=1)
    request = asked(house)
    with pytest.raises(PaymentPending):
        pay(request.pk, LOST, by=GUEST)
    clock.advance(minutes=60)
    assert expire_requests() == 1
    hold(house, new_guest())
    assert settling.settle_unknown() == 1
    assert (status_of(request), row_of(request).status) == ("expired", "expired")
    assert kinds_sent()[-1] == "deposit_refunded"
    refunds.process_refunds()
    refund = Refund.objects.get()
    assert (refund.amount, refund.status, refund.reason) == (
        Decimal(50),
        "succeeded",
        "paid too late",
    )
    clock.advance(hours=3)
    assert settling.announce(Payment.objects.get().pk, ChargeResult(ChargeOutcome.SUCCEEDED, "x"))
    assert Refund.objects.count() == 1


def test_a_withdrawn_request_takes_no_money_and_the_booking_waits_for_the_house(
    clock: Clock, bella: Restaurant
) -> None:
    request = asked(bella)
    assert withdraw(request.public_id, by=SYSTEM).status == "withdrawn"
    assert withdraw(request.public_id, by=SYSTEM).status == "withdrawn"
    assert (row_of(request).status, tables_of(row_of(request))) == ("pending", 1)
    with pytest.raises(PaymentRequestOver):
        pay(request.pk, VISA, by=GUEST)
    clock.advance(hours=2)
    assert expire_requests() == 0


def test_what_was_paid_cannot_be_withdrawn(clock: Clock, bella: Restaurant) -> None:
    request = asked(bella)
    pay(request.pk, VISA, by=GUEST)
    with pytest.raises(NotChangeable, match="Refund it"):
        withdraw(request.public_id, by=SYSTEM)


def test_money_for_a_booking_cancelled_meanwhile_goes_back(clock: Clock, bella: Restaurant) -> None:
    request = asked(bella)
    with pytest.raises(PaymentPending):
        pay(request.pk, LOST, by=GUEST)
    cancel_reservation(row_of(request).public_id, by=SYSTEM)
    assert status_of(request) == "withdrawn"
    clock.advance(minutes=1)
    settling.settle_unknown()
    assert Refund.objects.get().amount == 50
    assert row_of(request).status == "cancelled"


def test_money_that_arrives_while_paying_for_what_was_withdrawn_is_told_as_such(
    clock: Clock, bella: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(bella)

    def slow(payment: Payment, **more: Any) -> ChargeResult:
        result = charges.secure(payment, **more)
        withdraw(request.public_id, by=SYSTEM)
        return result

    monkeypatch.setattr(payment_links, "secure", slow)
    with pytest.raises(PaidTooLate):
        pay(request.pk, VISA, by=GUEST)
    assert Refund.objects.get().amount == 50


def test_an_extra_that_expires_leaves_the_booking_alone(clock: Clock, bella: Restaurant) -> None:
    row = make_booking(bella, status="confirmed")
    request = ask_for_payment(row.public_id, by=SYSTEM, amount=Decimal(30))
    assert request.becomes == ""
    clock.advance(minutes=31)
    assert expire_requests() == 1
    assert (status_of(request), row_of(request).status) == ("expired", "confirmed")


def test_a_booking_that_paid_twice_gets_its_share_of_both_back(
    clock: Clock, bella: Restaurant
) -> None:
    first = asked(bella)
    pay(first.pk, VISA, by=GUEST)
    identifier = row_of(first).public_id
    extra = ask_for_payment(identifier, by=SYSTEM, amount=Decimal(30))
    pay(extra.pk, VISA, by=GUEST)
    assert row_of(first).deposit_amount == 50
    assert kinds_sent()[-1] == "payment_received"

    clock.set("2025-11-15T12:00:00-05:00")
    assert quote(booking(identifier)) == (50, Decimal(40))
    done = cancel_reservation(identifier, by=GUEST)
    assert (done.percent, done.amount) == (50, Decimal(40))
    refunds.process_refunds()
    assert sorted(Refund.objects.values_list("amount", flat=True)) == [15, 25]


def test_staff_may_confirm_without_the_money_and_it_still_counts(
    clock: Clock, bella: Restaurant
) -> None:
    request = asked(bella)
    identifier = row_of(request).public_id
    manager = Actor(ActorKind.STAFF, "user_1", "m@x.example")
    progress.step(identifier, Status.CONFIRMED, by=manager)
    assert kinds_sent()[-1] == "reservation_confirmed"
    clock.advance(minutes=10)
    pay(request.pk, VISA, by=GUEST)
    row = row_of(request)
    assert (row.status, row.deposit_amount) == ("confirmed", Decimal(50))
    assert kinds_sent().count("reservation_confirmed") == 1


@pytest.mark.parametrize("kind", ["hold", "card"])
def test_cards_and_holds_secure_a_booking_too(clock: Clock, bella: Restaurant, kind: str) -> None:
    request = asked(bella, kind=kind)
    clock.set("2025-11-10T12:10:00-05:00")
    pay(request.pk, VISA, by=GUEST)
    row = row_of(request)
    payment = Payment.objects.get()
    # Saturday is more than five days ahead: the hold is placed later, by a job.
    assert (payment.kind, payment.status, payment.captured) == ("card", "saved", Decimal(0))
    assert (row.status, row.payment_kind, row.deposit_amount) == ("confirmed", kind, Decimal(50))
    cancel_reservation(row.public_id, by=GUEST)
    assert Payment.objects.get().status == "voided"


def test_the_trail_says_who_asked(clock: Clock, bella: Restaurant) -> None:
    request = asked(bella)
    pay(request.pk, VISA, by=GUEST)
    trail = AuditEntry.objects.filter(target=request.public_id).order_by("id")
    assert [(entry.verb, entry.actor_label) for entry in trail] == [
        ("payment_request.asked", "Couvert"),
        ("payment_request.paid", "Guest, by link"),
    ]
