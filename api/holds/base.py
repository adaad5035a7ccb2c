"""What every view of contract 2 shares."""

from __future__ import annotations

from api.auth import ApiKeyAuthentication, GuestJWTAuthentication
from api.holds.errors import handle_error
from api.keyed import IfKeyed
from api.views import DialectView


class HoldsView(DialectView):
    """A view of contract 2: guests by JWT, or programs that act for them; its own error shape."""

    authentication_classes = (ApiKeyAuthentication, GuestJWTAuthentication)
    throttle_classes = (IfKeyed,)
    handle_error = staticmethod(handle_error)
