from __future__ import annotations

import datetime as dt
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum

from core.actors import SYSTEM, Actor, ActorKind
from core.models import AuditEntry
from payments.errors import RefundDone, RefundTooLarge
from payments.gateways import sandbox
from payments.gateways.base import RefundOutcome, RefundResult
from payments.gateways.sandbox import SandboxGateway
from payments.models import Payment, Refund, SandboxCharge
from payments.services import refunds
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.payments.rows import at_once, make_paid, make_payment, make_refund

MANAGER = Actor(ActorKind.STAFF, "user_1", "Mia Manager")


def ask(payment: Payment, amount: str, key: str, at: dt.datetime) -> Refund | None:
    with transaction.atomic():
        return refunds.request_refund(
            payment.pk, Decimal(amount), reason="cancelled", key=key, at=at
        )


def answers(monkeypatch: pytest.MonkeyPatch, *results: RefundResult | BaseException) -> list[str]:
    """The provider answers with these, one after the other; returns the keys it was asked with."""
    keys: list[str] = []
    script = iter(results)

    def refund(self: SandboxGateway, *, key: str, **_facts: object) -> RefundResult:
        keys.append(key)
        result = next(script)
        if isinstance(result, BaseException):
            raise result
        return result

    monkeypatch.setattr(SandboxGateway, "refund", refund)
    return keys


# --- Asking ---------------------------------------------------------------------------------------


def test_a_refund_is_owed_at_once_and_sent_soon(
    restaurant: Restaurant, clock: Clock, woken: list[str]
) -> None:
    payment = make_paid(restaurant, "50.00")
    refund = ask(payment, "20.00", "refund:res_1", clock.now)
    assert refund is not None
    payment.refresh_from_db()
    assert payment.refunded == Decimal(20)
    assert (refund.status, refund.next_attempt_at) == ("requested", clock.now)
    assert woken == ["payments.process_refunds"]
    assert not SandboxCharge.objects.filter(kind="refund").exists()


def test_nothing_to_give_back_is_no_refund(
    restaurant: Restaurant, clock: Clock, woken: list[str]
) -> None:
    payment = make_paid(restaurant)
    assert ask(payment, "0", "refund:res_1", clock.now) is None
    assert (Refund.objects.count(), woken) == (0, [])


