from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from payments.gateways.base import NEVER_ARRIVED, ChargeOutcome, ChargeResult, ProviderRefused
from payments.gateways.sandbox import SandboxGateway
from payments.models import Payment, SandboxCharge
from payments.services import charges
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.payments.rows import make_paid, make_payment, succeeded

UNKNOWN = ChargeResult(ChargeOutcome.UNKNOWN)
DECLINED = ChargeResult(
    ChargeOutcome.DECLINED,
    brand="Visa",
    last4="0002",
    failure_code="card_declined",
    failure_message="Your card was declined.",
)


def record(payment: Payment, result: ChargeResult, at: dt.datetime) -> Payment:
    with transaction.atomic():
        return charges.record_charge(payment.pk, result, at=at)


def test_a_charge_asks_once_and_leaves_the_row_alone(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_payment(restaurant, "50.00")
    before = Payment.objects.values().get()
    first = charges.charge(payment)
    assert charges.charge(payment) == first
    booked = SandboxCharge.objects.get()
    assert (booked.key, booked.minor_amount) == (payment.idempotency_key, 5000)
    assert Payment.objects.values().get() == before


def test_a_charge_needs_no_row_and_one_statement(restaurant: Restaurant) -> None:
    payment = Payment(
        gateway="sandbox",
        idempotency_key="deposit:hold_x:0",
        amount=Decimal(500),
        currency="JPY",
        method={"token": "tok_visa_4242"},
        purpose="hold_x",
    )
    with CaptureQueriesContext(connection) as queries:
        result = charges.charge(payment)
    assert (result.outcome, len(queries)) == (ChargeOutcome.SUCCEEDED, 1)
    assert SandboxCharge.objects.get().minor_amount == 500


def test_a_success_is_recorded_with_the_card(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_payment(restaurant)
    record(payment, succeeded("ch_9"), clock.now)
    payment.refresh_from_db()
    assert (payment.status, payment.provider_reference) == ("succeeded", "ch_9")
    assert (payment.card_brand, payment.card_last4) == ("Visa", "4242")
    assert (payment.settled_at, payment.next_check_at) == (clock.now, None)


def test_a_decline_is_recorded_with_its_reason(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_payment(restaurant)
    record(payment, DECLINED, clock.now)
    payment.refresh_from_db()
    assert (payment.status, payment.failure_code) == ("failed", "card_declined")
    assert (payment.failure_message, payment.settled_at) == ("Your card was declined.", clock.now)
    assert payment.next_check_at is None


def test_a_lost_answer_is_recorded_as_unknown_and_looked_for(
    restaurant: Restaurant, clock: Clock
) -> None:
    payment = make_payment(restaurant, next_check_at=None)
    record(payment, UNKNOWN, clock.now)
    payment.refresh_from_db()
    assert (payment.status, payment.settled_at) == ("unknown", None)
    assert payment.next_check_at == clock.now + dt.timedelta(seconds=30)


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        (succeeded("ch_1"), DECLINED, "succeeded"),
        (succeeded("ch_1"), UNKNOWN, "succeeded"),
        (succeeded("ch_1"), succeeded("ch_2"), "succeeded"),
        (DECLINED, UNKNOWN, "failed"),
    ],
)
def test_an_outcome_never_changes(
    restaurant: Restaurant,
    clock: Clock,
    first: ChargeResult,
    second: ChargeResult,
    stays: str,
) -> None:
    payment = make_payment(restaurant)
    record(payment, first, clock.now)
    before = Payment.objects.values().get()
    clock.advance(minutes=1)
    answered = record(payment, second, clock.now)
    assert answered.status == stays
    assert Payment.objects.values().get() == before


@pytest.mark.parametrize(
    ("result", "status"), [(succeeded(), "succeeded"), (DECLINED, "failed"), (UNKNOWN, "unknown")]
)
def test_an_unknown_outcome_becomes_known(
    restaurant: Restaurant, clock: Clock, result: ChargeResult, status: str
) -> None:
    payment = make_payment(restaurant)
    record(payment, UNKNOWN, clock.now)
    assert record(payment, result, clock.now).status == status


def test_a_charge_that_was_given_up_but_arrived_is_money_taken(
    restaurant: Restaurant, clock: Clock
) -> None:
    payment = make_payment(restaurant)
    given_up = ChargeResult(ChargeOutcome.DECLINED, failure_code=NEVER_ARRIVED)
    record(payment, given_up, clock.now)
    assert record(payment, UNKNOWN, clock.now).status == "failed"
    taken = record(payment, succeeded("ch_late"), clock.now)
    assert (taken.status, taken.provider_reference, taken.failure_code) == (
        "succeeded",
        "ch_late",
        "",
    )


@pytest.mark.parametrize("first", [DECLINED, ChargeResult(ChargeOutcome.VOIDED)])
def test_money_that_was_taken_after_all_is_a_fact_and_a_promise_of_it_is_none(
    restaurant: Restaurant, clock: Clock, first: ChargeResult
) -> None:
    payment = make_payment(restaurant)
    before = record(payment, first, clock.now).status
    held = ChargeResult(ChargeOutcome.AUTHORIZED, "ch_late")
    assert record(payment, held, clock.now).status == before
    taken = record(payment, succeeded("ch_late"), clock.now)
    assert (taken.status, taken.captured) == ("succeeded", taken.amount)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_new", [True, False])
def test_a_provider_that_refuses_our_account_takes_nothing_and_stops_nobody(
    restaurant: Restaurant, monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    def refuse(*_: object) -> ChargeResult:
        raise ProviderRefused("401")

    monkeypatch.setattr(SandboxGateway, "_charge", refuse)
    result = charges.secure(make_payment(restaurant), is_new=is_new)
    expected = (ChargeOutcome.DECLINED, "unavailable") if is_new else (ChargeOutcome.UNKNOWN, "")
    assert (result.outcome, result.failure_code) == expected


def test_what_a_provider_says_is_cut_to_what_the_row_can_hold(
    restaurant: Restaurant, clock: Clock
) -> None:
    endless = ChargeResult(
        ChargeOutcome.DECLINED,
        reference="r" * 500,
        brand="b" * 500,
        last4="123456",
        failure_code="c" * 500,
        failure_message="m" * 500,
    )
    payment = record(make_payment(restaurant), endless, clock.now)
    payment.refresh_from_db()
    assert (payment.failure_code, payment.failure_message) == ("c" * 40, "m" * 200)
    assert (payment.card_brand, payment.card_last4) == ("b" * 20, "1234")


@pytest.mark.django_db(transaction=True)
def test_recording_needs_the_callers_transaction(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_payment(restaurant)
    with pytest.raises(transaction.TransactionManagementError):
        charges.record_charge(payment.pk, succeeded(), at=clock.now)


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("refunded = captured + 0.01", "payment_refunds_within_captured"),
        ("refunded = 30, redeemed = captured - 29.99", "payment_refunds_within_captured"),
        ("captured = amount + 0.01", "payment_captured_within_amount"),
        ("captured = 0", "payment_captured_when_succeeded"),
        ("status = 'failed'", "payment_captured_when_succeeded"),
        ("errand = 'capture', errand_amount = 1", "payment_errand"),
        ("kind = 'tip'", "payment_kind_known"),
        ("refunded = -0.01", "payment_refunds_within_captured"),
        ("status = 'failed', captured = 0, refunded = 1", "payment_refunds_within_captured"),
        ("amount = 0", "payment_amount"),
    ],
)
def test_the_database_itself_refuses(
    restaurant: Restaurant, statement: str, constraint: str
) -> None:
    payment = make_paid(restaurant)
    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE payments_payment SET {statement} WHERE id = %s", [payment.pk])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE payments_payment SET refunded = amount WHERE id = %s", [payment.pk])
    payment.refresh_from_db()
    assert payment.refunded == payment.amount


def test_no_card_data_is_logged(
    restaurant: Restaurant, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    make_paid(restaurant)
    assert "4242" not in caplog.text
    assert "tok_" not in caplog.text
