"""By which way a message reaches its reader: pure, from what the reader left and asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass

_E164 = re.compile(r"\+[1-9]\d{6,14}")

TEXTED = frozenset(
    {
        "reservation_confirmed",
        "reservation_pending",
        "reservation_declined",
        "reservation_expired",
        "reservation_changed",
        "reservation_cancelled",
        "reservation_reminder",
        "deposit_refunded",
        "payment_requested",
        "payment_received",
        "waitlist_joined",
        "waitlist_offered",
        "queue_joined",
        "table_ready",
        "answer_refused",
    }
)
"""Kinds that can be said in a text."""

AT_ONCE = frozenset(
    {"payment_requested", "table_ready", "queue_joined", "waitlist_offered", "answer_refused"}
)
"""Kinds that do not wait for the end of the quiet hours: somebody stands there and waits."""

INSTEAD = "instead"
"""Where a text's payload keeps the e-mail address it goes to when it cannot be delivered."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where a message goes."""

    channel: str
    recipient: str
    instead: str = ""
    """An e-mail address, if the text fails."""

    def kept(self) -> dict[str, str]:
        """What the payload keeps of it."""
        return {INSTEAD: self.instead} if self.instead else {}


def is_number(text: str) -> bool:
    """Whether this is a telephone number in E.164."""
    return _E164.fullmatch(text) is not None


def way_to(
    kind: str, *, email: str, phone: str = "", by_sms: bool = False, can_text: bool = False
) -> Way | None:
    """The way to a guest, or None when there is none.

    A text goes to who left a number only, or asked for texts; where the house sends none, and for
    kinds that are too long for one, it is a mail.
    """
    is_texted = can_text and kind in TEXTED and is_number(phone) and (by_sms or not email)
    if is_texted:
        return Way("sms", phone, email)
    return Way("email", email) if email else None
