"""Beat told to end while it starts."""

from __future__ import annotations

import os
import signal

import pytest
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from config.celery import SCHEDULE, app
from config.scheduler import Scheduler

pytestmark = pytest.mark.django_db(transaction=True)


def test_told_to_end_while_the_schedule_is_written_it_ends_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(
        DatabaseScheduler, "setup_schedule", lambda _: signal.raise_signal(signal.SIGTERM)
    )
    before = signal.getsignal(signal.SIGTERM)
    Scheduler(app=app)
    assert ended == [0]
    assert signal.getsignal(signal.SIGTERM) is before


def test_it_writes_the_schedule() -> None:
    Scheduler(app=app)
    assert set(PeriodicTask.objects.values_list("task", flat=True)) >= set(SCHEDULE)
