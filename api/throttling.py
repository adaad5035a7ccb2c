"""How often a caller of the API may knock: the counters of ``core.rates`` as DRF's throttles."""

from __future__ import annotations

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from core import rates


class WindowThrottle(BaseThrottle):
    """At most ``limit`` attempts of one subject in ``seconds``.

    ``scope`` keeps the counters of different throttles apart. The counter is taken before the
    attempt (two at once cannot both be the last one) and can be given back with :meth:`forgive`.
    Everybody passes while Redis is away.
    """

    scope: ClassVar[str]
    limit: ClassVar[int]
    seconds: ClassVar[int]

    _wait: float | None = None

    def subject(self, request: Request) -> str | None:
        """Whose attempts are counted; None to let this request through uncounted."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count this attempt and say whether it may go on."""
        subject = self.subject(request)
        counted = None if subject is None else rates.count(self._window(), subject)
        if counted is None:
            return True
        self._wait = float(counted.seconds_left)
        return counted.used <= self.limit

    def wait(self) -> float | None:
        """Seconds until the window ends."""
        return self._wait

    def forgive(self, request: Request) -> None:
        """Take back the attempt that :meth:`allow_request` counted: it was an honest one."""
        subject = self.subject(request)
        if subject is not None:
            rates.forgive(self._window(), subject)

    def _window(self) -> rates.Window:
        return rates.Window(self.scope, self.limit, self.seconds)


class AddressThrottle(WindowThrottle):
    """Per client address; a whole IPv6 /64 counts as one, since one line has that many."""

    def subject(self, request: Request) -> str | None:
        """The address, or None when the server does not know it (a unix socket)."""
        return rates.client_network(request.META)
