"""Sending: to receivers that are well, down, slow, gone, or in a mood. Every event arrives or is a
dead letter."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from standardwebhooks.webhooks import Webhook

from accounts.models import ApiKey
from accounts.services.keys import revoke_key
from core import outbound
from core.actors import SYSTEM
from core.models import AuditEntry
from notifications.models import Message
from tests.fixtures.domain import Clock
from tests.webhooks.conftest import Reserve, Subscribe, states, subjects, tell
from tests.webhooks.receiver import Heard, Receiver, Reply, closed_port, receiving
from webhooks.models import Attempt, Delivery, Endpoint, Event
from webhooks.services import claims, dispatch
from webhooks.services.dispatch import deliver_due
from webhooks.services.endpoints import change_endpoint, remove_endpoint, rotate_secret
from webhooks.services.outcomes import MAX_ATTEMPTS, bury_hopeless
from webhooks.services.replay import replay, replay_many

pytestmark = pytest.mark.django_db(transaction=True)

Told = Callable[[int], list[str]]


def live_on(clock: Clock, hours: float, step: float = 15) -> None:
    """The sweep as beat calls it, while time passes in steps of so many minutes."""
    for _ in range(int(hours * 60 / step)):
        clock.advance(minutes=step)
        bury_hopeless()
        deliver_due()


def in_thread(work: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    return run


# --- What arrives ---------------------------------------------------------------------------------


def test_an_event_arrives_signed_and_readable(
    subscribe: Subscribe, reserve: Reserve, receiver: Receiver, clock: Clock
) -> None:
    secret = subscribe().secret
    row = reserve()
    tell()
    assert deliver_due() == 1

    [heard] = receiver.heard
    event = Event.objects.get()
    delivery = Delivery.objects.get()
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["webhook-id"] == event.public_id
    assert heard.headers["couvert-delivery"] == delivery.public_id
    assert heard.headers["couvert-attempt"] == "1"
    assert int(heard.headers["webhook-timestamp"]) == int(clock.now.timestamp())
    # The standard, by hand: HMAC-SHA256 of "id.timestamp.body" under the decoded secret.
    signed = f"{heard.id}.{heard.headers['webhook-timestamp']}.".encode() + heard.body
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256)
    assert heard.headers["webhook-signature"] == f"v1,{base64.b64encode(mac.digest()).decode()}"

    assert set(heard.json) == {
        *("id", "type", "version", "order", "occurredAt", "restaurantId", "test", "data")
    }
    assert heard.json["order"] == AuditEntry.objects.get(verb="reservation.confirmed").pk
    assert heard.json["restaurantId"] == row.restaurant.public_id
    assert (delivery.status, delivery.last_status) == ("delivered", 204)
    assert Attempt.objects.get().status == 204


def test_the_library_of_the_standard_accepts_it(
    subscribe: Subscribe, reserve: Reserve, receiver: Receiver, clock: Clock
) -> None:
    clock.now = dt.datetime.now(dt.UTC)
    secret = subscribe().secret
    clock.set("2025-11-10T12:00:00-05:00")
    reserve()
    tell()
    clock.now = dt.datetime.now(dt.UTC)
    deliver_due()
    [heard] = receiver.heard
    assert Webhook(secret).verify(heard.body, heard.headers)["type"] == "reservation.created"
    with pytest.raises(Exception, match="signature"):
        Webhook(secret).verify(heard.body.replace(b"confirmed", b"cancelled"), heard.headers)


@pytest.mark.parametrize(
    ("scopes", "name"),
    [
        (("*",), "Ada Guest"),
        (("read:reservations", "read:customers"), "Ada Guest"),
        (("read:reservations",), None),
        (("read:table_bookings",), None),
    ],
)
def test_who_the_guest_is_takes_the_scope_for_it(
    scopes: tuple[str, ...],
    name: str | None,
    make_key: Callable[..., ApiKey],
    subscribe: Subscribe,
    reserve: Reserve,
    receiver: Receiver,
) -> None:
    subscribe("reservation.*", of=make_key(*scopes))
    reserve()
    tell()
    deliver_due()
    [heard] = receiver.heard
    guest = heard.json["data"]["reservation"]["guest"]
    assert (guest and guest["name"]) == name
    assert (b"ada@example.com" in heard.body) is (name is not None)
    assert (b"2125550123" in heard.body) is (name is not None)


def test_what_was_erased_meanwhile_is_not_sent(
    endpoint: Endpoint, reserve: Reserve, receiver: Receiver
) -> None:
    row = reserve()
    tell()
    row.guest_name, row.guest_email, row.guest_phone = "Erased", "", ""
    row.save()
    deliver_due()
    assert receiver.heard[0].json["data"]["reservation"]["guest"]["name"] == "Erased"
    assert b"Ada" not in receiver.heard[0].body


def test_during_a_rotation_both_secrets_sign(
    subscribe: Subscribe, reserve: Reserve, receiver: Receiver, clock: Clock
) -> None:
    made = subscribe()
    new = rotate_secret(made.endpoint, by=SYSTEM, overlap=dt.timedelta(hours=1)).secret
    assert new != made.secret
    reserve("12:00")
    tell()
    deliver_due()
    clock.advance(minutes=61)
    reserve("14:30")
    tell()
    deliver_due()
    during, after = receiver.heard

    def signature(heard: Heard, secret: str) -> str:
        at = dt.datetime.fromtimestamp(int(heard.headers["webhook-timestamp"]), dt.UTC)
        return Webhook(secret).sign(heard.id, at, heard.body.decode())

    assert during.headers["webhook-signature"].split(" ") == [
        signature(during, new),
        signature(during, made.secret),
    ]
    assert after.headers["webhook-signature"] == signature(after, new)


def test_secrets_are_not_in_the_database_in_clear(subscribe: Subscribe) -> None:
    made = subscribe()
    stored = made.endpoint.secrets.get().secret
    assert made.secret not in stored
    assert made.secret.removeprefix("whsec_") not in stored


# --- Receivers that are not well ------------------------------------------------------------------


def test_a_receiver_that_is_down_for_an_hour_gets_everything_afterwards(
    told: Told, receiver: Receiver, clock: Clock, endpoint: Endpoint
) -> None:
    endpoint.url = f"http://127.0.0.1:{closed_port()}/"
    endpoint.save()
    made = told(40)
    live_on(clock, 1, step=2)
    assert receiver.heard == []
    assert states() == {"queued": 40}
    assert Attempt.objects.count() < 120, "an endpoint that is down is not called for each"

    endpoint.url = receiver.url()
    endpoint.save()
    live_on(clock, 2, step=2)
    assert states() == {"delivered": 40}
    assert sorted(subjects(receiver)) == sorted(made), "each once: none had arrived before"
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.status) == (0, None, "active")


def test_a_receiver_in_a_mood_gets_everything_or_it_is_a_dead_letter(
    told: Told, receiver: Receiver, clock: Clock
) -> None:
    dice = random.Random(4)
    taken: set[str] = set()

    def moody(heard: Heard) -> Reply:
        if dice.random() < 0.6:
            return Reply(500, b"not now")
        taken.add(heard.id)
        return Reply(200)

    receiver.reply = moody
    told(60)
    live_on(clock, 40)
    dead = set(Event.objects.filter(deliveries__status="dead").values_list("public_id", flat=True))
    everything = set(Event.objects.values_list("public_id", flat=True))
    assert taken | dead == everything
    assert not taken & dead
    assert len(taken) > 50
    assert states()["queued"] + states()["sending"] == 0
    assert max(Counter(receiver.ids).values()) <= MAX_ATTEMPTS


def test_attempts_are_spread_over_about_a_day(told: Told, receiver: Receiver, clock: Clock) -> None:
    receiver.reply = Reply(500)
    told(1)
    began = clock.now
    live_on(clock, 40, step=5)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("dead", MAX_ATTEMPTS)
    assert delivery.last_error == "It answered 500."
    last = Attempt.objects.order_by("-id")[0].at
    assert dt.timedelta(hours=18) < last - began < dt.timedelta(hours=30)


def test_what_is_given_up_can_be_replayed(
    told: Told, receiver: Receiver, clock: Clock, endpoint: Endpoint
) -> None:
    receiver.reply = Reply(500)
    made = told(5)
    live_on(clock, 40)
    assert states() == {"dead": 5}
    first = set(receiver.ids)

    receiver.reply, receiver.heard = Reply(204), []
    assert replay_many(endpoint, by=SYSTEM) == 5
    deliver_due()
    assert states() == {"delivered": 5}
    assert sorted(subjects(receiver)) == sorted(made)
    assert set(receiver.ids) == first, "the same ids, so that receivers recognise them"
    assert replay_many(endpoint, by=SYSTEM) == 0


def test_one_that_arrived_can_be_sent_again(told: Told, receiver: Receiver) -> None:
    told(2)
    deliver_due()
    delivery = Delivery.objects.order_by("id")[0]
    replay(delivery, by=SYSTEM)
    deliver_due()
    assert Counter(receiver.ids)[delivery.event.public_id] == 2
    assert AuditEntry.objects.filter(verb="webhook.replayed").count() == 1


def test_a_span_of_time_can_be_replayed(
    endpoint: Endpoint, reserve: Reserve, receiver: Receiver, clock: Clock
) -> None:
    began = clock.now
    for time_of_day in ("12:00", "14:30", "17:00"):
        reserve(time_of_day)
        clock.advance(hours=1)
    tell()
    deliver_due()
    receiver.heard = []
    span = {"since": began + dt.timedelta(hours=1), "until": began + dt.timedelta(hours=2)}
    assert replay_many(endpoint, by=SYSTEM, only_dead=False, **span) == 1
    deliver_due()
    assert [heard.json["data"]["reservation"]["time"] for heard in receiver.heard] == ["14:30"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_failure_and_nobody_goes_there(
    status: int, told: Told, receiver: Receiver
) -> None:
    with receiving() as elsewhere:
        receiver.reply = Reply(status, headers={"Location": elsewhere.url()})
        told(1)
        deliver_due()
        assert elsewhere.heard == []
    delivery = Delivery.objects.get()
    assert delivery.status == "queued"
    assert "redirects are not followed" in delivery.last_error


def test_an_endpoint_that_is_gone_is_disabled_and_its_owner_told(
    told: Told, receiver: Receiver, endpoint: Endpoint, reserve: Reserve
) -> None:
    receiver.reply = Reply(410)
    told(10)
    deliver_due()
    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.disabled_reason) == ("disabled", "It answered 410 Gone.")
    assert states() == {"dead": 10}
    assert len(receiver.heard) <= claims.PER_ENDPOINT, "those that were under way at that moment"
    [mail] = Message.objects.filter(kind="webhook_disabled")
    assert mail.recipient == "ops@partner.example"
    assert AuditEntry.objects.filter(verb="webhook.disabled").count() == 1

    reserve("20:30")
    tell()
    assert states() == {"dead": 11}, "and what happens from now on is kept"
    receiver.reply, receiver.heard = Reply(204), []
    change_endpoint(endpoint, by=SYSTEM, active=True)
    assert replay_many(endpoint, by=SYSTEM) == 11
    deliver_due()
    assert states() == {"delivered": 11}
    assert len(receiver.heard) == 11


def test_after_three_days_without_success_it_is_disabled_and_before_its_owner_is_warned(
    told: Told, receiver: Receiver, endpoint: Endpoint, reserve: Reserve, clock: Clock
) -> None:
    receiver.reply = Reply(503)
    told(2)
    live_on(clock, 6, step=30)
    assert Message.objects.filter(kind="webhook_failing").count() == 1
    for _ in range(4):
        reserve("12:00")
        tell()
        live_on(clock, 24, step=60)
    endpoint.refresh_from_db()
    assert endpoint.status == "disabled"
    assert "3 days" in endpoint.disabled_reason
    kinds = Counter(Message.objects.values_list("kind", flat=True))
    assert kinds == {"webhook_failing": 1, "webhook_disabled": 1}
    assert set(states()) == {"dead"}


def test_the_mails_can_be_read(
    told: Told, receiver: Receiver, mailoutbox: list[Any], clock: Clock
) -> None:
    from notifications.services import deliver_due as send_mails

    receiver.reply = Reply(410)
    told(1)
    deliver_due()
    send_mails()
    [mail] = mailoutbox
    assert "was disabled" in mail.subject
    assert receiver.url() in mail.body
    assert "410" in mail.body


def test_who_asks_to_wait_is_left_alone(
    told: Told, receiver: Receiver, endpoint: Endpoint, clock: Clock
) -> None:
    receiver.reply = Reply(429, headers={"Retry-After": "1800"})
    told(1)
    deliver_due()
    live_on(clock, 0.4, step=4)
    assert len(receiver.heard) == 1
    live_on(clock, 0.3, step=4)
    assert len(receiver.heard) == 2


def test_a_slow_receiver_keeps_nobody_waiting(
    subscribe: Subscribe, reserve: Reserve, receiver: Receiver
) -> None:
    """Sixteen calls at a time, at most four of them to one endpoint."""
    held = threading.Event()
    with receiving() as slow:
        slow.reply = Reply(200, wait=lambda: held.wait(20))
        subscribe(url=slow.url())
        subscribe()
        for number in range(20):
            reserve(["12:00", "14:30", "17:00", "19:30"][number % 4])
        tell()
        sending = threading.Thread(target=in_thread(deliver_due))
        sending.start()
        patience = time.monotonic() + 15
        while len(receiver.heard) < 20 and time.monotonic() < patience:
            time.sleep(0.02)
        assert len(receiver.heard) == 20
        assert len(slow.heard) == claims.PER_ENDPOINT
        held.set()
        sending.join(30)
        assert len(slow.heard) == 20


def test_a_receiver_that_never_answers_is_given_up_in_time(
    told: Told, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.3)
    held = threading.Event()
    receiver.reply = Reply(200, wait=lambda: held.wait(10))
    told(1)
    deliver_due()
    held.set()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.last_status) == ("queued", None)
    # The wait for the first byte and the time for all of it end at once: either may be first.
    reasons = ("No complete answer", "in time")
    assert any(each in delivery.last_error for each in reasons), delivery.last_error


def test_an_address_that_became_private_is_not_called(
    told: Told, receiver: Receiver, settings: Any, endpoint: Endpoint
) -> None:
    told(1)
    settings.WEBHOOK_ALLOW_PRIVATE = False
    endpoint.url = f"https://127.0.0.1:{receiver.port}/"
    endpoint.save()
    deliver_due()
    assert receiver.heard == []
    assert "private, local or reserved" in Delivery.objects.get().last_error


def test_a_revoked_key_gets_nothing_that_was_on_its_way(
    told: Told, receiver: Receiver, key: ApiKey
) -> None:
    told(3)
    revoke_key(key, by=SYSTEM)
    deliver_due()
    assert receiver.heard == []
    assert states() == {"dead": 3}


def test_a_removed_endpoint_is_not_called(
    told: Told, receiver: Receiver, endpoint: Endpoint, reserve: Reserve
) -> None:
    told(3)
    assert remove_endpoint(endpoint, by=SYSTEM)
    assert not remove_endpoint(endpoint, by=SYSTEM)
    reserve("12:00")
    tell()
    deliver_due()
    assert receiver.heard == []
    assert states() == {"dead": 3}
    assert endpoint.secrets.count() == 0


def test_one_event_that_cannot_be_written_keeps_no_other_waiting(
    told: Told, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(3)
    broken = Delivery.objects.order_by("id")[0]
    real = dispatch.prepare

    def prepare(delivery: Delivery, now: dt.datetime) -> dispatch.Call:
        if delivery.pk == broken.pk:
            raise KeyError("lost")
        return real(delivery, now)

    monkeypatch.setattr(dispatch, "prepare", prepare)
    deliver_due()
    assert states() == {"delivered": 2, "queued": 1}
    assert Delivery.objects.get(pk=broken.pk).last_error == "Not sent: KeyError"
