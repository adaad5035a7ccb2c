"""One id per request or task, so that log line, answer and audit entry can be put side by side."""

from __future__ import annotations

import logging
import re
import secrets
from contextvars import ContextVar, Token

_current: ContextVar[str] = ContextVar("correlation_id", default="")
_SANE = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def current() -> str:
    """The id of the request or task now running; empty outside of one."""
    return _current.get()


def bind(value: str) -> Token[str]:
    """Make ``value`` the current id; give the token to ``release`` to restore the previous one."""
    return _current.set(value)


def release(token: Token[str]) -> None:
    """Undo a ``bind``."""
    _current.reset(token)


def clear() -> None:
    """Forget the current id; for where what bound it cannot see its end."""
    _current.set("")


def generate() -> str:
    """A fresh id."""
    return secrets.token_hex(8)


def accept(offered: str | None) -> str:
    """The caller's id if it is harmless to log and echo, otherwise a fresh one."""
    return offered if offered and _SANE.fullmatch(offered) else generate()


class CorrelationFilter(logging.Filter):
    """Puts the current id on every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Never drops a record."""
        record.correlation_id = _current.get() or "-"
        return True
