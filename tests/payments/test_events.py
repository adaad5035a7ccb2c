"""Messages of providers: lost, late, twice, in the wrong order, forged, about nothing known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from celery import current_app
from django.db import transaction
from pytest_django import Settings

from core.models import AuditEntry
from payments.gateways import sandbox
from payments.gateways.base import (
    AnswerLost,
    BadSignature,
    RefundOutcome,
    RefundResult,
    given_up,
)
from payments.gateways.reports import Dispute
from payments.gateways.sandbox import SandboxGateway, notices
from payments.models import (
    Payment,
    PaymentDispute,
    PaymentKind,
    ProviderAccount,
    ProviderEvent,
    Refund,
    SandboxCharge,
)
from payments.services import charges, events, refunds
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.payments.rows import at_once, make_paid, make_payment, make_refund

URL = "/api/webhooks/payments/sandbox"
HEADER = f"HTTP_{notices.HEADER.upper().replace('-', '_')}"


def tell(reference: str, kind: str = "charge.succeeded") -> bool:
    """The sandbox speaks of something."""
    body, headers = notices.make(kind, reference)
    return events.receive("sandbox", "", body, headers, url="")


def waiting(restaurant: Restaurant, **fields: Any) -> Payment:
    """A payment whose owner is at the bank."""
    payment = make_payment(restaurant, method={"token": sandbox.THREE_D_SECURE}, **fields)
    result = charges.charge(payment)
    with transaction.atomic():
        return charges.record_charge(payment.pk, result, at=payment.created_at)


# --- The address ----------------------------------------------------------------------------------


@pytest.fixture
def post(client: Any) -> Callable[..., Any]:
    """Send a body to the address of the sandbox's messages."""

    def send(body: bytes, signature: str, url: str = URL) -> Any:
        return client.post(url, body, content_type="application/json", **{HEADER: signature})

    return send


@pytest.mark.django_db
def test_a_message_is_kept_once_and_answered_at_once(
    clock: Clock, post: Callable[..., Any], woken: list[str]
) -> None:
    body, headers = notices.make("charge.succeeded", "ch_sandbox_x")
    for _ in range(3):
        answer = post(body, headers[notices.HEADER])
        assert (answer.status_code, answer.json()) == (200, {"received": True})
    event = ProviderEvent.objects.get()
    assert (event.provider, event.account, event.type) == ("sandbox", None, "charge.succeeded")
    assert (event.references, event.attempts) == (["ch_sandbox_x"], 0)
    assert woken == ["payments.process_events"]
    assert post(body, headers[notices.HEADER], f"/api/v1{URL[4:]}").status_code == 200


@pytest.mark.django_db
def test_forged_altered_and_old_messages_are_refused_and_leave_nothing(
    clock: Clock, post: Callable[..., Any]
) -> None:
    body, headers = notices.make("charge.succeeded", "ch_sandbox_x")
    signature = headers[notices.HEADER]
    one_bit = bytes([body[0] ^ 1]) + body[1:]
    old = notices.sign(body, int(clock.now.timestamp()) - 301)[notices.HEADER]
    future = notices.sign(body, int(clock.now.timestamp()) + 301)[notices.HEADER]
    unsigned = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    for sent, signed in [
        (one_bit, signature),
        (body + b" ", signature),
        (body, unsigned),
        (body, old),
        (body, future),
        (body, ""),
        (b"", signature),
        (b"[]", notices.sign(b"[]", int(clock.now.timestamp()))[notices.HEADER]),
    ]:
        answer = post(sent, signed)
        assert (answer.status_code, answer.json()) == (400, {"error": "Bad request."})
    assert not ProviderEvent.objects.exists()


@pytest.mark.django_db
def test_addresses_nobody_was_told_do_not_exist(
    clock: Clock, post: Callable[..., Any], bella: Restaurant, settings: Settings
) -> None:
    now = clock.now
    account = ProviderAccount.objects.create(
        restaurant=bella, provider="square", created_at=now, updated_at=now
    )
    for url in (
        f"{URL}/acct_unknown",
        "/api/webhooks/payments/stripe",
        f"/api/webhooks/payments/stripe/{account.public_id}",
        "/api/webhooks/payments/nobody/acct_1",
    ):
        assert post(b"{}", "", url).status_code == 404, url
    settings.SANDBOX_ENABLED = False
    assert post(b"{}", "").status_code == 404


