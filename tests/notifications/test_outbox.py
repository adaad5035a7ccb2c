from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from celery import current_app
from django.core import mail
from django.db import connection, transaction

from core.actors import Actor, ActorKind
from core.models import AuditEntry
from notifications.channels.base import Refused, Unavailable
from notifications.channels.email import EmailChannel
from notifications.models import Message
from notifications.services import outbox as services
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.payments.rows import at_once

MANAGER = Actor(ActorKind.STAFF, "user_1", "Mia Manager")
Queue = Callable[..., Message]


@pytest.fixture
def queue(restaurant: Restaurant, facts: dict[str, Any], clock: Clock) -> Queue:
    """Puts a message into the outbox."""

    def put(kind: str = "reservation_confirmed", recipient: str = "ada@example.com") -> Message:
        with transaction.atomic():
            return services.queue(
                kind,
                restaurant_id=restaurant.pk,
                about="res_1",
                recipient=recipient,
                payload=facts,
                at=clock.now,
            )

    return put


def sending(monkeypatch: pytest.MonkeyPatch, *outcomes: BaseException | None) -> list[str]:
    """The channel fails with these, one after the other; returns whom it wrote to."""
    recipients: list[str] = []
    script = iter(outcomes)

    def send(self: EmailChannel, message: Message) -> None:
        recipients.append(message.recipient)
        outcome = next(script)
        if outcome is not None:
            raise outcome

    monkeypatch.setattr(EmailChannel, "send", send)
    return recipients


# --- Queueing and sending -------------------------------------------------------------------------


def test_a_message_is_a_row_before_it_is_a_mail(
    queue: Queue, clock: Clock, woken: list[str]
) -> None:
    message = queue()
    assert (message.status, message.not_before, message.attempts) == ("queued", clock.now, 0)
    assert woken == ["notifications.deliver_due"]
    assert mail.outbox == []


def test_a_transaction_that_fails_leaves_no_message(queue: Queue) -> None:
    with transaction.atomic():
        queue()
        transaction.set_rollback(True)
    assert Message.objects.count() == 0


def test_a_kind_nobody_can_write_is_a_mistake_of_ours(queue: Queue) -> None:
    with pytest.raises(ValueError, match="reservation_invented"):
        queue(kind="reservation_invented")


def test_a_due_message_is_sent_once(queue: Queue, clock: Clock) -> None:
    message = queue()
    clock.advance(seconds=5)
    assert services.deliver_due() == 1
    assert services.deliver_due() == 0
    message.refresh_from_db()
    assert (message.status, message.sent_at, message.attempts) == ("sent", clock.now, 1)
    assert [sent.to for sent in mail.outbox] == [["ada@example.com"]]


def test_a_message_is_not_sent_before_its_time(queue: Queue, clock: Clock) -> None:
    queue()
    Message.objects.update(not_before=clock.now + dt.timedelta(seconds=1))
    assert services.deliver_due() == 0
    clock.advance(seconds=1)
    assert services.deliver_due() == 1


def test_the_task_is_known_by_the_name_the_schedule_uses(queue: Queue) -> None:
    queue()
    current_app.tasks["notifications.deliver_due"].delay()
    assert Message.objects.get().status == "sent"


