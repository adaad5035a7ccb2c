"""A sampling profiler: looks at the stack every millisecond of processor time.

Unlike cProfile it does not make small functions dearer than they are, so its shares can be read
as shares of the real time. What runs in C counts for the Python function that called it.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_EVERY = 0.001
_OWN = (
    "reservations.engine",
    "reservations.selectors",
    "reservations.ledger",
    "reservations.services",
    "reservations",
    "payments",
    "customers",
    "notifications",
    "accounts",
    "restaurants",
    "core",
    "config",
    "api",
)
_OTHERS = (
    "psycopg_pool",
    "psycopg",
    "django.db",
    "django",
    "rest_framework_simplejwt",
    "jwt",
    "rest_framework",
    "prometheus_client",
    "celery",
    "kombu",
    "redis",
    "django_redis",
)


class Samples:
    """Where the samples fell."""

    def __init__(self) -> None:
        self.total = 0
        self.own: Counter[str] = Counter()
        self.within: Counter[str] = Counter()
        self.groups: Counter[str] = Counter()

    def take(self, frame: FrameType | None) -> None:
        """Note one stack."""
        self.total += 1
        seen = set()
        innermost = True
        while frame is not None:
            module = str(frame.f_globals.get("__name__", "?"))
            name = (
                f"{module}.{frame.f_code.co_qualname}"
                if hasattr(frame.f_code, "co_qualname")
                else f"{module}.{frame.f_code.co_name}"
            )
            if innermost:
                self.own[name] += 1
                self.groups[_group(module)] += 1
                innermost = False
            if name not in seen:
                seen.add(name)
                self.within[name] += 1
            frame = frame.f_back

    def share(self, count: int) -> str:
        """As a percentage."""
        return f"{100 * count / max(self.total, 1):5.1f} %"


def _group(module: str) -> str:
    for prefix in (*_OWN, *_OTHERS):
        if module == prefix or module.startswith(f"{prefix}."):
            return prefix
    return "the rest of Python"


@contextmanager
def sampling() -> Iterator[Samples]:
    """Sample the main thread until the block ends."""
    samples = Samples()
    before = signal.signal(signal.SIGPROF, lambda _, frame: samples.take(frame))
    signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
    try:
        yield samples
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
