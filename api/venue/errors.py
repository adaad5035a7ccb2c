"""Contract 5's errors: one envelope, its words for what is wrong, fields in a list.

Two of the document's shapes are here: the plain one of its first chapter, and the one of its table
bookings, which adds the correlation id and the time.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from api.errors import Problem, handler_of
from core import clock
from core.errors import DomainError, Invalid
from reservations.errors import NotBookable

_WIRE_NAMES = {
    "service_date": "date",
    "starts_at": "time",
    "special_requests": "special_requirements",
    "occasion": "celebration_type",
    "allergens": "allergies",
    "allergy_note": "allergies",
    "turn_minutes": "duration_minutes",
    "phone": "mobile_number",
    "searched_phone": "phone",
    "absorb": "merge_from",
}
"""Where the contract's word is another one than ours."""


MANY_FIELDS = "Invalid request parameters"


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
    if error["message"] == MANY_FIELDS:
        error["message"] = "Invalid booking details"
    details = error.pop("details", None)
    error |= {"correlation_id": correlation_id, "timestamp": at}
    return found | {"error": error | ({"details": details} if details else {})}


def _message(problem: Problem) -> str:
    """The contract sums up what is wrong with several fields in one sentence."""
    fields = problem.details.get("fields", {})
    return MANY_FIELDS if len(fields) > 1 else problem.text


def _details(problem: Problem) -> dict[str, Any]:
    details = dict(problem.details)
    fields = details.pop("fields", {})
    if fields:
        details["errors"] = [{"field": name, "message": text} for name, text in fields.items()]
    return details


class InsufficientCapacity(DomainError):
    """The book's refusal in the contract's words: how many were asked, how many would fit."""

    code = "INSUFFICIENT_CAPACITY"
    message = "Insufficient capacity"


_PARTY = frozenset({"PARTY_TOO_SMALL", "PARTY_TOO_LARGE", "NO_TABLE_FITS"})
_DATE = frozenset({"BEYOND_WINDOW", "NO_SERVICE", "SPECIAL_DAY", "CUT_OFF"})


def as_invalid(error: NotBookable, *, is_past: bool = False) -> Invalid:
    """What can never be booked as asked, as an error of the field that asks it."""
    if is_past:
        return Invalid(date="Must be a future date")
    if error.code in _PARTY:
        return Invalid(party_size=error.text)
    return Invalid(**{"date" if error.code in _DATE else "time": error.text})


handle_error = handler_of(plain, names=wire_name)
handle_traced = handler_of(traced, names=wire_name)
