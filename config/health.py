"""``/healthz``, ``/readyz`` and ``/metrics``: for operators and their machines, not for guests."""

from __future__ import annotations

import hmac
import ipaddress
import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client import REGISTRY as PROCESS_REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config import env, errors, heartbeat
from core import metrics, models

logger = logging.getLogger(__name__)

# Three beats may be late before a process counts as gone.
STALE_AFTER = timedelta(seconds=35)


class NotReady(Exception):
    """A check failed; the message is for the operator and holds no address or secret."""


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The process answers. Touches nothing else: an outage elsewhere must not get it restarted."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Whether everything Couvert needs answers: 200, or 503 with a reason for what does not."""
    checks = {name: _run(check) for name, check in _CHECKS.items()}
    ready = all(check["ok"] for check in checks.values())
    response = JsonResponse(
        {"status": "ok" if ready else "unavailable", "checks": checks}, status=200 if ready else 503
    )
    response["Cache-Control"] = "no-store"
    if not ready:
        reasons = {name: check["reason"] for name, check in checks.items() if not check["ok"]}
        # The caller has the reasons; who asks every second must not fill the log.
        logger.debug("Not ready", extra={"reasons": reasons})
    return errors.logged(response)


def _run(check: Callable[[], None]) -> dict[str, Any]:
    began = time.perf_counter()
    reason = None
    try:
        check()
    except NotReady as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001
        # Whatever a driver raises, the answer must be a 503 with a word, not a 500.
        reason = f"does not answer ({type(error).__name__})"
    result: dict[str, Any] = {
        "ok": reason is None,
        "ms": round((time.perf_counter() - began) * 1000, 1),
    }
    return result if reason is None else result | {"reason": reason}


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _redis() -> None:
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1
    ) as client:
        client.ping()


def _beaten(name: str) -> None:
    beaten_at = (
        models.Heartbeat.objects.filter(name=name).values_list("beaten_at", flat=True).first()
    )
    if beaten_at is None:
        raise NotReady("has not started yet")
    age = datetime.now(UTC) - beaten_at
    if age > STALE_AFTER:
        raise NotReady(f"last seen {age.total_seconds():.0f} s ago")


_CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "redis": _redis,
    "worker": lambda: _beaten(heartbeat.WORKER),
    "beat": lambda: _beaten(heartbeat.BEAT),
}


@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for callers on this machine or network, or with ``METRICS_TOKEN``."""
    if not may_read_metrics(
        request.headers.get("Authorization", ""),
        request.META.get("REMOTE_ADDR", ""),
        is_forwarded="X-Forwarded-For" in request.headers,
    ):
        return HttpResponse(
            "Metrics are for the local network or for holders of METRICS_TOKEN.\n", status=403
        )
    registry = CollectorRegistry()
    if env.text("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(PROCESS_REGISTRY)
    registry.register(_Readings())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def may_read_metrics(authorization: str, address: str, *, is_forwarded: bool) -> bool:
    """Whether a caller with this header and address may know how Couvert is doing."""
    token = settings.METRICS_TOKEN
    if token:
        return hmac.compare_digest(authorization.removeprefix("Bearer ").encode(), token.encode())
    if is_forwarded:
        # Behind a proxy every caller has the proxy's private address: without a token, refuse.
        return False
    try:
        caller = ipaddress.ip_address(address)
    except ValueError:
        return False
    return caller.is_loopback or caller.is_private


class _Readings(Collector):
    """The readings apps registered in ``core.metrics``."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for reader in metrics.readings():
            family = GaugeMetricFamily(reader.name, reader.help, labels=reader.labels)
            try:
                for labels, value in reader.read().items():
                    family.add_metric(labels, value)
            except Exception as error:  # noqa: BLE001
                # One reading that fails must not hide the others just when they are needed.
                logger.warning(
                    "Metric not readable",
                    extra={"metric": reader.name, "error": type(error).__name__},
                )
                continue
            yield family
