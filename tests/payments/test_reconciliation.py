"""Comparing our books with a provider's: what is missing, where, and what differs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from io import StringIO

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import transaction

from core.actors import Actor, ActorKind
from core.errors import Invalid
from core.models import AuditEntry
from payments.gateways.base import AnswerLost
from payments.gateways.sandbox import SandboxGateway
from payments.models import (
    Payment,
    PaymentKind,
    Reconciliation,
    ReconciliationDifference,
    Refund,
    SandboxCharge,
)
from payments.selectors import open_differences
from payments.services import charges, errands, reconciliation, refunds
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.payments.rows import make_paid, make_payment, make_refund

pytestmark = pytest.mark.django_db

MANAGER = Actor(ActorKind.STAFF, "user_1", "Mona")


def differences() -> list[tuple[str, str, str, str]]:
    rows = ReconciliationDifference.objects.filter(resolved_at=None).order_by("id")
    return [(row.kind, row.what, row.ours, row.theirs) for row in rows]


def compare(clock: Clock) -> Reconciliation:
    return reconciliation.reconcile(None, clock.now.date())


def test_books_that_agree_have_no_differences(restaurant: Restaurant, clock: Clock) -> None:
    paid = make_paid(restaurant)
    make_refund(paid)
    refunds.process_refunds()
    # Nothing of what moved no money is in anybody's books.
    charges.charge(make_payment(restaurant, method={"token": "tok_visa_0002"}))
    run = compare(clock)
    assert (run.movements, run.differences, run.last_error) == (2, 0, "")
    assert run.finished_at == clock.now
    assert differences() == []


def test_a_charge_only_the_provider_has(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_paid(restaurant)
    Payment.objects.filter(pk=payment.pk).update(provider_reference="ch_other")
    SandboxCharge.objects.update(purpose="")
    compare(clock)
    assert differences() == [
        ("missing_here", "charge", "nothing", "50.00 USD"),
        # By its name the sandbox still knows it: so it is not missing there.
    ]


def test_a_charge_only_we_have(restaurant: Restaurant, clock: Clock) -> None:
    make_paid(restaurant)
    SandboxCharge.objects.all().delete()
    compare(clock)
    assert differences() == [("missing_there", "charge", "50.00 USD", "nothing")]


def test_amounts_that_differ(restaurant: Restaurant, clock: Clock) -> None:
    paid = make_paid(restaurant)
    make_refund(paid)
    refunds.process_refunds()
    SandboxCharge.objects.filter(kind="charge").update(captured_minor=4999)
    SandboxCharge.objects.filter(kind="refund").update(minor_amount=2001)
    compare(clock)
    assert differences() == [
        ("amount", "charge", "50.00 USD", "49.99 USD"),
        ("amount", "refund", "20.00 USD", "20.01 USD"),
    ]


def test_money_that_moved_there_and_not_here(restaurant: Restaurant, clock: Clock) -> None:
    failed = make_paid(restaurant)
    Payment.objects.filter(pk=failed.pk).update(status="failed", captured=0)
    # An answer that was lost before it could name the charge: found by what it was for.
    lost = make_payment(restaurant, status="unknown")
    charges.charge(lost)
    SandboxCharge.objects.filter(key=lost.idempotency_key).update(purpose=lost.purpose)
    refund = make_refund(make_paid(restaurant))
    refunds.process_refunds()
    Refund.objects.filter(pk=refund.pk).update(status="failed")
    compare(clock)
    assert differences() == [
        ("state", "charge", "Failed", "50.00 USD"),
        ("state", "charge", "Unknown, being settled", "50.00 USD"),
        ("state", "refund", "Failed, needs a person", "20.00 USD"),
    ]
    found = ReconciliationDifference.objects.order_by("id")[1]
    assert (found.payment, found.restaurant) == (lost, restaurant)


def test_refunds_that_one_side_lacks(restaurant: Restaurant, clock: Clock) -> None:
    paid = make_paid(restaurant)
    mine = make_refund(paid)
    refunds.process_refunds()
    SandboxCharge.objects.filter(kind="refund").update(reference="re_by_hand")
    compare(clock)
    mine.refresh_from_db()
    assert differences() == [
        ("missing_here", "refund", "nothing", "20.00 USD"),
        ("missing_there", "refund", "20.00 USD", "nothing"),
    ]


def test_a_hold_taken_days_later_is_in_their_list_of_the_day_it_was_set_aside(
    restaurant: Restaurant, clock: Clock
) -> None:
    payment = make_payment(restaurant, kind=PaymentKind.HOLD)
    result = charges.charge(payment)
    with transaction.atomic():
        charges.record_charge(payment.pk, result, at=clock.now)
    clock.advance(days=4)
    with transaction.atomic():
        errands.request_capture(payment.pk, Decimal(30), by=MANAGER, at=clock.now)
    errands.process_errands()
    run = compare(clock)
    assert (run.movements, differences()) == (0, [])


def test_a_charge_at_midnight_may_be_of_different_days(
    restaurant: Restaurant, clock: Clock
) -> None:
    clock.set("2025-11-08T23:59:59+00:00")
    payment = make_payment(restaurant)
    result = charges.charge(payment)
    clock.advance(seconds=2)
    with transaction.atomic():
        charges.record_charge(payment.pk, result, at=clock.now)
    for day in (8, 9):
        reconciliation.reconcile(None, dt.date(2025, 11, day))
    assert differences() == []


def test_a_difference_is_one_row_and_resolved_when_it_is_gone(
    restaurant: Restaurant, clock: Clock
) -> None:
    make_paid(restaurant)
    SandboxCharge.objects.update(captured_minor=4999)
    compare(clock)
    clock.advance(hours=1)
    compare(clock)
    row = ReconciliationDifference.objects.get()
    assert (row.seen_at, row.found_at) == (clock.now, clock.now - dt.timedelta(hours=1))
    assert open_differences().count() == 1
    SandboxCharge.objects.update(captured_minor=5000)
    compare(clock)
    row.refresh_from_db()
    assert (row.resolved_at, row.resolved_by) == (clock.now, "")
    assert open_differences().count() == 0
    # Back again: it is open again.
    SandboxCharge.objects.update(captured_minor=4999)
    compare(clock)
    assert open_differences().count() == 1


def test_a_person_says_why_a_difference_may_stay(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_paid(restaurant)
    SandboxCharge.objects.update(captured_minor=4999)
    compare(clock)
    row = ReconciliationDifference.objects.get()
    with pytest.raises(Invalid):
        reconciliation.resolve(row.pk, "  ", by=MANAGER)
    reconciliation.resolve(row.pk, "A rounding of the provider's.", by=MANAGER)
    compare(clock)
    row.refresh_from_db()
    assert (row.resolved_by, row.note) == ("Mona", "A rounding of the provider's.")
    assert differences() == []
    entry = AuditEntry.objects.get(verb="payment.difference_resolved")
    assert (entry.target, entry.actor_label) == (payment.public_id, "Mona")


def test_a_provider_that_does_not_answer_leaves_everything_as_it_is(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_paid(restaurant)
    SandboxCharge.objects.update(captured_minor=4999)
    compare(clock)

    def down(*_: object) -> None:
        raise AnswerLost

    with monkeypatch.context() as patch:
        patch.setattr(SandboxGateway, "_movements", down)
        run = compare(clock)
    assert run.last_error == "The provider's books could not be read (AnswerLost)."
    assert len(differences()) == 1
    assert compare(clock).last_error == ""


def test_each_day_is_compared_once_it_is_over(restaurant: Restaurant, clock: Clock) -> None:
    clock.set("2025-11-08T12:00:00+00:00")
    make_paid(restaurant)
    clock.set("2025-11-09T01:59:00+00:00")
    current_app.tasks["payments.reconcile"].delay()
    assert list(Reconciliation.objects.values_list("day", flat=True)) == [dt.date(2025, 11, 7)]
    SandboxCharge.objects.update(captured_minor=4999)
    clock.set("2025-11-09T02:00:00+00:00")
    for _ in range(2):
        current_app.tasks["payments.reconcile"].delay()
    run = Reconciliation.objects.get(day=dt.date(2025, 11, 8))
    assert (run.differences, run.finished_at) == (1, clock.now)
    # The day after, what differed is looked at again.
    SandboxCharge.objects.update(captured_minor=5000)
    clock.set("2025-11-10T02:00:00+00:00")
    current_app.tasks["payments.reconcile"].delay()
    assert differences() == []


def test_the_command_prints_what_differs(restaurant: Restaurant, clock: Clock) -> None:
    clock.set("2025-11-08T12:00:00+00:00")
    out = StringIO()
    call_command("reconcile_payments", stdout=out)
    assert out.getvalue() == "There is nothing to compare.\n"
    payment = make_paid(restaurant)
    SandboxCharge.objects.update(captured_minor=4999)
    out = StringIO()
    call_command("reconcile_payments", date="2025-11-08", stdout=out)
    assert out.getvalue() == (
        "sandbox, 2025-11-08: 1 movements, 1 differences\n"
        f"  The amounts differ: charge {payment.provider_reference} {payment.purpose}"
        " (here 50.00 USD; there 49.99 USD)\n"
    )
    with pytest.raises(CommandError, match="is not a date"):
        call_command("reconcile_payments", date="yesterday")


def test_days_that_were_missed_are_compared_later(restaurant: Restaurant, clock: Clock) -> None:
    make_paid(restaurant)
    clock.set("2025-11-11T03:00:00+00:00")
    reconciliation.reconcile_due()
    make_paid(restaurant)
    # Nothing ran on the twelfth and the thirteenth.
    clock.set("2025-11-14T03:00:00+00:00")
    days = [run.day.day for run in reconciliation.reconcile_due()]
    assert days == [11, 12, 13]
    assert reconciliation.reconcile_due() == []
