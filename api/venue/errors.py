"""Contract 5's errors: one envelope, its words for what is wrong, fields in a list.

Two of the document's shapes are here: the plain one of its first chapter, and the one of its table
bookings, which adds the correlation id and the time.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from api.errors import Problem, handler_of
from core import clock

_WIRE_NAMES = {
    "service_date": "date",
    "starts_at": "time",
    "special_requests": "special_requirements",
    "occasion": "celebration_type",
    "allergens": "allergies",
    "allergy_note": "allergies",
    "turn_minutes": "duration_minutes",
    "phone": "mobile_number",
}
"""Where the contract's word is another one than ours."""


def wire_name(name: str) -> str:
    """The contract's name of a domain field, part by part of a path."""
    return ".".join(_WIRE_NAMES.get(part, part) for part in name.split("."))


def plain(problem: Problem, _correlation_id: str) -> dict[str, Any]:
    """``{"success": false, "error": {"code", "message", "details"?}}``."""
    error: dict[str, Any] = {"code": problem.code, "message": _message(problem)}
    if details := _details(problem):
        error["details"] = details
    return {"success": False, "error": error}


def traced(problem: Problem, correlation_id: str) -> dict[str, Any]:
    """The same with ``correlation_id`` and ``timestamp``."""
    found = plain(problem, correlation_id)
    at = clock.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    error = found["error"]
    details = error.pop("details", None)
    error |= {"correlation_id": correlation_id, "timestamp": at}
    return found | {"error": error | ({"details": details} if details else {})}


def _message(problem: Problem) -> str:
    """The contract sums up what is wrong with several fields in one sentence."""
    fields = problem.details.get("fields", {})
    return "Invalid request parameters" if len(fields) > 1 else problem.text


def _details(problem: Problem) -> dict[str, Any]:
    details = dict(problem.details)
    fields = details.pop("fields", {})
    if fields:
        details["errors"] = [{"field": name, "message": text} for name, text in fields.items()]
    return details


handle_error = handler_of(plain, names=wire_name)
handle_traced = handler_of(traced, names=wire_name)
