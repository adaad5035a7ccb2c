"""What every view of contract 2 shares."""

from __future__ import annotations

from api.holds.errors import handle_error
from api.views import DialectView


class HoldsView(DialectView):
    """A view of contract 2: guests by JWT, bare objects, its own error shape."""

    handle_error = staticmethod(handle_error)
