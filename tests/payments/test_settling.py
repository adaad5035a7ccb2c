from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from celery import current_app
from django.db import transaction

from core.models import AuditEntry
from payments.gateways import sandbox
from payments.gateways.base import (
    NEVER_ARRIVED,
    AnswerLost,
    ChargeOutcome,
    ChargeResult,
)
from payments.gateways.sandbox import SandboxGateway
from payments.models import Payment, Refund, SandboxCharge
from payments.services import charges, refunds, settling
from payments.signals import payment_settled
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.payments.rows import at_once, make_payment

Receiver = Callable[[int, ChargeResult], None]


@pytest.fixture
def listen() -> Iterator[Callable[[Receiver], None]]:
    """Connect a receiver for this test, in place of whoever listens in production."""
    production = payment_settled.receivers
    payment_settled.receivers = []
    payment_settled.sender_receivers_cache.clear()
    kept: list[Any] = []

    def connect(receiver: Receiver) -> None:
        def call(payment_id: int, result: ChargeResult, **_facts: object) -> None:
            receiver(payment_id, result)

        kept.append(call)
        payment_settled.connect(call)

    yield connect
    payment_settled.receivers = production
    payment_settled.sender_receivers_cache.clear()


@pytest.fixture(autouse=True)
def _nobody_listens(listen: object) -> None:
    """Unless a test says so: these payments are for nothing the apps above know."""


def lost(restaurant: Restaurant, token: str = sandbox.LOST_ANSWER, **fields: Any) -> Payment:
    """A payment that was sent to the provider and whose answer never came."""
    payment = make_payment(restaurant, method={"token": token}, **fields)
    assert charges.charge(payment).outcome is ChargeOutcome.UNKNOWN
    return payment


def test_an_answer_is_looked_for_after_half_a_minute(restaurant: Restaurant, clock: Clock) -> None:
    lost(restaurant)
    clock.advance(seconds=29)
    assert settling.settle_unknown() == 0
    clock.advance(seconds=1)
    assert settling.settle_unknown() == 1


def test_a_row_without_a_time_is_looked_for_too(restaurant: Restaurant, clock: Clock) -> None:
    lost(restaurant, next_check_at=None)
    clock.advance(seconds=29)
    assert settling.settle_unknown() == 0
    clock.advance(seconds=1)
    assert settling.settle_unknown() == 1


def test_what_is_found_goes_to_whom_it_concerns_with_the_row_still_open(
    restaurant: Restaurant, clock: Clock, listen: Callable[[Receiver], None]
) -> None:
    payment = lost(restaurant)
    seen = []

    def confirm(payment_id: int, result: ChargeResult) -> None:
        seen.append((payment_id, result.outcome, Payment.objects.get(pk=payment_id).status))
        with transaction.atomic():
            charges.record_charge(payment_id, result, at=clock.now)

    listen(confirm)
    clock.advance(seconds=31)
    assert settling.settle_unknown() == 1
    assert seen == [(payment.pk, ChargeOutcome.SUCCEEDED, "requested")]
    payment.refresh_from_db()
    assert (payment.status, payment.refunded) == ("succeeded", Decimal(0))
    assert Refund.objects.count() == 0


def test_money_nobody_knows_what_for_goes_back(
    restaurant: Restaurant, clock: Clock, woken: list[str]
) -> None:
    payment = lost(restaurant, amount="50.00")
    clock.advance(seconds=31)
    settling.settle_unknown()
    payment.refresh_from_db()
    refund = Refund.objects.get()
    assert (payment.status, payment.refunded) == ("succeeded", Decimal(50))
    assert (refund.amount, refund.idempotency_key) == (
        Decimal(50),
        f"unclaimed:{payment.public_id}",
    )
    assert woken == ["payments.process_refunds"]
    assert AuditEntry.objects.get(verb="payment.settled_unclaimed").target == payment.public_id
    refunds.process_refunds()
    assert SandboxCharge.objects.get(kind="refund").minor_amount == 5000


def test_a_decline_nobody_claims_is_recorded_without_a_refund(
    restaurant: Restaurant, clock: Clock
) -> None:
    payment = make_payment(restaurant, method={"token": "tok_visa_0002"})
    charges.charge(payment)
    clock.advance(seconds=31)
    assert settling.settle_unknown() == 1
    payment.refresh_from_db()
    assert (payment.status, payment.failure_code) == ("failed", "card_declined")
    assert Refund.objects.count() == 0


def test_whoever_cannot_decide_now_is_asked_again(
    restaurant: Restaurant, clock: Clock, listen: Callable[[Receiver], None]
) -> None:
    payment = lost(restaurant)
    asked = []

    def busy_once(payment_id: int, result: ChargeResult) -> None:
        asked.append(payment_id)
        if len(asked) == 1:
            raise TimeoutError
        with transaction.atomic():
            charges.record_charge(payment_id, result, at=clock.now)

    listen(busy_once)
    clock.advance(seconds=31)
    assert settling.settle_unknown() == 0
    payment.refresh_from_db()
    assert (payment.status, Refund.objects.count()) == ("requested", 0)
    clock.advance(seconds=75)
    assert settling.settle_unknown() == 1
    payment.refresh_from_db()
    assert (payment.status, asked) == ("succeeded", [payment.pk] * 2)


