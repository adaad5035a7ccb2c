"""Domain errors: one class per condition a caller may act on.

A domain error knows a stable ``code``, a plain sentence for the person who caused it and
JSON-able ``details``. It knows no HTTP status: each dialect under ``api/`` translates.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext, gettext_noop


class DomainError(Exception):
    """Something the caller asked for cannot be done, and this says why and what to do next."""

    code: str = "ERROR"
    message: ClassVar[str] = gettext_noop("The request could not be carried out.")

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.text = message or gettext(self.message)
        self.details = details
        super().__init__(self.text)


class NotFound(DomainError):
    """The thing does not exist, or the caller may not know that it does."""

    code = "NOT_FOUND"
    message = gettext_noop("Not found.")


class Forbidden(DomainError):
    """The caller is known but may not do this."""

    code = "FORBIDDEN"
    message = gettext_noop("You may not do this.")


class Invalid(DomainError):
    """The request itself is wrong; ``details`` maps field names to what is wrong with them."""

    code = "VALIDATION_ERROR"
    message = gettext_noop("The request is not valid.")


class Busy(DomainError):
    """A lock was not free in time; nothing was changed and the same request may be repeated."""

    code = "BUSY"
    message = gettext_noop("Another user is currently booking this slot. Please try again.")


class TooOften(DomainError):
    """Asked for too often; ``details`` says after how many seconds to try again."""

    code = "RATE_LIMIT_EXCEEDED"
    message = gettext_noop("This was asked for too often. Please wait a little, then try again.")

    def __init__(self, message: str | None = None, *, retry_after: int, **details: Any) -> None:
        self.retry_after = max(1, retry_after)
        super().__init__(message, retry_after=self.retry_after, **details)


class Conflict(DomainError):
    """The state of things does not allow it (any more)."""

    code = "CONFLICT"
    message = gettext_noop("This is not possible in the current state.")
