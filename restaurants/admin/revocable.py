"""Rows that are withdrawn rather than deleted: keys and secrets, by their ``revoked_at``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from unfold.decorators import display

from restaurants.access import Capability


class RevocableMixin:
    """Beside a ``ScopedMixin``: who may withdraw a row, and what a list says of it.

    An action that asks for the permission ``revoke`` is offered while the row is in use.
    """

    may_revoke = Capability.CONNECT

    @display(description="state", label={"open": "success", "revoked": "danger"})
    def state(self, row: Any) -> tuple[str, str]:
        """Good, or withdrawn."""
        return ("revoked", "Withdrawn") if row.revoked_at else ("open", "In use")

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever has the capability, as long as there is something to withdraw."""
        row: Any = self.get_object(request, object_id) if object_id else None  # type: ignore[attr-defined]
        if object_id and (row is None or row.revoked_at is not None):
            return False
        allowed: bool = self.allowed(request, self.may_revoke, row)  # type: ignore[attr-defined]
        return allowed
