"""``/healthz``, ``/readyz`` and ``/metrics``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from config import health, heartbeat
from config.celery import SCHEDULE, app
from core import metrics
from core.models import Heartbeat


@pytest.fixture
def alive(db: None) -> None:
    heartbeat.beat_now(heartbeat.WORKER)
    heartbeat.beat_now(heartbeat.BEAT)


def test_alive_needs_nothing(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.usefixtures("alive")
def test_ready_when_everything_answers(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    checks = answer.json()["checks"]
    assert list(checks) == ["database", "redis", "worker", "beat"]
    assert all(check["ok"] and check["ms"] >= 0 for check in checks.values())


@pytest.mark.usefixtures("alive")
@pytest.mark.parametrize("name", [heartbeat.WORKER, heartbeat.BEAT])
def test_not_ready_when_a_process_has_been_silent(client: Client, name: str) -> None:
    old = datetime.now(UTC) - health.STALE_AFTER - timedelta(seconds=5)
    Heartbeat.objects.filter(name=name).update(beaten_at=old)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert re.fullmatch(r"last seen 4\d s ago", answer.json()["checks"][name]["reason"])
    assert [n for n, check in answer.json()["checks"].items() if not check["ok"]] == [name]


@pytest.mark.django_db
def test_not_ready_before_the_first_beat(client: Client) -> None:
    checks = client.get("/readyz").json()["checks"]
    assert checks["worker"] == {
        "ok": False,
        "ms": checks["worker"]["ms"],
        "reason": "has not started yet",
    }


@pytest.mark.usefixtures("alive")
def test_not_ready_without_redis_and_no_address_is_shown(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["redis"]["reason"] == "does not answer (ConnectionError)"
    assert "127.0.0.1" not in answer.content.decode()


@pytest.mark.django_db
def test_a_beat_carries_the_time_it_was_sent() -> None:
    headers: dict[str, Any] = {}
    heartbeat.stamp(headers=headers)
    sent = datetime.now(UTC) - timedelta(seconds=100)
    heartbeat.note_beat({heartbeat.SENT_AT: sent.timestamp()})

    assert heartbeat.SENT_AT in headers
    assert Heartbeat.objects.get(name="beat").beaten_at == sent
    assert datetime.now(UTC) - Heartbeat.objects.get(name="worker").beaten_at < timedelta(seconds=5)


@pytest.mark.django_db
def test_an_old_message_does_not_turn_the_clock_back() -> None:
    heartbeat.beat_now("beat")
    now = Heartbeat.objects.get(name="beat").beaten_at
    heartbeat.beat_now("beat", now - timedelta(minutes=5))
    assert Heartbeat.objects.get(name="beat").beaten_at == now


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    assert {name for name in SCHEDULE if name not in app.tasks} == set()


def test_the_schedule_keeps_its_promises() -> None:
    assert SCHEDULE == {
        "reservations.expire_holds": 15,
        "reservations.expire_unanswered": 300,
        "reservations.expire_waitlist": 900,
        "reservations.offer_tables": 10,
        "reservations.forget_sign_ins": 3600,
        "reservations.join_visits": 60,
        "reservations.sweep_tests": 900,
        "reservations.forget_deliveries": 3600,
        "reservations.expire_payment_requests": 15,
        "reservations.authorise_holds": 300,
        "reservations.let_cards_go": 900,
        "accounts.forget_guesses": 3600,
        "notifications.trace_texts": 30,
        "reservations.remind": 300,
        "reservations.keep_the_stand": 20,
        "reservations.tidy_the_stand": 900,
        "payments.settle_unknown": 30,
        "payments.process_refunds": 15,
        "payments.process_errands": 15,
        "payments.process_events": 15,
        "payments.forget_events": 3600,
        "payments.reconcile": 3600,
        "notifications.deliver_due": 5,
        "webhooks.dispatch": 5,
        "webhooks.forget_old": 3600,
        "api.forget_answers": 3600,
        "customers.forget_merges": 3600,
        "core.heartbeat": 10,
    }


def test_requests_are_counted_by_route_not_by_path(client: Client) -> None:
    client.get("/healthz")
    client.get("/nothing/here/token-123/")
    text = client.get("/metrics").content.decode()
    assert 'couvert_http_requests_total{method="GET",route="healthz",status="200"}' in text
    assert "couvert_http_request_seconds_bucket" in text
    assert "token-123" not in text


def test_an_unknown_method_is_counted_under_one_name(client: Client) -> None:
    client.generic("BREW", "/healthz")
    assert "BREW" not in client.get("/metrics").content.decode()


def test_apps_add_readings_and_one_that_fails_hides_no_other(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "_readers", {})
    metrics.register_reading("couvert_depth", "Depth", lambda: {("sms",): 2.0}, labels=("channel",))
    metrics.register_reading("couvert_broken", "Broken", lambda: {(): 1 / 0})
    text = client.get("/metrics").content.decode()
    assert 'couvert_depth{channel="sms"} 2.0' in text
    assert "couvert_broken" not in text
    assert "couvert_http_requests_total" in text


@pytest.mark.parametrize(
    ("address", "status"), [("127.0.0.1", 200), ("10.1.2.3", 200), ("::1", 200), ("8.8.8.8", 403)]
)
def test_metrics_are_for_the_local_network(client: Client, address: str, status: int) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == status


def test_behind_a_proxy_metrics_need_the_token(client: Client, settings: Any) -> None:
    forwarded = {"X-Forwarded-For": "8.8.8.8"}
    assert client.get("/metrics", headers=forwarded).status_code == 403
    settings.METRICS_TOKEN = "s3cret"
    assert client.get("/metrics").status_code == 403
    right = {"Authorization": "Bearer s3cret"} | forwarded
    assert client.get("/metrics", headers=right, REMOTE_ADDR="8.8.8.8").status_code == 200


@pytest.mark.django_db
def test_a_worker_hands_over_what_the_message_carried() -> None:
    heartbeat.heartbeat.apply(headers={heartbeat.SENT_AT: "86400.0"})
    assert Heartbeat.objects.get(name="beat").beaten_at == datetime(1970, 1, 2, tzinfo=UTC)
