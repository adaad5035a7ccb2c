"""Forms whose answer shows a secret cannot redirect, so each is good for one sending."""

from __future__ import annotations

import secrets

from core.rates import first_use
from staff.access import StaffRequest

FIELD = "once"
_KEPT = 86_400


def fresh() -> str:
    """What a form carries so that it is recognised when it is sent again."""
    return secrets.token_urlsafe(12)


def is_first(request: StaffRequest) -> bool:
    """Whether this form is sent for the first time: a reload or double click is the second.

    Asked last, when everything else is right. While Redis is away every sending is the first one.
    """
    token = request.POST.get(FIELD, "")
    return bool(token) and first_use("staff-form", f"{request.actor.id}:{token[:64]}", _KEPT)
