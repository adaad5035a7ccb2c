"""Contract 4's errors: the document prints none, so they are ours in its spelling."""

from __future__ import annotations

from typing import Any

from api.errors import Problem, handler_of


def envelope(problem: Problem, correlation_id: str) -> dict[str, Any]:
    """``{"success": false, "error": {"code", "message", "details", "correlation_id"}}``."""
    return {
        "success": False,
        "error": {
            "code": problem.code,
            "message": problem.text,
            "details": problem.details,
            "correlation_id": correlation_id,
        },
    }


def wire_name(name: str) -> str:
    """The contract spells names as we do, but for what it calls the source of the money."""
    return {"token": "source_id", "payment_method": "source_id"}.get(name, name)


handle_error = handler_of(envelope, names=wire_name)
