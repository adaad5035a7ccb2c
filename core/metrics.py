"""What ``/metrics`` shows. Apps add to it here; ``config.health`` serves it.

Two kinds. *Counters and histograms* are noted where something happens and added up over all server
processes. *Readings* are asked for when the page is fetched, usually from the database, and so are
the same whichever process answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from prometheus_client import Counter, Histogram

Reading = Mapping[tuple[str, ...], float]

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Reader:
    """One registered reading."""

    name: str
    help: str
    labels: tuple[str, ...]
    read: Callable[[], Reading]


_readers: dict[str, Reader] = {}


def register_reading(
    name: str, help_text: str, read: Callable[[], Reading], *, labels: tuple[str, ...] = ()
) -> None:
    """Show ``read()`` as the gauge ``name``; call it from ``AppConfig.ready``.

    Registering a name again replaces it. ``read`` returns label values → number: ``{(): 3.0}``
    without labels, ``{("sms",): 2.0}`` with one. It may use the database; if it raises, only its
    own lines are missing.
    """
    _readers[name] = Reader(name, help_text, labels, read)


def readings() -> Iterator[Reader]:
    """Every registered reading, in the order of their names."""
    yield from (_readers[name] for name in sorted(_readers))


def counter(name: str, help_text: str, *, labels: tuple[str, ...] = ()) -> Counter:
    """A number that only grows, added up over processes. Make it once, at module level."""
    return Counter(name, help_text, labels)


def histogram(name: str, help_text: str, *, labels: tuple[str, ...] = ()) -> Histogram:
    """Durations in seconds, added up over processes. Make it once, at module level."""
    return Histogram(name, help_text, labels, buckets=_BUCKETS)


REQUESTS = counter(
    "couvert_http_requests", "Requests answered", labels=("method", "route", "status")
)
DURATION = histogram("couvert_http_request_seconds", "Time to answer", labels=("method", "route"))
LOCK_WAIT = histogram("couvert_lock_wait_seconds", "Time waited for a restaurant's service date")
LOCK_TIMEOUTS = counter(
    "couvert_lock_timeouts", "Waits for a restaurant's service date that were given up"
)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@cache
def _of_request(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """The two numbers of one kind of request; finding them by label costs more than counting."""
    return REQUESTS.labels(method, route, str(status)), DURATION.labels(method, route)


def note_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request. ``route`` is a template, of which there are few."""
    requests, duration = _of_request(method if method in _METHODS else "OTHER", route, status)
    requests.inc()
    duration.observe(seconds)
