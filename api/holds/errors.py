"""Contract 2's errors: a bare object with one plain sentence, and the contract's field names."""

from __future__ import annotations

from api.errors import bare, camel, handler_of

_WIRE_NAMES = {"service_date": "date", "starts_at": "time", "user": "userId"}
"""Where the contract's word is another one than ours; everything else only changes its case."""


def wire_name(name: str) -> str:
    """The contract's name of a domain field."""
    return _WIRE_NAMES.get(name) or camel(name)


handle_error = handler_of(bare, names=wire_name)
"""``{"error": …, "code": …, "details": {…}, "correlationId": …}``."""