@pytest.mark.django_db
def test_a_body_of_a_megabyte_is_not_read(post: Callable[..., Any]) -> None:
    assert post(b"x" * 1_100_000, "").status_code == 413


@pytest.mark.django_db
def test_what_cannot_be_verified_now_is_to_be_sent_again(
    clock: Clock, post: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise AnswerLost

    monkeypatch.setattr(SandboxGateway, "_read_notice", down)
    assert post(b"{}", "").status_code == 503


@pytest.mark.django_db(transaction=True)
def test_one_message_from_many_servers_at_once_is_one(clock: Clock) -> None:
    body, headers = notices.make("charge.succeeded", "ch_sandbox_x")
    new = at_once(8, lambda _: events.receive("sandbox", "", body, headers, url=""))
    assert sorted(new) == [False] * 7 + [True]
    assert ProviderEvent.objects.count() == 1


# --- Looking into them ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_approval_is_fetched_and_not_believed(restaurant: Restaurant, clock: Clock) -> None:
    payment = waiting(restaurant)
    # It says succeeded, and the books say otherwise.
    tell(payment.provider_reference)
    assert events.process_events() == 1
    payment.refresh_from_db()
    assert payment.status == "action"
    sandbox.decide(payment.provider_reference, approve=True)
    tell(payment.provider_reference, "charge.failed")
    assert events.process_events() == 1
    payment.refresh_from_db()
    assert (payment.status, payment.captured) == ("succeeded", Decimal(50))


@pytest.mark.django_db
def test_messages_in_any_order_and_late_change_nothing(
    restaurant: Restaurant, clock: Clock
) -> None:
    payment = waiting(restaurant)
    reference = payment.provider_reference
    sandbox.decide(reference, approve=True)
    for kind in ("charge.succeeded", "charge.action", "charge.failed", "charge.succeeded"):
        tell(reference, kind)
        clock.advance(minutes=30)
        events.process_events()
    payment.refresh_from_db()
    # Nobody here knows what it was for, so it went back: once.
    assert (payment.status, Refund.objects.count()) == ("succeeded", 1)
    assert not ProviderEvent.objects.filter(processed_at=None).exists()


@pytest.mark.django_db
def test_a_message_before_the_answer_is_tried_until_the_answer_is_there(
    restaurant: Restaurant, clock: Clock
) -> None:
    payment = make_payment(restaurant, method={"token": sandbox.THREE_D_SECURE})
    result = charges.charge(payment)
    sandbox.decide(result.reference, approve=True)
    tell(result.reference)
    events.process_events()
    event = ProviderEvent.objects.get()
    assert (event.processed_at, event.last_error) == (None, "Nothing here has this reference.")
    with transaction.atomic():
        charges.record_charge(payment.pk, result, at=clock.now)
    assert events.process_events() == 0
    clock.advance(seconds=13)
    assert events.process_events() == 1
    event.refresh_from_db()
    payment.refresh_from_db()
    assert (event.last_error, payment.status) == ("", "succeeded")
    assert event.processed_at == clock.now


@pytest.mark.django_db
def test_a_message_about_nothing_we_know_is_parked(restaurant: Restaurant, clock: Clock) -> None:
    tell("ch_somebody_elses")
    for _ in range(12):
        events.process_events()
        clock.advance(hours=2)
    event = ProviderEvent.objects.get()
    assert (event.attempts, event.processed_at, event.next_attempt_at) == (6, None, None)


@pytest.mark.django_db
def test_it_makes_whoever_waits_for_a_lost_answer_ask_now(
    restaurant: Restaurant, clock: Clock
) -> None:
    payment = make_payment(
        restaurant,
        status="unknown",
        method={"token": sandbox.LOST_ANSWER},
        next_check_at=clock.now + dt.timedelta(hours=1),
    )
    charges.charge(payment)
    tell(SandboxCharge.objects.get().reference)
    events.process_events()
    payment.refresh_from_db()
    assert payment.next_check_at == clock.now


@pytest.mark.django_db
def test_a_provider_that_is_down_is_asked_later(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = waiting(restaurant)
    sandbox.decide(payment.provider_reference, approve=True)
    tell(payment.provider_reference)

    def down(*_: object) -> None:
        raise AnswerLost

    with monkeypatch.context() as patch:
        patch.setattr(SandboxGateway, "_find_charge", down)
        events.process_events()
    event = ProviderEvent.objects.get()
    assert (event.processed_at, event.last_error) == (None, "Not decided yet.")
    clock.advance(minutes=2)
    events.process_events()
    payment.refresh_from_db()
    assert payment.status == "succeeded"


@pytest.mark.django_db
def test_a_message_that_breaks_does_not_keep_the_others_waiting(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = waiting(restaurant)
    sandbox.decide(payment.provider_reference, approve=True)
    tell("broken")
    tell(payment.provider_reference)
    honest = events._look_into

    def look(event: ProviderEvent, reference: str) -> bool | None:
        if reference == "broken":
            raise ZeroDivisionError
        return honest(event, reference)

    monkeypatch.setattr(events, "_look_into", look)
    assert events.process_events() == 2
    payment.refresh_from_db()
    assert payment.status == "succeeded"
    assert ProviderEvent.objects.get(processed_at=None).last_error == (
        "Not processed: ZeroDivisionError"
    )


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_costs_one_lease(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = waiting(restaurant)
    sandbox.decide(payment.provider_reference, approve=True)
    tell(payment.provider_reference)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SandboxGateway, "_find_charge", die)
        with pytest.raises(KeyboardInterrupt):
            events.process_events()
    assert events.process_events() == 0
    clock.advance(minutes=2)
    assert events.process_events() == 1
    payment.refresh_from_db()
    assert payment.status == "succeeded"


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_look_into_each_message_once(restaurant: Restaurant, clock: Clock) -> None:
    for _ in range(6):
        payment = waiting(restaurant)
        sandbox.decide(payment.provider_reference, approve=True)
        tell(payment.provider_reference)
        tell(payment.provider_reference)
    assert sum(at_once(4, lambda _: events.process_events())) == 12
    assert set(Payment.objects.values_list("status", flat=True)) == {"succeeded"}
    assert Refund.objects.count() == 6


# --- Holds, refunds, disputes ---------------------------------------------------------------------


@pytest.mark.django_db
def test_what_the_provider_let_go_of_is_written_down(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_payment(restaurant, kind=PaymentKind.HOLD)
    result = charges.charge(payment)
    with transaction.atomic():
        charges.record_charge(payment.pk, result, at=clock.now)
    tell(result.reference)
    events.process_events()
    payment.refresh_from_db()
    assert payment.status == "authorized"
    SandboxCharge.objects.update(outcome="voided")
    tell(result.reference)
    events.process_events()
    payment.refresh_from_db()
    assert payment.status == "voided"
    assert AuditEntry.objects.get(verb="payment.voided").data["code"] == "at_the_provider"


@pytest.mark.django_db
def test_a_refund_that_waits_is_asked_about_at_once(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_paid(restaurant, method={"token": sandbox.REFUND_PENDING})
    refund = make_refund(payment)
    refunds.process_refunds()
    refund.refresh_from_db()
    assert refund.status == "requested"
    tell(refund.provider_reference, "refund.succeeded")
    events.process_events()
    assert refunds.process_refunds() == 1
    refund.refresh_from_db()
    assert refund.status == "succeeded"


@pytest.mark.django_db
def test_a_refund_that_comes_back_to_the_house_is_owed_again(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = make_paid(restaurant)
    refund = make_refund(payment, "20.00")
    refunds.process_refunds()
    refund.refresh_from_db()

    def returned(*_: object) -> RefundResult:
        return RefundResult(RefundOutcome.FAILED, refund.provider_reference, "The card is closed.")

    monkeypatch.setattr(SandboxGateway, "_refund", returned)
    for _ in range(2):
        tell(refund.provider_reference, "refund.failed")
        events.process_events()
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, refund.last_error) == ("failed", "The card is closed.")
    assert payment.refunded == 0


@pytest.mark.django_db
def test_a_dispute_is_fetched_and_only_goes_forward(
    restaurant: Restaurant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = make_paid(restaurant)
    due_by = clock.now + dt.timedelta(days=7)
    status = "needs_response"

    def find(_self: SandboxGateway, reference: str) -> Dispute | None:
        if reference != "dp_1":
            return None
        return Dispute(
            "dp_1", payment.provider_reference, status, 2000, "USD", "fraudulent", due_by
        )

    monkeypatch.setattr(SandboxGateway, "_find_dispute", find)
    for status in ("needs_response", "needs_response", "lost", "under_review"):  # noqa: B007
        tell("dp_1", "charge.dispute.updated")
        events.process_events()
    dispute = PaymentDispute.objects.get()
    assert (dispute.payment, dispute.status, dispute.amount) == (payment, "lost", Decimal(20))
    assert (dispute.reason, dispute.due_by) == ("fraudulent", due_by)
    verbs = AuditEntry.objects.filter(verb__startswith="payment.dispute_").order_by("id")
    assert [entry.verb for entry in verbs] == [
        "payment.dispute_needs_response",
        "payment.dispute_lost",
    ]
    tell("dp_other", "charge.dispute.created")
    events.process_events()
    assert ProviderEvent.objects.filter(processed_at=None).count() == 1


@pytest.mark.django_db
def test_the_tasks_and_the_forgetting(restaurant: Restaurant, clock: Clock) -> None:
    payment = waiting(restaurant)
    tell(payment.provider_reference)
    current_app.tasks["payments.process_events"].delay()
    assert ProviderEvent.objects.get().processed_at == clock.now
    clock.advance(days=29)
    current_app.tasks["payments.forget_events"].delay()
    assert ProviderEvent.objects.count() == 1
    clock.advance(days=2)
    current_app.tasks["payments.forget_events"].delay()
    assert ProviderEvent.objects.count() == 0


def test_a_bad_signature_is_an_exception_of_its_own(clock: Clock) -> None:
    with pytest.raises(BadSignature):
        notices.read(b"{}", {})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", ["failed", "voided"])
def test_money_taken_after_we_had_given_up_goes_back(
    restaurant: Restaurant, clock: Clock, status: str
) -> None:
    payment = waiting(restaurant)
    Payment.objects.filter(pk=payment.pk).update(status=status, next_check_at=None)
    sandbox.decide(payment.provider_reference, approve=True)
    for _ in range(2):
        tell(payment.provider_reference)
        events.process_events()
    refunds.process_refunds()
    payment.refresh_from_db()
    assert (payment.status, payment.captured) == ("succeeded", payment.amount)
    assert payment.refunded == payment.amount
    assert Refund.objects.get().status == "succeeded"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("kind", "became"), [("deposit", "succeeded"), ("hold", "authorized")])
def test_a_request_that_arrives_after_it_was_given_up_is_found_by_the_message_about_it(
    restaurant: Restaurant, clock: Clock, kind: str, became: str
) -> None:
    """As with a provider that cannot be told in advance to refuse it."""
    payment = make_payment(restaurant, kind=kind)
    with transaction.atomic():
        charges.record_charge(payment.pk, given_up(), at=clock.now)
    late = charges.charge(payment)
    for _ in range(2):
        tell(late.reference)
        events.process_events()
    payment.refresh_from_db()
    assert (payment.status, payment.provider_reference) == (became, late.reference)
    # Nobody waits for it here, so it goes back.
    assert (payment.refunded, payment.errand) == (
        payment.captured,
        "" if payment.captured else "release",
    )
    assert set(ProviderEvent.objects.values_list("last_error", flat=True)) == {""}


@pytest.mark.django_db
def test_what_was_given_up_long_ago_is_not_looked_for(restaurant: Restaurant, clock: Clock) -> None:
    payment = make_payment(restaurant)
    with transaction.atomic():
        charges.record_charge(payment.pk, given_up(), at=clock.now)
    clock.advance(days=3)
    tell("ch_of_somebody_else")
    events.process_events()
    assert ProviderEvent.objects.get().last_error == "Nothing here has this reference."
