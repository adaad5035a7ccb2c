"""Logging: one line of key=value pairs per event on standard error, with the correlation id."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

_TOKEN = re.compile(
    r"/(e|booking|bookings/sign-in|continue|waitlist|queue|pay|password)/[A-Za-z0-9._=-]{20,}"
)
"""Addresses that open something by themselves: whoever reads the log must not be able to."""

_STANDARD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {
    "message",
    "asctime",
    "taskName",
    "correlation_id",
    # Django and Celery attach whole objects; their text may hold personal data.
    "request",
    "server_time",
    "data",
    "status_code",
}


class LineFormatter(logging.Formatter):
    """``time level logger [correlation id] message key=value…``, always on one line.

    Without the tokens of guests' links: Django names the path of a form it refused.

    A traceback is folded into the line as JSON text, so that a collector never splits an event.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record on one line."""
        instant = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        message = record.getMessage().replace("\n", "\\n").replace("\r", "\\r")
        parts = [
            instant.replace("+00:00", "Z"),
            record.levelname,
            record.name,
            f"[{getattr(record, 'correlation_id', '-')}]",
            message,
        ]
        for key, value in vars(record).items():
            if key not in _STANDARD and not key.startswith("_"):
                parts.append(f"{key}={json.dumps(value, default=str, ensure_ascii=False)}")
        if record.exc_info:
            parts.append(
                f"traceback={json.dumps(self.formatException(record.exc_info), ensure_ascii=False)}"
            )
        return _TOKEN.sub(r"/\1/…", " ".join(parts))


def logging_config(level: str) -> dict[str, Any]:
    """Django's LOGGING setting."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"correlation": {"()": "core.correlation.CorrelationFilter"}},
        "formatters": {"line": {"()": "config.logs.LineFormatter"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["correlation"],
            },
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Every 404 by a robot is not news.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "propagate": True},
            "celery": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "django_celery_beat": {"level": "WARNING"},
            "_granian": {"level": "WARNING"},
            # One line per request, with the ids of people's payments in it.
            "httpx": {"level": "WARNING"},
            # One line per connection of the pool and second of an outage; requests tell it already.
            "psycopg.pool": {"level": "ERROR"},
        },
    }
