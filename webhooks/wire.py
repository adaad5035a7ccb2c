"""How events are put into words is not decided here: the API registers who does it.

The domain knows that something happened and to what; ``api.webhooks`` knows how integrators read
about it, and which of it is about persons.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from webhooks.models import Delivery, Event


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to tell of one thing, without personal data, in the wire's words."""

    subject: str
    """Its own public id; a payment may have been found by its reservation's."""
    restaurant_id: int | None
    data: dict[str, Any]
    is_test: bool = False
    sources: frozenset[str] = frozenset()
    """Who told of it, where it is a booking or its payment: keys of other sources hear nothing."""


class Wire(Protocol):
    """Reads what events are about, and writes what is sent."""

    def describe(self, family: str, subjects: Collection[str]) -> Mapping[str, Facts]:
        """The present facts by public id; what is gone is left out. A few queries for all."""

    def gone(self, family: str, subject: str, restaurant_id: int | None) -> Facts:
        """What there is to tell of a thing that is not there any more."""

    def note(self, event_type: str, data: Mapping[str, Any], actor_kind: str) -> dict[str, Any]:
        """What this one line of the audit trail adds to the facts: who, from which status."""

    def example(self, endpoint_id: str) -> dict[str, Any]:
        """The data of a test event."""

    def body(self, delivery: Delivery, event: Event, *, with_people: bool) -> bytes:
        """The message as it is sent; with personal data as it stands now, or without any."""


_wires: list[Wire] = []


def register_wire(wire: Wire) -> None:
    """Let ``wire`` do it. Call it from ``AppConfig.ready``; the last one counts."""
    _wires[:] = [wire]


def wire() -> Wire:
    """Who was registered. Raises RuntimeError when nobody was."""
    if not _wires:
        raise RuntimeError("Nobody has registered how events are written.")
    return _wires[0]
