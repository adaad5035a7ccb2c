"""A process that takes part in a proof reaches nobody: no mail, no broker, no shared cache."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from celery import current_app
from django.conf import settings

from core import clock

_NO_MAIL = {
    "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
    # The scratch book takes no real money, wherever it is.
    "SANDBOX_ENABLED": True,
}
_NO_REDIS = {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}}


@contextmanager
def unmailed() -> Iterator[None]:
    """Mail goes nowhere and the sandbox may be used, as long as the block lasts."""
    before: dict[str, Any] = {name: getattr(settings, name, None) for name in _NO_MAIL}
    _configure(_NO_MAIL)
    try:
        yield
    finally:
        _configure(before)


def isolate_process() -> None:
    """For a process of its own, before it uses anything: no mail, no Redis, for good."""
    _configure(_NO_MAIL | _NO_REDIS)
    current_app.conf.update(broker_url="memory://localhost")


@contextmanager
def later(delay: timedelta) -> Iterator[None]:
    """Couvert's clock in this process goes ahead by ``delay``, so that sweeps find things due."""
    real = clock.now
    setattr(clock, "now", lambda: real() + delay)  # noqa: B010 - replaced on purpose, as in tests
    try:
        yield
    finally:
        setattr(clock, "now", real)  # noqa: B010


def _configure(values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(settings, name, value)
