"""The ASGI application: event streams only; the rest is served by WSGI (docs/adr/0002, 0038).

``python -m config.roles stream`` serves it (``config/stream.py``). Another ASGI server may, if it
ends streams by itself when it is told to stop.
"""

from __future__ import annotations

from collections.abc import Mapping

import django

from config import env

env.set_default("DJANGO_SETTINGS_MODULE", "config.settings.development")
# One thread asks the database, over one connection (staff/stream/hub.py).
env.set_default("DATABASE_CONNECTIONS", "persistent")

django.setup(set_prefix=False)

# Models must be there before these are loaded.
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # noqa: E402

from config.health import may_read_metrics  # noqa: E402
from staff.stream.application import Application  # noqa: E402


def metrics_page(headers: Mapping[str, str], address: str) -> tuple[int, bytes, str]:
    """Prometheus text of this process, for whom the pages' ``/metrics`` answers."""
    is_forwarded = "x-forwarded-for" in headers
    if not may_read_metrics(headers.get("authorization", ""), address, is_forwarded=is_forwarded):
        return (
            403,
            b"Metrics are for the local network or for holders of METRICS_TOKEN.\n",
            "text/plain",
        )
    return 200, generate_latest(), CONTENT_TYPE_LATEST


application = Application(metrics_page)
