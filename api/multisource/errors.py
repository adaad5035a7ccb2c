"""Contract 1's errors."""

from __future__ import annotations

from api.errors import camel, handler_of, unsuccessful
from core.errors import Forbidden

_WIRE_NAMES = {
    "name": "customerName",
    "email": "customerEmail",
    "phone": "customerPhone",
    "service_date": "date",
    "starts_at": "time",
    "first": "from",
    "last": "to",
    "required_permission": "required_permission",
    "your_permissions": "your_permissions",
}


def wire_name(name: str) -> str:
    """The contract's name of a domain field."""
    return _WIRE_NAMES.get(name) or camel(name)


handle_error = handler_of(unsuccessful, names=wire_name)
"""``{"success": false, "error": …, "code": …, "details": {…}}``."""


class SourceNotYours(Forbidden):
    """A key that belongs to one source, and a request that names another."""

    code = "SOURCE_MISMATCH"
    message = "This key books for another source. Leave the source out, or use that source's key."
