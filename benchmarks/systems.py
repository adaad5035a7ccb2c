"""The systems that are compared, and how each is served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from benchmarks.stack import Stack, WebServer, serving


@dataclass(frozen=True)
class System:
    """One application behind the same web server."""

    name: str
    label: str
    ids: str
    """Whose ids it knows: ``couvert``'s or the ``contract``'s."""
    settings: str
    application: str | None = None


_BASELINE = "benchmarks.baseline.wsgi:application"

COUVERT = System("couvert", "Couvert", "couvert", "benchmarks.settings")
PLAIN = System(
    "plain", "pseudo-code, plain Django", "contract", "benchmarks.baseline.settings", _BASELINE
)
TUNED = System(
    "tuned", "pseudo-code, tuned as Couvert", "contract", "benchmarks.baseline.tuned", _BASELINE
)
SYSTEMS = (COUVERT, PLAIN, TUNED)


@contextmanager
def all_serving(stack: Stack) -> Iterator[dict[System, WebServer]]:
    """Every system at once; those that are not asked cost nothing."""
    with ExitStack() as exits:
        servers = {
            system: exits.enter_context(
                serving(
                    stack,
                    system.name,
                    system.application,
                    DJANGO_SETTINGS_MODULE=system.settings,
                )
            )
            for system in SYSTEMS
        }
        for server in servers.values():
            server.wait()
        yield servers