def test_the_same_key_is_the_same_refund(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_paid(restaurant, "50.00")
    first = ask(payment, "50.00", "refund:res_1", clock.now)
    again = ask(payment, "50.00", "refund:res_1", clock.now)
    payment.refresh_from_db()
    assert first == again
    assert payment.refunded == Decimal(50)


def test_the_key_of_another_payments_refund_is_a_mistake_of_ours(
    restaurant: Restaurant, clock: Clock
) -> None:
    make_refund(make_paid(restaurant), key="refund:res_1")
    other = make_paid(restaurant)
    with pytest.raises(ValueError, match="another payment"):
        ask(other, "1.00", "refund:res_1", clock.now)


def test_more_than_was_taken_never_goes_back(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_paid(restaurant, "50.00")
    ask(payment, "30.00", "a", clock.now)
    with pytest.raises(RefundTooLarge) as refusal:
        ask(payment, "20.01", "b", clock.now)
    assert refusal.value.details == {"left": "20.00", "currency": "USD"}
    assert ask(payment, "20.00", "c", clock.now) is not None


def test_a_payment_that_did_not_succeed_has_nothing_to_give_back(
    restaurant: Restaurant, clock: Clock
) -> None:
    payment = make_payment(restaurant)
    with pytest.raises(RefundTooLarge) as refusal:
        ask(payment, "1.00", "a", clock.now)
    assert refusal.value.details["left"] == "0.00"


@pytest.mark.parametrize("amount", ["-1.00", "0.001"])
def test_an_amount_the_currency_cannot_express_is_a_mistake_of_ours(
    restaurant: Restaurant, clock: Clock, amount: str
) -> None:
    payment = make_paid(restaurant)
    with pytest.raises(ValueError, match="not an amount"):
        ask(payment, amount, "a", clock.now)


def test_a_caller_that_rolls_back_owes_nothing(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_paid(restaurant)
    with transaction.atomic():
        refunds.request_refund(payment.pk, Decimal(1), reason="x", key="a", at=clock.now)
        transaction.set_rollback(True)
    payment.refresh_from_db()
    assert (payment.refunded, Refund.objects.count()) == (Decimal(0), 0)


# --- Sixteen at once ------------------------------------------------------------------------------


def _race(payment: Payment, clock: Clock) -> list[str]:
    """Sixteen refunds of 7.00 each of a payment, together; what became of each."""

    def one(number: int) -> str:
        try:
            ask(payment, "7.00", f"part:{number}", clock.now)
        except (RefundTooLarge, IntegrityError) as error:
            return type(error).__name__
        return "accepted"

    return at_once(16, one)


@pytest.mark.django_db(transaction=True)
def test_sixteen_parts_at_once_never_pass_what_was_taken(
    restaurant: Restaurant, clock: Clock
) -> None:
    payment = make_paid(restaurant, "50.00")
    outcomes = _race(payment, clock)
    assert sorted(outcomes) == ["RefundTooLarge"] * 9 + ["accepted"] * 7
    payment.refresh_from_db()
    total = Refund.objects.aggregate(total=Sum("amount"))["total"]
    assert payment.refunded == total == Decimal(49)
    assert refunds.process_refunds(limit=50) == 7
    assert _sent_back() == 4900


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_constraint_still_refuses(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = make_paid(restaurant, "50.00")
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_options: self)
    all_have_read = Barrier(16)
    monkeypatch.setattr(refunds, "exact_minor", lambda *_: all_have_read.wait(timeout=20))
    outcomes = _race(payment, clock)
    # The negative control of the test above: the check alone would have let all of them through.
    assert sorted(outcomes) == ["IntegrityError"] * 9 + ["accepted"] * 7
    payment.refresh_from_db()
    assert payment.refunded == Decimal(49)


@pytest.mark.django_db(transaction=True)
def test_sixteen_clicks_on_refund_are_one_refund(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_paid(restaurant, "50.00")
    refunds = at_once(16, lambda _: ask(payment, "50.00", "refund:res_1", clock.now))
    assert len({refund.pk for refund in refunds if refund is not None}) == 1
    assert Refund.objects.get().amount == Decimal(50)


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_each_refund_once(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = make_paid(restaurant, "50.00")
    for number in range(12):
        make_refund(payment, "1.00", key=f"part:{number}")
    asked: list[str] = []
    really = SandboxGateway.refund

    def refund(self: SandboxGateway, *, key: str, **facts: object) -> RefundResult:
        asked.append(key)
        return really(self, key=key, **facts)  # type: ignore[arg-type]

    monkeypatch.setattr(SandboxGateway, "refund", refund)
    assert sum(at_once(6, lambda _: refunds.process_refunds())) == 12
    assert sorted(asked) == sorted(f"part:{number}" for number in range(12))
    assert _sent_back() == 1200
    assert set(Refund.objects.values_list("status", flat=True)) == {"succeeded"}


def _sent_back() -> int:
    sent = SandboxCharge.objects.filter(kind="refund").aggregate(total=Sum("minor_amount"))
    return int(sent["total"])


# --- Sending --------------------------------------------------------------------------------------


def test_a_refund_reaches_the_provider_and_the_audit_trail(
    restaurant: Restaurant, clock: Clock
) -> None:
    payment = make_paid(restaurant, "50.00")
    refund = make_refund(payment, "20.00")
    clock.advance(seconds=5)
    assert refunds.process_refunds() == 1
    refund.refresh_from_db()
    assert (refund.status, refund.settled_at, refund.attempts) == ("succeeded", clock.now, 1)
    sent = SandboxCharge.objects.get(kind="refund")
    assert (sent.minor_amount, sent.charge_reference) == (2000, payment.provider_reference)
    assert refund.provider_reference == sent.reference
    entry = AuditEntry.objects.get(verb="refund.succeeded")
    assert (entry.target, entry.restaurant_id) == (refund.public_id, restaurant.pk)
    assert entry.data == {"payment": payment.public_id, "amount": "20.00", "currency": "USD"}
    assert refunds.process_refunds() == 0


def test_a_refusal_by_the_provider_is_shown_and_no_longer_counted(
    restaurant: Restaurant, clock: Clock
) -> None:
    payment = make_paid(restaurant, "50.00", method={"token": sandbox.REFUND_FAILS})
    refund = make_refund(payment, "50.00")
    refunds.process_refunds()
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, refund.last_error) == ("failed", "The card was closed.")
    assert (payment.refunded, refund.next_attempt_at) == (Decimal(0), None)
    assert AuditEntry.objects.filter(verb="refund.failed").count() == 1


def test_a_provider_without_an_answer_is_asked_again_with_the_same_key(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = make_refund(make_paid(restaurant), key="refund:res_1")
    lost = RefundResult(RefundOutcome.UNKNOWN, message="The provider's answer was lost.")
    done = RefundResult(RefundOutcome.SUCCEEDED, reference="re_1")
    keys = answers(monkeypatch, lost, lost, done)
    refunds.process_refunds()
    refund.refresh_from_db()
    assert (refund.status, refund.last_error) == ("requested", "The provider's answer was lost.")
    clock.advance(seconds=23)
    assert refunds.process_refunds() == 0
    clock.advance(seconds=14)
    assert refunds.process_refunds() == 1
    clock.advance(seconds=145)
    assert refunds.process_refunds() == 1
    refund.refresh_from_db()
    assert (refund.status, refund.attempts, refund.last_error) == ("succeeded", 3, "")
    assert keys == ["refund:res_1"] * 3


def test_a_refund_without_an_answer_for_a_day_waits_for_a_person(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = make_paid(restaurant)
    refund = make_refund(payment, "20.00")
    lost = RefundResult(RefundOutcome.UNKNOWN, message="No answer.")
    answers(monkeypatch, *[lost] * 8)
    waits = []
    for _ in range(8):
        assert refunds.process_refunds() == 1
        refund.refresh_from_db()
        if refund.next_attempt_at is not None:
            waits.append((refund.next_attempt_at - clock.now).total_seconds())
            clock.now = refund.next_attempt_at
    nominal = [30, 120, 600, 3600, 21600, 21600, 21600]
    assert [0.8 * n <= w <= 1.2 * n for n, w in zip(nominal, waits, strict=True)] == [True] * 7
    assert (refund.status, refund.next_attempt_at) == ("requested", None)
    assert refund.last_error == "Given up after 8 attempts. No answer."
    clock.advance(days=30)
    assert refunds.process_refunds() == 0
    payment.refresh_from_db()
    assert payment.refunded == Decimal(20)


def test_waiting_times_differ_from_row_to_row(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = make_paid(restaurant)
    owed = [make_refund(payment, "1.00") for _ in range(5)]
    answers(monkeypatch, *[RefundResult(RefundOutcome.UNKNOWN)] * 5)
    refunds.process_refunds()
    assert len({Refund.objects.get(pk=refund.pk).next_attempt_at for refund in owed}) == 5


def test_a_pending_refund_is_looked_at_until_it_is_done(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = make_refund(make_paid(restaurant))
    pending = RefundResult(RefundOutcome.PENDING, reference="re_1")
    answers(monkeypatch, *[pending] * 10, RefundResult(RefundOutcome.SUCCEEDED, reference="re_1"))
    for _ in range(10):
        assert refunds.process_refunds() == 1
        refund.refresh_from_db()
        assert (refund.status, refund.provider_reference) == ("requested", "re_1")
        clock.advance(hours=8)
    refunds.process_refunds()
    refund.refresh_from_db()
    assert refund.status == "succeeded"


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_before_asking_loses_its_lease_not_the_refund(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = make_refund(make_paid(restaurant), "20.00")
    with monkeypatch.context() as patch:
        answers(patch, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            refunds.process_refunds()
    assert refunds.process_refunds() == 0
    clock.advance(minutes=2, seconds=1)
    assert refunds.process_refunds() == 1
    refund.refresh_from_db()
    assert (refund.status, refund.attempts, _sent_back()) == ("succeeded", 2, 2000)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_after_asking_gives_back_once(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = make_refund(make_paid(restaurant), "20.00")
    with monkeypatch.context() as patch:
        patch.setattr(
            refunds, "_record_refund", lambda *_a, **_k: (_ for _ in ()).throw(SystemExit)
        )
        with pytest.raises(SystemExit):
            refunds.process_refunds()
    assert _sent_back() == 2000
    clock.advance(minutes=2, seconds=1)
    assert refunds.process_refunds() == 1
    refund.refresh_from_db()
    assert (refund.status, _sent_back()) == ("succeeded", 2000)


def test_a_late_worker_changes_nothing_that_is_done(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_paid(restaurant, "50.00")
    refund = make_refund(payment, "20.00")
    refunds.process_refunds()
    late = RefundResult(RefundOutcome.FAILED, message="late")
    refunds._record_refund(refund, late, at=clock.now)
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, payment.refunded) == ("succeeded", Decimal(20))


def test_one_broken_row_does_not_keep_the_others_waiting(
    restaurant: Restaurant, clock: Clock
) -> None:
    broken = make_refund(make_paid(restaurant))
    Payment.objects.update(gateway="closed_down")
    sound = make_refund(make_paid(restaurant))
    assert refunds.process_refunds() == 2
    broken.refresh_from_db()
    sound.refresh_from_db()
    assert (broken.status, broken.last_error) == ("requested", "Not sent: LookupError")
    assert sound.status == "succeeded"


def test_a_sweep_takes_no_more_than_it_is_told(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_paid(restaurant)
    for _ in range(3):
        make_refund(payment, "1.00")
    assert [refunds.process_refunds(limit=2), refunds.process_refunds(limit=2)] == [2, 1]


def test_a_sweep_ends_when_its_time_is_up(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_refund(make_paid(restaurant))
    monkeypatch.setattr(refunds, "SWEEP_SECONDS", 0.0)
    assert refunds.process_refunds() == 0


# --- Staff ----------------------------------------------------------------------------------------


def test_staff_wake_a_stuck_refund_under_its_old_key(
    restaurant: Restaurant, clock: Clock, woken: list[str]
) -> None:
    refund = make_refund(make_paid(restaurant), key="refund:res_1")
    Refund.objects.update(attempts=8, next_attempt_at=None)
    woken.clear()
    again = refunds.retry_refund(refund.pk, by=MANAGER, at=clock.now)
    assert (again.pk, again.idempotency_key) == (refund.pk, "refund:res_1")
    assert woken == ["payments.process_refunds"]
    assert refunds.process_refunds() == 1
    refund.refresh_from_db()
    assert (refund.status, refund.attempts) == ("succeeded", 1)
    assert AuditEntry.objects.get(verb="refund.retried").actor_label == "Mia Manager"


def test_staff_ask_anew_for_a_refused_refund_and_a_double_click_asks_once(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = make_paid(restaurant, "50.00")
    refund = make_refund(payment, "50.00")
    with monkeypatch.context() as patch:
        answers(patch, RefundResult(RefundOutcome.FAILED, message="Closed."))
        refunds.process_refunds()
    first = refunds.retry_refund(refund.pk, by=MANAGER, at=clock.now)
    second = refunds.retry_refund(refund.pk, by=MANAGER, at=clock.now)
    assert (first.pk, first.idempotency_key) == (second.pk, f"again:{refund.public_id}")
    assert first.pk != refund.pk
    refunds.process_refunds()
    payment.refresh_from_db()
    assert (payment.refunded, _sent_back()) == (Decimal(50), 5000)


def test_a_refund_that_arrived_cannot_be_sent_again(restaurant: Restaurant, clock: Clock) -> None:
    refund = make_refund(make_paid(restaurant))
    refunds.process_refunds()
    with pytest.raises(RefundDone):
        refunds.retry_refund(refund.pk, by=SYSTEM, at=clock.now)
    assert not AuditEntry.objects.filter(verb="refund.retried").exists()


def test_a_refused_refund_that_was_made_up_for_is_not_sent_again(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = make_paid(restaurant, "50.00")
    refund = make_refund(payment, "50.00")
    with monkeypatch.context() as patch:
        answers(patch, RefundResult(RefundOutcome.FAILED))
        refunds.process_refunds()
    make_refund(payment, "10.00")
    with pytest.raises(RefundTooLarge):
        refunds.retry_refund(refund.pk, by=MANAGER, at=clock.now)
