"""Who does something: one small value handed to every service as ``by``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """The kinds of actor the audit trail and the lifecycle table distinguish."""

    GUEST = "guest"
    STAFF = "staff"
    SYSTEM = "system"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class Actor:
    """Kind, outward id and a label that stays readable after the account is gone."""

    kind: ActorKind
    id: str = ""
    label: str = ""
    by_pin: bool = False
    """Known by a PIN on a shared tablet: what moves money asks for more (``check_staff``)."""
    has_shown_password: bool = False
    """Known by a PIN, and by the password too within the last minutes."""


SYSTEM = Actor(ActorKind.SYSTEM, label="Couvert")
