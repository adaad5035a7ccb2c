"""Views for programs: a key, its scopes, its limits, and the headers that tell of them."""

from __future__ import annotations

import math
import time
from typing import Any, ClassVar

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from api.auth import ApiKeyAuthentication, KeyCaller
from api.scopes import HasScope, Needed, check_vocabulary
from api.views import DialectView
from core import rates
from core.rates import Window

HOUR = 3600


class KeyThrottle(BaseThrottle):
    """The key's requests an hour, and those of its source over all keys; windows that slide.

    Whoever comes without a key, where a view lets them, is counted by address. The tighter of the
    allowances is kept on the request for the headers. Everybody passes while Redis is away.
    """

    _wait: float | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count this request and say whether it may go on."""
        found = [rates.slide(window, subject) for window, subject in _windows(request)]
        known = [allowance for allowance in found if allowance is not None]
        if not known:
            return True
        tightest = min(known, key=lambda each: (each.is_within, each.remaining))
        request.allowance = tightest  # type: ignore[attr-defined]
        self._wait = max(tightest.frees_at - time.time(), 0)
        return tightest.is_within

    def wait(self) -> float | None:
        """Seconds until one more request fits."""
        return None if self._wait is None else math.ceil(self._wait)


def _windows(request: Request) -> list[tuple[Window, str]]:
    caller: object = request.user
    if not isinstance(caller, KeyCaller):
        address = rates.guest_network(request.META)
        limit = settings.API_ANONYMOUS_PER_HOUR
        return [] if address is None else [(Window("api-address", limit, HOUR), address)]
    windows = [(Window("api-key", caller.rate, HOUR), caller.public_id)]
    if caller.source:
        limit = settings.API_SOURCE_PER_HOUR
        windows.append((Window("api-source", limit, HOUR), caller.source))
    return windows


class IfKeyed(KeyThrottle):
    """The same for views that guests call as well: guests are not counted here."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count this request if a program sent it."""
        caller: object = request.user
        return not isinstance(caller, KeyCaller) or super().allow_request(request, view)


class KeyedView(DialectView):
    """An operation for programs. ``scopes`` says, by method, which scopes open it (any of them).

    An empty tuple opens a method to everybody; a key that is sent along is checked all the same.
    """

    authentication_classes = (ApiKeyAuthentication,)
    permission_classes = (HasScope,)
    throttle_classes = (KeyThrottle,)
    scopes: ClassVar[Needed] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_vocabulary(cls.scopes)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """DRF's order with limits before permissions: refusals count, and say what is left."""
        self.format_kwarg = self.get_format_suffix(**kwargs)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(
            request
        )
        self.perform_authentication(request)
        self.check_throttles(request)
        self.check_permissions(request)
