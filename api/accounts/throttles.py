"""How often somebody may knock. Wide enough for a hotel behind one address, narrow per account."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from accounts.limits import SIGN_INS_OF_ACCOUNT
from api.throttling import AddressThrottle, WindowThrottle


class RegisterByAddress(AddressThrottle):
    """New accounts from one address. Also bounds how fast addresses can be probed for accounts."""

    scope = "register-address"
    limit = 300
    seconds = 60


class TokenByAddress(AddressThrottle):
    """Sign-ins from one address."""

    scope = "token-address"
    limit = 300
    seconds = 60


class RefreshByAddress(AddressThrottle):
    """Refreshes from one address."""

    scope = "refresh-address"
    limit = 600
    seconds = 60


class _ByAccount(WindowThrottle):
    """Attempts for one e-mail address from anywhere, whether or not it has an account."""

    def subject(self, request: Request) -> str | None:
        """The address in the body, as far as there is one."""
        body: Any = request.data
        for name in ("username", "email"):
            value = body.get(name)
            if isinstance(value, str) and value.strip():
                return value.strip().lower()
        return None


class RegisterByAccount(_ByAccount):
    """Registrations of one e-mail address."""

    scope = "register-account"
    limit = 10
    seconds = 300


class TokenByAccount(_ByAccount):
    """Failed sign-ins to one account (the view forgives those that succeed)."""

    scope = SIGN_INS_OF_ACCOUNT.scope
    limit = SIGN_INS_OF_ACCOUNT.limit
    seconds = SIGN_INS_OF_ACCOUNT.seconds
