"""What a key must be allowed to do before a view answers it."""

from __future__ import annotations

from collections.abc import Mapping

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.scopes import SCOPES, allows
from accounts.services.keys import KeyInvalid
from api.auth import KeyCaller, ScopeMissing

Needed = Mapping[str, tuple[str, ...]]
"""Scopes by method: any one of them opens it; none at all lets anybody in."""


class HasScope(BasePermission):
    """The view's ``scopes`` for this method, or ``*``.

    Raises :class:`ScopeMissing` with ``required_permission`` and ``your_permissions``, and
    :class:`KeyInvalid` when no key came at all. HEAD asks what GET asks. A method that the table
    does not name opens for nobody, so that a new handler cannot be forgotten.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True, or the exception that says what is missing."""
        table: Needed = view.scopes  # type: ignore[attr-defined]  # KeyedView
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method not in table:
            return False
        needed = table[method]
        caller: object = request.user
        if not needed:
            return True
        if not isinstance(caller, KeyCaller):
            raise KeyInvalid
        check_scope(caller, *needed)
        return True


def check_scope(caller: KeyCaller, *needed: str) -> None:
    """Raise :class:`ScopeMissing` unless the key has any one of the scopes."""
    if not allows(caller.scopes, needed):
        raise ScopeMissing(required_permission=needed[0], your_permissions=list(caller.scopes))


def check_vocabulary(table: Needed) -> None:
    """Raise ValueError for a scope that no key could have."""
    for scope in (scope for needed in table.values() for scope in needed):
        if scope not in SCOPES:
            raise ValueError(f"There is no scope {scope}.")
