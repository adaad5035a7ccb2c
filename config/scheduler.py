"""Beat's schedule in the database, written at its start without minding when it is told to end."""

from __future__ import annotations

import os
import signal
from types import FrameType

from django_celery_beat.schedulers import DatabaseScheduler


class Scheduler(DatabaseScheduler):
    """Ends at once while the schedule is written: the next start writes the same.

    Celery's own way saves the schedule first, in the middle of the statement that was interrupted.
    """

    def setup_schedule(self) -> None:
        """Write what ``config.celery`` lists."""
        before = signal.signal(signal.SIGTERM, _end)
        try:
            super().setup_schedule()
        finally:
            signal.signal(signal.SIGTERM, before)


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  as signals call it
    os._exit(0)
