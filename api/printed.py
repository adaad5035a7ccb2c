"""What the contracts print, as examples in the OpenAPI document.

The files in ``examples/`` are the contracts' own requests and answers; the tests hold Couvert to
them, so what the document shows is what callers get.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "examples"
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Printed:
    """One file, and the status of the answer in it."""

    file: str
    status: str = "200"


_NO_KEY, _NO_SCOPE = Printed("venue/error_key", "401"), Printed("venue/error_scope", "403")

EXAMPLES: dict[str, tuple[Printed, ...]] = {
    "holds_availability": (Printed("holds/availability"),),
    "holds_place": (Printed("holds/hold", "201"),),
    "holds_active": (Printed("holds/active_hold"),),
    "holds_confirm": (
        Printed("holds/confirm", "201"),
        Printed("holds/action_required", "402"),
    ),
    "holds_reservations": (Printed("holds/user_reservations"),),
    "holds_cancel": (Printed("holds/cancel"),),
    "holds_discovery": (Printed("holds/discovery"),),
    "holds_restaurant": (Printed("holds/restaurant"),),
    "multisource_create": (
        Printed("multisource/create", "201"),
        Printed("multisource/test_endpoint", "201"),
        Printed("multisource/slot_unavailable", "409"),
    ),
    "multisource_webhook": (Printed("multisource/webhook"),),
    "venue_business_hours": (Printed("venue/business_hours"),),
    "venue_availability": (
        Printed("venue/availability_day"),
        Printed("venue/availability_time"),
        Printed("venue/availability_closed"),
        _NO_KEY,
        _NO_SCOPE,
    ),
    "venue_create_booking": (
        Printed("venue/create_basic", "201"),
        Printed("venue/create_full", "201"),
        Printed("venue/create_accessible", "201"),
        Printed("venue/create_to_pay", "201"),
        Printed("venue/error_fields", "400"),
        Printed("venue/error_capacity", "400"),
        _NO_KEY,
        _NO_SCOPE,
    ),
    "venue_booking": (Printed("venue/booking"), _NO_KEY, _NO_SCOPE),
    "venue_update_booking": (Printed("venue/update"), _NO_KEY, _NO_SCOPE),
    "venue_cancel_booking": (Printed("venue/cancel"), _NO_KEY, _NO_SCOPE),
    "venue_search_bookings": (Printed("venue/search"), _NO_KEY, _NO_SCOPE),
}
"""By operation: what its contract prints for it."""


def add_examples(document: dict[str, Any]) -> None:
    """Put the printed requests and answers into the document, beside the shapes they have."""
    for path in document["paths"].values():
        for operation in path.values():
            for printed in EXAMPLES.get(operation["operationId"], ()):
                _add(operation, printed)


def _add(operation: dict[str, Any], printed: Printed) -> None:
    content, name = _read(printed.file), printed.file.rpartition("/")[2]
    # OpenAPI knows no body of a DELETE.
    if "request" in content and "requestBody" in operation:
        _show(operation["requestBody"], name, content["request"])
    if "response" in content:
        _show(operation["responses"][printed.status], name, content["response"])


def _show(place: dict[str, Any], name: str, value: Any) -> None:
    place["content"][_JSON].setdefault("examples", {})[name] = {"value": value}


@cache
def _read(file: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / f"{file}.json").read_text())
    return found
