"""Contract 1's errors, for pages that book with a publishable key."""

from __future__ import annotations

from api.errors import camel, handler_of, unsuccessful
from core.errors import Forbidden

_WIRE_NAMES = {
    "name": "customerName",
    "email": "customerEmail",
    "phone": "customerPhone",
    "service_date": "date",
    "starts_at": "time",
}


def wire_name(name: str) -> str:
    """The contract's name of a domain field."""
    return _WIRE_NAMES.get(name) or camel(name)


handle_error = handler_of(unsuccessful, names=wire_name)
"""``{"success": false, "error": …, "code": …, "details": {…}}``."""


class KeyUnknown(Forbidden):
    """No key, or one that never was, or another restaurant's."""

    code = "KEY_UNKNOWN"
    message = (
        "This publishable key is not known here. Copy it from the restaurant’s settings:"
        " it begins with pk_."
    )


class KeyRevoked(Forbidden):
    """Withdrawn by the restaurant."""

    code = "KEY_REVOKED"
    message = "This publishable key was withdrawn. Ask the restaurant for a new one."


class OriginNotAllowed(Forbidden):
    """The page is on a website that the restaurant has not named."""

    code = "ORIGIN_NOT_ALLOWED"
    message = (
        "This website may not book for this restaurant. Its owner can name it in the settings."
    )
