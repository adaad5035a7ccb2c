"""How often guests may ask, per client address and per contact; the numbers are in the settings.

Protection, not correctness: the counters are in Redis, and while it is away everybody passes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.conf import settings

from core import rates
from core.errors import TooOften

SUSPICIOUS_FROM = 0.5
"""Of a limit: above this share of it a browser has to do a proof of work first."""


class Act(StrEnum):
    """What is counted; the keys of ``GUEST_LIMITS``."""

    HOLD = "hold"
    CONFIRMATION = "confirmation"
    WAITLIST = "waitlist"
    PARTY_REQUEST = "party_request"
    SIGN_IN_MAIL = "sign_in_mail"


class Attempt:
    """One attempt, counted when it is made.

    ``contacts`` are e-mail addresses, numbers or account ids in one form of writing each; address
    and contacts may be empty. Raises :class:`~core.errors.TooOften` when a limit is passed.
    """

    def __init__(self, act: Act, *, address: str = "", contacts: tuple[str, ...] = ()) -> None:
        self._counted: list[tuple[rates.Window, str]] = []
        self.is_suspicious = False
        """Whether a limit is near."""
        limits: dict[str, Any] = settings.GUEST_LIMITS[act]
        subjects = [("address", address), *(("contact", contact) for contact in contacts)]
        for kind, subject in subjects:
            if subject and limits[kind] is not None:
                self._count(rates.Window(f"guest-{act}-{kind}", *limits[kind]), subject)

    def _count(self, window: rates.Window, subject: str) -> None:
        counted = rates.count(window, subject)
        if counted is None:
            return
        self._counted.append((window, subject))
        if counted.used > window.limit:
            raise TooOften(retry_after=counted.seconds_left)
        self.is_suspicious |= counted.used > window.limit * SUSPICIOUS_FROM

    def forgive(self) -> None:
        """Uncount it: it was not carried out."""
        for window, subject in self._counted:
            rates.forgive(window, subject)