def test_a_sweep_ends_with_its_limit_or_its_time(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        queue()
    assert services.deliver_due(limit=2) == 2
    with monkeypatch.context() as patch:
        patch.setattr(services, "SWEEP_SECONDS", 0.0)
        assert services.deliver_due() == 0
    assert services.deliver_due() == 1


# --- Failing --------------------------------------------------------------------------------------


def test_a_server_that_is_away_is_tried_six_times_over_half_a_day(
    queue: Queue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = queue()
    sending(monkeypatch, *[Unavailable("No mail server: TimeoutError")] * 6)
    waits = []
    for attempt in range(1, 7):
        assert services.deliver_due() == 0
        message.refresh_from_db()
        assert message.attempts == attempt
        if message.status == "queued":
            waits.append((message.not_before - clock.now).total_seconds() / 60)
            clock.now = message.not_before - dt.timedelta(seconds=1)
            assert services.deliver_due() == 0
            clock.advance(seconds=1)
    nominal = [1, 5, 30, 120, 480]
    assert [0.8 * n <= w <= 1.2 * n for n, w in zip(nominal, waits, strict=True)] == [True] * 5
    assert (message.status, message.last_error) == ("failed", "No mail server: TimeoutError")
    clock.advance(days=30)
    assert services.deliver_due() == 0


def test_a_server_that_comes_back_gets_the_message(
    queue: Queue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = queue()
    sending(monkeypatch, Unavailable("busy"), None)
    services.deliver_due()
    clock.advance(seconds=73)
    assert services.deliver_due() == 1
    message.refresh_from_db()
    assert (message.status, message.attempts, message.last_error) == ("sent", 2, "")


def test_a_recipient_that_is_refused_is_not_tried_again(
    queue: Queue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = queue()
    sending(monkeypatch, Refused("The mail server said: 550 no such user"))
    services.deliver_due()
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("failed", 1)
    assert message.last_error == "The mail server said: 550 no such user"
    clock.advance(days=1)
    assert services.deliver_due() == 0


def test_a_bad_address_fails_at_once(queue: Queue) -> None:
    message = queue(recipient="nobody")
    services.deliver_due()
    message.refresh_from_db()
    assert (message.status, message.last_error) == ("failed", "This is not an e-mail address.")


def test_one_broken_message_does_not_keep_the_others_waiting(
    queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    broken = queue(recipient="broken@example.com")
    Message.objects.update(payload={"restaurant": "Bella Notte"})
    sound = queue()
    assert services.deliver_due() == 1
    broken.refresh_from_db()
    sound.refresh_from_db()
    assert (broken.status, broken.last_error) == ("queued", "Not sent: KeyError")
    assert sound.status == "sent"
    assert "message could not be sent" in caplog.text
    assert "broken@example.com" not in caplog.text


def test_a_row_of_a_kind_nobody_wrote_is_shown_as_failed(queue: Queue) -> None:
    queue()
    Message.objects.update(kind="reservation_invented")
    services.deliver_due()
    message = Message.objects.get()
    assert (message.status, message.last_error) == (
        "failed",
        "There is no message of the kind reservation_invented.",
    )


# --- Dying ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_before_sending_loses_its_lease_not_the_message(
    queue: Queue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = queue()
    with monkeypatch.context() as patch:
        sending(patch, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            services.deliver_due()
    message.refresh_from_db()
    assert message.status == "sending"
    clock.advance(minutes=1, seconds=59)
    assert services.deliver_due() == 0
    clock.advance(seconds=1)
    assert services.deliver_due() == 1
    message.refresh_from_db()
    assert (message.status, message.attempts, len(mail.outbox)) == ("sent", 2, 1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_after_sending_sends_again_under_the_same_id(
    queue: Queue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue()
    with monkeypatch.context() as patch:
        really = EmailChannel.send

        def send_and_die(self: EmailChannel, message: Message) -> None:
            really(self, message)
            raise SystemExit

        patch.setattr(EmailChannel, "send", send_and_die)
        with pytest.raises(SystemExit):
            services.deliver_due()
    clock.advance(minutes=2)
    assert services.deliver_due() == 1
    first, second = (sent.message()["Message-ID"] for sent in mail.outbox)
    assert first == second


def test_a_message_that_kills_every_worker_is_given_up(
    queue: Queue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = queue()
    other = queue(recipient="other@example.com")
    Message.objects.filter(pk=other.pk).update(not_before=clock.now + dt.timedelta(hours=1))
    deadly = sending(monkeypatch, *[SystemExit()] * 6, None)
    for _ in range(6):
        with pytest.raises(SystemExit):
            services.deliver_due()
        clock.advance(minutes=2)
    clock.advance(hours=1)
    assert services.deliver_due() == 1
    message.refresh_from_db()
    assert (message.status, message.last_error) == (
        "failed",
        "No worker finished sending this message.",
    )
    assert deadly == ["ada@example.com"] * 6 + ["other@example.com"]


def test_a_late_worker_cannot_undo_what_another_sent(queue: Queue, clock: Clock) -> None:
    queue()
    late = services._claim(clock.now)
    assert late is not None
    clock.advance(minutes=2)
    assert services.deliver_due() == 1
    services._record_failure(late, Refused("too late"), permanent=True)
    assert (Message.objects.get().status, Message.objects.get().last_error) == ("sent", "")


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_each_message_once(
    queue: Queue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        queue(recipient=f"guest{number}@example.com")
    written_to: Counter[str] = Counter()

    def send(self: EmailChannel, message: Message) -> None:
        assert not connection.in_atomic_block
        written_to[message.recipient] += 1

    monkeypatch.setattr(EmailChannel, "send", send)
    assert sum(at_once(6, lambda _: services.deliver_due())) == 30
    assert written_to == Counter(f"guest{number}@example.com" for number in range(30))
    assert set(Message.objects.values_list("status", flat=True)) == {"sent"}


@pytest.mark.django_db(transaction=True)
def test_delivery_is_refused_inside_a_transaction(queue: Queue) -> None:
    queue()
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        services.deliver_due()
    assert (Message.objects.get().status, mail.outbox) == ("queued", [])


# --- Staff ----------------------------------------------------------------------------------------


def test_staff_send_a_failed_message_again(queue: Queue, clock: Clock, woken: list[str]) -> None:
    message = queue()
    Message.objects.update(status="failed", attempts=6, last_error="550")
    woken.clear()
    clock.advance(days=1)
    again = services.resend(message, MANAGER)
    assert (again.pk, again.status, again.attempts) == (message.pk, "queued", 0)
    assert woken == ["notifications.deliver_due"]
    assert services.deliver_due() == 1
    entry = AuditEntry.objects.get(verb="message.resent")
    assert (entry.target, entry.actor_label) == (message.public_id, "Mia Manager")


def test_staff_send_a_waiting_message_now(queue: Queue, clock: Clock) -> None:
    message = queue()
    Message.objects.update(attempts=3, not_before=clock.now + dt.timedelta(hours=2))
    services.resend(message, MANAGER)
    assert services.deliver_due() == 1


def test_a_message_that_was_sent_goes_out_again_under_another_id(queue: Queue) -> None:
    message = queue()
    services.deliver_due()
    copy = services.resend(message, MANAGER)
    assert copy.pk != message.pk
    assert (copy.recipient, copy.kind, copy.payload) == (
        message.recipient,
        message.kind,
        message.payload,
    )
    assert services.deliver_due() == 1
    first, second = (sent.message()["Message-ID"] for sent in mail.outbox)
    assert first != second


def test_a_message_that_is_being_sent_is_left_alone(queue: Queue, clock: Clock) -> None:
    message = queue()
    claimed = services._claim(clock.now)
    assert claimed is not None
    services.resend(message, MANAGER)
    assert services.deliver_due() == 0
    assert Message.objects.get().status == "sending"