def test_a_charge_that_never_arrived_is_given_up_after_a_quarter_of_an_hour(
    restaurant: Restaurant, clock: Clock, listen: Callable[[Receiver], None]
) -> None:
    heard: list[str] = []
    listen(lambda _id, result: heard.append(result.failure_code))
    payment = lost(restaurant, token=sandbox.NEVER_ARRIVES)
    started = clock.now
    while clock.now - started < dt.timedelta(minutes=14, seconds=50):
        assert settling.settle_unknown() == 0
        clock.advance(seconds=10)
    payment.refresh_from_db()
    assert (payment.status, payment.last_error) == ("unknown", "Not at the provider yet.")
    assert 4 <= payment.attempts <= 6
    clock.advance(minutes=13)
    assert settling.settle_unknown() == 1
    payment.refresh_from_db()
    assert (payment.status, payment.failure_code) == ("failed", NEVER_ARRIVED)
    assert payment.failure_message == (
        "The payment did not reach the provider. You were not charged."
    )
    assert heard == [NEVER_ARRIVED]


def test_a_process_that_sleeps_through_it_all_charges_nobody(
    restaurant: Restaurant, clock: Clock
) -> None:
    payment = make_payment(restaurant)
    clock.advance(minutes=16)
    assert settling.settle_unknown() == 1
    # Stopped between writing the row and asking, the process goes on now.
    result = charges.charge(payment)
    assert (result.outcome, result.failure_code) == (ChargeOutcome.DECLINED, NEVER_ARRIVED)
    with transaction.atomic():
        assert charges.record_charge(payment.pk, result, at=clock.now).status == "failed"
    assert not SandboxCharge.objects.filter(minor_amount__gt=0).exists()


def test_a_provider_that_is_down_is_asked_later_and_later(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = lost(restaurant)

    def down(self: SandboxGateway, key: str) -> None:
        raise AnswerLost

    clock.advance(seconds=31)
    waits = []
    with monkeypatch.context() as patch:
        patch.setattr(SandboxGateway, "_find_charge", down)
        for _ in range(8):
            assert settling.settle_unknown() == 0
            payment.refresh_from_db()
            assert payment.next_check_at is not None
            waits.append((payment.next_check_at - clock.now).total_seconds() / 60)
            clock.now = payment.next_check_at
    nominal = [1, 2, 5, 10, 30, 60, 60, 60]
    assert [0.8 * n <= w <= 1.2 * n for n, w in zip(nominal, waits, strict=True)] == [True] * 8
    assert (payment.status, payment.last_error) == ("unknown", "The provider does not answer.")
    assert settling.settle_unknown() == 1
    payment.refresh_from_db()
    assert payment.status == "succeeded"


def test_a_row_that_breaks_the_look_up_does_not_keep_the_others_waiting(
    restaurant: Restaurant, clock: Clock
) -> None:
    broken = lost(restaurant)
    Payment.objects.update(gateway="closed_down")
    sound = lost(restaurant)
    clock.advance(seconds=31)
    assert settling.settle_unknown() == 1
    broken.refresh_from_db()
    sound.refresh_from_db()
    assert (broken.status, sound.status) == ("unknown", "succeeded")


def test_an_outcome_that_was_recorded_meanwhile_is_left_alone(
    restaurant: Restaurant, clock: Clock
) -> None:
    payment = lost(restaurant)
    found = SandboxGateway().find_charge(charges.order_of(payment))
    assert found is not None
    with transaction.atomic():
        charges.record_charge(payment.pk, found, at=clock.now)
    settling._record_unclaimed(payment.pk, found, at=clock.now)
    assert Refund.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_while_asking_costs_one_interval(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = lost(restaurant)
    clock.advance(seconds=31)

    def die(self: SandboxGateway, key: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SandboxGateway, "_find_charge", die)
        with pytest.raises(KeyboardInterrupt):
            settling.settle_unknown()
    assert settling.settle_unknown() == 0
    clock.advance(seconds=73)
    assert settling.settle_unknown() == 1
    payment.refresh_from_db()
    assert payment.status == "succeeded"


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_settle_each_payment_once(
    restaurant: Restaurant, clock: Clock, listen: Callable[[Receiver], None]
) -> None:
    payments = [lost(restaurant) for _ in range(10)]
    heard: Counter[int] = Counter()
    listen(lambda payment_id, _result: heard.update([payment_id]))
    clock.advance(seconds=31)
    assert sum(at_once(6, lambda _: settling.settle_unknown())) == 10
    assert heard == Counter({payment.pk: 1 for payment in payments})
    assert Refund.objects.count() == 10


def test_a_sweep_ends_with_its_limit_or_its_time(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        lost(restaurant)
    clock.advance(seconds=31)
    assert settling.settle_unknown(limit=2) == 2
    with monkeypatch.context() as patch:
        patch.setattr(settling, "SWEEP_SECONDS", 0.0)
        assert settling.settle_unknown() == 0
    assert settling.settle_unknown() == 1


def test_the_tasks_are_known_by_the_names_the_schedule_uses(
    restaurant: Restaurant, clock: Clock
) -> None:
    payment = lost(restaurant, amount="50.00")
    clock.advance(seconds=31)
    current_app.tasks["payments.settle_unknown"].delay()
    current_app.tasks["payments.process_refunds"].delay()
    payment.refresh_from_db()
    assert (payment.status, Refund.objects.get().status) == ("succeeded", "succeeded")
