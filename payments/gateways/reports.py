"""What providers say unasked, or in lists: messages, disputes, the lines of their books."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """A verified message from a provider. A hint only: what it says is fetched before use."""

    event_id: str
    """Unique at the provider; the same event delivered twice has the same."""
    type: str
    """In the provider's words."""
    references: tuple[str, ...]
    """The provider's ids of what it is about: charges, holds, refunds, disputes."""
    occurred_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A charge its owner contests, as the provider tells of it."""

    reference: str
    charge_reference: str
    status: str
    """``needs_response``, ``under_review``, ``won`` or ``lost``."""
    minor: int
    currency: str
    reason: str = ""
    due_by: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """A line of the provider's own books, for the daily comparison."""

    kind: str
    """``charge`` or ``refund``; only what moved money."""
    reference: str
    minor: int
    currency: str
    at: dt.datetime
    purpose: str = ""
    """Ours, if it was told to the provider."""
