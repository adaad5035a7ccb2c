"""What every view of contract 2 shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.throttling import BaseThrottle

from accounts.errors import SessionEnded
from api.auth import ApiKeyAuthentication, GuestJWTAuthentication, KeyCaller
from api.holds.errors import handle_error
from api.keyed import IfKeyed
from api.views import DialectView
from core.errors import NotFound


class GuestUnknown(NotFound):
    """The guest a program named has no account, or none that is open."""

    code = "GUEST_NOT_FOUND"
    message = "There is no guest with this userId."


class HoldsView(DialectView):
    """A view of contract 2: guests by JWT, or programs that act for them; its own error shape."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (
        ApiKeyAuthentication,
        GuestJWTAuthentication,
    )
    throttle_classes: Sequence[type[BaseThrottle]] = (IfKeyed,)
    handle_error = staticmethod(handle_error)

    def handle_exception(self, exc: Exception) -> Any:
        """What is the end of a session to a guest is an unknown guest to a program."""
        caller: object = self.request.user if isinstance(exc, SessionEnded) else None
        return super().handle_exception(GuestUnknown() if isinstance(caller, KeyCaller) else exc)


class OneselfView(HoldsView):
    """A view of contract 2 about the guest's own taste, which is no program's business."""

    authentication_classes = (GuestJWTAuthentication,)
    throttle_classes = ()
