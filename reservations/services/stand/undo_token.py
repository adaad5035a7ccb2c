"""What every action of the host stand answers with: what was done, and how to take it back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Undo:
    """One action that was taken. Within ten seconds ``undo(token)`` restores what was before."""

    token: str
    """Public id of the action."""
    verb: str
    """Such as ``seat``; stable."""
    target: str
    """Public id of the party, table or house it was done to."""
    said: str
    """What was done, in a few words for the message that offers to undo."""
    until: dt.datetime
    """Until when it can be undone."""
    service_date: dt.date
    version: int | None = None
    """Of the party after the action, for the next one."""
