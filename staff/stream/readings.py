"""What ``/metrics`` of the stream process shows."""

from __future__ import annotations

from prometheus_client import Gauge

from core import metrics

LISTENERS = Gauge("couvert_stream_listeners", "Screens that listen to this process")
LAG = metrics.histogram(
    "couvert_stream_lag_seconds", "From an entry of the trail to its message, over all houses"
)
WAKES = metrics.counter("couvert_stream_wakes", "Why the trail was read", labels=("why",))
MESSAGES = metrics.counter("couvert_stream_messages", "Messages written to screens")
ENDED = metrics.counter("couvert_stream_ended", "Connections, by what ended them", labels=("why",))
